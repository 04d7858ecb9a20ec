//! [`UserEvent`]: a webhook event.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::envelope::{self, USER_CREATED, USER_DELETED, USER_UPDATED};
use crate::error::{Error, Result};
use crate::model::{EventId, InstanceId, Text, User, UserId};

/// A webhook event.
///
/// [`Verifier::verify`](super::Verifier::verify) returns events. Tests can also create them directly:
///
/// ```
/// use user_directory::webhooks::{EventKind, UserEvent};
/// use user_directory::{User, UserId};
///
/// let mut event = UserEvent::updated("msg_1".parse()?, User::new(UserId::new("user_1")?));
/// event.timestamp = Some("2026-05-12T08:00:00Z".parse()?);
/// assert_eq!(event.event_type(), "user.updated");
/// assert_eq!(event.user().unwrap().id, "user_1");
/// assert_eq!(UserEvent::from_json("msg_1".parse()?, event.to_json().as_bytes())?, event);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct UserEvent {
    /// The id of the event, such as `msg_2abc…`.
    ///
    /// All deliveries of the event have the same id. It is the value of the `svix-id` or `webhook-id` header, and is
    /// not part of the body.
    pub id: EventId,
    /// The time at which the event occurred.
    pub timestamp: Option<Timestamp>,
    /// The id of the Clerk instance.
    pub instance_id: Option<InstanceId>,
    /// The client IP address of the request that caused the event.
    pub client_ip: Option<Text>,
    /// The `User-Agent` header of the request that caused the event.
    pub user_agent: Option<Text>,
    /// The kind of the event, with its data.
    pub kind: EventKind,
}

/// The kind of a [`UserEvent`], with its data.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// A user was created (`user.created`).
    Created(Box<User>),
    /// A user was updated (`user.updated`). The variant contains the complete user after the update.
    Updated(Box<User>),
    /// A user was deleted (`user.deleted`).
    Deleted(DeletedUser),
    /// An event of any other type.
    Other(OtherEvent),
}

/// The data of a `user.deleted` event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeletedUser {
    /// The user's id.
    pub id: UserId,
    /// The user's external id.
    pub external_id: Option<Text>,
}

impl DeletedUser {
    /// Creates the data for a deleted user without an external id.
    #[must_use]
    pub fn new(id: UserId) -> Self {
        Self { id, external_id: None }
    }
}

/// An event whose type has no variant in [`EventKind`], such as `session.created`.
///
/// The data is not decoded. `Debug` output contains only its size, because the data can contain secrets, such as
/// one-time codes.
#[derive(Clone, PartialEq, Eq)]
pub struct OtherEvent {
    event_type: Text,
    data: Text,
}

impl OtherEvent {
    /// Creates an event from its type and data.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the type has its own variant in [`EventKind`], or if
    /// the data cannot be serialized to JSON.
    ///
    /// # Examples
    ///
    /// ```
    /// use user_directory::webhooks::OtherEvent;
    ///
    /// let event = OtherEvent::new("session.created", &serde_json::json!({ "id": "sess_1" }))?;
    /// assert_eq!(event.data_json(), r#"{"id":"sess_1"}"#);
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn new<T: Serialize + ?Sized>(event_type: impl Into<Text>, data: &T) -> Result<Self> {
        let event_type = event_type.into();
        if [USER_CREATED, USER_UPDATED, USER_DELETED].contains(&event_type.as_str()) {
            return Err(Error::invalid_input("event_type", "the type has its own variant of `EventKind`"));
        }
        let data = serde_json::to_string(data)
            .map_err(|_| Error::invalid_input("data", "the data cannot be serialized to JSON"))?;
        Ok(Self { event_type, data: data.into() })
    }

    /// Creates an event from valid JSON and a type that has no variant in [`EventKind`].
    pub(super) fn from_parts(event_type: Text, data: Text) -> Self {
        Self { event_type, data }
    }

    /// Returns the type, such as `session.created`.
    #[must_use]
    pub fn event_type(&self) -> &str {
        &self.event_type
    }

    /// Returns the data as JSON. Received data is returned exactly as it was sent.
    #[must_use]
    pub fn data_json(&self) -> &str {
        &self.data
    }

    /// Deserializes the data.
    ///
    /// # Errors
    ///
    /// Returns [`Decode`](crate::ErrorKind::Decode) if the data cannot be deserialized as `T`.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.data).map_err(|error| Error::decode(&error))
    }
}

impl fmt::Debug for OtherEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = format_args!("{} bytes", self.data.len());
        f.debug_struct("OtherEvent").field("event_type", &self.event_type).field("data", &data).finish()
    }
}

impl UserEvent {
    /// Creates an event with the given id and kind. The other fields are `None`.
    #[must_use]
    pub fn new(id: EventId, kind: EventKind) -> Self {
        Self { id, timestamp: None, instance_id: None, client_ip: None, user_agent: None, kind }
    }

    /// Creates a `user.created` event.
    #[must_use]
    pub fn created(id: EventId, user: User) -> Self {
        Self::new(id, EventKind::Created(Box::new(user)))
    }

    /// Creates a `user.updated` event.
    #[must_use]
    pub fn updated(id: EventId, user: User) -> Self {
        Self::new(id, EventKind::Updated(Box::new(user)))
    }

    /// Creates a `user.deleted` event.
    #[must_use]
    pub fn deleted(id: EventId, user_id: UserId) -> Self {
        Self::new(id, EventKind::Deleted(DeletedUser::new(user_id)))
    }

    /// Returns the type, such as `user.created`.
    #[must_use]
    pub fn event_type(&self) -> &str {
        match &self.kind {
            EventKind::Created(_) => USER_CREATED,
            EventKind::Updated(_) => USER_UPDATED,
            EventKind::Deleted(_) => USER_DELETED,
            EventKind::Other(other) => other.event_type(),
        }
    }

    /// Returns the user that was created or updated, or `None` for other events.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        match &self.kind {
            EventKind::Created(user) | EventKind::Updated(user) => Some(user),
            EventKind::Deleted(_) | EventKind::Other(_) => None,
        }
    }

    /// Returns the id of the user that was created, updated or deleted, or `None` for other events.
    #[must_use]
    pub fn user_id(&self) -> Option<&UserId> {
        match &self.kind {
            EventKind::Deleted(user) => Some(&user.id),
            _ => self.user().map(|user| &user.id),
        }
    }

    /// Decodes the body of a message without verifying its signature.
    ///
    /// Use this function for bodies that have already been [verified](super::Verifier::verify), for example by another
    /// process. The size of the body is not limited.
    ///
    /// Decoding is as lenient as it is for a [`User`]. Only the event type and, for events about users, the user's id
    /// are required. A numeric `timestamp` from 157,766,400 to 157,766,399,999 is interpreted as seconds since the Unix
    /// epoch, and any other number as milliseconds.
    ///
    /// # Errors
    ///
    /// Returns [`Decode`](crate::ErrorKind::Decode) if the body is not a JSON object, if a required value is missing or
    /// invalid, or if the data of a user exceeds the [memory or nesting limit](crate::guide::in_production#limits).
    /// The error does not contain the body.
    pub fn from_json(id: EventId, body: &[u8]) -> Result<Self> {
        envelope::decode(id, body)
    }

    /// Encodes the event as the body of a message.
    ///
    /// The body does not contain the event's id. Timestamps are truncated to milliseconds.
    ///
    /// The body contains the user's data, including private metadata. Send it only to receivers that are authorized
    /// to read this data.
    #[must_use]
    pub fn to_json(&self) -> String {
        envelope::encode(self)
    }
}
