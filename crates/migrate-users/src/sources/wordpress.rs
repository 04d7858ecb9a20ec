//! WordPress: the table `wp_users`.

use std::collections::HashSet;

use secrecy::ExposeSecret;
use user_directory::model::PasswordHasher;

use super::{Members, Source};
use crate::mapping::draft::Draft;

pub static SOURCE: Source = Source {
    signatures: &[&["user_login", "user_pass"], &["user_login", "user_email"]],
    fields: &[
        ("user_login", "username"),
        ("user_pass", "password_digest"),
        ("user_email", "email_address"),
        ("user_registered", "created_at"),
        ("display_name", "full_name"),
        // In a multisite network, users who are marked as spam cannot sign in.
        ("spam", "banned"),
    ],
    ignored: &["user_nicename", "user_url", "user_activation_key", "user_status"],
    // Plugins that export users name the id `source_user_id`.
    external_id: &["id", "source_user_id"],
    several_rows: Some((
        "meta_key",
        "the table has a row for each value in wp_usermeta; export one row for each user, for example with: SELECT \
         u.*, MAX(CASE WHEN m.meta_key = 'first_name' THEN m.meta_value END) AS first_name FROM wp_users u LEFT JOIN \
         wp_usermeta m ON m.user_id = u.ID GROUP BY u.ID; or use --ignore meta_key to import the first row of each \
         user",
    )),
    complete,
    ..Source::new("wordpress")
};

/// Decodes the names, which WordPress stores as HTML. Recognizes the MD5 digests of versions before 2.5, which have no
/// prefix.
fn complete(_: &Members<'_>, draft: &mut Draft, _: &HashSet<String>) {
    draft.full_name = draft.full_name.take().map(|name| decoded(&name));
    for name in [&mut draft.user.first_name, &mut draft.user.last_name] {
        *name = name.take().map(|name| decoded(&name).into());
    }
    let is_md5 = |digest: &str| digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    if draft.credentials.digest.as_ref().is_some_and(|digest| is_md5(digest.expose_secret().trim())) {
        draft.credentials.hasher = Some(PasswordHasher::Md5);
    }
}

/// Decodes the HTML entities that WordPress writes.
fn decoded(html: &str) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#039;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    entities.iter().fold(html.to_owned(), |text, (entity, character)| text.replace(entity, character))
}
