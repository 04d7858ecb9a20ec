//! Django: the table `auth_user`, or the output of `dumpdata auth.user`.

use super::{Members, Source, flatten, member};
use crate::mapping::value::Value;

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

/// Skips the objects of other models, such as groups and subscribers. Users have a password. A dump without passwords has
/// other fields of the model for users, or the name of the model indicates users.
fn skip(members: &Members<'_>) -> Option<&'static str> {
    let has = |name: &str| member(members, name).is_some();
    let model = member(members, "model").and_then(Value::of)?;
    let model = model.as_str().to_ascii_lowercase();
    let is_model_of_users = matches!(model.rsplit('.').next(), Some("user" | "customuser"));
    let has_account_field = has("is_superuser") || has("date_joined");
    let has_identifier = has("username") || has("email");
    let is_user = has("password") || has_identifier && !has("user") && (has_account_field || is_model_of_users);
    (!is_user).then_some("not users")
}
