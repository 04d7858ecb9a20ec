//! Tests of the emulator over HTTP.

mod access;
mod bodies;
mod control;
mod dashboard;
mod ext;
mod faults;
mod gateway;
mod instance;
mod lifecycle;
mod local_rules;
mod nulls;
mod official_sdks;
mod queries;
mod seeds;
mod support;
mod uploads;
mod versions;
mod wire;
