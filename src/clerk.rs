//! [`ClerkUserDirectory`]: the adapter that speaks to the Clerk Backend API over HTTP.
//!
//! | file | what it knows |
//! | --- | --- |
//! | `builder` | how a directory is set up |
//! | `key` | the secret key |
//! | `operations` | what each operation sends and reads |
//! | `request`, `query`, `body` | how a request is written |
//! | `exchange` | how a request is sent, and what is told about it |
//! | `response` | how an answer is read |

mod body;
mod builder;
mod exchange;
mod key;
mod operations;
mod query;
mod request;
mod response;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderMap;

pub use builder::ClerkBuilder;
pub use key::SecretKey;

use crate::error::Result;

/// The users of a Clerk instance, by way of the Clerk Backend API (version 2026-05-12).
///
/// Cloning is cheap, and clones share their connections.
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
/// # What it does not do
///
/// A request is sent once: nothing is tried again, and nothing waits for the rate limits (1000 requests in 10 seconds
/// for a production key, 100 for a development key). Redirects are not followed, and answers are not cached.
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
/// Every request is a span of `tracing` with the name and target below. Ids are recorded, but no other input and
/// nothing of any body.
///
/// | | |
/// | --- | --- |
/// | name | `user_directory.request` |
/// | target | `user_directory` |
/// | level | `INFO` |
/// | `operation` | the [name](crate::Operation::name) of the operation |
/// | `user_id` | the user that the operation is about, if there is one |
/// | `status` | the HTTP status, once there is an answer |
/// | `trace_id` | the id under which Clerk's support finds the request, if the answer has one |
/// | `error_kind` | the [kind](crate::ErrorKind) of the error, such as `not found`, if the operation fails |
#[derive(Clone)]
pub struct ClerkUserDirectory(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    base_url: Url,
    /// What every request has, the key included.
    headers: HeaderMap,
    timeout: Duration,
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
            .finish_non_exhaustive()
    }
}
