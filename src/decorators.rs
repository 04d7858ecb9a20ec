//! Directories around a directory: each adds one thing to whatever is behind it, and is a
//! [`UserDirectory`](crate::UserDirectory) like any other.
//!
//! | decorator | what it adds | feature |
//! | --- | --- | --- |
//! | [`ReadOnlyUserDirectory`] | refuses to change anything | |
//! | [`CachedUserDirectory`] | remembers users for a while | `cache` |
//! | [`RecordingUserDirectory`] | notes the calls, for tests | |
//! | [`FaultyUserDirectory`] | lets calls go wrong on request, for tests | `in-memory` |
//!
//! Each takes any directory, an `Arc<dyn UserDirectory>` too, and its clones share what it holds.
//! [`forward_operations!`](crate::forward_operations#around-each-call) writes one of your own.
//!
//! # Which one around which
//!
//! A call goes from the outside in, and the answer back out; what one answers itself, those further in do not hear of. So:
//!
//! - **Recording** outside a memory notes what the application asks, inside it what the service is asked.
//! - **Faults** outside a memory are met by every call, inside it only by calls that the memory cannot answer; the errors
//!   are then shared by those who wait together, and not remembered.
//! - **Read-only** outside a memory leaves the memory as it is; inside it, a refused write makes its user be read anew for
//!   nothing.
//! - **A memory** sees the writes that come through it. One that everybody writes through belongs around the directory
//!   itself; what is written further in is seen when its time is over.
//! - **Retries and limits** of [`ClerkUserDirectory`](crate::ClerkUserDirectory) are inside of all of these: a fault is not
//!   tried again, and a recorded call is one however many attempts it took.
//!
//! ```
//! # #[cfg(all(feature = "cache", feature = "in-memory"))]
//! # tokio_test::block_on(async {
//! use user_directory::{
//!     CachePolicy, CachedUserDirectory, Fault, FaultyUserDirectory, InMemoryUserDirectory, NewUser, Operation,
//!     ReadOnlyUserDirectory, RecordingUserDirectory, UserDirectory,
//! };
//!
//! let directory = InMemoryUserDirectory::new();
//! let ada = directory.create(&NewUser::new().username("ada.lovelace")).await?.id;
//!
//! // From the inside out.
//! let faulty = FaultyUserDirectory::new(directory);
//! let asked = RecordingUserDirectory::new(faulty.clone());
//! let cached = CachedUserDirectory::new(asked.clone(), CachePolicy::default());
//! let users = ReadOnlyUserDirectory::new(cached.clone());
//!
//! users.get(&ada).await?;
//! faulty.add_fault(Fault::kind(ErrorKind::Unavailable));
//! users.get(&ada).await?; // from memory: the service is down, and nobody notices
//! assert_eq!(asked.times_called(Operation::Get), 1);
//!
//! assert!(users.ban(&ada).await.unwrap_err().is_forbidden()); // nobody further in hears of it
//! users.get(&ada).await?;
//! assert_eq!(asked.calls().len(), 1);
//!
//! assert!(cached.ban(&ada).await.unwrap_err().is_unavailable()); // whether it was done is unknown …
//! assert!(users.get(&ada).await.unwrap_err().is_unavailable()); // … so the memory is not trusted any more
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
