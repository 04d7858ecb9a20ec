//! [`Endpoint`]: a URL that receives events.

use std::fmt;

use user_directory::reqwest::Url;
use user_directory::webhooks::WebhookSecret;

/// A webhook endpoint: a URL that receives events, and the secret used to sign them.
///
/// The `Debug` output contains neither the secret nor the query string of the URL.
///
/// ```
/// use clerk_emulator::Endpoint;
/// use user_directory::webhooks::WebhookSecret;
///
/// let secret = WebhookSecret::new("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3")?;
/// let endpoint = Endpoint::new("http://127.0.0.1:3000/webhooks", secret)?;
/// assert_eq!(endpoint.url(), "http://127.0.0.1:3000/webhooks");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Endpoint {
    url: Url,
    secret: WebhookSecret,
}

/// The error returned for an invalid [`Endpoint`] URL. The message does not contain the URL.
///
/// ```
/// # use user_directory::webhooks::WebhookSecret;
/// use clerk_emulator::Endpoint;
///
/// # let secret = WebhookSecret::new("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3")?;
/// let error = Endpoint::new("localhost:3000", secret).unwrap_err();
/// assert_eq!(error.to_string(), "the URL of a webhook endpoint must start with http:// or https://");
/// # Ok::<(), user_directory::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the URL of a webhook endpoint {0}")]
pub struct InvalidEndpoint(&'static str);

impl Endpoint {
    /// Creates an endpoint. The URL can contain a query string.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidEndpoint`] if the URL is not an absolute `http` or `https` URL, or contains a username or a
    /// password.
    pub fn new(url: &str, secret: WebhookSecret) -> Result<Self, InvalidEndpoint> {
        let url = Url::parse(url).map_err(|_| InvalidEndpoint("is not an absolute URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidEndpoint("must start with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidEndpoint("must not contain a username or a password"));
        }
        Ok(Self { url, secret })
    }

    /// Returns the URL without its query string or fragment.
    ///
    /// The query string is omitted because it can contain secrets.
    #[must_use]
    pub fn url(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.into()
    }

    /// Returns the secret used to sign events.
    #[must_use]
    pub fn secret(&self) -> &WebhookSecret {
        &self.secret
    }

    /// Returns the URL that requests are sent to.
    pub(super) fn target(&self) -> &Url {
        &self.url
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("url", &self.url()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Result<Endpoint, InvalidEndpoint> {
        Endpoint::new(url, WebhookSecret::from_key(b"0123").unwrap())
    }

    #[test]
    fn new_rejects_urls_without_an_http_host_and_urls_with_credentials() {
        for url in ["", "/webhooks", "localhost:3000", "ftp://example.com", "http://ada:pw@localhost", "http://"] {
            let error = endpoint(url).expect_err(url);
            assert!(!error.to_string().contains("pw"), "{error}");
        }
    }

    #[test]
    fn debug_and_url_omit_secret_and_query() {
        let endpoint = endpoint("https://example.com/hooks?token=hidden#fragment").unwrap();
        assert_eq!(endpoint.url(), "https://example.com/hooks");
        assert_eq!(endpoint.target().query(), Some("token=hidden"));
        let debug = format!("{endpoint:?}");
        assert!(!debug.contains("hidden") && !debug.contains("whsec_"), "{debug}");
    }
}
