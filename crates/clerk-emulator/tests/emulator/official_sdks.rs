//! Tests of the emulator with the official SDKs. `tests/sdks/README.md` describes their installation.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clerk_emulator::Emulator;
use user_directory::InMemoryUserDirectory;

const KEY: &str = "sk_test_sdks";

/// Returns the folder of the SDKs: `SDKS`, or the default of `tests/sdks/install`.
fn sdks() -> PathBuf {
    let target = || integration_tests::root("target/sdks");
    std::env::var_os("SDKS").map_or_else(target, PathBuf::from)
}

/// Runs a script against a new emulator. Skips it if the SDK is not installed.
async fn run(program: &Path, script: &str, sdk: &Path) {
    if !sdk.exists() {
        assert!(std::env::var_os("SKIP_NO_TESTS").is_none(), "{} is missing", sdk.display());
        eprintln!("skipped: {} is missing; tests/sdks/install installs it", sdk.display());
        return;
    }
    let emulator = Emulator::builder().store(&InMemoryUserDirectory::permissive()).start().await.unwrap();
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
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}: {}\n{stdout}\n{stderr}", output.status);
    // A script that ends early does not print the last line.
    assert!(stdout.trim_end().ends_with(" checks passed"), "{script}: {stdout}\n{stderr}");
    println!("{stdout}");
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
