//! [`Sessions`]: what an operation does with the sessions of a user.

/// What an operation that changes a password does with the sessions of the user.
///
/// ```
/// use user_directory::{Password, Sessions, UserUpdate};
///
/// let update = UserUpdate::new()
///     .password(Password::new("correct horse battery staple"))
///     .other_sessions(Sessions::Revoke);
/// assert!(update.validate().is_ok());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Sessions {
    /// Leaves the sessions as they are.
    #[default]
    Keep,
    /// Ends the sessions, so the user has to sign in again.
    Revoke,
}
