//! Tests of the emulator with the official SDKs. `tests/sdks/README.md` describes their installation.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clerk_emulator::Emulator;
use user_directory::InMemoryUserDirectory;

const KEY: &str = "sk_test_sdks";

/// Returns a path in the folder of the SDKs: `SDKS`, or the default of `tests/sdks/install`.
///
/// Returns `None` with a message if it is not installed.
pub fn installed(path: &str) -> Option<PathBuf> {
    let file = sdks().join(path);
    if file.exists() {
        return Some(file);
    }
    assert!(std::env::var_os("SKIP_NO_TESTS").is_none(), "{} is missing", file.display());
    eprintln!("skipped: {} is missing; tests/sdks/install installs it", file.display());
    None
}

fn sdks() -> PathBuf {
    let target = || integration_tests::root("target/sdks");
    std::env::var_os("SDKS").map_or_else(target, PathBuf::from)
}

/// Runs a script with its arguments against a new emulator. Skips it if the SDK is not installed.
async fn run(program: &Path, script: &[&str], sdk: &str) {
    if installed(sdk).is_none() {
        return;
    }
    let emulator = Emulator::builder().store(&InMemoryUserDirectory::permissive()).start().await.unwrap();
    let mut command = Command::new(program);
    command
        .args(script)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdks"))
        .env("EMULATOR_URL", emulator.url())
        .env("CLERK_SECRET_KEY", KEY)
        .env("SDKS", sdks().canonicalize().unwrap())
        .env("NO_PROXY", "127.0.0.1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script:?}: {}\n{stdout}\n{stderr}", output.status);
    // A script that ends early does not print the last line.
    assert!(stdout.trim_end().ends_with(" checks passed"), "{script:?}: {stdout}\n{stderr}");
    println!("{stdout}");
    emulator.stop().await.unwrap();
}

async fn run_javascript(script: &[&str], package: &str) {
    run(Path::new("node"), script, &format!("node_modules/{package}")).await;
}

async fn run_python(script: &str, environment: &str) {
    let python = sdks().join(environment).join("bin/python");
    run(&python, &[script], environment).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn official_javascript_sdk_works() {
    run_javascript(&["trial.mjs"], "@clerk/backend").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn official_javascript_sdk_2_works() {
    run_javascript(&["basics.mjs", "clerk-backend-2"], "clerk-backend-2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn official_javascript_sdk_1_works() {
    run_javascript(&["basics.mjs", "clerk-backend-1"], "clerk-backend-1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn official_python_sdk_works() {
    run_python("trial.py", "python-7").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn official_python_sdk_4_works() {
    run_python("basics.py", "python-4").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_the_official_migration_tool_work() {
    run_javascript(&["migration_tool.mjs"], "clerk-backend-2").await;
}
