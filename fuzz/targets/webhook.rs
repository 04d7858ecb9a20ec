//! Webhooks: any body decodes or fails, forged requests are rejected, and encoding round-trips.
#![no_main]

use std::cell::LazyCell;

use libfuzzer_sys::fuzz_target;
use user_directory::jiff::Timestamp;
use user_directory::time::ManualClock;
use user_directory::webhooks::{EventId, EventKind, UserEvent, Verifier, VerifyError, WebhookSecret, sign};

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

fn now() -> Timestamp {
    Timestamp::from_second(1_778_572_800).expect("a time")
}

fn secret() -> WebhookSecret {
    WebhookSecret::new(SECRET).expect("a secret")
}

fn id() -> EventId {
    EventId::new("msg_1").expect("an id")
}

thread_local! {
    static VERIFIER: LazyCell<Verifier> = LazyCell::new(|| Verifier::new(secret()).clock(ManualClock::new(now())));
}

fn verify(headers: [(&str, &[u8]); 3], body: &[u8]) -> Result<UserEvent, VerifyError> {
    let result = VERIFIER.with(|verifier| verifier.verify(headers, body));
    if let Err(error) = &result {
        assert!(!format!("{error} {error:?}").contains(&SECRET[6..]));
    }
    result
}

/// Secrets are never encoded.
fn without_secrets(mut event: UserEvent) -> UserEvent {
    if let EventKind::Created(user) | EventKind::Updated(user) = &mut event.kind {
        user.phone_numbers.iter_mut().for_each(|phone| phone.backup_codes.clear());
    }
    event
}

fuzz_target!(|bytes: &[u8]| {
    let decoded = UserEvent::from_json(id(), bytes).ok();
    let signed = sign(&secret(), &id(), now(), bytes);
    let headers = signed.svix().map(|(name, value)| (name, value.as_bytes()));
    assert_eq!(verify(headers, bytes).ok(), decoded);
    if let Some(event) = decoded.map(without_secrets) {
        let body = event.to_json();
        assert_eq!(UserEvent::from_json(id(), body.as_bytes()).expect("an encoded event can be decoded"), event);
    }

    // The signature of another body.
    if !bytes.is_empty() {
        assert!(verify(headers, &bytes[1..]).is_err());
        assert!(verify(headers, &bytes[..bytes.len() - 1]).is_err());
    }
    // Headers without knowledge of the secret.
    let mut lines = bytes.splitn(4, |byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let headers = [("svix-id", line()), ("svix-timestamp", line()), ("svix-signature", line())];
    assert!(verify(headers, line()).is_err());
});
