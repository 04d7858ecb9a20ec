//! The HTTP adapter for the Clerk Backend API: [`ClerkUserDirectory`], its builder, retries and rate limits.

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
// | `tls` | TLS settings of the HTTP client |
//
// The `wire` module implements Clerk's wire format.

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

/// A [`UserDirectory`](crate::UserDirectory) backed by the Clerk Backend API (version 2026-05-12).
///
/// Cloning is cheap. Clones share the connection pool, the retry budget, the rate limits and the limit on concurrent
/// requests.
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
/// # Retries and rate limits
///
/// Failed requests are retried according to the [`RetryPolicy`]. If a call fails after multiple attempts, the error
/// contains the number of [`attempts`](crate::Error::attempts) and the [`elapsed`](crate::Error::elapsed) time.
///
/// Clerk may have executed a request even though the attempt failed, so a retry can fail with a different error.
/// For example, if a deletion times out after Clerk has executed it, the retry fails with `NotFound`. For this error,
/// [`is_outcome_unknown`](crate::Error::is_outcome_unknown) returns `true`. Dropping a call's future cancels the call,
/// but Clerk may already have executed the request.
///
/// By default, requests are not throttled. [`ClerkBuilder::rate_limits`] throttles requests according to Clerk's rate
/// limits, and [`ClerkBuilder::max_in_flight`] limits the number of concurrent requests.
///
/// # Redirects, caching and response size
///
/// By default, redirects are not followed. Responses are not cached. [`ClerkBuilder::max_response_size`] limits the
/// size of a successful response. Reading an error response stops after 64 KiB or 2 seconds.
///
/// # Failures
///
/// Every call completes within its [timeout](ClerkBuilder::timeout). Failures map to these error
/// [kinds](crate::ErrorKind):
///
/// | failure | kind | state changed |
/// | --- | --- | --- |
/// | host not found, connection refused, connect timeout, TLS failure | `Connect` | no, because nothing was sent |
/// | no complete response before the timeout; 408 | `Timeout` | unknown |
/// | connection lost, or the response is not HTTP | `Transport` | unknown |
/// | success status, but the body is too large, cannot be decompressed or is not the expected JSON | `Decode` | unknown |
/// | 502, 503, 504, 520 to 524, from Clerk or a proxy | `Unavailable` | unknown |
/// | 501 with the code `unsupported`, which `clerk-emulator` sends | `Unsupported` | no |
/// | any other status of 500 or above | `Server` | unknown |
/// | 429; request not sent because of the [configured limits](Self#retries-and-rate-limits) | `RateLimited` | no |
/// | 423, and 409 with the code `resource_locked` | `Locked` | no |
/// | any other 409 | `Conflict` | no |
/// | 404 or 410 in the API's error format | `NotFound` | no |
/// | 404 or 410 in another format, or any other status below 500, such as a redirect | `Unexpected` | no |
/// | 400, 413, 415 | `InvalidInput` | no |
/// | 422 | `Conflict` if all error codes are conflicts, otherwise `InvalidInput` | no |
/// | any 4xx except 401, 402, 403, 408 and 429, if the body does not arrive completely and the received part contains no error code | `Timeout` after 2 seconds, or `Transport` if the connection is lost | no |
/// | 401 | `Unauthenticated` | no |
/// | 402 | `PaymentRequired` | no |
/// | 403 | `Forbidden` | no |
///
/// The results of `disable_mfa`, `revoke_trusted_device` and all deletions except `delete_profile_image` can be derived
/// from the request. These calls therefore accept a successful response that lacks the required fields, as long as the
/// body is empty or is a JSON object without `errors`. In this case, the device returned by `revoke_trusted_device`
/// contains only its id and status.
///
/// For a write, [`is_outcome_unknown`](crate::Error::is_outcome_unknown) returns `true` if the "state changed" column
/// is "unknown" for any of the attempts. [`is_retryable`](crate::Error::is_retryable) returns `true` if the same call
/// can be repeated safely and may succeed later.
///
/// # Tracing
///
/// Every call that requires a request creates a [`tracing`](https://docs.rs/tracing) span. The user id is the only
/// argument that is recorded. Request and response bodies are not recorded.
///
/// | attribute or field | value |
/// | --- | --- |
/// | name | `user_directory.request` |
/// | target | `user_directory` |
/// | level | `INFO` |
/// | `operation` | the [name](crate::Operation::as_str) of the operation |
/// | `user_id` | the id of the user that the call operates on, if any |
/// | `attempts` | the number of attempts |
/// | `status` | the HTTP status of the last attempt's response, if any |
/// | `trace_id` | the [trace id](crate::Error::trace_id) of the last attempt's response, if any |
/// | `gave_up` | the reason why a retryable error was not retried, if any |
/// | `error_kind` | the error [kind](crate::ErrorKind), such as `not_found`, if the call fails |
/// | `elapsed_ms` | the duration of the call in milliseconds, including delays |
///
/// `gave_up` has one of these values:
///
/// | value | reason |
/// | --- | --- |
/// | `attempts` | the maximum number of [attempts](RetryPolicy::attempts) was reached |
/// | `time` | the retry would have started after the [retry timeout](RetryPolicy::retry_timeout) or the call timeout |
/// | `retry_after` | the `Retry-After` delay exceeded [`max_retry_after`](RetryPolicy::max_retry_after) |
/// | `budget` | the [retry budget](RetryPolicy#retry-budget) was exhausted |
/// | `limits` | the rate limits or `max_in_flight` would have delayed the request beyond the call timeout |
///
/// These events are emitted within the span, with the same target:
///
/// | message | level | when | fields |
/// | --- | --- | --- | --- |
/// | `retrying` | `WARN` | before the delay between two attempts | `operation`, `attempt` (the number of the failed attempt), `reason` (the error kind), `status` and `trace_id` (if any), `wait_ms` |
/// | `waited for the rate limits` | `INFO` | after waiting 100 milliseconds or more for the rate limits or `max_in_flight` | `operation`, `wait_ms` |
/// | `ignored an invalid value` | `WARN` | for each malformed value in a response | `expected` and `found` (the types of the values) |
/// | `skipped invalid elements of a list` | `WARN` | for each list with malformed memberships, invitations, tokens or devices | `skipped` (the number of elements), `first_reason` |
/// | `omitted further warnings about invalid values` | `WARN` | once for a response with more than 10 warnings about invalid values; only the first 10 are emitted | `omitted` (the number of omitted warnings) |
///
/// # Metrics
///
/// If the `metrics` feature is enabled, these metrics are recorded with the [`metrics`](https://docs.rs/metrics) crate.
/// The `outcome` label is `ok` or the error kind.
///
/// | name | type | labels |
/// | --- | --- | --- |
/// | `user_directory_calls_total` | counter | `operation`, `outcome` |
/// | `user_directory_call_duration_seconds` | histogram of the duration of calls, including delays | `operation`, `outcome` |
/// | `user_directory_retries_total` | counter | `operation`, `reason` (the error kind) |
/// | `user_directory_limiter_wait_seconds` | histogram of the time spent waiting for the rate limits or `max_in_flight`; waits of less than 1 millisecond are not recorded | `operation` |
#[derive(Clone)]
pub struct ClerkUserDirectory(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    base_url: Url,
    /// The base URL followed by `/users`.
    users_url: Url,
    /// The headers of every request, including the secret key.
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
    /// Creates a directory for the Clerk instance that `key` belongs to.
    ///
    /// Uses the [default settings](ClerkBuilder).
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](crate::ErrorKind::Configuration) if TLS cannot be initialized, or if the crate was
    /// built without a TLS feature (`rustls`, `rustls-no-provider` or `native-tls`).
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

    /// Creates a builder for the Clerk instance that `key` belongs to.
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
    /// `CLERK_SECRET_KEY` is required. `CLERK_API_URL` is optional and sets the base URL. An empty `CLERK_API_URL` is
    /// ignored. To change other settings, use [`ClerkBuilder::from_env`].
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](crate::ErrorKind::Configuration) if `CLERK_SECRET_KEY` is missing or malformed, if
    /// `CLERK_API_URL` is not a valid [base URL](ClerkBuilder::base_url), or if the HTTP client cannot be created (see
    /// [`new`](Self::new)).
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
