//! HTTP adapter for the Clerk Backend API: [`ClerkUserDirectory`], its builder, retries and rate limits.

// | file | contents |
// | --- | --- |
// | `builder` | the configuration of a directory |
// | `operations` | the 37 operations |
// | `call` | a call, from the request to the result |
// | `attempts`, `gave_up` | the attempts of a call |
// | `request`, `authorization` | a request |
// | `response` | a response, or the error that it represents |
// | `retry_policy`, `retry_budget` | the rules of retries |
// | `throttle`, `limiter`, `deadline` | the client's own limits |
// | `telemetry` | the span, events and metrics of a call |
// | `tls` | TLS of the HTTP client |
//
// The module `wire` contains Clerk's format.

mod attempts;
mod authorization;
mod builder;
mod call;
mod deadline;
mod gave_up;
#[cfg_attr(not(feature = "rate-limit"), path = "clerk/no_limiter.rs")]
mod limiter;
mod operations;
mod request;
mod response;
mod retry_budget;
mod retry_policy;
mod telemetry;
mod throttle;
mod tls;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderMap;

pub use builder::ClerkBuilder;
use retry_budget::RetryBudget;
pub use retry_policy::RetryPolicy;
use throttle::Throttle;

use crate::error::Result;
#[cfg(feature = "rate-limit")]
#[cfg_attr(docsrs, doc(cfg(feature = "rate-limit")))]
pub use crate::rate_limits::RateLimits;
use crate::secret_key::SecretKey;
use crate::time::{Clock, Timer};

/// A directory backed by the Clerk Backend API (version 2026-05-12).
///
/// Cloning is cheap. Clones share connections, the retry budget and rate limits.
///
/// ```no_run
/// use user_directory::{ClerkUserDirectory, UserDirectory, UserQuery};
///
/// # async fn run() -> user_directory::Result<()> {
/// let directory = ClerkUserDirectory::from_env()?;
/// for user in directory.list(&UserQuery::new().limit(100)).await? {
///     println!("{}", user.id);
/// }
/// # Ok(()) }
/// ```
///
/// # Retries and limits
///
/// Failed requests are retried according to the [`RetryPolicy`]. An error contains the number of
/// [`attempts`](crate::Error::attempts) and their total time. Dropping the future of a call cancels the call. There are
/// no background tasks.
///
/// A failed attempt may have been executed, so a retry can have a different result. For example, if a deletion times
/// out after the service executed it, the retry finds no user. The [outcome of such an error is
/// unknown](crate::Error::is_outcome_unknown).
///
/// By default, requests are not throttled. [`ClerkBuilder::rate_limits`] keeps them within the rate limits of the
/// service, and [`ClerkBuilder::max_in_flight`] limits the number of concurrent requests.
///
/// # Redirects, caching and sizes
///
/// Redirects are not followed, and responses are not cached. The maximum size of a response is 64 MiB, unless
/// [`ClerkBuilder::max_response_size`] is set. Only the first 64 KiB of an error response are read.
///
/// # Failures
///
/// A call always ends within its timeout. The [kind](crate::ErrorKind) of the error depends on the failure:
///
/// | failure | kind | state changed |
/// | --- | --- | --- |
/// | host not found, connection refused, TLS failure | `Connect` | no, because nothing was sent |
/// | no complete response before the timeout; 408 | `Timeout` | unknown |
/// | connection lost, or the response is not HTTP | `Transport` | unknown |
/// | a success status with a body that is HTML, malformed, truncated, too long or cannot be decompressed | `Decode` | unknown |
/// | 502, 503, 504, 520 to 524, from Clerk or a proxy | `Unavailable` | unknown |
/// | 501 with the code `unsupported`, from the emulator | `Unsupported` | no |
/// | every other status of 500 or above | `Server` | unknown |
/// | 429; 423 and 409 `resource_locked` | `RateLimited`; `Locked` | no; retry later |
/// | 404 or 410 in the format of the API | `NotFound` | no |
/// | 404 or 410 in another format, redirects, statuses that the API does not document | `Unexpected` | no |
/// | 400, 413, 415, 422; 401; 402; 403; 409 | `InvalidInput` or `Conflict`; `Unauthenticated`; … | no |
///
/// [`is_outcome_unknown`](crate::Error::is_outcome_unknown) and [`is_retryable`](crate::Error::is_retryable) correspond
/// to the last column. The status determines the kind even if the body of an error is malformed. The content type of a
/// response is ignored.
///
/// # Tracing
///
/// Every call has a `tracing` span. It contains ids, but no other input and no part of a body.
///
/// | | |
/// | --- | --- |
/// | name | `user_directory.request` |
/// | target | `user_directory` |
/// | level | `INFO` |
/// | `operation` | the [name](crate::Operation::as_str) of the operation |
/// | `user_id` | the user of the operation, if there is one |
/// | `attempts` | the number of attempts |
/// | `status` | the HTTP status of the last response |
/// | `trace_id` | the [trace id](crate::Error::trace_id) of the last response |
/// | `gave_up` | the reason that a retryable error was not retried: `attempts`, `time`, `retry_after` and `budget` refer to [`RetryPolicy`]; `limits` means that the configured limits left no time |
/// | `error_kind` | the [kind](crate::ErrorKind) of the error, such as `not_found`, if the operation fails |
/// | `elapsed_ms` | the duration of the call, including waits |
///
/// The span has these events, with the same target:
///
/// | message | level | when | fields |
/// | --- | --- | --- | --- |
/// | `retrying` | `WARN` | before the wait for the next attempt | `operation`; `attempt`, the number of the failed attempt; `reason`, the kind of its error; its `status` and `trace_id`; `wait_ms` |
/// | `waited for the rate limits` | `INFO` | after a wait of 100 milliseconds or more | `operation`, `wait_ms` |
/// | `ignored an invalid value` | `WARN` | for each malformed part of a response | `expected` and `found`, types of values |
///
/// # Metrics
///
/// With the feature `metrics`, these metrics are recorded with the [`metrics`](https://docs.rs/metrics) crate.
/// `outcome` is `ok`, or the kind of the error.
///
/// | name | kind | labels |
/// | --- | --- | --- |
/// | `user_directory_calls_total` | counter | `operation`, `outcome` |
/// | `user_directory_call_duration_seconds` | histogram, including waits | `operation`, `outcome` |
/// | `user_directory_retries_total` | counter | `operation`; `reason`, the kind of the error |
/// | `user_directory_limiter_wait_seconds` | histogram of waits of a millisecond or more | `operation` |
#[derive(Clone)]
pub struct ClerkUserDirectory(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    base_url: Url,
    /// The headers of every request, including the key.
    headers: HeaderMap,
    timeout: Duration,
    attempt_timeout: Duration,
    retry: RetryPolicy,
    budget: RetryBudget,
    throttle: Throttle,
    clock: Arc<dyn Clock>,
    timer: Arc<dyn Timer>,
    /// In bytes, after decompression.
    max_response_size: usize,
    key: SecretKey,
}

impl ClerkUserDirectory {
    /// Creates a directory for the instance of `key`, with the defaults of [`ClerkBuilder`].
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](crate::ErrorKind::Configuration) if TLS cannot be initialized, or the crate was built
    /// without the features `rustls` and `native-tls`.
    ///
    /// # Examples
    ///
    /// ```
    /// use user_directory::{ClerkUserDirectory, SecretKey};
    ///
    /// assert!(ClerkUserDirectory::new(SecretKey::new("sk_test_123")?).is_ok());
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn new(key: SecretKey) -> Result<Self> {
        Self::builder(key).build()
    }

    /// Returns a builder for a directory for the instance of `key`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use user_directory::{ClerkUserDirectory, SecretKey};
    ///
    /// let directory = ClerkUserDirectory::builder(SecretKey::new("sk_test_123")?)
    ///     .timeout(Duration::from_secs(5))
    ///     .build()?;
    /// assert!(format!("{directory:?}").contains("timeout: 5s"));
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn builder(key: SecretKey) -> ClerkBuilder {
        ClerkBuilder::new(key)
    }

    /// Creates a directory from environment variables.
    ///
    /// `CLERK_SECRET_KEY` is required. `CLERK_API_URL` sets the base URL and is optional. To set other options, start
    /// with [`ClerkBuilder::from_env`].
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](crate::ErrorKind::Configuration) if `CLERK_SECRET_KEY` is missing or malformed, or
    /// [`ClerkBuilder::base_url`] rejects `CLERK_API_URL`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use user_directory::ClerkUserDirectory;
    ///
    /// let directory = ClerkUserDirectory::from_env()?;
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn from_env() -> Result<Self> {
        ClerkBuilder::from_env()?.build()
    }
}

impl fmt::Debug for ClerkUserDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClerkUserDirectory")
            .field("base_url", &self.0.base_url.as_str())
            .field("key", &self.0.key)
            .field("timeout", &self.0.timeout)
            .field("attempt_timeout", &self.0.attempt_timeout)
            .field("retry", &self.0.retry)
            .finish_non_exhaustive()
    }
}
