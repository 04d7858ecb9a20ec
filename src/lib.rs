#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![warn(missing_docs, missing_debug_implementations, unreachable_pub)]
//! User management behind a trait.

#[cfg(feature = "clerk")]
mod clerk;
mod directory;
mod error;
mod model;
mod operation;

#[cfg(feature = "clerk")]
#[cfg_attr(docsrs, doc(cfg(feature = "clerk")))]
pub use clerk::{ClerkBuilder, ClerkUserDirectory, SecretKey};
#[cfg(feature = "mock")]
pub use directory::MockUserDirectory;
pub use directory::UserDirectory;
pub use error::{ApiError, Error, ErrorKind, Result, codes};
pub use model::*;
pub use operation::{Method, Operation};
