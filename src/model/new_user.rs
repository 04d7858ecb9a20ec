//! [`NewUser`]: what `create` takes.

use jiff::Timestamp;

use crate::model::debug::debug_set_fields;
use crate::model::identifier_status::IdentifierStatus;
use crate::model::metadata::{Metadata, UserMetadata};
use crate::model::password::NewPassword;
use crate::model::secret::{BackupCode, TotpSecret};
use crate::model::text::Text;

/// An email address or phone number of a [`NewUser`]: verified or reserved.
///
/// ```
/// use user_directory::{NewIdentifier, NewUser};
///
/// let mut ada = NewUser::new();
/// ada.email_addresses = vec![NewIdentifier::verified("ada@example.com"), NewIdentifier::reserved("ada@example.org")];
/// assert_eq!(ada, NewUser::new().email_address("ada@example.com").reserved_email_address("ada@example.org"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIdentifier {
    value: Text,
    status: IdentifierStatus,
}

impl NewIdentifier {
    /// Creates an identifier that is verified from the start.
    #[must_use]
    pub fn verified(value: impl Into<Text>) -> Self {
        Self { value: value.into(), status: IdentifierStatus::Verified }
    }

    /// Creates an identifier that is reserved until the user verifies it.
    #[must_use]
    pub fn reserved(value: impl Into<Text>) -> Self {
        Self { value: value.into(), status: IdentifierStatus::Reserved }
    }

    /// Returns the email address or phone number.
    #[must_use]
    pub fn value(&self) -> &Text {
        &self.value
    }

    /// Returns the status: [`Verified`](IdentifierStatus::Verified) or [`Reserved`](IdentifierStatus::Reserved).
    #[must_use]
    pub fn status(&self) -> IdentifierStatus {
        self.status
    }
}

/// A user to create: every parameter of `CreateUser` in API version 2026-05-12.
///
/// What the instance requires (an identifier, a password) is a matter of its settings, so nothing is required here.
/// The first email address, phone number and wallet become the primary ones. Where a value is at hand as an `Option`,
/// assign the field.
///
/// ```
/// use user_directory::{Metadata, NewUser, Password};
///
/// let ada = NewUser::new()
///     .email_address("ada@example.com")
///     .first_name("Ada")
///     .last_name("Lovelace")
///     .password(Password::new("correct horse battery staple"))
///     .public_metadata(Metadata::new(&serde_json::json!({ "plan": "pro" }))?);
/// assert_eq!(ada.email_addresses[0].value(), "ada@example.com");
/// # Ok::<(), user_directory::Error>(())
/// ```
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct NewUser {
    /// The user's id in the application's own systems, unique in the instance.
    pub external_id: Option<Text>,
    /// The first name.
    pub first_name: Option<Text>,
    /// The last name.
    pub last_name: Option<Text>,
    /// The locale, as BCP 47 writes it (`en-US`).
    pub locale: Option<Text>,
    /// The email addresses, the primary one first.
    pub email_addresses: Vec<NewIdentifier>,
    /// The phone numbers as E.164 writes them, the primary one first.
    pub phone_numbers: Vec<NewIdentifier>,
    /// The wallets, the primary one first.
    pub web3_wallets: Vec<Text>,
    /// The user name, unique in the instance.
    pub username: Option<Text>,
    /// The password: 8 characters or more, or a digest.
    pub password: Option<NewPassword>,
    /// Whether the password policy is passed over.
    pub skip_password_checks: Option<bool>,
    /// Whether the user may have no password where the instance asks for one.
    pub skip_password_requirement: Option<bool>,
    /// The secret of an authenticator app, in base32 (SHA-1, 6 digits, 30 seconds).
    pub totp_secret: Option<TotpSecret>,
    /// Backup codes, in plain text or as bcrypt digests.
    pub backup_codes: Vec<BackupCode>,
    /// The metadata, up to 8 KB of each kind.
    pub metadata: UserMetadata,
    /// Whether the user may delete the account.
    pub delete_self_enabled: Option<bool>,
    /// When the user accepted the legal requirements.
    pub legal_accepted_at: Option<Timestamp>,
    /// Whether the legal requirements are passed over.
    pub skip_legal_checks: Option<bool>,
    /// Whether the user may lack identifiers that the instance asks for.
    pub skip_user_requirement: Option<bool>,
    /// Whether the user may create organizations.
    pub create_organization_enabled: Option<bool>,
    /// How many organizations the user may create; 0 means any number.
    pub create_organizations_limit: Option<u32>,
    /// When the user signed up.
    pub created_at: Option<Timestamp>,
    /// Whether sign-ins pass without the check of the device.
    pub bypass_client_trust: Option<bool>,
    /// Whether the user is banned from the start.
    pub banned: Option<bool>,
    /// Whether the user is locked from the start.
    pub locked: Option<bool>,
}

debug_set_fields! {
    NewUser {
        external_id, first_name, last_name, locale, email_addresses, phone_numbers, web3_wallets, username,
        password, skip_password_checks, skip_password_requirement, totp_secret, backup_codes, metadata,
        delete_self_enabled, legal_accepted_at, skip_legal_checks, skip_user_requirement,
        create_organization_enabled, create_organizations_limit, created_at, bypass_client_trust, banned,
        locked
    }
}

impl NewUser {
    /// A user of whom nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The user's id in the application's own systems.
    #[must_use]
    pub fn external_id(mut self, external_id: impl Into<Text>) -> Self {
        self.external_id = Some(external_id.into());
        self
    }

    /// The first name.
    #[must_use]
    pub fn first_name(mut self, first_name: impl Into<Text>) -> Self {
        self.first_name = Some(first_name.into());
        self
    }

    /// The last name.
    #[must_use]
    pub fn last_name(mut self, last_name: impl Into<Text>) -> Self {
        self.last_name = Some(last_name.into());
        self
    }

    /// The locale, as BCP 47 writes it (`en-US`).
    #[must_use]
    pub fn locale(mut self, locale: impl Into<Text>) -> Self {
        self.locale = Some(locale.into());
        self
    }

    /// Adds a verified email address.
    #[must_use]
    pub fn email_address(mut self, email_address: impl Into<Text>) -> Self {
        self.email_addresses.push(NewIdentifier::verified(email_address));
        self
    }

    /// Adds an email address that is not verified, but usable for sign-in and kept for this user.
    #[must_use]
    pub fn reserved_email_address(mut self, email_address: impl Into<Text>) -> Self {
        self.email_addresses.push(NewIdentifier::reserved(email_address));
        self
    }

    /// Adds a verified phone number.
    #[must_use]
    pub fn phone_number(mut self, phone_number: impl Into<Text>) -> Self {
        self.phone_numbers.push(NewIdentifier::verified(phone_number));
        self
    }

    /// Adds a phone number that is not verified, but usable for sign-in and kept for this user.
    #[must_use]
    pub fn reserved_phone_number(mut self, phone_number: impl Into<Text>) -> Self {
        self.phone_numbers.push(NewIdentifier::reserved(phone_number));
        self
    }

    /// Adds a wallet.
    #[must_use]
    pub fn web3_wallet(mut self, web3_wallet: impl Into<Text>) -> Self {
        self.web3_wallets.push(web3_wallet.into());
        self
    }

    /// The user name.
    #[must_use]
    pub fn username(mut self, username: impl Into<Text>) -> Self {
        self.username = Some(username.into());
        self
    }

    /// The password: a [`Password`](crate::Password) or a [`PasswordDigest`](crate::PasswordDigest).
    #[must_use]
    pub fn password(mut self, password: impl Into<NewPassword>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Whether the password policy is passed over.
    #[must_use]
    pub fn skip_password_checks(mut self, skip: bool) -> Self {
        self.skip_password_checks = Some(skip);
        self
    }

    /// Whether the user may have no password where the instance asks for one.
    #[must_use]
    pub fn skip_password_requirement(mut self, skip: bool) -> Self {
        self.skip_password_requirement = Some(skip);
        self
    }

    /// The secret of an authenticator app, in base32.
    #[must_use]
    pub fn totp_secret(mut self, secret: impl Into<TotpSecret>) -> Self {
        self.totp_secret = Some(secret.into());
        self
    }

    /// The backup codes, in plain text or as bcrypt digests. Replaces those given before.
    #[must_use]
    pub fn backup_codes(mut self, codes: impl IntoIterator<Item = impl Into<BackupCode>>) -> Self {
        self.backup_codes = codes.into_iter().map(Into::into).collect();
        self
    }

    /// The metadata that the frontend can read.
    #[must_use]
    pub fn public_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata.public = metadata;
        self
    }

    /// The metadata that only the backend can read.
    #[must_use]
    pub fn private_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata.private = metadata;
        self
    }

    /// The metadata that the frontend can read and write.
    #[must_use]
    pub fn unsafe_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata.r#unsafe = metadata;
        self
    }

    /// Whether the user may delete the account.
    #[must_use]
    pub fn delete_self_enabled(mut self, enabled: bool) -> Self {
        self.delete_self_enabled = Some(enabled);
        self
    }

    /// When the user accepted the legal requirements.
    #[must_use]
    pub fn legal_accepted_at(mut self, at: Timestamp) -> Self {
        self.legal_accepted_at = Some(at);
        self
    }

    /// Whether the legal requirements are passed over.
    #[must_use]
    pub fn skip_legal_checks(mut self, skip: bool) -> Self {
        self.skip_legal_checks = Some(skip);
        self
    }

    /// Whether the user may lack identifiers that the instance asks for.
    #[must_use]
    pub fn skip_user_requirement(mut self, skip: bool) -> Self {
        self.skip_user_requirement = Some(skip);
        self
    }

    /// Whether the user may create organizations.
    #[must_use]
    pub fn create_organization_enabled(mut self, enabled: bool) -> Self {
        self.create_organization_enabled = Some(enabled);
        self
    }

    /// How many organizations the user may create; 0 means any number.
    #[must_use]
    pub fn create_organizations_limit(mut self, limit: u32) -> Self {
        self.create_organizations_limit = Some(limit);
        self
    }

    /// When the user signed up.
    #[must_use]
    pub fn created_at(mut self, at: Timestamp) -> Self {
        self.created_at = Some(at);
        self
    }

    /// Whether sign-ins pass without the check of the device.
    #[must_use]
    pub fn bypass_client_trust(mut self, bypass: bool) -> Self {
        self.bypass_client_trust = Some(bypass);
        self
    }

    /// Whether the user is banned from the start.
    #[must_use]
    pub fn banned(mut self, banned: bool) -> Self {
        self.banned = Some(banned);
        self
    }

    /// Whether the user is locked from the start.
    #[must_use]
    pub fn locked(mut self, locked: bool) -> Self {
        self.locked = Some(locked);
        self
    }
}
