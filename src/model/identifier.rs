//! What a user can be found and signed in by: email addresses, phone numbers, wallets and passkeys.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::id::{EmailAddressId, IdentificationId, PasskeyId, PhoneNumberId, Web3WalletId};
use crate::model::identifier_status::IdentifierStatus;
use crate::model::lenient::{self, millis};
use crate::model::secret::BackupCode;
use crate::model::text::Text;
use crate::model::verification::{self, Verification};

/// A link from an identifier to the account that brought it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IdentificationLink {
    /// The kind of account, such as `oauth_google` or `saml`.
    #[serde(rename = "type")]
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub kind: Text,
    /// The identification of the account.
    #[serde(deserialize_with = "lenient::required")]
    pub id: IdentificationId,
}

impl lenient::Object for IdentificationLink {}

impl IdentificationLink {
    /// A link to an account of this kind.
    #[must_use]
    pub fn new(kind: impl Into<Text>, id: IdentificationId) -> Self {
        Self { kind: kind.into(), id }
    }
}

/// An email address of a user.
///
/// ```
/// use user_directory::EmailAddress;
///
/// let mut email = EmailAddress::new("ada@example.com");
/// email.id = Some("idn_1".parse()?);
/// assert!(!email.is_verified());
/// # Ok::<(), user_directory::InvalidId>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "email_address")]
#[non_exhaustive]
pub struct EmailAddress {
    /// Its id. The description allows an answer without one.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub id: Option<EmailAddressId>,
    /// The address.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub email_address: Text,
    /// Whether the address is kept for this user although it is not verified.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub reserved: bool,
    /// How it was verified.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub verification: Option<Verification>,
    /// The accounts that brought it.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub linked_to: Vec<IdentificationLink>,
    /// Whether its domain has an active enterprise connection.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub matches_sso_connection: Option<bool>,
    /// When it was created.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
}

impl lenient::Object for EmailAddress {}

impl EmailAddress {
    /// An email address with nothing else known.
    #[must_use]
    pub fn new(email_address: impl Into<Text>) -> Self {
        Self { email_address: email_address.into(), ..Self::default() }
    }

    /// Returns whether the address is verified, reserved or neither.
    #[must_use]
    pub fn status(&self) -> IdentifierStatus {
        IdentifierStatus::new(self.reserved, self.verification.as_ref())
    }

    /// Returns whether the address is verified.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.status() == IdentifierStatus::Verified
    }
}

/// A phone number of a user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "phone_number")]
#[non_exhaustive]
pub struct PhoneNumber {
    /// Its id. The description allows an answer without one.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub id: Option<PhoneNumberId>,
    /// The number, as E.164 writes it.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub phone_number: Text,
    /// Whether codes to this number are a second factor.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub reserved_for_second_factor: bool,
    /// Whether it is the second factor that is offered first.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub default_second_factor: bool,
    /// Whether the number is kept for this user although it is not verified.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub reserved: bool,
    /// How it was verified.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub verification: Option<Verification>,
    /// The accounts that brought it.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub linked_to: Vec<IdentificationLink>,
    /// Backup codes that came with it. They are secrets, so they are never written out again.
    #[serde(default, deserialize_with = "lenient::or_default", skip_serializing)]
    pub backup_codes: Vec<BackupCode>,
    /// When it was created.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
}

impl lenient::Object for PhoneNumber {}

impl PhoneNumber {
    /// A phone number with nothing else known.
    #[must_use]
    pub fn new(phone_number: impl Into<Text>) -> Self {
        Self { phone_number: phone_number.into(), ..Self::default() }
    }

    /// Returns whether the number is verified, reserved or neither.
    #[must_use]
    pub fn status(&self) -> IdentifierStatus {
        IdentifierStatus::new(self.reserved, self.verification.as_ref())
    }

    /// Returns whether the number is verified.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.status() == IdentifierStatus::Verified
    }
}

/// A web3 wallet of a user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "web3_wallet")]
#[non_exhaustive]
pub struct Web3Wallet {
    /// Its id. The description allows an answer without one.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub id: Option<Web3WalletId>,
    /// The address of the wallet.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub web3_wallet: Text,
    /// How it was verified.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub verification: Option<Verification>,
    /// When it was created.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
}

impl lenient::Object for Web3Wallet {}

impl Web3Wallet {
    /// A wallet with nothing else known.
    #[must_use]
    pub fn new(web3_wallet: impl Into<Text>) -> Self {
        Self { web3_wallet: web3_wallet.into(), ..Self::default() }
    }

    /// Whether the wallet is verified.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        verification::is_verified(self.verification.as_ref())
    }
}

/// A passkey of a user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "passkey")]
#[non_exhaustive]
pub struct Passkey {
    /// Its id. The description allows an answer without one.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub id: Option<PasskeyId>,
    /// The name that the user sees.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: Text,
    /// When it was last used.
    #[serde(default, with = "millis")]
    pub last_used_at: Option<Timestamp>,
    /// How it was verified.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub verification: Option<Verification>,
}

impl lenient::Object for Passkey {}

impl Passkey {
    /// A passkey with nothing else known.
    #[must_use]
    pub fn new(name: impl Into<Text>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}
