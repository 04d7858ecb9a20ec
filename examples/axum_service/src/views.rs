//! Response bodies. A complete `User` contains private metadata and must not be sent to clients.

use serde::{Deserialize, Serialize};
use user_directory::{Text, User, UserId};

/// The value of `plan` in the public metadata.
#[derive(Clone, Serialize, Deserialize)]
pub struct Plan {
    pub name: Text,
    /// The number of seats. Serialized as `null` if absent, so that a merge removes the previous value.
    pub seats: Option<u32>,
}

#[derive(Serialize)]
pub struct UserView {
    pub id: UserId,
    pub email_address: Option<Text>,
    pub username: Option<Text>,
    pub first_name: Option<Text>,
    pub last_name: Option<Text>,
    pub plan: Option<Plan>,
    pub banned: bool,
    pub locked: bool,
    /// The creation time in RFC 3339 format.
    pub created_at: Option<String>,
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.clone(),
            email_address: user.primary_email_address().map(|email| email.email_address.clone()),
            username: user.username.clone(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            // Other programs may write metadata. An invalid plan is omitted instead of failing the request.
            plan: user.public_metadata.get("plan").unwrap_or_default(),
            banned: user.banned,
            locked: user.locked,
            created_at: user.created_at.map(|at| at.to_string()),
        }
    }
}

#[derive(Serialize)]
pub struct UserPage {
    pub users: Vec<UserView>,
    /// The cursor of the next page. Absent on the last page.
    pub next: Option<UserId>,
}

impl UserPage {
    pub fn new(users: &[User], limit: u32) -> Self {
        let last = users.last().filter(|_| users.len() == limit as usize);
        Self { users: users.iter().map(UserView::from).collect(), next: last.map(|user| user.id.clone()) }
    }
}

#[derive(Serialize)]
pub struct SignInResult {
    /// The user, if the sign-in is allowed.
    pub user_id: Option<UserId>,
}
