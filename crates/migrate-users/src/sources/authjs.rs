//! Auth.js (NextAuth): the table of users of its database adapters.

use super::Source;

pub static SOURCE: Source = Source {
    signatures: &[&["name", "email", "email_verified"]],
    fields: &[("name", "full_name")],
    ignored: &["image", "updated_at"],
    // MongoDB names the id `_id`, and Auth0 `user_id`. An export of Auth0 with selected fields can have the same names.
    external_id: &["id", "_id", "user_id"],
    ..Source::new("authjs")
};
