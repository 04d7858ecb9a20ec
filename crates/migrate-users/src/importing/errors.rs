//! The errors of a directory: which of them the values of a row cause, and which of them end the run.

use user_directory::{Error, ErrorDetail, ErrorKind, codes};

use crate::mapping::Candidate;
use crate::mapping::draft::invalid_optional;

/// The optional parameters. If the directory rejects the value of one of them, the user is created without it.
const OPTIONAL: [&str; 5] = ["first_name", "last_name", "locale", "timezone", "username"];

/// Removes optional values that the directory rejects, and notes them. Returns their parameters. Values of attributes
/// that the instance settings disable are kept, because all users would lose them.
pub fn drop_optional(candidate: &mut Candidate, error: &Error) -> Vec<&'static str> {
    let optional = |detail: &ErrorDetail| OPTIONAL.into_iter().find(|name| detail.param_name() == Some(*name));
    // `None` if the error also concerns other parameters.
    let params: Option<Vec<_>> = error.details().iter().map(optional).collect();
    let is_other = error.has_code(codes::FORM_IDENTIFIER_EXISTS) || error.has_code(codes::FORM_PARAM_UNKNOWN);
    let Some(params) = params.filter(|_| error.kind() == ErrorKind::InvalidInput && !is_other) else {
        return Vec::new();
    };
    let new = &candidate.new_user;
    let has_contact = !new.email_addresses.is_empty() || !new.phone_numbers.is_empty() || !new.web3_wallets.is_empty();
    // The username is not optional if it is the only identifier.
    if params.contains(&"username") && !has_contact {
        return Vec::new();
    }
    let mut dropped = Vec::new();
    for param in params {
        let new = &mut candidate.new_user;
        let field = match param {
            "first_name" => &mut new.first_name,
            "last_name" => &mut new.last_name,
            "locale" => &mut new.locale,
            "timezone" => &mut new.timezone,
            _ => &mut new.username,
        };
        if field.take().is_some() {
            dropped.push(param);
            candidate.note(invalid_optional(param));
        }
    }
    dropped
}

/// Returns whether the values of the row caused the error.
pub(super) fn is_caused_by_row(error: &Error) -> bool {
    // For a lookup, `is_retryable` and `is_outcome_unknown` return `false` for these errors.
    let is_service_failure = matches!(error.kind(), ErrorKind::Server | ErrorKind::Decode);
    // Other conflicts are not caused by the values of the row.
    let is_other_conflict = error.kind() == ErrorKind::Conflict
        && !error.has_code(codes::FORM_IDENTIFIER_EXISTS)
        && !error.has_code(codes::USER_MANAGED_BY_SCIM);
    !error.is_retryable()
        && !error.is_outcome_unknown()
        && !is_service_failure
        && !is_other_conflict
        && !concerns_all_users(error)
}

/// Returns whether the error concerns all users: an error of the key, the plan or the configuration.
pub(super) fn concerns_all_users(error: &Error) -> bool {
    use ErrorKind::{Configuration, Forbidden, NotFound, PaymentRequired, Unauthenticated, Unexpected};
    matches!(error.kind(), Unauthenticated | PaymentRequired | Forbidden | Configuration | NotFound | Unexpected)
        || error.has_code(codes::USER_QUOTA_EXCEEDED)
        || error.has_code(codes::AUTHORIZATION_INVALID)
}

/// Returns whether the other rows would fail, too: the error concerns all users, or the directory is unreachable.
pub(super) fn ends_run(error: &Error) -> bool {
    // Server and decoding errors and conflicts may be caused by a single user.
    let is_single = matches!(error.kind(), ErrorKind::Server | ErrorKind::Decode | ErrorKind::Conflict);
    concerns_all_users(error) || !is_single
}
