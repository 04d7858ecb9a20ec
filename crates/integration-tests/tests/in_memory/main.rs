//! Tests of `InMemoryUserDirectory` through the port.
//!
//! The expectations come from the API description, its error catalog, the contract of `UserDirectory`, and the list of
//! assumptions of the directory. Behavior that the conformance suite checks is not repeated here.

mod bans_and_locks;
mod billing;
mod concurrency;
mod contacts;
mod contract;
mod create;
mod images;
mod list_filters;
mod list_order_and_pages;
mod load_and_clear;
mod metadata;
mod model_based;
mod passwords;
mod rejections;
mod resources;
mod second_factors;
mod settings;
mod support;
mod update;
mod upsert;
