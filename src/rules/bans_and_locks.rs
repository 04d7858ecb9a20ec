//! Bans and locks.

use super::{Context, rejection};
use crate::account::{Account, Lock};
use crate::error::{Result, codes};

/// Fails if the plan does not include bans.
pub(crate) fn check_bans(context: Context<'_>) -> Result<()> {
    if context.settings.bans { Ok(()) } else { Err(rejection::payment_required("ban_user")) }
}

/// Fails if users cannot be locked.
pub(crate) fn check_lockout(context: Context<'_>) -> Result<()> {
    if context.settings.lockout {
        return Ok(());
    }
    Err(rejection::forbidden(codes::FEATURE_NOT_ENABLED, "user lockout is disabled"))
}

pub(crate) fn set_banned(account: &mut Account, banned: bool, context: Context<'_>) {
    account.user.banned = banned;
    account.user.updated_at = Some(context.now);
}

pub(crate) fn set_locked(account: &mut Account, locked: bool, context: Context<'_>) {
    account.lock = locked.then(|| Lock::starting(context.now, context.settings.lockout_duration));
    account.user.updated_at = Some(context.now);
}
