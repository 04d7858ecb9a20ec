//! What every directory has besides its operations.

mod ensure;
mod finders;
mod metadata;
mod requests;
mod slow;
mod streams;
