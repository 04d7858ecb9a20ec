//! Tests of the emulator over HTTP.

mod access;
mod bodies;
mod control;
mod dashboard;
mod ext;
mod faults;
mod gateway;
mod lifecycle;
mod official_sdks;
mod queries;
mod support;
mod uploads;
mod versions;
mod wire;
