//! A secret, a clock and signed messages.

use jiff::Timestamp;
use user_directory::model::EventId;
use user_directory::time::ManualClock;
use user_directory::webhooks::{UserEvent, Verifier, VerifyError, WebhookSecret, sign};

pub const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
pub const OTHER_SECRET: &str = "whsec_YW5vdGhlciBrZXkgb2YgMjQgYnl0ZXMu";
/// 2026-05-12T08:00:00Z.
pub const NOW: i64 = 1_778_572_800;

pub fn secret(text: &str) -> WebhookSecret {
    WebhookSecret::new(text).unwrap()
}

pub fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

pub fn verifier() -> Verifier {
    Verifier::new(secret(SECRET)).clock(ManualClock::new(now()))
}

pub fn event_id(id: &str) -> EventId {
    EventId::new(id).unwrap()
}

/// Signs a body and verifies it.
pub fn received(body: &str) -> Result<UserEvent, VerifyError> {
    let headers = sign(&secret(SECRET), &event_id("msg_1"), now(), body.as_bytes());
    verifier().verify(headers.svix(), body.as_bytes())
}
