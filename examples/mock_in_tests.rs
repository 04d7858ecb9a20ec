//! Unit tests of a service with `MockUserDirectory`: scripted results, error paths, and calls that must not be made.
//!
//! The tests are at the end of this file. `cargo test --features mock --example mock_in_tests` runs them. The program
//! itself runs the service with the in-memory directory.

use std::sync::Arc;

use user_directory::{InMemoryUserDirectory, NewUser, Result, Sessions, UserDirectory, UserId};

/// The result of securing a reported account.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Secured,
    NotFound,
    RetryLater,
}

/// The service under test.
struct AbuseDesk {
    users: Arc<dyn UserDirectory>,
}

impl AbuseDesk {
    /// Bans the user, and removes the password if the user has one.
    async fn secure(&self, id: &UserId) -> Result<Outcome> {
        let user = match self.users.ban(id).await {
            Ok(user) => user,
            Err(error) if error.is_not_found() => return Ok(Outcome::NotFound),
            Err(error) if error.is_retryable() => return Ok(Outcome::RetryLater),
            Err(error) => return Err(error),
        };
        if user.password_enabled {
            self.users.remove_password(id, Sessions::Revoke).await?;
        }
        Ok(Outcome::Secured)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let users = Arc::new(InMemoryUserDirectory::permissive());
    let mallory = users.create(&NewUser::new().username("mallory")).await?;
    let desk = AbuseDesk { users };
    println!("{}: {:?}", mallory.id, desk.secure(&mallory.id).await?);
    let unknown = UserId::new("user_unknown")?;
    println!("{unknown}: {:?}", desk.secure(&unknown).await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use user_directory::{Error, ErrorDetail, Operation};
    use user_directory::{ErrorKind, MockUserDirectory, User, codes};

    use super::*;

    fn id() -> UserId {
        UserId::new("user_1").unwrap()
    }

    fn banned(password_enabled: bool) -> User {
        let mut user = User::new(id());
        user.banned = true;
        user.password_enabled = password_enabled;
        user
    }

    async fn secure(users: MockUserDirectory) -> Result<Outcome> {
        // The mock checks its expectations when it is dropped, at the end of this function.
        AbuseDesk { users: Arc::new(users) }.secure(&id()).await
    }

    #[tokio::test]
    async fn secure_bans_the_user_and_removes_the_password() {
        let mut users = MockUserDirectory::new();
        users.expect_ban().withf(|user_id| *user_id == "user_1").once().returning(|_| Ok(banned(true)));
        users
            .expect_remove_password()
            .withf(|user_id, sessions| *user_id == "user_1" && *sessions == Sessions::Revoke)
            .once()
            .returning(|_, _| Ok(banned(false)));
        assert_eq!(secure(users).await.unwrap(), Outcome::Secured);
    }

    #[tokio::test]
    async fn secure_only_bans_a_user_without_a_password() {
        let mut users = MockUserDirectory::new();
        users.expect_ban().once().returning(|_| Ok(banned(false)));
        users.expect_remove_password().never();
        assert_eq!(secure(users).await.unwrap(), Outcome::Secured);
    }

    #[tokio::test]
    async fn secure_reports_an_unknown_user() {
        let mut users = MockUserDirectory::new();
        users.expect_ban().once().returning(|_| Err(Error::new(ErrorKind::NotFound)));
        assert_eq!(secure(users).await.unwrap(), Outcome::NotFound);
    }

    #[tokio::test]
    async fn secure_requests_a_retry_after_rate_limits_and_timeouts() {
        for error in [
            || Error::new(ErrorKind::RateLimited).with_retry_after(Duration::from_secs(2)),
            // The outcome of the ban is unknown after a timeout, but a ban can be repeated safely.
            || Error::new(ErrorKind::Timeout).with_operation(Operation::Ban),
        ] {
            let mut users = MockUserDirectory::new();
            users.expect_ban().once().returning(move |_| Err(error()));
            assert_eq!(secure(users).await.unwrap(), Outcome::RetryLater);
        }
    }

    #[tokio::test]
    async fn secure_returns_other_errors() {
        let mut users = MockUserDirectory::new();
        users.expect_ban().once().returning(|_| {
            let error = ErrorDetail::new(codes::UNSUPPORTED_SUBSCRIPTION_PLAN_FEATURES);
            Err(Error::rejected(ErrorKind::PaymentRequired, [error]).with_trace_id("trace_1"))
        });
        let error = secure(users).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PaymentRequired);
        assert_eq!(error.trace_id(), Some("trace_1"));
    }
}
