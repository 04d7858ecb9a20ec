//! [`UserUpdate`]: the argument of `update`, and [`Patch`], a change to one field.

use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer};

use crate::error::{InputRule, Result};
use crate::model::debug::debug_set_fields;
use crate::model::id::{EmailAddressId, ImageId, PhoneNumberId, Web3WalletId};
use crate::model::password::NewPassword;
use crate::model::secret::{BackupCode, TotpSecret};
use crate::model::sessions::Sessions;
use crate::model::text::Text;

/// A change to one field: keep it, clear it or set it.
///
/// To convert an `Option`, use `option.map_or(Patch::Keep, Patch::Set)` if `None` keeps the field, or
/// `option.map_or(Patch::Clear, Patch::Set)` if `None` clears it.
///
/// In a request type that derives `Deserialize`, a `Patch` field with `#[serde(default)]` is [`Keep`](Self::Keep) if it
/// is missing from the input, and [`Clear`](Self::Clear) if it is `null`. Without the attribute, a missing field is an
/// error.
///
/// ```
/// use user_directory::{Patch, Text};
///
/// #[derive(serde::Deserialize)]
/// struct Change {
///     #[serde(default)]
///     first_name: Patch<Text>,
///     #[serde(default)]
///     last_name: Patch<Text>,
///     #[serde(default)]
///     username: Patch<Text>,
/// }
///
/// let change: Change = serde_json::from_str(r#"{"first_name":"Ada","last_name":null}"#)?;
/// assert_eq!(change.first_name, Patch::Set("Ada".into()));
/// assert_eq!(change.last_name, Patch::Clear);
/// assert_eq!(change.username, Patch::Keep);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Keeps the field. The request omits it.
    #[default]
    Keep,
    /// Clears the field. The request sets it to `null`.
    ///
    /// Clerk does not document the effect on Boolean fields and [`created_at`](UserUpdate::created_at).
    /// [`StoreUserDirectory`](crate::StoreUserDirectory) resets Boolean fields to the default values for new users, and
    /// does not change `created_at`.
    Clear,
    /// Sets the field to a value.
    Set(T),
}

impl<T> Patch<T> {
    /// Returns `true` if the field is kept.
    #[must_use]
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// Applies the change to `field`.
    pub fn apply_to(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PatchVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for PatchVisitor<T> {
            type Value = Patch<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or null")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Patch<T>, D::Error> {
                Ok(Option::deserialize(deserializer)?.map_or(Patch::Clear, Patch::Set))
            }
        }

        // `Option::deserialize` would decode a missing field without `#[serde(default)]` like `null`.
        deserializer.deserialize_newtype_struct("Patch", PatchVisitor(PhantomData))
    }
}

/// A partial update of a user, for [`UserDirectory::update`](crate::UserDirectory::update).
///
/// This type supports all parameters of Clerk's `UpdateUser` operation (API version 2026-05-12).
///
/// Fields that are neither set nor cleared keep their values. To set a field from an `Option`, convert the `Option` to
/// a [`Patch`] and assign the result to the field. For the limits on field values, see
/// [`UserDirectory`](crate::UserDirectory#limits). `Debug` shows only the fields that are set or cleared.
///
/// To change metadata, use [`MetadataUpdate`](crate::MetadataUpdate) or
/// [`MetadataReplacement`](crate::MetadataReplacement).
///
/// ```
/// use user_directory::{Patch, UserUpdate};
///
/// let update = UserUpdate::new().first_name("Augusta").clear_username();
/// assert_eq!(update.first_name, Patch::Set("Augusta".into()));
/// assert_eq!(update.username, Patch::Clear);
/// assert_eq!(update.last_name, Patch::Keep);
/// ```
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct UserUpdate {
    /// The user's id in your system, which must be unique within the Clerk instance.
    pub external_id: Patch<Text>,
    /// The first name.
    pub first_name: Patch<Text>,
    /// The last name.
    pub last_name: Patch<Text>,
    /// The locale, as a BCP 47 tag (`en-US`).
    pub locale: Patch<Text>,
    /// The time zone, as an IANA name (`Europe/Berlin`).
    pub timezone: Patch<Text>,
    /// The id of the primary email address, which must be one of the user's verified email addresses.
    pub primary_email_address_id: Patch<EmailAddressId>,
    /// Whether to notify the user that the primary email address changed.
    pub notify_primary_email_address_changed: Option<bool>,
    /// The id of the primary phone number, which must be one of the user's verified phone numbers.
    pub primary_phone_number_id: Patch<PhoneNumberId>,
    /// The id of the primary Web3 wallet, which must be one of the user's verified wallets.
    pub primary_web3_wallet_id: Patch<Web3WalletId>,
    /// The username, which must be unique within the Clerk instance.
    pub username: Patch<Text>,
    /// The id of an uploaded image to use as the profile image.
    pub profile_image_id: Patch<ImageId>,
    /// The new password.
    ///
    /// To remove the password, call [`remove_password`](crate::UserDirectory::remove_password).
    pub password: Option<NewPassword>,
    /// Whether to skip the password policy checks. `true` requires a plaintext password.
    pub skip_password_checks: Option<bool>,
    /// Whether to revoke the user's other sessions. [`Sessions::Revoke`] requires a plaintext password.
    pub other_sessions: Option<Sessions>,
    /// The authenticator app (TOTP) secret, in base32.
    pub totp_secret: Patch<TotpSecret>,
    /// The backup codes, in plain text or as bcrypt digests.
    pub backup_codes: Option<Vec<BackupCode>>,
    /// Whether the user may delete their own account.
    pub delete_self_enabled: Patch<bool>,
    /// Whether the user may create organizations.
    pub create_organization_enabled: Patch<bool>,
    /// When the user accepted the legal terms, such as the terms of service.
    pub legal_accepted_at: Patch<Timestamp>,
    /// Whether to skip the check that the user accepted the legal terms.
    pub skip_legal_checks: Option<bool>,
    /// The maximum number of organizations that the user may create; 0 means no limit.
    pub create_organizations_limit: Patch<u32>,
    /// When the user signed up.
    pub created_at: Patch<Timestamp>,
    /// Whether the user bypasses Clerk's device trust checks during sign-in.
    pub bypass_client_trust: Patch<bool>,
}

debug_set_fields! {
    UserUpdate {
        external_id, first_name, last_name, locale, timezone, primary_email_address_id,
        notify_primary_email_address_changed, primary_phone_number_id, primary_web3_wallet_id, username,
        profile_image_id, password, skip_password_checks, other_sessions, totp_secret, backup_codes,
        delete_self_enabled, create_organization_enabled, legal_accepted_at, skip_legal_checks,
        create_organizations_limit, created_at, bypass_client_trust
    }
}

macro_rules! setters {
    ($($(#[$meta:meta])* $field:ident: $type:ty, $clear:ident;)+) => {$(
        $(#[$meta])*
        #[must_use]
        pub fn $field(mut self, value: impl Into<$type>) -> Self {
            self.$field = Patch::Set(value.into());
            self
        }

        #[doc = concat!("Clears `", stringify!($field), "`; see [`Patch::Clear`].")]
        #[must_use]
        pub fn $clear(mut self) -> Self {
            self.$field = Patch::Clear;
            self
        }
    )+};
}

impl UserUpdate {
    /// Creates an empty update.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Sets the user's id in your system.
        external_id: Text, clear_external_id;
        /// Sets the first name.
        first_name: Text, clear_first_name;
        /// Sets the last name.
        last_name: Text, clear_last_name;
        /// Sets the locale, as a BCP 47 tag (`en-US`).
        locale: Text, clear_locale;
        /// Sets the time zone, as an IANA name (`Europe/Berlin`).
        timezone: Text, clear_timezone;
        /// Sets the id of the primary email address, which must be one of the user's verified email addresses.
        primary_email_address_id: EmailAddressId, clear_primary_email_address_id;
        /// Sets the id of the primary phone number, which must be one of the user's verified phone numbers.
        primary_phone_number_id: PhoneNumberId, clear_primary_phone_number_id;
        /// Sets the id of the primary Web3 wallet, which must be one of the user's verified wallets.
        primary_web3_wallet_id: Web3WalletId, clear_primary_web3_wallet_id;
        /// Sets the username.
        username: Text, clear_username;
        /// Sets the id of an uploaded image to use as the profile image.
        profile_image_id: ImageId, clear_profile_image_id;
        /// Sets the authenticator app (TOTP) secret, in base32.
        totp_secret: TotpSecret, clear_totp_secret;
        /// Sets whether the user may delete their own account.
        delete_self_enabled: bool, clear_delete_self_enabled;
        /// Sets whether the user may create organizations.
        create_organization_enabled: bool, clear_create_organization_enabled;
        /// Sets the time at which the user accepted the legal terms, such as the terms of service.
        legal_accepted_at: Timestamp, clear_legal_accepted_at;
        /// Sets the maximum number of organizations that the user may create; 0 means no limit.
        create_organizations_limit: u32, clear_create_organizations_limit;
        /// Sets the time at which the user signed up.
        created_at: Timestamp, clear_created_at;
        /// Sets whether the user bypasses Clerk's device trust checks during sign-in.
        bypass_client_trust: bool, clear_bypass_client_trust;
    }

    /// Sets whether to notify the user that the primary email address changed.
    #[must_use]
    pub fn notify_primary_email_address_changed(mut self, notify: bool) -> Self {
        self.notify_primary_email_address_changed = Some(notify);
        self
    }

    /// Sets the password, as a [`Password`](crate::Password) or a [`PasswordDigest`](crate::model::PasswordDigest).
    #[must_use]
    pub fn password(mut self, password: impl Into<NewPassword>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Sets whether to skip the password policy checks. `true` requires a plaintext password.
    #[must_use]
    pub fn skip_password_checks(mut self, skip: bool) -> Self {
        self.skip_password_checks = Some(skip);
        self
    }

    /// Sets whether to revoke the user's other sessions.
    ///
    /// [`Sessions::Revoke`] requires a plaintext password.
    #[must_use]
    pub fn other_sessions(mut self, sessions: Sessions) -> Self {
        self.other_sessions = Some(sessions);
        self
    }

    /// Sets the backup codes, in plain text or as bcrypt digests.
    #[must_use]
    pub fn backup_codes(mut self, codes: impl IntoIterator<Item = impl Into<BackupCode>>) -> Self {
        self.backup_codes = Some(codes.into_iter().map(Into::into).collect());
        self
    }

    /// Sets whether to skip the check that the user accepted the legal terms.
    #[must_use]
    pub fn skip_legal_checks(mut self, skip: bool) -> Self {
        self.skip_legal_checks = Some(skip);
        self
    }

    /// Checks that a plaintext password is set if an option requires one.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if `skip_password_checks` is `true` or `other_sessions`
    /// is [`Sessions::Revoke`], but no plaintext password is set.
    pub fn validate(&self) -> Result<()> {
        let plain = matches!(self.password, Some(NewPassword::Plain(_)));
        if self.skip_password_checks == Some(true) && !plain {
            return Err(InputRule::PlainPassword.violated_by("skip_password_checks"));
        }
        if self.other_sessions == Some(Sessions::Revoke) && !plain {
            return Err(InputRule::PlainPassword.violated_by("sign_out_of_other_sessions"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patch_deserialize_distinguishes_missing_null_and_set() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Change {
            #[serde(default)]
            first_name: Patch<Text>,
            #[serde(default)]
            limit: Patch<u32>,
        }

        #[derive(Debug, Deserialize)]
        struct Forgotten {
            #[expect(dead_code, reason = "its deserialization fails")]
            first_name: Patch<Text>,
        }

        for (json, first_name, limit) in [
            ("{}", Patch::Keep, Patch::Keep),
            (r#"{"first_name":null,"limit":5}"#, Patch::Clear, Patch::Set(5)),
            (r#"{"first_name":"","limit":null}"#, Patch::Set("".into()), Patch::Clear),
        ] {
            let expected = Change { first_name, limit };
            assert_eq!(serde_json::from_str::<Change>(json).unwrap(), expected);
            let value: serde_json::Value = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::from_value::<Change>(value).unwrap(), expected);
        }
        assert!(serde_json::from_str::<Change>(r#"{"limit":"many"}"#).is_err());
        let error = serde_json::from_str::<Forgotten>("{}").unwrap_err().to_string();
        assert!(error.starts_with("missing field `first_name`"), "{error}");
    }
}
