//! Read-only, caching, replicating, recording and fault-injecting wrappers around any directory.
//!
//! | decorator | purpose | feature |
//! | --- | --- | --- |
//! | [`ReadOnlyUserDirectory`] | rejects writes | |
//! | [`CachedUserDirectory`] | caches users and lookups | `cache` |
//! | [`ReplicatedUserDirectory`] | serves reads from local copies of users | `replica` |
//! | [`RecordingUserDirectory`] | records calls, for assertions in tests | |
//! | [`FaultyUserDirectory`] | injects errors and delays, for tests | `in-memory` |
//!
//! A decorator wraps any directory `D`, including `Arc<dyn UserDirectory>`, and implements
//! [`UserDirectory`](crate::UserDirectory). The `inner` and `into_inner` methods return the wrapped directory; a
//! replica has a `primary` method instead. If `D` implements `Clone`, the decorator does too. Clones share the
//! decorator's state.
//!
//! To write a custom decorator, implement an [`Interceptor`](crate::interceptor::Interceptor) to run code around every
//! call, or a [wrapper](crate::UserDirectory#writing-a-wrapper) to change individual operations.
//!
//! # Order
//!
//! Calls pass through the decorators from the outermost to the innermost. Each decorator receives only the calls that
//! the next outer decorator forwards.
//!
//! - **A recording decorator** outside a cache records the application's calls. Inside a cache, it records only the
//!   calls that the cache forwards.
//! - **A fault-injecting decorator** outside a cache can affect every call. Inside a cache, it can affect only the
//!   calls that the cache forwards.
//! - **A read-only decorator** outside a cache rejects writes before they reach the cache. Inside a cache, a rejected
//!   write still invalidates cached users and lookups.
//! - **A cache** is not invalidated by writes that bypass it, so all writers should share the cache. See
//!   [Staleness](CachedUserDirectory#staleness).
//! - **A replica** stores the results of writes that pass through it. If a cache wraps a replica, apply each webhook
//!   event to the replica first and then to the cache.
//! - **Retries and rate limits** in [`ClerkUserDirectory`](crate::ClerkUserDirectory) are applied inside all
//!   decorators. Injected errors are therefore not retried, and a call is recorded once, regardless of the number of
//!   attempts.
//!
//! ```
//! # #[cfg(all(feature = "cache", feature = "in-memory"))]
//! # tokio_test::block_on(async {
//! use user_directory::decorators::{
//!     CachePolicy, CachedUserDirectory, Fault, FaultyUserDirectory, ReadOnlyUserDirectory, RecordingUserDirectory,
//! };
//! use user_directory::{ErrorKind, InMemoryUserDirectory, NewUser, Operation, UserDirectory};
//!
//! let directory = InMemoryUserDirectory::new();
//! let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
//! let ada = directory.create(&new_user).await?.id;
//!
//! // Build the stack, starting with the innermost decorator.
//! let faulty = FaultyUserDirectory::new(directory);
//! let recording = RecordingUserDirectory::new(faulty.clone());
//! let cached = CachedUserDirectory::new(recording.clone(), CachePolicy::default());
//! let users = ReadOnlyUserDirectory::new(cached.clone());
//!
//! users.get(&ada).await?;
//! faulty.add_fault(Fault::kind(ErrorKind::Unavailable));
//! users.get(&ada).await?; // Served from the cache, although the service is down.
//! assert_eq!(recording.times_called(Operation::Get), 1);
//!
//! assert!(users.ban(&ada).await.unwrap_err().is_unsupported()); // Rejected before the call reaches the cache.
//! users.get(&ada).await?;
//! assert_eq!(recording.calls().len(), 1);
//!
//! // The outcome is unknown, so the cached user is invalidated.
//! assert!(cached.ban(&ada).await.unwrap_err().is_unavailable());
//! assert!(users.get(&ada).await.unwrap_err().is_unavailable());
//! # Ok::<_, user_directory::Error>(()) }).unwrap();
//! ```

#[cfg(feature = "cache")]
mod cached;
#[cfg(feature = "in-memory")]
mod fault;
#[cfg(feature = "in-memory")]
mod faulty;
#[cfg(any(feature = "cache", feature = "replica"))]
mod outage;
mod read_only;
mod recording;
#[cfg(feature = "replica")]
mod replicated;

#[cfg(feature = "cache")]
#[cfg_attr(docsrs, doc(cfg(feature = "cache")))]
pub use cached::{CachePolicy, CacheStats, CachedUserDirectory};
#[cfg(feature = "in-memory")]
#[cfg_attr(docsrs, doc(cfg(feature = "in-memory")))]
pub use fault::Fault;
#[cfg(feature = "in-memory")]
#[cfg_attr(docsrs, doc(cfg(feature = "in-memory")))]
pub use faulty::FaultyUserDirectory;
pub use read_only::ReadOnlyUserDirectory;
pub use recording::{CallOutcome, RecordedCall, RecordingUserDirectory};
#[cfg(feature = "replica")]
#[cfg_attr(docsrs, doc(cfg(feature = "replica")))]
pub use replicated::{Applied, ReplicaReport, ReplicaStatus, ReplicatedUserDirectory, ReplicatedUserDirectoryBuilder};
