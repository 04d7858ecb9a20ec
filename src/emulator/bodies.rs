//! Bodies in JSON: the words of the API as the domain's requests.
//!
//! The other way round is the HTTP adapter's own business: what is written there is read here.

use super::form::Form;
use super::version::ApiVersion;
use crate::error::{Result, codes};
use crate::model::billing::{CreditAdjustment, CreditDirection};
use crate::model::{
    BackupCode, EmailAddressReplacement, IdentifierStatus, MAX_BULK_SIZE, MetadataReplacement, MetadataUpdate,
    NewIdentifier, NewPassword, NewUser, Password, PasswordDigest, PhoneNumberReplacement, Sessions, Text, TotpCode,
    UserId, UserIdBatch, UserMetadata, UserUpdate,
};

/// `POST /users`.
pub(super) fn new_user(body: &[u8]) -> Result<NewUser> {
    let mut form = Form::parse(body)?;
    let new_user = NewUser {
        external_id: form.optional("external_id"),
        first_name: form.optional("first_name"),
        last_name: form.optional("last_name"),
        locale: form.optional("locale"),
        email_addresses: identifiers(&mut form, "email_address", "email_address_identification_status"),
        phone_numbers: identifiers(&mut form, "phone_number", "phone_number_identification_status"),
        web3_wallets: form.given("web3_wallet").unwrap_or_default(),
        username: form.optional("username"),
        password: password(&mut form, Form::optional),
        skip_password_checks: form.optional("skip_password_checks"),
        skip_password_requirement: form.optional("skip_password_requirement"),
        totp_secret: form.optional("totp_secret"),
        backup_codes: form.given::<Vec<BackupCode>>("backup_codes").unwrap_or_default(),
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
    form.finish()?;
    Ok(new_user)
}

/// `PATCH /users/{user_id}`. Versions before 2026-05-12 take metadata here too, which replaces what there was.
pub(super) fn user_update(body: &[u8], version: ApiVersion) -> Result<(UserUpdate, MetadataReplacement)> {
    let mut form = Form::parse(body)?;
    let update = UserUpdate {
        external_id: form.patch("external_id"),
        first_name: form.patch("first_name"),
        last_name: form.patch("last_name"),
        locale: form.patch("locale"),
        primary_email_address_id: form.patch("primary_email_address_id"),
        notify_primary_email_address_changed: form.optional("notify_primary_email_address_changed"),
        primary_phone_number_id: form.patch("primary_phone_number_id"),
        primary_web3_wallet_id: form.patch("primary_web3_wallet_id"),
        username: form.patch("username"),
        profile_image_id: form.patch("profile_image_id"),
        password: password(&mut form, Form::given),
        skip_password_checks: form.optional("skip_password_checks"),
        other_sessions: form.optional("sign_out_of_other_sessions").map(sessions),
        totp_secret: form.patch("totp_secret"),
        backup_codes: form.given("backup_codes"),
        delete_self_enabled: form.patch("delete_self_enabled"),
        create_organization_enabled: form.patch("create_organization_enabled"),
        legal_accepted_at: form.patch_time("legal_accepted_at"),
        skip_legal_checks: form.optional("skip_legal_checks"),
        create_organizations_limit: form.patch("create_organizations_limit"),
        created_at: form.patch_time("created_at"),
        bypass_client_trust: form.patch("bypass_client_trust"),
    };
    let mut metadata = MetadataReplacement::new();
    if version.update_takes_metadata() {
        metadata = replacement_of(&mut form);
    }
    form.finish()?;
    Ok((update, metadata))
}

/// `PATCH /users/{user_id}/metadata`.
pub(super) fn metadata_update(body: &[u8]) -> Result<MetadataUpdate> {
    let mut form = Form::parse(body)?;
    let update = MetadataUpdate {
        public: form.metadata("public_metadata"),
        private: form.metadata("private_metadata"),
        r#unsafe: form.metadata("unsafe_metadata"),
    };
    form.finish()?;
    Ok(update)
}

/// `PUT /users/{user_id}/metadata`.
pub(super) fn metadata_replacement(body: &[u8]) -> Result<MetadataReplacement> {
    let mut form = Form::parse(body)?;
    let replacement = replacement_of(&mut form);
    form.finish()?;
    Ok(replacement)
}

fn replacement_of(form: &mut Form<'_>) -> MetadataReplacement {
    MetadataReplacement {
        public: form.metadata("public_metadata"),
        private: form.metadata("private_metadata"),
        r#unsafe: form.metadata("unsafe_metadata"),
    }
}

/// `POST /users/ban` and `POST /users/unban`.
pub(super) fn user_ids(body: &[u8]) -> Result<UserIdBatch> {
    let mut form = Form::parse(body)?;
    let user_ids: Vec<UserId> = form.required("user_ids");
    if user_ids.len() > MAX_BULK_SIZE {
        return Err(super::refusal::bulk_size_exceeded());
    }
    if form.is_right() && user_ids.is_empty() {
        form.wrong(codes::FORM_PARAM_MISSING, "user_ids", "must name a user");
    }
    form.finish()?;
    UserIdBatch::new(user_ids)
}

/// `POST /users/{user_id}/verify_password`.
pub(super) fn verify_password(body: &[u8]) -> Result<Password> {
    let mut form = Form::parse(body)?;
    let password: String = form.required("password");
    form.finish()?;
    Ok(Password::new(password))
}

/// `POST /users/{user_id}/verify_totp`.
pub(super) fn verify_totp(body: &[u8]) -> Result<TotpCode> {
    let mut form = Form::parse(body)?;
    let code: String = form.required("code");
    form.finish()?;
    Ok(TotpCode::new(code))
}

/// `POST /users/{user_id}/remove_password`.
pub(super) fn remove_password(body: &[u8]) -> Result<Sessions> {
    let mut form = Form::parse(body)?;
    let revoke = form.given("sign_out_of_other_sessions");
    form.finish()?;
    Ok(revoke.map(sessions).unwrap_or_default())
}

/// `POST /users/{user_id}/password/set_compromised`.
pub(super) fn set_password_compromised(body: &[u8]) -> Result<Sessions> {
    let mut form = Form::parse(body)?;
    let revoke = form.optional("revoke_all_sessions");
    form.finish()?;
    Ok(revoke.map(sessions).unwrap_or_default())
}

fn sessions(revoke: bool) -> Sessions {
    if revoke { Sessions::Revoke } else { Sessions::Keep }
}

/// `PUT /users/{user_id}/email_address`.
pub(super) fn email_address_replacement(body: &[u8]) -> Result<EmailAddressReplacement> {
    let mut form = Form::parse(body)?;
    let replacement = EmailAddressReplacement {
        email_address: form.required("email_address"),
        identification_status: replacement_status(&mut form),
        notify_primary_email_address_changed: form.optional("notify_primary_email_address_changed"),
    };
    form.finish()?;
    Ok(replacement)
}

/// `PUT /users/{user_id}/phone_number`.
pub(super) fn phone_number_replacement(body: &[u8]) -> Result<PhoneNumberReplacement> {
    let mut form = Form::parse(body)?;
    let replacement = PhoneNumberReplacement {
        phone_number: form.required("phone_number"),
        identification_status: replacement_status(&mut form),
    };
    form.finish()?;
    Ok(replacement)
}

fn replacement_status(form: &mut Form<'_>) -> Option<IdentifierStatus> {
    let choices = [
        ("verified", IdentifierStatus::Verified),
        ("reserved", IdentifierStatus::Reserved),
        ("unverified", IdentifierStatus::Unverified),
    ];
    form.choice("identification_status", &choices)
}

/// `POST /users/{user_id}/billing/credits`.
pub(super) fn credit_adjustment(body: &[u8]) -> Result<CreditAdjustment> {
    let mut form = Form::parse(body)?;
    let amount: i64 = form.required("amount");
    if form.is_right() && amount < 1 {
        form.wrong(codes::INVALID_CREDIT_AMOUNT, "amount", "must be positive");
    }
    let amount = u64::try_from(amount).unwrap_or_default();
    let choices = [("increase", CreditDirection::Increase), ("decrease", CreditDirection::Decrease)];
    let direction = form.required_choice("action", &choices);
    let currency: Option<Text> = form.given("currency");
    let key: Text = form.required("idempotency_key");
    let note: Option<Text> = form.given("note");
    form.finish()?;
    // Without a direction the form was wrong.
    let adjustment = match direction {
        Some(CreditDirection::Decrease) => CreditAdjustment::decrease(amount, key),
        _ => CreditAdjustment::increase(amount, key),
    };
    Ok(CreditAdjustment { currency, note, ..adjustment })
}

/// An operation that takes no parameters takes no fields either.
pub(super) fn nothing(body: &[u8]) -> Result<()> {
    Form::parse(body)?.finish()
}

/// Email addresses or phone numbers, and in parallel their statuses, if there are any.
fn identifiers(form: &mut Form<'_>, name: &'static str, status_name: &'static str) -> Vec<NewIdentifier> {
    let values: Vec<Text> = form.given(name).unwrap_or_default();
    let statuses: Vec<Text> = form.given(status_name).unwrap_or_default();
    if form.is_right() && !statuses.is_empty() && statuses.len() != values.len() {
        let message = "must have one item for each value";
        form.wrong(codes::FORM_PARAM_ARRAY_LENGTH_MISMATCH, status_name, message);
    }
    if statuses.iter().any(|status| status != "verified" && status != "reserved") {
        form.wrong(codes::FORM_PARAM_VALUE_INVALID, status_name, "must be verified or reserved");
    }
    let statuses = statuses.into_iter().map(Some).chain(std::iter::repeat(None));
    let identifier = |(value, status): (Text, Option<Text>)| match status.as_deref() {
        Some("reserved") => NewIdentifier::reserved(value),
        _ => NewIdentifier::verified(value),
    };
    values.into_iter().zip(statuses).map(identifier).collect()
}

/// A password in plain text, or a digest and its hasher. Whether the digest may be `null` differs.
fn password<'a>(
    form: &mut Form<'a>,
    read_digest: impl FnOnce(&mut Form<'a>, &'static str) -> Option<String>,
) -> Option<NewPassword> {
    let plain: Option<Password> = form.optional("password");
    let digest = read_digest(form, "password_digest");
    let hasher: Option<Text> = form.given("password_hasher");
    if !form.is_right() {
        return None;
    }
    match (plain, digest, hasher) {
        (Some(_), Some(_), _) => {
            let message = "is not allowed together with a password";
            form.wrong(codes::FORM_CONDITIONAL_PARAM_DISALLOWED, "password_digest", message);
            None
        }
        (_, Some(digest), Some(hasher)) => Some(PasswordDigest::new(hasher.as_str().into(), digest).into()),
        (_, Some(_), None) => {
            form.wrong(codes::FORM_CONDITIONAL_PARAM_MISSING, "password_hasher", "is needed for a digest");
            None
        }
        (Some(plain), None, _) => Some(plain.into()),
        (None, None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::model::Patch;

    fn codes_of(error: &Error) -> Vec<(&str, Option<&str>)> {
        error.api_errors().iter().map(|error| (error.code(), error.param_name())).collect()
    }

    #[test]
    fn everything_that_is_wrong_with_a_body_is_told_at_once() {
        let body = br#"{"first_name": 7, "email_address": null, "nickname": "Ada", "created_at": "yesterday"}"#;
        let error = new_user(body).unwrap_err();
        assert_eq!(error.status(), Some(422));
        assert_eq!(
            codes_of(&error),
            [
                ("form_param_value_invalid", Some("first_name")),
                ("form_param_nil", Some("email_address")),
                ("form_param_invalid_time", Some("created_at")),
                ("form_param_unknown", Some("nickname")),
            ]
        );
    }

    #[test]
    fn absent_null_and_set_are_three_things() {
        let (update, _) = user_update(br#"{"first_name": null, "last_name": "Lovelace"}"#, ApiVersion::LATEST).unwrap();
        assert_eq!(update.first_name, Patch::Clear);
        assert_eq!(update.last_name, Patch::Set("Lovelace".into()));
        assert_eq!(update.username, Patch::Keep);
    }

    #[test]
    fn what_is_no_json_object_is_a_bad_request() {
        for body in ["[]", "{", "\"text\"", "null", "{\"a\":1} x", "\u{1}"] {
            let error = new_user(body.as_bytes()).unwrap_err();
            assert_eq!((error.status(), codes_of(&error)[0].0), (Some(400), "request_body_invalid"), "{body}");
        }
        assert!(new_user(b"{\"first_name\":\"\xff\"}").is_err());
    }

    #[test]
    fn a_digest_needs_a_hasher_and_excludes_a_password() {
        for (body, code) in [
            (r#"{"password_digest": "x"}"#, "form_conditional_param_missing"),
            (r#"{"password_digest": "x", "password": "y"}"#, "form_conditional_param_disallowed"),
        ] {
            assert_eq!(codes_of(&new_user(body.as_bytes()).unwrap_err())[0].0, code);
        }
        let new_user = new_user(br#"{"password_digest": "x", "password_hasher": "bcrypt"}"#).unwrap();
        assert!(matches!(new_user.password, Some(NewPassword::Digest(_))));
    }

    #[test]
    fn the_statuses_of_identifiers_run_in_parallel() {
        let body = br#"{"email_address": ["a@b.c", "d@e.f"], "email_address_identification_status": ["verified", "reserved"]}"#;
        let email_addresses = new_user(body).unwrap().email_addresses;
        let statuses: Vec<_> = email_addresses.iter().map(NewIdentifier::status).collect();
        assert_eq!(statuses, [IdentifierStatus::Verified, IdentifierStatus::Reserved]);
        let body = br#"{"email_address": ["a@b.c", "d@e.f"], "email_address_identification_status": ["verified"]}"#;
        assert_eq!(codes_of(&new_user(body).unwrap_err())[0].0, "form_param_array_length_mismatch");
    }
}
