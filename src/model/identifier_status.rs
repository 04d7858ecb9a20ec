//! [`IdentifierStatus`]: whether an identifier is verified, reserved or neither.

use crate::model::verification::Verification;

/// Whether an email address or phone number is verified, reserved or neither.
///
/// ```
/// use user_directory::model::{EmailAddress, IdentifierStatus, NewIdentifier, PhoneNumberReplacement};
///
/// assert_eq!(NewIdentifier::reserved("ada@example.com").status(), IdentifierStatus::Reserved);
/// assert_eq!(EmailAddress::new("ada@example.com").status(), IdentifierStatus::Unverified);
///
/// let replacement = PhoneNumberReplacement::new("+15550100123").identification_status(IdentifierStatus::Reserved);
/// assert_eq!(replacement.identification_status, Some(IdentifierStatus::Reserved));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum IdentifierStatus {
    /// The identifier is verified.
    #[default]
    Verified,
    /// The identifier is not verified. The user can sign in with it, and other users cannot claim it.
    Reserved,
    /// The identifier is not verified. The user cannot sign in with it, and other users can claim it.
    Unverified,
}

impl IdentifierStatus {
    /// Determines the status of an identifier in a response.
    pub(super) fn new(reserved: bool, verification: Option<&Verification>) -> Self {
        match verification {
            Some(verification) if verification.is_verified() => Self::Verified,
            _ if reserved => Self::Reserved,
            _ => Self::Unverified,
        }
    }
}
