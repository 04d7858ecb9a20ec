//! [`Failure`]: the reason for a database failure, and its conversion to an error.

use std::borrow::Cow;

use user_directory::store::CommitError;
use user_directory::{Error, ErrorKind};

use crate::driver;

/// The reason why a statement or a connection failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The database aborted the transaction because of a concurrent transaction, a lock could not be acquired in time,
    /// or a row to change does not have the expected version.
    Conflict,
    /// A unique index rejected a row.
    Taken,
    /// The table with this name does not exist.
    MissingTable(String),
    /// The connection was lost or closed by the server.
    Lost(Error),
    /// Any other failure.
    Other(Error),
}

impl Failure {
    /// Creates a failure with a message. The message must not contain values from statements.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Other(Error::new(kind).with_message(message))
    }

    /// Creates the failure for deleting a user who is referenced by a row in an application table.
    pub(crate) fn still_referenced() -> Self {
        Self::new(ErrorKind::Conflict, "a row of another table refers to the user")
    }

    /// Converts a failure that occurred before any statement was sent.
    pub(crate) fn of_connecting(error: sqlx::Error) -> Self {
        match Self::from(error) {
            Self::Lost(error) if error.kind() == ErrorKind::Transport => {
                let source = std::error::Error::source(&error).map(ToString::to_string);
                let message = source.unwrap_or_else(|| "the database closed the connection".to_owned());
                Self::Lost(Error::new(ErrorKind::Connect).with_message(message))
            }
            other => other,
        }
    }

    /// Converts a failure that occurred before `COMMIT` was sent, so nothing was changed.
    pub(crate) fn before_commit(self) -> CommitError {
        match self.at_commit() {
            CommitError::Failed(error) => CommitError::Failed(error.with_nothing_changed()),
            other => other,
        }
    }

    /// Converts a failure of `COMMIT`. The changes may have been applied, unless the failure rules this out.
    pub(crate) fn at_commit(self) -> CommitError {
        match self {
            Self::Conflict => CommitError::Stale,
            Self::Taken => CommitError::Taken,
            other => CommitError::Failed(other.into()),
        }
    }
}

/// Discards the driver's error, because it can contain the URL or values from statements.
impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as Driver;
        match error {
            Driver::Database(error) => driver::failure(&*error),
            Driver::Io(error) => Self::Lost(Error::new(ErrorKind::Transport).with_source(error)),
            Driver::Tls(_) => Self::new(ErrorKind::Connect, "the TLS handshake with the database failed"),
            Driver::PoolTimedOut => {
                Self::new(ErrorKind::Connect, "no connection to the database was available in time")
            }
            Driver::PoolClosed => Self::new(ErrorKind::Connect, "the connection pool is closed"),
            Driver::WorkerCrashed => Self::Lost(
                Error::new(ErrorKind::Transport).with_message("the thread of the database connection has stopped"),
            ),
            Driver::BeginFailed | Driver::Protocol(_) => {
                Self::Lost(Error::new(ErrorKind::Transport).with_message("the response from the database is malformed"))
            }
            Driver::Configuration(_) => {
                Self::new(ErrorKind::Configuration, "the options of the database connection are malformed")
            }
            Driver::Decode(_) | Driver::ColumnDecode { .. } | Driver::ColumnIndexOutOfBounds { .. } => {
                Self::new(ErrorKind::Decode, "a stored row is malformed")
            }
            _ => Self::new(ErrorKind::Server, "the database driver failed"),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Conflict => Error::new(ErrorKind::Unavailable).with_message("the database is busy"),
            Failure::Taken => Error::new(ErrorKind::Server).with_message("a unique index rejected a row"),
            Failure::MissingTable(table) => {
                configuration(format!("the table `{table}` does not exist: call `migrate` first"))
            }
            Failure::Lost(error) | Failure::Other(error) => error,
        }
    }
}

/// Creates a [`Configuration`](ErrorKind::Configuration) error.
pub(crate) fn configuration(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Configuration).with_message(message)
}

/// Creates the error for missing tables.
pub(crate) fn not_migrated() -> Error {
    configuration("the database has no tables of this crate: call `migrate` first")
}
