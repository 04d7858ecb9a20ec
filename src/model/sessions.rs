//! [`Sessions`]: whether a password operation revokes the user's sessions.

/// Whether a password operation revokes the user's sessions.
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
    /// Revokes the sessions.
    Revoke,
}
