//! [`is_outage`]: errors after which a decorator may return an earlier result instead.

use crate::error::{Error, ErrorKind};

/// Returns `true` if the wrapped directory is unavailable.
///
/// A decorator may then return an earlier result instead.
pub(super) fn is_outage(error: &Error) -> bool {
    use ErrorKind as Kind;
    matches!(error.kind(), Kind::Unavailable | Kind::Timeout | Kind::Connect | Kind::Transport | Kind::RateLimited)
}
