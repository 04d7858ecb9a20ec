//! Users to begin with, from a file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::in_memory::InMemoryUserDirectory;

/// Loads a JSON array, or one user a line: then without holding all of the file in memory.
pub(super) fn load(directory: &InMemoryUserDirectory, path: &Path) -> Result<usize> {
    let unreadable = |error: io::Error| Error::new(ErrorKind::Configuration).with_message(error.to_string());
    let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
    let is_array = file.fill_buf().map_err(unreadable)?.trim_ascii_start().starts_with(b"[");
    if !is_array {
        return directory.load_json_lines(file);
    }
    let mut users = String::new();
    file.read_to_string(&mut users).map_err(unreadable)?;
    directory.load_json(&users)
}
