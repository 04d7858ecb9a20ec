use user_directory::model::{NewPassword, PasswordHasher};

use super::*;
use crate::sources::System;

mod exported;
mod external_ids;
mod identifiers;
mod passwords;
mod systems;
mod times;

const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2";

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

fn emails(new: &NewUser) -> Vec<(&str, IdentifierStatus)> {
    new.email_addresses.iter().map(|email| (email.value().as_str(), email.status())).collect()
}

fn phones(new: &NewUser) -> Vec<(&str, IdentifierStatus)> {
    new.phone_numbers.iter().map(|phone| (phone.value().as_str(), phone.status())).collect()
}

fn skipped(from: System, json: &str) -> Option<&'static str> {
    match of(from, |_| Ok(())).read(&line(json)) {
        Ok(Row::Skipped(reason)) => Some(reason),
        Ok(Row::User(_)) | Err(_) => None,
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
    assert!(error.starts_with("--set: banned must be true, false or a time"), "{error}");
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
fn malformed_defaults_are_errors() {
    for setting in [
        "created_at=yesterday",
        "created_at=1705314600",
        "locale=!",
        "banned=maybe",
        "banned=2099-01-01",
        "email_verified=maybe",
        "email_verified=2099-01-01",
    ] {
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
fn names_of_columns_are_normalized_without_invisible_characters() {
    for name in ["First\u{a0}Name", "First\r\nName", "\u{feff}First\u{200b} Name", "first name"] {
        assert_eq!(normalized(name), "first_name", "{name:?}");
    }
}

#[test]
fn names_of_the_system_are_ignored_instead_of_stored() {
    for (from, json, ignored, stored) in [
        (
            System::Auth0,
            r#"{"user_id":"google-oauth2|1","identities":[{"access_token":"secret"}],"plan":"pro"}"#,
            &["identities"][..],
            r#"{"plan":"pro"}"#,
        ),
        (System::BetterAuth, r#"{"id":"1","accounts":[{"accessToken":"secret"}]}"#, &["accounts"], "{}"),
        (
            System::Laravel,
            r#"{"id":1,"remember_token":"secret","current_team_id":7,"plan":"pro"}"#,
            &["remember_token", "current_team_id"],
            r#"{"plan":"pro"}"#,
        ),
    ] {
        for into in [UnknownInto::Private, UnknownInto::Public] {
            let storing = of(from, |mapping| {
                mapping.unknown_into = Some(into);
                Ok(())
            });
            let candidate = user(&storing, json).unwrap();
            let names: Vec<&str> = candidate.ignored.iter().map(AsRef::as_ref).collect();
            assert_eq!(names, ignored, "{json}");
            let metadata = &candidate.new_user.metadata;
            let metadata = if into == UnknownInto::Private { &metadata.private } else { &metadata.public };
            assert_eq!(metadata.as_json(), stored, "{json}");
        }
    }
}
