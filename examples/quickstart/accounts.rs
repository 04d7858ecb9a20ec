//! The application, which depends only on `UserDirectory`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use user_directory::model::{TotpCode, TotpVerification};
use user_directory::{
    Metadata, MetadataUpdate, NewUser, Password, Result, User, UserDirectory, UserFilter, UserId, UserQuery, UserUpdate,
};

/// A user's public metadata.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub plan: String,
    pub seats: u32,
}

/// The result of a sign-up.
pub enum SignUp {
    Created(Box<User>),
    AlreadyTaken { field: String },
}

pub struct Accounts {
    users: Arc<dyn UserDirectory>,
}

impl Accounts {
    pub fn new(users: Arc<dyn UserDirectory>) -> Self {
        Self { users }
    }

    pub async fn sign_up(&self, email: &str, first_name: &str, password: &str) -> Result<SignUp> {
        let new_user = NewUser::new().email_address(email).first_name(first_name).password(Password::new(password));
        match self.users.create(&new_user).await {
            Ok(user) => Ok(SignUp::Created(Box::new(user))),
            Err(error) if error.is_conflict() => {
                Ok(SignUp::AlreadyTaken { field: error.param_name().unwrap_or("identifier").to_owned() })
            }
            Err(error) => Err(error),
        }
    }

    pub async fn find_by_email(&self, email: &str) -> Result<Option<User>> {
        let query = UserQuery::from(UserFilter::new().email_address(email)).limit(1);
        Ok(self.users.list(&query).await?.pop())
    }

    pub async fn choose_plan(&self, id: &UserId, plan: &Plan) -> Result<Plan> {
        let update = MetadataUpdate::new().public(Metadata::new(plan)?);
        self.users.update_metadata(id, &update).await?.public_metadata.deserialize()
    }

    /// Imports second factors from another system.
    pub async fn enroll_second_factors(&self, id: &UserId, totp_secret: &str, backup_code: &str) -> Result<User> {
        let factors = UserUpdate::new().totp_secret(totp_secret).backup_codes([backup_code]);
        self.users.update(id, &factors).await
    }

    pub async fn verify_code(&self, id: &UserId, code: &str) -> Result<TotpVerification> {
        self.users.verify_totp(id, &TotpCode::new(code)).await
    }

    pub async fn reset_second_factors(&self, id: &UserId) -> Result<User> {
        self.users.disable_mfa(id).await?;
        self.users.get(id).await
    }

    pub async fn suspend(&self, id: &UserId) -> Result<User> {
        self.users.ban(id).await
    }

    pub async fn close(&self, id: &UserId) -> Result<()> {
        match self.users.delete(id).await {
            Ok(_) => Ok(()),
            // The account is already deleted.
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub async fn count(&self) -> Result<u64> {
        self.users.count(&UserFilter::new()).await
    }

    pub async fn newest(&self, limit: u32) -> Result<Vec<User>> {
        self.users.list(&UserQuery::new().limit(limit)).await
    }

    /// Visits all users. Pages are read with a cursor, because offsets make later pages slower.
    pub async fn for_each(&self, page_size: u32, mut visit: impl FnMut(&User)) -> Result<()> {
        let mut query = UserQuery::new().limit(page_size);
        loop {
            let page = self.users.list(&query).await?;
            page.iter().for_each(&mut visit);
            match page.last() {
                Some(last) if page.len() == page_size as usize => query = query.starting_after(last.id.clone()),
                _ => return Ok(()),
            }
        }
    }
}
