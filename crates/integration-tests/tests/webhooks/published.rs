//! The published libraries accept our signatures, and we accept theirs. `libraries/README.md` describes their
//! installation.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clerk_emulator::{Emulator, Endpoint};
use serde_json::json;
use user_directory::time::{Clock, SystemClock};
use user_directory::webhooks::{UserEvent, Verifier, VerifyError, sign};
use user_directory::{NewUser, User, UserDirectory, UserId};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{OTHER_SECRET, SECRET, event_id, secret};

/// Returns the folder of the libraries: `WEBHOOK_LIBRARIES`, or the default of `libraries/install`.
fn libraries() -> PathBuf {
    let target = || integration_tests::root("target/webhook-libraries");
    std::env::var_os("WEBHOOK_LIBRARIES").map_or_else(target, PathBuf::from)
}

/// A signed message.
struct Message {
    id: String,
    timestamp: String,
    signature: String,
    body: String,
}

impl Message {
    fn new(headers: [(&str, &str); 3], body: String) -> Self {
        let [id, timestamp, signature] = headers.map(|(_, value)| value.to_owned());
        Self { id, timestamp, signature, body }
    }

    fn verified(&self, signature: &str) -> Result<UserEvent, VerifyError> {
        let headers =
            [("svix-id", self.id.as_str()), ("svix-timestamp", &self.timestamp), ("svix-signature", signature)];
        Verifier::new(secret(SECRET)).verify(headers, self.body.as_bytes())
    }
}

/// Returns a message with two signatures, as during a rotation. The second one matches.
fn rotated() -> Message {
    let mut user = User::new(UserId::new("user_1").unwrap());
    user.first_name = Some("Zoë <&>".into());
    let event = UserEvent::updated(event_id("msg_1"), user);
    let body = event.to_json();
    let headers = sign(&secret(OTHER_SECRET), &event.id, SystemClock.now(), body.as_bytes());
    let headers = headers.also_sign(&secret(SECRET), body.as_bytes());
    Message::new(headers.svix(), body)
}

/// Returns a message that the emulator has sent.
async fn sent_by_the_emulator() -> Message {
    let receiver = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&receiver).await;
    let endpoint = Endpoint::new(&receiver.uri(), secret(SECRET)).unwrap();
    let emulator = Emulator::builder().webhook(endpoint).start().await.unwrap();
    let new_user =
        NewUser::new().first_name("Zoë <&>").email_address("zoe@example.com").skip_password_requirement(true);
    emulator.store().unwrap().create(&new_user).await.unwrap();
    let request = loop {
        match receiver.received_requests().await.unwrap().pop() {
            Some(request) => break request,
            None => tokio::task::yield_now().await,
        }
    };
    let header = |name| (name, request.headers[name].to_str().unwrap());
    let headers = [header("svix-id"), header("svix-timestamp"), header("svix-signature")];
    Message::new(headers, String::from_utf8(request.body.clone()).unwrap())
}

/// Lets the libraries of one language verify a message, and verifies their signatures of the same message.
fn check(program: &Path, script: &str, library: &Path, message: &Message) {
    if !library.exists() {
        assert!(std::env::var_os("SKIP_NO_TESTS").is_none(), "{} is missing", library.display());
        eprintln!("skipped: {} is missing; libraries/install installs it", library.display());
        return;
    }
    let event = message.verified(&message.signature).unwrap();
    let Message { id, timestamp, signature, body } = message;
    let input = json!({ "secret": SECRET, "id": id, "timestamp": timestamp, "signature": signature, "body": body });

    let mut child = Command::new(program)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/webhooks/libraries").join(script))
        .env("LIBRARIES", libraries().canonicalize().unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{script}: {}", output.status);
    let signatures: BTreeMap<String, String> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(signatures.keys().collect::<Vec<_>>(), ["standardwebhooks", "svix"]);
    for (library, signature) in signatures {
        let verified = message.verified(&signature);
        assert_eq!(verified.unwrap_or_else(|error| panic!("{library}: {error}")), event);
    }
}

fn check_in_javascript(message: &Message) {
    check(Path::new("node"), "check.mjs", &libraries().join("node_modules/svix"), message);
}

fn check_in_python(message: &Message) {
    let python = libraries().join("python/bin/python");
    check(&python, "check.py", &python, message);
}

#[test]
fn published_javascript_libraries_and_command_line_verify_and_sign() {
    check_in_javascript(&rotated());
}

#[test]
fn published_python_libraries_verify_and_sign() {
    check_in_python(&rotated());
}

#[tokio::test]
async fn published_libraries_verify_a_request_of_the_emulator() {
    let message = sent_by_the_emulator().await;
    check_in_javascript(&message);
    check_in_python(&message);
}
