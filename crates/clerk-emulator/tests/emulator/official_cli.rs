//! Tests of the emulator with Clerk's command-line program. `tests/sdks/README.md` describes its installation.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use clerk_emulator::Emulator;
use serde_json::{Map, Value, json};
use user_directory::model::ProfileImage;
use user_directory::{InMemoryUserDirectory, Operation, UserDirectory, UserFilter};

use crate::official_sdks::installed;
use crate::wire::{Call, File, KEY, create_directory, differences, expand, is_call_of, read};

/// The program, and the emulator that it calls.
struct Cli {
    program: PathBuf,
    emulator: Emulator,
    config: tempfile::TempDir,
}

impl Cli {
    /// Starts an emulator. Returns `None` with a message if the program is not installed.
    async fn start(directory: &InMemoryUserDirectory) -> Option<Self> {
        let program = installed("node_modules/.bin/clerk")?;
        let emulator = Emulator::builder().store(directory).secret_key(KEY).unwrap().start().await.unwrap();
        Some(Self { program, emulator, config: tempfile::tempdir().unwrap() })
    }

    /// Runs a command, and returns its standard output as JSON: `Ok` if the command succeeds, `Err` if it fails.
    async fn run(&self, arguments: &[&str]) -> Result<Value, Value> {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env("CLERK_BACKEND_API_URL", self.emulator.url())
            .env("CLERK_SECRET_KEY", KEY)
            .env("CLERK_CONFIG_DIR", self.config.path())
            .env("CLERK_TELEMETRY_DISABLED", "1")
            .env("CLERK_NO_UPDATE_CHECK", "1")
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let json = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", String::from_utf8_lossy(&output.stderr)));
        if output.status.success() { Ok(json) } else { Err(json) }
    }

    /// Sends the request of a fixture with `clerk api`.
    async fn api(&self, call: &Call) -> Result<Value, Value> {
        let (method, target) = call.request.split_once(' ').unwrap();
        let body = call.json.as_ref().map(Value::to_string);
        let mut arguments = vec!["api", target.strip_prefix("/v1").unwrap(), "-X", method, "--yes"];
        if let Some(body) = &body {
            arguments.extend(["-d", body]);
        }
        self.run(&arguments).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clerk_users_create_and_list_work() {
    // A new instance requires an email address and a password.
    let directory = InMemoryUserDirectory::new();
    let Some(cli) = Cli::start(&directory).await else { return };
    let password = ["--password", "correct horse battery"];
    let ada = ["users", "create", "--email", "ada@example.com", "--first-name", "Ada", "--yes"];
    let created = cli.run(&[&ada[..], &password].concat()).await.unwrap();
    assert_eq!(created["first_name"], "Ada");
    let body = r#"{"email_address":["grace@example.com"],"password":"correct horse battery"}"#;
    cli.run(&["users", "create", "-d", body, "--yes"]).await.unwrap();
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 2);

    let listed = cli.run(&["users", "list", "--limit", "1", "--order-by", "+created_at"]).await.unwrap();
    assert_eq!((&listed["data"], &listed["hasMore"]), (&json!([created]), &json!(true)));
    let listed = cli.run(&["users", "list", "--query", "GRACE"]).await.unwrap();
    assert_eq!(listed["data"][0]["email_addresses"][0]["email_address"], "grace@example.com");
    assert_eq!((listed["data"].as_array().unwrap().len(), &listed["hasMore"]), (1, &json!(false)));

    let error = cli.run(&[&ada[..], &password].concat()).await.unwrap_err();
    assert!(error.to_string().contains("form_identifier_exists"), "{error}");
    cli.emulator.stop().await.unwrap();
}

/// Sends the requests of a fixture with `clerk api`, up to the first one of the operation, and returns the differences.
async fn replay(operation: Operation, values: &Map<String, Value>) -> Vec<String> {
    let file: File = read(operation.as_str());
    let directory = create_directory(&file.setup).await;
    let Some(cli) = Cli::start(&directory).await else { return Vec::new() };
    let mut found = Vec::new();
    for call in file.calls.iter().filter(|call| call.status == 200) {
        let response = cli.api(call).await;
        let expected = expand(&call.response, values);
        match response {
            // The program sends only JSON, but an image is sent as multipart/form-data.
            Err(response) if is_call_of(Operation::SetProfileImage, call) => {
                assert_eq!(response["errors"][0]["code"], "unsupported_content_type");
                let image = ProfileImage::new(b"GIF89a-and-so-on", "image/gif");
                directory.set_profile_image(&"user_1".parse().unwrap(), &image).await.unwrap();
            }
            // The program sends no API version, so the subscription has its old format.
            Ok(response) if operation == Operation::GetBillingSubscription => {
                assert_eq!(response["id"], expected["id"]);
            }
            Ok(response) => differences(&call.request, &expected, &response, &mut found),
            Err(response) => found.push(format!("{}: {response}", call.request)),
        }
        if is_call_of(operation, call) {
            break;
        }
    }
    cli.emulator.stop().await.unwrap();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn clerk_api_calls_every_operation() {
    let values: Map<String, Value> = read("values");
    let mut found = Vec::new();
    for &operation in Operation::ALL {
        found.extend(replay(operation, &values).await);
    }
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}
