//! Tests of `UserDirectoryExt` and `MockUserDirectory`.

mod ensure;
mod finders;
mod metadata;
mod mock;
mod requests;
mod slow;
mod streams;
