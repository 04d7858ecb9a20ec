//! [`Http`]: requests that the client cannot send.

use std::time::Duration;

use user_directory::clerk::ClerkBuilder;
use user_directory::reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use user_directory::reqwest::{self, Client, Method};
use user_directory::{Error, ErrorKind, Result, SecretKey};

use crate::probe::{Disagreement, Finding};

const TIMEOUT: Duration = Duration::from_secs(30);

/// Access to the API without [`ClerkUserDirectory`](user_directory::ClerkUserDirectory). Requests have no API version.
pub struct Http {
    client: Client,
    base_url: String,
}

/// A response whose status is not that of a failure of the service.
pub struct Response {
    pub status: u16,
    pub text: String,
}

impl Http {
    pub fn new(key: &SecretKey, base_url: impl Into<String>) -> Result<Self> {
        let invalid = |_| Error::new(ErrorKind::Configuration).with_message("the key is not valid in a header");
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", key.expose_secret())).map_err(invalid)?;
        authorization.set_sensitive(true);
        let headers = HeaderMap::from_iter([(AUTHORIZATION, authorization)]);
        let builder = ClerkBuilder::http_client_builder()?.default_headers(headers).timeout(TIMEOUT);
        let client = builder.build().map_err(|error| Error::new(ErrorKind::Configuration).with_source(error))?;
        Ok(Self { client, base_url: base_url.into() })
    }

    /// Sends a request with a JSON body, if there is one.
    pub async fn send(&self, method: Method, path: &str, body: Option<String>) -> Finding<Response> {
        let failed = |error: reqwest::Error| Disagreement::Failed(error.without_url().to_string());
        let mut request = self.client.request(method, format!("{}{path}", self.base_url.trim_end_matches('/')));
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        if status == 429 || status >= 500 {
            return Err(Disagreement::Failed(format!("the service responds with the status {status}")));
        }
        Ok(Response { status, text: response.text().await.map_err(failed)? })
    }
}

impl Response {
    /// Fails unless the request was accepted.
    pub fn accepted(self, what: &str) -> Finding<Self> {
        if self.status == 200 {
            return Ok(self);
        }
        Err(Disagreement::Differs(format!("{what} is rejected with the status {}: {}", self.status, self.text)))
    }
}
