//! How a service is unit-tested with `MockUserDirectory`: scripted answers, error paths, and calls that must not happen.
//!
//! The tests at the end are the example; `cargo test --example mock_in_tests` runs them, and so does `cargo test`.
//! Running the example shows the service on the in-memory directory.

use std::sync::Arc;

use user_directory::{InMemoryUserDirectory, NewUser, Result, Sessions, UserDirectory, UserId};

/// What happens to an account that somebody reported.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Secured,
    NoSuchUser,
    /// Try again later.
    Later,
}

/// The service under test.
struct AbuseDesk {
    users: Arc<dyn UserDirectory>,
}

impl AbuseDesk {
    /// Bans a user and, if there is a password, takes it away.
    async fn secure(&self, id: &UserId) -> Result<Outcome> {
        let user = match self.users.ban(id).await {
            Ok(user) => user,
            Err(error) if error.is_not_found() => return Ok(Outcome::NoSuchUser),
            Err(error) if error.is_retryable() => return Ok(Outcome::Later),
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
    let users = Arc::new(InMemoryUserDirectory::new());
    let mallory = users.create(&NewUser::new().username("mallory")).await?;
    let desk = AbuseDesk { users };
    println!("{}: {:?}", mallory.id, desk.secure(&mallory.id).await?);
    let nobody = UserId::new("user_nobody")?;
    println!("{nobody}: {:?}", desk.secure(&nobody).await?);
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
    async fn a_user_with_a_password_loses_it() {
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
    async fn a_user_without_a_password_is_only_banned() {
        let mut users = MockUserDirectory::new();
        users.expect_ban().once().returning(|_| Ok(banned(false)));
        users.expect_remove_password().never();
        assert_eq!(secure(users).await.unwrap(), Outcome::Secured);
    }

    #[tokio::test]
    async fn a_user_who_is_gone_is_no_failure() {
        let mut users = MockUserDirectory::new();
        users.expect_ban().once().returning(|_| Err(Error::new(ErrorKind::NotFound)));
        assert_eq!(secure(users).await.unwrap(), Outcome::NoSuchUser);
    }

    #[tokio::test]
    async fn too_many_requests_and_time_outs_are_for_later() {
        for error in [
            || Error::new(ErrorKind::RateLimited).with_retry_after(Duration::from_secs(2)),
            // Whether a ban was carried out is unknown after a time-out; banning again does no harm.
            || Error::new(ErrorKind::Timeout).with_operation(Operation::Ban),
        ] {
            let mut users = MockUserDirectory::new();
            users.expect_ban().once().returning(move |_| Err(error()));
            assert_eq!(secure(users).await.unwrap(), Outcome::Later);
        }
    }

    #[tokio::test]
    async fn anything_else_is_passed_on_whole() {
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
