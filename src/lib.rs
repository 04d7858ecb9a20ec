#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
// Without `wire`, the items that only this module exports are unreachable.
#![cfg_attr(feature = "wire", warn(unreachable_pub))]
//! User management behind a trait, with adapters for Clerk and for tests.
//!
//! [`UserDirectory`] is a port in the sense of hexagonal architecture: one object-safe async trait with the 37 users
//! operations of the Clerk Backend API (version 2026-05-12), expressed in domain types. An application holds an
//! `Arc<dyn UserDirectory>`. Tests and deployments choose the implementation.
//!
//! ```
//! use std::sync::Arc;
//! use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory, UserFilter, UserQuery};
//!
//! # tokio_test::block_on(async {
//! let users: Arc<dyn UserDirectory> = Arc::new(InMemoryUserDirectory::new());
//! let ada = users.create(&NewUser::new().email_address("ada@example.com").first_name("Ada")).await?;
//!
//! let query = UserQuery::from(UserFilter::new().query("ada")).limit(50);
//! assert_eq!(users.list(&query).await?, [ada]);
//! # Ok::<_, user_directory::Error>(()) }).unwrap();
//! ```
//!
//! # Overview
//!
//! Start with the [`guide`] for tasks, and with [`UserDirectory`] for the contract that every implementation follows.
//!
//! | topic | items |
//! | --- | --- |
//! | implementations | [`ClerkUserDirectory`] for production, [`InMemoryUserDirectory`], which applies the rules of the service, [`MockUserDirectory`] for scripted calls |
//! | requests | [`NewUser`], [`UserUpdate`], [`UserQuery`], [`UserFilter`], [`MetadataUpdate`], [`MetadataReplacement`], [`Page`] |
//! | results | [`User`], [`Metadata`], [`billing`]; all other types are in [`model`] |
//! | errors | [`Error`], [`ErrorKind`], [`codes`] |
//! | conveniences | [`UserDirectoryExt`]: streams, lookups, idempotent creation, typed metadata |
//! | wrappers | [`decorators`] (read-only, caching, recording, fault-injecting); [`interceptor`] for your own code around every call |
//! | your own adapter | [Writing an adapter](UserDirectory#writing-an-adapter), and the [`conformance`] suite that tests it |
//! | HTTP client settings | [`clerk`]: builder, retries, rate limits |
//! | operations as values | [`Operation`]: name, idempotency, read or write |
//! | time | [`time`]: the clock and the timer, which tests can replace |
//!
//! The package [`clerk-emulator`](https://docs.rs/clerk-emulator) serves any directory over HTTP in Clerk's wire
//! format, for SDKs in other languages and for tests of HTTP settings.
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `clerk` | yes | [`ClerkUserDirectory`], on reqwest |
//! | `rustls` | yes | TLS by rustls with the platform's certificates |
//! | `rustls-no-provider` | | the same, with the crypto provider that the process has installed |
//! | `native-tls` | | TLS by the platform's own library |
//! | `http2` | yes | HTTP/2 |
//! | `gzip` | | compressed responses |
//! | `rate-limit` | | client-side [rate limiting], by governor |
//! | `metrics` | | metrics of the HTTP adapter, for the `metrics` crate |
//! | `in-memory` | | [`InMemoryUserDirectory`], [`FaultyUserDirectory`] |
//! | `password-hashes` | | verification of imported password hashes in memory (bcrypt is always included) |
//! | `cache` | | [`CachedUserDirectory`], by moka |
//! | `mock` | | [`MockUserDirectory`], by mockall |
//! | `conformance` | | the [conformance] suite |
//! | `wire` | | Clerk's [wire] format, for tools; exempt from semver |
//!
//! [rate limiting]: clerk::RateLimits
//! [`FaultyUserDirectory`]: decorators::FaultyUserDirectory
//! [`CachedUserDirectory`]: decorators::CachedUserDirectory
//!
//! Without any feature, the crate contains the trait, its types and errors, [`UserDirectoryExt`], interceptors, and the
//! read-only and recording decorators.
//!
//! The crate requires Rust 1.89 or newer. A minor version of the crate can raise this requirement.
//!
//! # Public dependencies
//!
//! These crates are part of the public API. A new major version of one of them is a new major version of this crate.
//! Other dependencies can change at any time.
//!
//! | crate | where | available as |
//! | --- | --- | --- |
//! | jiff 1 | timestamps in the models | [`jiff`] |
//! | async-trait 0.1 | implementations of [`UserDirectory`] and [`Timer`](time::Timer) | [`async_trait`](macro@async_trait) |
//! | futures-core 0.3 | [`UserStream`](ext::UserStream) and [`UserPages`](ext::UserPages) | [`ext::Stream`] |
//! | serde 1 | serialization of the models and of [`Metadata`] | your own dependency |
//! | reqwest 0.13 | [`ClerkBuilder::http_client`](clerk::ClerkBuilder::http_client) | [`reqwest`] |
//! | mockall 0.15 | predicates and sequences of [`MockUserDirectory`] | [`mockall`] |
//! | tokio 1 | no item, but [`ClerkUserDirectory`] runs on its runtime | your own dependency |
//! | tracing 0.1, metrics 0.24 | no item, but subscribers and recorders must be of these versions | your own dependency |

#[cfg(feature = "store")]
mod account;
#[cfg(feature = "clerk")]
#[cfg_attr(docsrs, doc(cfg(feature = "clerk")))]
pub mod clerk;
#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;
pub mod decorators;
mod directory;
mod error;
pub mod ext;
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
pub mod interceptor;
pub mod model;
mod operation;
#[cfg(any(feature = "rate-limit", feature = "wire"))]
mod rate_limits;
#[cfg(feature = "store")]
mod rules;
#[cfg(any(feature = "clerk", feature = "wire"))]
mod secret_key;
#[cfg(feature = "store")]
#[cfg_attr(docsrs, doc(cfg(feature = "store")))]
pub mod store;
#[cfg(feature = "store")]
#[cfg_attr(docsrs, doc(cfg(feature = "store")))]
pub mod store_directory;
pub mod time;
#[cfg(any(feature = "conformance", feature = "store"))]
mod totp;
#[cfg(feature = "wire")]
#[cfg_attr(docsrs, doc(cfg(feature = "wire")))]
pub mod wire;
#[cfg(all(feature = "clerk", not(feature = "wire")))]
mod wire;

/// The attribute for `impl UserDirectory` blocks.
pub use async_trait::async_trait;
#[cfg(feature = "clerk")]
#[cfg_attr(docsrs, doc(cfg(feature = "clerk")))]
#[doc(inline)]
pub use clerk::ClerkUserDirectory;
/// A mock of [`UserDirectory`], generated by mockall.
///
/// `expect_get`, for example, sets the expectations for [`UserDirectory::get`]. A call that no expectation matches
/// panics.
///
/// ```
/// use user_directory::{MockUserDirectory, User, UserDirectory, UserId};
///
/// # tokio_test::block_on(async {
/// let mut users = MockUserDirectory::new();
/// users.expect_get().once().returning(|id| Ok(User::new(id.clone())));
///
/// let id = UserId::new("user_1")?;
/// assert_eq!(users.get(&id).await?.id, id);
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[cfg(feature = "mock")]
#[cfg_attr(docsrs, doc(cfg(feature = "mock")))]
pub use directory::MockUserDirectory;
pub use directory::UserDirectory;
pub use error::{Error, ErrorDetail, ErrorKind, Result, codes};
#[doc(inline)]
pub use ext::UserDirectoryExt;
#[cfg(feature = "in-memory")]
#[cfg_attr(docsrs, doc(cfg(feature = "in-memory")))]
#[doc(inline)]
pub use in_memory::InMemoryUserDirectory;
/// The crate whose `Timestamp` the models use, with its feature `serde`.
pub use jiff;
/// The crate whose predicates and sequences [`MockUserDirectory`] accepts.
#[cfg(feature = "mock")]
#[cfg_attr(docsrs, doc(cfg(feature = "mock")))]
pub use mockall;
#[doc(inline)]
pub use model::{
    Metadata, MetadataReplacement, MetadataUpdate, NewUser, OrderBy, OrderField, Page, Password, Patch, Sessions, Text,
    User, UserFilter, UserId, UserIdBatch, UserQuery, UserUpdate, billing,
};
pub use operation::Operation;
/// The crate whose `Client` [`ClerkBuilder::http_client`](clerk::ClerkBuilder::http_client) accepts.
#[cfg(feature = "clerk")]
#[cfg_attr(docsrs, doc(cfg(feature = "clerk")))]
pub use reqwest;
#[cfg(any(feature = "clerk", feature = "wire"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "clerk", feature = "wire"))))]
pub use secret_key::SecretKey;

/// Compiles and runs the code in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
