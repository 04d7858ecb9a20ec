//! The state file of the emulator: any file is loaded or rejected, and a rejected file is not modified. If the first byte
//! is odd, correct checksums are added to the lines after it.
#![no_main]

use std::fmt::Write;
use std::path::Path;

use clerk_emulator::{Emulator, StartError};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};
use tokio::runtime::Builder;
use user_directory::InMemoryUserDirectory;

fn with_checksums(lines: &[u8]) -> Vec<u8> {
    let mut file = b"{\"format\":\"user-directory state\",\"version\":1}\n".to_vec();
    for line in lines.split(|byte| *byte == b'\n') {
        let mut checksum = String::new();
        for byte in Sha256::digest(line) {
            write!(checksum, "{byte:02x}").expect("writing to a string");
        }
        file.extend_from_slice(format!("{{\"sha256\":\"{checksum}\",\"batch\":").as_bytes());
        file.extend_from_slice(line);
        file.extend_from_slice(b"}\n");
    }
    file
}

async fn load(path: &Path) -> Result<usize, StartError> {
    let directory = InMemoryUserDirectory::new();
    let emulator = Emulator::builder().in_memory(directory.clone()).state(path).start().await?;
    let users = directory.len();
    emulator.stop().await.expect("the state is saved");
    Ok(users)
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let file = if first % 2 == 1 { with_checksums(rest) } else { rest.to_vec() };
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let folder = folder.expect("a folder");
    let path = folder.path().join("users.state");
    std::fs::write(&path, &file).expect("a file");
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    match runtime.block_on(load(&path)) {
        Ok(users) => {
            assert_eq!(runtime.block_on(load(&path)).expect("a loaded file can be loaded again"), users);
        }
        Err(StartError::State(_)) => assert_eq!(std::fs::read(&path).expect("the rejected file"), file),
        Err(error) => panic!("{error}"),
    }
});
