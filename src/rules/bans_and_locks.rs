//! Bans and locks.

use super::{Context, rejection};
use crate::account::{Account, Lock};
use crate::error::Result;

/// Returns an error if the plan does not include bans.
pub(crate) fn check_bans(context: Context<'_>) -> Result<()> {
    if context.settings.bans { Ok(()) } else { Err(rejection::payment_required("ban_user", "bans")) }
}

/// Returns an error if lockout is disabled.
pub(crate) fn check_lockout(context: Context<'_>) -> Result<()> {
    if context.settings.lockout { Ok(()) } else { Err(rejection::feature_disabled("lockout")) }
}

pub(crate) fn set_banned(account: &mut Account, banned: bool, context: Context<'_>) {
    account.user.banned = banned;
    account.user.updated_at = Some(context.now);
}

pub(crate) fn set_locked(account: &mut Account, locked: bool, context: Context<'_>) {
    account.lock = locked.then(|| Lock::starting(context.now, context.settings.lockout_duration));
    account.user.updated_at = Some(context.now);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::{ErrorKind, codes};
    use crate::rules::InstanceSettings;
    use crate::rules::tests::{Instance, assert_rejected, at, full_account, now};

    #[test]
    fn check_bans_rejects_bans_outside_of_the_plan() {
        assert!(check_bans(Instance::default().context()).is_ok());
        let without = Instance::new(InstanceSettings::default().bans(false));
        let error = check_bans(without.context()).unwrap_err();
        assert_eq!(error.details()[0].meta("unsupported_features"), Some(vec!["ban_user".to_owned()]));
        let code = codes::UNSUPPORTED_SUBSCRIPTION_PLAN_FEATURES;
        assert_rejected(Err::<(), _>(error), ErrorKind::PaymentRequired, &[(code, None)]);
    }

    #[test]
    fn check_lockout_rejects_disabled_lockout() {
        assert!(check_lockout(Instance::default().context()).is_ok());
        let without = Instance::new(InstanceSettings::default().lockout(false));
        assert_rejected(check_lockout(without.context()), ErrorKind::Forbidden, &[(codes::FEATURE_NOT_ENABLED, None)]);
    }

    #[test]
    fn set_banned_changes_only_the_ban() {
        let instance = Instance::default();
        let mut account = full_account();
        for banned in [true, true, false] {
            let mut expected = full_account();
            (expected.user.banned, expected.user.updated_at) = (banned, Some(now()));
            set_banned(&mut account, banned, instance.context());
            assert_eq!(account, expected);
        }
    }

    #[test]
    fn set_locked_locks_for_the_lockout_duration() {
        for (duration, lock) in [
            (Some(Duration::from_secs(90)), Lock::Until(at("2026-05-12T09:01:30Z"))),
            (None, Lock::Forever),
            (Some(Duration::MAX), Lock::Forever),
        ] {
            let instance = Instance::new(InstanceSettings::default().lockout_duration(duration));
            let mut account = full_account();
            let mut expected = account.clone();
            (expected.lock, expected.user.updated_at) = (Some(lock), Some(now()));
            set_locked(&mut account, true, instance.context());
            assert_eq!(account, expected);
        }
    }

    #[test]
    fn set_locked_restarts_the_lock_and_removes_it() {
        let instance = Instance::default();
        let mut account = full_account();
        account.lock = Some(Lock::Until(at("2026-05-12T09:00:01Z")));
        set_locked(&mut account, true, instance.context());
        assert_eq!(account.lock, Some(Lock::Until(at("2026-05-12T10:00:00Z"))));

        let mut expected = full_account();
        expected.user.updated_at = Some(now());
        set_locked(&mut account, false, instance.context());
        assert_eq!(account, expected);
    }
}
