//! Times of verifications, bans and other events.

use super::*;

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
fn times_that_never_come_are_no_times_of_creation() {
    let candidate = user(&mapping(|_| Ok(())), r#"{"id":1,"created_at":"infinity"}"#).unwrap();
    assert_eq!((candidate.new_user.created_at, &candidate.notes[..]), (None, &[draft::INVALID_TIME][..]));
}

#[test]
fn bans_and_locks_are_read_from_flags_and_from_times_in_the_past() {
    let laravel = of(System::Laravel, |_| Ok(()));
    for (name, value, expected) in [
        ("suspended", "2021-01-01 00:00:00", Ok(Some(true))),
        ("deactivated_at", "2021-01-01 00:00:00", Ok(Some(true))),
        ("banned_at", "1705314600", Ok(Some(true))),
        ("banned", "true", Ok(Some(true))),
        ("suspended", "false", Ok(None)),
        ("suspended", "", Ok(None)),
        ("suspended_at", "0000-00-00 00:00:00", Ok(None)),
        ("deactivated_at", "9999-12-31 00:00:00", Err("the time of the ban is in the future; use --null VALUE")),
        ("deactivated_at", "infinity", Err("the time of the ban is in the future")),
        ("suspended_at", "2099-01-01", Err("the time of the ban is in the future")),
        ("locked_at", "2099-01-01", Err("the time of the lock is in the future")),
        ("suspended", "maybe", Err("suspended: banned must be true, false or a time")),
    ] {
        let read = user(&laravel, &format!(r#"{{"id":1,"email":"a@example.com","{name}":"{value}"}}"#));
        match (read, expected) {
            (Ok(candidate), Ok(banned)) => assert_eq!(candidate.new_user.banned, banned, "{name}: {value}"),
            (Err(rejection), Err(reason)) => assert!(rejection.reason.starts_with(reason), "{rejection:?}"),
            (read, expected) => panic!("{name}: {value}: {read:?}, {expected:?}"),
        }
    }
    let json = r#"{"id":1,"email":"a@example.com","banned":false,"suspended_at":"2021-01-01","locked":"2021-01-01"}"#;
    let new = user(&laravel, json).unwrap().new_user;
    assert_eq!((new.banned, new.locked), (Some(true), Some(true)));
}
