//! Read-only, caching, recording and fault-injecting wrappers around any directory.
//!
//! | decorator | purpose | feature |
//! | --- | --- | --- |
//! | [`ReadOnlyUserDirectory`] | rejects writes | |
//! | [`CachedUserDirectory`] | caches users and lookups | `cache` |
//! | [`RecordingUserDirectory`] | records calls, for assertions in tests | |
//! | [`FaultyUserDirectory`] | injects errors and delays, for tests | `in-memory` |
//!
//! A decorator wraps any directory `D`, including `Arc<dyn UserDirectory>`, and is a
//! [`UserDirectory`](crate::UserDirectory) itself. `inner` and `into_inner` return the wrapped directory. If `D` is
//! `Clone`, so is the decorator, and clones share its state.
//!
//! To write a custom decorator, implement an [`Interceptor`](crate::interceptor::Interceptor), which runs code around
//! every call, or a [wrapper](crate::UserDirectory#writing-a-wrapper), which changes a few operations.
//!
//! # Order
//!
//! Calls pass through the decorators from the outermost to the innermost, and results in the opposite order. A
//! decorator receives only the calls that the decorators outside it forward:
//!
//! - **Recording** outside a cache records the calls of the application. Inside a cache, it records the misses.
//! - **Faults** outside a cache affect every call. Inside a cache, they affect misses. The resulting errors are not
//!   cached, but concurrent calls share them.
//! - **Read-only** outside a cache does not affect the cache. Inside a cache, a rejected write still invalidates its
//!   users.
//! - **A cache** is invalidated by the writes that pass through it. Use one cache for all writers, directly around the
//!   directory. Writes that bypass the cache become visible after its time to live.
//! - **Retries and rate limits** of [`ClerkUserDirectory`](crate::ClerkUserDirectory) happen inside all decorators. An
//!   injected fault is not retried. A call is recorded once, regardless of the number of attempts.
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
//! let ada = directory.create(&NewUser::new().username("ada.lovelace")).await?.id;
//!
//! // From the inside out.
//! let faulty = FaultyUserDirectory::new(directory);
//! let recording = RecordingUserDirectory::new(faulty.clone());
//! let cached = CachedUserDirectory::new(recording.clone(), CachePolicy::default());
//! let users = ReadOnlyUserDirectory::new(cached.clone());
//!
//! users.get(&ada).await?;
//! faulty.add_fault(Fault::kind(ErrorKind::Unavailable));
//! users.get(&ada).await?; // from the cache, although the service is down
//! assert_eq!(recording.times_called(Operation::Get), 1);
//!
//! assert!(users.ban(&ada).await.unwrap_err().is_unsupported()); // rejected before it reaches the cache
//! users.get(&ada).await?;
//! assert_eq!(recording.calls().len(), 1);
//!
//! assert!(cached.ban(&ada).await.unwrap_err().is_unavailable()); // the outcome is unknown …
//! assert!(users.get(&ada).await.unwrap_err().is_unavailable()); // … so the cached user is invalidated
//! # Ok::<_, user_directory::Error>(()) }).unwrap();
//! ```

#[cfg(feature = "cache")]
mod cached;
#[cfg(feature = "in-memory")]
mod fault;
#[cfg(feature = "in-memory")]
mod faulty;
mod read_only;
mod recording;

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
