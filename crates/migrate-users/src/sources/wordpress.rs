//! WordPress: the table `wp_users`.

use user_directory::model::PasswordHasher;

use super::{Members, Source};
use crate::mapping::draft::Draft;
use secrecy::ExposeSecret;

pub static SOURCE: Source = Source {
    signatures: &[&["user_login", "user_pass"], &["user_login", "user_email"]],
    fields: &[
        ("user_login", "username"),
        ("user_pass", "password_digest"),
        ("user_email", "email_address"),
        ("user_registered", "created_at"),
        ("display_name", "full_name"),
    ],
    ignored: &["user_nicename", "user_url", "user_activation_key", "user_status", "spam"],
    complete,
    ..Source::new("wordpress")
};

/// Recognizes the MD5 digests of versions before 2.5, which have no prefix.
fn complete(_: &Members<'_>, draft: &mut Draft) {
    let is_md5 = |digest: &str| digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    if draft.credentials.digest.as_ref().is_some_and(|digest| is_md5(digest.expose_secret().trim())) {
        draft.credentials.hasher = Some(PasswordHasher::Md5);
    }
}
