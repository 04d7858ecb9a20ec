//! Runs the program against an emulator and a database.

mod checks;
mod commands;
mod databases;
mod exported;
mod files;
mod generic;
mod inputs;
mod kills;
#[cfg(target_os = "linux")]
mod memory;
mod sources;
mod states;
mod support;
mod updates;
mod verification;
mod verified;
