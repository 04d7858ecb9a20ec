//! Auth0: the user export, and the file of password hashes that Auth0 support provides.

use std::borrow::Cow;

use super::{Members, Source, flatten, member};
use crate::rejects::Rejection;

pub static SOURCE: Source = Source {
    signatures: &[
        &["user_id", "identities"],
        &["user_id", "user_metadata"],
        &["user_id", "app_metadata"],
        &["user_id", "logins_count"],
        // An export of selected fields.
        &["user_id", "email", "email_verified", "name", "nickname"],
        &["_id", "tenant", "connection"],
        &["user_id", "tenant", "connection"],
        &["user_id", "password_hash", "connection"],
        &["_id", "password_hash", "email"],
    ],
    fields: &[
        ("password_hash", "password_digest"),
        ("name", "full_name"),
        // Users can change their own user metadata, like unsafe metadata.
        ("user_metadata", "unsafe_metadata"),
        ("app_metadata", "private_metadata"),
        ("phone_verified", "phone_number_verified"),
        ("blocked", "banned"),
    ],
    ignored: &[
        "nickname",
        "picture",
        "identities",
        "updated_at",
        "last_login",
        "last_ip",
        "logins_count",
        "tenant",
        "connection",
    ],
    external_id: &["user_id", "id"],
    unnest,
    ..Source::new("auth0")
};

/// Renames the id in the file of password hashes, `{"$oid": "…"}`, to `user_id`. It lacks the prefix `auth0|` of the id
/// in the user export.
fn unnest(members: Members<'_>) -> Result<Members<'_>, Rejection> {
    let mut members = flatten(members, "_id", "_id.")?;
    // In rows with `user_id`, `_id` does not identify the user.
    if member(&members, "user_id").is_none() {
        for (name, _) in &mut members {
            if name == "_id.$oid" || name == "_id" {
                *name = Cow::Borrowed("user_id");
            }
        }
    }
    Ok(members)
}
