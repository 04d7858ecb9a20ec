//! [`Account`]: all data stored for one user.

mod document;
mod identifier;
mod search_text;
pub(crate) mod timestamps;

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

pub use document::{Document, DocumentError};
pub(crate) use identifier::provider_name;
pub use identifier::{Identifier, IdentifierKind};
pub use search_text::SearchText;
pub(crate) use search_text::{full_name, is_plain_ascii, normalize};

use crate::model::billing::{CreditLedgerEntry, Money, Subscription};
use crate::model::{
    BackupCode, List, OAuthAccessToken, OrganizationInvitation, OrganizationMembership, PasswordDigest, PayerId,
    TotpSecret, TrustedDevice, User,
};

/// All data stored for one user: the [`User`], the user's secrets and the user's resources.
///
/// A store saves each account as a whole, for example as a [`Document`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Account {
    /// The user.
    ///
    /// Do not set these fields:
    ///
    /// - `locked` and `lockout_expires_in_seconds`, because [`lock`](Self::lock) replaces them
    /// - `organization_memberships`, because [`resources`](Self::resources) contains the memberships
    /// - `verification_attempts_remaining`, because the instance settings determine it
    pub user: User,
    /// The user's lock, which may have expired.
    pub lock: Option<Lock>,
    /// The password digest, or `None` if the user has no password or the digest is unknown.
    pub password: Option<PasswordDigest>,
    /// The TOTP secret, or `None` if the user has no secret or the secret is unknown.
    pub totp_secret: Option<TotpSecret>,
    /// The unused backup codes, or an empty list if the user has no codes or the codes are unknown.
    pub backup_codes: Vec<BackupCode>,
    /// The resources, or `None` if the user has none.
    pub resources: Option<Box<Resources>>,
}

/// A user's lock, which may expire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// The lock expires at this time.
    Until(Timestamp),
    /// The lock does not expire.
    Forever,
}

impl Lock {
    /// Returns a lock that starts at `now`.
    ///
    /// The lock does not expire if `duration` is `None` or the end is out of range.
    pub(crate) fn starting(now: Timestamp, duration: Option<Duration>) -> Self {
        let until = duration.and_then(|duration| now.checked_add(duration).ok());
        until.map_or(Self::Forever, Self::Until)
    }
}

/// A user's resources, other than those in [`Account::user`].
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Resources {
    /// The OAuth access tokens.
    pub oauth_tokens: Vec<OAuthAccessToken>,
    /// The organization memberships.
    pub memberships: List<OrganizationMembership>,
    /// The organization invitations.
    pub invitations: Vec<OrganizationInvitation>,
    /// The trusted devices, including revoked ones.
    pub trusted_devices: Vec<TrustedDevice>,
    /// The billing subscription.
    pub subscription: Option<Subscription>,
    /// The billing credit.
    pub credit: Option<Credit>,
}

/// A user's billing credit.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Credit {
    /// The payer's id.
    pub payer_id: PayerId,
    /// The balance.
    pub balance: Money,
    /// The ledger entries, by idempotency key.
    ///
    /// Entries are never deleted, because idempotency keys never expire.
    pub ledger: HashMap<String, CreditLedgerEntry>,
}

impl Account {
    /// Creates an account for a user, without a password, a TOTP secret or backup codes.
    ///
    /// The lock and the organization memberships are moved from `user` to [`lock`](Self::lock) and
    /// [`resources`](Self::resources). The lock expires `lockout_expires_in_seconds` after `now`, or never if that
    /// field is `None`.
    ///
    /// Timestamps are truncated to milliseconds. Insignificant whitespace is removed from the user's metadata.
    ///
    /// ```
    /// use user_directory::jiff::Timestamp;
    /// use user_directory::store::Account;
    /// use user_directory::{User, UserId};
    ///
    /// let account = Account::new(User::new(UserId::new("user_1")?), Timestamp::now());
    /// assert!(account.password.is_none());
    /// # Ok::<(), user_directory::model::InvalidId>(())
    /// ```
    #[must_use]
    pub fn new(mut user: User, now: Timestamp) -> Self {
        let lock = user.locked.then(|| Lock::starting(now, user.lockout_expires_in_seconds.map(Duration::from_secs)));
        user.locked = false;
        user.lockout_expires_in_seconds = None;
        timestamps::truncate(&mut user);
        let mut memberships = std::mem::take(&mut user.organization_memberships);
        memberships.iter_mut().for_each(timestamps::truncate_membership);
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
        Self { user, lock, password: None, totp_secret: None, backup_codes: Vec::new(), resources }
    }

    pub(crate) fn resources_mut(&mut self) -> &mut Resources {
        self.resources.get_or_insert_default()
    }

    /// Returns the ids of the user's organizations.
    pub fn organization_ids(&self) -> impl Iterator<Item = &crate::model::OrganizationId> {
        let memberships = self.resources.as_ref().map_or(&[][..], |resources| &resources.memberships);
        memberships.iter().map(|membership| &membership.organization.id)
    }
}

impl Credit {
    /// Creates a credit with a zero balance and an empty ledger.
    #[must_use]
    pub fn new(payer_id: PayerId) -> Self {
        Self { payer_id, balance: Money::default(), ledger: HashMap::new() }
    }
}
