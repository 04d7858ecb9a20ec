//! Tests of the events and webhooks of the emulator.
#![cfg(feature = "webhooks")]

mod control;
mod delivery;
mod events;
mod faults;
mod outage;
#[cfg(feature = "cli")]
mod program;
mod receiver;
mod support;
