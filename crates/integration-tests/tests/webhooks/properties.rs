//! Properties that hold for every event. The seed is fixed, so every run tests the same events.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;
use user_directory::User;
use user_directory::webhooks::{EventKind, UserEvent, VerifyError, sign};

use crate::support::{SECRET, event_id, now, received, secret, verifier};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(20_250_415),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Text of JSON that is not an object of the envelope, including numbers that no type of Rust can represent.
fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        "-?[1-9][0-9]{20,30}(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?",
        ".{0,12}".prop_map(|text| Value::from(text).to_string()),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            vec(("[a-e]{1,3}", inner), 0..4).prop_map(|entries| object(&entries)),
        ]
    })
}

fn object(entries: &[(String, String)]) -> String {
    let entries: Vec<_> = entries.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
    format!("{{{}}}", entries.join(","))
}

/// The entries of an envelope around `data`, with unknown fields, in any order.
fn envelope(event_type: &'static str, data: String) -> impl Strategy<Value = String> {
    let known = vec![
        ("type".to_owned(), format!("\"{event_type}\"")),
        ("data".to_owned(), data),
        ("object".to_owned(), "\"event\"".to_owned()),
        ("timestamp".to_owned(), "1778572799123".to_owned()),
        ("instance_id".to_owned(), "\"ins_1\"".to_owned()),
        ("event_attributes".to_owned(), r#"{"http_request":{"client_ip":"203.0.113.7"}}"#.to_owned()),
    ];
    vec(("x_[a-z]{1,8}", json_text()), 0..5)
        .prop_flat_map(move |unknown| Just([known.clone(), unknown].concat()).prop_shuffle())
        .prop_map(|entries| object(&entries))
}

/// An envelope of a user with the given metadata, and the metadata.
fn with_metadata() -> impl Strategy<Value = (String, String)> {
    vec(("[a-e]{1,3}", json_text()), 0..4).prop_map(|entries| object(&entries)).prop_flat_map(|metadata| {
        let data = format!(r#"{{"id":"user_1","object":"user","private_metadata":{metadata}}}"#);
        (envelope("user.updated", data), Just(metadata))
    })
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn verify_decodes_fields_in_any_order_and_keeps_metadata((body, metadata) in with_metadata()) {
        let event = received(&body).map_err(|error| TestCaseError::fail(format!("{error} in {body}")))?;
        prop_assert_eq!(event.timestamp.unwrap().as_millisecond(), 1_778_572_799_123);
        prop_assert_eq!(event.client_ip.as_deref(), Some("203.0.113.7"));
        let EventKind::Updated(user) = &event.kind else { return Err(TestCaseError::fail(body)) };
        // Not interpreted, wherever the type is.
        prop_assert_eq!(user.private_metadata.as_json(), metadata);
        prop_assert_eq!(UserEvent::from_json(event_id("msg_1"), event.to_json().as_bytes()).unwrap(), event);
    }

    #[test]
    fn verify_keeps_the_data_of_other_types((body, data) in json_text().prop_flat_map(|data| {
        (envelope("session.created", data.clone()), Just(data))
    })) {
        let event = received(&body).map_err(|error| TestCaseError::fail(format!("{error} in {body}")))?;
        let EventKind::Other(other) = &event.kind else { return Err(TestCaseError::fail(body)) };
        prop_assert_eq!(other.data_json(), data);
        prop_assert_eq!(UserEvent::from_json(event_id("msg_1"), event.to_json().as_bytes()).unwrap(), event);
    }

    #[test]
    fn verify_rejects_every_body_that_was_not_signed(body in ".{0,60}", other in vec(any::<u8>(), 0..60)) {
        prop_assume!(body.as_bytes() != other);
        let headers = sign(&secret(SECRET), &event_id("msg_1"), now(), body.as_bytes());
        let error = verifier().verify(headers.svix(), &other).unwrap_err();
        prop_assert!(matches!(error, VerifyError::InvalidSignature | VerifyError::BodyModified), "{error}");
    }

    #[test]
    fn verify_rejects_random_headers(headers in vec(("(svix|webhook)-(id|timestamp|signature)", any::<Vec<u8>>()), 0..8)) {
        prop_assert!(verifier().verify(headers, b"body").is_err());
    }

    #[test]
    fn from_json_never_panics(text in "[{}\\[\\]\",:a-z0-9.\\\\ ]{0,80}", cut in any::<prop::sample::Index>()) {
        let _ = UserEvent::from_json(event_id("msg_1"), text.as_bytes());
        let user = User::new("user_1".parse().unwrap());
        let body = UserEvent::created(event_id("msg_1"), user).to_json();
        let _ = UserEvent::from_json(event_id("msg_1"), &body.as_bytes()[..cut.index(body.len())]);
    }
}
