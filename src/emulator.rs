//! [`Emulator`]: a directory served over HTTP in Clerk's wire format. With a directory in memory behind it, Clerk on a
//! laptop.
//!
//! Clerk's own SDKs, in any language, cannot tell it from the service as far as users are concerned. In a test it takes
//! one line:
//!
//! ```
//! use user_directory::emulator::Emulator;
//! # #[cfg(feature = "clerk")] use user_directory::{ClerkUserDirectory, NewUser, SecretKey, UserDirectory};
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let clerk = Emulator::start().await?;
//!
//! // Any client will do; this is the crate's own.
//! # #[cfg(feature = "clerk")] {
//! let users = ClerkUserDirectory::builder(SecretKey::new("sk_test_anything")?).base_url(clerk.api_url()).build()?;
//! users.create(&NewUser::new().email_address("ada@example.com")).await?;
//! # }
//! # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! Outside Rust, run the program: `clerk-emulator --port 4010`.
//!
//! # What it answers
//!
//! All 37 operations under `/v1`, as the API's description (version 2026-05-12) has them. Requests are checked as
//! strictly as the service does it: unknown fields of a body, values of the wrong kind and missing fields are 422 with
//! the name of the field, other bodies than JSON are 415, a body over 10 MB is 413. Where the description and the
//! published documentation are silent:
//!
//! - A missing `Authorization` header is 401 `authorization_header_format_invalid`, like a malformed one.
//! - Routes that do not exist, and other methods, are 404 `resource_not_found`.
//! - `null` for a field that the description does not call nullable is 422 `form_param_nil`.
//! - Parameters that are not known, and empty values, are passed over. The root page shows which they were, because a
//!   filter that is passed over matches every user.
//! - `email_address_identification_status` and its like may be empty; otherwise they have one item for each value.
//! - `order_by` without a sign is ascending.
//! - What the description requires and a directory does not know is filled in: an unknown time as 0, a verification without
//!   a kind as one by an administrator.
//! - A wrong code is 422 `totp_incorrect_code`, however long it is.
//! - `timezone`, which the JavaScript SDK has a field for and no description, is unknown.
//!
//! Of the versions of the API, 2025-11-10 and 2025-04-10 are answered too. There `PATCH /users/{user_id}` takes metadata,
//! which replaces what there was.
//!
//! # The root page
//!
//! The root page shows the users and the latest requests in a browser. Pages of other origins are refused, and so are
//! requests to a name that somebody could own, unless it is [allowed](EmulatorBuilder::allow_host).
//!
//! # The control surface
//!
//! Below `/__emulator`, with the same key, in JSON:
//!
//! ```sh
//! curl -H 'Authorization: Bearer sk_test_1' http://127.0.0.1:4010/__emulator/clock -d '{"advance_seconds": 3600}'
//! curl -H 'Authorization: Bearer sk_test_1' http://127.0.0.1:4010/__emulator/users/$USER_ID/oauth_access_tokens \
//!      -d '{"provider": "oauth_google", "token": "ya29.secret"}'
//! curl -H 'Authorization: Bearer sk_test_1' http://127.0.0.1:4010/__emulator/faults \
//!      -d '{"operation": "create", "times": 1, "cut": "before_answer", "after_work": true}'
//! ```
//!
//! | request | what it does |
//! | --- | --- |
//! | `GET /__emulator` | tells the version, the time, the number of users, the faults to come and these routes |
//! | `POST /__emulator/reset` | deletes the users (those of a state file too, and no seed is loaded again), the faults and the list of requests, and resets the clock and the rate limits |
//! | `POST /__emulator/seed` | loads users in the wire format: an array, or one user a line |
//! | `POST /__emulator/clock` | lets time pass: `{"advance_seconds": 3600}` |
//! | `DELETE /__emulator/clock` | the time is the system's again |
//! | `POST /__emulator/faults` | lets calls go wrong; see below |
//! | `GET`, `DELETE /__emulator/faults` | tells, or takes back, the faults to come |
//! | `GET`, `DELETE /__emulator/requests` | tells (`?limit=`), or forgets, the latest requests |
//! | `POST /__emulator/users/{user_id}/…` | adds what the API cannot create, each in the wire format; an id that is left out is made up: |
//! | `…/passkeys` | `{"name": "laptop"}` |
//! | `…/external_accounts` | `{"provider": "oauth_google", "provider_user_id": "7"}` |
//! | `…/oauth_access_tokens` | `{"provider": "oauth_google", "token": "ya29.secret"}` |
//! | `…/organization_memberships` | `{"role": "org:admin", "organization": {"id": "org_1", "name": "Acme"}}` |
//! | `…/organization_invitations` | `{"email_address": "ada@example.com", "role": "org:member"}` |
//! | `…/trusted_devices` | `{"platform": "ios", "status": "active", "app_identifier": "com.example.app"}` |
//! | `PUT /__emulator/users/{user_id}/billing_subscription` | subscribes the user: `{"status": "active"}` |
//! | `POST /__emulator/users/{user_id}/second_factors` | makes a phone number a second factor: `{"phone_number_id": "idn_1"}` |
//! | `POST /__emulator/users/{user_id}/sign_ins` | records a sign-in, now or at a time: `{"at": "2026-05-12T09:00:00Z"}` |
//! | `PUT /__emulator/users/{user_id}/scim` | a directory manages the user from now on: `{"directory_id": "dir_1"}` |
//!
//! Users can only be arranged, and time moved, if the directory is one in memory. In Rust, [`Emulator::in_memory`],
//! [`Emulator::add_fault`] and [`Emulator::requests`] do the same.
//!
//! A fault has these fields, of which one of `status`, `cut` and `delay_ms` must be there. Faults are used up in the order
//! in which they were added, by calls that have an accepted key and version and are within the rate limits. Some SDKs try
//! again by themselves (the Python one after a 503), so one fault may not be enough to be seen.
//!
//! | field | what it says |
//! | --- | --- |
//! | `operation` | the [name](crate::Operation::as_str) of the operation that goes wrong, such as `create`; any if it is not given |
//! | `times` | how many calls go wrong; all until the faults are taken back if it is not given |
//! | `status` | the status that is answered, 400 to 599; not together with `cut` |
//! | `code` | the code of the error; the usual one of the status if it is not given |
//! | `retry_after` | the header `Retry-After`, word for word |
//! | `delay_ms` | an extra delay in milliseconds: before the work, or after it with `after_work` |
//! | `cut` | `before_answer` or `within_answer`: where the connection is cut |
//! | `after_work` | whether the work is done all the same, and only the answer is lost |

mod answer;
mod app;
mod bodies;
mod body;
mod builder;
mod complete;
mod control;
mod fault;
mod form;
mod key;
mod operations;
mod origin;
mod page;
mod panics;
mod path;
mod query;
mod rate_limit;
mod refusal;
mod request_log;
mod routes;
mod seed;
mod server;
mod start_error;
mod state;
mod token;
mod version;

/// The crate of [`EmulatorBuilder::router`]'s answer; a new major version of it is one of this crate.
pub use axum;
pub use builder::EmulatorBuilder;
pub use fault::{Cut, Fault};
pub use key::InvalidKey;
pub use request_log::RequestRecord;
pub use server::Emulator;
pub use start_error::StartError;
pub use state::StateError;

pub use crate::rate_limits::RateLimits;
