//! Runs the program against an emulator and a database.

mod checks;
mod commands;
mod databases;
mod files;
mod kills;
mod sources;
mod support;
mod verification;
mod verified;
