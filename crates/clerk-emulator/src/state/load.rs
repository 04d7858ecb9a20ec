//! Reading a state file.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use super::StateError;
use super::format::{self, Batch, WrongHeader};
use user_directory::UserId;
use user_directory::in_memory::snapshot::{Prepared, Record};

/// What a file holds.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) users: Prepared,
    /// Up to where the file is whole.
    pub(super) length: u64,
    /// Whether the file has to be written anew: there is none, or something in it counts no longer.
    pub(super) outdated: bool,
    /// A last line that was not finished.
    pub(super) torn: Vec<u8>,
}

impl Loaded {
    /// Of a file that does not exist yet.
    fn new() -> Self {
        Self { users: Prepared::default(), length: 0, outdated: true, torn: Vec::new() }
    }
}

/// Reads the file, and changes nothing.
pub(super) fn load(path: &Path) -> Result<Loaded, StateError> {
    let refused = |source| StateError::Io { path: path.to_owned(), source };
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Loaded::new()),
        Err(error) => return Err(refused(error)),
        // What is put in its place would be a file.
        Ok(metadata) if !metadata.is_file() => return Err(StateError::OtherFormat { path: path.to_owned() }),
        Ok(metadata) if metadata.len() == 0 => return Ok(Loaded::new()),
        Ok(_) => {}
    }
    let mut reader = BufReader::with_capacity(1 << 18, File::open(path).map_err(refused)?);
    let mut buffer = Vec::new();
    reader.read_until(b'\n', &mut buffer).map_err(refused)?;
    format::check_header(&buffer).map_err(|wrong| match wrong {
        WrongHeader::Format => StateError::OtherFormat { path: path.to_owned() },
        WrongHeader::Version(version) => StateError::LaterVersion { path: path.to_owned(), version },
    })?;
    let (mut length, mut line, mut changes, mut ends) = (buffer.len() as u64, 1, 0, true);
    let damaged = |line, what| StateError::Damaged { path: path.to_owned(), line, what };
    let mut users: HashMap<UserId, Arc<Record>> = HashMap::new();
    let torn = loop {
        buffer.clear();
        reader.read_until(b'\n', &mut buffer).map_err(refused)?;
        if buffer.is_empty() {
            break Vec::new();
        }
        if !buffer.ends_with(b"\n") {
            // A line whose checksum is right is finished, though somebody took its line feed.
            buffer.push(b'\n');
            ends = false;
            if format::verify(&buffer).is_err() {
                buffer.pop();
                break buffer;
            }
        }
        line += 1;
        let Batch { put, deleted } = format::read_batch(&buffer).map_err(|what| damaged(line, what))?;
        changes += put.len() + deleted.len();
        for record in put {
            users.insert(record.id().clone(), Arc::new(record));
        }
        for id in deleted {
            users.remove(&id);
        }
        length += buffer.len() as u64;
    };
    let outdated = !ends || changes > users.len();
    let mut records: Vec<_> = users.into_values().collect();
    Record::sort(&mut records);
    let ambiguous = "and those before it have two records that share an id or sequence number";
    let users = Prepared::new(records).ok_or_else(|| damaged(line, ambiguous.to_owned()))?;
    Ok(Loaded { users, length, outdated, torn })
}
