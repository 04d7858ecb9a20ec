//! External ids.

use super::*;

#[test]
fn external_id_is_read_from_the_row_or_from_another_key() {
    let (generic, clerk) = (mapping(|_| Ok(())), of(System::Clerk, |_| Ok(())));
    let from_email = mapping(|mapping| {
        mapping.set_external_id_from("E-Mail");
        mapping.map("e_mail=email")
    });
    for (mapping, json, expected) in [
        (&generic, r#"{"external_id":"own","id":"other"}"#, Some("own")),
        (&generic, r#"{"external_id":"","id":7}"#, Some("7")),
        (&generic, r#"{"id":"auth0|1"}"#, Some("auth0|1")),
        (&generic, r#"{"id":" a;b "}"#, Some("a;b")),
        (&generic, r#"{"_id":{"$oid":"60425dc4"}}"#, Some("60425dc4")),
        (&clerk, r#"{"object":"user","id":"user_1"}"#, Some("user_1")),
        (&clerk, r#"{"object":"user","id":"user_1","external_id":"own"}"#, Some("own")),
        (&generic, r#"{"email":"ada@example.com"}"#, None),
        (&from_email, r#"{"e_mail":"ada@example.com"}"#, Some("ada@example.com")),
        (&from_email, r#"{"e_mail":["ada@example.com","a@example.com"]}"#, Some("ada@example.com")),
    ] {
        let read = user(mapping, json);
        assert_eq!(read.as_ref().ok().map(|candidate| &*candidate.external_id), expected, "{json}");
        if let Err(rejection) = read {
            assert_eq!(rejection.code, "no_external_id");
        }
    }
}

#[test]
fn missing_column_of_external_ids_is_named() {
    let configured = of(System::Csv, |mapping| {
        mapping.set_external_id_from("Kundennummer");
        Ok(())
    });
    let columns = ["id".to_owned(), "email".to_owned()];
    let rejection = configured.check_columns(&columns).unwrap_err();
    assert_eq!(rejection.reason, "--external-id-from: the table has no column kundennummer");
    let rejection = user(&configured, r#"{"id":1}"#).unwrap_err();
    assert!(rejection.reason.contains("external_id or kundennummer"), "{}", rejection.reason);
}

#[test]
fn ids_of_mongodb_are_read_in_every_notation() {
    for (json, id) in [
        (r#"{"_id":{"$oid":"a1"},"username":"ada_1"}"#, "a1"),
        (r#"{"_id":{"$uuid":"b2"},"username":"ada_1"}"#, "b2"),
        (r#"{"_id":{"$numberLong":"3"},"username":"ada_1"}"#, "3"),
    ] {
        assert_eq!(user(&mapping(|_| Ok(())), json).unwrap().external_id, id);
    }
}

#[test]
fn ids_of_exports_of_wordpress_plugins_are_read() {
    let json = r#"{"source_user_id":7,"user_login":"ada_1","user_email":"a@example.com"}"#;
    assert_eq!(user(&of(System::Wordpress, |_| Ok(())), json).unwrap().external_id, "7");
}

#[test]
fn converted_and_missing_ids_are_rejected() {
    let generic = mapping(|_| Ok(()));
    for (id, expected) in [
        ("1,23E+17", Err("converted_external_id")),
        ("########", Err("converted_external_id")),
        ("12.00", Err("converted_external_id")),
        ("-", Err("no_external_id")),
        ("N/A", Err("no_external_id")),
        ("'00123", Ok("00123")),
        ("auth0|1", Ok("auth0|1")),
    ] {
        let read = user(&generic, &format!(r#"{{"id":"{id}","username":"ada_1"}}"#));
        let read = read.map(|candidate| candidate.external_id.as_str().to_owned()).map_err(|rejection| rejection.code);
        assert_eq!(read.as_deref().map_err(String::as_str), expected, "{id}");
    }
}

#[test]
fn external_id_of_skipped_rows_is_that_of_their_users() {
    let generic = mapping(|_| Ok(()));
    for (json, expected) in [
        (r#"{"id":"'00123","deleted":true}"#, "00123"),
        (r#"{"external_id":"'00123","id":"1","deleted":true}"#, "00123"),
        (r#"{"external_id":"","id":"1","deleted":true}"#, "1"),
    ] {
        assert_eq!(generic.external_id_of(&line(json)).as_deref(), Some(expected), "{json}");
        let of_user = user(&generic, &json.replace("true", "false")).unwrap().external_id;
        assert_eq!(of_user, expected, "{json}");
    }
}

#[test]
fn external_id_from_accepts_keys_that_the_source_renames() {
    for (system, name, json, expected) in [
        (System::Auth0, "_id", r#"{"_id":{"$oid":"a1"},"email":"a@example.com","tenant":"t"}"#, Some("a1")),
        (System::Auth0, "_id", r#"{"_id":{"$oid":"a1"},"user_id":"auth0|2","email":"a@example.com"}"#, Some("a1")),
        (System::Auth0, "_id", r#"{"_id":"none","user_id":"auth0|2","email":"a@example.com"}"#, None),
        (System::Cognito, "Username", r#"{"Username":"ada","Attributes":[{"Name":"sub","Value":"7"}]}"#, Some("ada")),
    ] {
        let configured = of(system, |mapping| {
            mapping.set_external_id_from(name);
            mapping.null_words.given = vec!["none".to_owned()];
            Ok(())
        });
        let id = user(&configured, json).ok().map(|candidate| candidate.external_id);
        assert_eq!(id.as_deref(), expected, "{json}");
        assert_eq!(configured.external_id_of(&line(json)).as_deref(), expected, "{json}");
    }
}

#[test]
fn external_id_of_skipped_rows_is_not_a_word_of_null() {
    let generic = mapping(|mapping| {
        mapping.null_words.given = vec!["none".to_owned()];
        Ok(())
    });
    let json = r#"{"external_id":"none","id":"1","deleted":true}"#;
    assert_eq!(generic.external_id_of(&line(json)).as_deref(), Some("1"));
}
