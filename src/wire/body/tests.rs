//! Tests of reading bodies.

use super::*;
use crate::error::{Error, InputRule};
use crate::model::{IdentifierStatus, NewIdentifier, NewPassword, Patch};
use crate::wire::{ApiVersion, status};

fn codes_of(error: &Error) -> Vec<(&str, Option<&str>)> {
    error.details().iter().map(|detail| (detail.code(), detail.param_name())).collect()
}

#[test]
fn read_new_user_returns_all_problems() {
    let body = br#"{"first_name": 7, "email_address": null, "nickname": "Ada", "created_at": "yesterday"}"#;
    let error = read_new_user(body).unwrap_err();
    assert_eq!(status::status_of(&error), 422);
    assert_eq!(
        codes_of(&error),
        [
            ("form_param_type_invalid", Some("first_name")),
            ("form_param_invalid_time", Some("created_at")),
            ("form_param_unknown", Some("nickname")),
        ]
    );
}

#[test]
fn values_of_the_wrong_type_have_the_code_and_messages_of_the_catalog() {
    for (body, name, json_type) in [
        (r#"{"first_name": 7}"#, "first_name", "string"),
        (r#"{"password": 12345678}"#, "password", "string"),
        (r#"{"password": ["secret"]}"#, "password", "string"),
        (r#"{"totp_secret": {}}"#, "totp_secret", "string"),
        (r#"{"banned": "true"}"#, "banned", "boolean"),
        (r#"{"create_organizations_limit": "5"}"#, "create_organizations_limit", "integer"),
        (r#"{"create_organizations_limit": 1.5}"#, "create_organizations_limit", "integer"),
        (r#"{"web3_wallet": "0x1"}"#, "web3_wallet", "array"),
        (r#"{"web3_wallet": [7]}"#, "web3_wallet", "array of strings"),
        (r#"{"email_address": ["ada@example.com", null]}"#, "email_address", "array of strings"),
    ] {
        let error = read_new_user(body.as_bytes()).unwrap_err();
        assert_eq!(codes_of(&error), [("form_param_type_invalid", Some(name))], "{body}");
        let detail = &error.details()[0];
        assert_eq!(detail.message(), "is invalid");
        assert_eq!(detail.long_message(), format!("`{name}` must be a `{json_type}`."));
    }
    let update = br#"{"username": 7, "delete_self_enabled": 1, "backup_codes": {}}"#;
    let error = read_user_update(update, ApiVersion::LATEST).unwrap_err();
    assert!(error.details().iter().all(|detail| detail.code() == "form_param_type_invalid"), "{error:?}");
    assert_eq!(error.details().len(), 3);
    let error = read_user_ids(br#"{"user_ids": "user_1"}"#).unwrap_err();
    assert_eq!(error.details()[0].long_message(), "`user_ids` must be a `array`.");
}

#[test]
fn times_must_have_the_format_of_rfc_3339() {
    for time in ["2024-01-01T00:00:00+25:00", "2024-01-01T00:00:00Z[Europe/Berlin]", "20240101T000000Z"] {
        let error = read_new_user(format!(r#"{{"created_at": "{time}"}}"#).as_bytes()).unwrap_err();
        assert_eq!(codes_of(&error), [("form_param_invalid_time", Some("created_at"))], "{time}");
    }
}

#[test]
fn times_of_the_wrong_type_are_rejected_with_the_format() {
    let body = br#"{"created_at": 1700000000000, "legal_accepted_at": true}"#;
    let update = read_user_update(body, ApiVersion::LATEST).unwrap_err();
    for error in [update, read_new_user(body).unwrap_err()] {
        assert_eq!(error.details().len(), 2);
        for detail in error.details() {
            assert_eq!(detail.code(), "form_param_type_invalid");
            assert!(detail.long_message().contains("must be a `string` that contains a datetime"), "{detail:?}");
        }
    }
}

#[test]
fn invalid_values_of_the_right_type_are_not_reported_as_a_wrong_type() {
    let error = read_new_user(br#"{"create_organizations_limit": 4294967296}"#).unwrap_err();
    assert_eq!(codes_of(&error), [("form_param_value_invalid", Some("create_organizations_limit"))]);
}

#[test]
fn integers_outside_of_the_range_are_rejected_with_the_range() {
    for (number, expected) in [
        ("-1", "create_organizations_limit is invalid. It must be from 0 to 4294967295."),
        ("4294967296", "create_organizations_limit is invalid. It must be from 0 to 4294967295."),
        ("1e2", "`create_organizations_limit` must be a `integer`."),
    ] {
        let body = format!(r#"{{"create_organizations_limit": {number}}}"#);
        let error = read_new_user(body.as_bytes()).unwrap_err();
        assert_eq!(error.details()[0].long_message(), expected);
    }
    for number in ["9223372036854775808", "100000000000000000000", "-100000000000000000000"] {
        let body = format!(r#"{{"amount": {number}, "action": "increase", "idempotency_key": "1"}}"#);
        let error = read_credit_adjustment(body.as_bytes()).unwrap_err();
        assert_eq!(codes_of(&error), [("form_param_value_invalid", Some("amount"))], "{number}");
        let long_message = error.details()[0].long_message();
        assert_eq!(long_message, "amount is invalid. It must be from 1 to 9223372036854775807.", "{number}");
    }
    let too_large = br#"{"create_organizations_limit": 100000000000000000000}"#;
    let error = read_new_user(too_large).unwrap_err();
    assert_eq!(codes_of(&error), [("form_param_value_invalid", Some("create_organizations_limit"))]);
    assert!(error.details()[0].long_message().ends_with("It must be from 0 to 4294967295."), "{error:?}");
}

#[test]
fn malformed_ids_are_rejected_like_unknown_ids() {
    for id in ["", "a/b", ".."] {
        let error = read_user_ids(format!(r#"{{"user_ids": ["user_1", "{id}"]}}"#).as_bytes()).unwrap_err();
        assert_eq!(status::status_of(&error), 404);
        assert_eq!(error.details()[0].long_message(), format!("No user was found with id {id}"));
        for name in ["primary_email_address_id", "primary_phone_number_id", "primary_web3_wallet_id"] {
            let body = format!(r#"{{"{name}": "{id}"}}"#);
            let error = read_user_update(body.as_bytes(), ApiVersion::LATEST).unwrap_err();
            assert_eq!(codes_of(&error), [("form_resource_not_found", Some(name))], "{id}");
        }
        let body = format!(r#"{{"profile_image_id": "{id}"}}"#);
        let error = read_user_update(body.as_bytes(), ApiVersion::LATEST).unwrap_err();
        assert_eq!((status::status_of(&error), codes_of(&error)), (404, vec![("image_not_found", None)]), "{id}");
    }
    let error = read_user_update(br#"{"primary_email_address_id": 7}"#, ApiVersion::LATEST).unwrap_err();
    assert_eq!(codes_of(&error), [("form_param_type_invalid", Some("primary_email_address_id"))]);
}

#[test]
fn malformed_user_ids_in_errors_are_shortened() {
    let long = "/".repeat(100_000);
    let error = read_user_ids(format!(r#"{{"user_ids": ["{long}"]}}"#).as_bytes()).unwrap_err();
    let expected = format!("No user was found with id {}…", "/".repeat(64));
    assert_eq!(error.details()[0].long_message(), expected);
}

#[test]
fn read_user_update_with_metadata_names_the_operations_for_metadata() {
    let body = br#"{"public_metadata": {"plan": "pro"}, "unsafe_metadata": null}"#;
    let error = read_user_update(body, ApiVersion::LATEST).unwrap_err();
    let names = ["public_metadata", "unsafe_metadata"];
    assert_eq!(codes_of(&error), names.map(|name| ("form_param_unknown", Some(name))));
    for detail in error.details() {
        let long_message = detail.long_message();
        assert!(long_message.contains("PATCH /users/{user_id}/metadata to merge"), "{long_message}");
        assert!(long_message.contains("PUT /users/{user_id}/metadata to replace"), "{long_message}");
    }
    assert!(read_user_update(body, ApiVersion::OLDEST).is_ok());
}

#[test]
fn problems_with_a_field_do_not_hide_problems_with_others() {
    let body = br#"{"first_name": 7, "created_at": "soon", "password_digest": "x"}"#;
    let error = read_new_user(body).unwrap_err();
    let names: Vec<_> = error.details().iter().map(|detail| detail.param_name().unwrap()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(error.has_code("form_conditional_param_missing"), "{error:?}");
    let error = read_credit_adjustment(br#"{"amount": "1", "action": "raise", "idempotency_key": "1"}"#).unwrap_err();
    assert!(error.has_code("form_param_type_invalid") && error.has_code("invalid_credit_action"), "{error:?}");
}

#[test]
fn read_new_user_reports_a_limited_number_of_unknown_fields() {
    let fields: Vec<_> = (0..50_000).map(|n| format!("\"field{n}\":1")).collect();
    let error = read_new_user(format!("{{{}}}", fields.join(",")).as_bytes()).unwrap_err();
    assert_eq!(error.details().len(), Error::MAX_DETAILS);
    let long = "é".repeat(100_000);
    let error = read_new_user(format!("{{\"{long}\":1}}").as_bytes()).unwrap_err();
    assert_eq!(error.param_name(), Some(&*format!("{}…", "é".repeat(64))));
    assert!(error.details()[0].long_message().len() < 2048);
    // Valid fields after many others are not applied: the body is rejected.
    let body = format!("{{{},\"username\":\"ada\"}}", fields[..1000].join(","));
    assert!(read_new_user(body.as_bytes()).is_err());
}

#[test]
fn read_new_user_keeps_the_first_256_fields() {
    for (others, first_unknown) in [(255, "a"), (256, "z0")] {
        let others: Vec<_> = (0..others).map(|n| format!("\"z{n}\":1")).collect();
        // Repeated fields are not counted.
        let body = format!("{{{others},{others},\"a\":1}}", others = others.join(","));
        let error = read_new_user(body.as_bytes()).unwrap_err();
        // Unknown fields are reported in alphabetical order.
        assert_eq!(error.details()[0].param_name(), Some(first_unknown));
    }
}

#[test]
fn read_user_update_distinguishes_absent_null_and_set() {
    let body = br#"{"first_name": null, "last_name": "Lovelace"}"#;
    let (update, _) = read_user_update(body, ApiVersion::LATEST).unwrap();
    assert_eq!(update.first_name, Patch::Clear);
    assert_eq!(update.last_name, Patch::Set("Lovelace".into()));
    assert_eq!(update.username, Patch::Keep);
}

#[test]
fn read_new_user_rejects_body_that_is_not_an_object() {
    for body in ["[]", "{", "\"text\"", "{\"a\":1} x", "\u{1}"] {
        let error = read_new_user(body.as_bytes()).unwrap_err();
        assert_eq!((status::status_of(&error), codes_of(&error)[0].0), (400, "request_body_invalid"), "{body}");
    }
    assert!(read_new_user(b"{\"first_name\":\"\xff\"}").is_err());
    assert_eq!(read_new_user(b"null").unwrap(), read_new_user(b"").unwrap());
}

#[test]
fn read_new_user_requires_hasher_for_digest_and_no_password() {
    for (body, code) in [
        (r#"{"password_digest": "x"}"#, "form_conditional_param_missing"),
        (r#"{"password_digest": "x", "password": "y"}"#, "form_conditional_param_disallowed"),
        (r#"{"password_hasher": "bcrypt"}"#, "form_conditional_param_missing"),
        (r#"{"password_hasher": "bcrypt", "password_digest": null}"#, "form_conditional_param_missing"),
        (r#"{"password_hasher": "bcrypt", "password": "$2b$10$digest"}"#, "form_conditional_param_missing"),
    ] {
        assert_eq!(codes_of(&read_new_user(body.as_bytes()).unwrap_err())[0].0, code);
    }
    let new_user = read_new_user(br#"{"password_digest": "x", "password_hasher": "bcrypt"}"#).unwrap();
    assert!(matches!(new_user.password, Some(NewPassword::Digest(_))));
}

#[test]
fn read_new_user_pairs_identifiers_with_statuses() {
    let body =
        br#"{"email_address": ["a@b.c", "d@e.f"], "email_address_identification_status": ["verified", "reserved"]}"#;
    let emails = read_new_user(body).unwrap().email_addresses;
    let statuses: Vec<_> = emails.iter().map(NewIdentifier::status).collect();
    assert_eq!(statuses, [IdentifierStatus::Verified, IdentifierStatus::Reserved]);
    let body = br#"{"email_address": ["a@b.c", "d@e.f"], "email_address_identification_status": ["verified"]}"#;
    assert_eq!(codes_of(&read_new_user(body).unwrap_err())[0].0, "form_param_array_length_mismatch");
}

#[test]
fn read_new_user_rejects_lists_of_more_than_100_values() {
    for name in ["email_address", "phone_number", "web3_wallet", "backup_codes"] {
        let body = |number| format!("{{\"{name}\": {:?}}}", vec!["a"; number]);
        assert!(read_new_user(body(100).as_bytes()).is_ok(), "{name}");
        let error = read_new_user(body(101).as_bytes()).unwrap_err();
        assert_eq!(codes_of(&error), [("form_param_array_size_exceeded", Some(name))]);
        assert_eq!(error.details()[0].long_message(), format!("{name} should not exceed 100 items."));
    }
    let body = format!("{{\"backup_codes\": {:?}}}", vec!["a"; 101]);
    let error = read_user_update(body.as_bytes(), ApiVersion::LATEST).unwrap_err();
    assert_eq!(codes_of(&error), [("form_param_array_size_exceeded", Some("backup_codes"))]);
}

#[test]
fn read_user_ids_does_not_decode_a_list_of_more_than_50_ids() {
    let ids = vec![r#""user_1""#; 50].join(",");
    assert_eq!(read_user_ids(format!("{{\"user_ids\":[{ids}]}}").as_bytes()).unwrap().len(), 50);
    // The 51st value would have the wrong type.
    let error = read_user_ids(format!("{{\"user_ids\":[{ids},7]}}").as_bytes()).unwrap_err();
    assert_eq!(error.details()[0].rule(), Some(InputRule::BatchSize));
    assert_eq!(codes_of(&read_user_ids(b"{}").unwrap_err()), [("form_param_missing", Some("user_ids"))]);
}
