//! Runs the `clerk-emulator` program in a separate process.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use user_directory::{ClerkUserDirectory, SecretKey};

use crate::memory;

/// Builds the emulator, and returns the path of its program.
pub fn build() -> PathBuf {
    let build = ["build", "--release", "--package", "clerk-emulator", "--message-format", "json"];
    let output = Command::new(env!("CARGO")).args(build).stderr(Stdio::inherit()).output().expect("cargo can be run");
    let messages = output.stdout.split(|byte| *byte == b'\n');
    let mut messages = messages.filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok());
    let path = messages.find_map(|message| message["executable"].as_str().map(PathBuf::from));
    path.expect("the program is built")
}

/// A running emulator, stopped on drop.
pub struct Program {
    process: Child,
    url: String,
}

impl Program {
    /// Starts the program with an option, and waits until it listens.
    pub fn start(program: &PathBuf, option: &str, value: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.args(["--permissive", "--port", "0", option]).arg(value);
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the emulator starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("the output is piped");
        BufReader::new(output).read_line(&mut line).expect("the emulator prints its URL");
        let url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        Self { process, url }
    }

    pub fn directory(&self) -> ClerkUserDirectory {
        let key = SecretKey::new("sk_test_benchmark").expect("the key is valid");
        ClerkUserDirectory::builder(key).base_url(&self.url).build().expect("the configuration is valid")
    }

    /// Returns the resident memory of the program, or 0 if the system does not report it.
    pub fn resident_bytes(&self) -> u64 {
        memory::resident_bytes_of(self.process.id())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
