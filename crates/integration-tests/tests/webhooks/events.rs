//! Decoding and encoding of events.

use user_directory::webhooks::{DeletedUser, EventKind, OtherEvent, UserEvent};
use user_directory::{ErrorKind, Text, User, UserId};

use crate::support::{event_id, received};

fn user_id(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

#[test]
fn verify_decodes_user_created_with_all_fields_of_the_envelope() {
    // The data precedes the type.
    let body = r#"{"data":{"object":"user","id":"user_7","first_name":"Grace","private_metadata":null,
        "public_metadata":{"n":12345678901234567890123,"x":1.0},"email_addresses":[]},
        "event_attributes":{"http_request":{"client_ip":"203.0.113.7","user_agent":"curl/8"}},
        "instance_id":"ins_7","object":"event","timestamp":1778572799123,"type":"user.created","unknown":[1]}"#;
    let event = received(body).unwrap();
    assert_eq!(event.id, "msg_1");
    assert_eq!(event.event_type(), "user.created");
    assert_eq!(event.timestamp.unwrap().to_string(), "2026-05-12T07:59:59.123Z");
    assert_eq!(event.instance_id.as_ref().unwrap(), "ins_7");
    assert_eq!(event.client_ip.as_deref(), Some("203.0.113.7"));
    assert_eq!(event.user_agent.as_deref(), Some("curl/8"));
    assert_eq!(event.user_id().unwrap(), "user_7");
    let EventKind::Created(user) = event.kind else { panic!("{event:?}") };
    assert_eq!(user.first_name.as_deref(), Some("Grace"));
    // Numbers in metadata are not interpreted.
    assert_eq!(user.public_metadata.as_json(), r#"{"n":12345678901234567890123,"x":1.0}"#);
}

#[test]
fn verify_decodes_user_updated_with_the_whole_user() {
    let user = integration_tests::fixture("responses/get.json");
    let event = received(&format!(r#"{{"type":"user.updated","data":{user}}}"#)).unwrap();
    assert_eq!(event.kind, EventKind::Updated(Box::new(serde_json::from_str::<User>(&user).unwrap())));
    assert_eq!((event.timestamp, event.instance_id, event.client_ip), (None, None, None));
}

#[test]
fn verify_decodes_user_deleted_as_id_and_external_id() {
    let data = r#"{"deleted":true,"id":"user_7","object":"user","external_id":"ex_7"}"#;
    let event = received(&format!(r#"{{"data":{data},"object":"event","type":"user.deleted"}}"#)).unwrap();
    let mut deleted = DeletedUser::new(user_id("user_7"));
    deleted.external_id = Some("ex_7".into());
    assert_eq!(event.kind, EventKind::Deleted(deleted));
    assert!(event.user().is_none());
    assert_eq!(event.user_id().unwrap(), "user_7");
}

#[test]
fn verify_decodes_other_types_as_raw_data() {
    for data in [r#"{ "id":"sess_1", "n":1.50 }"#, "[1, 2]", "\"text\"", "7", "null"] {
        for event_type in ["session.created", "user.createdAtEdge", "USER.CREATED", "x", ""] {
            if event_type.is_empty() {
                continue;
            }
            let event = received(&format!(r#"{{"data":{data},"type":"{event_type}"}}"#)).unwrap();
            assert_eq!(event.event_type(), event_type);
            assert_eq!(event.user_id(), None);
            let EventKind::Other(other) = &event.kind else { panic!("{event:?}") };
            assert_eq!(other.data_json(), data);
        }
    }
    let event = received(r#"{"type":"session.created"}"#).unwrap();
    let EventKind::Other(other) = &event.kind else { panic!("{event:?}") };
    assert_eq!(other.data_json(), "null");
}

#[test]
fn other_event_deserializes_its_data_and_hides_it_in_debug() {
    #[derive(serde::Deserialize)]
    struct Sms {
        message: String,
    }

    let event = received(r#"{"type":"sms.created","data":{"message":"the code is 424242"}}"#).unwrap();
    let EventKind::Other(other) = &event.kind else { panic!("{event:?}") };
    assert_eq!(other.data::<Sms>().unwrap().message, "the code is 424242");
    assert_eq!(other.data::<u8>().unwrap_err().kind(), ErrorKind::Decode);
    assert!(!format!("{event:?}").contains("424242"), "{event:?}");
}

#[test]
fn other_event_cannot_have_a_type_of_a_user() {
    for event_type in ["user.created", "user.updated", "user.deleted"] {
        let error = OtherEvent::new(event_type, &()).unwrap_err();
        assert_eq!(error.param_name(), Some("event_type"));
    }
}

#[test]
fn timestamp_can_be_in_seconds() {
    let timestamp = |json: &str| {
        let body = format!(r#"{{"type":"user.updated","data":{{"id":"user_1"}},"timestamp":{json}}}"#);
        received(&body).unwrap().timestamp.map(|at| at.to_string())
    };
    assert_eq!(timestamp("1716883200").as_deref(), Some("2024-05-28T08:00:00Z"));
    assert_eq!(timestamp("1716883200000").as_deref(), Some("2024-05-28T08:00:00Z"));
    assert_eq!(timestamp("1716883200000.0").as_deref(), Some("2024-05-28T08:00:00Z"));
    assert_eq!(timestamp("\"2024-05-28T08:00:00Z\"").as_deref(), Some("2024-05-28T08:00:00Z"));
    for invalid in ["null", "\"soon\"", "[]", "1e300", "true"] {
        assert_eq!(timestamp(invalid), None, "{invalid}");
    }
}

#[test]
fn to_json_writes_the_envelope_of_the_service() {
    let mut event = UserEvent::deleted(event_id("msg_1"), user_id("user_7"));
    event.timestamp = Some("2026-05-12T07:59:59.123Z".parse().unwrap());
    event.instance_id = Some("ins_7".parse().unwrap());
    event.client_ip = Some("203.0.113.7".into());
    event.user_agent = Some("curl/8".into());
    assert_eq!(
        event.to_json(),
        concat!(
            r#"{"data":{"object":"user","id":"user_7","deleted":true},"#,
            r#""event_attributes":{"http_request":{"client_ip":"203.0.113.7","user_agent":"curl/8"}},"#,
            r#""instance_id":"ins_7","object":"event","timestamp":1778572799123,"type":"user.deleted"}"#,
        )
    );
}

#[test]
fn to_json_and_from_json_round_trip() {
    let mut user: User = serde_json::from_str(&integration_tests::fixture("responses/get.json")).unwrap();
    // Secrets are never encoded.
    user.phone_numbers.iter_mut().for_each(|phone| phone.backup_codes.clear());
    let other = OtherEvent::new("session.ended", &serde_json::json!({ "id": "sess_1" })).unwrap();
    let mut deleted = UserEvent::deleted(event_id("msg_1"), user_id("user_7"));
    deleted.client_ip = Some(Text::from("203.0.113.7"));
    // In milliseconds, the number is also a time in seconds.
    let mut early = UserEvent::deleted(event_id("msg_1"), user_id("user_7"));
    early.timestamp = Some("1972-01-01T00:00:00Z".parse().unwrap());
    for event in [
        early,
        UserEvent::created(event_id("msg_1"), user.clone()),
        UserEvent::updated(event_id("msg_1"), user),
        UserEvent::new(event_id("msg_1"), EventKind::Other(other)),
        deleted,
    ] {
        let body = event.to_json();
        assert_eq!(UserEvent::from_json(event_id("msg_1"), body.as_bytes()).unwrap(), event);
        assert_eq!(received(&body).unwrap(), event);
    }
}
