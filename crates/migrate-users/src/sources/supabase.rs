//! Supabase: the table `auth.users`, or the users that `auth.admin.listUsers()` returns.

use std::collections::HashSet;

use super::{Members, Source, member};
use crate::mapping::WithoutPlus;
use crate::mapping::draft::Draft;
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
        // The earlier of `email_confirmed_at` and `phone_confirmed_at`. In a file with neither of them, it must be mapped
        // or ignored.
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
    complete,
    ..Source::new("supabase")
};

/// Sets the names from the metadata, in which identity providers and sign-up forms store them.
fn complete(members: &Members<'_>, draft: &mut Draft, ignored: &HashSet<String>) {
    let mut names = ["raw_user_meta_data", "user_metadata"].into_iter().filter(|name| !ignored.contains(*name));
    let Some(metadata) = names.find_map(|name| member(members, name)).and_then(Value::of) else { return };
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
