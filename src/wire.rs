//! Clerk's wire format: the encoding and decoding of requests and responses, side by side.
//!
//! [`ClerkUserDirectory`](crate::ClerkUserDirectory) uses the client side, and the crate `clerk-emulator` uses the
//! server side. The feature `wire` makes the module public, for that crate and for tools. **This module is exempt from
//! semantic versioning:** any release may change it.
//!
//! | module | contents |
//! | --- | --- |
//! | [`body`] | JSON bodies of requests |
//! | [`query`] | query strings |
//! | [`response`] | JSON bodies of responses |
//! | [`route`] | the HTTP method and path of each operation |
//! | [`status`] | HTTP statuses and kinds of errors |

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
/// The rate limits of the service, which the client respects and the server enforces.
#[cfg(feature = "wire")]
pub mod rate_limits {
    pub use crate::rate_limits::{Bucket, BucketClock, RateLimits, UserBuckets, is_limited_by_user};
}

/// Returns the error of a JSON document that cannot be decoded. The error does not quote the document.
#[cfg(feature = "wire")]
#[must_use]
pub fn decode_error(error: &serde_json::Error) -> crate::Error {
    crate::Error::decode(error)
}
