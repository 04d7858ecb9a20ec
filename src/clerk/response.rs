//! [`Answer`]: what came back, and what an answer that is an error means.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::Response;
use reqwest::header::{HeaderMap, HeaderName, RETRY_AFTER};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::error::{ApiError, Error, ErrorKind, Result, codes};
use crate::model::{PasswordVerification, Text, TotpVerification, UserId, lenient};
use crate::time::Clock;

/// The most bytes of an answer, unless the builder says another number; 500 users with full metadata have about 16 MB.
pub(super) const MAX_ANSWER: usize = 64 * 1024 * 1024;
/// The most bytes of an error that are looked at. What a proxy answers may be longer, and says nothing more.
const MAX_ERROR: usize = 64 * 1024;
/// The most bytes that are set aside because an answer says how long it is.
const MAX_CAPACITY: usize = 4 * 1024 * 1024;
/// The longest wait that is believed.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// A successful answer, not decoded yet.
pub(super) struct Answer {
    status: u16,
    trace_id: Option<String>,
    body: Bytes,
}

impl Answer {
    /// Reads a response to its end, if that comes within `limit` bytes. A response that is not a success is an error.
    pub(super) async fn read(mut response: Response, limit: usize, clock: &dyn Clock) -> Result<Self> {
        let status = response.status().as_u16();
        if !response.status().is_success() {
            let (body, broken_off) = match read(&mut response, MAX_ERROR).await {
                Read::Whole(body) => (body, None),
                Read::Part(body, why) => (body, why),
            };
            let error = error(status, response.headers(), &body, clock);
            // What is missing would have said which error it is; without it a 404 is not "no such user" but nothing.
            return Err(match broken_off {
                // All of it came if it only cannot be decompressed, and the status is all that can be known.
                Some(why)
                    if why.kind() != ErrorKind::Decode && needs_its_body(status) && error.api_errors().is_empty() =>
                {
                    located(why, status, trace_id(response.headers()))
                }
                _ => error,
            });
        }
        let trace_id = trace_id(response.headers());
        match read(&mut response, limit).await {
            Read::Whole(body) => Ok(Self { status, trace_id, body }),
            Read::Part(_, why) => Err(located(why.unwrap_or_else(|| too_long(limit)), status, trace_id)),
        }
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    pub(super) fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    pub(super) fn decode<T: DeserializeOwned>(self) -> Result<T> {
        // Checked as a whole, because checking string by string takes longer.
        let decoded = match std::str::from_utf8(&self.body) {
            Ok(text) => lenient::document(text).map_err(|error| Error::decode_of(&error, text)),
            Err(_) => Err(Error::new(ErrorKind::Decode).with_message("the answer is not UTF-8")),
        };
        decoded.map_err(|error| located(error, self.status, self.trace_id))
    }
}

/// Whether the status of an error does not say it all.
fn needs_its_body(status: u16) -> bool {
    matches!(status, 400..=499) && !matches!(status, 401..=403 | 429)
}

enum Read {
    Whole(Bytes),
    /// What there was before it broke off, or (without an error) before it got too long.
    Part(Bytes, Option<Error>),
}

async fn read(response: &mut Response, limit: usize) -> Read {
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let mut pieces = Pieces::new(announced.min(limit).min(MAX_CAPACITY));
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if chunk.len() <= limit - pieces.len() => pieces.add(chunk),
            Ok(Some(chunk)) => {
                pieces.add(chunk.slice(..limit - pieces.len()));
                return Read::Part(pieces.join(), None);
            }
            Ok(None) => return Read::Whole(pieces.join()),
            Err(error) => return Read::Part(pieces.join(), Some(broken_off(error))),
        }
    }
}

/// What has come of a body. Most come in one piece, which need not be copied.
struct Pieces {
    capacity: usize,
    first: Bytes,
    /// All of them, once there are several.
    all: Vec<u8>,
}

impl Pieces {
    /// `capacity` is what is set aside for several pieces.
    fn new(capacity: usize) -> Self {
        Self { capacity, first: Bytes::new(), all: Vec::new() }
    }

    fn len(&self) -> usize {
        self.first.len() + self.all.len()
    }

    fn add(&mut self, piece: Bytes) {
        if self.len() == 0 {
            self.first = piece;
            return;
        }
        if self.all.is_empty() {
            self.all.reserve(self.capacity);
            self.all.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.all.extend_from_slice(&piece);
    }

    fn join(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.into() }
    }
}

fn too_long(limit: usize) -> Error {
    Error::new(ErrorKind::Decode).with_message(format!("the answer has more than {limit} bytes"))
}

fn located(error: Error, status: u16, trace_id: Option<String>) -> Error {
    let error = error.with_status(status);
    match trace_id {
        Some(trace_id) => error.with_trace_id(trace_id),
        None => error,
    }
}

/// The one place where an answer becomes an error.
fn error(status: u16, headers: &HeaderMap, body: &[u8], clock: &dyn Clock) -> Error {
    /// Taken apart bit by bit, so that one strange part does not cost the others.
    #[derive(Default, Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        errors: Option<&'a RawValue>,
        #[serde(borrow)]
        clerk_trace_id: Option<&'a RawValue>,
    }

    // What is not JSON comes from a proxy, and the status says it all.
    let body: Body<'_> = serde_json::from_slice(body).unwrap_or_default();
    let errors: Option<Vec<&RawValue>> = body.errors.and_then(read_part);
    let trace_id: Option<Text> = body.clerk_trace_id.and_then(read_part);
    let trace_id = trace_id.as_deref().and_then(usable).or_else(|| self::trace_id(headers));
    let listed = errors.as_ref().map(Vec::len);
    let errors: Vec<ApiError> = errors.into_iter().flatten().filter_map(read_part).collect();
    // The API's errors have codes; its list of them may be empty.
    let is_of_the_api = listed == Some(0) || errors.iter().any(|error| !error.code().is_empty());
    let error = match status {
        // "No such user" is what callers act upon, so only the API may say it.
        404 | 410 if !is_of_the_api => Error::new(ErrorKind::Unexpected)
            .with_message(format!("a {status} that does not come from the API; is the base URL right?")),
        _ => Error::from_api(status, errors),
    };
    let error = located(error, status, trace_id);
    match retry_after(headers, clock.now()) {
        Some(wait) => error.with_retry_after(wait),
        None => error,
    }
}

fn read_part<'a, T: Deserialize<'a>>(part: &'a RawValue) -> Option<T> {
    serde_json::from_str(part.get()).ok()
}

/// The error of an exchange that did not get to the end of an answer.
pub(super) fn broken_off(error: reqwest::Error) -> Error {
    // A time-out while connecting is both; that nothing was sent is what matters.
    let kind = if error.is_connect() {
        ErrorKind::Connect
    } else if error.is_timeout() {
        ErrorKind::Timeout
    } else if error.is_builder() {
        ErrorKind::Configuration
    } else if error.is_redirect() {
        ErrorKind::Unexpected
    } else if is_broken_encoding(&error) {
        // All of it came, and it would come again: no matter of the connection.
        return Error::new(ErrorKind::Decode).with_message("the answer is compressed, and cannot be decompressed");
    } else {
        ErrorKind::Transport
    };
    // The URL has what was searched for.
    Error::new(kind).with_source(error.without_url())
}

/// Whether the body came, but is not what its `content-encoding` says. What the connection is to blame for has an error
/// of the HTTP library in between.
fn is_broken_encoding(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(inner) = source.filter(|source| source.is::<reqwest::Error>()) {
        source = inner.source();
    }
    source
        .and_then(|source| source.downcast_ref::<io::Error>())
        .is_some_and(|error| matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof))
}

/// The id under which the request is found; `cf-ray` is that of the network in front of the service.
fn trace_id(headers: &HeaderMap) -> Option<String> {
    const CLERK_TRACE_ID: HeaderName = HeaderName::from_static("clerk-trace-id");
    const CF_RAY: HeaderName = HeaderName::from_static("cf-ray");

    let header = |name| headers.get(name)?.to_str().ok().and_then(usable);
    header(CLERK_TRACE_ID).or_else(|| header(CF_RAY))
}

/// A trace id is printed, so it has to be fit for a log line.
fn usable(trace_id: &str) -> Option<String> {
    let fits = (1..=255).contains(&trace_id.len()) && trace_id.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| trace_id.to_owned())
}

/// `Retry-After`: seconds or a date, and the longest if there are several. What cannot be read is as good as none.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    headers.get_all(RETRY_AFTER).iter().filter_map(|value| wait(value.to_str().ok()?.trim(), now)).max()
}

fn wait(text: &str, now: Timestamp) -> Option<Duration> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let wait = if is_number {
        // What does not fit is longer than what is believed.
        text.parse().map_or(MAX_RETRY_AFTER, Duration::from_secs)
    } else {
        let at = DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()?;
        // A date that has passed means now.
        Duration::try_from(at.duration_since(now)).unwrap_or_default()
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

/// `GET /users/count`.
#[derive(Deserialize)]
pub(super) struct Count {
    #[serde(deserialize_with = "lenient::essential")]
    pub(super) total_count: u64,
}

/// What the deletion of second factors answers.
#[derive(Deserialize)]
pub(super) struct OfUser {
    #[serde(deserialize_with = "lenient::essential")]
    pub(super) user_id: UserId,
}

/// What the verifications answer. Without a word about the outcome it is none: anything in between could answer `{}`.
#[derive(Deserialize)]
struct Verified {
    #[serde(deserialize_with = "lenient::essential")]
    verified: bool,
    #[serde(default, deserialize_with = "lenient::or_default")]
    code_type: Text,
}

/// A wrong password is an answer.
pub(super) fn password_verification(answer: Result<Answer>) -> Result<PasswordVerification> {
    let verified: Verified = match answer {
        Err(error) if refuses(&error, &[codes::INCORRECT_PASSWORD]) => return Ok(PasswordVerification::Incorrect),
        answer => answer?.decode()?,
    };
    Ok(if verified.verified { PasswordVerification::Correct } else { PasswordVerification::Incorrect })
}

/// A wrong code is an answer.
pub(super) fn totp_verification(answer: Result<Answer>) -> Result<TotpVerification> {
    let wrong = [codes::TOTP_INCORRECT_CODE, codes::TOTP_INVALID_LENGTH];
    let verified: Verified = match answer {
        Err(error) if refuses(&error, &wrong) => return Ok(TotpVerification::Incorrect),
        answer => answer?.decode()?,
    };
    Ok(match verified.code_type.as_str() {
        _ if !verified.verified => TotpVerification::Incorrect,
        "totp" => TotpVerification::Totp,
        "backup_code" => TotpVerification::BackupCode,
        _ => TotpVerification::OtherCode,
    })
}

fn refuses(error: &Error, with: &[&str]) -> bool {
    error.status() == Some(422) && with.iter().any(|code| error.has_code(code))
}

/// A list that comes bare or as a page, whatever was asked for.
pub(super) struct ListOrPage<T>(pub(super) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ListOrPage<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListOrPageVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListOrPageVisitor<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list or a page of one")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Vec<T>, A::Error> {
                lenient::list(SeqAccessDeserializer::new(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, page: A) -> Result<Vec<T>, A::Error> {
                #[derive(Deserialize)]
                #[serde(bound = "T: Deserialize<'de>")]
                struct Page<T> {
                    #[serde(deserialize_with = "lenient::list")]
                    data: Vec<T>,
                }
                Page::deserialize(MapAccessDeserializer::new(page)).map(|page| page.data)
            }
        }

        deserializer.deserialize_any(ListOrPageVisitor(PhantomData)).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn a_wait_is_a_number_of_seconds_or_a_date() {
        let now: Timestamp = "2026-05-12T08:00:00Z".parse().unwrap();
        for (value, seconds) in [
            ("0", Some(0)),
            (" 12 ", Some(12)),
            ("999999999", Some(86_400)),
            ("99999999999999999999999", Some(86_400)),
            ("Tue, 12 May 2026 08:01:30 GMT", Some(90)),
            ("Tue, 12 May 2026 07:00:00 GMT", Some(0)),
            ("Mon, 12 May 2026 08:01:30 GMT", Some(90)),
            ("Wed, 12 May 2027 08:00:00 GMT", Some(86_400)),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
            assert_eq!(retry_after(&headers, now), seconds.map(Duration::from_secs), "{value:?}");
        }
    }
}
