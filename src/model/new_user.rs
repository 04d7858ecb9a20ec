//! [`NewUser`]: the argument of `create`.

use jiff::Timestamp;

use crate::model::debug::debug_set_fields;
use crate::model::identifier_status::IdentifierStatus;
use crate::model::into_optional_text::IntoOptionalText;
use crate::model::metadata::{Metadata, UserMetadata};
use crate::model::password::NewPassword;
use crate::model::secret::{BackupCode, TotpSecret};
use crate::model::text::Text;

/// A verified or reserved email address or phone number of a [`NewUser`].
///
/// ```
/// use user_directory::model::NewIdentifier;
/// use user_directory::NewUser;
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
    /// Creates a verified identifier.
    #[must_use]
    pub fn verified(value: impl Into<Text>) -> Self {
        Self { value: value.into(), status: IdentifierStatus::Verified }
    }

    /// Creates an identifier that is [reserved](IdentifierStatus::Reserved) until the user verifies it.
    #[must_use]
    pub fn reserved(value: impl Into<Text>) -> Self {
        Self { value: value.into(), status: IdentifierStatus::Reserved }
    }

    /// Returns the email address or phone number.
    #[must_use]
    pub fn value(&self) -> &Text {
        &self.value
    }

    /// Returns the status, which is never [`Unverified`](IdentifierStatus::Unverified).
    #[must_use]
    pub fn status(&self) -> IdentifierStatus {
        self.status
    }
}

/// A request to [create](crate::UserDirectory::create) a user.
///
/// This type supports all parameters of Clerk's `CreateUser` operation (API version 2026-05-12).
///
/// All fields are optional, but the instance settings can require some of them, such as an email address or a password.
/// For the limits on field values, see [`UserDirectory`](crate::UserDirectory#limits).
///
/// The setters of text fields accept a string or an `Option`, as described in [`IntoOptionalText`]. `Debug` shows only
/// the fields that are set.
///
/// ```
/// use user_directory::{Metadata, NewUser, Password};
///
/// let last_name: Option<String> = Some("Lovelace".to_owned());
/// let ada = NewUser::new()
///     .email_address("ada@example.com")
///     .first_name("Ada")
///     .last_name(last_name)
///     .password(Password::new("correct horse battery staple"))
///     .public_metadata(Metadata::new(&serde_json::json!({ "plan": "pro" }))?);
/// assert_eq!(ada.email_addresses[0].value(), "ada@example.com");
/// # Ok::<(), user_directory::Error>(())
/// ```
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct NewUser {
    /// The user's id in your system, which must be unique within the Clerk instance.
    pub external_id: Option<Text>,
    /// The first name.
    pub first_name: Option<Text>,
    /// The last name.
    pub last_name: Option<Text>,
    /// The locale, as a BCP 47 tag (`en-US`).
    pub locale: Option<Text>,
    /// The time zone, as an IANA name (`Europe/Berlin`).
    pub timezone: Option<Text>,
    /// The email addresses, starting with the primary one.
    pub email_addresses: Vec<NewIdentifier>,
    /// The phone numbers in E.164 format (`+15550100123`), starting with the primary one.
    pub phone_numbers: Vec<NewIdentifier>,
    /// The Web3 wallet addresses, starting with the primary one.
    pub web3_wallets: Vec<Text>,
    /// The username, which must be unique within the Clerk instance.
    pub username: Option<Text>,
    /// The password, in plain text or as a digest.
    pub password: Option<NewPassword>,
    /// Whether to skip the password policy checks.
    pub skip_password_checks: Option<bool>,
    /// Whether to create the user without a password even if the instance requires one.
    pub skip_password_requirement: Option<bool>,
    /// The authenticator app (TOTP) secret, in base32. Codes use SHA-1, 6 digits and a 30-second period.
    pub totp_secret: Option<TotpSecret>,
    /// The backup codes, in plain text or as bcrypt digests.
    pub backup_codes: Vec<BackupCode>,
    /// The public, private and unsafe metadata.
    pub metadata: UserMetadata,
    /// Whether the user may delete their own account.
    pub delete_self_enabled: Option<bool>,
    /// When the user accepted the legal terms, such as the terms of service.
    pub legal_accepted_at: Option<Timestamp>,
    /// Whether to skip the check that the user accepted the legal terms.
    pub skip_legal_checks: Option<bool>,
    /// Whether to create the user even if identifiers that the instance requires are missing.
    pub skip_user_requirement: Option<bool>,
    /// Whether the user may create organizations.
    pub create_organization_enabled: Option<bool>,
    /// The maximum number of organizations that the user may create; 0 means no limit.
    pub create_organizations_limit: Option<u32>,
    /// When the user signed up. The default is the current time.
    pub created_at: Option<Timestamp>,
    /// Whether the user bypasses Clerk's device trust checks during sign-in.
    pub bypass_client_trust: Option<bool>,
    /// Whether the new user is banned.
    pub banned: Option<bool>,
    /// Whether the new user is locked.
    pub locked: Option<bool>,
}

debug_set_fields! {
    NewUser {
        external_id, first_name, last_name, locale, timezone, email_addresses, phone_numbers, web3_wallets, username,
        password, skip_password_checks, skip_password_requirement, totp_secret, backup_codes, metadata, delete_self_enabled,
        legal_accepted_at, skip_legal_checks, skip_user_requirement, create_organization_enabled,
        create_organizations_limit, created_at, bypass_client_trust, banned, locked
    }
}

impl NewUser {
    /// Creates a request with no fields set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the user's id in your system.
    #[must_use]
    pub fn external_id(mut self, external_id: impl IntoOptionalText) -> Self {
        self.external_id = external_id.into_optional_text();
        self
    }

    /// Sets the first name.
    #[must_use]
    pub fn first_name(mut self, first_name: impl IntoOptionalText) -> Self {
        self.first_name = first_name.into_optional_text();
        self
    }

    /// Sets the last name.
    #[must_use]
    pub fn last_name(mut self, last_name: impl IntoOptionalText) -> Self {
        self.last_name = last_name.into_optional_text();
        self
    }

    /// Sets the locale, as a BCP 47 tag (`en-US`).
    #[must_use]
    pub fn locale(mut self, locale: impl IntoOptionalText) -> Self {
        self.locale = locale.into_optional_text();
        self
    }

    /// Sets the time zone, as an IANA name (`Europe/Berlin`).
    #[must_use]
    pub fn timezone(mut self, timezone: impl IntoOptionalText) -> Self {
        self.timezone = timezone.into_optional_text();
        self
    }

    /// Adds a verified email address.
    #[must_use]
    pub fn email_address(mut self, email_address: impl IntoOptionalText) -> Self {
        self.email_addresses.extend(email_address.into_optional_text().map(NewIdentifier::verified));
        self
    }

    /// Adds a [reserved](IdentifierStatus::Reserved) email address.
    #[must_use]
    pub fn reserved_email_address(mut self, email_address: impl IntoOptionalText) -> Self {
        self.email_addresses.extend(email_address.into_optional_text().map(NewIdentifier::reserved));
        self
    }

    /// Adds a verified phone number in E.164 format (`+15550100123`).
    #[must_use]
    pub fn phone_number(mut self, phone_number: impl IntoOptionalText) -> Self {
        self.phone_numbers.extend(phone_number.into_optional_text().map(NewIdentifier::verified));
        self
    }

    /// Adds a [reserved](IdentifierStatus::Reserved) phone number in E.164 format (`+15550100123`).
    #[must_use]
    pub fn reserved_phone_number(mut self, phone_number: impl IntoOptionalText) -> Self {
        self.phone_numbers.extend(phone_number.into_optional_text().map(NewIdentifier::reserved));
        self
    }

    /// Adds a Web3 wallet address.
    #[must_use]
    pub fn web3_wallet(mut self, web3_wallet: impl IntoOptionalText) -> Self {
        self.web3_wallets.extend(web3_wallet.into_optional_text());
        self
    }

    /// Sets the username.
    #[must_use]
    pub fn username(mut self, username: impl IntoOptionalText) -> Self {
        self.username = username.into_optional_text();
        self
    }

    /// Sets the password, as a [`Password`](crate::Password) or a [`PasswordDigest`](crate::model::PasswordDigest).
    #[must_use]
    pub fn password(mut self, password: impl Into<NewPassword>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Sets whether to skip the password policy checks.
    #[must_use]
    pub fn skip_password_checks(mut self, skip: bool) -> Self {
        self.skip_password_checks = Some(skip);
        self
    }

    /// Sets whether to create the user without a password even if the instance requires one.
    ///
    /// Clerk does not allow this if a password is the only way to sign in to the instance.
    #[must_use]
    pub fn skip_password_requirement(mut self, skip: bool) -> Self {
        self.skip_password_requirement = Some(skip);
        self
    }

    /// Sets the authenticator app (TOTP) secret, in base32.
    #[must_use]
    pub fn totp_secret(mut self, secret: impl Into<TotpSecret>) -> Self {
        self.totp_secret = Some(secret.into());
        self
    }

    /// Sets the backup codes, in plain text or as bcrypt digests.
    #[must_use]
    pub fn backup_codes(mut self, codes: impl IntoIterator<Item = impl Into<BackupCode>>) -> Self {
        self.backup_codes = codes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the public metadata, which the frontend can read.
    #[must_use]
    pub fn public_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata.public = metadata;
        self
    }

    /// Sets the private metadata, which only the backend can read.
    #[must_use]
    pub fn private_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata.private = metadata;
        self
    }

    /// Sets the unsafe metadata, which the frontend can read and write.
    #[must_use]
    pub fn unsafe_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata.r#unsafe = metadata;
        self
    }

    /// Sets whether the user may delete their own account.
    #[must_use]
    pub fn delete_self_enabled(mut self, enabled: bool) -> Self {
        self.delete_self_enabled = Some(enabled);
        self
    }

    /// Sets the time at which the user accepted the legal terms, such as the terms of service.
    #[must_use]
    pub fn legal_accepted_at(mut self, at: Timestamp) -> Self {
        self.legal_accepted_at = Some(at);
        self
    }

    /// Sets whether to skip the check that the user accepted the legal terms.
    #[must_use]
    pub fn skip_legal_checks(mut self, skip: bool) -> Self {
        self.skip_legal_checks = Some(skip);
        self
    }

    /// Sets whether to create the user even if identifiers that the instance requires are missing.
    ///
    /// The user must still have an email address, phone number, username or wallet.
    #[must_use]
    pub fn skip_user_requirement(mut self, skip: bool) -> Self {
        self.skip_user_requirement = Some(skip);
        self
    }

    /// Sets whether the user may create organizations.
    #[must_use]
    pub fn create_organization_enabled(mut self, enabled: bool) -> Self {
        self.create_organization_enabled = Some(enabled);
        self
    }

    /// Sets the maximum number of organizations that the user may create; 0 means no limit.
    #[must_use]
    pub fn create_organizations_limit(mut self, limit: u32) -> Self {
        self.create_organizations_limit = Some(limit);
        self
    }

    /// Sets the time at which the user signed up. The default is the current time.
    #[must_use]
    pub fn created_at(mut self, at: Timestamp) -> Self {
        self.created_at = Some(at);
        self
    }

    /// Sets whether the user bypasses Clerk's device trust checks during sign-in.
    #[must_use]
    pub fn bypass_client_trust(mut self, bypass: bool) -> Self {
        self.bypass_client_trust = Some(bypass);
        self
    }

    /// Sets whether the new user is banned.
    #[must_use]
    pub fn banned(mut self, banned: bool) -> Self {
        self.banned = Some(banned);
        self
    }

    /// Sets whether the new user is locked.
    #[must_use]
    pub fn locked(mut self, locked: bool) -> Self {
        self.locked = Some(locked);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_user_text_setters_accept_text_or_option() {
        let none: Option<&str> = None;
        let ada = NewUser::new()
            .first_name("Ada")
            .last_name(String::from("Lovelace"))
            .username(Text::from("ada_lovelace"))
            .locale(Some("en-US"))
            .timezone(Some("Europe/London"))
            .external_id(Some(String::from("7")))
            .email_address(Some(Text::from("ada@example.com")))
            .phone_number(none)
            .reserved_phone_number(none)
            .reserved_email_address(none)
            .web3_wallet(none);
        let mut expected = NewUser::new();
        expected.first_name = Some("Ada".into());
        expected.last_name = Some("Lovelace".into());
        expected.username = Some("ada_lovelace".into());
        expected.locale = Some("en-US".into());
        expected.timezone = Some("Europe/London".into());
        expected.external_id = Some("7".into());
        expected.email_addresses = vec![NewIdentifier::verified("ada@example.com")];
        assert_eq!(ada, expected);
        assert_eq!(ada.external_id(none).external_id, None);
    }
}
