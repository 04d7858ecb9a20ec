//! A user's second factors, and the result of a TOTP verification.

use jiff::Timestamp;

use crate::model::text::Text;
use crate::model::user::User;

/// The state of a user's second factors.
///
/// The state is computed from the individual factors, not from [`two_factor_enabled`](User::two_factor_enabled).
///
/// ```
/// use user_directory::User;
///
/// let mut user = User::new("user_1".parse()?);
/// assert!(!user.mfa_state().is_enabled());
///
/// user.totp_enabled = true;
/// assert!(user.mfa_state().is_enabled());
/// # Ok::<(), user_directory::model::InvalidId>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MfaState {
    /// Whether the user has an authenticator app.
    pub totp: bool,
    /// Whether the user has backup codes.
    pub backup_codes: bool,
    /// The phone numbers that are used as second factors.
    pub phone_numbers: Vec<Text>,
    /// When multi-factor authentication was last enabled, even if it has been disabled since.
    pub enabled_at: Option<Timestamp>,
    /// When multi-factor authentication was last disabled, even if it has been enabled since.
    pub disabled_at: Option<Timestamp>,
}

impl MfaState {
    /// Returns `true` if the user has at least one second factor.
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

/// The result of [`verify_totp`](crate::UserDirectory::verify_totp).
///
/// ```
/// use user_directory::model::TotpVerification;
///
/// assert!(TotpVerification::BackupCode.is_correct());
/// assert!(!TotpVerification::Incorrect.is_correct());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "an incorrect code is not an error"]
#[non_exhaustive]
pub enum TotpVerification {
    /// The code is correct and comes from the authenticator app.
    Totp,
    /// The code is a backup code. It cannot be used again.
    BackupCode,
    /// The code is correct, but its type is unknown.
    OtherCode,
    /// The code is incorrect.
    Incorrect,
}

impl TotpVerification {
    /// Returns `true` if the code is correct.
    #[must_use]
    pub fn is_correct(self) -> bool {
        self != Self::Incorrect
    }
}
