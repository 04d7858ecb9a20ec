//! Runs the quickstart example and checks its output and error messages.

use std::process::{Command, Output};

use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// Runs the example with the given arguments and environment variables.
fn quickstart(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO"));
    // The published package needs `--features`, because there the crate is not its own dev-dependency.
    command.args(["run", "--quiet", "--offline", "--features", "in-memory", "--example", "quickstart", "--"]);
    command.args(arguments);
    command.current_dir(integration_tests::root("")).env_remove("CLERK_SECRET_KEY").env_remove("CLERK_API_URL");
    command.envs(variables.iter().copied()).output().unwrap()
}

fn users_file(name: &str, json: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, json).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Asserts that the example failed with this message and did not panic.
fn assert_fails(output: &Output, message: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "the example succeeded: {stderr}");
    assert!(stderr.contains(message), "{stderr:?} does not contain {message:?}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn runs_in_memory_without_a_key() {
    let output = quickstart(&[], &[]);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for line in
        ["24 users", "the email_address is taken", "pro with 5 seats", "backup-1 is rejected", "Account closed: true"]
    {
        assert!(stdout.contains(line), "{stdout:?} does not contain {line:?}");
    }
}

#[test]
fn loads_users_from_a_file() {
    let file = users_file("own-users.json", r#"[{"object":"user","id":"user_own","username":"sample"}]"#);
    let output = quickstart(&[&file], &[]);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("1 users") && stdout.contains("sample"), "{stdout}");
}

#[test]
fn missing_file_is_an_error() {
    assert_fails(&quickstart(&["no-such-file.json"], &[]), "cannot read no-such-file.json");
}

#[test]
fn malformed_user_is_an_error_with_its_number() {
    let file = users_file("malformed-users.json", r#"[{"id":"user_1"},{"id":"user/2"}]"#);
    assert_fails(&quickstart(&[&file], &[]), "user 2:");
    let file = users_file("no-users.json", r#""user_1""#);
    assert_fails(&quickstart(&[&file], &[]), "cannot load the users in");
}

#[test]
fn duplicate_username_is_an_error() {
    let user = |id| format!(r#"{{"id":"{id}","username":"sample"}}"#);
    let file = users_file("duplicate-users.json", &format!("[{},{}]", user("user_1"), user("user_2")));
    assert_fails(&quickstart(&[&file], &[]), "conflict");
}

#[test]
fn unknown_option_is_an_error() {
    assert_fails(&quickstart(&["--wirte"], &[]), "unknown option --wirte");
}

#[test]
fn publishable_key_is_rejected_without_being_printed() {
    let output = quickstart(&[], &[("CLERK_SECRET_KEY", "pk_test_c29tZXRoaW5nLmNsZXJrLmFjY291bnRzLmRldiQ")]);
    assert_fails(&output, "publishable");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("c29tZXRoaW5n"));
}

#[tokio::test]
async fn makes_only_read_requests_with_a_secret_key() {
    let server = MockServer::start().await;
    let user = include_str!("../../../../tests/fixtures/responses/get.json");
    let json = |body: &str| ResponseTemplate::new(200).set_body_raw(body, "application/json");
    let count = r#"{"object":"total_count","total_count":1}"#;
    Mock::given(path("/v1/users/count")).respond_with(json(count)).mount(&server).await;
    Mock::given(path("/v1/users")).respond_with(json(&format!("[{user}]"))).mount(&server).await;

    let url = server.uri();
    let run = move || quickstart(&[], &[("CLERK_SECRET_KEY", "sk_test_123"), ("CLERK_API_URL", &url)]);
    let output = tokio::task::spawn_blocking(run).await.unwrap();

    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(stdout.contains("read-only") && stdout.contains("1 users"), "{stdout}");
    let requests = server.received_requests().await.unwrap();
    assert!(requests.len() >= 4, "{requests:?}");
    for request in requests {
        assert_eq!(request.method.as_str(), "GET", "{}", request.url);
        assert_eq!(request.headers["authorization"], "Bearer sk_test_123");
    }
}
