//! Loads the seed file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use user_directory::InMemoryUserDirectory;

/// Loads a JSON array, or one user per line. The latter does not hold the whole file in memory.
pub(crate) fn load(directory: &InMemoryUserDirectory, path: &Path) -> io::Result<usize> {
    let mut file = BufReader::new(File::open(path)?);
    let loaded = if file.fill_buf()?.trim_ascii_start().starts_with(b"[") {
        let mut users = String::new();
        file.read_to_string(&mut users)?;
        directory.load_json(&users)
    } else {
        directory.load_json_lines(file)
    };
    loaded.map_err(|error| {
        // The kind is omitted, because it describes a response.
        let message = error.message().map_or_else(|| error.to_string(), str::to_owned);
        io::Error::new(io::ErrorKind::InvalidData, message)
    })
}
