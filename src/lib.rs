#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
//! User management behind a trait.

mod directory;
mod error;
#[cfg(feature = "in-memory")]
#[cfg_attr(docsrs, doc(cfg(feature = "in-memory")))]
pub mod in_memory;
mod model;
mod operation;

#[cfg(feature = "mock")]
#[cfg_attr(docsrs, doc(cfg(feature = "mock")))]
pub use directory::MockUserDirectory;
pub use directory::UserDirectory;
pub use error::{ApiError, Error, ErrorKind, Result, codes};
#[cfg(feature = "in-memory")]
#[cfg_attr(docsrs, doc(cfg(feature = "in-memory")))]
pub use in_memory::InMemoryUserDirectory;
pub use model::*;
pub use operation::{Method, Operation};
