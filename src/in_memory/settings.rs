//! [`InstanceSettings`]: what an administrator sets on a real instance.

use std::time::Duration;

/// What an administrator sets on a real instance, and so what a directory allows and asks for.
///
/// ```
/// use user_directory::InMemoryUserDirectory;
/// use user_directory::in_memory::InstanceSettings;
///
/// let mut settings = InstanceSettings::default();
/// settings.max_users = Some(2);
/// let directory = InMemoryUserDirectory::builder().settings(settings).build();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own on a real instance")]
#[non_exhaustive]
pub struct InstanceSettings {
    /// How many users there may be; `None` for any number. The default is `None`.
    pub max_users: Option<usize>,
    /// Whether a new user needs an identifier (an email address, a phone number, a wallet or a user name) unless
    /// `skip_user_requirement` is set. The default is `true`.
    pub require_identifier: bool,
    /// Whether a new user needs a password unless `skip_password_requirement` is set. The default is `false`.
    pub require_password: bool,
    /// Whether users can have passwords. The default is `true`.
    pub passwords: bool,
    /// The fewest characters of a password. The default is 8.
    pub min_password_length: usize,
    /// Passwords that count as leaked, and are refused as such. The default is none.
    pub leaked_passwords: Vec<String>,
    /// How expensive the digests of passwords are: bcrypt's cost, clamped to 4 to 16. The default is 4, the cheapest,
    /// because this is a test double.
    pub bcrypt_cost: u32,
    /// Whether users can be locked. The default is `true`.
    pub lockout: bool,
    /// How long a lock lasts; `None` for ever. The default is one hour.
    pub lockout_duration: Option<Duration>,
    /// How many failed attempts lock a user. Shown as what remains, and not counted down: signing in is not an
    /// operation of the directory. The default is 100.
    pub max_verification_attempts: u64,
    /// Whether the plan includes bans. The default is `true`.
    pub bans: bool,
    /// Whether billing is on. The default is `true`.
    pub billing: bool,
    /// Whether trusted devices are on. The default is `true`.
    pub trusted_devices: bool,
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
            bcrypt_cost: 4,
            lockout: true,
            lockout_duration: Some(Duration::from_secs(3600)),
            max_verification_attempts: 100,
            bans: true,
            billing: true,
            trusted_devices: true,
        }
    }
}

impl InstanceSettings {
    /// A cost that bcrypt has.
    pub(super) fn bcrypt_cost(&self) -> u32 {
        self.bcrypt_cost.clamp(4, 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_of_a_password_is_one_that_bcrypt_has() {
        let mut settings = InstanceSettings::default();
        for (given, cost) in [(0, 4), (4, 4), (10, 10), (16, 16), (17, 16), (u32::MAX, 16)] {
            settings.bcrypt_cost = given;
            assert_eq!(settings.bcrypt_cost(), cost);
        }
    }
}
