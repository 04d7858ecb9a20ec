//! [`Error`]: the one error of every implementation.

mod api_error;
pub mod codes;
mod kind;
#[cfg(any(feature = "clerk", feature = "in-memory"))]
mod path;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use api_error::ApiError;
use api_error::printable;
pub use kind::ErrorKind;

use crate::model::InvalidId;
use crate::operation::Operation;

/// The result of every operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Shared, so that an error can be cloned.
type Source = Arc<dyn std::error::Error + Send + Sync>;

/// Why an operation failed.
///
/// Look at [`kind`](Self::kind) (or a predicate such as [`is_not_found`](Self::is_not_found)) to decide what to do, at
/// [`has_code`](Self::has_code) for a particular error of the API, and at [`api_errors`](Self::api_errors) for its
/// messages.
///
/// Neither `Display` nor `Debug` shows a secret or personal data: they name the operation, the kind, the status, the
/// API's codes and parameter names, and the trace id. Messages of the API may repeat what was sent, so they are shown
/// only to who asks for them.
///
/// A test can build every error that an implementation can give:
///
/// ```
/// use user_directory::{ApiError, Error, ErrorKind, Operation, codes};
///
/// let error = Error::from_api(422, vec![ApiError::new(codes::FORM_IDENTIFIER_EXISTS).with_param_name("email_address")])
///     .with_operation(Operation::Create);
/// assert_eq!(error.kind(), ErrorKind::Conflict);
/// assert!(error.has_code(codes::FORM_IDENTIFIER_EXISTS));
/// assert_eq!(error.param_name(), Some("email_address"));
/// assert_eq!(error.to_string(), "create: conflict (status 422, form_identifier_exists: email_address)");
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
    api_errors: Vec<ApiError>,
    trace_id: Option<String>,
    retry_after: Option<Duration>,
    attempts: Option<Attempts>,
    /// Whether an attempt before the last one may have done the work.
    may_be_done: bool,
    message: Option<Cow<'static, str>>,
    source: Option<Source>,
}

/// What was spent on a call that was tried again.
#[derive(Debug, Clone, Copy)]
struct Attempts {
    number: u32,
    elapsed: Duration,
}

impl Error {
    /// An error of this kind, with nothing else known.
    #[must_use]
    pub fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            status: None,
            api_errors: Vec::new(),
            trace_id: None,
            retry_after: None,
            attempts: None,
            may_be_done: false,
            message: None,
            source: None,
        }))
    }

    /// The error that the API means by `status` and `errors`.
    ///
    /// This is the one place where a status and its codes become an [`ErrorKind`].
    #[must_use]
    pub fn from_api(status: u16, errors: Vec<ApiError>) -> Self {
        let mut error = Self::new(ErrorKind::from_status(status, &errors));
        error.0.status = Some(status);
        error.0.api_errors = errors;
        error
    }

    /// Creates an error for an operation that the directory does not offer.
    ///
    /// For a field or filter that it does not offer, name it in the [message](Self::with_message).
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

    /// Input that is refused before anything is sent: which parameter, and why.
    ///
    /// `message` is written by a programmer, so that it holds nothing of the input.
    #[must_use]
    pub fn invalid_input(param_name: &'static str, message: &'static str) -> Self {
        let mut error = Self::new(ErrorKind::InvalidInput).with_message(message);
        error.0.api_errors =
            vec![ApiError::new(codes::INVALID_REQUEST).with_param_name(param_name).with_message(message)];
        error
    }

    /// A document that is not what was expected.
    ///
    /// Only what is known to hold no data is kept of serde's message, which can quote the document.
    pub(crate) fn decode(error: &serde_json::Error) -> Self {
        Self::decode_at(error, "")
    }

    /// Like [`decode`](Self::decode), with the path of the offending value in `json`. Not for documents whose keys may be
    /// personal data, such as metadata.
    #[cfg(any(feature = "clerk", feature = "in-memory"))]
    pub(crate) fn decode_of(error: &serde_json::Error, json: &str) -> Self {
        let path = match error.classify() {
            serde_json::error::Category::Data => path::path(json, offset(error, json)),
            // Where JSON is malformed it has no parts to name.
            _ => String::new(),
        };
        Self::decode_at(error, &path)
    }

    fn decode_at(error: &serde_json::Error, path: &str) -> Self {
        let text = error.to_string();
        let what = match error.classify() {
            serde_json::error::Category::Eof => "the document ends too early",
            serde_json::error::Category::Syntax => "malformed JSON",
            serde_json::error::Category::Io => "the document could not be read",
            serde_json::error::Category::Data => {
                // The name of a field is the program's own; what else the message quotes may be the document's.
                let field = |start| Some(text.strip_prefix(start)?.split_once('`')?.0);
                if let Some(field) = field("missing field `") {
                    &*format!("the field `{field}` is missing")
                } else if let Some(field) = field("duplicate field `") {
                    &*format!("the field `{field}` is there twice")
                } else {
                    "a value of another kind was expected"
                }
            }
        };
        let at = if path.is_empty() { "at".to_owned() } else { format!("at `{path}`,") };
        Self::new(ErrorKind::Decode).with_message(format!(
            "{what} {at} line {} column {}",
            error.line(),
            error.column()
        ))
    }

    /// Names the operation that failed.
    ///
    /// ```
    /// # use user_directory::{Error, ErrorKind, Operation};
    /// let late = Error::new(ErrorKind::Timeout);
    /// assert!(!late.is_retryable()); // it could be a `create`
    /// assert!(late.with_operation(Operation::Get).is_retryable());
    /// ```
    #[must_use]
    pub fn with_operation(mut self, operation: Operation) -> Self {
        self.0.operation = Some(operation);
        self
    }

    /// Adds the HTTP status of the answer. The kind stays as it is; see [`from_api`](Self::from_api) for the other way.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Adds the id under which Clerk's support finds the request. It is printed.
    ///
    /// ```
    /// # use user_directory::Error;
    /// let error = Error::from_api(500, vec![]).with_trace_id("trace_1");
    /// assert_eq!(error.to_string(), "service failed (status 500, trace trace_1)");
    /// ```
    #[must_use]
    pub fn with_trace_id(mut self, trace_id: impl Into<String>) -> Self {
        self.0.trace_id = Some(trace_id.into());
        self
    }

    /// Adds how long the service asks to wait.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use user_directory::Error;
    /// let busy = Error::from_api(429, vec![]).with_retry_after(Duration::from_secs(2));
    /// assert_eq!(busy.retry_after(), Some(Duration::from_secs(2)));
    /// ```
    #[must_use]
    pub fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.0.retry_after = Some(retry_after);
        self
    }

    /// Adds how many attempts there were, and how long they and the waits between them took in all.
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

    /// Says that an attempt before the last one may have done the work, so that
    /// [`is_outcome_unknown`](Self::is_outcome_unknown) whatever the last one said.
    ///
    /// ```
    /// use user_directory::{Error, ErrorKind};
    ///
    /// // A deletion timed out; the second attempt found nobody.
    /// let error = Error::new(ErrorKind::NotFound).with_earlier_outcome_unknown();
    /// assert!(error.is_not_found() && error.is_outcome_unknown());
    /// ```
    #[must_use]
    pub fn with_earlier_outcome_unknown(mut self) -> Self {
        self.0.may_be_done = true;
        self
    }

    /// Adds a sentence for people. It is printed, so it must not hold a secret or personal data.
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

    /// Adds the error that led to this one. It is printed by whoever prints the chain, so it must not hold a secret.
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

    /// The sentence for people, if there is one. It holds no secret and nothing personal.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The operation that failed, if it is known.
    #[must_use]
    pub fn operation(&self) -> Option<Operation> {
        self.0.operation
    }

    /// The HTTP status, if there was an answer. The in-memory directory gives the status that Clerk would.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Everything that the API said is wrong. May be empty. Input that was refused before it was sent is one
    /// [`INVALID_REQUEST`](codes::INVALID_REQUEST).
    #[must_use]
    pub fn api_errors(&self) -> &[ApiError] {
        &self.0.api_errors
    }

    /// Whether one of the API's errors has this code; see [`codes`].
    ///
    /// ```
    /// # use user_directory::{ApiError, Error, codes};
    /// let pwned = Error::from_api(422, vec![ApiError::new(codes::FORM_PASSWORD_PWNED)]);
    /// assert!(pwned.has_code(codes::FORM_PASSWORD_PWNED) && !pwned.has_code(codes::RESOURCE_LOCKED));
    /// ```
    #[must_use]
    pub fn has_code(&self, code: &str) -> bool {
        self.0.api_errors.iter().any(|error| error.code() == code)
    }

    /// The parameter that is wrong, of the first error that names one.
    #[must_use]
    pub fn param_name(&self) -> Option<&str> {
        self.0.api_errors.iter().find_map(ApiError::param_name)
    }

    /// The id under which Clerk's support finds the request.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }

    /// How long the service asks to wait before the next try.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many attempts there were, if there was more than one.
    #[must_use]
    pub fn attempts(&self) -> Option<u32> {
        self.0.attempts.map(|attempts| attempts.number)
    }

    /// How long the attempts and the waits between them took in all, if there was more than one attempt.
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        self.0.attempts.map(|attempts| attempts.elapsed)
    }

    /// The user, or what belongs to the user, does not exist. Trying again does not help.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Something else has that identifier, or the resource is in a state that forbids the change.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// The input is wrong: correct it, and look at [`param_name`](Self::param_name).
    #[must_use]
    pub fn is_invalid_input(&self) -> bool {
        self.kind() == ErrorKind::InvalidInput
    }

    /// Another request is changing the resource, and nothing was done: try again.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.kind() == ErrorKind::Locked
    }

    /// The key or the instance may not do this: a matter of configuration.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.kind() == ErrorKind::Forbidden
    }

    /// Returns `true` if the directory does not offer this operation, field or filter.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        self.kind() == ErrorKind::Unsupported
    }

    /// The service is down or overloaded for now; whether the work was done is unknown.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        self.kind() == ErrorKind::Unavailable
    }

    /// The key is missing, wrong or revoked: a matter of configuration.
    #[must_use]
    pub fn is_unauthenticated(&self) -> bool {
        self.kind() == ErrorKind::Unauthenticated
    }

    /// Too many requests: wait for [`retry_after`](Self::retry_after). Without a [`status`](Self::status) nothing was sent,
    /// to stay under a limit.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == ErrorKind::RateLimited
    }

    /// No answer within the time-out; whether the work was done is unknown.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Whether the work may have been done although there is no answer that says so: the exchange timed out or broke
    /// off, the service failed on the way, or its answer could not be read. If there were several
    /// [attempts](Self::attempts), one that ended this way is enough: a deletion that timed out and was tried again may
    /// be [`NotFound`](ErrorKind::NotFound) because the first attempt did it. An operation that
    /// [only reads](Operation::is_read_only) has no outcome that could be unknown.
    ///
    /// After a [`create`](crate::UserDirectory::create) that ended this way, look the user up before trying again.
    ///
    /// ```
    /// # use user_directory::Error;
    /// assert!(Error::from_api(502, vec![]).is_outcome_unknown());
    /// assert!(!Error::from_api(422, vec![]).is_outcome_unknown());
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
            // Metadata that is read as another type is an error of this kind too, and has no status.
            ErrorKind::Decode => self.status().is_some(),
            _ => false,
        }
    }

    /// Whether the same call may succeed later and does no harm if the first one was carried out after all.
    ///
    /// True when nothing was done ([`RateLimited`](ErrorKind::RateLimited), [`Locked`](ErrorKind::Locked),
    /// [`Connect`](ErrorKind::Connect)); true for [`Unavailable`](ErrorKind::Unavailable),
    /// [`Timeout`](ErrorKind::Timeout) and [`Transport`](ErrorKind::Transport) only if the operation is known and
    /// [idempotent](Operation::is_idempotent). Every implementation names it; an error that a test makes up needs
    /// [`with_operation`](Self::with_operation) for that. [`ClerkUserDirectory`](crate::ClerkUserDirectory) has tried
    /// again by this rule before it gives such an error.
    ///
    /// ```
    /// # use user_directory::{Error, Operation};
    /// let down = Error::from_api(503, vec![]);
    /// assert!(down.clone().with_operation(Operation::Ban).is_retryable());
    /// assert!(!down.with_operation(Operation::Create).is_retryable());
    /// assert!(Error::from_api(429, vec![]).is_retryable());
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

/// How many bytes of the document had been read when the error came up.
#[cfg(any(feature = "clerk", feature = "in-memory"))]
fn offset(error: &serde_json::Error, json: &str) -> usize {
    let lines = json.split_inclusive('\n').take(error.line().saturating_sub(1));
    lines.map(str::len).sum::<usize>() + error.column()
}

impl From<InvalidId> for Error {
    fn from(error: InvalidId) -> Self {
        Self::invalid_input("id", "the id is not well-formed").with_source(error)
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
        let codes = self.api_errors.iter().map(|error| match error.param_name() {
            Some(param_name) => format!("{}: {}", printable(error.code()), printable(param_name)),
            None => printable(error.code()).to_owned(),
        });
        let trace_id = self.trace_id.as_ref().map(|trace_id| format!("trace {trace_id}"));
        let retry_after = self.retry_after.map(|wait| format!("retry after {wait:?}"));
        let attempts = self.attempts.map(|Attempts { number, elapsed }| {
            let elapsed = Duration::from_millis(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
            format!("{number} attempts in {elapsed:?}")
        });
        let details: Vec<_> =
            status.into_iter().chain(codes).chain(trace_id).chain(retry_after).chain(attempts).collect();
        if !details.is_empty() {
            text += " (";
            text += &details.join(", ");
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
            api_errors,
            trace_id,
            retry_after,
            attempts,
            may_be_done,
            message,
            source,
        } = &*self.0;
        f.debug_struct("Error")
            .field("kind", kind)
            .field("operation", operation)
            .field("status", status)
            .field("api_errors", api_errors)
            .field("trace_id", trace_id)
            .field("retry_after", retry_after)
            .field("attempts", attempts)
            .field("may_be_done", may_be_done)
            .field("message", message)
            .field("source", source)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_answers_does_not_break_a_log_line() {
        let strange = ApiError::new("a\nb").with_param_name("c d");
        let error = Error::from_api(422, vec![strange, ApiError::new("x".repeat(65))]);
        assert_eq!(error.to_string(), "invalid input (status 422, …: …, …)");
        assert_eq!(error.param_name(), Some("c d"));
    }

    #[test]
    fn the_name_of_a_parameter_is_found_whatever_its_spelling() {
        let error: ApiError =
            serde_json::from_str(r#"{"code":"x","meta":{"param_name":"first\u005fname","a":1}}"#).unwrap();
        assert_eq!(error.param_name(), Some("first_name"));
        assert_eq!(error.meta().unwrap().get::<u8>("a").unwrap(), Some(1));
        let error: ApiError = serde_json::from_str(r#"{"code":"x","meta":{"param_name":7}}"#).unwrap();
        assert_eq!(error.param_name(), None);
    }

    #[test]
    fn neither_form_of_printing_shows_messages_or_meta() {
        let api_error = ApiError::new("c").with_message("short").with_long_message("ada@example.com is taken");
        let error = Error::from_api(422, vec![api_error]).with_operation(Operation::Create);
        for text in [error.to_string(), format!("{error:?}"), format!("{error:#?}")] {
            assert!(!text.contains("ada@example.com") && !text.contains("short"), "{text}");
        }
        assert_eq!(error.api_errors()[0].long_message(), "ada@example.com is taken");
    }

    #[test]
    fn a_conflict_is_nothing_but_one() {
        let taken = || ApiError::new(codes::FORM_IDENTIFIER_EXISTS);
        assert!(Error::from_api(422, vec![taken(), taken()]).is_conflict());
        assert!(Error::from_api(422, vec![taken(), ApiError::new(codes::FORM_PASSWORD_PWNED)]).is_invalid_input());
        assert!(Error::from_api(422, vec![]).is_invalid_input());
    }

    #[test]
    fn what_was_spent_on_retries_is_said() {
        let error = Error::from_api(503, vec![]);
        assert_eq!((error.attempts(), error.elapsed()), (None, None));
        let error = error.with_attempts(3, Duration::from_micros(1_250_999));
        assert_eq!((error.attempts(), error.elapsed()), (Some(3), Some(Duration::from_micros(1_250_999))));
        assert_eq!(error.to_string(), "service unavailable (status 503, 3 attempts in 1.25s)");
        assert!(format!("{error:?}").contains("Attempts { number: 3, elapsed: 1.250999s }"));
    }

    #[test]
    fn status_501_is_unsupported_only_with_its_code() {
        let error = Error::from_api(501, vec![ApiError::new(codes::UNSUPPORTED)]);
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(Error::from_api(501, vec![]).kind(), ErrorKind::Server);
    }

    #[test]
    fn kinds_and_operations_serialize_as_their_identifier() {
        assert_eq!(serde_json::to_string(&ErrorKind::NotFound).unwrap(), r#""not_found""#);
        assert_eq!(serde_json::to_string(&Operation::BulkBan).unwrap(), r#""bulk_ban""#);
    }

    #[test]
    fn whether_the_work_may_have_been_done_is_known() {
        for (error, unknown) in [
            (Error::new(ErrorKind::Timeout), true),
            (Error::new(ErrorKind::Transport), true),
            (Error::from_api(503, vec![]), true),
            (Error::from_api(500, vec![]), true),
            (Error::new(ErrorKind::Decode).with_status(200), true),
            (Error::new(ErrorKind::Decode), false),
            (Error::new(ErrorKind::Connect), false),
            (Error::new(ErrorKind::Connect).with_earlier_outcome_unknown(), true),
            (Error::new(ErrorKind::Timeout).with_operation(Operation::Ban), true),
            (Error::new(ErrorKind::Timeout).with_operation(Operation::Get), false),
            (Error::new(ErrorKind::Connect).with_operation(Operation::List).with_earlier_outcome_unknown(), true),
            (Error::from_api(429, vec![]), false),
            (Error::from_api(422, vec![]), false),
            (Error::unsupported(Operation::Ban), false),
            (Error::from_api(501, vec![ApiError::new(codes::UNSUPPORTED)]), false),
            (Error::from_api(501, vec![]), true),
        ] {
            assert_eq!(error.is_outcome_unknown(), unknown, "{error}");
        }
    }

    #[test]
    fn only_a_repetition_that_does_no_harm_is_worth_a_try() {
        use ErrorKind::{Connect, Locked, NotFound, RateLimited, Timeout, Unavailable, Unsupported};
        for (kind, operation, retryable) in [
            (RateLimited, Some(Operation::Create), true),
            (Locked, None, true),
            (Connect, Some(Operation::Create), true),
            (Timeout, Some(Operation::Create), false),
            (Timeout, Some(Operation::Ban), true),
            (Unavailable, None, false),
            (NotFound, Some(Operation::Get), false),
            (Unsupported, Some(Operation::Get), false),
        ] {
            let error = operation.into_iter().fold(Error::new(kind), Error::with_operation);
            assert_eq!(error.is_retryable(), retryable, "{error}");
        }
    }
}
