//! [`Record`]: the stored state of one user.

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

/// The end of a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    Until(Timestamp),
    Forever,
}

/// A position in the order of creation. The sequence number breaks ties.
pub(super) type Position = (Timestamp, u64);

/// State that most users do not have. It is boxed to keep records small.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Resources {
    pub(super) oauth_tokens: Vec<OAuthAccessToken>,
    pub(super) memberships: Vec<OrganizationMembership>,
    pub(super) invitations: Vec<OrganizationInvitation>,
    pub(super) trusted_devices: Vec<TrustedDevice>,
    pub(super) subscription: Option<Subscription>,
    pub(super) credit: Option<Credit>,
}

/// The billing credit of a user and its ledger.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Credit {
    pub(super) payer_id: PayerId,
    pub(super) balance: Money,
    /// Entries by idempotency key.
    pub(super) ledger: HashMap<String, CreditLedgerEntry>,
}

/// The stored state of one user.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The user without the fields that [`view`](Self::view) computes.
    pub(super) user: User,
    /// Orders users with the same creation time.
    pub(super) sequence: u64,
    pub(super) lock: Option<Lock>,
    pub(super) password: Option<PasswordDigest>,
    pub(super) totp_secret: Option<TotpSecret>,
    pub(super) backup_codes: Vec<BackupCode>,
    pub(super) resources: Option<Box<Resources>>,
}

impl Record {
    /// Creates a record without secrets. Moves the fields that [`view`](Self::view) computes out of `user`.
    pub(super) fn new(mut user: User, now: Timestamp) -> Self {
        let lock = user.locked.then(|| lock(now, user.lockout_expires_in_seconds.map(Duration::from_secs)));
        user.locked = false;
        user.lockout_expires_in_seconds = None;
        clock::cut_off(&mut user);
        let memberships = std::mem::take(&mut user.organization_memberships);
        let resources = (!memberships.is_empty()).then(|| Box::new(Resources { memberships, ..Resources::default() }));
        for metadata in [&mut user.public_metadata, &mut user.private_metadata, &mut user.unsafe_metadata] {
            *metadata = metadata.compact();
        }
        // The caller may have left spare capacity in the lists, whose elements are large.
        user.email_addresses.shrink_to_fit();
        user.phone_numbers.shrink_to_fit();
        user.web3_wallets.shrink_to_fit();
        user.passkeys.shrink_to_fit();
        user.external_accounts.shrink_to_fit();
        user.saml_accounts.shrink_to_fit();
        user.enterprise_accounts.shrink_to_fit();
        Self { user, sequence: 0, lock, password: None, totp_secret: None, backup_codes: Vec::new(), resources }
    }

    /// Returns the position in the order of creation. An unknown creation time counts as the oldest.
    pub(super) fn position(&self) -> Position {
        (self.user.created_at.unwrap_or(Timestamp::MIN), self.sequence)
    }

    pub(super) fn resources_mut(&mut self) -> &mut Resources {
        self.resources.get_or_insert_default()
    }

    /// Returns the user as the API shows it at the time `now`.
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

/// Returns a lock that starts now.
pub(super) fn lock(now: Timestamp, duration: Option<Duration>) -> Lock {
    let until = duration.and_then(|duration| now.checked_add(duration).ok());
    until.map_or(Lock::Forever, Lock::Until)
}

/// Rounds up, so that an active lock never shows zero seconds.
fn seconds_until(now: Timestamp, until: Timestamp) -> u64 {
    let left = Duration::try_from(until.duration_since(now)).unwrap_or_default();
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}
