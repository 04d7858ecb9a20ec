//! [`Failure`], and the checks that behaviors use.

use std::fmt;

use crate::error::{Error, ErrorDetail, ErrorKind, Result, codes};
use crate::operation::Operation;

/// A `Result` whose error type is [`Failure`].
pub type Outcome<T = ()> = std::result::Result<T, Failure>;

/// The reason why a behavior did not pass.
///
/// The `?` operator converts an [`Error`] to a failure. If the error is listed under [Not
/// applicable](crate::conformance#not-applicable), the behavior is not applicable. Any other error causes the behavior
/// to fail.
///
/// ```
/// use user_directory::conformance::Failure;
/// use user_directory::{Error, ErrorKind, Operation};
///
/// let unsupported = Failure::from(Error::unsupported(Operation::Ban));
/// assert!(unsupported.is_not_applicable());
/// assert_eq!(unsupported.to_string(), "`ban` is not supported");
///
/// assert!(!Failure::from(Error::new(ErrorKind::Server)).is_not_applicable());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    not_applicable: bool,
    message: String,
}

impl Failure {
    /// Creates a failure with a message.
    ///
    /// The message is included in the report, so it must not contain secrets.
    pub fn new(message: impl Into<String>) -> Self {
        Self { not_applicable: false, message: message.into() }
    }

    /// Creates a failure for a fixture that cannot seed `what`, such as `a passkey`.
    ///
    /// A behavior that returns this failure is reported as not applicable.
    #[must_use]
    pub fn cannot_seed(what: &str) -> Self {
        Self::not_applicable(format!("the fixture cannot seed {what}"))
    }

    fn not_applicable(message: String) -> Self {
        Self { not_applicable: true, message }
    }

    /// Returns `true` if the behavior is [not applicable](crate::conformance#not-applicable).
    #[must_use]
    pub fn is_not_applicable(&self) -> bool {
        self.not_applicable
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match missing_feature(&error) {
            Some(message) => Self::not_applicable(message),
            None => Self::new(format!("unexpected error: {error}")),
        }
    }
}

/// Returns a message if the error indicates that the directory does not support a feature.
///
/// The message is the same for each call, so that the report can group behaviors by message.
fn missing_feature(error: &Error) -> Option<String> {
    let operation = error.operation().map_or("an operation", Operation::as_str);
    let disabled = [
        codes::FEATURE_NOT_ENABLED,
        codes::PASSWORD_DISABLED,
        codes::BILLING_NOT_ENABLED,
        codes::ORGANIZATION_NOT_ENABLED_IN_INSTANCE,
    ];
    let attributes =
        ["phone_number", "username", "web3_wallet", "password", "password_digest", "first_name", "last_name"];
    match error.kind() {
        ErrorKind::Unsupported => Some(match (error.param_name(), error.message()) {
            (Some(param_name), _) => format!("`{operation}` does not support `{param_name}`"),
            (None, Some(message)) => format!("`{operation}` is not supported: {message}"),
            (None, None) => format!("`{operation}` is not supported"),
        }),
        ErrorKind::PaymentRequired => Some(format!("`{operation}` is not included in the plan")),
        ErrorKind::Forbidden => {
            let code = disabled.iter().find(|code| error.has_code(code))?;
            Some(format!("`{operation}` is disabled by the instance settings ({code})"))
        }
        ErrorKind::NotFound if error.has_code(codes::OAUTH_TOKEN_PROVIDER_NOT_ENABLED) => {
            Some(format!("`{operation}`: the OAuth provider is disabled by the instance settings"))
        }
        ErrorKind::InvalidInput if error.has_code(codes::IDENTIFICATION_DELETION_FAILED) => {
            Some(format!("`{operation}`: the users of the fixture have only one identifier or external account"))
        }
        ErrorKind::InvalidInput => {
            let unknown = error.details().iter().filter(|detail| detail.code() == codes::FORM_PARAM_UNKNOWN);
            let attribute = unknown.filter_map(ErrorDetail::param_name).find(|name| attributes.contains(name))?;
            Some(format!("`{operation}`: `{attribute}` is disabled by the instance settings"))
        }
        _ => None,
    }
}

/// Fails with a message unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err($crate::conformance::Failure::new(format!($($message)+)));
        }
    };
}

/// Fails unless `found` equals `expected`.
macro_rules! ensure_eq {
    ($found:expr, $expected:expr, $($what:tt)+) => {
        $crate::conformance::check::equal(&$found, &$expected, format_args!($($what)+))?
    };
}

pub(super) use {ensure, ensure_eq};

pub(super) fn equal<A, B>(found: &A, expected: &B, what: fmt::Arguments<'_>) -> Outcome
where
    A: fmt::Debug + PartialEq<B> + ?Sized,
    B: fmt::Debug + ?Sized,
{
    ensure!(found == expected, "{what}: expected {expected:?}, found {found:?}");
    Ok(())
}

/// Fails if the value is `None`.
pub(super) fn present<T>(value: Option<T>, what: &str) -> Outcome<T> {
    value.ok_or_else(|| Failure::new(format!("{what} is missing")))
}

/// The input of a call, shortened for a message. The `Debug` output of the request types redacts secrets.
struct Input<'a>(&'a dyn fmt::Debug);

impl fmt::Display for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 300;
        let text = format!("{:?}", self.0);
        match text.char_indices().nth(LONGEST) {
            Some((end, _)) => write!(f, "{}…", &text[..end]),
            None => f.write_str(&text),
        }
    }
}

/// Fails unless the result is an error with this kind and this operation.
pub(super) fn expect_error<T>(
    result: Result<T>,
    operation: Operation,
    kind: ErrorKind,
    input: &dyn fmt::Debug,
) -> Outcome<Error> {
    let input = Input(input);
    let Err(error) = result else {
        return Err(Failure::new(format!("`{operation}`: expected an error ({kind}), found success, for {input}")));
    };
    if error.kind() != kind && missing_feature(&error).is_some() {
        return Err(error.into());
    }
    ensure!(error.kind() == kind, "`{operation}`: expected an error ({kind}), found an error ({error}), for {input}");
    ensure_eq!(error.operation(), Some(operation), "the operation of the error");
    Ok(error)
}

fn expect_code<T>(
    result: Result<T>,
    operation: Operation,
    kind: ErrorKind,
    code: &str,
    param_name: Option<&str>,
    input: &dyn fmt::Debug,
) -> Outcome {
    let error = expect_error(result, operation, kind, input)?;
    if !error.has_code(code) && missing_feature(&error).is_some() {
        return Err(error.into());
    }
    let input = Input(input);
    ensure!(error.has_code(code), "`{operation}`: expected the code `{code}`, found an error ({error}), for {input}");
    if param_name.is_some() {
        ensure_eq!(error.param_name(), param_name, "the parameter of the error, for {input}");
    }
    Ok(())
}

/// Fails unless the input is rejected with this code and, if `param_name` is `Some`, for this parameter.
pub(super) fn expect_invalid<T>(
    result: Result<T>,
    operation: Operation,
    code: &str,
    param_name: Option<&str>,
    input: &dyn fmt::Debug,
) -> Outcome {
    expect_code(result, operation, ErrorKind::InvalidInput, code, param_name, input)
}

/// Fails unless the input is rejected because of this parameter, with any code.
pub(super) fn expect_invalid_param<T>(
    result: Result<T>,
    operation: Operation,
    param_name: &str,
    input: &dyn fmt::Debug,
) -> Outcome {
    let error = expect_error(result, operation, ErrorKind::InvalidInput, input)?;
    ensure_eq!(error.param_name(), Some(param_name), "the parameter of the error, for {}", Input(input));
    Ok(())
}

/// Fails unless the identifier is rejected because another user has it.
pub(super) fn expect_conflict<T>(
    result: Result<T>,
    operation: Operation,
    param_name: &str,
    input: &dyn fmt::Debug,
) -> Outcome {
    expect_code(result, operation, ErrorKind::Conflict, codes::FORM_IDENTIFIER_EXISTS, Some(param_name), input)
}

/// Fails unless the call failed with [`NotFound`](ErrorKind::NotFound).
pub(super) fn expect_not_found<T>(result: Result<T>, operation: Operation) -> Outcome {
    expect_error(result, operation, ErrorKind::NotFound, &format_args!("an unknown id")).map(drop)
}
