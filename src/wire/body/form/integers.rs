//! Integer fields of a [`Form`].

use std::fmt;
use std::ops::RangeInclusive;

use serde::de::Deserialize;
use serde_json::value::RawValue;

use super::{Form, Null};
use crate::error::codes;
use crate::error::rejection::param;

impl<'a> Form<'a> {
    /// Reads an optional integer that must be in `range`.
    pub fn integer<T>(&mut self, name: &'static str, range: RangeInclusive<T>) -> Option<T>
    where
        T: Deserialize<'a> + PartialOrd + fmt::Display,
    {
        let value = self.take(name, Null::Absent)?;
        let integer = self.parse_integer(name, value, &range)?;
        if !range.contains(&integer) {
            self.reject_range(name, &range);
            return None;
        }
        Some(integer)
    }

    /// Reads a required integer.
    ///
    /// If the field is missing or invalid, adds a validation error and returns 0.
    ///
    /// `range` is used only in the error message for an integer that does not fit in 64 bits. Any other integer is
    /// returned even if it is out of range, so that the caller can reject it with a different error code.
    pub(in crate::wire::body) fn required_integer(&mut self, name: &'static str, range: &RangeInclusive<i64>) -> i64 {
        let value = self.take_required(name);
        value.and_then(|value| self.parse_integer(name, value, range)).unwrap_or_default()
    }

    fn parse_integer<T>(&mut self, name: &'static str, value: &'a RawValue, range: &RangeInclusive<T>) -> Option<T>
    where
        T: Deserialize<'a> + fmt::Display,
    {
        if !is_integer(value) {
            return self.parse_value(name, value);
        }
        let integer = serde_json::from_str(value.get()).ok();
        if integer.is_none() {
            self.reject_range(name, range);
        }
        integer
    }

    fn reject_range(&mut self, name: &'static str, range: &RangeInclusive<impl fmt::Display>) {
        let long_message = format!("{name} is invalid. It must be from {} to {}.", range.start(), range.end());
        let detail = param(codes::FORM_PARAM_VALUE_INVALID, name, "is invalid");
        self.reject_with(detail.with_long_message(long_message));
    }
}

/// Returns the minimum and the maximum of `T`, or `None` if `T` cannot be decoded from an integer.
pub(super) fn range_of<'a, T: Deserialize<'a>>() -> Option<(&'static str, &'static str)> {
    const MINIMA: [&str; 2] = ["-9223372036854775808", "0"];
    const MAXIMA: [&str; 4] = ["18446744073709551615", "9223372036854775807", "4294967295", "65535"];
    let is_valid = |number: &&'static str| serde_json::from_str::<T>(number).is_ok();
    Some((MINIMA.into_iter().find(is_valid)?, MAXIMA.into_iter().find(is_valid)?))
}

/// Returns `true` if the value is an integer of any size.
pub(super) fn is_integer(value: &RawValue) -> bool {
    let digits = value.get().strip_prefix('-').unwrap_or(value.get());
    digits.bytes().all(|byte| byte.is_ascii_digit())
}
