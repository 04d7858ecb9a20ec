//! The file format: one JSON object for each account.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tempfile::NamedTempFile;
use user_directory::model::{PasswordDigest, PasswordHasher};
use user_directory::store::{Document, DocumentError, StoredAccount};
use user_directory::{Error, ErrorKind, Result};

/// A line of the file.
///
/// Secrets are in plain text, so only the file's owner can read it (mode 0600). This is not sufficient in production,
/// because stolen TOTP secrets and OAuth tokens can be used. Encrypt them with a key that is stored elsewhere.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    version: u64,
    sequence: u64,
    document: Box<RawValue>,
    password: Option<(PasswordHasher, String)>,
    secrets: Option<String>,
}

fn to_line(stored: &StoredAccount) -> Result<String, DocumentError> {
    let Document { json, password, secrets } = Document::of(&stored.account)?;
    let password = password.map(|digest| (digest.hasher().clone(), digest.expose_secret().to_owned()));
    let (document, secrets) = (RawValue::from_string(json)?, secrets.map(|secrets| secrets.to_string()));
    let line = Line { version: stored.version, sequence: stored.sequence, document, password, secrets };
    Ok(serde_json::to_string(&line)? + "\n")
}

fn from_line(line: Line) -> Result<StoredAccount, DocumentError> {
    let password = line.password.map(|(hasher, digest)| PasswordDigest::new(hasher, digest));
    let (json, secrets) = (line.document.get().to_owned(), line.secrets.map(Into::into));
    Ok(StoredAccount::new(Document { json, password, secrets }.into_account()?, line.version, line.sequence))
}

/// Returns the accounts in the file, or no accounts if the file does not exist.
pub fn read(path: &Path) -> Result<Vec<StoredAccount>> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        result => result.map_err(unavailable)?,
    };
    let lines = serde_json::Deserializer::from_str(&text).into_iter();
    // The message of a serde_json error may contain values from the file. The message of a `DocumentError` does not.
    let accounts = lines.map(|line| from_line(line.map_err(DocumentError::from)?));
    accounts.collect::<Result<_, _>>().map_err(|error| Error::new(ErrorKind::Decode).with_source(error))
}

/// Replaces the file. If this fails, the file is unchanged.
pub fn replace<'a>(path: &Path, accounts: impl Iterator<Item = &'a StoredAccount>) -> Result<()> {
    let lines = accounts.map(to_line).collect::<Result<String, _>>();
    let lines = lines.map_err(|error| Error::new(ErrorKind::Server).with_source(error).with_nothing_changed())?;
    let write = || {
        // Temporary files have mode 0600, and are deleted unless they are persisted.
        let mut file = NamedTempFile::new_in(folder(path))?;
        file.write_all(lines.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(io::Error::from)
    };
    write().map_err(|error| unavailable(error).with_nothing_changed())
}

/// Makes the last replacement durable. Windows does not have this operation and does not need it.
pub fn sync(path: &Path) -> Result<()> {
    let synced = if cfg!(windows) { Ok(()) } else { File::open(folder(path)).and_then(|folder| folder.sync_all()) };
    synced.map_err(unavailable)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

/// Converts a file system error.
pub fn unavailable(error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable).with_source(error)
}
