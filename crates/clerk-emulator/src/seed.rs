//! Users to begin with, from a file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use crate::in_memory::InMemoryUserDirectory;

/// Loads a JSON array, or one user a line: then without holding all of the file in memory.
pub(super) fn load(directory: &InMemoryUserDirectory, path: &Path) -> io::Result<usize> {
    let mut file = BufReader::new(File::open(path)?);
    let loaded = if file.fill_buf()?.trim_ascii_start().starts_with(b"[") {
        let mut users = String::new();
        file.read_to_string(&mut users)?;
        directory.load_json(&users)
    } else {
        directory.load_json_lines(file)
    };
    loaded.map_err(|error| {
        // The kind speaks of answers.
        let what = error.message().map_or_else(|| error.to_string(), str::to_owned);
        io::Error::new(io::ErrorKind::InvalidData, what)
    })
}
