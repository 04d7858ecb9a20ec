#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
// Without `wire`, the items that only this module exports are unreachable.
#![cfg_attr(feature = "wire", warn(unreachable_pub))]
//! User management behind a trait.
//!
//! [`UserDirectory`] is a port: one object-safe async trait with the 37 "users" operations of the Clerk Backend API
//! (version 2026-05-12), in domain types and without a word about HTTP. Applications hold an `Arc<dyn UserDirectory>`;
//! what is behind it is decided where the application is put together.
//!
//! # A tour
//!
//! - **The guide**: [`guide`] says how to get things done, from choosing a double to going live.
//! - **The port**: [`UserDirectory`], whose documentation is the contract of every implementation.
//! - **The implementations**: [`ClerkUserDirectory`] for production, [`InMemoryUserDirectory`] with the semantics of
//!   the service for tests and for running without an account, [`MockUserDirectory`] for tests that script calls.
//! - **What every directory can**: [`UserDirectoryExt`] with streams of users, look-ups and typed metadata.
//! - **Around them**: the crate [`clerk-emulator`](https://docs.rs/clerk-emulator) serves any of them over HTTP in Clerk's
//!   wire format; [`conformance`] tests any of them against the contract.
//! - **Decorators**: [`decorators`] has read-only, caching, recording and fault-injecting wrappers.
//! - **What goes in**: [`NewUser`], [`UserUpdate`], [`UserQuery`] and [`UserFilter`], [`MetadataUpdate`] (merge) and
//!   [`MetadataReplacement`] (replace), [`Page`], and the secrets [`Password`], [`TotpSecret`], [`TotpCode`].
//! - **What comes out**: [`User`] and what hangs on it, [`MfaState`], [`Metadata`], [`Paginated`], [`billing`].
//! - **What goes wrong**: [`Error`] with its [`ErrorKind`], and [`codes`].
//! - **Your own implementation**: [an adapter](UserDirectory#writing-an-adapter) with the operations that your store
//!   offers, [a wrapper](UserDirectory#writing-a-wrapper) that changes a few operations, or an [`Interceptor`] around
//!   every call. The suite in [`conformance`] tests it.
//! - **Time**: [`time`] has the clock and the timer that tests replace.
//! - **The table of operations**: [`Operation`] with the method, path and idempotency of each, and which only read.
//! - **When the network misbehaves**: [`RetryPolicy`], and [`RateLimits`] to stay under.
//!
//! ```
//! use std::sync::Arc;
//! use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory, UserFilter, UserQuery};
//!
//! # tokio_test::block_on(async {
//! let users: Arc<dyn UserDirectory> = Arc::new(InMemoryUserDirectory::new());
//! users.create(&NewUser::new().email_address("ada@example.com").first_name("Ada")).await?;
//!
//! let query = UserQuery::from(UserFilter::new().query("ada")).limit(50);
//! for user in users.list(&query).await? {
//!     println!("{} {:?}", user.id, user.full_name());
//! }
//! # Ok::<_, user_directory::Error>(()) }).unwrap();
//! ```
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `clerk` | yes | [`ClerkUserDirectory`], on reqwest |
//! | `rustls` | yes | TLS for it by rustls, with the platform's certificates |
//! | `rustls-no-provider` | | the same with the crypto provider that the process has installed |
//! | `native-tls` | | TLS for it by the platform's own library |
//! | `http2` | yes | HTTP/2 for it |
//! | `gzip` | | compressed responses for it |
//! | `rate-limit` | | staying under the service's rate limits for it, by governor |
//! | `metrics` | | metrics of it, for the recorders of the crate metrics |
//! | `in-memory` | | [`InMemoryUserDirectory`], and [`FaultyUserDirectory`] |
//! | `password-hashes` | | verification of imported digests other than bcrypt in it, for example Argon2, scrypt and PBKDF2 |
//! | `cache` | | [`CachedUserDirectory`], by moka |
//! | `mock` | | [`MockUserDirectory`], by mockall |
//! | `wire` | | the module `wire`, for the emulator and tools; exempt from semantic versioning |
//! | `conformance` | | [`conformance`], the suite that tests an implementation |
//!
//! Without any feature there are the trait, its types and errors, and the decorators that need nothing else. The oldest
//! version that is supported is Rust 1.89; a newer one comes with a minor version of this crate at the earliest.
//!
//! # Other crates in this API
//!
//! A new major version of one of these is a new major version of this crate. Nothing else that this crate depends on is
//! in its API, so it can be changed or left out at any time.
//!
//! | crate | where | get it as |
//! | --- | --- | --- |
//! | jiff 1 | times in the models | [`jiff`] |
//! | async-trait 0.1 | implementations of [`UserDirectory`] and [`time::Timer`] | [`async_trait`](macro@async_trait) |
//! | futures-core 0.3 | [`UserStream`] and [`UserPages`] are a [`Stream`] | [`Stream`] |
//! | serde 1 | models are read and written, [`Metadata`] from and as any type | your own dependency |
//! | reqwest 0.13 | [`ClerkBuilder::http_client`] alone | [`reqwest`] |
//! | mockall 0.15 | predicates and sequences of [`MockUserDirectory`] | [`mockall`] |
//! | tokio 1 | no item, but [`ClerkUserDirectory`] runs on its runtime | your own dependency |
//! | tracing 0.1, metrics 0.24 | no item, but the recorder that you install has to be of that version | your own dependency |

#[cfg(feature = "clerk")]
mod clerk;
#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;
pub mod decorators;
mod directory;
mod error;
#[cfg(all(feature = "in-memory", not(feature = "wire")))]
mod fault_queue;
/// For `clerk-emulator`; exempt from semantic versioning.
#[cfg(feature = "wire")]
#[doc(hidden)]
pub mod fault_queue;
pub mod guide;
#[cfg(feature = "in-memory")]
#[cfg_attr(docsrs, doc(cfg(feature = "in-memory")))]
pub mod in_memory;
mod interceptor;
mod model;
mod operation;
#[cfg(any(feature = "rate-limit", feature = "wire"))]
mod rate_limits;
#[cfg(any(feature = "clerk", feature = "wire"))]
mod secret_key;
pub mod time;
#[cfg(any(feature = "conformance", feature = "in-memory"))]
mod totp;
#[cfg(feature = "wire")]
#[cfg_attr(docsrs, doc(cfg(feature = "wire")))]
pub mod wire;
#[cfg(all(feature = "clerk", not(feature = "wire")))]
mod wire;

/// The attribute for `impl` blocks of [`UserDirectory`].
pub use async_trait::async_trait;
#[cfg(feature = "clerk")]
#[cfg_attr(docsrs, doc(cfg(feature = "clerk")))]
pub use clerk::{ClerkBuilder, ClerkUserDirectory, RetryPolicy};
/// The trait of [`UserStream`] and [`UserPages`], that of futures-core; a new major version of it is one of this crate.
pub use futures_util::Stream;
/// The crate of the times in the models; a new major version of it is one of this crate.
pub use jiff;
/// The crate of the predicates and sequences of [`MockUserDirectory`]; a new major version of it is one of this crate.
#[cfg(feature = "mock")]
#[cfg_attr(docsrs, doc(cfg(feature = "mock")))]
pub use mockall;
/// The crate of the client that [`ClerkBuilder::http_client`] takes; a new major version of it is one of this crate.
#[cfg(feature = "clerk")]
#[cfg_attr(docsrs, doc(cfg(feature = "clerk")))]
pub use reqwest;

#[cfg(feature = "cache")]
#[cfg_attr(docsrs, doc(cfg(feature = "cache")))]
pub use decorators::{CachePolicy, CacheStats, CachedUserDirectory};
pub use decorators::{CallOutcome, ReadOnlyUserDirectory, RecordedCall, RecordingUserDirectory};
#[cfg(feature = "in-memory")]
#[cfg_attr(docsrs, doc(cfg(feature = "in-memory")))]
pub use decorators::{Fault, FaultyUserDirectory};
#[cfg(feature = "mock")]
#[cfg_attr(docsrs, doc(cfg(feature = "mock")))]
pub use directory::MockUserDirectory;
pub use directory::UserDirectory;
pub use directory::ext::{Ensured, FoundUsers, UserDirectoryExt, UserPages, UserStream};
pub use error::{Error, ErrorDetail, ErrorKind, Result, codes};
#[cfg(feature = "in-memory")]
#[cfg_attr(docsrs, doc(cfg(feature = "in-memory")))]
pub use in_memory::InMemoryUserDirectory;
pub use interceptor::{Call, Intercepted, Interceptor, OperationOutput};
pub use model::*;
pub use operation::Operation;
#[cfg(any(feature = "rate-limit", feature = "wire"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "rate-limit", feature = "wire"))))]
pub use rate_limits::RateLimits;
#[cfg(any(feature = "clerk", feature = "wire"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "clerk", feature = "wire"))))]
pub use secret_key::SecretKey;

/// Compiles and runs what the README shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
