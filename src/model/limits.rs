//! Limits on the arguments of operations.
//!
//! The limits are checked locally, because Clerk ignores some invalid values instead of rejecting the request.

use crate::error::{InputRule, Result};

/// The default number of elements per page.
pub const DEFAULT_LIMIT: u32 = 10;

/// The maximum number of elements per page.
pub const MAX_LIMIT: u32 = 500;

/// The maximum number of values in each list of a [`UserFilter`](crate::UserFilter).
///
/// Included and excluded values are counted together.
pub const MAX_FILTER_VALUES: usize = 100;

/// The maximum number of values in each list of a [`NewUser`](crate::NewUser) or [`UserUpdate`](crate::UserUpdate).
///
/// [`StoreUserDirectory`](crate::store_directory::StoreUserDirectory) and `clerk-emulator` enforce this limit. Clerk
/// does not document a limit.
pub const MAX_LIST_VALUES: usize = 100;

/// The maximum number of users in a bulk operation; see [`UserIdBatch`](crate::UserIdBatch).
pub const MAX_BULK_SIZE: usize = 50;

pub(crate) fn limit(limit: Option<u32>) -> Result<()> {
    match limit {
        Some(limit) if limit == 0 || limit > MAX_LIMIT => Err(InputRule::PageLimit.violated_by("limit")),
        _ => Ok(()),
    }
}

/// Checks the values of a filter. Empty values are rejected, because Clerk would ignore the filter.
pub(crate) fn filter_values<'a>(param_name: &'static str, values: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut number = 0;
    for value in values {
        if value.is_empty() {
            return Err(InputRule::FilterValue.violated_by(param_name));
        }
        number += 1;
    }
    if number > MAX_FILTER_VALUES {
        return Err(InputRule::FilterSize.violated_by(param_name));
    }
    Ok(())
}
