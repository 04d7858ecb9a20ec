//! The predicates of [`Error`].

use super::{Error, ErrorKind};
use crate::operation::Operation;

impl Error {
    /// Returns `true` if the user, or the user's resource, does not exist. A retry does not help.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Returns `true` if another user has the identifier, or the resource is in a state that forbids the change.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// Returns `true` if the input is wrong. [`param_name`](Self::param_name) names the parameter.
    #[must_use]
    pub fn is_invalid_input(&self) -> bool {
        self.kind() == ErrorKind::InvalidInput
    }

    /// Returns `true` if another request is changing the resource. Nothing was changed: retry.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.kind() == ErrorKind::Locked
    }

    /// Returns `true` if the key or the instance is not allowed to do this. The configuration has to change.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.kind() == ErrorKind::Forbidden
    }

    /// Returns `true` if the directory does not offer this operation, field or filter.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        self.kind() == ErrorKind::Unsupported
    }

    /// Returns `true` if the service is down or overloaded. Whether the operation completed is unknown.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        self.kind() == ErrorKind::Unavailable
    }

    /// Returns `true` if the key is missing, wrong or revoked. The configuration has to change.
    #[must_use]
    pub fn is_unauthenticated(&self) -> bool {
        self.kind() == ErrorKind::Unauthenticated
    }

    /// Returns `true` if there were too many requests: wait for [`retry_after`](Self::retry_after).
    ///
    /// An error of the client's own limits has no [`status`](Self::status).
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == ErrorKind::RateLimited
    }

    /// Returns `true` if there was no response before the timeout. Whether the operation completed is unknown.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Returns `true` if the operation may have completed although it returned an error: the call timed out, the
    /// connection was lost, the service failed, or its response was invalid.
    ///
    /// If there were several [attempts](Self::attempts), one such attempt is enough. For example, a deletion that timed out
    /// and was retried may be [`NotFound`](ErrorKind::NotFound) because the first attempt deleted the user. For an
    /// operation that [only reads](Operation::is_read_only), this is false.
    ///
    /// After a [`create`](crate::UserDirectory::create) that failed this way, look the user up before you retry.
    ///
    /// ```
    /// # use user_directory::{Error, ErrorKind};
    /// assert!(Error::new(ErrorKind::Unavailable).is_outcome_unknown());
    /// assert!(!Error::new(ErrorKind::InvalidInput).is_outcome_unknown());
    /// ```
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        if self.0.may_be_done {
            return true;
        }
        if self.operation().is_some_and(Operation::is_read_only) {
            return false;
        }
        match self.kind() {
            ErrorKind::Timeout | ErrorKind::Transport | ErrorKind::Unavailable | ErrorKind::Server => true,
            // Metadata that does not have the requested type is an error of this kind too, and has no status.
            ErrorKind::Decode => self.status().is_some(),
            _ => false,
        }
    }

    /// Returns `true` if the same call may succeed later, and is harmless if the first one completed after all.
    ///
    /// True for the kinds that mean nothing was done: [`RateLimited`](ErrorKind::RateLimited),
    /// [`Locked`](ErrorKind::Locked) and [`Connect`](ErrorKind::Connect). True for
    /// [`Unavailable`](ErrorKind::Unavailable), [`Timeout`](ErrorKind::Timeout) and [`Transport`](ErrorKind::Transport) only
    /// if the operation is known and [idempotent](Operation::is_idempotent). Every implementation sets the operation; an
    /// error that a test creates needs [`with_operation`](Self::with_operation).
    /// [`ClerkUserDirectory`](crate::ClerkUserDirectory) retries by this rule before it returns such an error.
    ///
    /// ```
    /// # use user_directory::{Error, ErrorKind, Operation};
    /// let down = Error::new(ErrorKind::Unavailable);
    /// assert!(down.clone().with_operation(Operation::Ban).is_retryable());
    /// assert!(!down.with_operation(Operation::Create).is_retryable());
    /// assert!(Error::new(ErrorKind::RateLimited).is_retryable());
    /// ```
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.kind() {
            ErrorKind::RateLimited | ErrorKind::Locked | ErrorKind::Connect => true,
            ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Transport => {
                self.operation().is_some_and(Operation::is_idempotent)
            }
            _ => false,
        }
    }
}
