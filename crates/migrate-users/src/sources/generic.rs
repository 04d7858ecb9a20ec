//! CSV and JSON files of any other system, with the names of Clerk's API and common aliases.

use super::{Source, Verification};

/// Unknown names are errors, because their values may be important.
const GENERIC: Source = Source {
    ignores_unknown: false,
    verification: Verification::Undecided,
    external_id: &["id", "user_id", "uid", "uuid", "_id"],
    ..Source::new("")
};

pub static CSV: Source = Source { name: "csv", ..GENERIC };
pub static JSONL: Source = Source { name: "jsonl", ..GENERIC };
