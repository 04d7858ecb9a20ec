//! Better Auth: the table `user`, optionally joined with the passwords in the table `account`.

use super::Source;

pub static SOURCE: Source = Source {
    signatures: &[
        &["name", "email", "email_verified", "image", "created_at", "updated_at"],
        &["email", "email_verified", "ban_reason"],
        &["email", "email_verified", "two_factor_enabled"],
        &["email", "email_verified", "display_username"],
    ],
    fields: &[
        ("name", "full_name"),
        ("password", "password_digest"),
        ("ban_expires", "ban_expires:milliseconds"),
        ("created_at", "created_at:milliseconds"),
    ],
    ignored: &[
        "image",
        "updated_at",
        "display_username",
        "role",
        "ban_reason",
        "two_factor_enabled",
        "provider_id",
        "account_id",
    ],
    ..Source::new("better-auth")
};
