//! Task-oriented chapters.
//!
//! | task | chapter |
//! | --- | --- |
//! | choose a test double | [`choosing_a_test_double`] |
//! | choose and operate a store: Clerk, SQLite, PostgreSQL, memory | [`choosing_a_store`] |
//! | test error handling, timeouts, retries and expiry | [`testing_failures`] |
//! | implement the port for another store or service, or write a decorator | [`writing_an_adapter`] |
//! | pass the directory to an application | [`dependency_injection`] |
//! | migrate from clerk-rs or an official SDK | [`migrating`] |
//! | import and export users | [`moving_users`] |
//! | prepare for production | [`in_production`] |
//!
//! The [crate documentation](crate) lists the contents of the crate. [`decorators`](crate::decorators) describes how
//! decorators are combined. All Rust code in the chapters is compiled as tests of this crate, and all code that needs
//! no network is also run.

#[doc = include_str!("guide/choosing_a_test_double.md")]
pub mod choosing_a_test_double {}

#[doc = include_str!("guide/choosing_a_store.md")]
pub mod choosing_a_store {}

#[doc = include_str!("guide/testing_failures.md")]
pub mod testing_failures {}

#[doc = include_str!("guide/writing_an_adapter.md")]
pub mod writing_an_adapter {}

#[doc = include_str!("guide/dependency_injection.md")]
pub mod dependency_injection {}

#[doc = include_str!("guide/migrating.md")]
pub mod migrating {}

#[doc = include_str!("guide/moving_users.md")]
pub mod moving_users {}

#[doc = include_str!("guide/in_production.md")]
pub mod in_production {}
