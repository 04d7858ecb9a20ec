//! [`Sessions`]: whether an operation revokes the sessions of a user.

/// Whether an operation that changes a password revokes the sessions of the user.
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
    /// Keeps the sessions.
    #[default]
    Keep,
    /// Revokes the sessions, so that the user has to sign in again.
    Revoke,
}
