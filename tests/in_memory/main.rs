//! How `InMemoryUserDirectory` behaves, seen through the port. What is expected comes from the API's description, its
//! error catalogue and the contract of `UserDirectory`; where these are silent, from the directory's list of
//! assumptions.

mod bans_and_locks;
mod belongings;
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
mod second_factors;
mod settings;
mod support;
mod update;
mod upsert;
