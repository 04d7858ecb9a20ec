//! Directories around a directory.

#[cfg(feature = "in-memory")]
mod fault;
#[cfg(feature = "in-memory")]
mod faulty;
mod read_only;
mod recording;

#[cfg(feature = "in-memory")]
#[cfg_attr(docsrs, doc(cfg(feature = "in-memory")))]
pub use fault::Fault;
#[cfg(feature = "in-memory")]
#[cfg_attr(docsrs, doc(cfg(feature = "in-memory")))]
pub use faulty::FaultyUserDirectory;
pub use read_only::ReadOnlyUserDirectory;
pub use recording::{CallOutcome, RecordedCall, RecordingUserDirectory};
