//! Better Auth: the table `user`, also joined with the passwords of the table `account`.

use secrecy::ExposeSecret;
use user_directory::model::PasswordHasher;

use super::{Members, Source};
use crate::mapping::better_auth_scrypt;
use crate::mapping::draft::Draft;

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
    complete,
    ..Source::new("better-auth")
};

/// By default, Better Auth hashes passwords with scrypt and writes digests without its parameters.
fn complete(_: &Members<'_>, draft: &mut Draft) {
    let credentials = &mut draft.credentials;
    let digest = credentials.digest.as_ref().map(|digest| digest.expose_secret().trim());
    if let (None, Some(converted)) = (&credentials.hasher, digest.and_then(better_auth_scrypt)) {
        credentials.digest = Some(converted.into());
        credentials.hasher = Some(PasswordHasher::ScryptWerkzeug);
    }
}
