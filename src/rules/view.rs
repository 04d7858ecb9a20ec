//! Converts an account to the user that the API returns.

use jiff::Timestamp;

use super::Context;
use crate::account::{Account, Lock, timestamps};
use crate::model::{List, User, avatar_url};
use crate::time::elapsed;

/// Returns the user of an account. Some fields depend on the time and the settings.
pub(crate) fn user(account: &Account, context: Context<'_>) -> User {
    let mut user = account.user.clone();
    // A store may have set these fields, which are not part of an account's user.
    (user.locked, user.lockout_expires_in_seconds) = (false, None);
    user.organization_memberships = List::new();
    show_lock(&mut user, account.lock, context.now);
    // Filters and sort orders use the stored time, which is more precise.
    user.last_active_at = user.last_active_at.map(timestamps::to_day);
    // Clerk includes SCIM data only in webhooks.
    user.scim = None;
    if user.image_url.is_none() {
        user.image_url = Some(avatar_url(&user.id));
    }
    let settings = context.settings;
    user.verification_attempts_remaining = settings.lockout.then_some(settings.max_verification_attempts);
    user
}

/// Sets the fields of a user that depend on the lock and the time.
pub(crate) fn show_lock(user: &mut User, lock: Option<Lock>, now: Timestamp) {
    match lock {
        Some(Lock::Forever) => user.locked = true,
        Some(Lock::Until(until)) if until > now => {
            user.locked = true;
            user.lockout_expires_in_seconds = Some(seconds_until(now, until));
        }
        _ => {}
    }
}

/// Returns the seconds until a time, rounded up so that an active lock never shows zero seconds.
fn seconds_until(now: Timestamp, until: Timestamp) -> u64 {
    let left = elapsed(now, until);
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ScimProvisioning;
    use crate::rules::InstanceSettings;
    use crate::rules::tests::{Instance, at, empty_account, full_account, now};

    #[test]
    fn view_shows_active_locks() {
        let instance = Instance::default();
        for (lock, locked, seconds) in [
            (None, false, None),
            (Some(Lock::Forever), true, None),
            (Some(Lock::Until(at("2026-05-12T08:59:59.999Z"))), false, None),
            (Some(Lock::Until(now())), false, None),
            (Some(Lock::Until(at("2026-05-12T09:00:00.001Z"))), true, Some(1)),
            (Some(Lock::Until(at("2026-05-12T09:00:01Z"))), true, Some(1)),
            (Some(Lock::Until(at("2026-05-12T09:00:01.001Z"))), true, Some(2)),
            (Some(Lock::Until(at("2026-05-12T10:00:00Z"))), true, Some(3600)),
        ] {
            let mut account = full_account();
            account.lock = lock;
            // The lock of the account is decisive.
            (account.user.locked, account.user.lockout_expires_in_seconds) = (true, Some(9));
            let user = user(&account, instance.context());
            assert_eq!((user.locked, user.lockout_expires_in_seconds), (locked, seconds), "{lock:?}");
        }
    }

    #[test]
    fn view_shows_verification_attempts_if_lockout_is_enabled() {
        let settings = InstanceSettings::default().max_verification_attempts(7);
        for (settings, attempts) in [(settings.clone(), Some(7)), (settings.lockout(false), None)] {
            let account = full_account();
            let mut expected = account.user.clone();
            expected.verification_attempts_remaining = attempts;
            assert_eq!(user(&account, Instance::new(settings).context()), expected);
        }
    }

    #[test]
    fn view_shows_an_avatar_if_the_user_has_no_image() {
        let account = empty_account();
        let user = user(&account, Instance::default().context());
        assert_eq!(user.image_url.as_deref(), Some("https://images.invalid/avatars/user_1"));
        assert!(!user.has_image && account.user.image_url.is_none());
    }

    #[test]
    fn view_shows_the_day_of_the_last_activity() {
        let mut account = full_account();
        account.user.last_active_at = Some(at("2026-05-12T08:59:59.999Z"));
        let user = user(&account, Instance::default().context());
        assert_eq!(user.last_active_at, Some(at("2026-05-12T00:00:00Z")));
    }

    #[test]
    fn view_hides_the_directory() {
        let mut account = full_account();
        account.user.scim = Some(ScimProvisioning::new("dir_1"));
        assert_eq!(user(&account, Instance::default().context()).scim, None);
    }
}
