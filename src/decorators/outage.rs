//! [`is_outage`]: determines whether a directory is unavailable.

use crate::error::{Error, ErrorKind};

/// Returns `true` if the error indicates that the wrapped directory is unavailable.
///
/// If it is unavailable, a decorator may return data from an earlier read instead of the error.
pub(super) fn is_outage(error: &Error) -> bool {
    use ErrorKind as Kind;
    matches!(error.kind(), Kind::Unavailable | Kind::Timeout | Kind::Connect | Kind::Transport | Kind::RateLimited)
}
