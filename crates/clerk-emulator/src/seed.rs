//! Loads the seed file.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use user_directory::store::UserStore;
use user_directory::store_directory::StoreUserDirectory;
use user_directory::{ErrorKind, UserDirectory, UserFilter};

type Failure = Box<dyn Error + Send + Sync>;

/// Loads users from a JSON array, a page of users, or JSON Lines. Does nothing if the directory already has users.
///
/// Parsing a large file takes a long time, so the file is loaded on a blocking thread.
pub(crate) async fn load(directory: &StoreUserDirectory<dyn UserStore>, path: &Path) -> Result<(), Failure> {
    let (directory, path) = (directory.clone(), path.to_owned());
    let runtime = tokio::runtime::Handle::current();
    let load = move || runtime.block_on(load_file(&directory, &path));
    tokio::task::spawn_blocking(load).await?
}

async fn load_file(directory: &StoreUserDirectory<dyn UserStore>, path: &Path) -> Result<(), Failure> {
    if directory.count(&UserFilter::new()).await? > 0 {
        return Ok(());
    }
    let mut file = BufReader::new(File::open(path)?);
    let start = file.fill_buf()?;
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return Err("the file is UTF-16; save it as UTF-8".into());
    }
    // The first line distinguishes JSON Lines, which is read line by line, from other JSON, which is read completely.
    let mut text = Vec::new();
    while text.trim_ascii().is_empty() && file.read_until(b'\n', &mut text)? > 0 {}
    let loaded = if is_user(&text) {
        directory.load_json_lines(text.as_slice().chain(file)).await
    } else {
        file.read_to_end(&mut text)?;
        directory.load_json(utf8(&text)?).await
    };
    match loaded {
        Ok(_) => Ok(()),
        // The kind is omitted, because its message is about HTTP responses.
        Err(error) if [ErrorKind::Decode, ErrorKind::Conflict, ErrorKind::InvalidInput].contains(&error.kind()) => {
            let message = error.message().map_or_else(|| error.to_string(), str::to_owned);
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            Err(format!("{message}{cause}").into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Returns `true` if a line is a complete object that is not a page of users.
fn is_user(line: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Object {
        data: Option<IgnoredAny>,
    }
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line).trim_ascii();
    // The names of fields decide. A value that is not UTF-8 is reported when the line is decoded.
    let line = String::from_utf8_lossy(line);
    line.starts_with('{') && serde_json::from_str(&line).is_ok_and(|Object { data }| data.is_none())
}

/// Returns the text of a file, or an error with the number of the first line that is not UTF-8.
fn utf8(bytes: &[u8]) -> Result<&str, Failure> {
    str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
        format!("line {line} is not UTF-8; save the file as UTF-8").into()
    })
}
