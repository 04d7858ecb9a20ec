//! [`ClerkBuilder`]: configures a [`ClerkUserDirectory`].

use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Client, Url, redirect};
use tokio::sync::Semaphore;

use super::authorization::authorization;
#[cfg(feature = "rate-limit")]
use super::limiter::Limiter;
use super::response::MAX_RESPONSE;
use super::tls;
use super::{ClerkUserDirectory, Inner, RetryBudget, RetryPolicy, Throttle};
use crate::error::{Error, ErrorKind, Result};
#[cfg(feature = "rate-limit")]
use crate::rate_limits::RateLimits;
use crate::secret_key::SecretKey;
use crate::time::{Clock, SystemClock, Timer, TokioTimer};
use crate::wire::ApiVersion;

const BASE_URL: &str = "https://api.clerk.com/v1";
const DEFAULT_USER_AGENT: &str = concat!("user-directory/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
const TIMEOUT: Duration = Duration::from_secs(30);
/// The time after which idle connections are closed. Load balancers and servers commonly close them after 60 seconds.
/// The shorter timeout prevents requests from being sent on a connection that is being closed.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(50);
/// The maximum number of idle connections. HTTP/2 needs one. HTTP/1.1 needs one for each concurrent request.
const POOL_MAX_IDLE: usize = 64;

const CLERK_API_VERSION: HeaderName = HeaderName::from_static(ApiVersion::HEADER);

/// A builder for [`ClerkUserDirectory`].
///
/// | setting | default |
/// | --- | --- |
/// | [`base_url`](Self::base_url) | `https://api.clerk.com/v1` |
/// | [`api_version`](Self::api_version) | `2026-05-12` |
/// | [`user_agent`](Self::user_agent) | `user-directory/` followed by the crate version |
/// | [`connect_timeout`](Self::connect_timeout) | 10 seconds |
/// | [`attempt_timeout`](Self::attempt_timeout) | 15 seconds |
/// | [`timeout`](Self::timeout) | 30 seconds per call, including all attempts and delays |
/// | [`retry`](Self::retry) | [`RetryPolicy::default`] |
/// | [`rate_limits`](Self::rate_limits) | none |
/// | [`max_in_flight`](Self::max_in_flight) | unlimited |
/// | [`clock`](Self::clock) | [`SystemClock`] |
/// | [`timer`](Self::timer) | [`TokioTimer`] |
/// | [`max_response_size`](Self::max_response_size) | 64 MiB |
/// | [`http_client`](Self::http_client) | a new HTTP client |
/// | [`allow_insecure_http`](Self::allow_insecure_http) | plain `http` is allowed only for loopback hosts |
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
/// assert!(format!("{directory:?}").contains("http://localhost:8080/v1"));
/// # Ok::<(), user_directory::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
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
            api_version: ApiVersion::LATEST.as_str().to_owned(),
            user_agent: DEFAULT_USER_AGENT.to_owned(),
            connect_timeout: CONNECT_TIMEOUT,
            attempt_timeout: ATTEMPT_TIMEOUT,
            timeout: TIMEOUT,
            retry: RetryPolicy::default(),
            #[cfg(feature = "rate-limit")]
            rate_limits: None,
            max_in_flight: None,
            clock: Arc::new(SystemClock),
            timer: None,
            max_response_size: MAX_RESPONSE,
            http: None,
            allow_insecure_http: false,
        }
    }

    /// Creates a builder from environment variables.
    ///
    /// `CLERK_SECRET_KEY` is required. `CLERK_API_URL` is optional and sets the base URL, which [`build`](Self::build)
    /// validates. An empty `CLERK_API_URL` is ignored.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](ErrorKind::Configuration) if `CLERK_SECRET_KEY` is missing or malformed, or if
    /// `CLERK_API_URL` is not valid Unicode.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use user_directory::clerk::ClerkBuilder;
    ///
    /// let directory = ClerkBuilder::from_env()?.timeout(Duration::from_secs(5)).build()?;
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn from_env() -> Result<Self> {
        from_env(|name| std::env::var_os(name))
    }

    /// Sets the base URL of the API, with or without a trailing slash.
    ///
    /// If the URL has no path, the path `/v1` is added.
    ///
    /// The scheme must be `https`, or `http` for a loopback host (`localhost`, `127.0.0.0/8`, `::1`).
    /// [`allow_insecure_http`](Self::allow_insecure_http) allows `http` for all hosts. For a loopback host, the default
    /// HTTP client uses no proxy.
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

    /// Sets the API version that is sent in the `Clerk-API-Version` header.
    ///
    /// The models in this crate match the default version.
    pub fn api_version(mut self, api_version: impl Into<String>) -> Self {
        self.api_version = api_version.into();
        self
    }

    /// Sets the `User-Agent` header.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Sets the connect timeout, which must be greater than zero.
    ///
    /// The connect timeout has no effect if an [`http_client`](Self::http_client) is set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the timeout for each attempt, from connecting to the end of the response.
    ///
    /// The timeout must be greater than zero. An attempt that times out may be [retried](RetryPolicy#retried-errors).
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Sets the timeout for each call, including all attempts and delays.
    ///
    /// The timeout must be greater than zero. If a retry would start after the timeout elapses, the call fails
    /// immediately with the error from the previous attempt.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the maximum size of a response in bytes, after decompression.
    ///
    /// The size must be greater than zero. If a response is larger, the call fails with [`Decode`](ErrorKind::Decode).
    /// A page of 500 users can reach about 16 MiB.
    ///
    /// This setting does not apply to error responses. At most 64 KiB of an error response is read.
    ///
    /// The lists and maps in the decoded response can use at most 16 MiB of memory plus 4 bytes per byte of the
    /// response. If they would exceed this limit, the call also fails with `Decode`.
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.max_response_size = bytes;
        self
    }

    /// Sets the retry policy.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Throttles requests according to Clerk's rate limits.
    ///
    /// All requests count toward the limit of the Clerk instance (the *instance limit*), which depends on the kind of
    /// secret key: production (`sk_live_…`) or development (`sk_test_…`). Updates also count toward a [per-user
    /// limit](RateLimits::updates_per_user). [`RateLimits`] describes the token bucket algorithm. The directory and
    /// its clones share the limits.
    ///
    /// - A key with any other prefix is treated as a development key.
    /// - Requests delayed by the instance limit are sent in FIFO order.
    /// - After a 429 response, no request is sent until the delay in the `Retry-After` header (at most
    ///   [`RetryPolicy::max_retry_after`]) has elapsed. The token bucket of the instance limit is then empty.
    /// - A 429 response does not indicate which limit was exceeded. The delay therefore applies to all requests, even
    ///   if only the per-user limit was exceeded.
    /// - A request that would wait past the [`timeout`](Self::timeout) is not sent. The call fails with
    ///   [`RateLimited`](ErrorKind::RateLimited) or, after a failed attempt, with the error from that attempt.
    #[cfg(feature = "rate-limit")]
    #[cfg_attr(docsrs, doc(cfg(feature = "rate-limit")))]
    pub fn rate_limits(mut self, limits: RateLimits) -> Self {
        self.rate_limits = Some(limits);
        self
    }

    /// Sets the maximum number of concurrent requests, which must be at least 1.
    ///
    /// The directory and its clones share the limit. Additional requests are queued in FIFO order. If the
    /// [`timeout`](Self::timeout) elapses while a request is queued, the request is not sent. The call fails with
    /// [`RateLimited`](ErrorKind::RateLimited) or, after a failed attempt, with the error from that attempt.
    pub fn max_in_flight(mut self, requests: usize) -> Self {
        self.max_in_flight = Some(requests);
        self
    }

    /// Sets the clock that is used to interpret dates in `Retry-After` headers.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets the timer for retries, client-side limits and the [call timeout](Self::timeout).
    ///
    /// Tests can set a timer that does not wait. During an attempt, all timeouts, including the call timeout, use
    /// Tokio's clock instead of this timer.
    ///
    /// Do not use a [`FakeTimer`](crate::time::FakeTimer) for concurrent calls with
    /// [`max_in_flight`](Self::max_in_flight) or [`rate_limits`](Self::rate_limits). A call that waits for another call
    /// sleeps until its own deadline. That sleep immediately advances the shared time, so both calls can fail.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use user_directory::{ClerkUserDirectory, SecretKey, UserDirectory, UserFilter};
    /// use user_directory::time::FakeTimer;
    ///
    /// # tokio_test::block_on(async {
    /// # let key = SecretKey::new("sk_test_123")?;
    /// let timer = FakeTimer::new();
    /// let users = ClerkUserDirectory::builder(key)
    ///     .base_url("http://127.0.0.1:1") // Refuses connections.
    ///     .timer(timer.clone())
    ///     .build()?;
    /// assert_eq!(users.count(&UserFilter::new()).await.unwrap_err().attempts(), Some(4));
    /// assert_eq!(timer.sleeps(), [250, 500, 1000].map(Duration::from_millis));
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn timer(mut self, timer: impl Timer) -> Self {
        self.timer = Some(Arc::new(timer));
        self
    }

    /// Sets the HTTP client, for example to use a proxy or to share a connection pool.
    ///
    /// The client determines the redirect policy, proxies, TLS, the connection pool and the connect timeout. Create the
    /// client with [`http_client_builder`](Self::http_client_builder), which disables redirects. If you create the
    /// client in another way, disable redirects, because a redirect could send user data to another host.
    ///
    /// ```
    /// # use user_directory::clerk::ClerkBuilder;
    /// # use user_directory::{ClerkUserDirectory, SecretKey, reqwest};
    /// # let key = SecretKey::new("sk_test_123")?;
    /// let proxy = reqwest::Proxy::https("http://proxy.internal:3128")?;
    /// let http = ClerkBuilder::http_client_builder()?.proxy(proxy).build()?;
    /// assert!(ClerkUserDirectory::builder(key).http_client(http).build().is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn http_client(mut self, http: Client) -> Self {
        self.http = Some(http);
        self
    }

    /// Returns a builder for an HTTP client with this crate's defaults.
    ///
    /// The defaults configure TLS and the connection pool, and disable redirects. They do not include a connect
    /// timeout.
    ///
    /// If the `rustls` or `rustls-no-provider` feature is enabled and `native-tls` is not, the builder contains a
    /// preconfigured rustls backend. TLS settings that you add to the builder, such as root certificates, then have no
    /// effect. To change TLS settings, pass your own rustls configuration to `tls_backend_preconfigured`.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](ErrorKind::Configuration) if TLS cannot be initialized.
    pub fn http_client_builder() -> Result<reqwest::ClientBuilder> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .pool_max_idle_per_host(POOL_MAX_IDLE);
        tls::set_up(client)
    }

    /// Allows plain `http` for any host. **The secret key and user data are then sent unencrypted.**
    ///
    /// ```
    /// # use user_directory::{ClerkUserDirectory, SecretKey};
    /// # let key = SecretKey::new("sk_test_123")?;
    /// let builder = ClerkUserDirectory::builder(key).base_url("http://clerk-emulator:8080/v1");
    /// assert!(builder.clone().build().is_err());
    /// assert!(builder.allow_insecure_http().build().is_ok());
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn allow_insecure_http(mut self) -> Self {
        self.allow_insecure_http = true;
        self
    }

    /// Builds the directory. No request is sent.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](ErrorKind::Configuration) in these cases:
    ///
    /// - The [base URL](Self::base_url) is malformed, has a scheme that is not allowed, or contains credentials, a
    ///   query string or a fragment.
    /// - The API version or the user agent is empty or not a valid header value.
    /// - A timeout, [`max_in_flight`](Self::max_in_flight) or [`max_response_size`](Self::max_response_size) is zero.
    /// - The period of the [rate limits](Self::rate_limits) is longer than 366 days.
    /// - TLS cannot be initialized.
    /// - The scheme is `https`, the crate was built without a TLS feature (`rustls`, `rustls-no-provider` or
    ///   `native-tls`), and no [`http_client`](Self::http_client) is set.
    ///
    /// # Examples
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
            return Err(configuration("timeouts must be greater than zero"));
        }
        if self.max_response_size == 0 {
            return Err(configuration("the maximum response size must be greater than zero"));
        }
        if self.max_in_flight == Some(0) {
            return Err(configuration("the maximum number of concurrent requests must be at least 1"));
        }
        #[cfg(feature = "rate-limit")]
        self.rate_limits.iter().try_for_each(RateLimits::validate)?;
        let headers = HeaderMap::from_iter([
            (AUTHORIZATION, authorization(&self.key)?),
            (CLERK_API_VERSION, header(&self.api_version, "the API version is not a valid header value")?),
            (ACCEPT, HeaderValue::from_static("application/json")),
            (USER_AGENT, header(&self.user_agent, "the user agent is not a valid header value")?),
        ]);
        let http = match self.http {
            Some(http) => http,
            None => default_client(&base_url, self.connect_timeout)?,
        };
        let mut users_url = base_url.clone();
        // An http or https URL can be a base.
        if let Ok(mut segments) = users_url.path_segments_mut() {
            segments.push("users");
        }
        let timer = self.timer.unwrap_or_else(|| Arc::new(TokioTimer::new()));
        let throttle = Throttle {
            in_flight: self.max_in_flight.map(|requests| Semaphore::new(requests.min(Semaphore::MAX_PERMITS))),
            #[cfg(feature = "rate-limit")]
            limiter: self.rate_limits.map(|limits| Limiter::new(&limits, &self.key, Arc::clone(&timer))),
            #[cfg(not(feature = "rate-limit"))]
            limiter: None,
        };
        Ok(ClerkUserDirectory(Arc::new(Inner {
            http,
            base_url,
            users_url,
            headers,
            timeout: self.timeout,
            attempt_timeout: self.attempt_timeout,
            retry: self.retry,
            budget: RetryBudget::new(self.retry.budget_percent),
            throttle,
            clock: self.clock,
            timer,
            max_response_size: self.max_response_size,
            key: self.key,
        })))
    }
}

impl fmt::Debug for ClerkBuilder {
    /// Omits the base URL, because it has not been validated and may contain a password.
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

/// Creates a builder from the variables that `variable` returns.
fn from_env(variable: impl Fn(&str) -> Option<OsString>) -> Result<ClerkBuilder> {
    let key = "CLERK_SECRET_KEY";
    let builder = ClerkBuilder::new(SecretKey::from_variable(key, variable(key))?);
    let Some(base_url) = variable("CLERK_API_URL").filter(|url| !url.is_empty()) else { return Ok(builder) };
    let base_url = base_url.into_string().map_err(|_| configuration("CLERK_API_URL: the value is not Unicode"))?;
    Ok(builder.base_url(base_url))
}

fn parse_base_url(text: &str, allow_insecure_http: bool) -> Result<Url> {
    // The messages omit the URL, because it may contain a password.
    let mut url = Url::parse(text).map_err(|_| configuration("the base URL is not a valid URL"))?;
    match url.scheme() {
        "https" => {}
        "http" if allow_insecure_http || is_loopback(&url) => {}
        "http" => {
            return Err(configuration(
                "the base URL must be https; call allow_insecure_http to allow plain http to other hosts",
            ));
        }
        _ => return Err(configuration("the base URL must be https")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(configuration("the base URL must not contain a username or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(configuration("the base URL must not contain a query string or a fragment"));
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

fn default_client(base_url: &Url, connect_timeout: Duration) -> Result<Client> {
    let has_tls = cfg!(any(feature = "rustls-no-provider", feature = "native-tls"));
    if base_url.scheme() == "https" && !has_tls {
        return Err(configuration(
            "https requires the `rustls` or `native-tls` feature of user-directory, or a custom `http_client`",
        ));
    }
    let mut client = ClerkBuilder::http_client_builder()?.connect_timeout(connect_timeout);
    if is_loopback(base_url) {
        // A proxy would resolve the name to its own host, and could read the unencrypted requests.
        client = client.no_proxy();
    }
    client.build().map_err(|error| configuration("the HTTP client could not be created").with_source(error))
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
        let builder = from_env(variable)?;
        parse_base_url(&builder.base_url, builder.allow_insecure_http).map(|url| url.to_string())
    }

    #[test]
    fn from_env_reads_key_and_optional_url() {
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
    fn from_env_rejects_missing_key_and_invalid_url() {
        let no_key = base_url_of(&[("CLERK_API_URL", "https://api.example.com")]).unwrap_err();
        assert_eq!(no_key.to_string(), "invalid configuration: CLERK_SECRET_KEY: the environment variable is not set");
        for url in ["api.example.com", "http://api.example.com", "https://api.example.com?a=b"] {
            let error = base_url_of(&[("CLERK_SECRET_KEY", "sk_test_123"), ("CLERK_API_URL", url)]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{url}");
        }
    }
}
