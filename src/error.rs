//! [`Error`]: the error type of all implementations.

pub mod codes;
mod decode;
mod detail;
mod input_rule;
mod kind;
#[cfg(any(feature = "clerk", feature = "store", feature = "webhooks", feature = "wire"))]
mod path;
mod predicates;
#[cfg(any(feature = "store", feature = "wire"))]
pub mod rejection;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[cfg(any(feature = "clerk", feature = "store", feature = "webhooks", feature = "wire"))]
pub(crate) use decode::UNKNOWN_FIELD;
#[cfg(feature = "wire")]
pub(crate) use decode::position;
pub(crate) use decode::{INVALID_VALUE, NOT_A_USER, TOO_MUCH_MEMORY};
pub use detail::ErrorDetail;
#[cfg(feature = "wire")]
pub(crate) use detail::Meta;
use detail::printable;
pub(crate) use input_rule::InputRule;
pub use kind::ErrorKind;

use crate::operation::Operation;

/// A [`Result`](std::result::Result) whose error type defaults to [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Adds the operation to the error in a result.
#[cfg(any(feature = "clerk", feature = "store"))]
pub(crate) fn named<T>(operation: Operation, result: Result<T>) -> Result<T> {
    result.map_err(|error| error.with_operation(operation))
}

/// Shared, so that an error can be cloned.
type Source = Arc<dyn std::error::Error + Send + Sync>;

/// An error returned by a [`UserDirectory`](crate::UserDirectory) operation.
///
/// To handle an error, match on its [`kind`](Self::kind), or call a predicate such as
/// [`is_not_found`](Self::is_not_found). To check for an error code, use [`has_code`](Self::has_code).
/// [`details`](Self::details) returns the codes and messages of a rejection.
///
/// `Display` and `Debug` output contains no secrets or personal data. Both formats omit the messages in
/// [`details`](Self::details), which may quote input.
///
/// Adapters and tests can create errors:
///
/// ```
/// use user_directory::{Error, ErrorDetail, ErrorKind, Operation, codes};
///
/// let taken = ErrorDetail::new(codes::FORM_IDENTIFIER_EXISTS).with_param_name("email_address");
/// let error = Error::rejected(ErrorKind::Conflict, [taken]).with_operation(Operation::Create);
/// assert!(error.is_conflict() && error.has_code(codes::FORM_IDENTIFIER_EXISTS));
/// assert_eq!(error.param_name(), Some("email_address"));
/// assert_eq!(error.to_string(), "create: conflict (form_identifier_exists: email_address)");
///
/// assert!(Error::new(ErrorKind::NotFound).is_not_found());
/// ```
#[derive(Clone, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Inner>);

/// Boxed, so that a `Result` stays small.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", self.text())]
struct Inner {
    kind: ErrorKind,
    operation: Option<Operation>,
    status: Option<u16>,
    details: Vec<ErrorDetail>,
    trace_id: Option<String>,
    retry_after: Option<Duration>,
    attempts: Option<Attempts>,
    /// Whether an attempt before the last one may have taken effect.
    earlier_outcome_unknown: bool,
    /// Whether the last attempt changed nothing, although the kind implies an unknown outcome.
    nothing_changed: bool,
    message: Option<Cow<'static, str>>,
    source: Option<Source>,
}

/// The attempts of a call that was retried.
#[derive(Debug, Clone, Copy)]
struct Attempts {
    number: u32,
    elapsed: Duration,
}

impl Error {
    /// Creates an error of the given kind.
    #[must_use]
    pub fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            status: None,
            details: Vec::new(),
            trace_id: None,
            retry_after: None,
            attempts: None,
            earlier_outcome_unknown: false,
            nothing_changed: false,
            message: None,
            source: None,
        }))
    }

    /// The maximum number of [`details`](Self::details) in an error.
    pub const MAX_DETAILS: usize = 100;

    /// Creates an error for a rejected operation, with one [detail](ErrorDetail) per problem.
    ///
    /// Details after the first [`MAX_DETAILS`](Self::MAX_DETAILS) are discarded.
    ///
    /// ```
    /// use user_directory::{Error, ErrorDetail, ErrorKind, codes};
    ///
    /// let detail = ErrorDetail::new(codes::RESOURCE_NOT_FOUND).with_message("the user does not exist");
    /// let error = Error::rejected(ErrorKind::NotFound, [detail]);
    /// assert_eq!(error.to_string(), "not found (resource_not_found)");
    /// ```
    #[must_use]
    pub fn rejected(kind: ErrorKind, details: impl IntoIterator<Item = ErrorDetail>) -> Self {
        let mut error = Self::new(kind);
        error.0.details.extend(details.into_iter().take(Self::MAX_DETAILS));
        error
    }

    /// Creates an error for an operation that the directory does not support.
    ///
    /// If only a field or filter is unsupported, name it in the [message](Self::with_message).
    ///
    /// ```
    /// use user_directory::{Error, Operation};
    ///
    /// let error = Error::unsupported(Operation::Ban);
    /// assert!(error.is_unsupported() && !error.is_retryable() && !error.is_outcome_unknown());
    /// assert_eq!(error.to_string(), "ban: not supported");
    /// ```
    #[must_use]
    pub fn unsupported(operation: Operation) -> Self {
        Self::new(ErrorKind::Unsupported).with_operation(operation)
    }

    /// Creates an error for a parameter that is rejected before a request is sent.
    ///
    /// The message is `'static`, so it cannot contain user input.
    ///
    /// ```
    /// use user_directory::Error;
    ///
    /// let error = Error::invalid_input("limit", "the limit must be between 1 and 500");
    /// assert!(error.is_invalid_input());
    /// assert_eq!(error.param_name(), Some("limit"));
    /// ```
    #[must_use]
    pub fn invalid_input(param_name: &'static str, message: &'static str) -> Self {
        let detail = ErrorDetail::new(codes::INVALID_REQUEST).with_param_name(param_name).with_message(message);
        Self::rejected(ErrorKind::InvalidInput, [detail]).with_message(message)
    }

    /// Sets the operation that failed.
    ///
    /// ```
    /// # use user_directory::{Error, ErrorKind, Operation};
    /// let timeout = Error::new(ErrorKind::Timeout);
    /// assert!(!timeout.is_retryable()); // The operation may not be idempotent.
    /// assert!(timeout.with_operation(Operation::Get).is_retryable());
    /// ```
    #[must_use]
    pub fn with_operation(mut self, operation: Operation) -> Self {
        self.0.operation = Some(operation);
        self
    }

    /// Sets the HTTP status of the response. The kind is unchanged.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Sets the trace id, which identifies the request to Clerk support.
    ///
    /// ```
    /// # use user_directory::{Error, ErrorKind};
    /// let error = Error::new(ErrorKind::Server).with_status(500).with_trace_id("trace_1");
    /// assert_eq!(error.to_string(), "service failed (status 500, trace trace_1)");
    /// ```
    #[must_use]
    pub fn with_trace_id(mut self, trace_id: impl Into<String>) -> Self {
        self.0.trace_id = Some(trace_id.into());
        self
    }

    /// Sets the time to wait before the next attempt.
    #[must_use]
    pub fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.0.retry_after = Some(retry_after);
        self
    }

    /// Sets the number of attempts and the total elapsed time, including the delays between attempts.
    ///
    /// ```
    /// use std::time::Duration;
    /// use user_directory::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Connect).with_attempts(4, Duration::from_millis(1200));
    /// assert_eq!(error.to_string(), "connection failed (4 attempts in 1.2s)");
    /// ```
    #[must_use]
    pub fn with_attempts(mut self, number: u32, elapsed: Duration) -> Self {
        self.0.attempts = Some(Attempts { number, elapsed });
        self
    }

    /// Records that an earlier attempt may have taken effect.
    ///
    /// [`is_outcome_unknown`](Self::is_outcome_unknown) then returns `true` for any kind and any operation.
    ///
    /// ```
    /// use user_directory::{Error, ErrorKind};
    ///
    /// // The first deletion timed out, and the second one found no user.
    /// let error = Error::new(ErrorKind::NotFound).with_earlier_outcome_unknown();
    /// assert!(error.is_not_found() && error.is_outcome_unknown());
    /// ```
    #[must_use]
    pub fn with_earlier_outcome_unknown(mut self) -> Self {
        self.0.earlier_outcome_unknown = true;
        self
    }

    /// Records that the last attempt changed nothing, although the kind implies an unknown outcome.
    ///
    /// [`is_outcome_unknown`](Self::is_outcome_unknown) then returns `false`, unless an [earlier
    /// attempt](Self::with_earlier_outcome_unknown) may have taken effect.
    ///
    /// ```
    /// use user_directory::{Error, ErrorKind};
    ///
    /// // The database is down, and the transaction was not committed.
    /// let error = Error::new(ErrorKind::Unavailable).with_nothing_changed();
    /// assert!(!error.is_outcome_unknown() && error.is_retryable());
    /// ```
    #[must_use]
    pub fn with_nothing_changed(mut self) -> Self {
        self.0.nothing_changed = true;
        self
    }

    /// Sets a human-readable message, which must not contain secrets or personal data.
    ///
    /// ```
    /// # use user_directory::{Error, ErrorKind};
    /// let error = Error::new(ErrorKind::Unavailable).with_message("the table is being rebuilt");
    /// assert_eq!(error.to_string(), "service unavailable: the table is being rebuilt");
    /// ```
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.0.message = Some(message.into());
        self
    }

    /// Sets the underlying error, which must not contain secrets or personal data.
    ///
    /// `Debug` output and error reports include the underlying error.
    ///
    /// ```
    /// use std::error::Error as _;
    /// # use user_directory::{Error, ErrorKind};
    ///
    /// let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    /// let error = Error::new(ErrorKind::Connect).with_source(refused);
    /// assert_eq!(error.source().unwrap().to_string(), "connection refused");
    /// ```
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Returns the human-readable message, which contains no secrets or personal data.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// Returns the kind of failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the operation that failed, if known.
    #[must_use]
    pub fn operation(&self) -> Option<Operation> {
        self.0.operation
    }

    /// Returns the HTTP status of the response, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns the details of a rejection, one per problem.
    ///
    /// If a `validate` method, such as [`UserQuery::validate`](crate::UserQuery::validate), rejected the input, the
    /// detail has the code [`INVALID_REQUEST`](codes::INVALID_REQUEST).
    #[must_use]
    pub fn details(&self) -> &[ErrorDetail] {
        &self.0.details
    }

    /// Returns `true` if a detail has the given code. [`codes`] lists the known codes.
    ///
    /// ```
    /// # use user_directory::{Error, ErrorDetail, ErrorKind, codes};
    /// let pwned = Error::rejected(ErrorKind::InvalidInput, [ErrorDetail::new(codes::FORM_PASSWORD_PWNED)]);
    /// assert!(pwned.has_code(codes::FORM_PASSWORD_PWNED) && !pwned.has_code(codes::RESOURCE_LOCKED));
    /// ```
    #[must_use]
    pub fn has_code(&self, code: &str) -> bool {
        self.0.details.iter().any(|detail| detail.code() == code)
    }

    /// Returns the name of the invalid parameter, from the first detail that has one.
    #[must_use]
    pub fn param_name(&self) -> Option<&str> {
        self.0.details.iter().find_map(ErrorDetail::param_name)
    }

    /// Returns the trace id, which identifies the request to Clerk support.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }

    /// Returns the time to wait before the next attempt, if known.
    ///
    /// `ClerkUserDirectory` limits the value of a `Retry-After` header to 24 hours.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the number of attempts, if there was more than one.
    #[must_use]
    pub fn attempts(&self) -> Option<u32> {
        self.0.attempts.map(|attempts| attempts.number)
    }

    /// Returns the total time of all attempts and delays, if there was more than one attempt.
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        self.0.attempts.map(|attempts| attempts.elapsed)
    }
}

impl Inner {
    fn text(&self) -> String {
        let mut text = String::new();
        if let Some(operation) = self.operation {
            text += operation.as_str();
            text += ": ";
        }
        text += self.kind.message();
        if let Some(message) = &self.message {
            text += ": ";
            text += message;
        }
        let status = self.status.map(|status| format!("status {status}"));
        let codes = self.details.iter().map(|detail| match detail.param_name() {
            Some(param_name) => format!("{}: {}", printable(detail.code()), printable(param_name)),
            None => printable(detail.code()).to_owned(),
        });
        let trace_id = self.trace_id.as_ref().map(|trace_id| format!("trace {trace_id}"));
        let retry_after = self.retry_after.map(|wait| format!("retry after {wait:?}"));
        let attempts = self.attempts.map(|Attempts { number, elapsed }| {
            let elapsed = Duration::from_millis(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
            format!("{number} attempts in {elapsed:?}")
        });
        let facts: Vec<_> =
            status.into_iter().chain(codes).chain(trace_id).chain(retry_after).chain(attempts).collect();
        if !facts.is_empty() {
            text += " (";
            text += &facts.join(", ");
            text += ")";
        }
        text
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            kind,
            operation,
            status,
            details,
            trace_id,
            retry_after,
            attempts,
            earlier_outcome_unknown,
            nothing_changed,
            message,
            source,
        } = &*self.0;
        f.debug_struct("Error")
            .field("kind", kind)
            .field("operation", operation)
            .field("status", status)
            .field("details", details)
            .field("trace_id", trace_id)
            .field("retry_after", retry_after)
            .field("attempts", attempts)
            .field("earlier_outcome_unknown", earlier_outcome_unknown)
            .field("nothing_changed", nothing_changed)
            .field("message", message)
            .field("source", source)
            .finish()
    }
}
