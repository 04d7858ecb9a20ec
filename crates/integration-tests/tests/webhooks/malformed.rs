//! A malformed value in an event affects as little as possible, and a decode error names its position.

use serde_json::{Value, json};
use user_directory::ErrorKind;
use user_directory::webhooks::UserEvent;

use crate::support::event_id;

fn event() -> Value {
    json!({
        "data": { "object": "user", "id": "user_1", "first_name": "Ada" },
        "event_attributes": { "http_request": { "client_ip": "203.0.113.7", "user_agent": "curl/8" } },
        "instance_id": "ins_1",
        "object": "event",
        "timestamp": 1_778_572_799_123_i64,
        "type": "user.created",
    })
}

fn decode(value: &Value) -> user_directory::Result<UserEvent> {
    UserEvent::from_json(event_id("msg_1"), value.to_string().as_bytes())
}

#[test]
fn from_json_fails_only_for_required_values() {
    for pointer in [
        "/event_attributes",
        "/event_attributes/http_request",
        "/event_attributes/http_request/client_ip",
        "/event_attributes/http_request/user_agent",
        "/instance_id",
        "/timestamp",
        "/data/first_name",
    ] {
        for value in [json!(null), json!(true), json!(-7), json!(1e300), json!(""), json!("../x"), json!([]), json!({})]
        {
            let mut event = event();
            *event.pointer_mut(pointer).unwrap() = value;
            assert_eq!(decode(&event).unwrap().user_id().unwrap(), "user_1", "{event}");
        }
    }
    for pointer in ["/type", "/data", "/data/id"] {
        for value in [json!(null), json!([]), json!({})] {
            let mut event = event();
            *event.pointer_mut(pointer).unwrap() = value;
            assert_eq!(decode(&event).unwrap_err().kind(), ErrorKind::Decode, "{event}");
        }
    }
}

#[test]
fn from_json_ignores_absent_optional_values() {
    let event = UserEvent::from_json(event_id("msg_1"), br#"{"type":"user.deleted","data":{"id":"user_1"}}"#).unwrap();
    assert_eq!(event, UserEvent::deleted(event_id("msg_1"), "user_1".parse().unwrap()));
}

#[test]
fn from_json_rejects_other_documents() {
    let bodies: [&[u8]; 14] = [
        b"",
        b" ",
        b"null",
        b"7",
        b"\"user.created\"",
        b"[]",
        br#"["user.created",{"id":"user_1"}]"#,
        b"{",
        b"{}",
        br#"{"type":"user.created","data":{"id":"user_1"}"#,
        br#"{"type":"user.created","data":{"id":"user_1"}} {}"#,
        br#"{"type":"user.created","data":["user_1"]}"#,
        br#"{"type":"user.deleted","type":"user.created","data":{"id":"user_1"}}"#,
        b"{\"type\":\"user.created\",\"data\":{\"id\":\"\xff\"}}",
    ];
    for body in bodies {
        let error = UserEvent::from_json(event_id("msg_1"), body).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn from_json_names_the_position_and_does_not_quote_the_body() {
    let body = br#"{"type":"user.created","data":{"id":["private"]}}"#;
    let error = UserEvent::from_json(event_id("msg_1"), body).unwrap_err().to_string();
    assert!(error.contains("at `id`") && !error.contains("private"), "{error}");
}

#[test]
fn from_json_reads_deeply_nested_documents() {
    let nested = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    let body = format!(r#"{{"type":"user.updated","data":{{"id":"user_1","x":{nested}}},"y":{nested}}}"#);
    assert!(UserEvent::from_json(event_id("msg_1"), body.as_bytes()).is_ok());
}
