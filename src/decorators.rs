//! Directories around a directory.

mod read_only;
mod recording;

pub use read_only::ReadOnlyUserDirectory;
pub use recording::{CallOutcome, RecordedCall, RecordingUserDirectory};
