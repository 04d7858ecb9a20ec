//! The rules of the operations, as functions that change an account.
//!
//! A rule that fails leaves the account unchanged and generates no id.

pub(crate) mod bans_and_locks;
pub(crate) mod billing;
pub(crate) mod contacts;
pub(crate) mod create;
pub(crate) mod delete;
mod ids;
pub(crate) mod images;
pub(crate) mod metadata;
pub(crate) mod password_hash;
pub(crate) mod passwords;
pub(crate) mod rejection;
pub(crate) mod resources;
pub(crate) mod second_factors;
pub(crate) mod seed;
mod settings;
mod totp;
pub(crate) mod update;
mod validation;
pub(crate) mod view;

use std::collections::HashSet;

use jiff::Timestamp;

pub use ids::{IdGenerator, RandomIds, SequentialIds};
pub use settings::{Attribute, InstanceSettings, Requirement};

use crate::account::Identifier;
use crate::error::{Error, ErrorKind, Result};
use crate::model::InvalidId;

/// The inputs of a rule, in addition to the account and the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) now: Timestamp,
    pub(crate) settings: &'a InstanceSettings,
    pub(crate) ids: &'a dyn IdGenerator,
}

/// Identifiers that other users own.
pub(crate) type TakenIdentifiers = HashSet<Identifier<'static>>;

/// Generates an id of type `T`.
pub(crate) fn new_id<T>(ids: &dyn IdGenerator, prefix: &str) -> Result<T>
where
    T: TryFrom<String, Error = InvalidId>,
{
    T::try_from(ids.next_id(prefix)).map_err(|error| {
        let message = "the id generator returned a malformed id";
        Error::new(ErrorKind::Configuration).with_message(message).with_source(error)
    })
}

/// Generates an id that is not taken.
///
/// `taken_ids` is the number of taken ids. The generator may return taken ids, so up to `taken_ids + 1` ids are
/// generated.
fn free_id<T>(ids: &dyn IdGenerator, prefix: &str, taken_ids: usize, is_taken: impl Fn(&T) -> bool) -> Result<T>
where
    T: TryFrom<String, Error = InvalidId>,
{
    // Among `taken_ids + 1` distinct ids, at least one is free.
    for _ in 0..=taken_ids {
        let id = new_id(ids, prefix)?;
        if !is_taken(&id) {
            return Ok(id);
        }
    }
    Err(repeated_ids())
}

/// Creates the error for a generator that returns duplicate ids.
pub(crate) fn repeated_ids() -> Error {
    Error::new(ErrorKind::Configuration).with_message("the id generator repeats ids")
}

#[cfg(test)]
mod tests;
