//! Supabase: the table `auth.users`, or the users that `auth.admin.listUsers()` returns.

use std::borrow::Cow;

use super::{Members, Source, member};
use crate::mapping::WithoutPlus;
use crate::mapping::draft::Draft;
use crate::mapping::fields::normalized;
use crate::mapping::value::Value;

pub static SOURCE: Source = Source {
    signatures: &[
        &["encrypted_password", "email_confirmed_at"],
        &["raw_user_meta_data"],
        &["raw_app_meta_data"],
        &["instance_id", "aud", "email"],
        &["aud", "app_metadata", "user_metadata"],
    ],
    fields: &[
        ("email_confirmed_at", "email_verified"),
        ("phone_confirmed_at", "phone_number_verified"),
        // Users can change their own user metadata, like unsafe metadata. They can only read their app metadata.
        ("raw_user_meta_data", "unsafe_metadata"),
        ("raw_app_meta_data", "public_metadata"),
        ("user_metadata", "unsafe_metadata"),
        ("app_metadata", "public_metadata"),
    ],
    ignored: &[
        "instance_id",
        "aud",
        "role",
        // The earlier of `email_confirmed_at` and `phone_confirmed_at`, unless the row has neither.
        "confirmed_at",
        "invited_at",
        "confirmation_token",
        "confirmation_sent_at",
        "recovery_token",
        "recovery_sent_at",
        "email_change_token_new",
        "email_change_token_current",
        "email_change",
        "email_change_sent_at",
        "email_change_confirm_status",
        "last_sign_in_at",
        "is_super_admin",
        "updated_at",
        "phone_change",
        "phone_change_token",
        "phone_change_sent_at",
        "reauthentication_token",
        "reauthentication_sent_at",
        "is_sso_user",
        "identities",
        "factors",
    ],
    phones_without_plus: Some(WithoutPlus::International),
    unnest: |members| Ok(with_old_confirmation(members)),
    complete,
    ..Source::new("supabase")
};

/// Renames `confirmed_at` of old versions, which confirm only email addresses.
fn with_old_confirmation(mut members: Members<'_>) -> Members<'_> {
    let is_empty = |name: &str| member(&members, name).is_none_or(|json| Value::of(json).is_none());
    let has = |name: &str| member(&members, name).is_some();
    if !has("email_confirmed_at") && !has("phone_confirmed_at") && is_empty("phone") {
        for (name, _) in members.iter_mut().filter(|(name, _)| normalized(name) == "confirmed_at") {
            *name = Cow::Borrowed("email_confirmed_at");
        }
    }
    members
}

/// Sets the names from the metadata, in which identity providers and sign-up forms store them.
fn complete(members: &Members<'_>, draft: &mut Draft) {
    let metadata = member(members, "raw_user_meta_data").or_else(|| member(members, "user_metadata"));
    let Some(metadata) = metadata.and_then(Value::of) else { return };
    if draft.full_name.is_none() {
        draft.full_name = ["full_name", "display_name", "name"].iter().find_map(|name| metadata.member(name));
    }
    for (names, field) in [
        (["first_name", "given_name"], &mut draft.user.first_name),
        (["last_name", "family_name"], &mut draft.user.last_name),
    ] {
        if field.is_none() {
            *field = names.iter().find_map(|name| metadata.member(name)).map(Into::into);
        }
    }
}
