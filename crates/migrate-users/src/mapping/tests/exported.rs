//! Users in the format of the API and of the JavaScript SDK.

use super::*;

#[test]
fn ignored_fields_of_exported_users_are_dropped() {
    let configured = of(System::Clerk, |mapping| {
        mapping.ignore("Public Metadata");
        mapping.ignore("username");
        mapping.set(r#"public_metadata={"from":"old"}"#)?;
        mapping.set(r#"private_metadata={"from":"old"}"#)
    });
    let json = r#"{"object":"user","id":"user_1","username":"ada","first_name":"Ada","public_metadata":{"a":1}}"#;
    let new = user(&configured, json).unwrap().new_user;
    assert_eq!((new.username, new.first_name.as_deref()), (None, Some("Ada")));
    assert_eq!(new.metadata.public.as_json(), r#"{"from":"old"}"#);
    assert_eq!(new.metadata.private.as_json(), r#"{"from":"old"}"#);
}

#[test]
fn values_of_exported_users_are_not_replaced_by_digests_as_passwords() {
    let json = format!(r#"{{"object":"user","id":"user_1","password":"{BCRYPT}"}}"#);
    assert_eq!(user(&of(System::Clerk, |_| Ok(())), &json).unwrap_err().code, "digest_as_password");
}

#[test]
fn read_applies_map_to_the_fields_of_an_exported_user() {
    let mapped = |options: &[&str], json: &str| {
        let mapping = mapping(|mapping| options.iter().try_for_each(|option| mapping.map(option)));
        user(&mapping, json).map(|candidate| candidate.new_user)
    };
    let json = r#"{"object":"user","id":"user_1","username":"ada_1","external_id":"crm-1","first_name":"Ada",
        "created_at":1705314600000,"email_addresses":[{"email_address":"ada@example.com"}]}"#;
    // The user has these fields already.
    for option in ["id=external_id", "username=first_name", "password_last_updated_at=created_at:milliseconds"] {
        let json = json.replace("{\"object\"", "{\"password_last_updated_at\":1705314600000,\"object\"");
        assert_eq!(mapped(&[option], &json).unwrap_err().code, "ambiguous_field", "{option}");
    }
    let options =
        ["username=last_name", "external_id=locale", "id=external_id", "createdAt=legal_accepted_at:milliseconds"];
    let new = mapped(&options, json).unwrap();
    assert_eq!((new.username, new.last_name.as_deref()), (None, Some("ada_1")));
    assert_eq!((new.external_id.as_deref(), new.locale.as_deref()), (Some("user_1"), Some("crm-1")));
    assert_eq!(new.created_at, None);
    assert_eq!(new.legal_accepted_at, Some("2024-01-15T10:30:00Z".parse().unwrap()));
    assert_eq!(new.email_addresses.len(), 1);

    // A number needs a unit, and a list of objects is no list of texts.
    for option in ["created_at=legal_accepted_at", "email_addresses=email_address"] {
        assert_eq!(mapped(&[option], json).unwrap_err().code, "invalid_value", "{option}");
    }
    let sdk = r#"{"id":"user_1","username":"ada_1","emailAddresses":[{"emailAddress":"ada@example.com"}]}"#;
    let new = mapped(&["username=external_id"], sdk).unwrap();
    assert_eq!((new.username, new.external_id.as_deref()), (None, Some("ada_1")));
}

#[test]
fn plain_identifiers_of_exported_users_are_read() {
    let clerk = of(System::Clerk, |_| Ok(()));
    let json =
        r#"{"object":"user","id":"user_1","email_addresses":["a@example.com"],"phone_numbers":["+15550100001"]}"#;
    let new = user(&clerk, json).unwrap().new_user;
    assert_eq!(emails(&new), [("a@example.com", IdentifierStatus::Verified)]);
    assert_eq!(new.phone_numbers.len(), 1);
    let json = r#"{"id":"user_1","primaryEmailAddressId":null,"emailAddresses":["a@example.com"]}"#;
    assert_eq!(emails(&user(&clerk, json).unwrap().new_user), [("a@example.com", IdentifierStatus::Verified)]);
    let json =
        r#"{"object":"user","id":"user_1","email_addresses":[{"email_address":"a@example.com"},"b@example.com"]}"#;
    assert_eq!(user(&clerk, json).unwrap_err().param.as_deref(), Some("email_address"));
}

#[test]
fn times_of_exported_users_in_seconds_are_rejected() {
    let clerk = of(System::Clerk, |_| Ok(()));
    for (time, is_valid) in [("1705314600000", true), ("1705314600", false), ("\"2024-01-15T10:30:00Z\"", true)] {
        let json = format!(r#"{{"object":"user","id":"user_1","created_at":{time}}}"#);
        assert_eq!(user(&clerk, &json).is_ok(), is_valid, "{time}");
    }
}

#[test]
fn values_of_exported_users_with_another_type_are_not_lost() {
    let clerk = of(System::Clerk, |_| Ok(()));
    let json = r#"{"object":"user","id":"user_1","public_metadata":"{\"a\":1}","banned":"yes","locked":1,
        "created_at":"2024-01-15 10:30:00 UTC"}"#;
    let new = user(&clerk, json).unwrap().new_user;
    assert_eq!(new.metadata.public.as_json(), r#"{"a":1}"#);
    assert_eq!((new.banned, new.locked), (Some(true), Some(true)));
    assert_eq!(new.created_at, Some("2024-01-15T10:30:00Z".parse().unwrap()));
    for json in
        [r#"{"object":"user","id":"user_1","private_metadata":[1]}"#, r#"{"object":"user","id":"user_1","banned":2}"#]
    {
        assert_eq!(user(&clerk, json).unwrap_err().code, "invalid_value", "{json}");
    }
}

#[test]
fn flags_and_other_fields_beside_the_identifiers_of_exported_users_are_applied() {
    use IdentifierStatus::{Reserved, Verified};
    let clerk = of(System::Clerk, |_| Ok(()));
    let set = of(System::Clerk, |mapping| mapping.set("email_verified=false"));
    let json = |more: &str| {
        format!(
            r#"{{"object":"user","id":"user_1","email_addresses":[{{"email_address":"a@example.com",
            "verification":{{"status":"verified","strategy":"admin"}}}}],"phone_numbers":[{{"phone_number":"+15550100001",
            "verification":{{"status":"verified","strategy":"admin"}}}}]{more}}}"#
        )
    };
    for (mapping, more, expected, phone) in [
        (&clerk, "", &[("a@example.com", Verified)][..], Verified),
        (&clerk, r#","email_verified":true"#, &[("a@example.com", Verified)], Verified),
        (&clerk, r#","email_verified":false"#, &[("a@example.com", Reserved)], Verified),
        (&clerk, r#","email_verified":null"#, &[("a@example.com", Reserved)], Verified),
        (&clerk, r#","phone_verified":false"#, &[("a@example.com", Verified)], Reserved),
        (&set, "", &[("a@example.com", Reserved)], Verified),
        (&clerk, r#","unverified_email_addresses":["A@example.com"]"#, &[("a@example.com", Reserved)], Verified),
        (&clerk, r#","primary_email_address":"a@example.com""#, &[("a@example.com", Verified)], Verified),
        (
            &clerk,
            r#","email":"b@example.com","phone":"+1 555 010 0001""#,
            &[("a@example.com", Verified), ("b@example.com", Verified)],
            Verified,
        ),
    ] {
        let new = user(mapping, &json(more)).unwrap().new_user;
        assert_eq!((emails(&new), phones(&new)), (expected.to_vec(), vec![("+15550100001", phone)]), "{more}");
    }
}
