//! [`Record`]: what the directory keeps of one user.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use super::clock;
use super::settings::InstanceSettings;
use crate::model::billing::{CreditLedgerEntry, Money, Subscription};
use crate::model::{
    BackupCode, OAuthAccessToken, OrganizationInvitation, OrganizationMembership, PasswordDigest, PayerId, TotpSecret,
    TrustedDevice, User,
};

/// Until when a user is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    Until(Timestamp),
    Forever,
}

/// A place in the order of creation; users of the same time are told apart by their sequence.
pub(super) type Position = (Timestamp, u64);

/// What most users do not have, boxed so that they do not pay for it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Belongings {
    pub(super) oauth_tokens: Vec<OAuthAccessToken>,
    pub(super) memberships: Vec<OrganizationMembership>,
    pub(super) invitations: Vec<OrganizationInvitation>,
    pub(super) trusted_devices: Vec<TrustedDevice>,
    pub(super) subscription: Option<Subscription>,
    pub(super) credit: Option<Credit>,
}

/// A user's credit and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Credit {
    pub(super) payer_id: PayerId,
    pub(super) balance: Money,
    /// By idempotency key.
    pub(super) ledger: HashMap<String, CreditLedgerEntry>,
}

/// What the directory keeps of one user.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    /// The user but for what depends on the time; see [`view`](Self::view).
    pub(super) user: User,
    /// Tells users apart that were created at the same time.
    pub(super) sequence: u64,
    pub(super) lock: Option<Lock>,
    pub(super) password: Option<PasswordDigest>,
    pub(super) totp_secret: Option<TotpSecret>,
    pub(super) backup_codes: Vec<BackupCode>,
    pub(super) belongings: Option<Box<Belongings>>,
}

impl Record {
    /// A record of a user who has no secrets yet. The parts that an answer computes are taken out of `user`.
    pub(super) fn new(mut user: User, now: Timestamp) -> Self {
        let lock = user.locked.then(|| lock(now, user.lockout_expires_in_seconds.map(Duration::from_secs)));
        user.locked = false;
        user.lockout_expires_in_seconds = None;
        clock::cut_off(&mut user);
        let memberships = std::mem::take(&mut user.organization_memberships);
        let belongings =
            (!memberships.is_empty()).then(|| Box::new(Belongings { memberships, ..Belongings::default() }));
        for metadata in [&mut user.public_metadata, &mut user.private_metadata, &mut user.unsafe_metadata] {
            *metadata = metadata.compact();
        }
        // Whoever built the user may have left room in the lists, whose elements are large.
        user.email_addresses.shrink_to_fit();
        user.phone_numbers.shrink_to_fit();
        user.web3_wallets.shrink_to_fit();
        user.passkeys.shrink_to_fit();
        user.external_accounts.shrink_to_fit();
        user.saml_accounts.shrink_to_fit();
        user.enterprise_accounts.shrink_to_fit();
        Self { user, sequence: 0, lock, password: None, totp_secret: None, backup_codes: Vec::new(), belongings }
    }

    /// The user's place in the order of creation. A time that is not known counts as the oldest.
    pub(super) fn position(&self) -> Position {
        (self.user.created_at.unwrap_or(Timestamp::MIN), self.sequence)
    }

    /// What the user has that most do not.
    pub(super) fn belongings_mut(&mut self) -> &mut Belongings {
        self.belongings.get_or_insert_default()
    }

    /// The user as an answer shows it at this time.
    pub(super) fn view(&self, now: Timestamp, settings: &InstanceSettings) -> User {
        let mut user = self.user.clone();
        match self.lock {
            Some(Lock::Forever) => user.locked = true,
            Some(Lock::Until(until)) if until > now => {
                user.locked = true;
                user.lockout_expires_in_seconds = Some(seconds_until(now, until));
            }
            _ => {}
        }
        user.verification_attempts_remaining = settings.lockout.then_some(settings.max_verification_attempts);
        user
    }
}

/// The lock that begins now.
pub(super) fn lock(now: Timestamp, duration: Option<Duration>) -> Lock {
    let until = duration.and_then(|duration| now.checked_add(duration).ok());
    until.map_or(Lock::Forever, Lock::Until)
}

/// Rounded up, so that a lock which still holds never shows zero.
fn seconds_until(now: Timestamp, until: Timestamp) -> u64 {
    let left = Duration::try_from(until.duration_since(now)).unwrap_or_default();
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}
