//! What goes out: views of this service's own. A whole `User` has private metadata, and is not for everybody to see.

use serde::{Deserialize, Serialize};
use user_directory::{Text, User, UserId};

/// What this service keeps in the public metadata, under `plan`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Plan {
    pub name: Text,
    /// Written as `null` if there is none, so that a merge takes an older number away.
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
    /// As RFC 3339 writes it.
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
            // Others write metadata too: what is no plan must not make a page of users impossible to show.
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
    /// Where the next page starts after; there is none after a page that is not full.
    pub next: Option<UserId>,
}

impl UserPage {
    pub fn new(users: &[User], limit: u32) -> Self {
        let last = users.last().filter(|_| users.len() == limit as usize);
        Self { users: users.iter().map(UserView::from).collect(), next: last.map(|user| user.id.clone()) }
    }
}

#[derive(Serialize)]
pub struct SignInAnswer {
    /// Who may sign in; nobody if there is none.
    pub user_id: Option<UserId>,
}
