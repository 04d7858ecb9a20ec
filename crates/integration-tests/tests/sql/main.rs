//! Tests of the SQL store on SQLite and PostgreSQL.

mod cancellation;
mod clusters;
mod concurrency;
mod conflicts;
mod conformance;
mod differential;
mod dump;
mod events;
mod migrations;
mod outages;
mod pools;
mod proxy;
mod records;
mod round_trip;
mod secrets;
mod store;
mod support;
mod tls;
