//! An application service that depends on the port only, and its tests with the mock.

use std::sync::Arc;

use user_directory::{Result, UserDirectory, UserId};

pub struct Greeter {
    pub users: Arc<dyn UserDirectory>,
}

impl Greeter {
    pub async fn greet(&self, id: &UserId) -> Result<String> {
        let user = self.users.get(id).await?;
        Ok(format!("Hello, {}!", user.full_name().unwrap_or_else(|| "guest".into())))
    }
}

#[cfg(test)]
mod tests {
    use user_directory::{Error, ErrorKind, MockUserDirectory, User};

    use super::*;

    #[test]
    fn greet_uses_the_full_name() {
        let mut users = MockUserDirectory::new();
        users.expect_get().once().returning(|id| {
            let mut user = User::new(id.clone());
            user.first_name = Some("Ada".into());
            Ok(user)
        });
        let greeter = Greeter { users: Arc::new(users) };
        let greeting = tokio_test::block_on(greeter.greet(&UserId::new("user_1").unwrap()));
        assert_eq!(greeting.unwrap(), "Hello, Ada!");
    }

    #[test]
    fn greet_returns_errors() {
        let mut users = MockUserDirectory::new();
        users.expect_get().once().returning(|_| Err(Error::new(ErrorKind::NotFound)));
        let greeter = Greeter { users: Arc::new(users) };
        let error = tokio_test::block_on(greeter.greet(&UserId::new("user_1").unwrap())).unwrap_err();
        assert!(error.is_not_found());
    }
}
