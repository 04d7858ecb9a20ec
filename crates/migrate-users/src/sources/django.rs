//! Django: the table `auth_user`, or the output of `dumpdata auth.user`.

use super::{Members, Source, flatten, member};

pub static SOURCE: Source = Source {
    signatures: &[&["is_superuser", "date_joined"], &["is_active", "date_joined"], &["model", "fields"]],
    fields: &[
        ("password", "password_digest"),
        ("is_active", "active"),
        ("date_joined", "created_at"),
        ("name", "full_name"),
    ],
    ignored: &["model", "last_login", "is_superuser", "is_staff", "groups", "user_permissions"],
    external_id: &["id", "pk"],
    unnest: |members| flatten(members, "fields", ""),
    skip,
    ..Source::new("django")
};

/// Skips the objects of other models, such as groups and permissions. Their keys can be equal to those of users.
fn skip(members: &Members<'_>) -> Option<&'static str> {
    (member(members, "model").is_some() && member(members, "password").is_none()).then_some("not users")
}
