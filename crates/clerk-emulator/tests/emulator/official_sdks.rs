//! The official SDKs against the emulator. `tests/sdks/README.md` says how they are installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clerk_emulator::Emulator;

const KEY: &str = "sk_test_trial";

/// Where the SDKs are: what `tests/sdks/install` makes, unless the environment names another place.
fn sdks() -> PathBuf {
    let target = || integration_tests::root("target/sdks");
    std::env::var_os("SDKS").map_or_else(target, PathBuf::from)
}

/// Runs a trial against an emulator of its own, if the SDK is there.
async fn run(program: &Path, script: &str, sdk: &Path) {
    if !sdk.exists() {
        assert!(std::env::var_os("SKIP_NO_TESTS").is_none(), "there is no {}", sdk.display());
        eprintln!("skipped: there is no {}; tests/sdks/install installs it", sdk.display());
        return;
    }
    let emulator = Emulator::builder().start().await.unwrap();
    let mut command = Command::new(program);
    command
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdks").join(script))
        .env("EMULATOR_URL", emulator.url())
        .env("CLERK_SECRET_KEY", KEY)
        .env("SDKS", sdks())
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}: {}\n{said}\n{complained}", output.status);
    // So that a script which ends early does not count.
    assert!(said.trim_end().ends_with(" checks passed"), "{script}: {said}\n{complained}");
    println!("{said}");
    emulator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn official_javascript_sdk_works() {
    run(Path::new("node"), "trial.mjs", &sdks().join("node_modules/@clerk/backend")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn official_python_sdk_works() {
    let python = sdks().join("python/bin/python");
    run(&python, "trial.py", &python).await;
}
