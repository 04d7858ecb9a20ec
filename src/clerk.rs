//! [`ClerkUserDirectory`]: the adapter that speaks to the Clerk Backend API over HTTP.
//!
//! | file | what it knows |
//! | --- | --- |
//! | `builder` | how a directory is set up |
//! | `key` | the secret key |
//! | `operations` | what each operation sends and reads |
//! | `request`, `query`, `body` | how a request is written |
//! | `exchange` | a call from its request to what is made of its answer |
//! | `attempts` | what is tried again, when, and when that ends |
//! | `retry_policy`, `retry_budget` | the rules of that |
//! | `admission`, `limiter` | when a request may be sent |
//! | `timer` | the time, and waiting |
//! | `telemetry` | what is told about a call |
//! | `response` | how an answer is read |
//! | `tls` | TLS of the HTTP client |

mod admission;
mod attempts;
mod body;
mod builder;
mod exchange;
mod key;
#[cfg_attr(not(feature = "rate-limit"), path = "clerk/no_limiter.rs")]
mod limiter;
mod operations;
mod query;
mod request;
mod response;
mod retry_budget;
mod retry_policy;
mod telemetry;
mod tls;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderMap;

use admission::Admission;
pub use builder::ClerkBuilder;
pub use key::SecretKey;
use retry_budget::RetryBudget;
pub use retry_policy::RetryPolicy;

use crate::error::Result;
use crate::time::{Clock, Timer};

/// The users of a Clerk instance, by way of the Clerk Backend API (version 2026-05-12).
///
/// Cloning is cheap, and clones share their connections, the budget of their retries and their limits.
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
/// What failed is tried again where that does no harm, as [`RetryPolicy`] says, unless that is
/// [`RetryPolicy::none`]. An error says how many [`attempts`](crate::Error::attempts) there were and how long they
/// took. A call whose future is dropped stops at once, wherever it is; nothing goes on in the background.
///
/// A retry of what was done after all may answer otherwise than the first attempt would have: a deletion that timed out
/// and is tried again finds nobody. Such an error [is of unknown outcome](crate::Error::is_outcome_unknown).
///
/// Nothing waits for the rate limits of the service unless [`ClerkBuilder::rate_limits`] says so, and there may be any
/// number of requests under way unless [`ClerkBuilder::max_in_flight`] says otherwise.
///
/// # What it does not do
///
/// Redirects are not followed, and answers are not cached.
///
/// Answers may have up to 64 MiB, or what [`ClerkBuilder::max_response_size`] says; of an error, 64 KiB are read.
///
/// # What goes wrong
///
/// A call ends within its time-out, whatever the other side does. What the [kind](crate::ErrorKind) of its error tells:
///
/// | what happens | kind | was the work done? |
/// | --- | --- | --- |
/// | host not found, connection refused, TLS fails | `Connect` | no: nothing was sent |
/// | no answer in time, or the rest of one (408 too) | `Timeout` | unknown |
/// | the connection breaks, or what comes is not HTTP | `Transport` | unknown |
/// | a success whose body is HTML, of another shape, cut off, too long or badly compressed | `Decode` | unknown |
/// | 502, 503, 504, 520 to 524, of Clerk or of a proxy | `Unavailable` | unknown |
/// | every other status from 500 | `Server` | unknown |
/// | 429; 423 and 409 `resource_locked` | `RateLimited`; `Locked` | no: try again later |
/// | 404 or 410 in the words of the API | `NotFound` | no |
/// | 404 or 410 of something else, redirects, statuses that the API does not document | `Unexpected` | no |
/// | 400, 413, 415, 422; 401; 402; 403; 409 | `InvalidInput` or `Conflict`; `Unauthenticated`; … | no |
///
/// [`is_outcome_unknown`](crate::Error::is_outcome_unknown) and [`is_retryable`](crate::Error::is_retryable) answer the
/// last column. The status decides even if the body of an error cannot be read. The content type of an answer decides
/// nothing, and a success without `Content-Type` is as good as any.
///
/// # Tracing
///
/// Every call is a span of `tracing` with the name and target below. Ids are recorded, but no other input and nothing
/// of any body.
///
/// | | |
/// | --- | --- |
/// | name | `user_directory.request` |
/// | target | `user_directory` |
/// | level | `INFO` |
/// | `operation` | the [name](crate::Operation::as_str) of the operation |
/// | `user_id` | the user that the operation is about, if there is one |
/// | `attempts` | how often the request was sent |
/// | `status` | the HTTP status of the last answer, once there is one |
/// | `trace_id` | the id under which Clerk's support finds the request, if the answer has one |
/// | `gave_up` | why a failure that may be tried again was not: `attempts`, `time`, `retry_after` or `budget`, each as in [`RetryPolicy`], or `limits`, as the client's own limits left no time |
/// | `error_kind` | the [kind](crate::ErrorKind) of the error, such as `not_found`, if the operation fails |
/// | `elapsed_ms` | how long the call took, waits included |
///
/// Within it there are these events, with the same target:
///
/// | message | level | when | fields |
/// | --- | --- | --- | --- |
/// | `retrying` | `WARN` | before the wait for another attempt | `operation`; `attempt`, the number of the one that failed; `reason`, the kind of its error; its `status` and `trace_id`; `wait_ms` |
/// | `waited to stay under the limits` | `INFO` | after 100 milliseconds or more | `operation`, `wait_ms` |
/// | `a value that is not understood counts as absent` | `WARN` | for each such part of an answer | `expected` and `found`, kinds of values |
///
/// # Metrics
///
/// With the feature `metrics` these go to the recorder of the crate [`metrics`](https://docs.rs/metrics). `outcome` is
/// `ok`, or the kind of the error.
///
/// | name | kind | labels |
/// | --- | --- | --- |
/// | `user_directory_calls_total` | counter | `operation`, `outcome` |
/// | `user_directory_call_duration_seconds` | histogram, waits included | `operation`, `outcome` |
/// | `user_directory_retries_total` | counter | `operation`; `reason`, the kind of the error |
/// | `user_directory_limiter_wait_seconds` | histogram of the waits of a millisecond or more | `operation` |
#[derive(Clone)]
pub struct ClerkUserDirectory(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    base_url: Url,
    /// What every request has, the key included.
    headers: HeaderMap,
    /// Of a call.
    timeout: Duration,
    attempt_timeout: Duration,
    retry: RetryPolicy,
    budget: RetryBudget,
    admission: Admission,
    clock: Arc<dyn Clock>,
    timer: Arc<dyn Timer>,
    /// The most bytes of an answer, decompressed.
    max_response_size: usize,
    key: SecretKey,
}

impl ClerkUserDirectory {
    /// A directory of the instance that the key belongs to, with everything else as
    /// [`ClerkBuilder`] has it by default.
    ///
    /// # Errors
    ///
    /// [`Configuration`](crate::ErrorKind::Configuration) if the platform's TLS cannot be set up, or the crate was
    /// built without the features `rustls` and `native-tls`.
    ///
    /// ```
    /// use user_directory::{ClerkUserDirectory, SecretKey};
    ///
    /// let directory = ClerkUserDirectory::new(SecretKey::new("sk_test_123")?)?;
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn new(key: SecretKey) -> Result<Self> {
        Self::builder(key).build()
    }

    /// Sets a directory up step by step.
    ///
    /// ```
    /// use std::time::Duration;
    /// use user_directory::{ClerkUserDirectory, SecretKey};
    ///
    /// let directory = ClerkUserDirectory::builder(SecretKey::new("sk_test_123")?)
    ///     .timeout(Duration::from_secs(5))
    ///     .build()?;
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    pub fn builder(key: SecretKey) -> ClerkBuilder {
        ClerkBuilder::new(key)
    }

    /// A directory set up by the environment: `CLERK_SECRET_KEY`, and `CLERK_API_URL` if it is set.
    ///
    /// [`ClerkBuilder::from_env`] is the same with more to set.
    ///
    /// # Errors
    ///
    /// [`Configuration`](crate::ErrorKind::Configuration) if `CLERK_SECRET_KEY` is missing or not a secret key, or
    /// `CLERK_API_URL` is not what [`ClerkBuilder::base_url`] takes.
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
