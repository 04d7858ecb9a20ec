//! A directory with known times and ids, and assertions about errors.

use std::fmt::Debug;
use std::time::Duration;

use jiff::Timestamp;
use user_directory::store_directory::{InstanceSettings, SequentialIds};
use user_directory::time::ManualClock;
use user_directory::wire::status::status_of;
use user_directory::{
    Error, ErrorKind, InMemoryUserDirectory, Metadata, NewUser, Operation, Result, User, UserDirectory, UserFilter,
    UserId, UserQuery, codes,
};

/// The start time of every test.
pub(crate) fn start() -> Timestamp {
    at("2026-05-12T09:00:00Z")
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn user_id(id: &str) -> UserId {
    id.parse().unwrap()
}

pub(crate) fn unknown_user_id() -> UserId {
    user_id("user_unknown")
}

pub(crate) fn json(text: &str) -> Metadata {
    text.parse().unwrap()
}

/// A directory and its manual clock.
pub(crate) struct World {
    pub(crate) directory: InMemoryUserDirectory,
    pub(crate) clock: ManualClock,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|settings| settings)
    }

    pub(crate) fn with(change: impl FnOnce(InstanceSettings) -> InstanceSettings) -> Self {
        let clock = ManualClock::new(start());
        let directory = InMemoryUserDirectory::builder()
            .settings(change(InstanceSettings::permissive()))
            .clock(clock.clone())
            .ids(SequentialIds::default())
            .build();
        Self { directory, clock }
    }

    pub(crate) async fn create(&self, new: NewUser) -> User {
        self.directory.create(&new).await.unwrap()
    }

    /// Creates a user with the email address `<name>@example.com`.
    pub(crate) async fn user(&self, name: &str) -> User {
        self.create(NewUser::new().email_address(format!("{name}@example.com"))).await
    }

    pub(crate) async fn get(&self, id: &UserId) -> User {
        self.directory.get(id).await.unwrap()
    }

    /// Returns all users in the order of `list`.
    pub(crate) async fn all_users(&self) -> Vec<User> {
        self.directory.list(&UserQuery::new().limit(500)).await.unwrap()
    }

    /// Returns the ids that `list` returns for a filter, and checks that `count` agrees.
    pub(crate) async fn matching(&self, filter: UserFilter) -> Vec<String> {
        let users = self.directory.list(&UserQuery::from(filter.clone()).limit(500)).await.unwrap();
        assert_eq!(self.directory.count(&filter).await.unwrap(), users.len() as u64, "{filter:?}");
        ids(&users)
    }

    pub(crate) fn tick(&self) {
        self.clock.advance(seconds(1));
    }
}

pub(crate) fn ids(users: &[User]) -> Vec<String> {
    users.iter().map(|user| user.id.to_string()).collect()
}

/// The properties of an error that the tests compare.
#[derive(Debug, PartialEq)]
pub(crate) struct ErrorSummary {
    operation: Option<Operation>,
    kind: ErrorKind,
    status: Option<u16>,
    codes: Vec<(String, Option<String>)>,
}

impl ErrorSummary {
    pub(crate) fn of(error: &Error) -> Self {
        let codes = error.details().iter();
        let codes = codes.map(|error| (error.code().to_owned(), error.param_name().map(str::to_owned))).collect();
        assert_eq!(error.status(), None);
        // The status that the emulator sends. Input that a client validates is not sent.
        let status = (!error.has_code(codes::INVALID_REQUEST)).then(|| status_of(error));
        Self { operation: error.operation(), kind: error.kind(), status, codes }
    }
}

/// Asserts that the operation failed with a single error entry of this code.
#[track_caller]
pub(crate) fn assert_rejected<T: Debug>(
    result: Result<T>,
    operation: Operation,
    (status, kind): (u16, ErrorKind),
    code: &str,
    param_name: Option<&str>,
) {
    let expected = ErrorSummary {
        operation: Some(operation),
        kind,
        status: Some(status),
        codes: vec![(code.to_owned(), param_name.map(str::to_owned))],
    };
    assert_eq!(ErrorSummary::of(&result.unwrap_err()), expected);
}

/// Asserts that a parameter was rejected as invalid.
#[track_caller]
pub(crate) fn assert_param_rejected<T: Debug>(result: Result<T>, operation: Operation, code: &str, param_name: &str) {
    assert_rejected(result, operation, (422, ErrorKind::InvalidInput), code, Some(param_name));
}

/// Asserts that an identifier was rejected because it belongs to another user.
#[track_caller]
pub(crate) fn assert_identifier_taken<T: Debug>(result: Result<T>, operation: Operation, param_name: &str) {
    assert_rejected(result, operation, (422, ErrorKind::Conflict), codes::FORM_IDENTIFIER_EXISTS, Some(param_name));
}

#[track_caller]
pub(crate) fn assert_not_found<T: Debug>(result: Result<T>, operation: Operation) {
    assert_rejected(result, operation, (404, ErrorKind::NotFound), codes::RESOURCE_NOT_FOUND, None);
}

/// Asserts that the input was rejected by the validation that precedes the operation.
#[track_caller]
pub(crate) fn assert_validation_error<T: Debug>(result: Result<T>, operation: Operation, param_name: &str) {
    let expected = ErrorSummary {
        operation: Some(operation),
        kind: ErrorKind::InvalidInput,
        status: None,
        codes: vec![(codes::INVALID_REQUEST.to_owned(), Some(param_name.to_owned()))],
    };
    assert_eq!(ErrorSummary::of(&result.unwrap_err()), expected);
}
