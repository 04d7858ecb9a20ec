//! [`is_outage`]: determines whether a directory is unavailable.

use crate::error::{Error, ErrorKind};

/// Returns `true` if the error indicates that the wrapped directory is unavailable.
///
/// In this case, a decorator may return earlier data instead of the error.
pub(super) fn is_outage(error: &Error) -> bool {
    use ErrorKind as Kind;
    matches!(error.kind(), Kind::Unavailable | Kind::Timeout | Kind::Connect | Kind::Transport | Kind::RateLimited)
}
