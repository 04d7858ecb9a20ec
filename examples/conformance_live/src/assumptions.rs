//! The assumptions of `user_directory::store_directory`, with a probe for each one that the Backend API can test.
//!
//! A test compares the statements with the documentation of that module.

mod billing;
mod bulk;
mod filters;
mod metadata;
mod ordering;
mod requests;
mod required;
mod second_factors;
mod uniqueness;
mod updates;
mod validation;

use futures_util::future::BoxFuture;

use crate::probe::{Finding, Probe};

/// Checks one assumption.
pub type Check = for<'a> fn(&'a Probe<'a>) -> BoxFuture<'a, Finding>;

/// A sentence of the documentation, without links.
pub struct Assumption {
    pub statement: &'static str,
    /// The probe, or the reason why there is none.
    pub check: Result<Check, &'static str>,
}

const fn probed(statement: &'static str, check: Check) -> Assumption {
    Assumption { statement, check: Ok(check) }
}

const fn not_probed(statement: &'static str, reason: &'static str) -> Assumption {
    Assumption { statement, check: Err(reason) }
}

/// The assumptions of each section of the documentation, in its order.
pub const SECTIONS: &[(&str, &[Assumption])] = &[
    ("Filters", filters::ASSUMPTIONS),
    ("Ordering", ordering::ASSUMPTIONS),
    ("Validation", validation::ASSUMPTIONS),
    ("Required and disabled attributes", required::ASSUMPTIONS),
    ("Uniqueness", uniqueness::ASSUMPTIONS),
    ("Updates", updates::ASSUMPTIONS),
    ("Metadata", metadata::ASSUMPTIONS),
    ("Passwords and second factors", second_factors::ASSUMPTIONS),
    ("Bulk operations", bulk::ASSUMPTIONS),
    ("External accounts and billing", billing::ASSUMPTIONS),
    ("Requests and responses", requests::ASSUMPTIONS),
];
