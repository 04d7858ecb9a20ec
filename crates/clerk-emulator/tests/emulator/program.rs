//! Tests of the program: the signals that stop it, and the options that change the instance settings.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use user_directory::clerk::ClerkBuilder;

use crate::support::KEY;

/// The time in which the program does what a test waits for. Its deadlines for stopping add up to 8 seconds.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A running program, which is killed when it is dropped.
struct Program {
    child: Child,
    url: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Program {
    /// Starts the program with a seed file, and waits until it listens.
    fn start_with(seed: &Path) -> Self {
        Self::listening(Self::spawn(seed))
    }

    fn with_options(options: &[&str]) -> Self {
        let mut program = Self::command();
        Self::listening(program.args(options).spawn().unwrap())
    }

    fn listening(mut child: Child) -> Self {
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, url }
    }

    fn spawn(seed: &Path) -> Child {
        Self::command().args(["--permissive", "--seed"]).arg(seed).spawn().unwrap()
    }

    fn command() -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clerk-emulator"));
        command.args(["--port", "0"]).stdout(Stdio::piped());
        command
    }

    /// Creates a user with a username and without a password, and returns the status of the response.
    async fn create(&self, username: &str) -> u16 {
        let http = ClerkBuilder::http_client_builder().unwrap().no_proxy().build().unwrap();
        let create = http.post(format!("{}/v1/users", self.url)).bearer_auth(KEY);
        let body = format!(r#"{{"username":"{username}"}}"#);
        create.header("content-type", "application/json").body(body).send().await.unwrap().status().as_u16()
    }

    /// Starts the program with a user whose backup codes take minutes to verify without optimizations.
    fn start() -> Self {
        let digest = "$2b$15$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2";
        let mut seed = tempfile::NamedTempFile::with_suffix(".json").unwrap();
        writeln!(
            seed,
            r#"[{{"id":"user_1","username":"ada","backup_codes":["{digest}","{digest}","{digest}","{digest}"]}}]"#
        )
        .unwrap();
        Self::start_with(seed.path())
    }

    /// Starts a verification that takes longer than the test.
    async fn verify_totp(&self) {
        let http = ClerkBuilder::http_client_builder().unwrap().no_proxy().build().unwrap();
        let verify = http.post(format!("{}/v1/users/user_1/verify_totp", self.url)).bearer_auth(KEY);
        let verify = verify.header("content-type", "application/json").body(r#"{"code":"123456"}"#).send();
        tokio::spawn(async move { drop(verify.await) });
        // Nothing else uses that much time.
        let deadline = Instant::now() + TIMEOUT;
        while self.cpu_seconds() < 2 {
            assert!(Instant::now() < deadline, "the verification does not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Returns the CPU time that the program has used. `ps` prints it as `[hours:]minutes:seconds[.fraction]`.
    fn cpu_seconds(&self) -> u64 {
        let output = Command::new("ps").args(["-o", "time=", "-p", &self.child.id().to_string()]).output().unwrap();
        let time = String::from_utf8(output.stdout).unwrap();
        let parts = time.trim().split(':').map(|part| part.split('.').next()?.parse::<u64>().ok());
        parts.map(Option::unwrap).fold(0, |total, part| 60 * total + part)
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until the program exits.
    async fn exit(&mut self) -> ExitStatus {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the program does not exit");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn signal_stops_the_program_during_a_verification() {
    let mut program = Program::start();
    program.verify_totp().await;
    program.signal("-TERM");
    assert!(program.exit().await.success());
}

#[tokio::test]
async fn second_signal_exits_at_once() {
    let mut program = Program::start();
    program.verify_totp().await;
    program.signal("-TERM");
    let status = loop {
        // The handler of the second signal is installed after the first one was received.
        program.signal("-INT");
        if let Some(status) = program.child.try_wait().unwrap() {
            break status;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(status.code(), Some(1));
}

#[tokio::test]
async fn signal_stops_the_program_while_the_seed_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let seed = folder.path().join("seed.json");
    assert!(Command::new("mkfifo").arg(&seed).status().unwrap().success());
    let mut program = Program { child: Program::spawn(&seed), url: String::new() };
    // The pipe can be opened when the program opens it, too. Its content does not end.
    let (sender, opened) = tokio::sync::oneshot::channel();
    thread::spawn(move || sender.send(OpenOptions::new().write(true).open(seed)));
    let _seed = tokio::time::timeout(TIMEOUT, opened).await.unwrap().unwrap().unwrap();
    program.signal("-TERM");
    assert_eq!(program.exit().await.code(), Some(1));
}

#[tokio::test]
async fn permissive_requires_no_attributes() {
    assert_eq!(Program::with_options(&[]).create("ada_lovelace").await, 422);
    assert_eq!(Program::with_options(&["--permissive"]).create("ada_lovelace").await, 200);
}

#[tokio::test]
async fn instance_changes_the_settings() {
    let mut file = tempfile::NamedTempFile::with_suffix(".json").unwrap();
    write!(file, r#"{{"min_username_length":9}}"#).unwrap();
    let file = file.path().to_str().unwrap();
    // The other settings are those of a permissive instance.
    let program = Program::with_options(&["--permissive", "--instance", file]);
    assert_eq!((program.create("ada_love").await, program.create("ada_lovelace").await), (422, 200));
}

#[test]
fn allow_host_rejects_everything_but_a_name() {
    for host in ["http://clerk.example", "clerk.example:4010", "*.example", "clerk.example/", ""] {
        let output = Program::command().args(["--allow-host", host]).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && errors.contains("--allow-host: "), "{host}: {errors}");
    }
}
