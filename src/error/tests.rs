//! Tests of [`Error`].

use super::*;

#[test]
fn display_hides_malformed_codes_and_parameters() {
    let malformed = ErrorDetail::new("a\nb").with_param_name("c d");
    let error = Error::rejected(ErrorKind::InvalidInput, [malformed, ErrorDetail::new("x".repeat(65))]);
    assert_eq!(error.param_name(), Some("c d"));
    assert_eq!(error.with_status(422).to_string(), "invalid input (status 422, …: …, …)");
}

#[test]
fn detail_decodes_param_name_with_escapes() {
    let error: ErrorDetail =
        serde_json::from_str(r#"{"code":"x","meta":{"param_name":"first\u005fname","a":1}}"#).unwrap();
    assert_eq!(error.param_name(), Some("first_name"));
    assert_eq!(error.meta::<u8>("a"), Some(1));
    let error: ErrorDetail = serde_json::from_str(r#"{"code":"x","meta":{"param_name":7,"b":1e999}}"#).unwrap();
    assert_eq!((error.param_name(), error.meta::<u8>("param_name"), error.meta::<f64>("b")), (None, Some(7), None));
}

#[test]
fn display_and_debug_hide_messages_and_meta() {
    let detail = ErrorDetail::new("c").with_message("short").with_long_message("ada@example.com is taken");
    let detail = detail.with_meta("email", "ada@example.com");
    let error = Error::rejected(ErrorKind::Conflict, [detail]).with_operation(Operation::Create);
    for text in [error.to_string(), format!("{error:?}"), format!("{error:#?}")] {
        assert!(!text.contains("ada@example.com") && !text.contains("short"), "{text}");
    }
    assert_eq!(error.details()[0].long_message(), "ada@example.com is taken");
}

#[test]
fn display_shows_attempts_and_elapsed_time() {
    let error = Error::new(ErrorKind::Unavailable).with_status(503);
    assert_eq!((error.attempts(), error.elapsed()), (None, None));
    let error = error.with_attempts(3, Duration::from_micros(1_250_999));
    assert_eq!((error.attempts(), error.elapsed()), (Some(3), Some(Duration::from_micros(1_250_999))));
    assert_eq!(error.to_string(), "service unavailable (status 503, 3 attempts in 1.25s)");
    assert!(format!("{error:?}").contains("Attempts { number: 3, elapsed: 1.250999s }"));
}

#[test]
fn is_outcome_unknown_depends_on_kind_and_operation() {
    for (error, unknown) in [
        (Error::new(ErrorKind::Timeout), true),
        (Error::new(ErrorKind::Transport), true),
        (Error::new(ErrorKind::Unavailable), true),
        (Error::new(ErrorKind::Server), true),
        (Error::new(ErrorKind::Decode).with_status(200), true),
        (Error::new(ErrorKind::Decode), false),
        (Error::new(ErrorKind::Connect), false),
        (Error::new(ErrorKind::Connect).with_earlier_outcome_unknown(), true),
        (Error::new(ErrorKind::Timeout).with_operation(Operation::Ban), true),
        (Error::new(ErrorKind::Timeout).with_operation(Operation::Get), false),
        (Error::new(ErrorKind::Connect).with_operation(Operation::List).with_earlier_outcome_unknown(), true),
        (Error::new(ErrorKind::RateLimited), false),
        (Error::new(ErrorKind::InvalidInput), false),
        (Error::unsupported(Operation::Ban), false),
    ] {
        assert_eq!(error.is_outcome_unknown(), unknown, "{error}");
    }
}

#[test]
fn is_retryable_depends_on_kind_and_operation() {
    use ErrorKind::{Connect, Locked, NotFound, RateLimited, Timeout, Unavailable, Unsupported};
    for (kind, operation, retryable) in [
        (RateLimited, Some(Operation::Create), true),
        (Locked, None, true),
        (Connect, Some(Operation::Create), true),
        (Timeout, Some(Operation::Create), false),
        (Timeout, Some(Operation::Ban), true),
        (Unavailable, None, false),
        (NotFound, Some(Operation::Get), false),
        (Unsupported, Some(Operation::Get), false),
    ] {
        let error = operation.into_iter().fold(Error::new(kind), Error::with_operation);
        assert_eq!(error.is_retryable(), retryable, "{error}");
    }
}

#[test]
fn is_retryable_is_false_if_an_earlier_attempt_may_have_created_the_user() {
    for kind in [ErrorKind::RateLimited, ErrorKind::Locked, ErrorKind::Connect, ErrorKind::Timeout] {
        let error = Error::new(kind).with_nothing_changed().with_earlier_outcome_unknown();
        assert!(!error.clone().with_operation(Operation::Create).is_retryable(), "{kind}");
        assert!(!error.clone().is_retryable(), "{kind}");
        assert!(error.with_operation(Operation::Ban).is_retryable(), "{kind}");
    }
}

#[test]
fn kinds_and_operations_serialize_as_their_identifier() {
    assert_eq!(serde_json::to_string(&ErrorKind::NotFound).unwrap(), r#""not_found""#);
    assert_eq!(serde_json::to_string(&Operation::BulkBan).unwrap(), r#""bulk_ban""#);
}
