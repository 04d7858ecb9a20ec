//! [`Client`]: sends a message to an endpoint.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use user_directory::clerk::ClerkBuilder;
use user_directory::reqwest::header::CONTENT_TYPE;
use user_directory::reqwest::{self, Response};
use user_directory::time::{Clock, Timer};
use user_directory::webhooks::sign;
use user_directory::{Error, ErrorKind, Result};

use super::endpoint::Endpoint;
use super::message::Message;

/// The time within which an endpoint must respond.
const TIMEOUT: Duration = Duration::from_secs(15);
/// The maximum number of bytes read from a response body.
const MAX_RESPONSE: usize = 64 * 1024;
/// The maximum number of response body bytes that an [`Attempt`] contains.
const SHOWN_RESPONSE: usize = 1024;

/// An attempt to send a message.
///
/// `Debug` shows only the size of the response.
#[derive(Clone, Serialize)]
pub(crate) struct Attempt {
    /// The time at which the attempt started, in milliseconds since the Unix epoch.
    pub(crate) at: i64,
    pub(crate) duration_us: u64,
    /// The response status, or `None` if there was no response.
    pub(crate) status: Option<u16>,
    /// The reason why there was no response.
    pub(crate) error: Option<&'static str>,
    /// The response body, truncated to its first 1,024 bytes.
    pub(crate) response: String,
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, duration_us, status, error, response } = self;
        f.debug_struct("Attempt")
            .field("at", at)
            .field("duration_us", duration_us)
            .field("status", status)
            .field("error", error)
            .field("response", &format_args!("{} bytes", response.len()))
            .finish()
    }
}

impl Attempt {
    /// Returns `true` if the endpoint acknowledged the message with a 2xx status.
    pub(super) fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// An HTTP client that sends messages without a proxy. `http_client_builder` disables redirects.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    /// The clock for the timestamps of signatures. It is not the directory's clock, because receivers compare the
    /// timestamps with their own clocks.
    clock: Arc<dyn Clock>,
    timer: Arc<dyn Timer>,
}

impl Client {
    pub(super) fn new(clock: Arc<dyn Clock>, timer: Arc<dyn Timer>) -> Result<Self> {
        let http = ClerkBuilder::http_client_builder()?
            .no_proxy()
            .user_agent(concat!("clerk-emulator/", env!("CARGO_PKG_VERSION")))
            .build();
        let http = http.map_err(|error| Error::new(ErrorKind::Configuration).with_source(error))?;
        Ok(Self { http, clock, timer })
    }

    /// Returns the current time of the clock for signatures.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sends a message, and waits up to 15 seconds for the response.
    pub(super) async fn send(&self, endpoint: &Endpoint, message: &Message) -> Attempt {
        let (at, started) = (self.now(), self.timer.now());
        let headers = sign(endpoint.secret(), &message.id, at, message.body.as_bytes());
        let request = self.http.post(endpoint.target().clone()).header(CONTENT_TYPE, "application/json");
        let request = headers.svix().into_iter().fold(request, |request, (name, value)| request.header(name, value));

        let (mut status, mut body) = (None, Vec::new());
        let request = async {
            let mut response = request.body(message.body.clone()).send().await?;
            status = Some(response.status().as_u16());
            // Only the status matters, so an incomplete body is not an error.
            read_start(&mut response, &mut body).await
        };
        let error = tokio::select! {
            biased;
            ended = request => ended.err().map(|error| {
                if error.is_connect() { "the connection failed" } else { "the connection was lost" }
            }),
            () = self.timer.sleep(TIMEOUT) => Some("the endpoint did not respond within 15 seconds"),
        };
        body.truncate(SHOWN_RESPONSE);
        Attempt {
            at: at.as_millisecond(),
            duration_us: u64::try_from(self.timer.now().saturating_sub(started).as_micros()).unwrap_or(u64::MAX),
            status,
            error: error.filter(|_| status.is_none()),
            response: String::from_utf8_lossy(&body).into_owned(),
        }
    }
}

/// Reads up to [`MAX_RESPONSE`] bytes. If the body is longer, dropping the response closes the connection.
async fn read_start(response: &mut Response, body: &mut Vec<u8>) -> reqwest::Result<()> {
    let mut read = 0;
    while read < MAX_RESPONSE
        && let Some(chunk) = response.chunk().await?
    {
        read += chunk.len();
        body.extend_from_slice(&chunk[..chunk.len().min(SHOWN_RESPONSE.saturating_sub(body.len()))]);
    }
    Ok(())
}
