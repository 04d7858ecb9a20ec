//! [`Account`]: everything that a store keeps about one user.

mod document;
mod identifier;
mod search_text;
pub(crate) mod timestamps;

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

pub use document::{Document, DocumentError};
pub use identifier::{Identifier, IdentifierKind};
pub use search_text::SearchText;
pub(crate) use search_text::{fold, is_plain_ascii};

use crate::model::billing::{CreditLedgerEntry, Money, Subscription};
use crate::model::{
    BackupCode, OAuthAccessToken, OrganizationInvitation, OrganizationMembership, PasswordDigest, PayerId, TotpSecret,
    TrustedDevice, User,
};

/// Everything that a store keeps about one user: the user, its secrets and its resources.
///
/// A store does not interpret an account. It saves the account as a whole, for example as a [`Document`], and indexes
/// it by its [`identifiers`](Self::identifiers).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Account {
    /// The user, without the fields that depend on the time and the settings of the instance: `locked`,
    /// `lockout_expires_in_seconds`, `verification_attempts_remaining` and `organization_memberships`.
    pub user: User,
    /// The lock of the user, which may have expired.
    pub lock: Option<Lock>,
    /// The digest of the password. `None` if the user has no password or it is unknown.
    pub password: Option<PasswordDigest>,
    /// The secret of the authenticator app. `None` if there is none or it is unknown.
    pub totp_secret: Option<TotpSecret>,
    /// The unused backup codes, as far as they are known.
    pub backup_codes: Vec<BackupCode>,
    /// The state that most users do not have. Boxed to keep accounts small.
    pub resources: Option<Box<Resources>>,
}

/// The end of a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// The user is locked before this time.
    Until(Timestamp),
    /// The lock does not expire.
    Forever,
}

impl Lock {
    /// Returns a lock that starts at `now`. Without a duration it does not expire.
    pub(crate) fn starting(now: Timestamp, duration: Option<Duration>) -> Self {
        let until = duration.and_then(|duration| now.checked_add(duration).ok());
        until.map_or(Self::Forever, Self::Until)
    }
}

/// The resources of a user that are not part of [`User`].
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Resources {
    /// The access tokens of OAuth providers.
    pub oauth_tokens: Vec<OAuthAccessToken>,
    /// The memberships of organizations.
    pub memberships: Vec<OrganizationMembership>,
    /// The invitations to organizations.
    pub invitations: Vec<OrganizationInvitation>,
    /// The trusted devices, including revoked ones.
    pub trusted_devices: Vec<TrustedDevice>,
    /// The billing subscription.
    pub subscription: Option<Subscription>,
    /// The billing credit.
    pub credit: Option<Credit>,
}

/// The billing credit of a user and its ledger.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Credit {
    /// The id of the payer.
    pub payer_id: PayerId,
    /// The balance.
    pub balance: Money,
    /// The entries, by idempotency key.
    pub ledger: HashMap<String, CreditLedgerEntry>,
}

impl Account {
    /// Creates an account without secrets. Moves the lock and the memberships out of `user`.
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
        Self { user, lock, password: None, totp_secret: None, backup_codes: Vec::new(), resources }
    }

    pub(crate) fn resources_mut(&mut self) -> &mut Resources {
        self.resources.get_or_insert_default()
    }

    /// Returns the ids of the organizations of which the user is a member.
    pub fn organization_ids(&self) -> impl Iterator<Item = &crate::model::OrganizationId> {
        let memberships = self.resources.as_ref().map_or(&[][..], |resources| &resources.memberships);
        memberships.iter().map(|membership| &membership.organization.id)
    }
}

impl Credit {
    /// Creates a credit of zero with an empty ledger.
    #[must_use]
    pub fn new(payer_id: PayerId) -> Self {
        Self { payer_id, balance: Money::default(), ledger: HashMap::new() }
    }
}
