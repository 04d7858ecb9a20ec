//! Converts between users and the accounts that store their copies, and compares versions of a user.

use jiff::{SignedDuration, Timestamp};

use super::status::Change;
use crate::account::{Account, Lock};
use crate::model::{OrganizationMembership, User};
use crate::rules::view::show_lock;

/// The tolerance for the ends of locks, because the remaining time of a lock is rounded to seconds.
///
/// Locks are treated as equal if their ends differ by less than this.
const LOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(2);

/// Creates the account that stores a copy of a user. `at` is the time at which the primary returned the user.
///
/// SCIM data is omitted, because only events contain it. Backup codes of phone numbers are omitted, because they are
/// secrets.
pub(super) fn account_of(mut user: User, at: Timestamp) -> Account {
    user.scim = None;
    // `iter_mut` would copy the list, so it is called only if there are backup codes.
    if user.phone_numbers.iter().any(|phone| !phone.backup_codes.is_empty()) {
        user.phone_numbers.iter_mut().for_each(|phone| phone.backup_codes.clear());
    }
    Account::new(user, at)
}

/// Returns the user of an account. Only the lock fields depend on `now`.
pub(super) fn user_of(account: &Account, now: Timestamp) -> User {
    let mut user = account.user.clone();
    show_lock(&mut user, account.lock, now);
    if let Some(resources) = &account.resources {
        user.organization_memberships = resources.memberships.clone();
    }
    user
}

/// The result of comparing a version of a user with its copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// The version is newer than the copy.
    Newer,
    /// The version is equal to the copy.
    Same,
    /// The version is older than the copy.
    Older,
    /// The version differs from the copy, and `updated_at` does not determine which is newer.
    Unclear,
}

/// Compares a version of a user with its copy. Locks that have expired by `now` are ignored.
pub(super) fn age(version: &Account, stored: &Account, now: Timestamp) -> Age {
    match version.user.updated_at.zip(stored.user.updated_at) {
        Some((version, stored)) if version > stored => Age::Newer,
        Some((version, stored)) if version < stored => Age::Older,
        _ if is_same(version, stored, now) => Age::Same,
        _ => Age::Unclear,
    }
}

/// Returns the change that storing `current` makes to the copy.
///
/// The caller must have read `current` from the primary after loading the copy.
pub(super) fn change(current: &Account, stored: &Account, now: Timestamp) -> Change {
    match age(current, stored, now) {
        Age::Unclear if is_same_except_activity(current, stored, now) => Change::Activity,
        Age::Newer | Age::Unclear => Change::Updated,
        // The primary is not consistent, or an event arrived in the meantime.
        Age::Same | Age::Older => Change::None,
    }
}

/// Returns `true` if two accounts are equal except for fields that change without an event.
fn is_same_except_activity(a: &Account, b: &Account, now: Timestamp) -> bool {
    let mut a = a.clone();
    a.user.last_active_at = b.user.last_active_at;
    a.user.last_sign_in_at = b.user.last_sign_in_at;
    a.user.verification_attempts_remaining = b.user.verification_attempts_remaining;
    is_same(&a, b, now)
}

/// Returns `true` if two accounts contain the same user. Locks that have expired by `now` are ignored.
pub(super) fn is_same(a: &Account, b: &Account, now: Timestamp) -> bool {
    let current = |lock: Option<Lock>| lock.filter(|lock| !matches!(lock, Lock::Until(end) if *end <= now));
    let is_same_lock = match (current(a.lock), current(b.lock)) {
        (Some(Lock::Until(a)), Some(Lock::Until(b))) => a.duration_since(b).abs() < LOCK_TOLERANCE,
        (a, b) => a == b,
    };
    is_same_lock && a.user == b.user && memberships(a) == memberships(b)
}

fn memberships(account: &Account) -> &[OrganizationMembership] {
    account.resources.as_ref().map_or(&[], |resources| &resources.memberships)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EmailAddress, ScimProvisioning};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_778_572_800 + second).unwrap()
    }

    fn user(updated_at: i64) -> User {
        let mut user = User::new("user_1".parse().unwrap());
        user.updated_at = Some(at(updated_at));
        user
    }

    #[test]
    fn stored_user_is_returned_unchanged() {
        let mut user = user(0);
        user.email_addresses.push(EmailAddress::new("ada@example.com"));
        user.last_active_at = Some(at(1));
        (user.locked, user.lockout_expires_in_seconds) = (true, Some(60));
        user.verification_attempts_remaining = Some(3);
        assert_eq!(user_of(&account_of(user.clone(), at(0)), at(0)), user);
        user.lockout_expires_in_seconds = Some(1);
        assert_eq!(user_of(&account_of(user.clone(), at(59)), at(59)), user);
        let unlocked = user_of(&account_of(user, at(0)), at(1));
        assert!(!unlocked.locked && unlocked.lockout_expires_in_seconds.is_none());
    }

    #[test]
    fn scim_data_is_not_stored() {
        let mut provisioned = user(0);
        provisioned.scim = Some(ScimProvisioning::new("dir_1"));
        assert_eq!(user_of(&account_of(provisioned, at(0)), at(0)), user(0));
    }

    #[test]
    fn age_compares_the_time_before_the_content() {
        let account = |mut user: User, name: &str| {
            user.first_name = Some(name.into());
            account_of(user, at(0))
        };
        let stored = account(user(1), "Ada");
        assert_eq!(age(&account(user(2), "Ada"), &stored, at(0)), Age::Newer);
        assert_eq!(age(&account(user(0), "Grace"), &stored, at(0)), Age::Older);
        assert_eq!(age(&account(user(1), "Ada"), &stored, at(0)), Age::Same);
        assert_eq!(age(&account(user(1), "Grace"), &stored, at(0)), Age::Unclear);
        let mut unknown = user(1);
        unknown.updated_at = None;
        assert_eq!(age(&account(unknown, "Ada"), &stored, at(0)), Age::Unclear);
    }

    #[test]
    fn change_of_activity_is_distinguished_from_other_changes() {
        let stored = account_of(user(1), at(0));
        let mut active = user(1);
        (active.last_active_at, active.last_sign_in_at) = (Some(at(2)), Some(at(2)));
        active.verification_attempts_remaining = Some(3);
        assert_eq!(change(&account_of(active.clone(), at(0)), &stored, at(0)), Change::Activity);
        active.banned = true;
        assert_eq!(change(&account_of(active.clone(), at(0)), &stored, at(0)), Change::Updated);
        active.updated_at = Some(at(0));
        assert_eq!(change(&account_of(active, at(0)), &stored, at(0)), Change::None);
        assert_eq!(change(&account_of(user(2), at(0)), &stored, at(0)), Change::Updated);
    }

    #[test]
    fn locks_are_the_same_if_their_ends_differ_by_rounding() {
        let mut locked = user(0);
        (locked.locked, locked.lockout_expires_in_seconds) = (true, Some(60));
        let stored = account_of(locked.clone(), at(0));
        locked.lockout_expires_in_seconds = Some(50);
        assert!(is_same(&account_of(locked.clone(), at(11)), &stored, at(11)));
        assert!(!is_same(&account_of(locked, at(20)), &stored, at(20)));
    }

    #[test]
    fn expired_lock_is_the_same_as_no_lock() {
        let mut locked = user(0);
        (locked.locked, locked.lockout_expires_in_seconds) = (true, Some(60));
        let stored = account_of(locked, at(0));
        let unlocked = account_of(user(0), at(60));
        assert_eq!(age(&unlocked, &stored, at(59)), Age::Unclear);
        assert_eq!(age(&unlocked, &stored, at(60)), Age::Same);
    }
}
