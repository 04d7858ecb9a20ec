//! Lenient decoding: tolerates missing fields, `null`, unknown values and unexpected types.
//!
//! A single visitor, [`Reader`], decodes most fields, and accepts any JSON value. [`FromJson`] defines how a type is
//! decoded from each kind of JSON value.
//!
//! An invalid value is treated as absent. With the `clerk` feature, it is also logged as a warning, up to a limit per
//! document. An object is invalid if a [`required`] field, such as its id, is missing or invalid. Invalid elements in
//! a list of a user's resources are skipped.
//!
//! Decoding fails in the following cases:
//!
//! - The JSON is malformed.
//! - The document uses too much memory.
//! - The outermost object is invalid.
//! - A list of users contains an invalid element.
//! - The document is decoded [strictly](strict), and a value is invalid or a nested field is unknown.

#[cfg(any(feature = "clerk", feature = "store", feature = "webhooks", feature = "wire"))]
mod document;
#[cfg_attr(
    not(any(feature = "clerk", feature = "store", feature = "webhooks", feature = "wire")),
    expect(dead_code, reason = "no documents are decoded")
)]
mod limits;
mod list;
mod number;
mod open_enum;
#[cfg(any(feature = "clerk", feature = "wire"))]
mod result_list;
mod strict;
mod timestamp;
mod types;

use std::{fmt, mem};

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::{INVALID_VALUE, NOT_A_USER};
use crate::model::metadata::{Metadata, object_or_null};

#[cfg(any(feature = "clerk", feature = "store", feature = "webhooks", feature = "wire"))]
pub(crate) use document::document;
#[cfg(feature = "store")]
pub(crate) use document::strict_document;
pub(crate) use limits::allocate;
#[cfg(any(feature = "clerk", feature = "wire"))]
pub(crate) use limits::limited;
pub(crate) use list::resources;
use number::Number;
pub(crate) use open_enum::{open_enum, string};
#[cfg(any(feature = "clerk", feature = "wire"))]
pub(crate) use result_list::{list, resource_list};
#[cfg(feature = "wire")]
pub(crate) use timestamp::from_millisecond;
#[cfg(feature = "store")]
pub(crate) use timestamp::to_millisecond;
pub(crate) use timestamp::{expiration, millis, rfc3339};

/// Decodes a type from each kind of JSON value. `None` means that the value is invalid for the type.
pub(crate) trait FromJson<'de>: Sized {
    /// The expected values, for log and error messages.
    const EXPECTED: &'static str;

    fn from_str(_: &str) -> Option<Self> {
        None
    }

    fn from_bool(_: bool) -> Option<Self> {
        None
    }

    /// Decodes an integer. `i128` can represent every integer in the models.
    fn from_integer(_: i128) -> Option<Self> {
        None
    }

    fn from_float(_: f64) -> Option<Self> {
        None
    }

    fn from_list<A: SeqAccess<'de>>(list: &mut A) -> Result<Option<Self>, A::Error> {
        skip_elements(list).map(|()| None)
    }

    /// Decodes an object, and writes the value in place. The default implementation accepts only objects that represent
    /// [numbers](number).
    fn from_object<A: MapAccess<'de>>(object: &mut A, into: &mut Option<Self>) -> Result<(), A::Error> {
        *into = number::from_object(object)?.and_then(Number::decode);
        Ok(())
    }
}

/// A struct whose fields are decoded with the functions in this module.
pub(crate) trait Object {}

impl<'de, T: Object + Deserialize<'de>> FromJson<'de> for T {
    const EXPECTED: &'static str = "an object";

    fn from_object<A: MapAccess<'de>>(object: &mut A, into: &mut Option<Self>) -> Result<(), A::Error> {
        put(into, T::deserialize(MapAccessDeserializer::new(object))?);
        Ok(())
    }
}

/// Skips the remaining elements of a list.
fn skip_elements<'de, A: SeqAccess<'de>>(list: &mut A) -> Result<(), A::Error> {
    while list.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// Skips the remaining entries of an object.
fn skip_entries<'de, A: MapAccess<'de>>(object: &mut A) -> Result<(), A::Error> {
    while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// Decodes a value, or returns `None` if it is `null` or invalid.
pub(crate) fn optional<'de, D: Deserializer<'de>, T: FromJson<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let mut value = None;
    Reader { required: false, into: &mut value }.deserialize(deserializer)?;
    Ok(value)
}

/// Decodes a value, or returns the default if it is `null` or invalid.
pub(crate) fn or_default<'de, D: Deserializer<'de>, T: FromJson<'de> + Default>(de: D) -> Result<T, D::Error> {
    let mut value = None;
    Reader { required: false, into: &mut value }.deserialize(de)?;
    Ok(value.unwrap_or_default())
}

/// Decodes a value that the enclosing object requires. Returns an error if it is `null` or invalid.
pub(crate) fn required<'de, D: Deserializer<'de>, T: FromJson<'de>>(deserializer: D) -> Result<T, D::Error> {
    let mut value = None;
    Reader { required: true, into: &mut value }.deserialize(deserializer)?;
    value.ok_or_else(|| invalid(T::EXPECTED))
}

/// Creates the error for a value that is invalid, or that is required but `null`.
#[cold]
fn invalid<E: Error>(expected: &'static str) -> E {
    E::custom(format_args!("{INVALID_VALUE}{expected}"))
}

/// The start of serde's error message for a missing field.
const MISSING_FIELD: &str = "missing field `";

/// Returns `true` if the cause of an error is a missing or invalid required value.
///
/// After such an error, the whole value has been read, so decoding can continue. After malformed JSON, it cannot. A
/// generic `Deserializer` exposes no more than the error message.
fn is_about_required_value(error: &impl fmt::Display) -> bool {
    let message = error.to_string();
    [INVALID_VALUE, MISSING_FIELD, NOT_A_USER].iter().any(|start| message.starts_with(start))
}

/// Decodes any JSON value as a `T`, or as `None` if it is invalid.
///
/// The value is written in place. If it were returned, every layer of the deserializer would move it, and some values
/// are large: an account takes 700 bytes.
struct Reader<'a, T> {
    required: bool,
    /// The destination, which is initially `None`.
    into: &'a mut Option<T>,
}

impl<'de, T: FromJson<'de>> Reader<'_, T> {
    #[inline]
    fn accept<E: Error>(self, value: Option<T>, found: &'static str) -> Result<(), E> {
        let Some(value) = value else { return reject(self.required, T::EXPECTED, found) };
        put(self.into, value);
        Ok(())
    }
}

/// Writes a value to a destination that is `None`.
#[inline]
fn put<T>(into: &mut Option<T>, value: T) {
    debug_assert!(into.is_none());
    // `forget` omits the code that would drop an old value.
    mem::forget(into.replace(value));
}

/// Handles an invalid value: returns an error if the value is required, and ignores the value otherwise.
///
/// The error is created here and not by the caller, so that it contains the position of the value.
#[cold]
fn reject<E: Error>(required: bool, expected: &'static str, found: &'static str) -> Result<(), E> {
    if required {
        return Err(invalid(expected));
    }
    ignore(expected, found)
}

/// Logs that an invalid value is treated as absent, or returns an error in strict mode.
#[cold]
pub(crate) fn ignore<E: Error>(expected: &'static str, found: &'static str) -> Result<(), E> {
    if strict::is_strict() {
        return Err(invalid(expected));
    }
    warn(expected, found);
    Ok(())
}

/// Logs that an invalid value is treated as absent. The log does not contain the value.
#[cold]
fn warn(expected: &'static str, found: &'static str) {
    #[cfg(feature = "clerk")]
    if limits::may_warn() {
        tracing::warn!(target: "user_directory", expected, found, "ignored an invalid value");
    }
    #[cfg(not(feature = "clerk"))]
    let _ = (expected, found);
}

impl<'de, T: FromJson<'de>> DeserializeSeed<'de> for Reader<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: FromJson<'de>> Visitor<'de> for Reader<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        if self.required { Err(invalid(T::EXPECTED)) } else { Ok(()) }
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.accept(T::from_bool(value), "a boolean")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.accept(T::from_integer(value.into()), "an integer")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.accept(T::from_integer(value.into()), "an integer")
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<(), E> {
        self.accept(T::from_integer(value), "an integer")
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<(), E> {
        self.accept(value.try_into().ok().and_then(T::from_integer), "an integer")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.accept(T::from_float(value), "a number")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        match T::from_str(value) {
            Some(value) => self.accept(Some(value), "text"),
            // Some encoders write an empty string for an absent value.
            None if value.is_empty() => self.visit_unit(),
            None => self.accept(None, "text"),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let value = T::from_list(&mut list)?;
        self.accept(value, "a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        match T::from_object(&mut object, self.into) {
            Ok(()) if self.into.is_some() => Ok(()),
            Ok(()) => reject(self.required, T::EXPECTED, "an object"),
            Err(error) => recover(self.required, T::EXPECTED, object, error),
        }
    }
}

/// Skips the rest of an object if the error is a missing or invalid required field. Returns all other errors, and in
/// strict mode all errors.
#[cold]
fn recover<'de, A: MapAccess<'de>>(
    required: bool,
    expected: &'static str,
    mut object: A,
    error: A::Error,
) -> Result<(), A::Error> {
    if strict::is_strict() || !is_about_required_value(&error) {
        return Err(error);
    }
    skip_entries(&mut object)?;
    if required {
        return Err(error);
    }
    warn(expected, "an object without a required value");
    Ok(())
}

/// Decodes metadata, or returns `None` if it is neither an object nor `null`.
fn valid_metadata<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Metadata>, D::Error> {
    if strict::is_strict() {
        return Deserialize::deserialize(deserializer).map(Some);
    }
    let metadata = object_or_null(deserializer)?;
    if metadata.is_none() {
        warn("an object", "another kind of value");
    }
    Ok(metadata)
}

/// Decodes metadata, or returns `None` if it is `null` or not an object.
pub(crate) fn optional_metadata<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Metadata>, D::Error> {
    valid_metadata(deserializer).map(|metadata| metadata.filter(|metadata| !metadata.is_null()))
}

/// Decodes metadata, or returns an empty object if it is neither an object nor `null`.
pub(crate) fn metadata<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Metadata, D::Error> {
    valid_metadata(deserializer).map(Option::unwrap_or_default)
}
