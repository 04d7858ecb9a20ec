//! [`Failure`], and the checks that behaviours are made of.

use std::fmt;

use crate::error::{Error, ErrorKind, Result, codes};
use crate::operation::Operation;

/// What becomes of a behaviour.
pub type Outcome<T = ()> = std::result::Result<T, Failure>;

/// Why a behaviour did not pass.
///
/// Made from an [`Error`] with `?`, it is a failure unless the error says that the directory does not offer the
/// operation; see [the module](crate::conformance#not-applicable).
///
/// ```
/// use user_directory::conformance::Failure;
/// use user_directory::{ErrorDetail, Error, ErrorKind, codes};
///
/// let refused = Error::rejected(ErrorKind::Forbidden, [ErrorDetail::new(codes::FEATURE_NOT_ENABLED)]);
/// assert!(Failure::from(refused).is_not_applicable());
/// assert!(!Failure::from(Error::new(ErrorKind::Server)).is_not_applicable());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    not_applicable: bool,
    why: String,
}

impl Failure {
    /// The directory broke a promise, or the fixture failed at what it can arrange.
    ///
    /// `why` is shown in the report, so it must not hold a secret.
    pub fn new(why: impl Into<String>) -> Self {
        Self { not_applicable: false, why: why.into() }
    }

    /// The fixture cannot arrange what the behaviour needs, such as `a passkey`.
    #[must_use]
    pub fn cannot_arrange(what: &str) -> Self {
        Self { not_applicable: true, why: format!("the fixture cannot arrange {what}") }
    }

    /// Whether the behaviour could not be tried, because the directory or the fixture does not offer what it needs.
    #[must_use]
    pub fn is_not_applicable(&self) -> bool {
        self.not_applicable
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match feature_that_is_off(&error) {
            Some(why) => Self { not_applicable: true, why },
            None => Self::new(format!("unexpected error: {error}")),
        }
    }
}

/// What is not offered, if that is what the error says.
fn feature_that_is_off(error: &Error) -> Option<String> {
    let codes = [codes::FEATURE_NOT_ENABLED, codes::PASSWORD_DISABLED, codes::BILLING_NOT_ENABLED];
    let off = error.is_forbidden() && codes.iter().any(|code| error.has_code(code));
    if !off && !matches!(error.kind(), ErrorKind::PaymentRequired | ErrorKind::Unsupported) {
        return None;
    }
    let what = error.operation().map_or("an operation", Operation::as_str);
    Some(format!("{what} is not offered: {error}"))
}

/// Fails with a message unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err($crate::conformance::Failure::new(format!($($message)+)));
        }
    };
}

/// Fails unless what was found is what was expected.
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

/// What an answer has to have.
pub(super) fn present<T>(value: Option<T>, what: &str) -> Outcome<T> {
    value.ok_or_else(|| Failure::new(format!("{what} is missing")))
}

/// The error that the operation has to give: of this kind, and with the operation's name.
pub(super) fn refused<T>(result: Result<T>, operation: Operation, kind: ErrorKind) -> Outcome<Error> {
    let Err(error) = result else {
        return Err(Failure::new(format!("{operation} succeeded, and should have failed: {kind}")));
    };
    if error.kind() != kind && feature_that_is_off(&error).is_some() {
        return Err(error.into());
    }
    ensure!(error.kind() == kind, "{operation} should have failed: {kind}; it failed with: {error}");
    ensure_eq!(error.operation(), Some(operation), "the operation that the error names");
    Ok(error)
}

fn refused_with<T>(
    result: Result<T>,
    operation: Operation,
    kind: ErrorKind,
    code: &str,
    param_name: Option<&str>,
) -> Outcome {
    let error = refused(result, operation, kind)?;
    ensure!(error.has_code(code), "the error should have the code {code}: {error}");
    if param_name.is_some() {
        ensure_eq!(error.param_name(), param_name, "the parameter that the error names");
    }
    Ok(())
}

/// Input that is refused because of one parameter, or (`None`) of something else that the code names.
pub(super) fn invalid<T>(result: Result<T>, operation: Operation, code: &str, param_name: Option<&str>) -> Outcome {
    refused_with(result, operation, ErrorKind::InvalidInput, code, param_name)
}

/// Input that a request type's `validate` refuses.
pub(super) fn rejected<T>(result: Result<T>, operation: Operation, param_name: &str) -> Outcome {
    let error = refused(result, operation, ErrorKind::InvalidInput)?;
    ensure_eq!(error.param_name(), Some(param_name), "the parameter that the error names");
    Ok(())
}

/// An identifier that another user has.
pub(super) fn taken<T>(result: Result<T>, operation: Operation, param_name: &str) -> Outcome {
    refused_with(result, operation, ErrorKind::Conflict, codes::FORM_IDENTIFIER_EXISTS, Some(param_name))
}

/// Something that does not exist.
pub(super) fn not_found<T>(result: Result<T>, operation: Operation) -> Outcome {
    refused(result, operation, ErrorKind::NotFound).map(drop)
}
