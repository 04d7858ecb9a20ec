//! [`InstanceSettings`]: the settings of a Clerk instance.

mod attribute;
mod json;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

pub use attribute::{Attribute, Requirement};

use super::password_hash::BCRYPT_COSTS;
use super::validation::MAX_PASSWORD_BYTES;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{InstanceId, OAuthProvider};

/// The instance settings of a [`StoreUserDirectory`](crate::StoreUserDirectory), such as required attributes and
/// limits.
///
/// In Clerk, most of these settings are configured in the dashboard.
///
/// [`new`](Self::new) and `default` return the settings of a new Clerk instance. [`permissive`](Self::permissive)
/// enables every attribute and feature.
///
/// If a call fails because of a setting, the [`long_message`](crate::ErrorDetail::long_message) of the error contains
/// the name of the setting. In JSON, each setting has the same name as its method, except
/// [`lockout_duration`](Self::lockout_duration).
///
/// ```
/// use user_directory::store_directory::{InstanceSettings, Requirement};
/// use user_directory::{InMemoryUserDirectory, NewUser, Password, UserDirectory};
///
/// # tokio_test::block_on(async {
/// let ada = NewUser::new().email_address("ada@example.com").password(Password::new("correct horse battery"));
///
/// // In a new instance, usernames are disabled.
/// let directory = InMemoryUserDirectory::new();
/// let error = directory.create(&ada.clone().username("ada_lovelace")).await.unwrap_err();
/// assert_eq!(error.param_name(), Some("username"));
///
/// let settings = InstanceSettings::new().username(Requirement::Optional);
/// let directory = InMemoryUserDirectory::builder().settings(settings).build();
/// directory.create(&ada.username("ada_lovelace")).await?;
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "each is a separate switch of an instance")]
pub struct InstanceSettings {
    email_address: Requirement,
    phone_number: Requirement,
    username: Requirement,
    web3_wallet: Requirement,
    password: Requirement,
    first_name: Requirement,
    last_name: Requirement,
    pub(crate) directory_managed: Vec<Attribute>,
    pub(crate) min_username_length: usize,
    pub(crate) max_username_length: usize,
    pub(crate) extended_username_characters: bool,
    pub(crate) min_password_length: usize,
    pub(crate) require_uppercase: bool,
    pub(crate) require_lowercase: bool,
    pub(crate) require_number: bool,
    pub(crate) require_special_character: bool,
    pub(crate) leaked_passwords: Vec<String>,
    pub(crate) unknown_password_hashers: bool,
    #[serde(deserialize_with = "cost_in_range")]
    pub(crate) bcrypt_cost: Option<u32>,
    pub(crate) lockout: bool,
    #[serde(rename = "lockout_duration_in_seconds", with = "seconds")]
    pub(crate) lockout_duration: Option<Duration>,
    pub(crate) max_verification_attempts: u64,
    pub(crate) oauth_providers: Option<Vec<OAuthProvider>>,
    pub(crate) bans: bool,
    pub(crate) billing: bool,
    pub(crate) organizations: bool,
    pub(crate) trusted_devices: bool,
    pub(crate) max_users: Option<usize>,
    pub(crate) instance_id: Option<InstanceId>,
}

impl Default for InstanceSettings {
    fn default() -> Self {
        Self::new()
    }
}

fn cost_in_range<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let cost: Option<u32> = Option::deserialize(deserializer)?;
    if cost.is_none_or(|cost| BCRYPT_COSTS.contains(&cost)) {
        Ok(cost)
    } else {
        Err(serde::de::Error::custom("the bcrypt cost is out of range"))
    }
}

impl InstanceSettings {
    /// The default [bcrypt cost](Self::bcrypt_cost) of new password digests.
    pub const DEFAULT_BCRYPT_COST: u32 = 10;

    /// Returns the settings of a new Clerk instance.
    ///
    /// An email address and a password are required. First and last names are optional. Phone numbers, usernames,
    /// wallets, OAuth providers, organizations and billing are disabled. Lockout, bans and trusted devices are enabled.
    #[must_use]
    pub fn new() -> Self {
        Self {
            email_address: Requirement::Required,
            phone_number: Requirement::Off,
            username: Requirement::Off,
            web3_wallet: Requirement::Off,
            password: Requirement::Required,
            first_name: Requirement::Optional,
            last_name: Requirement::Optional,
            directory_managed: Vec::new(),
            min_username_length: 4,
            max_username_length: 64,
            extended_username_characters: false,
            min_password_length: 8,
            require_uppercase: false,
            require_lowercase: false,
            require_number: false,
            require_special_character: false,
            leaked_passwords: Vec::new(),
            unknown_password_hashers: false,
            bcrypt_cost: None,
            lockout: true,
            lockout_duration: Some(Duration::from_secs(3600)),
            max_verification_attempts: 10,
            oauth_providers: Some(Vec::new()),
            bans: true,
            billing: false,
            organizations: false,
            trusted_devices: true,
            max_users: None,
            instance_id: None,
        }
    }

    /// Returns settings in which every attribute is optional, and every feature and OAuth provider is enabled.
    ///
    /// Use these settings in tests that do not depend on specific settings. Formats and limits, such as the minimum
    /// username length, are the same as in a new Clerk instance.
    ///
    /// ```
    /// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
    ///
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::permissive();
    /// directory.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?;
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn permissive() -> Self {
        let mut settings = Self::new().oauth_providers(None).billing(true).organizations(true);
        for attribute in Attribute::ALL {
            settings = settings.attribute(attribute, Requirement::Optional);
        }
        settings
    }

    /// Returns a copy of these settings, updated from a JSON object.
    ///
    /// Settings that are missing from the object are unchanged. `json` can start with a byte order mark.
    ///
    /// ```
    /// use user_directory::store_directory::{InstanceSettings, Requirement};
    ///
    /// let json = r#"{"username": "required", "min_username_length": 6, "max_users": 100}"#;
    /// let settings = InstanceSettings::new().with_json(json)?;
    ///
    /// let same = InstanceSettings::new().username(Requirement::Required).min_username_length(6).max_users(100);
    /// assert_eq!(settings, same);
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](ErrorKind::InvalidInput) if `json` is not a JSON object, if it contains an unknown
    /// setting or an invalid value, or if the resulting settings contradict each other. The message contains the names
    /// of the affected settings.
    pub fn with_json(&self, json: &str) -> Result<Self> {
        let invalid = |why: &dyn fmt::Display| {
            Error::new(ErrorKind::InvalidInput).with_message(format!("invalid instance settings: {why}"))
        };
        let mut settings = self.clone();
        for (name, value) in json::parse(json).map_err(|why| invalid(&why))? {
            settings = settings.with(&name, value).map_err(|error| match json::allowed_values(&name) {
                Some(allowed) => invalid(&format_args!("`{name}` must be {allowed}")),
                // The error lists the names of the settings.
                None => invalid(&error),
            })?;
        }
        settings.check().map_err(|why| invalid(&why))?;
        Ok(settings)
    }

    /// Sets one setting from JSON.
    fn with(&self, name: &str, value: Value) -> serde_json::Result<Self> {
        let mut all: serde_json::Map<String, Value> = serde_json::from_value(serde_json::to_value(self)?)?;
        all.insert(name.to_owned(), value);
        let settings: Self = serde_json::from_value(all.into())?;
        // `lockout_duration` accepts zero, so only the new value is checked.
        if name == "lockout_duration_in_seconds" && settings.lockout_duration == Some(Duration::ZERO) {
            return Err(serde::de::Error::custom("the duration is zero"));
        }
        Ok(settings)
    }

    /// Checks the length limits and the OAuth providers. Returns the reason if a setting is invalid.
    fn check(&self) -> Result<(), String> {
        let (min, max) = (self.min_username_length, self.max_username_length);
        if min > max {
            return Err(format!("`min_username_length` is {min}, but `max_username_length` is {max}"));
        }
        if self.min_password_length > MAX_PASSWORD_BYTES {
            return Err(format!("`min_password_length` is greater than {MAX_PASSWORD_BYTES}"));
        }
        let mut providers = self.oauth_providers.iter().flatten();
        match providers.find(|provider| !provider.is_known()) {
            Some(unknown) => Err(format!("`oauth_providers` contains the unknown provider {unknown}")),
            None => Ok(()),
        }
    }

    /// Sets the requirement for an attribute.
    #[must_use]
    pub fn attribute(mut self, attribute: Attribute, requirement: Requirement) -> Self {
        *self.requirement_mut(attribute) = requirement;
        self
    }

    /// Returns the requirement for an attribute.
    #[must_use]
    pub fn requirement(&self, attribute: Attribute) -> Requirement {
        match attribute {
            Attribute::EmailAddress => self.email_address,
            Attribute::PhoneNumber => self.phone_number,
            Attribute::Username => self.username,
            Attribute::Web3Wallet => self.web3_wallet,
            Attribute::Password => self.password,
            Attribute::FirstName => self.first_name,
            Attribute::LastName => self.last_name,
        }
    }

    fn requirement_mut(&mut self, attribute: Attribute) -> &mut Requirement {
        match attribute {
            Attribute::EmailAddress => &mut self.email_address,
            Attribute::PhoneNumber => &mut self.phone_number,
            Attribute::Username => &mut self.username,
            Attribute::Web3Wallet => &mut self.web3_wallet,
            Attribute::Password => &mut self.password,
            Attribute::FirstName => &mut self.first_name,
            Attribute::LastName => &mut self.last_name,
        }
    }

    /// Sets the requirement for email addresses. Default: required.
    ///
    /// [`skip_user_requirement`](crate::NewUser::skip_user_requirement) exempts a new user from all requirements except
    /// the password requirement. The user must still have an identifier.
    #[must_use]
    pub fn email_address(self, requirement: Requirement) -> Self {
        self.attribute(Attribute::EmailAddress, requirement)
    }

    /// Sets the requirement for phone numbers. Default: off.
    #[must_use]
    pub fn phone_number(self, requirement: Requirement) -> Self {
        self.attribute(Attribute::PhoneNumber, requirement)
    }

    /// Sets the requirement for usernames. Default: off.
    #[must_use]
    pub fn username(self, requirement: Requirement) -> Self {
        self.attribute(Attribute::Username, requirement)
    }

    /// Sets the requirement for Web3 wallets. Default: off.
    #[must_use]
    pub fn web3_wallet(self, requirement: Requirement) -> Self {
        self.attribute(Attribute::Web3Wallet, requirement)
    }

    /// Sets the requirement for passwords. Default: required.
    ///
    /// [`skip_password_requirement`](crate::NewUser::skip_password_requirement) exempts a new user from this
    /// requirement. It has no effect if email addresses, phone numbers, wallets and OAuth providers are all disabled,
    /// because a password is then the only way to sign in.
    #[must_use]
    pub fn password(self, requirement: Requirement) -> Self {
        self.attribute(Attribute::Password, requirement)
    }

    /// Sets the requirement for first names. Default: optional.
    #[must_use]
    pub fn first_name(self, requirement: Requirement) -> Self {
        self.attribute(Attribute::FirstName, requirement)
    }

    /// Sets the requirement for last names. Default: optional.
    #[must_use]
    pub fn last_name(self, requirement: Requirement) -> Self {
        self.attribute(Attribute::LastName, requirement)
    }

    /// Sets the attributes that a SCIM directory manages. Default: none.
    ///
    /// These attributes cannot be changed for users who are [managed by a SCIM
    /// directory](crate::StoreUserDirectory::set_managed_by_scim).
    #[must_use]
    pub fn directory_managed(mut self, attributes: impl IntoIterator<Item = Attribute>) -> Self {
        self.directory_managed = attributes.into_iter().collect();
        self
    }

    /// Sets the minimum username length, in characters. Default: 4.
    #[must_use]
    pub fn min_username_length(mut self, characters: usize) -> Self {
        self.min_username_length = characters;
        self
    }

    /// Sets the maximum username length, in characters. Default: 64.
    #[must_use]
    pub fn max_username_length(mut self, characters: usize) -> Self {
        self.max_username_length = characters;
        self
    }

    /// Sets whether usernames can contain the characters ``^$!.`#+~'``. Default: `false`.
    ///
    /// ASCII letters, digits, `_` and `-` are always allowed.
    #[must_use]
    pub fn extended_username_characters(mut self, allowed: bool) -> Self {
        self.extended_username_characters = allowed;
        self
    }

    /// Sets the minimum password length, in characters. Default: 8.
    #[must_use]
    pub fn min_password_length(mut self, characters: usize) -> Self {
        self.min_password_length = characters;
        self
    }

    /// Sets whether a password must contain an uppercase letter. Default: `false`.
    #[must_use]
    pub fn require_uppercase(mut self, required: bool) -> Self {
        self.require_uppercase = required;
        self
    }

    /// Sets whether a password must contain a lowercase letter. Default: `false`.
    #[must_use]
    pub fn require_lowercase(mut self, required: bool) -> Self {
        self.require_lowercase = required;
        self
    }

    /// Sets whether a password must contain a digit (`0` to `9`). Default: `false`.
    #[must_use]
    pub fn require_number(mut self, required: bool) -> Self {
        self.require_number = required;
        self
    }

    /// Sets whether a password must contain a special character. Default: `false`.
    ///
    /// Letters, numbers and whitespace are not special characters.
    #[must_use]
    pub fn require_special_character(mut self, required: bool) -> Self {
        self.require_special_character = required;
        self
    }

    /// Sets the passwords that are rejected as leaked. Default: none.
    #[must_use]
    pub fn leaked_passwords(mut self, passwords: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.leaked_passwords = passwords.into_iter().map(Into::into).collect();
        self
    }

    /// Sets whether digests with unknown password hashers are accepted. Default: `false`.
    ///
    /// Use this setting for dry runs of imports into Clerk, which may support more hashers than this crate. The format
    /// of a digest with an unknown hasher is not validated. Verifying a password against such a digest fails with
    /// [`Configuration`](ErrorKind::Configuration).
    ///
    /// ```
    /// use user_directory::model::{PasswordDigest, PasswordHasher};
    /// use user_directory::store_directory::InstanceSettings;
    /// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
    ///
    /// # tokio_test::block_on(async {
    /// let digest = PasswordDigest::new(PasswordHasher::from("new_hasher"), "the digest");
    /// let ada = NewUser::new().email_address("ada@example.com").password(digest);
    /// assert!(InMemoryUserDirectory::new().create(&ada).await.is_err());
    ///
    /// let settings = InstanceSettings::new().unknown_password_hashers(true);
    /// InMemoryUserDirectory::builder().settings(settings).build().create(&ada).await?;
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn unknown_password_hashers(mut self, accepted: bool) -> Self {
        self.unknown_password_hashers = accepted;
        self
    }

    /// Sets the bcrypt cost of new password digests, clamped to the range from 4 to 15.
    ///
    /// [`with_json`](Self::with_json) rejects values outside this range.
    ///
    /// The default is [`DEFAULT_BCRYPT_COST`](Self::DEFAULT_BCRYPT_COST), or 4 for directories created by
    /// `InMemoryUserDirectory::new`, `permissive` or `builder`.
    #[must_use]
    pub fn bcrypt_cost(mut self, cost: u32) -> Self {
        self.bcrypt_cost = Some(cost.clamp(*BCRYPT_COSTS.start(), *BCRYPT_COSTS.end()));
        self
    }

    /// Sets whether users can be locked. Default: `true`.
    #[must_use]
    pub fn lockout(mut self, enabled: bool) -> Self {
        self.lockout = enabled;
        self
    }

    /// Sets how long a user stays locked. Default: 1 hour.
    ///
    /// If the duration is `None`, locks do not expire. If the duration is zero, locks expire immediately.
    ///
    /// In JSON, the setting is named `lockout_duration_in_seconds`, and [`with_json`](Self::with_json) rejects zero.
    #[must_use]
    pub fn lockout_duration(mut self, duration: impl Into<Option<Duration>>) -> Self {
        self.lockout_duration = duration.into();
        self
    }

    /// Sets the number of failed sign-in attempts after which a user is locked. Default: 10.
    ///
    /// The directory does not handle sign-ins, so it never locks a user because of failed attempts. If
    /// [lockout](Self::lockout) is enabled,
    /// [`User::verification_attempts_remaining`](crate::User::verification_attempts_remaining) always has this value.
    #[must_use]
    pub fn max_verification_attempts(mut self, attempts: u64) -> Self {
        self.max_verification_attempts = attempts;
        self
    }

    /// Sets the enabled OAuth providers. Default: an empty list.
    ///
    /// An empty list disables all providers. `None` enables all providers.
    #[must_use]
    pub fn oauth_providers(mut self, providers: impl Into<Option<Vec<OAuthProvider>>>) -> Self {
        self.oauth_providers = providers.into();
        self
    }

    /// Sets whether users can be banned. Default: `true`.
    ///
    /// Some Clerk plans do not include bans.
    #[must_use]
    pub fn bans(mut self, enabled: bool) -> Self {
        self.bans = enabled;
        self
    }

    /// Sets whether billing is enabled. Default: `false`.
    #[must_use]
    pub fn billing(mut self, enabled: bool) -> Self {
        self.billing = enabled;
        self
    }

    /// Sets whether organizations are enabled. Default: `false`.
    #[must_use]
    pub fn organizations(mut self, enabled: bool) -> Self {
        self.organizations = enabled;
        self
    }

    /// Sets whether trusted devices are enabled. Default: `true`.
    #[must_use]
    pub fn trusted_devices(mut self, enabled: bool) -> Self {
        self.trusted_devices = enabled;
        self
    }

    /// Sets the maximum number of users. Default: `None`, which means no limit.
    ///
    /// At the limit, `create` fails, but users can still be [loaded](crate::StoreUserDirectory::load). A Clerk
    /// development instance is limited to 100 users.
    #[must_use]
    pub fn max_users(mut self, max_users: impl Into<Option<usize>>) -> Self {
        self.max_users = max_users.into();
        self
    }

    /// Sets the instance id in webhook events. Default: `ins_user_directory`.
    ///
    /// Seeded billing subscriptions without an instance id also get this id.
    #[must_use]
    pub fn instance_id(mut self, id: InstanceId) -> Self {
        self.instance_id = Some(id);
        self
    }

    /// Returns the [instance id](Self::instance_id).
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the default id is valid")]
    pub fn id(&self) -> InstanceId {
        let default = || InstanceId::new("ins_user_directory").expect("the id is valid");
        self.instance_id.clone().unwrap_or_else(default)
    }
}

/// Durations as seconds.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[allow(clippy::ref_option, reason = "required by serde")]
    pub(super) fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        duration.map(|duration| duration.as_secs_f64()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(deserializer)?;
        seconds.map(Duration::try_from_secs_f64).transpose().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bcrypt_cost_is_clamped_but_rejected_in_json() {
        for (given, cost) in [(0, 4), (3, 4), (4, 4), (10, 10), (15, 15), (16, 15), (u32::MAX, 15)] {
            assert_eq!(InstanceSettings::new().bcrypt_cost(given).bcrypt_cost, Some(cost));
            let expected = (given == cost).then_some(Some(cost));
            let json = format!(r#"{{"bcrypt_cost": {given}}}"#);
            assert_eq!(InstanceSettings::new().with_json(&json).ok().map(|settings| settings.bcrypt_cost), expected);
            let deserialized: Option<InstanceSettings> = serde_json::from_str(&json).ok();
            assert_eq!(deserialized.map(|settings| settings.bcrypt_cost), expected);
        }
    }

    #[test]
    fn json_without_a_lockout_duration_is_accepted_if_the_duration_is_zero() {
        let immediate = InstanceSettings::new().lockout_duration(Duration::ZERO);
        assert_eq!(immediate.with_json(r#"{"bans": false}"#).unwrap(), immediate.clone().bans(false));
        assert!(immediate.with_json(r#"{"lockout_duration_in_seconds": 0}"#).is_err());
    }

    #[test]
    fn json_changes_only_the_settings_that_it_contains() {
        let base = InstanceSettings::permissive().leaked_passwords(["12345678"]);
        assert_eq!(base.with_json("{}").unwrap(), base);
        let json = r#"{
            "username": "off", "directory_managed": ["first_name"], "lockout_duration_in_seconds": 1.5,
            "oauth_providers": ["oauth_google"], "max_users": 100
        }"#;
        let expected = base
            .clone()
            .username(Requirement::Off)
            .directory_managed([Attribute::FirstName])
            .lockout_duration(Duration::from_millis(1500))
            .oauth_providers(vec![OAuthProvider::new("oauth_google").unwrap()])
            .max_users(100);
        assert_eq!(base.with_json(json).unwrap(), expected);
        let unlimited = expected.with_json(
            r#"{"lockout_duration_in_seconds": null, "oauth_providers": null, "max_users": null, "username": "optional"}"#,
        );
        assert_eq!(unlimited.unwrap().directory_managed([]), base.lockout_duration(None));
    }

    #[test]
    fn json_with_an_unknown_setting_or_value_is_rejected_by_name() {
        for (json, named) in [
            (r#"{"usernames": "off"}"#, "usernames"),
            (r#"{"username": "sometimes"}"#, "`username` must be `off`, `optional` or `required`"),
            (r#"{"lockout_duration_in_seconds": -1}"#, "`lockout_duration_in_seconds` must be a positive number of"),
            (r#"{"lockout_duration_in_seconds": 0}"#, "`lockout_duration_in_seconds` must be a positive number of"),
            (r#"{"bcrypt_cost": 16}"#, "`bcrypt_cost` must be an integer from 4 to 15, or `null`"),
            (r#"{"bans": true, "max_users": "5"}"#, "`max_users` must be an integer from 0 to"),
            (r#"{"username": true}"#, "`username` must be `off`, `optional` or `required`"),
            (r#"{"min_username_length": 65}"#, "`min_username_length` is 65, but `max_username_length` is 64"),
            (r#"{"min_password_length": 73}"#, "`min_password_length`"),
            (r#"{"oauth_providers": ["google", "gogle"]}"#, "oauth_gogle"),
            ("[]", "the text is not a JSON object"),
        ] {
            let error = InstanceSettings::new().with_json(json).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{json}");
            assert!(error.to_string().contains(named), "{error}");
        }
    }

    #[test]
    fn permissive_settings_keep_formats_and_limits() {
        let (new, permissive) = (InstanceSettings::new(), InstanceSettings::permissive());
        for attribute in Attribute::ALL {
            assert_eq!(permissive.requirement(attribute), Requirement::Optional, "{attribute}");
        }
        assert!(permissive.bans && permissive.lockout && permissive.billing && permissive.organizations);
        assert!(permissive.trusted_devices && permissive.oauth_providers.is_none());
        let restored = Attribute::ALL
            .into_iter()
            .fold(permissive, |settings, attribute| settings.attribute(attribute, new.requirement(attribute)));
        assert_eq!(restored.billing(false).organizations(false).oauth_providers(Vec::new()), new);
    }
}
