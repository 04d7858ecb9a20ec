//! How to get things done with this crate, one chapter for each task.
//!
//! | you want to | chapter |
//! | --- | --- |
//! | know which double a test takes, and what each cannot tell | [`choosing_a_double`] |
//! | see your code meet errors, silence, retries and the passing of time | [`testing_failures`] |
//! | put something else behind the port | [`writing_an_adapter`] |
//! | put the directory into an application | [`dependency_injection`] |
//! | come from clerk-rs or an official SDK, and look for a name | [`migrating`] |
//! | bring users from elsewhere, or take them along | [`moving_users`] |
//! | go live | [`in_production`] |
//!
//! What the crate has is listed on its [front page](crate), and every item has its own documentation; a chapter says how
//! they go together. Decorators have theirs: [which one around which](crate::decorators#which-one-around-which).
//! The Rust that is shown is a test of this crate: all of it compiles, and what needs no network runs.

#[doc = include_str!("guide/choosing_a_double.md")]
pub mod choosing_a_double {}

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
