//! The predicates of [`Error`].

use super::{Error, ErrorKind};
use crate::operation::Operation;

impl Error {
    /// Returns `true` if the user or a resource of the user, such as a passkey, does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Returns `true` if another user has the identifier, or if the resource's state prevents the change.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// Returns `true` if the input is invalid.
    ///
    /// [`param_name`](Self::param_name) returns the name of the invalid parameter, if known.
    #[must_use]
    pub fn is_invalid_input(&self) -> bool {
        self.kind() == ErrorKind::InvalidInput
    }

    /// Returns `true` if another request is changing the resource.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.kind() == ErrorKind::Locked
    }

    /// Returns `true` if the secret key or the instance settings do not allow the operation.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.kind() == ErrorKind::Forbidden
    }

    /// Returns `true` if the directory does not support this operation, field or filter.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        self.kind() == ErrorKind::Unsupported
    }

    /// Returns `true` if the service is down or overloaded.
    ///
    /// The operation may have completed.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        self.kind() == ErrorKind::Unavailable
    }

    /// Returns `true` if the service rejected the secret key, for example because the key was revoked.
    #[must_use]
    pub fn is_unauthenticated(&self) -> bool {
        self.kind() == ErrorKind::Unauthenticated
    }

    /// Returns `true` if a rate limit was exceeded.
    ///
    /// Before you retry, wait for [`retry_after`](Self::retry_after). An error from a client-side limit set in
    /// `ClerkBuilder` has no [`status`](Self::status).
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == ErrorKind::RateLimited
    }

    /// Returns `true` if no complete response was received in time, or if the service reported a timeout.
    ///
    /// The operation may have completed.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Returns `true` if the operation may have taken effect even though it returned an error.
    ///
    /// The outcome is unknown if the call timed out, the connection was lost, the service was unavailable or failed, or
    /// the response was invalid. If the error records that [nothing was changed](Self::with_nothing_changed), the
    /// outcome is known.
    ///
    /// The outcome of a retried call is unknown if the outcome of any [attempt](Self::attempts) was unknown. For
    /// example, if a deletion times out, the retry may fail with [`NotFound`](ErrorKind::NotFound) because the first
    /// attempt deleted the user.
    ///
    /// For a [read-only](Operation::is_read_only) operation, the result is `true` only if the error records that an
    /// [earlier attempt](Self::with_earlier_outcome_unknown) may have taken effect. For example,
    /// [`ensure`](crate::UserDirectoryExt::ensure) can return the error from a `list` call that follows a `create` call
    /// with an unknown outcome.
    ///
    /// If the outcome of a [`create`](crate::UserDirectory::create) is unknown, look up the user before you retry.
    ///
    /// ```
    /// # use user_directory::{Error, ErrorKind};
    /// assert!(Error::new(ErrorKind::Unavailable).is_outcome_unknown());
    /// assert!(!Error::new(ErrorKind::InvalidInput).is_outcome_unknown());
    /// ```
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        if self.0.earlier_outcome_unknown {
            return true;
        }
        if self.0.nothing_changed || self.operation().is_some_and(Operation::is_read_only) {
            return false;
        }
        match self.kind() {
            ErrorKind::Timeout | ErrorKind::Transport | ErrorKind::Unavailable | ErrorKind::Server => true,
            // Without a status, the error is not about a response. For example, metadata has another type.
            ErrorKind::Decode => self.status().is_some(),
            _ => false,
        }
    }

    /// Returns `true` if the same call may succeed later and can be repeated safely.
    ///
    /// | kind | result |
    /// | --- | --- |
    /// | [`RateLimited`](ErrorKind::RateLimited), [`Locked`](ErrorKind::Locked), [`Connect`](ErrorKind::Connect) | `true` if the operation is idempotent, or if no earlier attempt has an [unknown outcome](Self::with_earlier_outcome_unknown) |
    /// | [`Unavailable`](ErrorKind::Unavailable), [`Timeout`](ErrorKind::Timeout), [`Transport`](ErrorKind::Transport) | `true` if the operation is idempotent, or if the last attempt [changed nothing](Self::with_nothing_changed) and no earlier attempt has an unknown outcome |
    /// | all other kinds | `false` |
    ///
    /// [`Operation::is_idempotent`] determines whether an operation is idempotent. An error without an
    /// [operation](Self::with_operation) is treated as if its operation were not idempotent.
    ///
    /// [`ClerkUserDirectory`](crate::ClerkUserDirectory) retries according to the same rules.
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
        let nothing_changed = match self.kind() {
            ErrorKind::RateLimited | ErrorKind::Locked | ErrorKind::Connect => true,
            ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Transport => self.0.nothing_changed,
            _ => return false,
        };
        nothing_changed && !self.0.earlier_outcome_unknown || self.operation().is_some_and(Operation::is_idempotent)
    }
}
