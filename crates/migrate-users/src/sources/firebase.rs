//! Firebase Authentication: `firebase auth:export` and the users of the Admin SDK.

use user_directory::model::PasswordHasher;

use super::{Members, Source, Verification, flatten};
use crate::mapping::draft::Draft;

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
    // Firebase stores the phone number of a user after the user has entered the code of a text message.
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

fn complete(_: &Members<'_>, draft: &mut Draft) {
    if draft.credentials.digest.is_some() && draft.credentials.hasher.is_none() {
        draft.credentials.hasher = Some(PasswordHasher::ScryptFirebase);
    }
}
