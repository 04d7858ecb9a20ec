//! Firebase Authentication: `firebase auth:export` and the users of the Admin SDK.

use std::collections::HashSet;

use secrecy::{ExposeSecret, SecretString};
use serde_json::value::RawValue;
use user_directory::model::PasswordHasher;

use super::{Members, Source, Verification, flatten};
use crate::mapping::draft::Draft;
use crate::mapping::fields::normalized;
use crate::mapping::is_redacted;
use crate::mapping::value::Value;

pub static SOURCE: Source = Source {
    signatures: &[
        &["local_id"],
        &["uid", "password_salt"],
        &["uid", "provider_data"],
        &["uid", "tokens_valid_after_time"],
    ],
    fields: &[
        ("password_hash", "password_digest"),
        ("salt", "password_salt"),
        ("display_name", "full_name"),
        ("created_at", "created_at:milliseconds"),
        ("metadata_creation_time", "created_at"),
        ("disabled", "banned"),
        // Clients can read custom claims, but not change them.
        ("custom_attributes", "public_metadata"),
        ("custom_claims", "public_metadata"),
    ],
    ignored: &["photo_url", "last_signed_in_at", "provider_user_info", "provider_data", "mfa_info", "tenant_id"],
    external_id: &["local_id", "uid"],
    // Firebase stores a phone number only after the user has entered a code from a text message.
    phones: Some(Verification::Verified),
    columns: Some(&[
        "localId",
        "email",
        "emailVerified",
        "passwordHash",
        "salt",
        "displayName",
        "photoUrl",
        "googleId",
        "googleEmail",
        "googleDisplayName",
        "googlePhotoUrl",
        "facebookId",
        "facebookEmail",
        "facebookDisplayName",
        "facebookPhotoUrl",
        "twitterId",
        "twitterEmail",
        "twitterDisplayName",
        "twitterPhotoUrl",
        "githubId",
        "githubEmail",
        "githubDisplayName",
        "githubPhotoUrl",
        "createdAt",
        "lastSignedInAt",
        "phoneNumber",
        "disabled",
        "customAttributes",
        "providerUserInfo",
    ]),
    unnest: |members| flatten(members, "metadata", "metadata."),
    complete,
    ..Source::new("firebase")
};

fn complete(members: &Members<'_>, draft: &mut Draft, _: &HashSet<String>) {
    let has_provider = members.iter().any(|(name, json)| is_provider(&normalized(name)) && has_elements(json));
    if draft.emails.is_empty() && draft.phones.is_empty() && !has_provider {
        draft.skipped = Some("anonymous");
    }
    let digest = draft.credentials.digest.as_ref().map(ExposeSecret::expose_secret);
    if digest.is_some_and(is_redacted) {
        draft.credentials.digest = None;
        draft.note("passwords that Firebase redacted, because the exporting account may not read them");
    }
    // The digests of Firebase are Base64. Other digests have a prefix.
    let is_firebase = |digest: &SecretString| !digest.expose_secret().starts_with('$');
    if draft.credentials.digest.as_ref().is_some_and(is_firebase) && draft.credentials.hasher.is_none() {
        draft.credentials.hasher = Some(PasswordHasher::ScryptFirebase);
    }
}

/// Returns whether a key belongs to an account at an identity provider: a list in JSON, or a column in CSV.
fn is_provider(name: &str) -> bool {
    let has_prefix = ["google_", "facebook_", "twitter_", "github_"].iter().any(|prefix| name.starts_with(prefix));
    has_prefix || matches!(name, "provider_user_info" | "provider_data")
}

/// Returns whether a value is neither missing nor an empty list.
fn has_elements(json: &RawValue) -> bool {
    Value::of(json).is_some_and(|value| value.as_str().split_whitespace().collect::<String>() != "[]")
}
