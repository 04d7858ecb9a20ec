//! An emulator for the user operations of the Clerk Backend API.
//!
//! An [`Emulator`] serves a [`UserDirectory`] over HTTP in Clerk's wire format. By default, it serves an empty
//! [`InMemoryUserDirectory`]. Clerk's official SDKs can use the emulator instead of Clerk. This example starts an
//! emulator and creates a user:
//!
//! ```
//! use clerk_emulator::Emulator;
//! use user_directory::{ClerkUserDirectory, NewUser, SecretKey, UserDirectory};
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let clerk = Emulator::start().await?;
//!
//! // This example uses `ClerkUserDirectory`, but any client works.
//! let users = ClerkUserDirectory::builder(SecretKey::new("sk_test_anything")?).base_url(clerk.api_url()).build()?;
//! users.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?;
//! # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! Tests in other languages can run the command-line program: `clerk-emulator --port 4010`. The program requires the
//! `cli` feature, which is enabled by default. To avoid the program's dependencies, disable the default features and
//! enable only the features that you need:
//!
//! - `webhooks`: sends webhook events, and adds `Emulator::events`
//! - `password-hashes`: validates and verifies imported password digests that are not bcrypt-based
//!
//! # API
//!
//! The emulator serves all 37 user operations under `/v1`, as defined by Clerk's OpenAPI document (version 2026-05-12).
//! It validates requests as Clerk does:
//!
//! - A request with an unknown field, a missing field or a field of the wrong type is rejected with 422. The response
//!   reports the names of all such fields. Field values are validated only if there are no such fields.
//! - A repeated query parameter that accepts only one value is rejected with 422 `form_param_duplicate`.
//! - A body with an unsupported content type is rejected with 415. Images must be sent as `multipart/form-data`, and
//!   all other bodies as JSON.
//! - A malformed body, a malformed escape in a query string, or a path that is not valid UTF-8 is rejected with 400.
//! - A JSON body or an image larger than 10 MiB is rejected with 413.
//!
//! Clerk does not document every detail of requests and responses. In addition to the
//! [assumptions](user_directory::store_directory#requests-and-responses) of the `user_directory` crate, the following
//! rules apply:
//!
//! - A missing or malformed `Authorization` header is rejected with 401 `authorization_header_format_invalid`, and an
//!   invalid key with 401 `clerk_key_invalid`.
//! - A request with an unknown route or method is rejected with 404 `resource_not_found`.
//! - A `null` value for a required field is rejected with 422 `form_param_nil`.
//! - Unknown and empty query parameters are ignored, and their names are shown in the dashboard. If a request's
//!   only filter is ignored, the request matches every user.
//! - `email_address_identification_status` and `phone_number_identification_status` must be empty or contain one item
//!   for each identifier.
//! - Required response fields without a value are filled in: unknown times are 0, and the verification strategy of
//!   identifiers is `admin`.
//! - If an incorrect TOTP code or backup code is not 6 characters long, it is rejected with 422
//!   `totp_invalid_length`.
//! - An operation that the directory does not support fails with 501 `unsupported`.
//!
//! The emulator supports all API versions since 2021-02-05:
//!
//! - An unknown version is rejected with 400 `api_version_invalid`.
//! - An operation that the version does not support is rejected with 404 `resource_not_found`.
//! - In versions before 2026-05-12, `PATCH /users/{user_id}` accepts metadata, which replaces the user's metadata.
//!
//! # Instance settings
//!
//! By default, the emulator behaves like a new Clerk instance: users need an email address and a password, and
//! usernames, phone numbers, wallets, OAuth providers, organizations and billing are disabled. The `--permissive`
//! option makes every attribute optional, and enables all features and OAuth providers. To change individual settings,
//! use the control API or pass a JSON file with `--instance settings.json`:
//!
//! ```json
//! { "username": "optional", "organizations": true, "max_users": 100 }
//! ```
//!
//! [`InstanceSettings`](user_directory::store_directory::InstanceSettings) documents all settings. If a request is
//! rejected because of a setting, the `long_message` of the error contains the name of the setting.
//!
//! # Dashboard
//!
//! The root path serves a dashboard that shows the users, the latest requests and the latest webhook deliveries. To
//! prevent other web pages from using the API, the emulator rejects requests from other origins and requests with an
//! unknown host name (see [`allow_host`](EmulatorBuilder::allow_host)).
//!
//! # Webhooks
//!
//! The emulator sends events about its users to the endpoints added with `--webhook` or `EmulatorBuilder::webhook`.
//! Webhooks require the `webhooks` feature, which is enabled by default. The format, the signatures and the retry
//! schedule are the same as Clerk's. Events are delivered as follows:
//!
//! - The event types are `user.created`, `user.updated` and `user.deleted`. Loading users and resetting the emulator
//!   do not emit events.
//! - An attempt fails if the endpoint does not respond with a 2xx status within 15 seconds. A failed attempt is retried
//!   up to 7 times. The delays before the retries are 5 seconds, 5 minutes, 30 minutes, 2 hours, 5 hours, 10 hours and
//!   10 hours.
//! - Events are sent at least once. An event stays in the directory's outbox until every endpoint has received it or
//!   has no attempts left. If the directory is persistent, the remaining events are sent after a restart.
//! - Events about the same user are sent in order, unless an attempt fails.
//! - Up to 16 requests to an endpoint run concurrently.
//! - An outbox must have only one consumer. If an emulator has endpoints, no other emulator or process may consume the
//!   outbox. An emulator without endpoints removes events from the outbox only if it created the directory itself.
//! - Redirects are not followed, and proxy settings in the environment are ignored. At most 64 KiB of each response
//!   is read.
//! - At most 100,000 undelivered events are tracked at a time. If a failing endpoint accumulates this many, other
//!   endpoints and `Emulator::events` receive no further events until some of the undelivered events are delivered or
//!   have no attempts left.
//! - The latest 500 deliveries are kept in memory for the control API and replays, with at most 16 MiB of event bodies.
//!
//! Rust tests can wait for events with `Emulator::events`, which does not require an endpoint.
//!
//! # Security
//!
//! The emulator is intended for development and tests, and must not be reachable from the internet. It does not support
//! TLS, it accepts every development key by default, and its control API can delete all users.
//!
//! # Control API
//!
//! The control API is served under `/__emulator`. It accepts the same secret keys as the API. Request bodies are JSON:
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
//! | `GET /__emulator` | returns the version, the current time, the number of users, the queued faults and the routes of the control API |
//! | `POST /__emulator/reset` | deletes all users, undelivered events, deliveries, faults and logged requests, and resets the clock, the settings and the rate limits; rejects pending requests with 503; does not load the seed file again |
//! | `POST /__emulator/seed` | loads users in the wire format: a JSON array, or one user per line; rejects unknown fields and invalid values |
//! | `POST /__emulator/clock` | advances the clock: `{"advance_seconds": 3600}` |
//! | `DELETE /__emulator/clock` | undoes all advances of the clock |
//! | `POST /__emulator/faults` | adds a fault to the queue; the fields are described below |
//! | `GET /__emulator/instance` | returns the [instance settings](user_directory::store_directory::InstanceSettings) |
//! | `PATCH /__emulator/instance` | changes settings: `{"username": "optional", "max_users": 100}` |
//! | `PUT /__emulator/instance` | resets the settings to those of a new Clerk instance, and then applies the changes in the body |
//! | `GET`, `DELETE /__emulator/faults` | returns or removes the queued faults |
//! | `GET`, `DELETE /__emulator/requests` | returns the latest requests (up to `?limit=`, 100 by default and 500 at most) or clears the log |
//! | `GET /__emulator/webhooks` | returns the webhook endpoints, without their secrets, and delivery counts |
//! | `GET`, `DELETE /__emulator/webhooks/deliveries` | returns the latest deliveries (up to `?limit=`, 100 by default and 500 at most; `?endpoint=` selects an endpoint) or clears the list |
//! | `GET /__emulator/webhooks/deliveries/{number}` | returns a delivery and the body of its event |
//! | `POST /__emulator/webhooks/deliveries/{number}/replay` | sends the event again; a pending delivery is attempted immediately |
//! | `POST /__emulator/webhooks/examples` | sends an event about a fictitious user: `{"event_type": "user.created", "endpoint": 1}` |
//! | `POST /__emulator/webhooks/faults` | adds a webhook fault: `{"effect": "drop", "event_type": "user.updated", "endpoint": 1, "times": 2}`; the other effects are `duplicate` (with `copies`), `delay` (with `delay_ms`) and `reorder` |
//! | `GET`, `DELETE /__emulator/webhooks/faults` | returns or removes the queued webhook faults |
//! | `POST /__emulator/users/{user_id}/…` | adds a resource that the API cannot create, in the wire format (a missing id is generated, and unknown fields are rejected): |
//! | `…/passkeys` | `{"name": "laptop"}` |
//! | `…/external_accounts` | `{"provider": "oauth_google", "provider_user_id": "7"}` |
//! | `…/oauth_access_tokens` | `{"provider": "oauth_google", "token": "ya29.secret"}` |
//! | `…/organization_memberships` | `{"role": "org:admin", "organization": {"id": "org_1", "name": "Acme"}}` |
//! | `…/organization_invitations` | `{"email_address": "ada@example.com", "role": "org:member"}` |
//! | `…/trusted_devices` | `{"platform": "ios", "status": "active", "app_identifier": "com.example.app"}` |
//! | `PUT /__emulator/users/{user_id}/billing_subscription` | sets the billing subscription: `{"status": "active"}` |
//! | `POST /__emulator/users/{user_id}/second_factors` | reserves a phone number as a second factor: `{"phone_number_id": "idn_1"}` |
//! | `POST /__emulator/users/{user_id}/sign_ins` | records a sign-in at a given time (by default, the current time): `{"at": "2026-05-12T09:00:00Z"}` |
//! | `PUT /__emulator/users/{user_id}/scim` | marks the user as managed by a SCIM directory: `{"directory_id": "dir_1"}` |
//! | `DELETE /__emulator/users/{user_id}/scim` | marks the user as no longer managed by a SCIM directory |
//!
//! The routes for seeding, the clock, the instance settings and users require a directory that is backed by a
//! [store](EmulatorBuilder::store). The routes for webhooks require a directory that emits events. With other
//! directories, these routes respond with 404. `/__emulator/reset` deletes users only if the directory is backed by a
//! store.
//!
//! Rust tests can use [`Emulator::store`], [`Emulator::add_fault`] and [`Emulator::requests`] instead of the control
//! API.
//!
//! For each request, the first matching fault in the queue is applied. Faults affect only requests that pass
//! authentication, have a supported API version and are within the rate limits. Some SDKs retry automatically (for
//! example, the Python SDK retries after a 503), so a fault that affects a single request may have no visible effect.
//!
//! A fault has the following fields. At least one of `status`, `cut` and `delay_ms` is required.
//!
//! | field | meaning |
//! | --- | --- |
//! | `operation` | the [name](user_directory::Operation::as_str) of the affected operation, such as `create` (default: all operations) |
//! | `times` | the number of affected requests (default: all requests until the faults are removed) |
//! | `status` | the response status, 400 to 599; cannot be combined with `cut` |
//! | `code` | the error code (default: depends on the status); requires `status` |
//! | `retry_after` | the value of the `Retry-After` header; requires `status` |
//! | `delay_ms` | a delay in milliseconds, before the operation, or after it if `after_work` is true |
//! | `cut` | the point at which the connection is closed: `before_response` or `within_response`; with `within_response`, the operation is always performed |
//! | `after_work` | whether the operation is performed before the fault is applied, so that only the response is affected (default: false) |
//!
//! # Testing retries
//!
//! Use faults to test how a client retries. With a [`FakeTimer`](user_directory::time::FakeTimer), the test does not
//! wait for the delays:
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
//! // Two requests fail with 503. The third attempt succeeds.
//! clerk.add_fault(HttpFault::status(503).operation(Operation::Count).times(2));
//! assert_eq!(users.count(&UserFilter::new()).await?, 0);
//! assert_eq!(timer.sleeps(), [Duration::from_millis(250), Duration::from_millis(500)]);
//!
//! // The client respects `Retry-After`.
//! clerk.add_fault(HttpFault::status(429).retry_after("2").times(1));
//! users.count(&UserFilter::new()).await?;
//! assert!(*timer.sleeps().last().unwrap() >= Duration::from_secs(2));
//!
//! // The response to `create` is lost. The call is not retried, because the user may have been created.
//! clerk.add_fault(HttpFault::cut(Cut::BeforeResponse).operation(Operation::Create).after_work());
//! let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
//! let error = users.create(&new_user).await.unwrap_err();
//! assert!(error.is_outcome_unknown() && !error.is_retryable());
//! assert_eq!(clerk.store().unwrap().count(&UserFilter::new()).await?, 1);
//! # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! # Public dependencies
//!
//! `user-directory` and axum 0.8 (used by [`EmulatorBuilder::router`], and re-exported as [`axum`]) are part of the
//! public API. Upgrading one of them to a semver-incompatible version is a breaking change.
//!
//! [`UserDirectory`]: user_directory::UserDirectory
//! [`InMemoryUserDirectory`]: user_directory::InMemoryUserDirectory

#![forbid(unsafe_code)]

mod app;
mod backend;
mod builder;
mod connections;
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
#[cfg(feature = "webhooks")]
mod webhooks;

/// Re-exports axum. [`EmulatorBuilder::router`] returns its [`Router`](axum::Router) type.
pub use axum;
pub use builder::EmulatorBuilder;
pub use http_fault::{Cut, HttpFault};
pub use keys::InvalidKey;
pub use request_log::RequestRecord;
pub use server::Emulator;
pub use start_error::StartError;
#[cfg(feature = "webhooks")]
pub use webhooks::{Endpoint, Events, InvalidEndpoint, WebhookFault};

#[cfg(all(doctest, feature = "webhooks"))]
#[doc = include_str!("../README.md")]
struct Readme;
