//! The quickstart example, run as a newcomer runs it: what it prints, and how bad input ends.

use std::process::{Command, Output};

/// Runs the example with these arguments and, if there is one, this secret key.
fn quickstart(arguments: &[&str], secret_key: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--offline", "--example", "quickstart", "--"]).args(arguments);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("CLERK_SECRET_KEY").env_remove("CLERK_API_URL");
    if let Some(key) = secret_key {
        command.env("CLERK_SECRET_KEY", key);
    }
    command.output().unwrap()
}

fn users_file(name: &str, json: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, json).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What bad input has to end in: a failure, and this in its message.
fn assert_fails(output: &Output, message: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it succeeded: {stderr}");
    assert!(stderr.contains(message), "{stderr:?} does not contain {message:?}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn runs_in_memory_without_an_account() {
    let output = quickstart(&[], None);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for line in ["24 users", "the email_address is taken", "pro with 5 seats", "backup-1 is refused", "Closed: true"] {
        assert!(stdout.contains(line), "{stdout:?} does not contain {line:?}");
    }
}

#[test]
fn runs_with_users_of_ones_own() {
    let file = users_file("own-users.json", r#"[{"object":"user","id":"user_own","username":"somebody"}]"#);
    let output = quickstart(&[&file], None);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("1 users") && stdout.contains("somebody"), "{stdout}");
}

#[test]
fn a_missing_file_is_said() {
    assert_fails(&quickstart(&["no-such-file.json"], None), "cannot read no-such-file.json");
}

#[test]
fn a_malformed_user_is_pointed_at() {
    let file = users_file("malformed-users.json", r#"[{"id":"user_1"},{"id":"user/2"}]"#);
    assert_fails(&quickstart(&[&file], None), "user 2:");
    let file = users_file("no-users.json", r#"{"id":"user_1"}"#);
    assert_fails(&quickstart(&[&file], None), "cannot take the users of");
}

#[test]
fn two_users_with_one_address_are_refused() {
    let user = |id| format!(r#"{{"id":"{id}","username":"somebody"}}"#);
    let file = users_file("twins.json", &format!("[{},{}]", user("user_1"), user("user_2")));
    assert_fails(&quickstart(&[&file], None), "conflict");
}

#[test]
fn an_option_that_does_not_exist_is_said() {
    assert_fails(&quickstart(&["--wirte"], None), "there is no option --wirte");
}

#[test]
fn a_publishable_key_is_refused_without_being_shown() {
    let output = quickstart(&[], Some("pk_test_c29tZXRoaW5nLmNsZXJrLmFjY291bnRzLmRldiQ"));
    assert_fails(&output, "publishable");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("c29tZXRoaW5n"));
}
