//! [`ClerkBuilder`]: how a [`ClerkUserDirectory`] is set up.

use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Client, Url, redirect};

use tokio::sync::Semaphore;

#[cfg(feature = "rate-limit")]
use super::limiter::Limiter;
use super::response::MAX_ANSWER;
use super::tls;
use super::{Admission, ClerkUserDirectory, Inner, RetryBudget, RetryPolicy, SecretKey};
use crate::error::{Error, ErrorKind, Result};
#[cfg(feature = "rate-limit")]
use crate::rate_limits::RateLimits;
use crate::time::{Clock, SystemClock, Timer, TokioTimer};

const BASE_URL: &str = "https://api.clerk.com/v1";
const API_VERSION: &str = "2026-05-12";
const OWN_USER_AGENT: &str = concat!("user-directory/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
const TIMEOUT: Duration = Duration::from_secs(30);
/// Load balancers and servers commonly drop a connection that was idle for 60 seconds. Who lets go first never writes a
/// request into a connection that is being closed.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(50);
/// HTTP/2 needs one connection, HTTP/1.1 one for each call in flight; after a burst, this many are enough to keep.
const POOL_MAX_IDLE: usize = 64;

const CLERK_API_VERSION: HeaderName = HeaderName::from_static("clerk-api-version");

/// Sets a [`ClerkUserDirectory`] up.
///
/// | | default |
/// | --- | --- |
/// | [`base_url`](Self::base_url) | `https://api.clerk.com/v1` |
/// | [`api_version`](Self::api_version) | `2026-05-12` |
/// | [`user_agent`](Self::user_agent) | `user-directory/` and the version of this crate |
/// | [`connect_timeout`](Self::connect_timeout) | 10 seconds |
/// | [`attempt_timeout`](Self::attempt_timeout) | 15 seconds |
/// | [`timeout`](Self::timeout) | 30 seconds, for all attempts and the waits between them |
/// | [`retry`](Self::retry) | [`RetryPolicy::default`] |
/// | [`rate_limits`](Self::rate_limits) | none are kept to |
/// | [`max_in_flight`](Self::max_in_flight) | any number |
/// | [`clock`](Self::clock) | [`SystemClock`] |
/// | [`timer`](Self::timer) | [`TokioTimer`] |
/// | [`max_response_size`](Self::max_response_size) | 64 MiB |
/// | [`http_client`](Self::http_client) | one of its own |
///
/// ```
/// use std::time::Duration;
/// use user_directory::{ClerkUserDirectory, SecretKey};
///
/// let directory = ClerkUserDirectory::builder(SecretKey::new("sk_test_123")?)
///     .base_url("http://localhost:8080/v1")
///     .user_agent("shop/1.2")
///     .connect_timeout(Duration::from_secs(2))
///     .timeout(Duration::from_secs(5))
///     .build()?;
/// # Ok::<(), user_directory::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until it builds"]
pub struct ClerkBuilder {
    key: SecretKey,
    base_url: String,
    api_version: String,
    user_agent: String,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    timeout: Duration,
    retry: RetryPolicy,
    #[cfg(feature = "rate-limit")]
    rate_limits: Option<RateLimits>,
    max_in_flight: Option<usize>,
    clock: Arc<dyn Clock>,
    timer: Option<Arc<dyn Timer>>,
    max_response_size: usize,
    http: Option<Client>,
    allow_insecure_http: bool,
}

impl ClerkBuilder {
    pub(super) fn new(key: SecretKey) -> Self {
        Self {
            key,
            base_url: BASE_URL.to_owned(),
            api_version: API_VERSION.to_owned(),
            user_agent: OWN_USER_AGENT.to_owned(),
            connect_timeout: CONNECT_TIMEOUT,
            attempt_timeout: ATTEMPT_TIMEOUT,
            timeout: TIMEOUT,
            retry: RetryPolicy::default(),
            #[cfg(feature = "rate-limit")]
            rate_limits: None,
            max_in_flight: None,
            clock: Arc::new(SystemClock),
            timer: None,
            max_response_size: MAX_ANSWER,
            http: None,
            allow_insecure_http: false,
        }
    }

    /// A builder with the key and the base URL of the environment: `CLERK_SECRET_KEY`, and `CLERK_API_URL` if it is set.
    ///
    /// # Errors
    ///
    /// [`Configuration`](ErrorKind::Configuration) if `CLERK_SECRET_KEY` is missing or not a secret key.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use user_directory::ClerkBuilder;
    ///
    /// let directory = ClerkBuilder::from_env()?.timeout(Duration::from_secs(5)).build()?;
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn from_env() -> Result<Self> {
        from_env(|name| std::env::var_os(name))
    }

    /// Where the API is, with or without a slash at the end. A URL without a path means the `/v1` below it, as for
    /// Clerk's own SDKs.
    ///
    /// `https`, or `http` to the machine itself (`localhost`, `127.0.0.0/8`, `::1`), which the crate's own client
    /// never reaches through a proxy.
    ///
    /// ```
    /// # use user_directory::{ClerkUserDirectory, ErrorKind, SecretKey};
    /// # let key = SecretKey::new("sk_test_123")?;
    /// assert!(ClerkUserDirectory::builder(key.clone()).base_url("http://127.0.0.1:8080/v1/").build().is_ok());
    ///
    /// let error = ClerkUserDirectory::builder(key).base_url("http://clerk.internal/v1").build().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Configuration);
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// The version of the API that is asked for. The models of this crate are those of the default.
    ///
    /// ```
    /// # use user_directory::{ClerkUserDirectory, SecretKey};
    /// # let key = SecretKey::new("sk_test_123")?;
    /// let directory = ClerkUserDirectory::builder(key).api_version("2025-11-10").build()?;
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn api_version(mut self, api_version: impl Into<String>) -> Self {
        self.api_version = api_version.into();
        self
    }

    /// How the application names itself to Clerk.
    ///
    /// ```
    /// # use user_directory::{ClerkUserDirectory, SecretKey};
    /// # let key = SecretKey::new("sk_test_123")?;
    /// let directory = ClerkUserDirectory::builder(key).user_agent("shop/1.2").build()?;
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// How long connecting may take; longer than zero. Ignored if you pass a client of your own.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use user_directory::{ClerkUserDirectory, SecretKey};
    /// # let key = SecretKey::new("sk_test_123")?;
    /// let directory = ClerkUserDirectory::builder(key).connect_timeout(Duration::from_secs(2)).build()?;
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long one attempt may take, from connecting to the end of the answer; longer than zero.
    ///
    /// An attempt that takes longer may be followed by another one, as [`retry`](Self::retry) says.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use user_directory::{ClerkUserDirectory, SecretKey};
    /// # let key = SecretKey::new("sk_test_123")?;
    /// let directory = ClerkUserDirectory::builder(key).attempt_timeout(Duration::from_secs(5)).build()?;
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// How long a call may take in all: its attempts, the waits between them, and the waits for
    /// the limits; longer than zero.
    ///
    /// What would have to wait for longer than there is left fails at once.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use user_directory::{ClerkUserDirectory, SecretKey};
    /// # let key = SecretKey::new("sk_test_123")?;
    /// let directory = ClerkUserDirectory::builder(key).timeout(Duration::from_secs(5)).build()?;
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The most bytes that the body of an answer may have, after decompression; more than zero. What is longer is not
    /// read to its end and becomes a [`Decode`](ErrorKind::Decode) error.
    ///
    /// A page of 500 users whose metadata is full has about 16 MB. Of an error, 64 KiB are read whatever this says.
    ///
    /// ```
    /// # use user_directory::{ClerkUserDirectory, SecretKey};
    /// # let key = SecretKey::new("sk_test_123")?;
    /// let directory = ClerkUserDirectory::builder(key).max_response_size(1024 * 1024).build()?;
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.max_response_size = bytes;
        self
    }

    /// What is tried again, how often, and after which waits.
    ///
    /// ```
    /// # use user_directory::{ClerkUserDirectory, RetryPolicy, SecretKey};
    /// # let key = SecretKey::new("sk_test_123")?;
    /// let directory = ClerkUserDirectory::builder(key).retry(RetryPolicy::none()).build()?;
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Waits before sending, so that the directory and its clones stay under the service's rate limits: that of the
    /// instance, which depends on the kind of the key, and that of the updates of each user.
    ///
    /// A key that is neither `sk_live_…` nor `sk_test_…` has the limit of a development key. Who waits for the instance
    /// is served in the order of coming. A 429 of the service, which others with the same key may have caused, empties
    /// the bucket of the instance, and nobody sends until its `Retry-After` is over (up to
    /// [`RetryPolicy::longest_retry_after`]). A call that would have to wait until after its
    /// [`timeout`](Self::timeout) fails at once with [`RateLimited`](ErrorKind::RateLimited), and nothing is sent.
    ///
    /// ```
    /// # use user_directory::{ClerkUserDirectory, RateLimits, SecretKey};
    /// # let key = SecretKey::new("sk_test_123")?;
    /// let directory = ClerkUserDirectory::builder(key.clone()).rate_limits(RateLimits::default()).build()?;
    ///
    /// // One of two programs with the same key.
    /// let half = RateLimits { production: 500, development: 50, updates_of_a_user: 5, ..RateLimits::default() };
    /// let directory = ClerkUserDirectory::builder(key).rate_limits(half).build()?;
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    #[cfg(feature = "rate-limit")]
    #[cfg_attr(docsrs, doc(cfg(feature = "rate-limit")))]
    pub fn rate_limits(mut self, limits: RateLimits) -> Self {
        self.rate_limits = Some(limits);
        self
    }

    /// How many requests of the directory and its clones may be under way at once; 1 or more. The others wait in the
    /// order of coming, up to their [`timeout`](Self::timeout); then they fail with
    /// [`RateLimited`](ErrorKind::RateLimited), and nothing is sent.
    ///
    /// ```
    /// # use user_directory::{ClerkUserDirectory, SecretKey};
    /// # let key = SecretKey::new("sk_test_123")?;
    /// let directory = ClerkUserDirectory::builder(key).max_in_flight(16).build()?;
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn max_in_flight(mut self, requests: usize) -> Self {
        self.max_in_flight = Some(requests);
        self
    }

    /// Sets the clock against which the dates in `Retry-After` are read.
    ///
    /// ```
    /// # use user_directory::{ClerkUserDirectory, SecretKey};
    /// use user_directory::time::ManualClock;
    ///
    /// # let key = SecretKey::new("sk_test_123")?;
    /// let clock = ManualClock::new("2026-05-12T09:00:00Z".parse()?);
    /// let directory = ClerkUserDirectory::builder(key).clock(clock).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets the timer of retries, rate limits and the [timeout](Self::timeout) of a call, so that tests of them do not
    /// wait.
    ///
    /// The [timeout of an attempt](Self::attempt_timeout) is measured by the HTTP client, not by the timer.
    ///
    /// ```
    /// # use user_directory::{ClerkUserDirectory, SecretKey};
    /// use user_directory::time::FakeTimer;
    ///
    /// # let key = SecretKey::new("sk_test_123")?;
    /// let directory = ClerkUserDirectory::builder(key).timer(FakeTimer::new()).build()?;
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn timer(mut self, timer: impl Timer) -> Self {
        self.timer = Some(Arc::new(timer));
        self
    }

    /// Sets the HTTP client, of `reqwest` 0.13: for a proxy, or to share connections.
    ///
    /// Redirects, proxies, TLS, the connection pool and the connect timeout are then those of the client. Start from
    /// [`http_client_builder`](Self::http_client_builder), or make sure that the client does not follow redirects,
    /// which may send requests to another host.
    ///
    /// ```
    /// # use user_directory::{ClerkBuilder, ClerkUserDirectory, SecretKey, reqwest};
    /// # let key = SecretKey::new("sk_test_123")?;
    /// let proxy = reqwest::Proxy::https("http://proxy.internal:3128")?;
    /// let http = ClerkBuilder::http_client_builder()?.proxy(proxy).build()?;
    /// let directory = ClerkUserDirectory::builder(key).http_client(http).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn http_client(mut self, http: Client) -> Self {
        self.http = Some(http);
        self
    }

    /// Returns a builder of HTTP clients with the TLS and the connection pool of this crate, which does not follow
    /// redirects.
    ///
    /// With the feature `rustls`, TLS is set up completely: settings of TLS on the returned builder have no effect.
    /// [`reqwest::Client::builder`] does not set up TLS in a build where this crate alone enables rustls, and panics
    /// unless the process has installed a crypto provider.
    ///
    /// # Errors
    ///
    /// [`Configuration`](ErrorKind::Configuration) if TLS cannot be set up.
    pub fn http_client_builder() -> Result<reqwest::ClientBuilder> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .pool_max_idle_per_host(POOL_MAX_IDLE);
        tls::set_up(client)
    }

    /// Takes plain `http` to any host. **The secret key and the users' data can then be read on the way.**
    ///
    /// ```
    /// # use user_directory::{ClerkUserDirectory, SecretKey};
    /// # let key = SecretKey::new("sk_test_123")?;
    /// let directory =
    ///     ClerkUserDirectory::builder(key).base_url("http://clerk-double:8080/v1").allow_insecure_http().build()?;
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn allow_insecure_http(mut self) -> Self {
        self.allow_insecure_http = true;
        self
    }

    /// Builds the directory. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Configuration`](ErrorKind::Configuration) if the base URL is not one of those that
    /// [`base_url`](Self::base_url) takes or has credentials, a query or a fragment; if the API version or the user
    /// agent does not fit a header; if a time-out, [`max_in_flight`](Self::max_in_flight) or
    /// [`max_response_size`](Self::max_response_size) is zero; if TLS cannot be set up, or the base URL is `https` and
    /// the crate was built without the features `rustls` and `native-tls`, unless there is a client of your own.
    ///
    /// ```
    /// # use user_directory::{ClerkUserDirectory, ErrorKind, SecretKey};
    /// # let key = SecretKey::new("sk_test_123")?;
    /// let error = ClerkUserDirectory::builder(key).base_url("https://ada:pw@api.clerk.com").build().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Configuration);
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn build(self) -> Result<ClerkUserDirectory> {
        let base_url = parse_base_url(&self.base_url, self.allow_insecure_http)?;
        if [self.timeout, self.attempt_timeout, self.connect_timeout].iter().any(Duration::is_zero) {
            return Err(configuration("a time-out must be longer than zero"));
        }
        if self.max_response_size == 0 {
            return Err(configuration("the size of an answer must be more than zero"));
        }
        if self.max_in_flight == Some(0) {
            return Err(configuration("at least one request must be able to be under way"));
        }
        let headers = HeaderMap::from_iter([
            (AUTHORIZATION, self.key.authorization()?),
            (CLERK_API_VERSION, header(&self.api_version, "the API version does not fit a header")?),
            (ACCEPT, HeaderValue::from_static("application/json")),
            (USER_AGENT, header(&self.user_agent, "the user agent does not fit a header")?),
        ]);
        let http = match self.http {
            Some(http) => http,
            None => own_client(&base_url, self.connect_timeout)?,
        };
        let timer = self.timer.unwrap_or_else(|| Arc::new(TokioTimer::new()));
        let admission = Admission {
            in_flight: self.max_in_flight.map(|requests| Semaphore::new(requests.min(Semaphore::MAX_PERMITS))),
            #[cfg(feature = "rate-limit")]
            limiter: self.rate_limits.map(|limits| Limiter::new(limits, &self.key, Arc::clone(&timer))),
            #[cfg(not(feature = "rate-limit"))]
            limiter: None,
        };
        Ok(ClerkUserDirectory(Arc::new(Inner {
            http,
            base_url,
            headers,
            timeout: self.timeout,
            attempt_timeout: self.attempt_timeout,
            retry: self.retry,
            budget: RetryBudget::new(self.retry.budget_percent),
            admission,
            clock: self.clock,
            timer,
            max_response_size: self.max_response_size,
            key: self.key,
        })))
    }
}

impl fmt::Debug for ClerkBuilder {
    /// Without the base URL, which is not checked yet and may have a password in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ClerkBuilder");
        #[cfg(feature = "rate-limit")]
        shown.field("rate_limits", &self.rate_limits);
        shown
            .field("key", &self.key)
            .field("api_version", &self.api_version)
            .field("user_agent", &self.user_agent)
            .field("connect_timeout", &self.connect_timeout)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .field("max_in_flight", &self.max_in_flight)
            .field("max_response_size", &self.max_response_size)
            .field("allow_insecure_http", &self.allow_insecure_http)
            .finish_non_exhaustive()
    }
}

/// What [`ClerkBuilder::from_env`] does with what it finds.
fn from_env(variable: impl Fn(&str) -> Option<OsString>) -> Result<ClerkBuilder> {
    let key = "CLERK_SECRET_KEY";
    let builder = ClerkBuilder::new(SecretKey::from_variable(key, variable(key))?);
    let Some(base_url) = variable("CLERK_API_URL").filter(|url| !url.is_empty()) else { return Ok(builder) };
    let base_url = base_url.into_string().map_err(|_| configuration("CLERK_API_URL: the value is not text"))?;
    Ok(builder.base_url(base_url))
}

fn parse_base_url(text: &str, allow_insecure_http: bool) -> Result<Url> {
    // The texts never repeat the URL, which may have a password in it.
    let mut url = Url::parse(text).map_err(|_| configuration("the base URL is not a URL"))?;
    match url.scheme() {
        "https" => {}
        "http" if allow_insecure_http || is_loopback(&url) => {}
        "http" => {
            return Err(configuration(
                "the base URL must be https; plain http to another machine has to be allowed by allow_insecure_http",
            ));
        }
        _ => return Err(configuration("the base URL must be https")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(configuration("the base URL must not have a user name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(configuration("the base URL must not have a query or a fragment"));
    }
    let path = match url.path().trim_end_matches('/') {
        "" => "/v1".to_owned(),
        path => path.to_owned(),
    };
    url.set_path(&path);
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn own_client(base_url: &Url, connect_timeout: Duration) -> Result<Client> {
    let has_tls = cfg!(any(feature = "rustls-no-provider", feature = "native-tls"));
    if base_url.scheme() == "https" && !has_tls {
        return Err(configuration(
            "https needs the feature `rustls` or `native-tls` of user-directory, or a client of your own",
        ));
    }
    let mut client = ClerkBuilder::http_client_builder()?.connect_timeout(connect_timeout);
    if is_loopback(base_url) {
        // A proxy would resolve the name to itself, and could read what is sent.
        client = client.no_proxy();
    }
    client.build().map_err(|error| configuration("the HTTP client could not be set up").with_source(error))
}

fn header(value: &str, problem: &'static str) -> Result<HeaderValue> {
    if value.is_empty() {
        return Err(configuration(problem));
    }
    HeaderValue::from_str(value).map_err(|_| configuration(problem))
}

fn configuration(message: &'static str) -> Error {
    Error::new(ErrorKind::Configuration).with_message(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base_url_of(variables: &[(&str, &str)]) -> Result<String> {
        let variable = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into());
        from_env(variable)?.build().map(|directory| directory.0.base_url.to_string())
    }

    #[test]
    fn the_environment_gives_the_key_and_may_give_the_url() {
        let key = ("CLERK_SECRET_KEY", "sk_test_123");
        for (url, expected) in [
            ("https://api.example.com", "https://api.example.com/v1"),
            ("https://api.example.com/", "https://api.example.com/v1"),
            ("https://api.example.com/clerk/v2/", "https://api.example.com/clerk/v2"),
            ("", "https://api.clerk.com/v1"),
        ] {
            assert_eq!(base_url_of(&[key, ("CLERK_API_URL", url)]).unwrap(), expected, "{url:?}");
        }
        assert_eq!(base_url_of(&[key]).unwrap(), "https://api.clerk.com/v1");
    }

    #[test]
    fn an_environment_that_does_not_serve_is_refused() {
        let no_key = base_url_of(&[("CLERK_API_URL", "https://api.example.com")]).unwrap_err();
        assert_eq!(no_key.to_string(), "wrong configuration: CLERK_SECRET_KEY: the environment variable is not set");
        for url in ["api.example.com", "http://api.example.com", "https://api.example.com?a=b"] {
            let error = base_url_of(&[("CLERK_SECRET_KEY", "sk_test_123"), ("CLERK_API_URL", url)]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{url}");
        }
    }
}
