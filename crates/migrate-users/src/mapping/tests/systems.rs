//! The formats of systems.

use super::*;

#[test]
fn rows_without_values_and_objects_of_other_models_are_skipped() {
    assert_eq!(skipped(System::Csv, r#"{"id":"","email":null,"first_name":" "}"#), Some("empty"));
    for (json, expected) in [
        (r#"{"model":"auth.group","pk":1,"fields":{"name":"editors","permissions":[]}}"#, Some("not users")),
        (
            r#"{"model":"account.emailaddress","pk":1,"fields":{"user":1,"email":"a@example.com","verified":true}}"#,
            Some("not users"),
        ),
        (r#"{"model":"auth.user","pk":1,"fields":{"username":"ada","password":""}}"#, None),
        (r#"{"id":1,"username":"ada","is_superuser":false}"#, None),
        (r#"{"model":"auth.user","pk":1,"fields":{"username":"ada","email":"a@example.com"}}"#, None),
        (r#"{"model":"app.person","pk":1,"fields":{"email":"a@example.com","date_joined":"2024-01-15"}}"#, None),
        (r#"{"model":"app.person","pk":1,"fields":{"email":"a@example.com","password":"!"}}"#, None),
        (r#"{"model":"app.CustomUser","pk":1,"fields":{"email":"a@example.com"}}"#, None),
        (r#"{"model":"app.person","pk":1,"fields":{"email":"a@example.com","is_active":true}}"#, Some("not users")),
        (r#"{"model":"app.person","pk":1,"fields":{"email":"a@example.com","last_login":null}}"#, Some("not users")),
        (r#"{"model":"shop.superuser","pk":1,"fields":{"email":"a@example.com"}}"#, Some("not users")),
        (r#"{"model":"app.subscriber","pk":1,"fields":{"email":"a@example.com"}}"#, Some("not users")),
        (r#"{"model":"app.user","pk":1,"fields":{"user":1,"username":"ada"}}"#, Some("not users")),
    ] {
        assert_eq!(skipped(System::Django, json), expected, "{json}");
    }
}

#[test]
fn attributes_of_a_single_cognito_user_are_read() {
    let cognito = of(System::Cognito, |_| Ok(()));
    let json = r#"{"Username":"ada_l","UserAttributes":[{"Name":"email","Value":"a@example.com"},
        {"Name":"email_verified","Value":"true"}],"Attributes":null}"#;
    assert_eq!(emails(&user(&cognito, json).unwrap().new_user), [("a@example.com", IdentifierStatus::Verified)]);
}

#[test]
fn users_of_cognito_are_read_in_camel_case_and_from_tables() {
    let cognito = of(System::Cognito, |mapping| {
        mapping.cognito = Some(Cognito { user_pool: "pool".to_owned(), client: "client".to_owned() });
        Ok(())
    });
    let json = r#"{"username":"ada_l","userStatus":"CONFIRMED","enabled":true,
        "attributes":[{"name":"sub","value":"s1"},{"name":"email","value":"a@example.com"}]}"#;
    let candidate = user(&cognito, json).unwrap();
    assert_eq!((&*candidate.external_id, candidate.new_user.username.as_deref()), ("s1", Some("ada_l")));
    assert_eq!(emails(&candidate.new_user), [("a@example.com", IdentifierStatus::Reserved)]);

    let identities = r#""[{\"userId\":\"1\",\"providerName\":\"Google\"}]""#;
    for (json, is_federated) in [
        (r#"{"cognito:username":"Google_1","cognito:user_status":"EXTERNAL_PROVIDER"}"#.to_owned(), true),
        (format!(r#"{{"cognito:username":"google_1","identities":{identities}}}"#), true),
        (format!(r#"{{"cognito:username":"google_fan","identities":{identities}}}"#), false),
        (r#"{"cognito:username":"google_1","identities":"[]"}"#.to_owned(), false),
    ] {
        let new = user(&cognito, &json).unwrap().new_user;
        assert_eq!((new.username.is_none(), new.password.is_none()), (is_federated, is_federated), "{json}");
    }
}

#[test]
fn names_in_the_metadata_of_supabase_are_read() {
    let supabase = of(System::Supabase, |_| Ok(()));
    let json = r#"{"id":1,"email":"a@example.com",
        "raw_user_meta_data":{"given_name":"Mary Ann","family_name":"King","name":"Mary Ann King"}}"#;
    let new = user(&supabase, json).unwrap().new_user;
    assert_eq!((new.first_name.as_deref(), new.last_name.as_deref()), (Some("Mary Ann"), Some("King")));
}

#[test]
fn ignored_metadata_of_supabase_is_not_imported_as_names() {
    let supabase = of(System::Supabase, |mapping| {
        mapping.ignore("raw_user_meta_data");
        Ok(())
    });
    let json = r#"{"id":1,"email":"a@example.com","raw_user_meta_data":{"name":"Ada Lovelace"}}"#;
    assert_eq!(user(&supabase, json).unwrap().new_user.first_name, None);
}

#[test]
fn confirmed_at_of_supabase_is_read_only_if_it_is_mapped() {
    let confirmed = r#""confirmed_at":"2024-01-15T10:30:00Z""#;
    let json = |more: &str| format!(r#"{{"id":1,"aud":"x","email":"a@example.com",{confirmed}{more}}}"#);
    let (alone, beside) = (json(""), json(r#","email_confirmed_at":null"#));
    let beside_phone = json(r#","phone":"15550100001","phone_confirmed_at":"2024-01-15T10:30:00Z""#);
    let (map, ignore) = ("confirmed_at=email_verified", "confirmed_at");
    for (json, map, ignore, status, is_ambiguous) in [
        (&alone, None, None, IdentifierStatus::Reserved, true),
        (&alone, Some(map), None, IdentifierStatus::Verified, false),
        (&alone, Some("confirmed_at=phone_number_verified"), None, IdentifierStatus::Reserved, false),
        (&alone, None, Some(ignore), IdentifierStatus::Reserved, false),
        (&beside, None, None, IdentifierStatus::Reserved, false),
        (&beside_phone, None, None, IdentifierStatus::Reserved, false),
    ] {
        let supabase = of(System::Supabase, |mapping| {
            if let Some(name) = ignore {
                mapping.ignore(name);
            }
            map.map_or(Ok(()), |renaming| mapping.map(renaming))
        });
        let new = user(&supabase, json).unwrap().new_user;
        assert_eq!(emails(&new), [("a@example.com", status)], "{json}, {map:?}");
        let ambiguous = supabase.ambiguous_confirmation();
        assert_eq!(ambiguous.as_deref(), is_ambiguous.then_some("confirmed_at"), "{json}, {map:?}");
    }
}

#[test]
fn rows_of_wordpress_for_each_value_are_rejected_with_advice() {
    let json =
        r#"{"ID":1,"user_login":"ada_1","user_email":"a@example.com","meta_key":"first_name","meta_value":"Ada"}"#;
    assert_eq!(user(&of(System::Wordpress, |_| Ok(())), json).unwrap_err().code, "several_rows");
    let ignoring = of(System::Wordpress, |mapping| {
        mapping.ignore("meta_key");
        Ok(())
    });
    assert!(user(&ignoring, json).is_ok());
}
