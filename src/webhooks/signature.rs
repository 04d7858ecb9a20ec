//! Signatures: HMAC-SHA256 over the id, the time and the body of a message.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::headers::{STANDARD, SVIX};
use super::secret::WebhookSecret;
use crate::model::EventId;

/// The prefix of HMAC-SHA256 signatures in the signature header.
const VERSION: &str = "v1,";

type Digest = [u8; 32];

/// Signs a message with a secret.
///
/// `at` is the time at which the message is sent, not the time of the event. It is truncated to whole seconds.
///
/// ```
/// use user_directory::jiff::Timestamp;
/// use user_directory::time::ManualClock;
/// use user_directory::webhooks::{UserEvent, Verifier, WebhookSecret, sign};
/// use user_directory::{User, UserId};
///
/// let secret = WebhookSecret::new("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3")?;
/// let event = UserEvent::created("msg_1".parse()?, User::new(UserId::new("user_1")?));
/// let body = event.to_json();
/// let now: Timestamp = "2026-05-12T08:00:00Z".parse()?;
/// let headers = sign(&secret, &event.id, now, body.as_bytes());
///
/// let verifier = Verifier::new(secret).clock(ManualClock::new(now));
/// assert_eq!(verifier.verify(headers.svix(), body.as_bytes())?, event);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn sign(secret: &WebhookSecret, id: &EventId, at: Timestamp, body: &[u8]) -> SignatureHeaders {
    let timestamp = at.as_second().to_string();
    let signature = entry(secret, id.as_str(), &timestamp, body);
    SignatureHeaders { id: id.clone(), timestamp, signature }
}

/// The headers of a signed message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureHeaders {
    id: EventId,
    timestamp: String,
    signature: String,
}

impl SignatureHeaders {
    /// Adds a signature with another secret, for example during secret rotation.
    ///
    /// `body` must be the body of the same message.
    #[must_use]
    pub fn also_sign(mut self, secret: &WebhookSecret, body: &[u8]) -> Self {
        let entry = entry(secret, self.id.as_str(), &self.timestamp, body);
        let _ = write!(self.signature, " {entry}");
        self
    }

    /// Returns the names and values of the `svix-id`, `svix-timestamp` and `svix-signature` headers.
    #[must_use]
    pub fn svix(&self) -> [(&'static str, &str); 3] {
        self.named(SVIX)
    }

    /// Returns the same values as [`svix`](Self::svix), with the header names from Standard Webhooks.
    ///
    /// The names are `webhook-id`, `webhook-timestamp` and `webhook-signature`.
    #[must_use]
    pub fn standard(&self) -> [(&'static str, &str); 3] {
        self.named(STANDARD)
    }

    fn named(&self, names: [&'static str; 3]) -> [(&'static str, &str); 3] {
        let [id, timestamp, signature] = names;
        [(id, self.id.as_str()), (timestamp, &self.timestamp), (signature, &self.signature)]
    }
}

fn digest(secret: &WebhookSecret, id: &str, timestamp: &str, body: &[u8]) -> Digest {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.key()).expect("HMAC accepts keys of any length");
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Returns an entry of the signature header.
fn entry(secret: &WebhookSecret, id: &str, timestamp: &str, body: &[u8]) -> String {
    VERSION.to_owned() + &BASE64.encode(digest(secret, id, timestamp, body))
}

/// The `v1` signatures of a message, decoded from its signature header.
pub(super) struct Signatures(Vec<Digest>);

impl Signatures {
    /// Decodes the `v1` signatures in a signature header. Other entries are ignored.
    pub(super) fn read(header: &str) -> Self {
        let entries = header.split(' ').filter_map(|entry| entry.strip_prefix(VERSION));
        Self(entries.filter_map(|entry| BASE64.decode(entry).ok()?.try_into().ok()).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns `true` if any of the signatures is valid for any of the secrets. Compares in constant time.
    pub(super) fn match_any(&self, secrets: &[WebhookSecret], id: &str, timestamp: &str, body: &[u8]) -> bool {
        secrets.iter().any(|secret| {
            let expected = digest(secret, id, timestamp, body);
            self.0.iter().any(|signature| signature.ct_eq(&expected).into())
        })
    }
}
