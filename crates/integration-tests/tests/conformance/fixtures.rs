//! Directories that the suite can test only with a fixture: one without email addresses, and a read-only one.

use std::collections::HashSet;

use integration_tests::conforms::print_passed;
use user_directory::conformance::{Context, Fixture, Outcome, Resource, Suite};
use user_directory::decorators::{ReadOnlyUserDirectory, RecordingUserDirectory};
use user_directory::{
    Error, ErrorDetail, ErrorKind, InMemoryUserDirectory, NewUser, Operation, Result, User, UserDirectory, UserFilter,
    UserId, UserQuery, async_trait, codes,
};

/// A directory whose users have a username and an external id, but no email addresses.
#[derive(Debug)]
struct WithoutEmailAddresses(InMemoryUserDirectory);

fn unsupported(operation: Operation, param_name: &'static str) -> Error {
    let detail = ErrorDetail::new(codes::UNSUPPORTED).with_param_name(param_name);
    Error::rejected(ErrorKind::Unsupported, [detail]).with_operation(operation)
}

fn check_filter(operation: Operation, filter: &UserFilter) -> Result<()> {
    if filter.email_addresses.as_ref().is_some_and(|values| !values.is_empty()) {
        return Err(unsupported(operation, "email_address"));
    }
    if filter.email_address_query.is_some() {
        return Err(unsupported(operation, "email_address_query"));
    }
    Ok(())
}

#[async_trait]
impl UserDirectory for WithoutEmailAddresses {
    fn forward_to(&self) -> Option<&dyn UserDirectory> {
        Some(&self.0)
    }

    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        check_filter(Operation::List, &query.filter)?;
        self.0.list(query).await
    }

    async fn count(&self, filter: &UserFilter) -> Result<u64> {
        check_filter(Operation::Count, filter)?;
        self.0.count(filter).await
    }

    async fn create(&self, new_user: &NewUser) -> Result<User> {
        if !new_user.email_addresses.is_empty() {
            return Err(unsupported(Operation::Create, "email_address"));
        }
        self.0.create(new_user).await
    }
}

/// Creates users with a username and an external id.
struct Usernames(InMemoryUserDirectory);

#[async_trait]
impl Fixture for Usernames {
    fn new_user(&self, context: &Context<'_>) -> NewUser {
        NewUser::new().username(context.word()).external_id(context.word())
    }

    async fn seed(&self, user_id: &UserId, resource: Resource) -> Outcome {
        self.0.seed(user_id, resource).await
    }
}

#[tokio::test]
async fn directory_without_email_addresses_is_tested_with_a_fixture() {
    let users = InMemoryUserDirectory::permissive();
    let directory = WithoutEmailAddresses(users.clone());
    let report = Suite::new(&directory).fixture(&Usernames(users.clone())).run().await;
    print_passed("directory without email addresses", &report);
    report.assert_conformant();
    assert_eq!(report.passed().count(), 398, "{report}");
    for (behavior, reason) in report.not_applicable() {
        let reason = reason.to_string();
        let expected = [
            "does not support `email_address",
            "only one identifier or external account",
            "the passing of time",
            "current time",
            "an outage",
        ];
        assert!(expected.iter().any(|expected| reason.contains(expected)), "{behavior:?}: {reason}");
    }
    assert_eq!(users.len(), 0);
}

#[tokio::test]
async fn directory_without_email_addresses_is_mostly_untested_without_a_fixture() {
    let directory = WithoutEmailAddresses(InMemoryUserDirectory::permissive());
    let report = Suite::new(&directory).run().await;
    assert!(report.failures().next().is_none() && !report.is_conformant(), "{report}");
    let text = report.to_string();
    assert!(text.contains("WARNING: "), "{text}");
    assert!(text.contains(" not applicable: `create` does not support `email_address`\n"), "{text}");
}

/// Creates and deletes users in the directory that a read-only decorator wraps.
struct Behind(InMemoryUserDirectory);

#[async_trait]
impl Fixture for Behind {
    async fn create_user(&self, _: &dyn UserDirectory, new_user: &NewUser) -> Outcome<User> {
        Ok(self.0.create(new_user).await?)
    }

    async fn delete_user(&self, _: &dyn UserDirectory, user_id: &UserId) -> Outcome {
        self.0.delete(user_id).await?;
        Ok(())
    }

    async fn seed(&self, user_id: &UserId, resource: Resource) -> Outcome {
        self.0.seed(user_id, resource).await
    }
}

#[tokio::test]
async fn read_only_directory_is_tested_with_users_of_the_fixture() {
    let users = InMemoryUserDirectory::permissive();
    let recording = RecordingUserDirectory::new(users.clone());
    let directory = ReadOnlyUserDirectory::new(recording.clone());
    let report = Suite::new(&directory).fixture(&Behind(users.clone())).run().await;
    print_passed("ReadOnlyUserDirectory", &report);

    let reads: Vec<_> = Operation::ALL.iter().copied().filter(|operation| operation.is_read_only()).collect();
    report.assert_conformant_for(&reads);
    assert!(report.passed().all(|behavior| behavior.operation().is_read_only()), "{report}");
    assert_eq!(report.passed().count(), 125, "{report}");
    for (behavior, reason) in report.not_applicable() {
        let reason = reason.to_string();
        let expected = ["the directory is read-only", "the passing of time", "current time", "an outage"];
        assert!(expected.iter().any(|expected| reason.contains(expected)), "{behavior:?}: {reason}");
    }

    let forwarded: HashSet<_> = recording.calls().iter().map(|call| call.operation).collect();
    assert_eq!(forwarded, reads.into_iter().collect());
    assert_eq!(users.len(), 0);
}
