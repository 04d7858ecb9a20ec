//! The JSON format of an event: Clerk's envelope around the data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::event::{DeletedUser, EventKind, OtherEvent, UserEvent};
use crate::error::{Error, ErrorKind, Result};
use crate::model::lenient::{self, expiration};
use crate::model::{DeletedObject, EventId, InstanceId, Text, User, UserId};

pub(super) const USER_CREATED: &str = "user.created";
pub(super) const USER_UPDATED: &str = "user.updated";
pub(super) const USER_DELETED: &str = "user.deleted";

/// The envelope of a received event.
///
/// The data is decoded after the type is known. Until then, it is kept as JSON text, because serde's buffering would
/// parse the numbers in metadata.
#[derive(Deserialize)]
struct Received<'a> {
    #[serde(rename = "type", deserialize_with = "lenient::required")]
    event_type: Text,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    /// In milliseconds. The examples in Clerk's description of webhooks are in seconds.
    #[serde(default, deserialize_with = "expiration::deserialize")]
    timestamp: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::optional")]
    instance_id: Option<InstanceId>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    event_attributes: Attributes,
}

#[derive(Default, Serialize, Deserialize)]
struct Attributes {
    #[serde(default, deserialize_with = "lenient::or_default")]
    http_request: HttpRequest,
}

#[derive(Default, Serialize, Deserialize)]
struct HttpRequest {
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    client_ip: Option<Text>,
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    user_agent: Option<Text>,
}

impl lenient::Object for Attributes {}
impl lenient::Object for HttpRequest {}

/// The `data` of `user.deleted`: a [`DeletedObject`] whose id is known to be a user's id.
#[derive(Deserialize)]
struct Deleted {
    #[serde(deserialize_with = "lenient::required")]
    id: UserId,
    #[serde(default, deserialize_with = "lenient::optional")]
    external_id: Option<Text>,
}

pub(super) fn decode(id: EventId, body: &[u8]) -> Result<UserEvent> {
    let invalid = |message: &'static str| Error::new(ErrorKind::Decode).with_message(message);
    let json = str::from_utf8(body).map_err(|_| invalid("the body is not UTF-8"))?;
    // serde would also accept a list of field values for a struct.
    if !json.trim_ascii_start().starts_with('{') {
        return Err(invalid("the body is not a JSON object"));
    }
    let received: Received = serde_json::from_str(json).map_err(|error| Error::decode_of(&error, json))?;
    let data = received.data.map_or("null", RawValue::get);
    let kind = match received.event_type.as_str() {
        USER_CREATED => EventKind::Created(document::<User>(data)?.into()),
        USER_UPDATED => EventKind::Updated(document::<User>(data)?.into()),
        USER_DELETED => {
            let Deleted { id, external_id } = document(data)?;
            let mut deleted = DeletedUser::new(id);
            deleted.external_id = external_id;
            EventKind::Deleted(deleted)
        }
        _ => EventKind::Other(OtherEvent::from_parts(received.event_type, data.into())),
    };
    let HttpRequest { client_ip, user_agent } = received.event_attributes.http_request;
    let mut event = UserEvent::new(id, kind);
    event.timestamp = received.timestamp;
    event.instance_id = received.instance_id;
    (event.client_ip, event.user_agent) = (client_ip, user_agent);
    Ok(event)
}

/// Decodes the data of an event about a user.
fn document<T: serde::de::DeserializeOwned>(data: &str) -> Result<T> {
    lenient::document(data).map_err(|error| Error::decode_of(&error, data))
}

#[derive(Serialize)]
struct Sent<'a> {
    data: Data<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_attributes: Option<Attributes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<&'a InstanceId>,
    object: &'static str,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "expiration::serialize")]
    timestamp: Option<Timestamp>,
    #[serde(rename = "type")]
    event_type: &'a str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    User(&'a User),
    Deleted(DeletedObject),
    Json(&'a RawValue),
}

pub(super) fn encode(event: &UserEvent) -> String {
    let UserEvent { id: _, timestamp, instance_id, client_ip, user_agent, kind } = event;
    let data = match kind {
        EventKind::Created(user) | EventKind::Updated(user) => Data::User(user),
        EventKind::Deleted(DeletedUser { id, external_id }) => {
            let mut deleted = DeletedObject::new("user", id);
            deleted.external_id.clone_from(external_id);
            Data::Deleted(deleted)
        }
        EventKind::Other(other) => Data::Json(serde_json::from_str(other.data_json()).expect("the data is JSON")),
    };
    let http_request = HttpRequest { client_ip: client_ip.clone(), user_agent: user_agent.clone() };
    let is_known = client_ip.is_some() || user_agent.is_some();
    let sent = Sent {
        data,
        event_attributes: is_known.then_some(Attributes { http_request }),
        instance_id: instance_id.as_ref(),
        object: "event",
        timestamp: *timestamp,
        event_type: event.event_type(),
    };
    serde_json::to_string(&sent).expect("an event can be encoded")
}
