//! Clerk's wire format: encoding and decoding of requests and responses, for clients and servers.
//!
//! [`ClerkUserDirectory`](crate::ClerkUserDirectory) uses the client side, and the `clerk-emulator` crate uses the
//! server side. The `wire` feature makes the module public, for that crate and for other tools. **This module is exempt
//! from semantic versioning:** any release may change it.
//!
//! | module | contents |
//! | --- | --- |
//! | [`body`] | JSON request bodies |
//! | [`query`] | query strings |
//! | [`rate_limits`] | Clerk's rate limits |
//! | [`rejection`] | constructors of errors with Clerk's codes |
//! | [`response`] | JSON response bodies |
//! | [`route`] | the HTTP method and path of each operation |
//! | [`status`] | mapping between HTTP status codes and error kinds |

#![cfg_attr(not(feature = "wire"), allow(dead_code, unused_imports, reason = "the client uses a part of this module"))]

pub mod body;
pub mod query;
pub mod response;
#[cfg(all(test, feature = "clerk", feature = "wire"))]
mod round_trip;
pub mod route;
pub mod status;
mod version;

pub use version::ApiVersion;
#[cfg(feature = "wire")]
pub use version::UnknownVersion;

#[cfg(feature = "wire")]
pub use crate::error::rejection;
/// Clerk's rate limits, which the client respects and the server enforces.
#[cfg(feature = "wire")]
pub mod rate_limits {
    pub use crate::rate_limits::{Bucket, BucketClock, RateLimits, UserBuckets, is_limited_by_user};
}

/// Converts a JSON decoding error to an [`Error`](crate::Error). The result does not quote the document.
#[cfg(feature = "wire")]
#[must_use]
pub fn decode_error(error: &serde_json::Error) -> crate::Error {
    crate::Error::decode(error)
}
