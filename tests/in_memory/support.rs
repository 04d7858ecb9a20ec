//! A directory whose time and ids are known, and what errors are compared with.

use std::fmt::Debug;
use std::time::Duration;

use jiff::Timestamp;
use user_directory::in_memory::{InstanceSettings, SequentialIds};
use user_directory::time::ManualClock;
use user_directory::{
    Error, ErrorKind, InMemoryUserDirectory, Metadata, NewUser, Operation, Result, User, UserDirectory, UserFilter,
    UserId, UserQuery, codes,
};

/// When every test begins.
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

pub(crate) fn nobody() -> UserId {
    user_id("user_nobody")
}

pub(crate) fn json(text: &str) -> Metadata {
    text.parse().unwrap()
}

/// A directory and its clock.
pub(crate) struct World {
    pub(crate) directory: InMemoryUserDirectory,
    pub(crate) clock: ManualClock,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut InstanceSettings)) -> Self {
        let mut settings = InstanceSettings::default();
        change(&mut settings);
        let clock = ManualClock::new(start());
        let directory = InMemoryUserDirectory::builder()
            .settings(settings)
            .clock(clock.clone())
            .ids(SequentialIds::default())
            .build();
        Self { directory, clock }
    }

    pub(crate) async fn create(&self, new: NewUser) -> User {
        self.directory.create(&new).await.unwrap()
    }

    /// A user with `<name>@example.com`.
    pub(crate) async fn user(&self, name: &str) -> User {
        self.create(NewUser::new().email_address(format!("{name}@example.com"))).await
    }

    pub(crate) async fn get(&self, id: &UserId) -> User {
        self.directory.get(id).await.unwrap()
    }

    /// Everybody, in the order of the list.
    pub(crate) async fn everybody(&self) -> Vec<User> {
        self.directory.list(&UserQuery::new().limit(500)).await.unwrap()
    }

    /// The ids that a filter lists, after a check that they are as many as it counts.
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

/// What an error says, in one value to compare.
#[derive(Debug, PartialEq)]
pub(crate) struct Said {
    operation: Option<Operation>,
    kind: ErrorKind,
    status: Option<u16>,
    codes: Vec<(String, Option<String>)>,
}

impl Said {
    pub(crate) fn by(error: &Error) -> Self {
        let codes = error.api_errors().iter();
        let codes = codes.map(|error| (error.code().to_owned(), error.param_name().map(str::to_owned))).collect();
        Self { operation: error.operation(), kind: error.kind(), status: error.status(), codes }
    }
}

/// Fails unless the result is this error, said by this operation, with this one code.
#[track_caller]
pub(crate) fn assert_refused<T: Debug>(
    result: Result<T>,
    operation: Operation,
    (status, kind): (u16, ErrorKind),
    code: &str,
    param_name: Option<&str>,
) {
    let expected = Said {
        operation: Some(operation),
        kind,
        status: Some(status),
        codes: vec![(code.to_owned(), param_name.map(str::to_owned))],
    };
    assert_eq!(Said::by(&result.unwrap_err()), expected);
}

/// 422, the status of nearly every refusal of a parameter.
#[track_caller]
pub(crate) fn assert_unprocessable<T: Debug>(result: Result<T>, operation: Operation, code: &str, param_name: &str) {
    assert_refused(result, operation, (422, ErrorKind::InvalidInput), code, Some(param_name));
}

/// 422 because another user has that identifier.
#[track_caller]
pub(crate) fn assert_taken<T: Debug>(result: Result<T>, operation: Operation, param_name: &str) {
    assert_refused(result, operation, (422, ErrorKind::Conflict), codes::FORM_IDENTIFIER_EXISTS, Some(param_name));
}

#[track_caller]
pub(crate) fn assert_not_found<T: Debug>(result: Result<T>, operation: Operation) {
    assert_refused(result, operation, (404, ErrorKind::NotFound), codes::RESOURCE_NOT_FOUND, None);
}

/// Refused by the rule book, before anything is looked at.
#[track_caller]
pub(crate) fn assert_invalid<T: Debug>(result: Result<T>, operation: Operation, param_name: &str) {
    let expected = Said {
        operation: Some(operation),
        kind: ErrorKind::InvalidInput,
        status: None,
        codes: vec![(codes::INVALID_REQUEST.to_owned(), Some(param_name.to_owned()))],
    };
    assert_eq!(Said::by(&result.unwrap_err()), expected);
}
