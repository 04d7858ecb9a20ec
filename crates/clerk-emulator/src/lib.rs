//! An emulator of the users operations of the Clerk Backend API.
//!
//! [`Emulator`] serves a [`UserDirectory`] over HTTP in Clerk's wire format, by default an [`InMemoryUserDirectory`]. Clerk's
//! official SDKs work with it as with the service. A test starts it with one line:
//!
//! ```
//! use clerk_emulator::Emulator;
//! use user_directory::{ClerkUserDirectory, NewUser, SecretKey, UserDirectory};
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let clerk = Emulator::start().await?;
//!
//! // Any client works. This example uses the client of user-directory.
//! let users = ClerkUserDirectory::builder(SecretKey::new("sk_test_anything")?).base_url(clerk.api_url()).build()?;
//! users.create(&NewUser::new().email_address("ada@example.com")).await?;
//! # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! For other languages, run the program: `clerk-emulator --port 4010`. The feature `cli`, which is enabled by default, builds
//! the program. Disable it to use only the library, with fewer dependencies.
//!
//! # API
//!
//! The emulator serves all 37 operations under `/v1`, as the API's description (version 2026-05-12) defines them. It validates
//! requests as strictly as the service: an unknown field, a value of the wrong type or a missing field is rejected with 422 and
//! the name of the field, a body that is not JSON with 415, a body over 10 MB with 413. Where the description and the
//! published documentation are silent, these rules apply:
//!
//! - A missing `Authorization` header is rejected with 401 `authorization_header_format_invalid`, like a malformed one.
//! - An unknown route or method is rejected with 404 `resource_not_found`.
//! - `null` for a field that is not nullable in the description is rejected with 422 `form_param_nil`.
//! - Unknown parameters and empty values are ignored. The dashboard shows them, because a request whose filter is ignored
//!   matches every user.
//! - `email_address_identification_status` and its like may be empty; otherwise they have one item for each value.
//! - `order_by` without a sign is ascending.
//! - Required fields without a value are filled: an unknown time with 0, and a verification without a strategy with that of
//!   an administrator.
//! - A wrong code is rejected with 422 `totp_incorrect_code`, whatever its length is.
//! - `timezone`, which the JavaScript SDK can send, is rejected as an unknown field, because the description does not
//!   contain it.
//! - An operation that the directory does not support fails with 501 `unsupported`.
//!
//! The emulator also supports the versions 2025-11-10 and 2025-04-10 of the API. There, `PATCH /users/{user_id}` accepts
//! metadata, which replaces the metadata of the user.
//!
//! # Dashboard
//!
//! The root path serves a dashboard of the users and the latest requests. Requests from other origins are rejected, and so
//! are requests to unknown host names; see [`allow_host`](EmulatorBuilder::allow_host).
//!
//! # Security
//!
//! The emulator is for development and tests, and must not be reachable from the internet. It has no TLS, by default it
//! accepts every development key, and its control API can delete all users.
//!
//! # Control API
//!
//! The control API, below `/__emulator`, accepts JSON and the same keys as the API:
//!
//! ```sh
//! curl -H 'Authorization: Bearer sk_test_1' http://127.0.0.1:4010/__emulator/clock -d '{"advance_seconds": 3600}'
//! curl -H 'Authorization: Bearer sk_test_1' http://127.0.0.1:4010/__emulator/users/$USER_ID/oauth_access_tokens \
//!      -d '{"provider": "oauth_google", "token": "ya29.secret"}'
//! curl -H 'Authorization: Bearer sk_test_1' http://127.0.0.1:4010/__emulator/faults \
//!      -d '{"operation": "create", "times": 1, "cut": "before_response", "after_work": true}'
//! ```
//!
//! | request | effect |
//! | --- | --- |
//! | `GET /__emulator` | returns the version, the time, the number of users, the queued faults and these routes |
//! | `POST /__emulator/reset` | deletes the users (the seed is not loaded again), the faults and the request log, and resets the clock and the rate limits |
//! | `POST /__emulator/seed` | loads users in the wire format: a JSON array, or one user per line |
//! | `POST /__emulator/clock` | advances the clock: `{"advance_seconds": 3600}` |
//! | `DELETE /__emulator/clock` | resets the clock to the system's time |
//! | `POST /__emulator/faults` | adds a fault; see below |
//! | `GET`, `DELETE /__emulator/faults` | returns, or removes, the queued faults |
//! | `GET`, `DELETE /__emulator/requests` | returns (`?limit=`), or clears, the request log |
//! | `POST /__emulator/users/{user_id}/…` | adds a resource that the API cannot create, in the wire format; a missing id is generated: |
//! | `…/passkeys` | `{"name": "laptop"}` |
//! | `…/external_accounts` | `{"provider": "oauth_google", "provider_user_id": "7"}` |
//! | `…/oauth_access_tokens` | `{"provider": "oauth_google", "token": "ya29.secret"}` |
//! | `…/organization_memberships` | `{"role": "org:admin", "organization": {"id": "org_1", "name": "Acme"}}` |
//! | `…/organization_invitations` | `{"email_address": "ada@example.com", "role": "org:member"}` |
//! | `…/trusted_devices` | `{"platform": "ios", "status": "active", "app_identifier": "com.example.app"}` |
//! | `PUT /__emulator/users/{user_id}/billing_subscription` | sets the subscription: `{"status": "active"}` |
//! | `POST /__emulator/users/{user_id}/second_factors` | makes a phone number a second factor: `{"phone_number_id": "idn_1"}` |
//! | `POST /__emulator/users/{user_id}/sign_ins` | records a sign-in, now or at a time: `{"at": "2026-05-12T09:00:00Z"}` |
//! | `PUT /__emulator/users/{user_id}/scim` | marks the user as managed by a directory: `{"directory_id": "dir_1"}` |
//!
//! Seeding and the clock require a directory over a [store](EmulatorBuilder::store). In Rust, use [`Emulator::store`],
//! [`Emulator::add_fault`] and [`Emulator::requests`] instead.
//!
//! A fault has these fields, of which one of `status`, `cut` and `delay_ms` is required. Faults are used in the order in which
//! they were added, by requests that have an accepted key and version and are within the rate limits. Some SDKs retry by
//! themselves (the Python SDK after a 503), which can hide a single fault.
//!
//! | field | meaning |
//! | --- | --- |
//! | `operation` | the [name](user_directory::Operation::as_str) of the affected operation, such as `create`; by default all operations |
//! | `times` | the number of affected requests; by default all requests until the faults are removed |
//! | `status` | the status of the response, 400 to 599; excludes `cut` |
//! | `code` | the code of the error; by default that of the status |
//! | `retry_after` | the value of the header `Retry-After` |
//! | `delay_ms` | an additional delay in milliseconds: before the work, or after it with `after_work` |
//! | `cut` | where the connection is closed: `before_response` or `within_response` |
//! | `after_work` | whether the operation is performed and only its response is lost |
//!
//! # Testing retries
//!
//! Injected faults test the retries of a client. [`FakeTimer`](user_directory::time::FakeTimer) avoids waiting:
//!
//! ```
//! use std::time::Duration;
//! use clerk_emulator::{Cut, Emulator, HttpFault};
//! use user_directory::time::FakeTimer;
//! use user_directory::clerk::RetryPolicy;
//! use user_directory::{ClerkUserDirectory, NewUser, Operation, SecretKey, UserDirectory, UserFilter};
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let (clerk, timer) = (Emulator::start().await?, FakeTimer::new());
//! let users = ClerkUserDirectory::builder(SecretKey::new("sk_test_1")?)
//!     .base_url(clerk.api_url())
//!     .retry(RetryPolicy::default().attempts(3))
//!     .timer(timer.clone())
//!     .build()?;
//!
//! // The service is unavailable twice, then recovers. The call succeeds.
//! clerk.add_fault(HttpFault::status(503).operation(Operation::Count).times(2));
//! assert_eq!(users.count(&UserFilter::new()).await?, 0);
//! assert_eq!(timer.sleeps(), [Duration::from_millis(250), Duration::from_millis(500)]);
//!
//! // The client respects `Retry-After`.
//! clerk.add_fault(HttpFault::status(429).retry_after("2").times(1));
//! users.count(&UserFilter::new()).await?;
//! assert!(*timer.sleeps().last().unwrap() >= Duration::from_secs(2));
//!
//! // A `create` whose response is lost is not repeated, because the user may have been created.
//! clerk.add_fault(HttpFault::cut(Cut::BeforeResponse).operation(Operation::Create).after_work());
//! let error = users.create(&NewUser::new().username("ada.lovelace")).await.unwrap_err();
//! assert!(error.is_outcome_unknown() && !error.is_retryable());
//! assert_eq!(clerk.store().unwrap().count(&UserFilter::new()).await?, 1);
//! # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! # Public dependencies
//!
//! A new major version of `user-directory` or of axum 0.8 ([`EmulatorBuilder::router`], re-exported as [`axum`]) is a new major
//! version of this crate.
//!
//! [`UserDirectory`]: user_directory::UserDirectory
//! [`InMemoryUserDirectory`]: user_directory::InMemoryUserDirectory

#![forbid(unsafe_code)]

mod app;
mod builder;
mod control;
mod dashboard;
mod http_fault;
mod incoming;
mod keys;
mod limiter;
mod listeners;
mod operations;
mod origin;
mod panics;
mod path_params;
mod rejection;
mod request_body;
mod request_log;
mod response;
mod routes;
mod seed;
mod server;
mod start_error;
mod version;

/// The crate of the router that [`EmulatorBuilder::router`] returns.
pub use axum;
pub use builder::EmulatorBuilder;
pub use http_fault::{Cut, HttpFault};
pub use keys::InvalidKey;
pub use request_log::RequestRecord;
pub use server::Emulator;
pub use start_error::StartError;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
