//! Runs the program `conformance_live`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

use clerk_emulator::Emulator;
use user_directory::{InMemoryUserDirectory, UserDirectory, UserFilter};

fn program(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance_live"));
    command.env_remove("CLERK_CONFORMANCE_KEY").env_remove("CLERK_API_URL").env("NO_PROXY", "127.0.0.1");
    command.envs(variables.iter().copied()).stdin(Stdio::null());
    command
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

#[test]
fn program_without_key_lists_the_required_settings() {
    let output = program(&[]).output().unwrap();
    assert!(output.status.success() && text(&output).contains("at most 40 users"), "{}", text(&output));
}

#[test]
fn program_refuses_a_live_key() {
    let output = program(&[("CLERK_CONFORMANCE_KEY", "sk_live_abcdef")]).output().unwrap();
    assert!(!output.status.success() && !text(&output).contains("abcdef"), "{}", text(&output));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn interrupted_program_deletes_its_users() {
    let directory = InMemoryUserDirectory::permissive();
    let emulator = Emulator::builder().store(&directory).start().await.unwrap();
    let variables = [("CLERK_CONFORMANCE_KEY", "sk_test_interrupted"), ("CLERK_API_URL", &*emulator.api_url())];
    let mut child = program(&variables).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first_line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut first_line).unwrap();
    assert!(first_line.contains("email addresses of this run"), "{first_line}");
    while directory.count(&UserFilter::new()).await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let output = tokio::task::spawn_blocking(|| child.wait_with_output()).await.unwrap().unwrap();
    assert!(text(&output).contains("stopped before the run was complete"), "{}", text(&output));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 0);
    emulator.stop().await.unwrap();
}
