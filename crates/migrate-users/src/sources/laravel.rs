//! Laravel: the table `users`.

use super::Source;

pub static SOURCE: Source = Source {
    signatures: &[&["email", "email_verified_at", "password"], &["email", "remember_token"]],
    fields: &[("name", "full_name"), ("email_verified_at", "email_verified"), ("password", "password_digest")],
    ignored: &[
        "remember_token",
        "updated_at",
        "two_factor_secret",
        "two_factor_recovery_codes",
        "two_factor_confirmed_at",
        "current_team_id",
        "profile_photo_path",
    ],
    ..Source::new("laravel")
};
