//! Email addresses, phone numbers, Web3 wallets and passkeys.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::id::{EmailAddressId, IdentificationId, PasskeyId, PhoneNumberId, Web3WalletId};
use crate::model::identifier_status::IdentifierStatus;
use crate::model::lenient::{self, millis};
use crate::model::secret::BackupCode;
use crate::model::text::Text;
use crate::model::verification::Verification;

/// A link from an identifier to the account that provided it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IdentificationLink {
    /// The account type, such as `oauth_google`.
    #[serde(rename = "type")]
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub kind: Text,
    /// The id of the account's identification, which is Clerk's record of the account.
    #[serde(deserialize_with = "lenient::required")]
    pub id: IdentificationId,
}

impl lenient::Object for IdentificationLink {}

impl IdentificationLink {
    /// Creates a link to an account. `kind` is the account type, such as `oauth_google`.
    #[must_use]
    pub fn new(kind: impl Into<Text>, id: IdentificationId) -> Self {
        Self { kind: kind.into(), id }
    }
}

/// A user's email address.
///
/// ```
/// use user_directory::model::EmailAddress;
///
/// let mut email = EmailAddress::new("ada@example.com");
/// email.id = Some("idn_1".parse()?);
/// assert!(!email.is_verified());
/// # Ok::<(), user_directory::model::InvalidId>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "email_address")]
#[non_exhaustive]
pub struct EmailAddress {
    /// The id, which is optional in Clerk's API schema.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub id: Option<EmailAddressId>,
    /// The email address.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub email_address: Text,
    /// Whether the address is reserved for the user without being verified; see [`status`](Self::status).
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub reserved: bool,
    /// The verification details.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub verification: Option<Verification>,
    /// The accounts that provided the address.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub linked_to: Vec<IdentificationLink>,
    /// Whether the address's domain has an active enterprise connection.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub matches_sso_connection: Option<bool>,
    /// When the email address was created.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When the email address was last updated.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
}

impl lenient::Object for EmailAddress {}

impl EmailAddress {
    /// Creates an unverified email address.
    #[must_use]
    pub fn new(email_address: impl Into<Text>) -> Self {
        Self { email_address: email_address.into(), ..Self::default() }
    }

    /// Returns whether the address is verified, reserved or neither.
    #[must_use]
    pub fn status(&self) -> IdentifierStatus {
        IdentifierStatus::new(self.reserved, self.verification.as_ref())
    }

    /// Returns `true` if the address is verified.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.status() == IdentifierStatus::Verified
    }
}

/// A user's phone number.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "phone_number")]
#[non_exhaustive]
pub struct PhoneNumber {
    /// The id, which is optional in Clerk's API schema.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub id: Option<PhoneNumberId>,
    /// The phone number in E.164 format (`+15550100123`).
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub phone_number: Text,
    /// Whether the number is used as a second factor.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub reserved_for_second_factor: bool,
    /// Whether the number is the default second factor.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub default_second_factor: bool,
    /// Whether the number is reserved for the user without being verified; see [`status`](Self::status).
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub reserved: bool,
    /// The verification details.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub verification: Option<Verification>,
    /// The accounts that provided the number.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub linked_to: Vec<IdentificationLink>,
    /// The backup codes, if the response includes them.
    ///
    /// Backup codes are secrets, so they are not serialized.
    #[serde(default, deserialize_with = "lenient::or_default", skip_serializing)]
    pub backup_codes: Vec<BackupCode>,
    /// When the phone number was created.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When the phone number was last updated.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
}

impl lenient::Object for PhoneNumber {}

impl PhoneNumber {
    /// Creates an unverified phone number. `phone_number` should be in E.164 format (`+15550100123`).
    #[must_use]
    pub fn new(phone_number: impl Into<Text>) -> Self {
        Self { phone_number: phone_number.into(), ..Self::default() }
    }

    /// Returns whether the number is verified, reserved or neither.
    #[must_use]
    pub fn status(&self) -> IdentifierStatus {
        IdentifierStatus::new(self.reserved, self.verification.as_ref())
    }

    /// Returns `true` if the number is verified.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.status() == IdentifierStatus::Verified
    }
}

/// A user's Web3 wallet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "web3_wallet")]
#[non_exhaustive]
pub struct Web3Wallet {
    /// The id, which is optional in Clerk's API schema.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub id: Option<Web3WalletId>,
    /// The wallet address.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub web3_wallet: Text,
    /// The verification details.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub verification: Option<Verification>,
    /// When the wallet was created.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When the wallet was last updated.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
}

impl lenient::Object for Web3Wallet {}

impl Web3Wallet {
    /// Creates an unverified wallet with the given address.
    #[must_use]
    pub fn new(web3_wallet: impl Into<Text>) -> Self {
        Self { web3_wallet: web3_wallet.into(), ..Self::default() }
    }

    /// Returns `true` if the wallet is verified.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.verification.as_ref().is_some_and(Verification::is_verified)
    }
}

/// A user's passkey.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "passkey")]
#[non_exhaustive]
pub struct Passkey {
    /// The id, which is optional in Clerk's API schema.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub id: Option<PasskeyId>,
    /// The display name.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: Text,
    /// When the passkey was last used.
    #[serde(default, with = "millis")]
    pub last_used_at: Option<Timestamp>,
    /// The verification details.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub verification: Option<Verification>,
}

impl lenient::Object for Passkey {}

impl Passkey {
    /// Creates a passkey with the given display name.
    #[must_use]
    pub fn new(name: impl Into<Text>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}
