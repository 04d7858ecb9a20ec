//! The assumptions of `user_directory::store_directory`, with a probe for each one that can be tested through the API.
//!
//! A test compares the statements with the documentation of that module.

mod billing;
mod bulk;
mod filters;
mod ordering;
mod requests;
mod required;
mod second_factors;
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
pub const SECTIONS: &[(&str, &[&[Assumption]])] = &[
    ("Filters and order", &[filters::ASSUMPTIONS, ordering::ASSUMPTIONS]),
    ("Validation", &[validation::ASSUMPTIONS, required::ASSUMPTIONS]),
    (
        "Writes and second factors",
        &[updates::ASSUMPTIONS, bulk::ASSUMPTIONS, second_factors::ASSUMPTIONS, billing::ASSUMPTIONS],
    ),
    ("Requests and responses", &[requests::ASSUMPTIONS]),
];
