//! Clerk's own formats: users in responses from the API or from the JavaScript SDK, the dashboard's CSV, request bodies
//! of `create`, and the format of Clerk's migration tool. `mapping::exported` converts users of the API and the SDK.

use super::{Source, Verification};

pub static SOURCE: Source = Source {
    signatures: &[
        &["object", "email_addresses"],
        &["object", "primary_email_address_id"],
        &["object", "public_metadata"],
        // Other files can have the field `primary_email_address` of this program.
        &["id", "first_name", "last_name", "username", "primary_email_address", "password_digest"],
        &["primary_email_address_id"],
        &["unverified_email_addresses"],
        &["verified_email_addresses"],
        // Clerk's migration tool writes digests as passwords.
        &["user_id", "password", "password_hasher"],
        &["email_address", "email_address_identification_status"],
        &["email_address", "skip_password_requirement"],
    ],
    // Secrets and metadata have the names of the API.
    fields: &[("created_at", "created_at:milliseconds"), ("legal_accepted_at", "legal_accepted_at:milliseconds")],
    ignored: &[
        "object",
        "has_image",
        "image_url",
        "profile_image_url",
        "backup_codes_enabled",
        "backup_code_enabled",
        "totp_enabled",
        "two_factor_enabled",
        "password_enabled",
        "last_sign_in_at",
        "last_active_at",
        "updated_at",
    ],
    ignores_unknown: false,
    external_id: &["id", "user_id"],
    verification: Verification::Verified,
    ..Source::new("clerk")
};
