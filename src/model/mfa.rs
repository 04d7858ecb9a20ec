//! [`MfaState`]: which second factors a user has.

use jiff::Timestamp;

use crate::model::text::Text;
use crate::model::user::User;

/// Which second factors of a user are on.
///
/// Made from what the user has, not from [`two_factor_enabled`](User::two_factor_enabled).
///
/// ```
/// use user_directory::User;
///
/// let mut user = User::new("user_1".parse()?);
/// assert!(!user.mfa_state().is_enabled());
///
/// user.totp_enabled = true;
/// assert!(user.mfa_state().is_enabled());
/// # Ok::<(), user_directory::InvalidId>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MfaState {
    /// Whether an authenticator app is set up.
    pub totp: bool,
    /// Whether there are backup codes.
    pub backup_codes: bool,
    /// The phone numbers that are reserved for a second factor.
    pub phone_numbers: Vec<Text>,
    /// When a second factor was last switched on. Stays when all are switched off.
    pub enabled_at: Option<Timestamp>,
    /// When the last second factor was switched off. Stays when one is switched on again.
    pub disabled_at: Option<Timestamp>,
}

impl MfaState {
    /// Whether the user has any second factor.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.totp || self.backup_codes || !self.phone_numbers.is_empty()
    }
}

impl From<&User> for MfaState {
    fn from(user: &User) -> Self {
        let second_factors = user.phone_numbers.iter().filter(|phone| phone.reserved_for_second_factor);
        Self {
            totp: user.totp_enabled,
            backup_codes: user.backup_code_enabled,
            phone_numbers: second_factors.map(|phone| phone.phone_number.clone()).collect(),
            enabled_at: user.mfa_enabled_at,
            disabled_at: user.mfa_disabled_at,
        }
    }
}
