//! Tests of the program: the signals that stop it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use user_directory::clerk::ClerkBuilder;

use crate::support::KEY;

/// The time in which a program exits that is told to stop. The deadlines of the program add up to 8 seconds.
const TIMEOUT: Duration = Duration::from_secs(30);

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
    /// Starts the program with a user whose backup codes take minutes to verify without optimizations.
    fn start() -> Self {
        let digest = "$2b$16$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2";
        let mut seed = tempfile::NamedTempFile::with_suffix(".json").unwrap();
        writeln!(seed, r#"[{{"id":"user_1","username":"ada","backup_codes":["{digest}","{digest}"]}}]"#).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_clerk-emulator"))
            .args(["--permissive", "--port", "0", "--seed"])
            .arg(seed.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, url }
    }

    /// Starts a verification that takes longer than the test.
    async fn verify_totp(&self) {
        let http = ClerkBuilder::http_client_builder().unwrap().no_proxy().build().unwrap();
        let verify = http.post(format!("{}/v1/users/user_1/verify_totp", self.url)).bearer_auth(KEY);
        let verify = verify.header("content-type", "application/json").body(r#"{"code":"123456"}"#).send();
        tokio::spawn(async move { drop(verify.await) });
        // The requests are handled concurrently, so the verification has started when later requests were answered.
        for _ in 0..10 {
            let count = http.get(format!("{}/v1/users/count", self.url)).bearer_auth(KEY).send().await.unwrap();
            assert_eq!(count.status(), 200);
        }
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
