//! Runs the program against an emulator and a database.

mod checks;
mod commands;
mod databases;
mod files;
mod generic;
mod kills;
#[cfg(target_os = "linux")]
mod memory;
mod sources;
mod support;
mod verification;
mod verified;
