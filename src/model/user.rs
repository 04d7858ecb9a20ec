//! [`User`]: the result of most operations.

mod object;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::account::{EnterpriseAccount, ExternalAccount, SamlAccount};
use crate::model::id::{EmailAddressId, PhoneNumberId, UserId, Web3WalletId};
use crate::model::identifier::{EmailAddress, Passkey, PhoneNumber, Web3Wallet};
use crate::model::lenient::{self, millis};
use crate::model::list::List;
use crate::model::metadata::{Metadata, UserMetadata};
use crate::model::mfa::MfaState;
use crate::model::organization::OrganizationMembership;
use crate::model::text::Text;
use object::{NotDeleted, UserObject};

/// A user, with all fields of Clerk's `User` schema (API version 2026-05-12).
///
/// # Serialization
///
/// `Serialize` and `Deserialize` use Clerk's JSON format. **The JSON contains private metadata**, so do not send a
/// `User` to a browser. Instead, define a type that contains only the fields that the browser needs:
///
/// ```
/// use serde::Serialize;
/// use user_directory::{Text, User, UserId};
///
/// #[derive(Serialize)]
/// struct Profile {
///     id: UserId,
///     first_name: Option<Text>,
///     image_url: Option<Text>,
/// }
///
/// impl From<User> for Profile {
///     fn from(user: User) -> Self {
///         Self { id: user.id, first_name: user.first_name, image_url: user.image_url }
///     }
/// }
///
/// let profile = Profile::from(User::new("user_1".parse()?));
/// assert_eq!(serde_json::to_string(&profile)?, r#"{"id":"user_1","first_name":null,"image_url":null}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Decoding is lenient:
///
/// - Only the user's id is required.
/// - Unknown fields are ignored, and unknown enum values are preserved.
/// - Missing, `null` and invalid fields fall back to their default values. A value of an unexpected type is converted
///   if the conversion is unambiguous. For example, `"3"` is accepted as a number.
/// - Nested objects that lack a required field, such as an account or a membership without an id, are skipped.
///
/// With the `clerk` feature, invalid values are logged as warnings.
///
/// Decoding fails if the JSON object has a different type or is a deleted user (`"deleted":true`). To decode a deleted
/// user, use [`DeletedObject`](crate::model::DeletedObject).
///
/// # Examples
///
/// The struct is `#[non_exhaustive]`, because Clerk may add fields. In tests, create a user with [`User::new`]:
///
/// ```
/// use user_directory::model::EmailAddress;
/// use user_directory::User;
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
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "the fields of the API")]
pub struct User {
    /// Makes decoding fail if the object is not a user.
    #[serde(default)]
    object: UserObject,
    /// Makes decoding fail if the user is deleted.
    #[serde(default, skip_serializing)]
    deleted: NotDeleted,
    /// The user's id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: UserId,
    /// The user's id in your system, which is unique within the Clerk instance.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub external_id: Option<Text>,
    /// The id of the primary email address.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub primary_email_address_id: Option<EmailAddressId>,
    /// The id of the primary phone number.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub primary_phone_number_id: Option<PhoneNumberId>,
    /// The id of the primary Web3 wallet.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub primary_web3_wallet_id: Option<Web3WalletId>,
    /// The username, which is unique within the Clerk instance.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub username: Option<Text>,
    /// The first name.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub first_name: Option<Text>,
    /// The last name.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub last_name: Option<Text>,
    /// The locale, as a BCP 47 tag (`en-US`).
    #[serde(default, deserialize_with = "lenient::optional")]
    pub locale: Option<Text>,
    /// The time zone, as an IANA name (`Europe/Berlin`).
    ///
    /// Clerk's JavaScript SDK defines this field, but Clerk's `User` schema does not.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub timezone: Option<Text>,
    /// The URL of the profile image. Deprecated in Clerk's API: use [`image_url`](Self::image_url).
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub profile_image_url: Option<Text>,
    /// The URL of the profile image, or of a generated image if none was uploaded.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub image_url: Option<Text>,
    /// Whether the user has an uploaded profile image.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub has_image: bool,
    /// The public metadata, which the frontend can read.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub public_metadata: Metadata,
    /// The private metadata, which only the backend can read.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub private_metadata: Metadata,
    /// The unsafe metadata, which the frontend can read and write.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub unsafe_metadata: Metadata,
    /// The email addresses.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub email_addresses: List<EmailAddress>,
    /// The phone numbers.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub phone_numbers: List<PhoneNumber>,
    /// The Web3 wallets.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub web3_wallets: List<Web3Wallet>,
    /// The passkeys.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub passkeys: List<Passkey>,
    /// Whether the user has a password.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub password_enabled: bool,
    /// Whether the user has a second factor; see [`mfa_state`](Self::mfa_state).
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub two_factor_enabled: bool,
    /// Whether the user has an authenticator app.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub totp_enabled: bool,
    /// Whether the user has backup codes.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub backup_code_enabled: bool,
    /// When multi-factor authentication was last enabled, even if it has been disabled since.
    #[serde(default, with = "millis")]
    pub mfa_enabled_at: Option<Timestamp>,
    /// When multi-factor authentication was last disabled, even if it has been enabled since.
    #[serde(default, with = "millis")]
    pub mfa_disabled_at: Option<Timestamp>,
    /// When the password was last changed.
    #[serde(default, with = "millis")]
    pub password_last_updated_at: Option<Timestamp>,
    /// Whether the user must reset their password at the next sign-in.
    ///
    /// Clerk's documentation for the `UnsetUserPasswordCompromised` operation mentions this field, but Clerk's `User`
    /// schema does not.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub requires_password_reset: Option<bool>,
    /// The accounts at OAuth providers.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub external_accounts: List<ExternalAccount>,
    /// The accounts at SAML identity providers.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub saml_accounts: List<SamlAccount>,
    /// The accounts at enterprise identity providers.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub enterprise_accounts: List<EnterpriseAccount>,
    /// The organization memberships, if the response includes them.
    #[serde(default, deserialize_with = "lenient::or_default", skip_serializing_if = "List::is_empty")]
    pub organization_memberships: List<OrganizationMembership>,
    /// When the user last signed in.
    #[serde(default, with = "millis")]
    pub last_sign_in_at: Option<Timestamp>,
    /// Whether the user is banned.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub banned: bool,
    /// Whether the user is locked.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub locked: bool,
    /// Whether the user was deprovisioned through directory sync (SCIM). A deprovisioned user cannot sign in.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub deprovisioned: Option<bool>,
    /// The number of seconds until the lock expires.
    ///
    /// The value is `None` if the user is not locked or the lock does not expire.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub lockout_expires_in_seconds: Option<u64>,
    /// The number of failed sign-in attempts that remain before the user is locked, or `None` if lockout is disabled.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub verification_attempts_remaining: Option<u64>,
    /// When the user was last updated.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
    /// When the user was created.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// Whether the user may delete their own account.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub delete_self_enabled: bool,
    /// Whether the user may create organizations.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub create_organization_enabled: bool,
    /// The maximum number of organizations that the user may create; 0 means no limit.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub create_organizations_limit: Option<u64>,
    /// When the user was last active (with day precision), or `None` if the user was never active.
    #[serde(default, with = "millis")]
    pub last_active_at: Option<Timestamp>,
    /// When the user accepted the legal terms, such as the terms of service.
    #[serde(default, with = "millis")]
    pub legal_accepted_at: Option<Timestamp>,
    /// Whether the user bypasses Clerk's device trust checks during sign-in.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub bypass_client_trust: bool,
    /// The SCIM directory that provisions the user.
    ///
    /// Clerk sends this field only in webhooks.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub scim: Option<ScimProvisioning>,
}

/// The SCIM directory that provisions a user (Clerk's `SCIMUserMetadata` schema).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScimProvisioning {
    /// The directory's id.
    #[serde(deserialize_with = "lenient::required")]
    pub directory_id: Text,
    /// Whether the directory is enabled.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub directory_enabled: bool,
    /// The user's external id, as reported by the directory.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub external_id: Option<Text>,
}

impl lenient::Object for ScimProvisioning {}

impl ScimProvisioning {
    /// Creates provisioning data for a disabled directory with the given id.
    #[must_use]
    pub fn new(directory_id: impl Into<Text>) -> Self {
        Self { directory_id: directory_id.into(), directory_enabled: false, external_id: None }
    }
}

impl User {
    /// Creates a user with the given id. All other fields are empty, `None` or `false`.
    #[must_use]
    pub fn new(id: UserId) -> Self {
        Self {
            object: UserObject,
            deleted: NotDeleted,
            id,
            external_id: None,
            primary_email_address_id: None,
            primary_phone_number_id: None,
            primary_web3_wallet_id: None,
            username: None,
            first_name: None,
            last_name: None,
            locale: None,
            timezone: None,
            profile_image_url: None,
            image_url: None,
            has_image: false,
            public_metadata: Metadata::default(),
            private_metadata: Metadata::default(),
            unsafe_metadata: Metadata::default(),
            email_addresses: List::new(),
            phone_numbers: List::new(),
            web3_wallets: List::new(),
            passkeys: List::new(),
            password_enabled: false,
            two_factor_enabled: false,
            totp_enabled: false,
            backup_code_enabled: false,
            mfa_enabled_at: None,
            mfa_disabled_at: None,
            password_last_updated_at: None,
            requires_password_reset: None,
            external_accounts: List::new(),
            saml_accounts: List::new(),
            enterprise_accounts: List::new(),
            organization_memberships: List::new(),
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

    /// Returns the public, private and unsafe metadata.
    #[must_use]
    pub fn metadata(&self) -> UserMetadata {
        UserMetadata {
            public: self.public_metadata.clone(),
            private: self.private_metadata.clone(),
            r#unsafe: self.unsafe_metadata.clone(),
        }
    }

    /// Returns the state of the user's second factors.
    #[must_use]
    pub fn mfa_state(&self) -> MfaState {
        MfaState::from(self)
    }

    /// Returns the primary email address.
    #[must_use]
    pub fn primary_email_address(&self) -> Option<&EmailAddress> {
        let id = self.primary_email_address_id.as_ref()?;
        self.email_addresses.iter().find(|email| email.id.as_ref() == Some(id))
    }

    /// Returns the primary phone number.
    #[must_use]
    pub fn primary_phone_number(&self) -> Option<&PhoneNumber> {
        let id = self.primary_phone_number_id.as_ref()?;
        self.phone_numbers.iter().find(|phone| phone.id.as_ref() == Some(id))
    }

    /// Returns the primary Web3 wallet.
    #[must_use]
    pub fn primary_web3_wallet(&self) -> Option<&Web3Wallet> {
        let id = self.primary_web3_wallet_id.as_ref()?;
        self.web3_wallets.iter().find(|wallet| wallet.id.as_ref() == Some(id))
    }

    /// Returns the first and last name, separated by a space, or `None` if the user has neither.
    ///
    /// Leading and trailing whitespace is trimmed from each name. A blank name is treated as missing.
    #[must_use]
    pub fn full_name(&self) -> Option<String> {
        let names = [&self.first_name, &self.last_name].into_iter().flatten().map(|name| name.trim());
        let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
        (!names.is_empty()).then(|| names.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_name_joins_the_names_that_are_not_empty() {
        for (first, last, full) in [
            (Some("Ada"), Some("Lovelace"), Some("Ada Lovelace")),
            (Some(""), Some("Lovelace"), Some("Lovelace")),
            (Some("Ada"), Some(""), Some("Ada")),
            (None, Some("Lovelace"), Some("Lovelace")),
            (Some(""), Some(""), None),
            (Some(""), None, None),
            (Some(" "), Some("Lovelace"), Some("Lovelace")),
            (Some("Ada "), Some(" Lovelace"), Some("Ada Lovelace")),
            (Some(" "), Some("\t"), None),
            (None, None, None),
        ] {
            let mut user = User::new(UserId::new("user_1").unwrap());
            (user.first_name, user.last_name) = (first.map(Text::from), last.map(Text::from));
            assert_eq!(user.full_name().as_deref(), full, "{first:?} {last:?}");
        }
    }
}
