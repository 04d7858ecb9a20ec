//! Auth.js (NextAuth): the table of users of its database adapters.

use super::Source;

pub static SOURCE: Source = Source {
    signatures: &[&["name", "email", "email_verified"]],
    fields: &[("name", "full_name")],
    ignored: &["image", "updated_at"],
    // MongoDB names the id `_id`.
    external_id: &["id", "_id"],
    ..Source::new("authjs")
};
