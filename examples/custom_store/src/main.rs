//! A store that saves accounts in a file.
//!
//! `store.rs` implements the `UserStore` trait, and `file.rs` contains the file format. The program runs the
//! conformance suite on a directory that is backed by the store.

mod file;
mod store;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::path::Path;

use user_directory::conformance::{Report, Suite};
use user_directory::store_directory::{InstanceSettings, StoreUserDirectory, StoreUserDirectoryBuilder};

use crate::store::FileStore;

/// Opens a directory over the file, with the fastest password digests.
fn open(path: &Path) -> user_directory::Result<StoreUserDirectory<FileStore>> {
    let settings = InstanceSettings::permissive().bcrypt_cost(4);
    Ok(StoreUserDirectoryBuilder::new(FileStore::open(path)?).settings(settings).build())
}

async fn run_suite(path: &Path) -> user_directory::Result<Report> {
    let directory = open(path)?;
    Ok(Suite::new(&directory).fixture(&directory).run().await)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let report = run_suite(&folder.path().join("accounts.jsonl")).await?;
    report.assert_conformant();
    let (passed, not_applicable) = (report.passed().count(), report.not_applicable().count());
    println!("FileStore: {passed} behaviors passed, {not_applicable} are not applicable");
    Ok(())
}
