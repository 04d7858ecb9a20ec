//! Webhooks: verification, events, and the published libraries.

mod events;
mod malformed;
mod properties;
mod published;
mod support;
mod verify;
