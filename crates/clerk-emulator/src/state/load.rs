//! Loads a state file.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use super::StateError;
use super::format::{self, Batch, InvalidHeader};
use user_directory::UserId;
use user_directory::in_memory::snapshot::{PreparedUsers, Record};

/// The contents of a state file.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) users: PreparedUsers,
    /// The length of the complete lines, in bytes.
    pub(super) length: u64,
    /// Whether the file must be rewritten, because it does not exist or contains outdated records.
    pub(super) needs_rewrite: bool,
    /// An incomplete last line.
    pub(super) torn: Vec<u8>,
}

impl Loaded {
    /// Returns the contents of a file that does not exist yet.
    fn new() -> Self {
        Self { users: PreparedUsers::default(), length: 0, needs_rewrite: true, torn: Vec::new() }
    }
}

/// Reads the file without modifying it.
pub(super) fn load(path: &Path) -> Result<Loaded, StateError> {
    let io_error = |source| StateError::Io { path: path.to_owned(), source };
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Loaded::new()),
        Err(error) => return Err(io_error(error)),
        // A compaction would replace it by a regular file.
        Ok(metadata) if !metadata.is_file() => return Err(StateError::UnknownFormat { path: path.to_owned() }),
        Ok(metadata) if metadata.len() == 0 => return Ok(Loaded::new()),
        Ok(_) => {}
    }
    let mut reader = BufReader::with_capacity(1 << 18, File::open(path).map_err(io_error)?);
    let mut buffer = Vec::new();
    reader.read_until(b'\n', &mut buffer).map_err(io_error)?;
    format::check_header(&buffer).map_err(|error| match error {
        InvalidHeader::UnknownFormat => StateError::UnknownFormat { path: path.to_owned() },
        InvalidHeader::UnsupportedVersion(version) => StateError::UnsupportedVersion { path: path.to_owned(), version },
    })?;
    let (mut length, mut line, mut changes, mut terminated) = (buffer.len() as u64, 1, 0, true);
    let damaged = |line, reason| StateError::Damaged { path: path.to_owned(), line, reason };
    let mut users: HashMap<UserId, Arc<Record>> = HashMap::new();
    let torn = loop {
        buffer.clear();
        reader.read_until(b'\n', &mut buffer).map_err(io_error)?;
        if buffer.is_empty() {
            break Vec::new();
        }
        if !buffer.ends_with(b"\n") {
            // A line with a valid checksum is complete, even without its line feed.
            buffer.push(b'\n');
            terminated = false;
            if format::verify(&buffer).is_err() {
                buffer.pop();
                break buffer;
            }
        }
        line += 1;
        let Batch { put, deleted } = format::read_batch(&buffer).map_err(|reason| damaged(line, reason))?;
        changes += put.len() + deleted.len();
        for record in put {
            users.insert(record.id().clone(), Arc::new(record));
        }
        for id in deleted {
            users.remove(&id);
        }
        length += buffer.len() as u64;
    };
    let needs_rewrite = !terminated || changes > users.len();
    let mut records: Vec<_> = users.into_values().collect();
    Record::sort(&mut records);
    let conflict = "or an earlier line has a record with the id or sequence number of another record";
    let users = PreparedUsers::new(records).ok_or_else(|| damaged(line, conflict.to_owned()))?;
    Ok(Loaded { users, length, needs_rewrite, torn })
}
