//! Clerk's wire format: encoding and decoding of requests and responses, for clients and servers.
//!
//! [`ClerkUserDirectory`](crate::ClerkUserDirectory) uses the client side. The `clerk-emulator` crate uses the server
//! side. The `wire` feature makes the module public for `clerk-emulator` and other tools.
//!
//! **This module is exempt from semantic versioning.** Any release may change it.
//!
//! | module | contents |
//! | --- | --- |
//! | [`body`] | JSON request bodies |
//! | [`query`] | query strings |
//! | [`rate_limits`] | Clerk's rate limits |
//! | [`rejection`] | constructors for errors with Clerk's codes |
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
/// Clerk's rate limits, which clients respect and servers enforce.
#[cfg(feature = "wire")]
pub mod rate_limits {
    pub use crate::rate_limits::{Bucket, BucketClock, RateLimits, UserBuckets, is_limited_by_user};
}

/// Decodes JSON in Clerk's format, such as a response body.
///
/// `T` is a model from this crate or a list of models. Types that contain a `serde_json` `RawValue` are not supported.
/// Decoding is lenient, as described for [`User`](crate::User). However, if `T` is a list, an invalid element causes an
/// error.
///
/// # Errors
///
/// Returns [`Decode`](crate::ErrorKind::Decode) if `json` cannot be decoded. The message contains the position of the
/// error and, if known, the path of the invalid value, but not the value itself.
///
/// # Examples
///
/// ```
/// use user_directory::{User, wire};
///
/// let users: Vec<User> = wire::decode(r#"[{"object":"user","id":"user_1"}]"#)?;
/// assert_eq!(users[0].id, "user_1");
/// let error = wire::decode::<User>(r#"{"object":"user","id":7}"#).unwrap_err();
/// assert!(error.to_string().contains("`id`, line 1 column 23"), "{error}");
/// # Ok::<(), user_directory::Error>(())
/// ```
#[cfg(feature = "wire")]
pub fn decode<T: serde::de::DeserializeOwned>(json: &str) -> crate::Result<T> {
    crate::model::lenient::document(json).map_err(|error| crate::Error::decode_of(&error, json))
}

/// Decodes a JSON object in Clerk's format, rejecting unknown fields and invalid values.
///
/// `T` is a model from this crate other than [`Paginated`](crate::model::Paginated).
///
/// # Errors
///
/// Returns [`Decode`](crate::ErrorKind::Decode) if `json` cannot be decoded. If a field is unknown or invalid, the
/// message contains its path, but not its value.
///
/// # Examples
///
/// ```
/// use user_directory::model::Passkey;
/// use user_directory::wire;
///
/// assert!(wire::decode_strict::<Passkey>(r#"{"object":"passkey","name":"laptop"}"#).is_ok());
/// let error = wire::decode_strict::<Passkey>(r#"{"name":"laptop","nmae":"phone"}"#).unwrap_err();
/// assert_eq!(error.message(), Some("the field is unknown at `nmae`"));
/// let error = wire::decode_strict::<Passkey>(r#"{"name":["laptop"]}"#).unwrap_err();
/// assert_eq!(error.message(), Some("invalid value: expected text at `name`"));
/// ```
#[cfg(all(feature = "wire", feature = "store"))]
pub fn decode_strict<T: serde::de::DeserializeOwned>(json: &str) -> crate::Result<T> {
    use crate::{Error, ErrorKind};
    // The names of the fields of the outermost value are not checked, so the object is wrapped in a list.
    let list = format!("[{json}]");
    let decoded = crate::model::lenient::strict_document::<[T; 1]>(&list).map_err(|error| {
        let position = crate::error::position(&error);
        let error = Error::decode_of(&error, &list);
        // The position is not in `json`.
        let why = error.message().unwrap_or_default();
        let why = why.replace(&format!(", {position}"), "").replace(&format!(" at {position}"), "");
        let why = why.replace("`[0].", "`").replace(" at `[0]`", "");
        Error::new(ErrorKind::Decode).with_message(why)
    });
    decoded.map(|[value]| value)
}
