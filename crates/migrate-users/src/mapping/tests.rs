use user_directory::model::{NewPassword, PasswordHasher};

use super::*;
use crate::sources::System;

fn line(json: &str) -> Line {
    Line::new(1, serde_json::from_str(json).unwrap())
}

fn of(from: System, configure: impl FnOnce(&mut Mapping) -> Result<(), Failure>) -> Mapping {
    let mut mapping = Mapping::new(from.source(), "2026-01-01T00:00:00Z".parse().unwrap());
    configure(&mut mapping).unwrap();
    mapping
}

fn mapping(configure: impl FnOnce(&mut Mapping) -> Result<(), Failure>) -> Mapping {
    of(System::Jsonl, configure)
}

fn user(mapping: &Mapping, json: &str) -> Result<Candidate, Rejection> {
    match mapping.read(&line(json))? {
        Row::User(candidate) => Ok(*candidate),
        Row::Skipped(reason) => panic!("skipped: {reason}"),
    }
}

#[test]
fn read_accepts_all_parameters_of_create() {
    let json = r#"{"external_id":"e1","first_name":"Ada","last_name":"Lovelace","locale":"en-GB",
            "timezone":"Europe/London","username":"ada_lovelace",
            "email_address":["ada@example.com","a@example.com"],
            "email_address_identification_status":["verified","reserved"],
            "phone_number":["+15550100001"],"web3_wallet":["0x1"],"password":"a long passphrase",
            "skip_password_checks":true,"totp_secret":"JBSWY3DP","backup_codes":["one","two"],
            "public_metadata":{"big":123456789012345678901},"private_metadata":{"a":1},"unsafe_metadata":{"b":2},
            "created_at":"2020-01-01T00:00:00Z","legal_accepted_at":null,"delete_self_enabled":false,
            "create_organizations_limit":3,"banned":false}"#;
    let clerk = of(System::Clerk, |mapping| {
        mapping.rules.passwords.plaintext = true;
        Ok(())
    });
    let new = user(&clerk, json).unwrap().new_user;
    let expected = NewUser::new()
        .external_id("e1")
        .first_name("Ada")
        .last_name("Lovelace")
        .locale("en-GB")
        .timezone("Europe/London")
        .username("ada_lovelace")
        .email_address("ada@example.com")
        .reserved_email_address("a@example.com")
        .phone_number("+15550100001")
        .web3_wallet("0x1")
        .password(user_directory::Password::new("a long passphrase"))
        .skip_password_checks(true)
        .totp_secret("JBSWY3DP")
        .backup_codes(["one", "two"])
        .public_metadata(r#"{"big":123456789012345678901}"#.parse().unwrap())
        .private_metadata(r#"{"a":1}"#.parse().unwrap())
        .unsafe_metadata(r#"{"b":2}"#.parse().unwrap())
        .created_at("2020-01-01T00:00:00Z".parse().unwrap())
        .delete_self_enabled(false)
        .create_organizations_limit(3);
    assert_eq!(new, expected);
}

#[test]
fn unknown_names_are_rejected_unless_mapped_ignored_or_stored() {
    let configured = mapping(|mapping| {
        mapping.map("Kundennummer=external_id")?;
        mapping.map("vorname=first_name")?;
        mapping.ignore("Shoe Size");
        mapping.set("password_hasher=bcrypt")
    });
    let json = r#"{"kundennummer":42,"Vorname":"Ada","shoe_size":"38","passwordHash":"$2a$10$x"}"#;
    let new = user(&configured, json).unwrap().new_user;
    assert_eq!((new.external_id.as_deref(), new.first_name.as_deref()), (Some("42"), Some("Ada")));
    assert!(matches!(new.password, Some(NewPassword::Digest(digest)) if *digest.hasher() == PasswordHasher::Bcrypt));

    let json = r#"{"external_id":"1","pasword":"x","height":180}"#;
    let rejection = user(&configured, json).unwrap_err();
    assert_eq!((rejection.code.as_str(), rejection.param.as_deref()), ("unknown_field", Some("pasword")));
    assert!(rejection.reason.starts_with("unknown columns or keys: pasword, height; use"), "{}", rejection.reason);
    let ignoring = mapping(|mapping| {
        mapping.ignore_unknown = true;
        Ok(())
    });
    let ignored: Vec<_> = user(&ignoring, json).unwrap().ignored.iter().map(ToString::to_string).collect();
    assert_eq!(ignored, ["pasword", "height"]);
    let storing = mapping(|mapping| {
        mapping.unknown_into = Some(UnknownInto::Private);
        Ok(())
    });
    let stored = user(&storing, json).unwrap().new_user.metadata.private;
    assert_eq!(stored.as_json(), r#"{"height":180,"pasword":"x"}"#);

    for (invalid, message) in [
        ("a", "must be NAME=FIELD"),
        ("a=shoe_size", "unknown field shoe_size; see migrate-users import --help"),
        ("a=created_at:days", "days is not a unit of created_at; only times have units: seconds or milliseconds"),
        ("a=email:seconds", "seconds is not a unit of email; only times have units: seconds or milliseconds"),
    ] {
        let error = mapping(|_| Ok(())).map(invalid).unwrap_err().to_string();
        assert!(error.ends_with(message), "{error}");
    }
    let error = mapping(|_| Ok(())).set("banned=secret").unwrap_err().to_string();
    assert_eq!(error, "--set: banned must be true or false");
}

#[test]
fn check_columns_does_not_print_the_first_line_of_a_table_without_header() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let generic = of(System::Csv, |_| Ok(()));
    let rejection = generic.check_columns(&names(&["7", "Ada", "8"])).unwrap_err();
    assert!(rejection.reason.starts_with("all 3 columns are unknown; check that"), "{rejection:?}");
    let rejection = generic.check_columns(&names(&["id", "pets"])).unwrap_err();
    assert!(rejection.reason.starts_with("unknown columns or keys: pets;"), "{rejection:?}");
    assert!(generic.check_columns(&names(&["id", ""])).is_ok());
    assert!(generic.check_columns(&names(&["id", "email", "Email Addresses"])).is_ok());
    let rejection = generic.check_columns(&names(&["email", "Email"])).unwrap_err();
    assert_eq!((rejection.code.as_str(), rejection.param.as_deref()), ("ambiguous_field", Some("email_address")));
}

#[test]
fn duplicate_key_is_rejected_unless_ignored() {
    let generic = mapping(|_| Ok(()));
    for (json, param) in [
        (r#"{"id":"1","id":"2"}"#, "id"),
        (r#"{"id":"1","email":"a@example.com","Email":"b@example.com"}"#, "email_address"),
        (r#"{"object":"user","id":"1","first_name":"Ada","first_name":"Grace"}"#, "first_name"),
    ] {
        let rejection = user(&generic, json).unwrap_err();
        assert_eq!((rejection.code.as_str(), rejection.param.as_deref()), ("ambiguous_field", Some(param)), "{json}");
    }
    let ignoring = mapping(|mapping| {
        mapping.ignore("notes");
        Ok(())
    });
    assert!(user(&ignoring, r#"{"id":"1","notes":"a","notes":"b"}"#).is_ok());
}

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
fn every_password_hasher_is_supported_and_not_printed() {
    let hashers = "argon2i argon2id awscognito bcrypt bcrypt_peppered bcrypt_sha256_django hmac_sha256_utf16_b64 ldap_ssha \
                   md5 md5_phpass md5_salted pbkdf2_sha1 pbkdf2_sha256 pbkdf2_sha256_django pbkdf2_sha512 \
                   pbkdf2_sha512_hex phpass scrypt_werkzeug sha256 sha256_salted sha512_symfony future_hasher";
    for hasher in hashers.split(' ').filter(|hasher| !hasher.is_empty()) {
        let json = format!(r#"{{"id":"1","password_digest":"the digest","password_hasher":"{hasher}"}}"#);
        let candidate = user(&mapping(|_| Ok(())), &json).unwrap();
        assert!(!format!("{candidate:?}").contains("the digest"));
        let Some(NewPassword::Digest(digest)) = candidate.new_user.password else { panic!("{hasher}") };
        assert_eq!((digest.hasher().as_str(), digest.expose_secret()), (hasher, "the digest"));
        let known = !matches!(digest.hasher(), PasswordHasher::Other(_));
        assert_eq!(known, hasher != "future_hasher", "{hasher}");
    }
}

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
fn rows_to_skip_are_not_checked() {
    let skipped = mapping(|_| Ok(())).read(&line(r#"{"deleted":true,"shoe_size":38,"banned":"perhaps"}"#));
    assert!(matches!(skipped, Ok(Row::Skipped("deleted"))), "{skipped:?}");
    let deleted = mapping(|_| Ok(())).read(&line(r#"{"id":1,"deleted_at":1705314600}"#));
    assert!(matches!(deleted, Ok(Row::Skipped("deleted"))), "{deleted:?}");
}

#[test]
fn contradicting_fields_are_rejected() {
    for (json, param) in [
        (r#"{"id":1,"password":"secret one","password_hash":"x","password_hasher":"md5"}"#, "password_digest"),
        (r#"{"id":1,"password_hash":"0123"}"#, "password_hasher"),
        (r#"{"id":1,"password_hash":"0123","password_hasher":"bcrypt","password_salt":"y"}"#, "password_salt"),
        (
            r#"{"id":1,"email":"a@example.com|b@example.com","email_address_identification_status":"verified"}"#,
            "email_address_identification_status",
        ),
        (r#"{"id":1,"email":"a@example.com","email_verified":"perhaps"}"#, "email_verified"),
    ] {
        let rejection = user(&mapping(|_| Ok(())), json).unwrap_err();
        assert_eq!(rejection.param.as_deref(), Some(param), "{json}");
        assert!(!rejection.reason.contains("secret one"));
    }
}

#[test]
fn identifiers_are_ordered_without_duplicates() {
    let clerk = of(System::Clerk, |_| Ok(()));
    let json = r#"{"id":1,"unverified_email_addresses":"c@example.com|D@example.com","email":"B@example.com",
        "verified_email_addresses":"b@example.com|a@example.com|d@example.com","primary_email_address":"A@example.com"}"#;
    let new = user(&clerk, json).unwrap().new_user;
    let emails: Vec<_> = new.email_addresses.iter().map(|email| (email.value().as_str(), email.status())).collect();
    let expected = [
        ("A@example.com", IdentifierStatus::Verified),
        ("B@example.com", IdentifierStatus::Verified),
        ("c@example.com", IdentifierStatus::Reserved),
        ("D@example.com", IdentifierStatus::Reserved),
    ];
    assert_eq!(emails, expected);
}

#[test]
fn identifiers_that_differ_by_case_folding_are_duplicates() {
    let json = r#"{"id":1,"verified_email_addresses":"É@example.com|straße@example.com",
        "unverified_email_addresses":"é@example.com","primary_email_address":"STRASSE@example.com"}"#;
    let new = user(&of(System::Clerk, |_| Ok(())), json).unwrap().new_user;
    let emails: Vec<_> = new.email_addresses.iter().map(|email| (email.value().as_str(), email.status())).collect();
    let expected = [("STRASSE@example.com", IdentifierStatus::Verified), ("É@example.com", IdentifierStatus::Reserved)];
    assert_eq!(emails, expected);
}

#[test]
fn values_of_exported_users_are_not_replaced_by_digests_as_passwords() {
    let json =
        r#"{"object":"user","id":"user_1","password":"$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2"}"#;
    assert_eq!(user(&of(System::Clerk, |_| Ok(())), json).unwrap_err().code, "digest_as_password");
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

fn emails(new: &NewUser) -> Vec<(&str, IdentifierStatus)> {
    new.email_addresses.iter().map(|email| (email.value().as_str(), email.status())).collect()
}

fn skipped(from: System, json: &str) -> Option<&'static str> {
    match of(from, |_| Ok(())).read(&line(json)) {
        Ok(Row::Skipped(reason)) => Some(reason),
        Ok(Row::User(_)) | Err(_) => None,
    }
}

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
        (r#"{"model":"app.person","pk":1,"fields":{"email":"a@example.com","is_active":true}}"#, None),
        (r#"{"model":"app.subscriber","pk":1,"fields":{"email":"a@example.com"}}"#, Some("not users")),
        (r#"{"model":"app.user","pk":1,"fields":{"user":1,"username":"ada"}}"#, Some("not users")),
    ] {
        assert_eq!(skipped(System::Django, json), expected, "{json}");
    }
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
fn flag_of_unverified_identifiers_overrides_lists_of_verified_ones() {
    let json = r#"{"id":1,"email":"a@example.com","email_verified":false,
        "verified_email_addresses":["A@example.com","b@example.com"]}"#;
    let new = user(&mapping(|_| Ok(())), json).unwrap().new_user;
    let expected = [("b@example.com", IdentifierStatus::Verified), ("a@example.com", IdentifierStatus::Reserved)];
    assert_eq!(emails(&new), expected);

    let only_listed = r#"{"id":1,"email_verified":false,"verified_email_addresses":["a@example.com"]}"#;
    let new = user(&mapping(|_| Ok(())), only_listed).unwrap().new_user;
    assert_eq!(emails(&new), [("a@example.com", IdentifierStatus::Reserved)]);
}

#[test]
fn phone_numbers_in_several_notations_are_duplicates() {
    let json = r#"{"id":1,"primary_phone_number":"+15550100001","unverified_phone_numbers":"+1 (555) 010-0001",
        "verified_phone_numbers":"001 555 010 0002|+1 555 010 0002"}"#;
    let new = user(&of(System::Clerk, |_| Ok(())), json).unwrap().new_user;
    let phones: Vec<_> = new.phone_numbers.iter().map(|phone| (phone.value().as_str(), phone.status())).collect();
    let expected = [("+15550100001", IdentifierStatus::Reserved), ("+15550100002", IdentifierStatus::Verified)];
    assert_eq!(phones, expected);
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
fn attributes_of_a_single_cognito_user_are_read() {
    let cognito = of(System::Cognito, |_| Ok(()));
    let json = r#"{"Username":"ada_l","UserAttributes":[{"Name":"email","Value":"a@example.com"},
        {"Name":"email_verified","Value":"true"}],"Attributes":null}"#;
    assert_eq!(emails(&user(&cognito, json).unwrap().new_user), [("a@example.com", IdentifierStatus::Verified)]);
}

#[test]
fn malformed_defaults_are_errors() {
    for setting in ["created_at=yesterday", "created_at=1705314600", "locale=!", "banned=maybe", "email_verified=maybe"]
    {
        let failure = mapping(|_| Ok(())).set(setting).unwrap_err().to_string();
        assert!(failure.starts_with("--set: "), "{setting}: {failure}");
    }
    assert!(mapping(|_| Ok(())).set("locale=en_US").is_ok());
}

#[test]
fn names_of_options_that_rows_lack_are_returned() {
    let configured = mapping(|mapping| {
        mapping.map("Vorname=first_name")?;
        mapping.map("nachnahme=last_name")?;
        mapping.ignore("notes");
        mapping.ignore("username");
        mapping.ignore("nots");
        Ok(())
    });
    user(&configured, r#"{"id":1,"vorname":"Ada","Notes":"x"}"#).unwrap();
    user(&configured, r#"{"object":"user","id":"user_1","username":"ada"}"#).unwrap();
    assert_eq!(configured.unused_names(), ["nachnahme", "nots"]);
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
fn unusable_digests_are_rejected_with_the_reason() {
    let firebase = of(System::Firebase, |mapping| {
        mapping.rules.passwords.firebase = Some(FirebaseParameters {
            signer_key: "AAEC".into(),
            salt_separator: "Bw==".to_owned(),
            rounds: 8,
            mem_cost: 14,
        });
        Ok(())
    });
    let rejection = user(&firebase, r#"{"localId":"a","email":"a@example.com","passwordHash":"AAEC"}"#).unwrap_err();
    assert_eq!(rejection.param.as_deref(), Some("password_salt"));
    let rejection = user(&mapping(|_| Ok(())), r#"{"id":1,"password_hash":"$2b$04$abcdefghijk"}"#).unwrap_err();
    assert!(rejection.reason.contains("truncated"), "{}", rejection.reason);
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
fn digests_without_a_field_are_rejected_unless_ignored() {
    let digest = "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2";
    let ignoring = mapping(|mapping| {
        mapping.ignore_unknown = true;
        Ok(())
    });
    let storing = mapping(|mapping| {
        mapping.unknown_into = Some(UnknownInto::Public);
        Ok(())
    });
    let authjs = of(System::Authjs, |_| Ok(()));
    for json in [
        format!(r#"{{"id":1,"crypted_password":"{digest}"}}"#),
        r#"{"id":1,"crypted_password":"pbkdf2_sha256$1000$salt$AQI="}"#.to_owned(),
        format!(r#"{{"id":1,"auth":{{"local":{{"hash":"{digest}"}}}}}}"#),
    ] {
        for mapping in [&ignoring, &storing, &authjs] {
            assert_eq!(user(mapping, &json).unwrap_err().code, "unmapped_digest", "{json}");
        }
    }
    let json = format!(r#"{{"id":1,"crypted_password":"{digest}"}}"#);
    let mapped = mapping(|mapping| mapping.map("crypted_password=password_digest"));
    assert!(user(&mapped, &json).unwrap().new_user.password.is_some());
    let ignored = mapping(|mapping| {
        mapping.ignore("crypted_password");
        Ok(())
    });
    assert!(user(&ignored, &json).unwrap().new_user.password.is_none());
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
fn names_in_the_metadata_of_supabase_are_read() {
    let supabase = of(System::Supabase, |_| Ok(()));
    let json = r#"{"id":1,"email":"a@example.com",
        "raw_user_meta_data":{"given_name":"Mary Ann","family_name":"King","name":"Mary Ann King"}}"#;
    let new = user(&supabase, json).unwrap().new_user;
    assert_eq!((new.first_name.as_deref(), new.last_name.as_deref()), (Some("Mary Ann"), Some("King")));
}

#[test]
fn ids_of_exports_of_wordpress_plugins_are_read() {
    let json = r#"{"source_user_id":7,"user_login":"ada_1","user_email":"a@example.com"}"#;
    assert_eq!(user(&of(System::Wordpress, |_| Ok(())), json).unwrap().external_id, "7");
}

const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2";

#[test]
fn digests_in_metadata_that_clients_can_read_are_rejected() {
    let metadata = format!(r#"{{"old":{{"hash":"{BCRYPT}"}}}}"#);
    for (from, json, is_rejected) in [
        (System::Supabase, format!(r#"{{"id":1,"raw_user_meta_data":{metadata}}}"#), true),
        (System::Auth0, format!(r#"{{"user_id":"auth0|1","user_metadata":{metadata}}}"#), true),
        (System::Auth0, format!(r#"{{"user_id":"auth0|1","app_metadata":{metadata}}}"#), false),
        (System::Jsonl, format!(r#"{{"id":1,"public_metadata":{metadata}}}"#), true),
        (System::Jsonl, format!(r#"{{"id":1,"private_metadata":{metadata}}}"#), false),
        (System::Jsonl, r#"{"id":1,"public_metadata":{"price":"$2"}}"#.to_owned(), false),
    ] {
        let code = user(&of(from, |_| Ok(())), &json).err().map(|rejection| rejection.code);
        assert_eq!(code.as_deref(), is_rejected.then_some("published_digest"), "{json}");
    }
    let mapped = of(System::Auth0, |mapping| mapping.map("user_metadata=private_metadata"));
    let json = format!(r#"{{"user_id":"auth0|1","user_metadata":{metadata}}}"#);
    assert!(!user(&mapped, &json).unwrap().new_user.metadata.private.is_empty());
}

#[test]
fn passwords_without_a_field_are_rejected_unless_ignored() {
    let authjs = of(System::Authjs, |_| Ok(()));
    let storing = mapping(|mapping| {
        mapping.unknown_into = Some(UnknownInto::Public);
        Ok(())
    });
    for json in [
        r#"{"id":1,"passwd":"5f4dcc3b5aa765d61d8327deb882cf99"}"#,
        r#"{"id":1,"Pass":"correct horse"}"#,
        r#"{"id":1,"passwordMD5":"5f4dcc3b5aa765d61d8327deb882cf99"}"#,
        r#"{"id":1,"hash":"5f4dcc3b5aa765d61d8327deb882cf99"}"#,
        r#"{"id":1,"custom_password_hash":{"algorithm":"md5","hash":{"value":"5f4dcc3b5aa765d61d8327deb882cf99"}}}"#,
    ] {
        for mapping in [&authjs, &storing] {
            assert_eq!(user(mapping, json).unwrap_err().code, "unmapped_password", "{json}");
        }
    }
    let json = r#"{"id":1,"passwd":"correct horse"}"#;
    let ignoring = of(System::Authjs, |mapping| {
        mapping.ignore("passwd");
        Ok(())
    });
    assert!(user(&ignoring, json).is_ok());
    for json in [r#"{"id":1,"pass":true}"#, r#"{"id":1,"reset_password_token":"5f4dcc3b5aa765d61d8327deb882cf99"}"#] {
        assert!(user(&authjs, json).is_ok(), "{json}");
    }
}

#[test]
fn passwords_of_accounts_of_better_auth_are_read_in_every_shape() {
    let better_auth = of(System::BetterAuth, |_| Ok(()));
    let account = format!(r#"{{"providerId":"credential","password":"{BCRYPT}"}}"#);
    let text = raw(&account);
    for accounts in [
        format!(r#"{{"nodes":[{account}]}}"#),
        format!(r#"{{"edges":[{{"node":{account}}}]}}"#),
        format!(r#"{{"data":[{account}]}}"#),
        format!("[[{account}]]"),
        format!(r#"[{{"account":{account}}}]"#),
        format!("[{}]", account.replace("password", "passwordHash")),
        format!("[{text}]"),
        format!(r#"{{"password":null,"credential":{account}}}"#),
        format!(r#"[],"account":{account}"#),
    ] {
        let json = format!(r#"{{"_id":"1","email":"a@example.com","accounts":{accounts}}}"#);
        let candidate = user(&better_auth, &json).unwrap();
        assert!(candidate.external_id == "1" && candidate.new_user.password.is_some(), "{json}");
    }
    for accounts in [
        format!(r#"{{"(a,credential,{BCRYPT})"}}"#),
        format!("[{{'password': '{BCRYPT}'}}]"),
        format!("{{bad {BCRYPT}"),
    ] {
        let json = format!(r#"{{"id":"1","accounts":{}}}"#, raw(&accounts));
        assert_eq!(user(&better_auth, &json).unwrap_err().code, "unmapped_digest", "{json}");
        let ignoring = of(System::BetterAuth, |mapping| {
            mapping.ignore("accounts");
            Ok(())
        });
        assert!(user(&ignoring, &json).unwrap().new_user.password.is_none());
    }
    let scrypt = format!("{{(a,{}:{})}}", "0f".repeat(16), "0f".repeat(64));
    let json = format!(r#"{{"id":"1","accounts":{}}}"#, raw(&scrypt));
    assert_eq!(user(&better_auth, &json).unwrap().notes, [draft::UNSUPPORTED_PASSWORD]);
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
fn confirmations_of_old_versions_of_supabase_are_read() {
    let supabase = of(System::Supabase, |_| Ok(()));
    let confirmed = r#""confirmed_at":"2024-01-15T10:30:00Z""#;
    for (members, status) in [
        (confirmed.to_owned(), IdentifierStatus::Verified),
        (r#""confirmed_at":null"#.to_owned(), IdentifierStatus::Reserved),
        (format!(r#"{confirmed},"email_confirmed_at":null"#), IdentifierStatus::Reserved),
        (format!(r#"{confirmed},"phone":"15550100001""#), IdentifierStatus::Reserved),
    ] {
        let json = format!(r#"{{"id":1,"aud":"authenticated","email":"a@example.com",{members}}}"#);
        assert_eq!(emails(&user(&supabase, &json).unwrap().new_user), [("a@example.com", status)], "{json}");
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
        let phones: Vec<_> = new.phone_numbers.iter().map(|phone| (phone.value().as_str(), phone.status())).collect();
        assert_eq!((emails(&new), phones), (expected.to_vec(), vec![("+15550100001", phone)]), "{more}");
    }
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
fn times_of_spreadsheets_verify_identifiers_if_they_are_in_the_past() {
    let laravel = of(System::Laravel, |_| Ok(()));
    for (time, expected) in [
        ("15.01.2024 10:30", Ok(IdentifierStatus::Verified)),
        ("1/15/24 10:30", Ok(IdentifierStatus::Verified)),
        // The first of February or the second of January, in the future.
        ("01/02/2026", Err("email_verified is in the future")),
        (
            "45306.4375",
            Err("email_verified_at: email_verified must be true, false or the time of the verification, but"),
        ),
        (
            "yesterday",
            Err("email_verified_at: email_verified must be true, false or the time of the verification, such"),
        ),
    ] {
        let json = format!(r#"{{"id":1,"email":"a@example.com","email_verified_at":"{time}"}}"#);
        match (user(&laravel, &json), expected) {
            (Ok(read), Ok(status)) => assert_eq!(emails(&read.new_user), [("a@example.com", status)], "{time}"),
            (Err(rejection), Err(reason)) => assert!(rejection.reason.starts_with(reason), "{time}: {rejection:?}"),
            (read, expected) => panic!("{time}: {read:?}, {expected:?}"),
        }
    }
}

#[test]
fn email_addresses_with_names_are_rejected_with_the_separators() {
    let generic = mapping(|_| Ok(()));
    for text in ["a@example.com b@example.com", "a@example.com / b@example.com", "Ada <a@example.com>"] {
        let rejection = user(&generic, &format!(r#"{{"id":1,"email":"{text}"}}"#)).unwrap_err();
        assert!(rejection.reason.contains("separate several addresses"), "{rejection:?}");
    }
    let new = user(&generic, r#"{"id":1,"email":"mailto:a@example.com"}"#).unwrap().new_user;
    assert_eq!(emails(&new), [("a@example.com", IdentifierStatus::Reserved)]);
}

#[test]
fn times_that_never_come_are_no_times_of_creation() {
    let candidate = user(&mapping(|_| Ok(())), r#"{"id":1,"created_at":"infinity"}"#).unwrap();
    assert_eq!((candidate.new_user.created_at, &candidate.notes[..]), (None, &[draft::INVALID_TIME][..]));
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

#[test]
fn names_of_columns_are_normalized_without_invisible_characters() {
    for name in ["First\u{a0}Name", "First\r\nName", "\u{feff}First\u{200b} Name", "first name"] {
        assert_eq!(normalized(name), "first_name", "{name:?}");
    }
}
