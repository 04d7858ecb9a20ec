//! A crate that depends on `user-directory`, with an example of each kind of implementor.

pub mod adapter;
pub mod greeter;
pub mod interceptor;
pub mod wrapper;
