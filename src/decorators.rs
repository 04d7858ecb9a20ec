//! Read-only, caching, replicating, recording and fault-injecting wrappers around any directory.
//!
//! | decorator | purpose | feature |
//! | --- | --- | --- |
//! | [`ReadOnlyUserDirectory`] | rejects writes | |
//! | [`CachedUserDirectory`] | caches users and lookups | `cache` |
//! | [`ReplicatedUserDirectory`] | serves reads from a local copy of all users | `replica` |
//! | [`RecordingUserDirectory`] | records calls, for assertions in tests | |
//! | [`FaultyUserDirectory`] | injects errors and delays, for tests | `in-memory` |
//!
//! A decorator wraps any directory `D`, including `Arc<dyn UserDirectory>`, and implements
//! [`UserDirectory`](crate::UserDirectory). The methods `inner` and `into_inner` return the wrapped directory. A
//! replica has the method `primary` instead. If `D` implements `Clone`, the decorator does too. Clones share the state
//! of the decorator.
//!
//! For a custom decorator, implement an [`Interceptor`](crate::interceptor::Interceptor) to run code around every call,
//! or a [wrapper](crate::UserDirectory#writing-a-wrapper) to change a few operations.
//!
//! # Order
//!
//! Calls pass through the decorators from the outermost to the innermost. Results pass through them in the opposite
//! order. A decorator receives only the calls that the decorators outside it forward:
//!
//! - **A recorder** outside a cache records the application's calls. Inside a cache, it records only the calls that the
//!   cache does not serve.
//! - **Faults** injected outside a cache affect every call. Inside a cache, they affect only the calls that the cache
//!   does not serve. The resulting errors are not cached, but concurrent calls share them.
//! - **A read-only decorator** outside a cache rejects writes before they reach the cache. Inside a cache, a rejected
//!   write still invalidates cached users and lookups.
//! - **A cache** is invalidated by the writes that pass through it. Share one cache between all writers, and place it
//!   directly around the directory. Writes that bypass the cache become visible when the time to live has elapsed or
//!   when their webhook events are applied to the cache.
//! - **A replica** stores the results of writes that pass through it. If a cache wraps a replica, apply each webhook
//!   event to the replica first and then to the cache.
//! - **Retries and rate limits** of [`ClerkUserDirectory`](crate::ClerkUserDirectory) are applied inside all
//!   decorators. Injected faults are not retried. A call is recorded once, regardless of the number of attempts.
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
