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

/// Loads a JSON array, a page of users, or one user per line. Does nothing if there already are users.
///
/// Parsing a large file takes a long time, so it runs on a blocking thread.
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
    let mut text = String::new();
    while text.trim().is_empty() && file.read_line(&mut text)? > 0 {}
    let loaded = if is_user(&text) {
        directory.load_json_lines(text.as_bytes().chain(file)).await
    } else {
        file.read_to_string(&mut text)?;
        directory.load_json(&text).await
    };
    match loaded {
        Ok(_) => Ok(()),
        // The kind is omitted, because its message is about HTTP responses.
        Err(error) if [ErrorKind::Decode, ErrorKind::Conflict, ErrorKind::InvalidInput].contains(&error.kind()) => {
            Err(error.message().map_or_else(|| error.to_string(), str::to_owned).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Returns `true` if a line is a complete object that is not a page of users.
fn is_user(line: &str) -> bool {
    #[derive(Deserialize)]
    struct Object {
        data: Option<IgnoredAny>,
    }
    let line = line.trim_start_matches('\u{feff}');
    line.trim_start().starts_with('{') && serde_json::from_str(line).is_ok_and(|Object { data }| data.is_none())
}
