//! Which requests [`Verifier::verify`] accepts, and the errors for all others.

use std::collections::HashMap;
use std::time::Duration;

use integration_tests::printed;
use user_directory::model::EmailAddress;
use user_directory::reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use user_directory::time::ManualClock;
use user_directory::webhooks::{UserEvent, Verifier, VerifyError, sign};
use user_directory::{ErrorKind, User, UserId};

use crate::support::{NOW, OTHER_SECRET, SECRET, event_id, now, received, secret, verifier};

/// The signatures of this message were computed with Python's `hmac` module.
const BODY: &str = r#"{"data":{"first_name":"Zoë","id":"user_1","object":"user"},"object":"event","timestamp":1778572799123,"type":"user.updated"}"#;
const SIGNATURE: &str = "v1,x3X9fikQOlR7CiHK1nxJB7BJ+Wy+baZAjoaOeIfKzvA=";
const OTHER_SIGNATURE: &str = "v1,b1WVHOP2anoCfK9KU6nKlKoKgzx3oCybkVtlZD73OF8=";
const TIMESTAMP: &str = "1778572800";

fn svix(signature: &str) -> [(&str, &str); 3] {
    [("svix-id", "msg_1"), ("svix-timestamp", TIMESTAMP), ("svix-signature", signature)]
}

#[track_caller]
fn assert_verified(result: Result<UserEvent, VerifyError>) {
    let event = result.unwrap();
    assert_eq!((event.id.as_str(), event.event_type()), ("msg_1", "user.updated"));
    assert_eq!(event.user().unwrap().first_name.as_deref(), Some("Zoë"));
    assert_eq!(event.timestamp.unwrap().as_millisecond(), 1_778_572_799_123);
}

#[test]
fn verify_accepts_a_known_signature() {
    assert_verified(verifier().verify(svix(SIGNATURE), BODY.as_bytes()));
}

#[test]
fn sign_creates_the_known_signatures() {
    let headers = sign(&secret(SECRET), &event_id("msg_1"), now(), BODY.as_bytes());
    assert_eq!(headers.svix(), svix(SIGNATURE));
    let standard = [("webhook-id", "msg_1"), ("webhook-timestamp", TIMESTAMP), ("webhook-signature", SIGNATURE)];
    assert_eq!(headers.standard(), standard);
    let both = headers.also_sign(&secret(OTHER_SECRET), BODY.as_bytes());
    assert_eq!(both.svix(), svix(&format!("{SIGNATURE} {OTHER_SIGNATURE}")));
}

#[test]
fn verify_accepts_any_iterator_of_headers() {
    let body = BODY.as_bytes();
    let map: HashMap<String, String> =
        svix(SIGNATURE).map(|(name, value)| (name.to_uppercase(), value.to_owned())).into();
    assert_verified(verifier().verify(&map, body));

    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    for (name, value) in svix(SIGNATURE) {
        headers.insert(HeaderName::try_from(name).unwrap(), value.try_into().unwrap());
    }
    assert_verified(verifier().verify(&headers, body));
}

#[test]
fn verify_accepts_standard_headers() {
    let standard = [("webhook-id", "msg_1"), ("webhook-timestamp", TIMESTAMP), ("webhook-signature", SIGNATURE)];
    assert_verified(verifier().verify(standard, BODY.as_bytes()));
    // An incomplete set of the other names does not matter.
    assert_verified(verifier().verify(standard.into_iter().chain([("svix-id", "x")]), BODY.as_bytes()));
    // Both sets are complete.
    assert_verified(verifier().verify(svix(SIGNATURE).into_iter().chain(standard), BODY.as_bytes()));
}

#[test]
fn verify_accepts_one_matching_signature_of_several() {
    let other_versions = "v1a,c2lnbmF0dXJl v2,c2lnbmF0dXJl v1,% v1,dG9vIHNob3J0";
    for signatures in [
        format!("{OTHER_SIGNATURE} {SIGNATURE}"),
        format!("{SIGNATURE} {OTHER_SIGNATURE}"),
        format!("{other_versions} {SIGNATURE}"),
        format!("{SIGNATURE}  {other_versions} "),
    ] {
        assert_verified(verifier().verify(svix(&signatures), BODY.as_bytes()));
    }
}

#[test]
fn verify_accepts_each_of_its_secrets() {
    let verifier = verifier().secret(secret(OTHER_SECRET));
    assert_verified(verifier.verify(svix(SIGNATURE), BODY.as_bytes()));
    assert_verified(verifier.verify(svix(OTHER_SIGNATURE), BODY.as_bytes()));
}

#[test]
fn verify_rejects_signature_of_another_secret_id_or_time() {
    let body = BODY.as_bytes();
    let error = verifier().verify(svix(OTHER_SIGNATURE), body).unwrap_err();
    assert!(matches!(error, VerifyError::InvalidSignature), "{error}");
    for (index, value) in [(0, "msg_2"), (1, "1778572801")] {
        let mut headers = svix(SIGNATURE);
        headers[index].1 = value;
        let error = verifier().verify(headers, body).unwrap_err();
        assert!(matches!(error, VerifyError::InvalidSignature), "{error}");
    }
}

#[test]
fn verify_rejects_every_changed_byte_and_every_truncation() {
    let body = BODY.as_bytes();
    for index in 0..body.len() {
        let mut changed = body.to_vec();
        changed[index] ^= 1;
        for forged in [&changed, &body[..index]] {
            let error = verifier().verify(svix(SIGNATURE), forged).unwrap_err();
            assert!(matches!(error, VerifyError::InvalidSignature | VerifyError::BodyModified), "{error}");
        }
    }
    // Every bit of the signature matters.
    for index in 3..SIGNATURE.len() {
        for replacement in ["A", "b", "+", "="] {
            let mut signature = SIGNATURE.to_owned();
            signature.replace_range(index..=index, replacement);
            if signature != SIGNATURE {
                verifier().verify(svix(&signature), body).unwrap_err();
            }
        }
    }
}

#[test]
fn verify_reports_a_body_that_was_encoded_again() {
    let value: serde_json::Value = serde_json::from_str(BODY).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    for modified in [&pretty, &format!("{BODY}\n")] {
        let error = verifier().verify(svix(SIGNATURE), modified.as_bytes()).unwrap_err();
        assert!(matches!(error, VerifyError::BodyModified), "{modified}: {error}");
        assert!(error.to_string().contains("raw body"));
    }
    // The sender escapes characters of HTML, and a JSON parser removes the escapes.
    let sent = r#"{"data":{"first_name":"\u003cZo\u0026\u003e\u2028","id":"user_1"},"type":"user.updated"}"#;
    let headers = sign(&secret(SECRET), &event_id("msg_1"), now(), sent.as_bytes());
    let parsed: serde_json::Value = serde_json::from_str(sent).unwrap();
    let error = verifier().verify(headers.svix(), parsed.to_string().as_bytes()).unwrap_err();
    assert!(matches!(error, VerifyError::BodyModified), "{error}");
}

#[test]
fn verify_reports_the_modification_of_a_body_only_up_to_64_kib() {
    for (size, is_reported) in [(64 * 1024, true), (64 * 1024 + 1, false), (1024 * 1024, false)] {
        let sent = format!(r#"{{"data":{{"id":"{}"}},"type":"user.updated"}}"#, "u".repeat(size - 42));
        let headers = sign(&secret(SECRET), &event_id("msg_1"), now(), sent.as_bytes());
        let modified = format!("{sent}{}", " ".repeat(size - sent.len()));
        assert_eq!(modified.len(), size);
        let error = verifier().verify(headers.svix(), modified.as_bytes()).unwrap_err();
        assert_eq!(matches!(error, VerifyError::BodyModified), is_reported, "{size}: {error}");
    }
}

#[test]
fn verify_does_not_report_modification_of_a_body_that_is_not_json() {
    for body in [&b"[object Object]"[..], b"", b"\0", b"\xff", b"{\"data\":"] {
        let error = verifier().verify(svix(SIGNATURE), body).unwrap_err();
        assert!(matches!(error, VerifyError::InvalidSignature), "{body:?}: {error}");
        assert!(error.to_string().contains("raw body"));
    }
}

#[test]
fn verify_accepts_five_minutes_in_either_direction() {
    let body = BODY.as_bytes();
    let at = |second| {
        let clock = ManualClock::new(jiff::Timestamp::from_second(second).unwrap());
        Verifier::new(secret(SECRET)).clock(clock)
    };
    for offset in [-300, 0, 300] {
        assert_verified(at(NOW + offset).verify(svix(SIGNATURE), body));
    }
    let error = at(NOW + 301).verify(svix(SIGNATURE), body).unwrap_err();
    assert!(matches!(error, VerifyError::TooOld { age } if age == Duration::from_secs(301)), "{error}");
    let error = at(NOW - 301).verify(svix(SIGNATURE), body).unwrap_err();
    assert!(matches!(error, VerifyError::TooNew { ahead } if ahead == Duration::from_secs(301)), "{error}");
    let patient = at(NOW + 600).tolerance(Duration::from_mins(10));
    assert_verified(patient.verify(svix(SIGNATURE), body));
}

#[test]
fn verify_names_the_missing_header() {
    let standard = [("webhook-id", "msg_1"), ("webhook-timestamp", TIMESTAMP), ("webhook-signature", SIGNATURE)];
    for headers in [svix(SIGNATURE), standard] {
        for missing in headers {
            let others = headers.into_iter().filter(|header| *header != missing);
            let error = verifier().verify(others, BODY.as_bytes()).unwrap_err();
            assert!(matches!(error, VerifyError::MissingHeader { name } if name == missing.0), "{error}");
        }
    }
    let error = verifier().verify([("", ""); 0], BODY.as_bytes()).unwrap_err();
    assert!(matches!(error, VerifyError::MissingHeader { name: "svix-id" }), "{error}");
}

#[test]
fn verify_rejects_malformed_headers() {
    let malformed: [(usize, &[u8]); 14] = [
        (0, b""),
        (0, b"msg/1"),
        (0, b"msg\n1"),
        (0, b"msg_\xff"),
        (1, b""),
        (1, b"soon"),
        (1, b"+1778572800"),
        (1, b"-1778572800"),
        (1, b" 1778572800"),
        (1, b"1778572800.0"),
        (1, b"99999999999999999999999"),
        (2, b""),
        (2, b"x3X9fikQOlR7CiHK1nxJB7BJ+Wy+baZAjoaOeIfKzvA="),
        (2, b"v1,x3X9 v2,x3X9fikQOlR7CiHK1nxJB7BJ+Wy+baZAjoaOeIfKzvA="),
    ];
    for (index, value) in malformed {
        let mut headers = svix(SIGNATURE).map(|(name, value)| (name, value.as_bytes()));
        headers[index].1 = value;
        let error = verifier().verify(headers, BODY.as_bytes()).unwrap_err();
        assert!(matches!(error, VerifyError::MalformedHeader { name, .. } if name == headers[index].0), "{error}");
    }
    let repeated = svix(SIGNATURE).into_iter().chain([("SVIX-Signature", SIGNATURE)]);
    let error = verifier().verify(repeated, BODY.as_bytes()).unwrap_err();
    assert!(matches!(error, VerifyError::MalformedHeader { name: "svix-signature", .. }), "{error}");
}

#[test]
fn verify_limits_the_body() {
    let body = BODY.as_bytes();
    assert_verified(verifier().max_body_bytes(body.len()).verify(svix(SIGNATURE), body));
    let error = verifier().max_body_bytes(body.len() - 1).verify(svix(SIGNATURE), body).unwrap_err();
    assert!(matches!(error, VerifyError::BodyTooLarge { limit } if limit == body.len() - 1), "{error}");
    let large = vec![b' '; 1024 * 1024 + 1];
    assert!(matches!(verifier().verify(svix(SIGNATURE), &large), Err(VerifyError::BodyTooLarge { .. })));
}

#[test]
fn verify_limits_the_memory_of_lists() {
    let body = |emails: usize| {
        let emails = vec!["{}"; emails].join(",");
        format!(r#"{{"type":"user.created","data":{{"id":"user_1","email_addresses":[{emails}]}}}}"#)
    };
    // The capacity of a list is a power of two. One more element would need more than 16 MiB and 4 bytes per byte.
    let most = 1 << (16 * 1024 * 1024 / size_of::<EmailAddress>()).ilog2();
    let event = received(&body(most)).unwrap();
    assert_eq!(event.user().unwrap().email_addresses.len(), most);
    let Err(VerifyError::InvalidEvent(error)) = received(&body(most + 1)) else { panic!("the event was decoded") };
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.message().unwrap().starts_with("the lists and maps of the document use too much memory"), "{error}");
}

#[test]
fn verify_rejects_signed_body_that_is_not_an_event() {
    for body in ["{}", "[]", "null", r#"{"type":"user.created"}"#, r#"{"type":"user.created","data":{"id":""}}"#] {
        let headers = sign(&secret(SECRET), &event_id("msg_1"), now(), body.as_bytes());
        let error = verifier().verify(headers.svix(), body.as_bytes()).unwrap_err();
        assert!(matches!(error, VerifyError::InvalidEvent(_)), "{error}");
    }
}

#[test]
fn verify_errors_and_debug_contain_neither_secret_nor_body() {
    let user = User::new(UserId::new("user_private").unwrap());
    let body = UserEvent::created(event_id("msg_private"), user).to_json();
    let broken = r#"{"type":"user.created","data":{"id":["user_private"]}}"#;
    let signed = |id: &str, body: &str| sign(&secret(SECRET), &event_id(id), now(), body.as_bytes());
    let wrong = verifier().verify(signed("msg_private", "x").svix(), body.as_bytes()).unwrap_err();
    let invalid = verifier().verify(signed("msg_private", broken).svix(), broken.as_bytes()).unwrap_err();
    let bad_id = [("svix-id", "private/"), ("svix-timestamp", "private"), ("svix-signature", "private")];
    let malformed = verifier().verify(bad_id, body.as_bytes()).unwrap_err();
    for text in [printed(&wrong), printed(&invalid), printed(&malformed), format!("{:?}", verifier())] {
        assert!(!text.contains("private") && !text.contains("MDEy") && !text.contains("0123"), "{text}");
    }
}
