//! [`InstanceSettings`].

use std::time::Duration;

/// Instance settings, such as required fields, limits and enabled features.
///
/// In Clerk, administrators change these settings in the dashboard.
///
/// ```
/// use user_directory::store_directory::InstanceSettings;
/// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
///
/// # tokio_test::block_on(async {
/// let settings = InstanceSettings::default().max_users(1).require_password(true);
/// let directory = InMemoryUserDirectory::builder().settings(settings).build();
///
/// let error = directory.create(&NewUser::new().username("ada.lovelace")).await.unwrap_err();
/// assert_eq!(error.param_name(), Some("password"));
/// # });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a separate switch of an instance")]
pub struct InstanceSettings {
    pub(crate) max_users: Option<usize>,
    pub(crate) require_identifier: bool,
    pub(crate) require_password: bool,
    pub(crate) passwords: bool,
    pub(crate) min_password_length: usize,
    pub(crate) leaked_passwords: Vec<String>,
    pub(crate) bcrypt_cost: Option<u32>,
    pub(crate) lockout: bool,
    pub(crate) lockout_duration: Option<Duration>,
    pub(crate) max_verification_attempts: u64,
    pub(crate) bans: bool,
    pub(crate) billing: bool,
    pub(crate) trusted_devices: bool,
}

impl Default for InstanceSettings {
    fn default() -> Self {
        Self {
            max_users: None,
            require_identifier: true,
            require_password: false,
            passwords: true,
            min_password_length: 8,
            leaked_passwords: Vec::new(),
            bcrypt_cost: None,
            lockout: true,
            lockout_duration: Some(Duration::from_secs(3600)),
            max_verification_attempts: 100,
            bans: true,
            billing: true,
            trusted_devices: true,
        }
    }
}

/// The supported bcrypt costs. Hashing with the maximum cost takes a few seconds.
const BCRYPT_COSTS: std::ops::RangeInclusive<u32> = 4..=16;

impl InstanceSettings {
    /// The bcrypt cost of new password digests, unless [`bcrypt_cost`](Self::bcrypt_cost) sets a different one.
    pub const DEFAULT_BCRYPT_COST: u32 = 10;

    /// Sets the maximum number of users; `None` for no limit. Default: `None`.
    #[must_use]
    pub fn max_users(mut self, max_users: impl Into<Option<usize>>) -> Self {
        self.max_users = max_users.into();
        self
    }

    /// Sets whether new users must have an email address, phone number, wallet or username. Default: `true`.
    ///
    /// [`skip_user_requirement`](crate::NewUser::skip_user_requirement) exempts a single user.
    #[must_use]
    pub fn require_identifier(mut self, required: bool) -> Self {
        self.require_identifier = required;
        self
    }

    /// Sets whether new users must have a password. Default: `false`.
    ///
    /// [`skip_password_requirement`](crate::NewUser::skip_password_requirement) exempts a single user.
    #[must_use]
    pub fn require_password(mut self, required: bool) -> Self {
        self.require_password = required;
        self
    }

    /// Sets whether users can have passwords. Default: `true`.
    #[must_use]
    pub fn passwords(mut self, enabled: bool) -> Self {
        self.passwords = enabled;
        self
    }

    /// Sets the minimum password length, in characters. Default: 8.
    #[must_use]
    pub fn min_password_length(mut self, characters: usize) -> Self {
        self.min_password_length = characters;
        self
    }

    /// Sets a list of passwords that are rejected as leaked. Default: none.
    #[must_use]
    pub fn leaked_passwords(mut self, passwords: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.leaked_passwords = passwords.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the bcrypt cost of new password digests, clamped to the range from 4 to 16.
    ///
    /// The default for `InMemoryUserDirectory` is 4, the fastest cost, because it is a test double. The default for
    /// directories over other stores is [`DEFAULT_BCRYPT_COST`](Self::DEFAULT_BCRYPT_COST).
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

    /// Sets how long a user stays locked; `None` for no expiry. Default: 1 hour.
    #[must_use]
    pub fn lockout_duration(mut self, duration: impl Into<Option<Duration>>) -> Self {
        self.lockout_duration = duration.into();
        self
    }

    /// Sets the number of failed sign-in attempts after which a user is locked. Default: 100.
    ///
    /// [`User::verification_attempts_remaining`](crate::User::verification_attempts_remaining) always has this value,
    /// unless lockout is disabled. It never decreases, because a directory does not handle sign-ins.
    #[must_use]
    pub fn max_verification_attempts(mut self, attempts: u64) -> Self {
        self.max_verification_attempts = attempts;
        self
    }

    /// Sets whether users can be banned, which depends on the plan in Clerk. Default: `true`.
    #[must_use]
    pub fn bans(mut self, enabled: bool) -> Self {
        self.bans = enabled;
        self
    }

    /// Sets whether billing is enabled. Default: `true`.
    #[must_use]
    pub fn billing(mut self, enabled: bool) -> Self {
        self.billing = enabled;
        self
    }

    /// Sets whether trusted devices are enabled. Default: `true`.
    #[must_use]
    pub fn trusted_devices(mut self, enabled: bool) -> Self {
        self.trusted_devices = enabled;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bcrypt_cost_is_clamped() {
        for (given, cost) in [(0, 4), (4, 4), (10, 10), (16, 16), (17, 16), (u32::MAX, 16)] {
            assert_eq!(InstanceSettings::default().bcrypt_cost(given).bcrypt_cost, Some(cost));
        }
    }
}
