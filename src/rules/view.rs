//! The user as the API returns it.

use std::time::Duration;

use jiff::Timestamp;

use super::Context;
use crate::account::{Account, Lock};
use crate::model::User;

/// Returns the user with the fields that depend on the time and the settings.
pub(crate) fn user(account: &Account, context: Context<'_>) -> User {
    let mut user = account.user.clone();
    match account.lock {
        Some(Lock::Forever) => user.locked = true,
        Some(Lock::Until(until)) if until > context.now => {
            user.locked = true;
            user.lockout_expires_in_seconds = Some(seconds_until(context.now, until));
        }
        _ => {}
    }
    let settings = context.settings;
    user.verification_attempts_remaining = settings.lockout.then_some(settings.max_verification_attempts);
    user
}

/// Rounds up, so that an active lock never shows zero seconds.
fn seconds_until(now: Timestamp, until: Timestamp) -> u64 {
    let left = Duration::try_from(until.duration_since(now)).unwrap_or_default();
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}
