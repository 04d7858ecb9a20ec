//! The request body of `PATCH /users/{user_id}`.

use serde::{Serialize, Serializer};

use super::object::{Object, exposed};
use crate::model::{EmailAddressId, ImageId, PhoneNumberId, Sessions, Text, TotpSecret, UserUpdate, Web3WalletId};
#[cfg(feature = "wire")]
use {
    super::{Form, metadata},
    crate::error::{Result, rejection},
    crate::model::{MetadataReplacement, Patch},
    crate::wire::ApiVersion,
};

/// The request body of `PATCH /users/{user_id}`.
#[derive(Debug)]
pub struct UserUpdateBody<'a>(pub &'a UserUpdate);

impl Serialize for UserUpdateBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        // Destructured, so that a new field cannot be forgotten.
        let UserUpdate {
            external_id,
            first_name,
            last_name,
            locale,
            timezone,
            primary_email_address_id,
            notify_primary_email_address_changed,
            primary_phone_number_id,
            primary_web3_wallet_id,
            username,
            profile_image_id,
            password,
            skip_password_checks,
            other_sessions,
            totp_secret,
            backup_codes,
            delete_self_enabled,
            create_organization_enabled,
            legal_accepted_at,
            skip_legal_checks,
            create_organizations_limit,
            created_at,
            bypass_client_trust,
        } = self.0;
        let mut object = Object::new(serializer.serialize_map(None)?);
        object.patch("external_id", external_id, Text::as_str)?;
        object.patch("first_name", first_name, Text::as_str)?;
        object.patch("last_name", last_name, Text::as_str)?;
        object.patch("locale", locale, Text::as_str)?;
        object.patch("timezone", timezone, Text::as_str)?;
        object.patch("primary_email_address_id", primary_email_address_id, EmailAddressId::as_str)?;
        object.optional("notify_primary_email_address_changed", notify_primary_email_address_changed.as_ref())?;
        object.patch("primary_phone_number_id", primary_phone_number_id, PhoneNumberId::as_str)?;
        object.patch("primary_web3_wallet_id", primary_web3_wallet_id, Web3WalletId::as_str)?;
        object.patch("username", username, Text::as_str)?;
        object.patch("profile_image_id", profile_image_id, ImageId::as_str)?;
        object.password(password.as_ref())?;
        object.optional("skip_password_checks", skip_password_checks.as_ref())?;
        object.optional("sign_out_of_other_sessions", other_sessions.map(|sessions| sessions == Sessions::Revoke))?;
        object.patch("totp_secret", totp_secret, TotpSecret::expose_secret)?;
        object.optional("backup_codes", backup_codes.as_deref().map(exposed))?;
        object.patch("delete_self_enabled", delete_self_enabled, |enabled| *enabled)?;
        object.patch("create_organization_enabled", create_organization_enabled, |enabled| *enabled)?;
        object.patch("legal_accepted_at", legal_accepted_at, ToString::to_string)?;
        object.optional("skip_legal_checks", skip_legal_checks.as_ref())?;
        object.patch("create_organizations_limit", create_organizations_limit, |limit| *limit)?;
        object.patch("created_at", created_at, ToString::to_string)?;
        object.patch("bypass_client_trust", bypass_client_trust, |bypass| *bypass)?;
        object.end()
    }
}

/// The hint in the error for an API version that does not accept metadata in this request.
#[cfg(feature = "wire")]
const METADATA_HINT: &str = "Use PATCH /users/{user_id}/metadata to merge metadata, or PUT /users/{user_id}/metadata \
                             to replace it.";

/// Parses the `update` request body, and returns an update and a metadata replacement.
///
/// Only API versions before 2026-05-12 accept metadata in this request. In these versions, `null` leaves the metadata
/// unchanged.
///
/// # Errors
///
/// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the body is invalid. Returns
/// [`NotFound`](crate::ErrorKind::NotFound) if an image id is malformed.
#[cfg(feature = "wire")]
pub fn read_user_update(body: &[u8], version: ApiVersion) -> Result<(UserUpdate, MetadataReplacement)> {
    let mut form = Form::parse(body)?;
    let mut update = UserUpdate {
        external_id: form.patch("external_id"),
        first_name: form.patch("first_name"),
        last_name: form.patch("last_name"),
        locale: form.patch("locale"),
        timezone: form.patch("timezone"),
        primary_email_address_id: form.patch_id("primary_email_address_id"),
        notify_primary_email_address_changed: form.optional("notify_primary_email_address_changed"),
        primary_phone_number_id: form.patch_id("primary_phone_number_id"),
        primary_web3_wallet_id: form.patch_id("primary_web3_wallet_id"),
        username: form.patch("username"),
        profile_image_id: Patch::Keep,
        password: form.password(),
        skip_password_checks: form.optional("skip_password_checks"),
        other_sessions: form.optional("sign_out_of_other_sessions").map(super::passwords::sessions),
        totp_secret: form.patch("totp_secret"),
        backup_codes: form.list("backup_codes"),
        delete_self_enabled: form.patch("delete_self_enabled"),
        create_organization_enabled: form.patch("create_organization_enabled"),
        legal_accepted_at: form.patch_time("legal_accepted_at"),
        skip_legal_checks: form.optional("skip_legal_checks"),
        create_organizations_limit: form.patch("create_organizations_limit"),
        created_at: form.patch_time("created_at"),
        bypass_client_trust: form.patch("bypass_client_trust"),
    };
    let image_id: Patch<Text> = form.patch("profile_image_id");
    let mut replacement = MetadataReplacement::new();
    if version.update_takes_metadata() {
        let [public, private, r#unsafe] = metadata::KINDS.map(|name| form.metadata(name));
        replacement = MetadataReplacement { public, private, r#unsafe };
    } else {
        for name in metadata::KINDS {
            form.reject_unknown(name, METADATA_HINT);
        }
    }
    form.finish()?;
    update.profile_image_id = match image_id {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        // A malformed id is rejected like the id of a missing image, with an error that names no parameter.
        Patch::Set(id) => Patch::Set(ImageId::new(id).map_err(|_| rejection::image_not_found())?),
    };
    Ok((update, replacement))
}
