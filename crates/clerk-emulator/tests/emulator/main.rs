//! The emulator, seen by HTTP clients. What an answer looks like is pinned by `wire`; here is everything around it.

mod admission;
mod bodies;
mod control;
mod ext;
mod faults;
mod gateway;
mod lifecycle;
mod official_sdks;
mod page;
mod queries;
mod state;
mod support;
mod uploads;
mod versions;
mod wire;
