//! Bodies in JSON: the domain's requests in the words of the API. All of them borrow.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::model::{
    BackupCode, EmailAddressId, IdentifierStatus, ImageId, Metadata, NewIdentifier, NewPassword, NewUser, Patch,
    PhoneNumberId, Sessions, Text, TotpSecret, UserId, UserUpdate, Web3WalletId,
};

/// `POST /users`.
pub(super) struct CreateUser<'a>(pub(super) &'a NewUser);

/// `PATCH /users/{user_id}`.
pub(super) struct UpdateUser<'a>(pub(super) &'a UserUpdate);

/// `POST /users/ban` and `POST /users/unban`.
#[derive(serde::Serialize)]
pub(super) struct Users<'a> {
    pub(super) user_ids: &'a [UserId],
}

/// `POST /users/{user_id}/verify_password`.
#[derive(serde::Serialize)]
pub(super) struct VerifyPassword<'a> {
    pub(super) password: &'a str,
}

/// `POST /users/{user_id}/verify_totp`.
#[derive(serde::Serialize)]
pub(super) struct VerifyTotp<'a> {
    pub(super) code: &'a str,
}

/// `POST /users/{user_id}/remove_password`.
#[derive(serde::Serialize)]
pub(super) struct RemovePassword {
    pub(super) sign_out_of_other_sessions: bool,
}

/// `POST /users/{user_id}/password/set_compromised`.
#[derive(serde::Serialize)]
pub(super) struct SetPasswordCompromised {
    pub(super) revoke_all_sessions: bool,
}

impl Serialize for CreateUser<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Taken apart, so that a field which is added cannot be forgotten here.
        let NewUser {
            external_id,
            first_name,
            last_name,
            locale,
            email_addresses,
            phone_numbers,
            web3_wallets,
            username,
            password,
            skip_password_checks,
            skip_password_requirement,
            totp_secret,
            backup_codes,
            metadata,
            delete_self_enabled,
            legal_accepted_at,
            skip_legal_checks,
            skip_user_requirement,
            create_organization_enabled,
            create_organizations_limit,
            created_at,
            bypass_client_trust,
            banned,
            locked,
        } = self.0;
        let mut fields = Fields(serializer.serialize_map(None)?);
        fields.optional("external_id", external_id.as_ref())?;
        fields.optional("first_name", first_name.as_ref())?;
        fields.optional("last_name", last_name.as_ref())?;
        fields.optional("locale", locale.as_ref())?;
        fields.identifiers("email_address", "email_address_identification_status", email_addresses)?;
        fields.identifiers("phone_number", "phone_number_identification_status", phone_numbers)?;
        fields.list("web3_wallet", web3_wallets)?;
        fields.optional("username", username.as_ref())?;
        fields.password(password.as_ref())?;
        fields.optional("skip_password_checks", skip_password_checks.as_ref())?;
        fields.optional("skip_password_requirement", skip_password_requirement.as_ref())?;
        fields.optional("totp_secret", totp_secret.as_ref().map(TotpSecret::expose_secret))?;
        fields.list("backup_codes", &exposed(backup_codes))?;
        fields.metadata("public_metadata", &metadata.public)?;
        fields.metadata("private_metadata", &metadata.private)?;
        fields.metadata("unsafe_metadata", &metadata.r#unsafe)?;
        fields.optional("delete_self_enabled", delete_self_enabled.as_ref())?;
        fields.optional("legal_accepted_at", legal_accepted_at.map(|at| at.to_string()))?;
        fields.optional("skip_legal_checks", skip_legal_checks.as_ref())?;
        fields.optional("skip_user_requirement", skip_user_requirement.as_ref())?;
        fields.optional("create_organization_enabled", create_organization_enabled.as_ref())?;
        fields.optional("create_organizations_limit", create_organizations_limit.as_ref())?;
        fields.optional("created_at", created_at.map(|at| at.to_string()))?;
        fields.optional("bypass_client_trust", bypass_client_trust.as_ref())?;
        fields.optional("banned", banned.as_ref())?;
        fields.optional("locked", locked.as_ref())?;
        fields.0.end()
    }
}

impl Serialize for UpdateUser<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Taken apart, so that a field which is added cannot be forgotten here.
        let UserUpdate {
            external_id,
            first_name,
            last_name,
            locale,
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
        let mut fields = Fields(serializer.serialize_map(None)?);
        fields.patch("external_id", external_id, Text::as_str)?;
        fields.patch("first_name", first_name, Text::as_str)?;
        fields.patch("last_name", last_name, Text::as_str)?;
        fields.patch("locale", locale, Text::as_str)?;
        fields.patch("primary_email_address_id", primary_email_address_id, EmailAddressId::as_str)?;
        fields.optional("notify_primary_email_address_changed", notify_primary_email_address_changed.as_ref())?;
        fields.patch("primary_phone_number_id", primary_phone_number_id, PhoneNumberId::as_str)?;
        fields.patch("primary_web3_wallet_id", primary_web3_wallet_id, Web3WalletId::as_str)?;
        fields.patch("username", username, Text::as_str)?;
        fields.patch("profile_image_id", profile_image_id, ImageId::as_str)?;
        fields.password(password.as_ref())?;
        fields.optional("skip_password_checks", skip_password_checks.as_ref())?;
        fields.optional("sign_out_of_other_sessions", other_sessions.map(|sessions| sessions == Sessions::Revoke))?;
        fields.patch("totp_secret", totp_secret, TotpSecret::expose_secret)?;
        fields.optional("backup_codes", backup_codes.as_deref().map(exposed))?;
        fields.patch("delete_self_enabled", delete_self_enabled, |enabled| *enabled)?;
        fields.patch("create_organization_enabled", create_organization_enabled, |enabled| *enabled)?;
        fields.patch("legal_accepted_at", legal_accepted_at, ToString::to_string)?;
        fields.optional("skip_legal_checks", skip_legal_checks.as_ref())?;
        fields.patch("create_organizations_limit", create_organizations_limit, |limit| *limit)?;
        fields.patch("created_at", created_at, ToString::to_string)?;
        fields.patch("bypass_client_trust", bypass_client_trust, |bypass| *bypass)?;
        fields.0.end()
    }
}

fn exposed(codes: &[BackupCode]) -> Vec<&str> {
    codes.iter().map(BackupCode::expose_secret).collect()
}

/// The fields of a JSON object; what says nothing is left out.
struct Fields<M>(M);

impl<M: SerializeMap> Fields<M> {
    fn optional(&mut self, name: &'static str, value: Option<impl Serialize>) -> Result<(), M::Error> {
        value.map_or(Ok(()), |value| self.0.serialize_entry(name, &value))
    }

    fn list(&mut self, name: &'static str, values: &[impl Serialize]) -> Result<(), M::Error> {
        self.optional(name, (!values.is_empty()).then_some(values))
    }

    /// The values, and their statuses if one is not what the service takes for granted. Then each value needs one.
    fn identifiers(
        &mut self,
        name: &'static str,
        status_name: &'static str,
        identifiers: &[NewIdentifier],
    ) -> Result<(), M::Error> {
        self.list(name, &identifiers.iter().map(NewIdentifier::value).collect::<Vec<_>>())?;
        if identifiers.iter().any(|identifier| identifier.status() != IdentifierStatus::Verified) {
            self.list(status_name, &identifiers.iter().map(NewIdentifier::status).collect::<Vec<_>>())?;
        }
        Ok(())
    }

    fn password(&mut self, password: Option<&NewPassword>) -> Result<(), M::Error> {
        match password {
            None => Ok(()),
            Some(NewPassword::Plain(password)) => self.0.serialize_entry("password", password.expose_secret()),
            Some(NewPassword::Digest(digest)) => {
                self.0.serialize_entry("password_digest", digest.expose_secret())?;
                self.0.serialize_entry("password_hasher", digest.hasher())
            }
        }
    }

    fn metadata(&mut self, name: &'static str, metadata: &Metadata) -> Result<(), M::Error> {
        self.optional(name, (!metadata.is_empty()).then_some(metadata))
    }

    fn patch<'a, T, V: Serialize>(
        &mut self,
        name: &'static str,
        patch: &'a Patch<T>,
        written: impl FnOnce(&'a T) -> V,
    ) -> Result<(), M::Error> {
        match patch {
            Patch::Keep => Ok(()),
            Patch::Clear => self.0.serialize_entry(name, &()),
            Patch::Set(value) => self.0.serialize_entry(name, &written(value)),
        }
    }
}
