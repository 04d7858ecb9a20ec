//! Tests of `UserDirectoryExt`.

mod ensure;
mod finders;
mod metadata;
mod requests;
mod slow;
mod streams;
