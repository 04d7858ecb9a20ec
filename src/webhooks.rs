//! Verifies, decodes and signs Clerk webhook events.
//!
//! Clerk sends webhooks through Svix, which signs the id, the timestamp and the body of each message with a secret that
//! starts with `whsec_`. A [`Verifier`] checks the signature and decodes the body as a [`UserEvent`]. A verifier takes
//! the headers as name-value pairs and the body as bytes, so it works with any web framework.
//!
//! ```
//! use user_directory::webhooks::{EventKind, Verifier, WebhookSecret};
//!
//! # use user_directory::jiff::Timestamp;
//! # use user_directory::time::ManualClock;
//! # let now = Timestamp::from_second(1_778_572_800)?;
//! let secret = WebhookSecret::new("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3")?;
//! let verifier = Verifier::new(secret);
//! # let verifier = verifier.clock(ManualClock::new(now));
//!
//! // `&http::HeaderMap` also works, as does any other iterator over name-value pairs.
//! let headers = [
//!     ("svix-id", "msg_1"),
//!     ("svix-timestamp", "1778572800"),
//!     ("svix-signature", "v1,SIGNATURE"),
//! ];
//! # let secret = WebhookSecret::new("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3")?;
//! let body = br#"{"object":"event","type":"user.created","data":{"object":"user","id":"user_1"}}"#;
//! # let signed = user_directory::webhooks::sign(&secret, &"msg_1".parse()?, now, body);
//! # let headers = signed.svix();
//! let event = verifier.verify(headers, body)?;
//! match &event.kind {
//!     EventKind::Created(user) | EventKind::Updated(user) => assert_eq!(user.id, "user_1"),
//!     EventKind::Deleted(user) => println!("deleted {}", user.id),
//!     _ => {}
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The signature covers the exact bytes of the body. Pass the raw body, not re-serialized JSON.
//!
//! # Delivery
//!
//! Events can be delivered more than once, in any order, and up to about 28 hours late. An event is lost if all
//! delivery attempts fail. A receiver must:
//!
//! - Respond with a 2xx status within 15 seconds. Otherwise, the event is sent again.
//! - Deduplicate events by their [id](UserEvent::id).
//! - Compare [`User::updated_at`](crate::User::updated_at) before overwriting a user, so that an older version does
//!   not replace a newer one.
//! - Never restore a deleted user, even if an older event arrives after the deletion. User ids are not reused.
//!
//! `CachedUserDirectory::apply` (`cache` feature) and `ReplicatedUserDirectory::apply` (`replica` feature) accept
//! duplicate and out-of-order events. For more information, see the [guide](crate::guide::webhooks).

mod envelope;
mod error;
mod event;
mod headers;
mod secret;
mod signature;
mod verifier;

pub use crate::model::EventId;
pub use error::VerifyError;
pub use event::{DeletedUser, EventKind, OtherEvent, UserEvent};
pub use secret::WebhookSecret;
pub use signature::{SignatureHeaders, sign};
pub use verifier::Verifier;
