//! Random calls to user directories, for property tests and fuzzing.
//!
//! [`Random`] decodes values from bytes. [`run`] decodes a call, makes it on multiple [`Directories`] and compares the
//! results. The [`checks`] compare the stored data of the directories.
//!
//! Plain passwords are not generated, because their digests have random salts and would differ.
#![allow(clippy::missing_panics_doc, reason = "the functions panic if the directories differ")]

pub mod checks;
mod directories;
mod fixtures;
mod queries;
mod random;
mod seeds;
mod steps;

pub use directories::{Directories, Store};
pub use queries::compare;
pub use random::Random;
pub use seeds::load_first_users;
pub use steps::run;
