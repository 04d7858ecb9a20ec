//! The emulator, seen by HTTP clients. What an answer looks like is pinned by `wire`; here is everything around it.

mod admission;
mod bodies;
mod control;
mod faults;
mod gateway;
mod lifecycle;
mod queries;
mod support;
mod uploads;
mod versions;
