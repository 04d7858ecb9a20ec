//! Loads the seed file.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use user_directory::store::UserStore;
use user_directory::store_directory::StoreUserDirectory;
use user_directory::{ErrorKind, UserDirectory, UserFilter};

type Failure = Box<dyn Error + Send + Sync>;

/// Loads a JSON array, or one user per line, unless there are users.
///
/// Parsing a large file takes long, so it runs on a thread that may block.
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
    let loaded = if file.fill_buf()?.trim_ascii_start().starts_with(b"[") {
        let mut users = String::new();
        file.read_to_string(&mut users)?;
        directory.load_json(&users).await
    } else {
        directory.load_json_lines(file).await
    };
    match loaded {
        Ok(_) => Ok(()),
        // The kind is omitted, because it describes a response.
        Err(error) if [ErrorKind::Decode, ErrorKind::Conflict].contains(&error.kind()) => {
            Err(error.message().map_or_else(|| error.to_string(), str::to_owned).into())
        }
        Err(error) => Err(error.into()),
    }
}
