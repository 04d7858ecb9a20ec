//! The published libraries accept our signatures, and we accept theirs. `libraries/README.md` describes their
//! installation.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;
use user_directory::time::{Clock, SystemClock};
use user_directory::webhooks::{UserEvent, Verifier, sign};
use user_directory::{User, UserId};

use crate::support::{OTHER_SECRET, SECRET, event_id, secret};

/// Returns the folder of the libraries: `WEBHOOK_LIBRARIES`, or the default of `libraries/install`.
fn libraries() -> PathBuf {
    let target = || integration_tests::root("target/webhook-libraries");
    std::env::var_os("WEBHOOK_LIBRARIES").map_or_else(target, PathBuf::from)
}

/// Lets the libraries of one language verify a message, and verifies their signatures of the same message.
fn check(program: &Path, script: &str, library: &Path) {
    if !library.exists() {
        assert!(std::env::var_os("SKIP_NO_TESTS").is_none(), "{} is missing", library.display());
        eprintln!("skipped: {} is missing; libraries/install installs it", library.display());
        return;
    }
    let mut user = User::new(UserId::new("user_1").unwrap());
    user.first_name = Some("Zoë <&>".into());
    let event = UserEvent::updated(event_id("msg_1"), user);
    let (body, now) = (event.to_json(), SystemClock.now());
    let headers = sign(&secret(OTHER_SECRET), &event.id, now, body.as_bytes());
    // As during a rotation, the second signature is the one that matches.
    let headers = headers.also_sign(&secret(SECRET), body.as_bytes());
    let [(_, id), (_, timestamp), (_, signature)] = headers.svix();
    let message =
        json!({ "secret": SECRET, "id": id, "timestamp": timestamp, "signature": signature, "body": body }).to_string();

    let mut child = Command::new(program)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/webhooks/libraries").join(script))
        .env("LIBRARIES", libraries().canonicalize().unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    child.stdin.take().unwrap().write_all(message.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{script}: {}", output.status);
    let signatures: BTreeMap<String, String> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(signatures.keys().collect::<Vec<_>>(), ["standardwebhooks", "svix"]);
    for (library, signature) in signatures {
        let headers = [("svix-id", id), ("svix-timestamp", timestamp), ("svix-signature", &signature)];
        let verified = Verifier::new(secret(SECRET)).verify(headers, body.as_bytes());
        assert_eq!(verified.unwrap_or_else(|error| panic!("{library}: {error}")), event);
    }
}

#[test]
fn published_javascript_libraries_and_command_line_verify_and_sign() {
    check(Path::new("node"), "check.mjs", &libraries().join("node_modules/svix"));
}

#[test]
fn published_python_libraries_verify_and_sign() {
    let python = libraries().join("python/bin/python");
    check(&python, "check.py", &python);
}
