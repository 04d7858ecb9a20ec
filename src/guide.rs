//! A guide to common tasks, with one chapter for each task.
//!
//! | task | chapter |
//! | --- | --- |
//! | choose and operate a user store: Clerk, SQLite, PostgreSQL or memory | [`choosing_a_store`] |
//! | pass a user directory to an application | [`dependency_injection`] |
//! | choose a test double | [`choosing_a_test_double`] |
//! | test error handling, timeouts, retries and expiry | [`testing_failures`] |
//! | implement `UserDirectory` for another backend, or wrap an implementation | [`writing_an_adapter`] |
//! | receive and emit webhook events | [`webhooks`] |
//! | keep a copy of all users in your own database | [`replica`] |
//! | export and import users | [`moving_users`] |
//! | migrate code from clerk-rs or an official SDK | [`migrating`] |
//! | prepare for production | [`in_production`] |
//!
//! The [`decorators`](crate::decorators) module describes how to combine decorators, such as caches.

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

#[doc = include_str!("guide/webhooks.md")]
pub mod webhooks {}

#[doc = include_str!("guide/replica.md")]
pub mod replica {}

#[doc = include_str!("guide/in_production.md")]
pub mod in_production {}
