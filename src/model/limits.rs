//! The rule book: limits that are checked before anything is sent, by every implementation.
//!
//! These are the ones that the service would ignore or misread. What it refuses clearly is left to it.

use crate::error::{Error, Result};

/// How many things a page has if no limit is given.
pub const DEFAULT_LIMIT: u32 = 10;

/// The most things on a page.
pub const MAX_LIMIT: u32 = 500;

/// The most values in one filter.
pub const MAX_FILTER_VALUES: usize = 100;

/// The most users in a bulk operation.
pub const MAX_BULK_SIZE: usize = 50;

pub(crate) fn limit(limit: Option<u32>) -> Result<()> {
    match limit {
        Some(limit) if limit == 0 || limit > MAX_LIMIT => {
            Err(Error::invalid_input("limit", "the limit must be from 1 to 500"))
        }
        _ => Ok(()),
    }
}

/// An empty value is refused, because a service that ignores it takes the filter for none and returns every user.
pub(crate) fn filter_values<'a>(param_name: &'static str, values: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut number = 0;
    for value in values {
        if value.is_empty() {
            return Err(Error::invalid_input(param_name, "a filter's value must not be empty"));
        }
        number += 1;
    }
    if number > MAX_FILTER_VALUES {
        return Err(Error::invalid_input(param_name, "a filter takes at most 100 values"));
    }
    Ok(())
}
