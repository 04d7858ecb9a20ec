//! [`Verifier`]: verifies and decodes webhook requests.

use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;

use super::error::VerifyError;
use super::event::UserEvent;
use super::headers::Headers;
use super::secret::WebhookSecret;
use crate::compact::compact;
use crate::time::{Clock, SystemClock};

const TOLERANCE: Duration = Duration::from_secs(5 * 60);
/// Clerk's events are at most a few hundred kilobytes.
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// The maximum size of a body that is checked for modifications.
///
/// The size is limited, because unauthenticated requests can trigger the check.
const MAX_DIAGNOSED_BYTES: usize = 64 * 1024;

/// Verifies the signatures of webhook requests and decodes their bodies.
///
/// | setting | default |
/// | --- | --- |
/// | [`secret`](Self::secret) | the secret passed to [`new`](Self::new) |
/// | [`tolerance`](Self::tolerance) | 5 minutes |
/// | [`max_body_bytes`](Self::max_body_bytes) | 1 MiB |
/// | [`clock`](Self::clock) | [`SystemClock`] |
///
/// The verifier accepts Svix headers (`svix-id`, `svix-timestamp`, `svix-signature`) and Standard Webhooks headers
/// (`webhook-id`, `webhook-timestamp`, `webhook-signature`). Header names are case-insensitive. The signature
/// header can contain multiple signatures, at least one of which must match. Signatures are compared in constant time.
///
/// A verifier does not detect duplicate events. Deduplicate events by their [id](UserEvent::id).
#[derive(Debug, Clone)]
pub struct Verifier {
    secrets: Vec<WebhookSecret>,
    tolerance: Duration,
    max_body_bytes: usize,
    clock: Arc<dyn Clock>,
}

impl Verifier {
    /// Creates a verifier with one secret.
    #[must_use]
    pub fn new(secret: WebhookSecret) -> Self {
        Self {
            secrets: vec![secret],
            tolerance: TOLERANCE,
            max_body_bytes: MAX_BODY_BYTES,
            clock: Arc::new(SystemClock),
        }
    }

    /// Adds another secret, for example during secret rotation.
    ///
    /// A request is accepted if it is signed with any of the secrets.
    #[must_use]
    pub fn secret(mut self, secret: WebhookSecret) -> Self {
        self.secrets.push(secret);
        self
    }

    /// Sets the maximum difference between a request's timestamp and the current time.
    ///
    /// The tolerance applies to timestamps in both the past and the future. A larger tolerance allows older requests to
    /// be replayed.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets the maximum body size in bytes.
    ///
    /// The size is checked after the whole body has been read, so also limit the number of bytes that your web
    /// framework reads.
    #[must_use]
    pub fn max_body_bytes(mut self, max_body_bytes: usize) -> Self {
        self.max_body_bytes = max_body_bytes;
        self
    }

    /// Sets the clock that provides the current time.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Verifies a request and decodes its body.
    ///
    /// `headers` yields all request headers as name-value pairs. For example, pass a reference to an
    /// `http::HeaderMap`. `body` is the raw body.
    ///
    /// # Errors
    ///
    /// Returns a [`VerifyError`] in these cases:
    ///
    /// - The body is larger than [`max_body_bytes`](Self::max_body_bytes).
    /// - A header is missing or malformed.
    /// - The difference between the timestamp header and the current time exceeds the [`tolerance`](Self::tolerance).
    /// - No signature matches.
    /// - The body cannot be decoded (see [`UserEvent::from_json`]).
    ///
    /// In these cases, respond with a 4xx status, so that Clerk redelivers the event.
    pub fn verify<N, V>(&self, headers: impl IntoIterator<Item = (N, V)>, body: &[u8]) -> Result<UserEvent, VerifyError>
    where
        N: AsRef<str>,
        V: AsRef<[u8]>,
    {
        if body.len() > self.max_body_bytes {
            return Err(VerifyError::BodyTooLarge { limit: self.max_body_bytes });
        }
        let headers = Headers::read(headers)?;
        self.check_time(headers.sent_at)?;
        if !self.matches(&headers, body) {
            return Err(self.mismatch(&headers, body));
        }
        UserEvent::from_json(headers.id, body).map_err(VerifyError::InvalidEvent)
    }

    fn check_time(&self, sent_at: i64) -> Result<(), VerifyError> {
        let now = self.clock.now().as_second();
        let difference = Duration::from_secs(now.abs_diff(sent_at));
        match difference {
            _ if difference <= self.tolerance => Ok(()),
            age if sent_at < now => Err(VerifyError::TooOld { age }),
            ahead => Err(VerifyError::TooNew { ahead }),
        }
    }

    fn matches(&self, headers: &Headers, body: &[u8]) -> bool {
        headers.signatures.match_any(&self.secrets, headers.id.as_str(), &headers.timestamp, body)
    }

    /// Returns the error for a request without a valid signature.
    fn mismatch(&self, headers: &Headers, body: &[u8]) -> VerifyError {
        if body.len() > MAX_DIAGNOSED_BYTES {
            return VerifyError::InvalidSignature;
        }
        let Some(json) = str::from_utf8(body).ok().filter(|text| serde_json::from_str::<&RawValue>(text).is_ok())
        else {
            return VerifyError::InvalidSignature;
        };
        // Clerk sends JSON without whitespace. Go, which Clerk uses, escapes some characters that other encoders do
        // not.
        let compact = compact(json);
        let escaped = escape_as_go(&compact);
        let is_signed = |json: &str, checked: &str| json != checked && self.matches(headers, json.as_bytes());
        let was_encoded_again = is_signed(&compact, json) || is_signed(&escaped, &compact);
        if was_encoded_again { VerifyError::BodyModified } else { VerifyError::InvalidSignature }
    }
}

/// Escapes the characters that Go's JSON encoder escapes even though JSON does not require it.
///
/// In JSON, these characters occur only in strings.
fn escape_as_go(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            other => escaped.push(other),
        }
    }
    escaped
}
