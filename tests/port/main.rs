//! The conveniences of every directory, and the mock.

mod ensure;
mod finders;
mod metadata;
mod mock;
mod requests;
mod slow;
mod streams;
