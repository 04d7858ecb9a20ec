//! The request body of `POST /users`.

use serde::{Serialize, Serializer};

use super::identifiers;
use super::object::{Object, exposed};
use crate::model::{NewUser, TotpSecret};
#[cfg(feature = "wire")]
use {super::Form, crate::error::Result, crate::model::UserMetadata};

/// The request body of `POST /users`.
#[derive(Debug)]
pub struct NewUserBody<'a>(pub &'a NewUser);

impl Serialize for NewUserBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        // Destructured, so that a new field cannot be forgotten.
        let NewUser {
            external_id,
            first_name,
            last_name,
            locale,
            timezone,
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
        let mut object = Object::new(serializer.serialize_map(None)?);
        object.optional("external_id", external_id.as_ref())?;
        object.optional("first_name", first_name.as_ref())?;
        object.optional("last_name", last_name.as_ref())?;
        object.optional("locale", locale.as_ref())?;
        object.optional("timezone", timezone.as_ref())?;
        identifiers::write(&mut object, "email_address", "email_address_identification_status", email_addresses)?;
        identifiers::write(&mut object, "phone_number", "phone_number_identification_status", phone_numbers)?;
        object.list("web3_wallet", web3_wallets)?;
        object.optional("username", username.as_ref())?;
        object.password(password.as_ref())?;
        object.optional("skip_password_checks", skip_password_checks.as_ref())?;
        object.optional("skip_password_requirement", skip_password_requirement.as_ref())?;
        object.optional("totp_secret", totp_secret.as_ref().map(TotpSecret::expose_secret))?;
        object.list("backup_codes", &exposed(backup_codes))?;
        object.metadata("public_metadata", &metadata.public)?;
        object.metadata("private_metadata", &metadata.private)?;
        object.metadata("unsafe_metadata", &metadata.r#unsafe)?;
        object.optional("delete_self_enabled", delete_self_enabled.as_ref())?;
        object.optional("legal_accepted_at", legal_accepted_at.map(|at| at.to_string()))?;
        object.optional("skip_legal_checks", skip_legal_checks.as_ref())?;
        object.optional("skip_user_requirement", skip_user_requirement.as_ref())?;
        object.optional("create_organization_enabled", create_organization_enabled.as_ref())?;
        object.optional("create_organizations_limit", create_organizations_limit.as_ref())?;
        object.optional("created_at", created_at.map(|at| at.to_string()))?;
        object.optional("bypass_client_trust", bypass_client_trust.as_ref())?;
        object.optional("banned", banned.as_ref())?;
        object.optional("locked", locked.as_ref())?;
        object.end()
    }
}

/// Parses the `create` request body.
///
/// # Errors
///
/// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the body is invalid.
#[cfg(feature = "wire")]
pub fn read_new_user(body: &[u8]) -> Result<NewUser> {
    let mut form = Form::parse(body)?;
    let new_user = NewUser {
        external_id: form.optional("external_id"),
        first_name: form.optional("first_name"),
        last_name: form.optional("last_name"),
        locale: form.optional("locale"),
        timezone: form.optional("timezone"),
        email_addresses: identifiers::read(&mut form, "email_address", "email_address_identification_status"),
        phone_numbers: identifiers::read(&mut form, "phone_number", "phone_number_identification_status"),
        web3_wallets: form.list("web3_wallet").unwrap_or_default(),
        username: form.optional("username"),
        password: form.password(),
        skip_password_checks: form.optional("skip_password_checks"),
        skip_password_requirement: form.optional("skip_password_requirement"),
        totp_secret: form.optional("totp_secret"),
        backup_codes: form.list("backup_codes").unwrap_or_default(),
        metadata: UserMetadata {
            public: form.metadata("public_metadata").unwrap_or_default(),
            private: form.metadata("private_metadata").unwrap_or_default(),
            r#unsafe: form.metadata("unsafe_metadata").unwrap_or_default(),
        },
        delete_self_enabled: form.optional("delete_self_enabled"),
        legal_accepted_at: form.time("legal_accepted_at"),
        skip_legal_checks: form.optional("skip_legal_checks"),
        skip_user_requirement: form.optional("skip_user_requirement"),
        create_organization_enabled: form.optional("create_organization_enabled"),
        create_organizations_limit: form.optional("create_organizations_limit"),
        created_at: form.time("created_at"),
        bypass_client_trust: form.optional("bypass_client_trust"),
        banned: form.optional("banned"),
        locked: form.optional("locked"),
    };
    // Clerk's command-line program sends this parameter, although the API description does not list it. It is ignored,
    // because directories have no sign-up restrictions.
    let _: Option<bool> = form.optional("skip_restriction_checks");
    form.finish()?;
    Ok(new_user)
}
