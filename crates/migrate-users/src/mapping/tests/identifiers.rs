//! Email addresses, phone numbers and names.

use super::*;

#[test]
fn identifiers_are_ordered_without_duplicates() {
    let clerk = of(System::Clerk, |_| Ok(()));
    let json = r#"{"id":1,"unverified_email_addresses":"c@example.com|D@example.com","email":"B@example.com",
        "verified_email_addresses":"b@example.com|a@example.com|d@example.com","primary_email_address":"A@example.com"}"#;
    let new = user(&clerk, json).unwrap().new_user;
    let expected = [
        ("A@example.com", IdentifierStatus::Verified),
        ("B@example.com", IdentifierStatus::Verified),
        ("c@example.com", IdentifierStatus::Reserved),
        ("D@example.com", IdentifierStatus::Reserved),
    ];
    assert_eq!(emails(&new), expected);
}

#[test]
fn identifiers_that_differ_by_case_folding_are_duplicates() {
    let json = r#"{"id":1,"verified_email_addresses":"É@example.com|straße@example.com",
        "unverified_email_addresses":"é@example.com","primary_email_address":"STRASSE@example.com"}"#;
    let new = user(&of(System::Clerk, |_| Ok(())), json).unwrap().new_user;
    let expected = [("STRASSE@example.com", IdentifierStatus::Verified), ("É@example.com", IdentifierStatus::Reserved)];
    assert_eq!(emails(&new), expected);
}

#[test]
fn flag_of_unverified_identifiers_overrides_lists_of_verified_ones() {
    let json = r#"{"id":1,"email":"a@example.com","email_verified":false,
        "verified_email_addresses":["A@example.com","b@example.com"]}"#;
    let new = user(&mapping(|_| Ok(())), json).unwrap().new_user;
    let expected = [("b@example.com", IdentifierStatus::Verified), ("a@example.com", IdentifierStatus::Reserved)];
    assert_eq!(emails(&new), expected);

    for (flag, status) in [
        (r#""email_verified":false,"#, IdentifierStatus::Reserved),
        (r#""email_verified":null,"#, IdentifierStatus::Reserved),
        (r#""email_verified":true,"#, IdentifierStatus::Verified),
        ("", IdentifierStatus::Verified),
    ] {
        let only_listed = format!(r#"{{"id":1,{flag}"verified_email_addresses":["a@example.com"]}}"#);
        let new = user(&mapping(|_| Ok(())), &only_listed).unwrap().new_user;
        assert_eq!(emails(&new), [("a@example.com", status)], "{flag}");
    }
}

#[test]
fn phone_numbers_in_several_notations_are_duplicates() {
    let json = r#"{"id":1,"primary_phone_number":"+15550100001","unverified_phone_numbers":"+1 (555) 010-0001",
        "verified_phone_numbers":"001 555 010 0002|+1 555 010 0002"}"#;
    let new = user(&of(System::Clerk, |_| Ok(())), json).unwrap().new_user;
    let expected = [("+15550100001", IdentifierStatus::Reserved), ("+15550100002", IdentifierStatus::Verified)];
    assert_eq!(phones(&new), expected);
}

#[test]
fn email_addresses_with_names_are_rejected_with_the_separators() {
    let generic = mapping(|_| Ok(()));
    for text in ["a@example.com b@example.com", "a@example.com / b@example.com", "Ada <a@example.com>"] {
        let rejection = user(&generic, &format!(r#"{{"id":1,"email":"{text}"}}"#)).unwrap_err();
        assert!(rejection.reason.contains("separate several addresses"), "{rejection:?}");
    }
    for (text, address) in [
        ("mailto:a@example.com", "a@example.com"),
        ("mailto:a@example.com?subject=hi", "a@example.com"),
        // A question mark can be part of an address.
        ("a?b@example.com", "a?b@example.com"),
    ] {
        let new = user(&generic, &format!(r#"{{"id":1,"email":"{text}"}}"#)).unwrap().new_user;
        assert_eq!(emails(&new), [(address, IdentifierStatus::Reserved)]);
    }
}

#[test]
fn email_address_is_not_imported_as_name() {
    let auth0 = of(System::Auth0, |_| Ok(()));
    for (name, first_name) in [("A@example.com", None), ("Ada", Some("Ada")), ("b@example.com", Some("b@example.com"))]
    {
        let json = format!(r#"{{"user_id":"auth0|1","email":"a@example.com","name":"{name}"}}"#);
        assert_eq!(user(&auth0, &json).unwrap().new_user.first_name.as_deref(), first_name);
    }
}

#[test]
fn username_is_not_imported_as_name() {
    let wordpress = of(System::Wordpress, |_| Ok(()));
    for (username, name, names, is_noted) in [
        ("ada_l", "ada_l", (None, None), true),
        ("grace", "Grace", (Some("Grace"), None), false),
        ("Ada Lovelace", "Ada Lovelace", (Some("Ada"), Some("Lovelace")), false),
    ] {
        let json = format!(r#"{{"ID":1,"user_login":"{username}","user_email":"","display_name":"{name}"}}"#);
        let candidate = user(&wordpress, &json).unwrap();
        let new = &candidate.new_user;
        assert_eq!((new.first_name.as_deref(), new.last_name.as_deref()), names, "{name}");
        assert_eq!(candidate.notes.contains(&draft::IDENTIFIER_AS_NAME), is_noted, "{name}");
    }
    let json = r#"{"ID":1,"user_login":"ada_l","user_email":"","display_name":"ada_l","first_name":"Ada"}"#;
    assert!(user(&wordpress, json).unwrap().notes.is_empty(), "no name is lost");
}
