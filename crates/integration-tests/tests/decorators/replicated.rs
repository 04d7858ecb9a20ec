//! [`ReplicatedUserDirectory`].

mod changes;
mod conflicts;
mod conformance;
mod databases;
mod events;
mod outages;
mod random;
mod simulation;
mod stores;
mod support;
mod walks;
mod writes;
