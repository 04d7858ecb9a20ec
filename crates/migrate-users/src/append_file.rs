//! [`AppendFile`]: an append-only file of lines, which recovers from a truncated last line.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::Failure;

/// The number of writes between two syncs to disk. A power failure loses at most this many writes, and the next run
/// repeats them. If the process is killed, no writes are lost.
const SYNC_EVERY: u32 = 100;

/// A file with personal data. On Unix, only its owner can read it. Only one process can write to it at a time.
#[derive(Debug)]
pub struct AppendFile {
    path: PathBuf,
    file: File,
    unsynced: u32,
}

impl AppendFile {
    /// Opens or creates a file, and calls `visit` with each existing line. Each line must start with `prefix`.
    ///
    /// A last line without a line feed is kept if it is complete, and removed if it is truncated. A file with other
    /// content is rejected and not modified. `visit` must return an error only for lines that it cannot parse, because a
    /// last line without a line feed is treated as truncated if `visit` returns an error.
    pub fn open(path: &Path, prefix: &str, visit: impl FnMut(&str) -> Result<(), Failure>) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let mut options = OpenOptions::new();
        // Not `append`, because Windows cannot truncate a file in that mode. The lock prevents other writers.
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(failed)?;
        // The permissions of a device such as `/dev/null` must not be changed.
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(format!("{} is not a file", path.display()).into());
        }
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => format!("{} is locked by another process", path.display()),
            TryLockError::Error(error) => failed(error),
        })?;

        let (valid_length, ending) = read_lines(path, &file, prefix, visit)?;
        file.set_len(valid_length).map_err(failed)?;
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        file.write_all(ending.as_bytes()).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file, unsynced: 0 })
    }

    /// Returns whether the file has no lines.
    pub fn is_empty(&self) -> Result<bool, Failure> {
        Ok(self.file.metadata().map_err(|error| self.failed(&error))?.len() == 0)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends lines, each with its line feed, in one write.
    pub fn append(&mut self, lines: &str) -> Result<(), Failure> {
        self.file.write_all(lines.as_bytes()).map_err(|error| self.failed(&error))?;
        self.unsynced += 1;
        if self.unsynced >= SYNC_EVERY { self.sync() } else { Ok(()) }
    }

    /// Syncs the file to disk.
    pub fn sync(&mut self) -> Result<(), Failure> {
        self.unsynced = 0;
        self.file.sync_data().map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &std::io::Error) -> Failure {
        format!("{}: {error}", self.path.display()).into()
    }
}

/// Reads a file without locking or modifying it, and calls `visit` with each line, as [`AppendFile::open`] does.
pub fn read(path: &Path, prefix: &str, visit: impl FnMut(&str) -> Result<(), Failure>) -> Result<(), Failure> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    read_lines(path, &file, prefix, visit).map(drop)
}

/// Calls `visit` with each line. Returns the length of the valid lines, and the line feed that the last one lacks.
fn read_lines(
    path: &Path,
    file: &File,
    prefix: &str,
    mut visit: impl FnMut(&str) -> Result<(), Failure>,
) -> Result<(u64, &'static str), Failure> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let (mut reader, mut line, mut valid_length, mut number) = (BufReader::new(file), Vec::new(), 0, 0_u64);
    let ending = loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line).map_err(failed)?;
        number += 1;
        let at_line = |problem: &str| format!("{}, line {number}: {problem}", path.display());
        let mut visit_bytes = |text: &[u8]| -> Result<(), Failure> {
            visit(std::str::from_utf8(text).map_err(|_| "is not UTF-8")?)?;
            valid_length += length as u64;
            Ok(())
        };
        match line.strip_suffix(b"\n") {
            Some(text) => visit_bytes(text).map_err(|error| at_line(&error.to_string()))?,
            None if line.is_empty() => break "",
            None if line.starts_with(prefix.as_bytes()) => {
                break if visit_bytes(&line).is_ok() { "\n" } else { "" };
            }
            None if prefix.as_bytes().starts_with(&line) => break "",
            None => {
                return Err(at_line("was not written by this program").into());
            }
        }
    };
    Ok((valid_length, ending))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn file(text: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    /// Lines look like `<one>`.
    fn open(path: &Path) -> Result<(AppendFile, Vec<String>), Failure> {
        let mut lines = Vec::new();
        let file = AppendFile::open(path, "<", |line| {
            lines.push(line.strip_suffix('>').ok_or("has no closing bracket")?.to_owned());
            Ok(())
        })?;
        Ok((file, lines))
    }

    #[test]
    fn truncated_last_line_is_removed() {
        for cut in ["", "<", "<thr", "<\u{e9}"] {
            // Cuts the last character in the middle of its encoding.
            let text = format!("<one>\n<two>\n{cut}");
            let (_folder, path) = file(&text.as_bytes()[..text.len() - usize::from(!cut.is_ascii())]);
            let (mut file, lines) = open(&path).unwrap();
            assert_eq!(lines, ["<one", "<two"]);
            file.append("<three>\n").unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "<one>\n<two>\n<three>\n");
        }
    }

    #[test]
    fn complete_last_line_without_line_feed_is_kept() {
        let (_folder, path) = file("<one>\n<two>");
        let (mut file, lines) = open(&path).unwrap();
        assert_eq!(lines, ["<one", "<two"]);
        file.append("<three>\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "<one>\n<two>\n<three>\n");
    }

    #[test]
    fn foreign_content_is_rejected_with_its_line_and_not_modified() {
        for (text, message) in [
            (&b"<one>\n\xff>\n"[..], "file, line 2: is not UTF-8"),
            (b"<one\n", "file, line 1: has no closing bracket"),
            (b"hello", "file, line 1: was not written by this program"),
            (b"<one>\nhello>", "file, line 2: was not written by this program"),
        ] {
            let (_folder, path) = file(text);
            let error = open(&path).unwrap_err().to_string();
            assert!(error.ends_with(message), "{error}");
            assert_eq!(std::fs::read(&path).unwrap(), text);
        }
    }

    #[cfg(unix)]
    #[test]
    fn file_is_private_and_locked() {
        use std::os::unix::fs::PermissionsExt;

        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let (folder, there) = file("<one>\n");
        std::fs::set_permissions(&there, PermissionsExt::from_mode(0o644)).unwrap();
        for path in [there, folder.path().join("new")] {
            let first = open(&path).unwrap();
            assert_eq!(mode(&path), 0o600);
            let error = open(&path).unwrap_err().to_string();
            assert!(error.ends_with("is locked by another process"), "{error}");
            drop(first);
            assert!(open(&path).is_ok());
        }
        assert_eq!(open(Path::new("/dev/null")).unwrap_err().to_string(), "/dev/null is not a file");
    }
}
