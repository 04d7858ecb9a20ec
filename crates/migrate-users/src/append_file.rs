//! [`AppendFile`]: an append-only file of lines that can be truncated anywhere.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::Failure;

/// The number of writes between two syncs to disk. Killing the process loses nothing that was written. A power failure
/// loses at most this many writes, which every file here tolerates.
const SYNC_EVERY: u32 = 100;

/// A file of personal data: on Unix only its owner can read it, and only one process can write to it at a time.
#[derive(Debug)]
pub struct AppendFile {
    path: PathBuf,
    file: File,
    unsynced: u32,
}

impl AppendFile {
    /// Opens or creates a file, and visits each existing line. Each line starts with `beginning`.
    ///
    /// A last line without a line feed is completed if it is whole, and removed if it was truncated. A file with other
    /// content is rejected and not modified.
    pub fn open(
        path: &Path,
        beginning: &str,
        mut see: impl FnMut(&str) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let mut options = OpenOptions::new();
        // Not `append`, because Windows cannot truncate such a file. The lock prevents other writers.
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(failed)?;
        // A device such as `/dev/null`, whose permissions must not be changed.
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(format!("{}: is not a file", path.display()).into());
        }
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => format!("{}: another process writes to it", path.display()),
            TryLockError::Error(error) => failed(error),
        })?;

        let (mut reader, mut line, mut whole, mut number) = (BufReader::new(&file), Vec::new(), 0, 0_u64);
        let last = loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line).map_err(failed)?;
            number += 1;
            let told = |problem| format!("{}, line {number}: {problem}", path.display());
            let mut see = |text: &[u8]| -> Result<(), Failure> {
                see(std::str::from_utf8(text).map_err(|_| "is not text")?)?;
                whole += length as u64;
                Ok(())
            };
            match line.strip_suffix(b"\n") {
                Some(text) => see(text).map_err(|problem| told(problem.to_string()))?,
                None if line.is_empty() => break "",
                None if line.starts_with(beginning.as_bytes()) => break if see(&line).is_ok() { "\n" } else { "" },
                None if beginning.as_bytes().starts_with(&line) => break "",
                None => {
                    return Err(told("is neither a line of this program nor the beginning of one".to_owned()).into());
                }
            }
        };
        file.set_len(whole).map_err(failed)?;
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        file.write_all(last.as_bytes()).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file, unsynced: 0 })
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
            lines.push(line.strip_suffix('>').ok_or("has no end")?.to_owned());
            Ok(())
        })?;
        Ok((file, lines))
    }

    #[test]
    fn truncated_last_line_is_removed() {
        for cut in ["", "<", "<thr", "<\u{e9}"] {
            // The encoding of an accented character is truncated.
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
        for (text, told) in [
            (&b"<one>\n\xff>\n"[..], "file, line 2: is not text"),
            (b"<one\n", "file, line 1: has no end"),
            (b"hello", "file, line 1: is neither a line of this program nor the beginning of one"),
            (b"<one>\nhello>", "file, line 2: is neither a line of this program nor the beginning of one"),
        ] {
            let (_folder, path) = file(text);
            let error = open(&path).unwrap_err().to_string();
            assert!(error.ends_with(told), "{error}");
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
            assert!(error.ends_with("another process writes to it"), "{error}");
            drop(first);
            assert!(open(&path).is_ok());
        }
        assert_eq!(open(Path::new("/dev/null")).unwrap_err().to_string(), "/dev/null: is not a file");
    }
}
