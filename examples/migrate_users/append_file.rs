//! [`AppendFile`]: a file that only grows, a line at a time, and may be cut off anywhere.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::Failure;

/// After so many writes the system is asked to put everything on the disk. A program that is killed loses nothing that
/// was written; a machine that loses its power loses no more than this, which every file here can do without.
const SYNC_EVERY: u32 = 100;

/// A file of personal data: only its owner can read it, and only one process at a time writes to it.
#[derive(Debug)]
pub struct AppendFile {
    path: PathBuf,
    file: File,
    unsynced: u32,
}

impl AppendFile {
    /// Opens a file, or makes one, and shows each line that is there. A last line without an end was cut off while it was
    /// written, and is taken away.
    pub fn open(path: &Path, mut see: impl FnMut(&str) -> Result<(), Failure>) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(failed)?;
        file.try_lock().map_err(|_| format!("{}: another process writes to it", path.display()))?;

        let (mut reader, mut line, mut whole, mut number) = (BufReader::new(&file), Vec::new(), 0, 0_u64);
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line).map_err(failed)?;
            let Some(text) = line.strip_suffix(b"\n") else { break };
            number += 1;
            let told = |problem| format!("{}, line {number}: {problem}", path.display());
            let text = std::str::from_utf8(text).map_err(|_| told("is not text".to_owned()))?;
            see(text).map_err(|problem| told(problem.to_string()))?;
            whole += length as u64;
        }
        file.set_len(whole).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file, unsynced: 0 })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds lines, each with its end, in one write.
    pub fn append(&mut self, lines: &str) -> Result<(), Failure> {
        self.file.write_all(lines.as_bytes()).map_err(|error| self.failed(&error))?;
        self.unsynced += 1;
        if self.unsynced >= SYNC_EVERY { self.sync() } else { Ok(()) }
    }

    /// Puts everything on the disk.
    pub fn sync(&mut self) -> Result<(), Failure> {
        self.unsynced = 0;
        self.file.sync_data().map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &std::io::Error) -> Failure {
        format!("{}: {error}", self.path.display()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &Path) -> Vec<String> {
        let mut lines = Vec::new();
        AppendFile::open(path, |line| {
            lines.push(line.to_owned());
            Ok(())
        })
        .unwrap();
        lines
    }

    #[test]
    fn a_line_that_was_cut_off_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "one\ntwo\nthr").unwrap();
        assert_eq!(lines(&path), ["one", "two"]);
        AppendFile::open(&path, |_| Ok(())).unwrap().append("three\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\nthree\n");
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"one\n\xff\n").unwrap();
        let error = AppendFile::open(&path, |_| Ok(())).unwrap_err().to_string();
        assert!(error.ends_with("file, line 2: is not text"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn it_is_private_and_for_one_process() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let open = AppendFile::open(&path, |_| Ok(())).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let error = AppendFile::open(&path, |_| Ok(())).unwrap_err().to_string();
        assert!(error.ends_with("another process writes to it"), "{error}");
        drop(open);
        assert!(AppendFile::open(&path, |_| Ok(())).is_ok());
    }
}
