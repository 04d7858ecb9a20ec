//! Sends the program events that are signed by the published libraries.
//! `crates/integration-tests/tests/webhooks/libraries/README.md` describes their installation.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the folder of the libraries: `WEBHOOK_LIBRARIES`, or the default of `libraries/install`.
fn libraries() -> PathBuf {
    let target = || root().join("target/webhook-libraries");
    std::env::var_os("WEBHOOK_LIBRARIES").map_or_else(target, PathBuf::from)
}

/// The running program. Dropping it stops the program.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn send(interpreter: &Path, script: &str, library: &Path) {
    if !library.exists() {
        assert!(std::env::var_os("SKIP_NO_TESTS").is_none(), "{} is missing", library.display());
        eprintln!("skipped: {} is missing; libraries/install installs it", library.display());
        return;
    }
    let mut program = Program(
        Command::new(env!("CARGO_BIN_EXE_webhooks_axum"))
            .env("LISTEN_ADDR", "127.0.0.1:0")
            .env("CLERK_WEBHOOK_SIGNING_SECRET", SECRET)
            .env_remove("CLERK_SECRET_KEY")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut line = String::new();
    BufReader::new(program.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening on ").unwrap();
    let output = Command::new(interpreter)
        .arg(root().join("crates/integration-tests/tests/webhooks/libraries").join(script))
        .env("LIBRARIES", libraries().canonicalize().unwrap())
        .env("RECEIVER_URL", format!("{url}/webhooks/clerk"))
        .env("WEBHOOK_SECRET", SECRET)
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", interpreter.display()));
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "all messages were handled");
}

#[test]
fn events_signed_by_the_javascript_libraries_are_handled() {
    send(Path::new("node"), "send.mjs", &libraries().join("node_modules/svix"));
}

#[test]
fn events_signed_by_the_python_libraries_are_handled() {
    let python = libraries().join("python/bin/python");
    send(&python, "send.py", &python);
}
