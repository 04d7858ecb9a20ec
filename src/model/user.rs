//! [`User`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::account::{EnterpriseAccount, ExternalAccount, SamlAccount};
use crate::model::id::{EmailAddressId, PhoneNumberId, UserId, Web3WalletId};
use crate::model::identifier::{EmailAddress, Passkey, PhoneNumber, Web3Wallet};
use crate::model::lenient::{self, millis};
use crate::model::metadata::{Metadata, UserMetadata};
use crate::model::mfa::MfaState;
use crate::model::organization::OrganizationMembership;
use crate::model::text::Text;

/// A user, with everything of schema `User` in API version 2026-05-12.
///
/// Decoding is lenient: an unknown field is passed over, an unknown value of an enum is kept, and a part that is missing,
/// `null` or of another kind than it should be has its default. An account or membership without an id is left out. Only
/// the user's own id has to be there. `Serialize` writes Clerk's wire format.
///
/// What is left out because it is not understood is a warning of `tracing` (with the feature `clerk`).
///
/// Make one for a test with [`User::new`] and set what matters; more fields may come with the API, so there is no
/// other way to write one down.
///
/// ```
/// use user_directory::{EmailAddress, User};
///
/// let mut user = User::new("user_1".parse()?);
/// user.first_name = Some("Ada".into());
/// user.email_addresses.push(EmailAddress::new("ada@example.com"));
/// assert_eq!(user.full_name().as_deref(), Some("Ada"));
///
/// let decoded: User = serde_json::from_str(r#"{"object":"user","id":"user_1","first_name":"Ada"}"#)?;
/// assert_eq!(decoded.first_name, user.first_name);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "user")]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "the switches of the API, one for one")]
pub struct User {
    /// The user's id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: UserId,
    /// The user's id in the application's own systems, unique in the instance.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub external_id: Option<Text>,
    /// Which of the email addresses is the primary one.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub primary_email_address_id: Option<EmailAddressId>,
    /// Which of the phone numbers is the primary one.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub primary_phone_number_id: Option<PhoneNumberId>,
    /// Which of the wallets is the primary one.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub primary_web3_wallet_id: Option<Web3WalletId>,
    /// The user name, unique in the instance.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub username: Option<Text>,
    /// The first name.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub first_name: Option<Text>,
    /// The last name.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub last_name: Option<Text>,
    /// The locale, as BCP 47 writes it (`en-US`).
    #[serde(default, deserialize_with = "lenient::optional")]
    pub locale: Option<Text>,
    /// The profile image, under its older name.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub profile_image_url: Option<Text>,
    /// The profile image, or a generated one.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub image_url: Option<Text>,
    /// Whether the user has chosen the profile image.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub has_image: bool,
    /// Metadata that the frontend can read.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub public_metadata: Metadata,
    /// Metadata that only the backend can read.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub private_metadata: Metadata,
    /// Metadata that the frontend can read and write.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub unsafe_metadata: Metadata,
    /// The email addresses.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub email_addresses: Vec<EmailAddress>,
    /// The phone numbers.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub phone_numbers: Vec<PhoneNumber>,
    /// The wallets.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub web3_wallets: Vec<Web3Wallet>,
    /// The passkeys.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub passkeys: Vec<Passkey>,
    /// Whether the user has a password.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub password_enabled: bool,
    /// Whether the user has a second factor; see [`mfa_state`](Self::mfa_state) for which.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub two_factor_enabled: bool,
    /// Whether the user has an authenticator app.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub totp_enabled: bool,
    /// Whether the user has backup codes.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub backup_code_enabled: bool,
    /// When a second factor was last switched on.
    #[serde(default, with = "millis")]
    pub mfa_enabled_at: Option<Timestamp>,
    /// When the last second factor was switched off.
    #[serde(default, with = "millis")]
    pub mfa_disabled_at: Option<Timestamp>,
    /// When the password was last changed.
    #[serde(default, with = "millis")]
    pub password_last_updated_at: Option<Timestamp>,
    /// Whether the user has to reset the password at the next sign-in. Not in the schema; the description of
    /// `UnsetUserPasswordCompromised` names it.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub requires_password_reset: Option<bool>,
    /// The accounts at OAuth providers.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub external_accounts: Vec<ExternalAccount>,
    /// The accounts at SAML identity providers.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub saml_accounts: Vec<SamlAccount>,
    /// The accounts at enterprise identity providers.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub enterprise_accounts: Vec<EnterpriseAccount>,
    /// The organizations that the user is a member of, where the answer has them.
    #[serde(default, deserialize_with = "lenient::or_default", skip_serializing_if = "Vec::is_empty")]
    pub organization_memberships: Vec<OrganizationMembership>,
    /// When the user last signed in.
    #[serde(default, with = "millis")]
    pub last_sign_in_at: Option<Timestamp>,
    /// Whether the user is banned.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub banned: bool,
    /// Whether the user is locked out for now.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub locked: bool,
    /// Whether directory sync has taken the user's access away.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub deprovisioned: Option<bool>,
    /// The seconds until the lock expires; `None` for a locked user means never.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub lockout_expires_in_seconds: Option<u64>,
    /// The failed attempts left until the user is locked; `None` if lockout is off.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub verification_attempts_remaining: Option<u64>,
    /// When the user was last changed.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
    /// When the user was created.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// Whether the user may delete the account.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub delete_self_enabled: bool,
    /// Whether the user may create organizations.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub create_organization_enabled: bool,
    /// How many organizations the user may create; 0 means any number.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub create_organizations_limit: Option<u64>,
    /// When the user was last active, to the day.
    #[serde(default, with = "millis")]
    pub last_active_at: Option<Timestamp>,
    /// When the user accepted the legal requirements.
    #[serde(default, with = "millis")]
    pub legal_accepted_at: Option<Timestamp>,
    /// Whether sign-ins pass without the check of the device.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub bypass_client_trust: bool,
    /// The directory that provisions the user. Only in webhooks.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub scim: Option<ScimProvisioning>,
}

/// Where a user that a directory provisions comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScimProvisioning {
    /// The directory.
    #[serde(deserialize_with = "lenient::required")]
    pub directory_id: Text,
    /// Whether the directory is on.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub directory_enabled: bool,
    /// The user's id in the directory.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub external_id: Option<Text>,
}

impl lenient::Object for ScimProvisioning {}

impl ScimProvisioning {
    /// A directory with nothing else known.
    #[must_use]
    pub fn new(directory_id: impl Into<Text>) -> Self {
        Self { directory_id: directory_id.into(), directory_enabled: false, external_id: None }
    }
}

impl User {
    /// A user with an id and nothing else.
    #[must_use]
    pub fn new(id: UserId) -> Self {
        Self {
            id,
            external_id: None,
            primary_email_address_id: None,
            primary_phone_number_id: None,
            primary_web3_wallet_id: None,
            username: None,
            first_name: None,
            last_name: None,
            locale: None,
            profile_image_url: None,
            image_url: None,
            has_image: false,
            public_metadata: Metadata::default(),
            private_metadata: Metadata::default(),
            unsafe_metadata: Metadata::default(),
            email_addresses: Vec::new(),
            phone_numbers: Vec::new(),
            web3_wallets: Vec::new(),
            passkeys: Vec::new(),
            password_enabled: false,
            two_factor_enabled: false,
            totp_enabled: false,
            backup_code_enabled: false,
            mfa_enabled_at: None,
            mfa_disabled_at: None,
            password_last_updated_at: None,
            requires_password_reset: None,
            external_accounts: Vec::new(),
            saml_accounts: Vec::new(),
            enterprise_accounts: Vec::new(),
            organization_memberships: Vec::new(),
            last_sign_in_at: None,
            banned: false,
            locked: false,
            deprovisioned: None,
            lockout_expires_in_seconds: None,
            verification_attempts_remaining: None,
            updated_at: None,
            created_at: None,
            delete_self_enabled: false,
            create_organization_enabled: false,
            create_organizations_limit: None,
            last_active_at: None,
            legal_accepted_at: None,
            bypass_client_trust: false,
            scim: None,
        }
    }

    /// The three kinds of metadata together.
    #[must_use]
    pub fn metadata(&self) -> UserMetadata {
        UserMetadata {
            public: self.public_metadata.clone(),
            private: self.private_metadata.clone(),
            r#unsafe: self.unsafe_metadata.clone(),
        }
    }

    /// Which second factors are on.
    #[must_use]
    pub fn mfa_state(&self) -> MfaState {
        MfaState::from(self)
    }

    /// The primary email address.
    #[must_use]
    pub fn primary_email_address(&self) -> Option<&EmailAddress> {
        let id = self.primary_email_address_id.as_ref()?;
        self.email_addresses.iter().find(|email| email.id.as_ref() == Some(id))
    }

    /// The primary phone number.
    #[must_use]
    pub fn primary_phone_number(&self) -> Option<&PhoneNumber> {
        let id = self.primary_phone_number_id.as_ref()?;
        self.phone_numbers.iter().find(|phone| phone.id.as_ref() == Some(id))
    }

    /// The primary wallet.
    #[must_use]
    pub fn primary_web3_wallet(&self) -> Option<&Web3Wallet> {
        let id = self.primary_web3_wallet_id.as_ref()?;
        self.web3_wallets.iter().find(|wallet| wallet.id.as_ref() == Some(id))
    }

    /// First and last name, as far as there are any.
    #[must_use]
    pub fn full_name(&self) -> Option<String> {
        let names: Vec<&str> = [&self.first_name, &self.last_name].into_iter().flatten().map(Text::as_str).collect();
        (!names.is_empty()).then(|| names.join(" "))
    }
}
