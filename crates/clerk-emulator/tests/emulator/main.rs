//! Tests of the emulator over HTTP.

mod access;
mod bodies;
mod catalog;
mod clerk_migrate;
mod closed_connections;
mod control;
mod dashboard;
mod ext;
mod faults;
mod gateway;
mod instance;
mod lifecycle;
mod local_rules;
mod named_settings;
mod nulls;
mod official_cli;
mod official_sdks;
mod official_versions;
#[cfg(all(unix, feature = "cli"))]
mod program;
mod queries;
#[cfg(feature = "webhooks")]
#[path = "../webhooks/receiver.rs"]
#[allow(dead_code, reason = "shared with the tests of webhooks")]
mod receiver;
mod rejected;
mod seeds;
mod support;
mod uploads;
mod versions;
mod wire;
