//! A short run of the soak test.

use std::process::Command;

#[test]
fn writes_survive_killed_processes_and_servers() {
    let output = Command::new(env!("CARGO_BIN_EXE_soak_sql")).args(["--seconds", "5"]).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{stdout}\n{stderr}", output.status);
    println!("{stdout}");
}
