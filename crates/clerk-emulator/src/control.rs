//! The control API, which tests use to control the emulator.
//!
//! It accepts the same secret keys as the emulated API, and its errors have the same format.

mod resources;
#[cfg(feature = "webhooks")]
mod webhooks;

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use user_directory::store::UserStore;
use user_directory::store_directory::{IdGenerator, InstanceSettings, RandomIds, StoreUserDirectory};
use user_directory::wire::body::Form;
use user_directory::wire::decode_strict;
use user_directory::wire::query::QueryReader;
use user_directory::wire::rejection::invalid_param;
use user_directory::wire::route::Method;
use user_directory::{Error, ErrorKind, Result, UserDirectory, UserFilter, UserId, codes};

use crate::app::{App, new_trace_id};
use crate::backend::StoreBackend;
use crate::http_fault::HttpFault;
use crate::path_params::PathParams;
use crate::rejection;
use crate::request_body::RequestBody;
use crate::request_log::CAPACITY;
use crate::response::Response;

/// The maximum size of a request body in bytes.
///
/// The same limit applies to the total size of all concurrent bodies. It is high, because a seed is sent in a single
/// body.
pub(crate) const MAX_BODY: usize = 1024 * 1024 * 1024;
/// The maximum number of concurrent requests.
///
/// The number is limited, because each request blocks a thread and may wait for a request that hashes passwords.
pub(crate) const MAX_CALLS: usize = 8;
/// The default number of logged requests or webhook deliveries in a response.
const DEFAULT_LIMIT: usize = 100;

/// A request to the control API.
pub(crate) struct Call<'c> {
    app: &'c App,
    params: &'c PathParams,
    query: QueryReader<'c>,
    body: &'c [u8],
}

/// A function that handles a request.
pub(crate) type Action = for<'a> fn(&'a mut Call<'_>) -> LocalBoxFuture<'a, Result<Response>>;

const ACTIONS: &[(Method, &str, Action)] = &[
    (Method::Get, "/__emulator", |call| Box::pin(status(call))),
    (Method::Post, "/__emulator/reset", |call| Box::pin(reset(call))),
    (Method::Post, "/__emulator/seed", |call| Box::pin(seed(call))),
    (Method::Post, "/__emulator/clock", |call| Box::pin(ready(advance_clock(call)))),
    (Method::Delete, "/__emulator/clock", |call| Box::pin(ready(reset_clock(call)))),
    (Method::Get, "/__emulator/instance", |call| Box::pin(ready(settings(call)))),
    (Method::Patch, "/__emulator/instance", |call| Box::pin(ready(change_settings(call)))),
    (Method::Put, "/__emulator/instance", |call| Box::pin(ready(replace_settings(call)))),
    (Method::Get, "/__emulator/faults", |call| Box::pin(ready(faults(call)))),
    (Method::Post, "/__emulator/faults", |call| Box::pin(ready(add_fault(call)))),
    (Method::Delete, "/__emulator/faults", |call| Box::pin(ready(clear_faults(call)))),
    (Method::Get, "/__emulator/requests", |call| Box::pin(ready(latest_requests(call)))),
    (Method::Delete, "/__emulator/requests", |call| Box::pin(ready(clear_requests(call)))),
];

/// Returns all actions, with their routes.
pub(crate) fn actions() -> impl Iterator<Item = &'static (Method, &'static str, Action)> {
    let actions = ACTIONS.iter().chain(resources::ACTIONS);
    #[cfg(feature = "webhooks")]
    let actions = actions.chain(webhooks::ACTIONS);
    actions
}

/// Serves a request to the control API.
pub(crate) async fn handle(
    app: Arc<App>,
    params: PathParams,
    request: Request,
    action: Action,
) -> axum::response::Response {
    let trace_id = new_trace_id();
    let response = act(&app, params, request, action).await;
    response.unwrap_or_else(|error| Response::error(&error, &trace_id)).into_http(&trace_id)
}

async fn act(app: &Arc<App>, params: PathParams, request: Request, action: Action) -> Result<Response> {
    let (parts, body) = request.into_parts();
    if let Err(error) = app.authenticate(&parts) {
        RequestBody::discard(&parts.headers, body).await;
        return Err(error);
    }
    let (body, memory) = app.control_bodies.read(body).await;
    let body = match body {
        RequestBody::Complete(body) => body,
        RequestBody::TooLarge => return Err(rejection::body_too_large(MAX_BODY)),
        RequestBody::Incomplete => return Err(rejection::body_invalid("The body is incomplete.")),
    };
    let app = Arc::clone(app);
    // The semaphore is never closed.
    let slot = Arc::clone(&app.control_slots).acquire_owned().await;
    // Parsing many users takes a long time, so the action runs on a blocking thread.
    let runtime = tokio::runtime::Handle::current();
    let act = move || {
        // The action continues after the client has closed the connection.
        let _permits = (memory, slot);
        let _running = app.running.blocking_read();
        app.check_open()?;
        params.check()?;
        let query = parts.uri.query().unwrap_or_default();
        QueryReader::check_encoding(query)?;
        let query = QueryReader::parse(query);
        let response = runtime.block_on(action(&mut Call { app: &app, params: &params, query, body: &body }));
        response.map_err(|error| app.backend.explain(error))
    };
    let failed = |error| Err(Error::new(ErrorKind::Server).with_source(error));
    tokio::task::spawn_blocking(act).await.unwrap_or_else(failed)
}

/// The state of the emulator.
#[derive(Serialize)]
struct Status {
    version: &'static str,
    /// The time of the directory's clock, in milliseconds since the Unix epoch.
    now: i64,
    /// The total time by which the clock has been advanced.
    clock_offset_ms: i64,
    /// Whether the directory is backed by a store.
    store: bool,
    users: Option<u64>,
    /// Whether rate limits are enforced.
    rate_limits: bool,
    faults: Vec<HttpFault>,
    /// The number of webhook endpoints, or `None` if the directory emits no events.
    webhooks: Option<usize>,
    /// The routes of the control API.
    routes: Vec<String>,
}

/// Returns the state of the emulator.
///
/// If the directory is not backed by a store, its users are not counted, because the dashboard polls this route.
async fn status(call: &mut Call<'_>) -> Result<Response> {
    let app = call.app;
    let store = app.backend.store().map(StoreBackend::directory);
    let offset = store.as_ref().map(StoreUserDirectory::clock_offset).unwrap_or_default();
    let users = match &store {
        // If the store fails, the rest of the status is still returned.
        Some(directory) => directory.count(&UserFilter::new()).await.ok(),
        None => None,
    };
    Response::json(&Status {
        version: env!("CARGO_PKG_VERSION"),
        now: app.now().as_millisecond(),
        clock_offset_ms: i64::try_from(offset.as_millis()).unwrap_or(i64::MAX),
        store: store.is_some(),
        users,
        rate_limits: app.limiter.is_some(),
        faults: app.faults.all(),
        #[cfg(feature = "webhooks")]
        webhooks: app.webhooks.as_ref().map(|webhooks| webhooks.hub().endpoint_count()),
        #[cfg(not(feature = "webhooks"))]
        webhooks: None,
        routes: actions().map(|(method, path, _)| format!("{} {path}", method.as_str())).collect(),
    })
}

async fn reset(call: &mut Call<'_>) -> Result<Response> {
    // This precedes clearing the directory, so that no earlier request is performed after it.
    call.app.resets.send_replace(());
    let clear = async {
        match call.app.backend.store() {
            Some(store) => store.directory().clear().await,
            None => Ok(()),
        }
    };
    #[cfg(feature = "webhooks")]
    match &call.app.webhooks {
        Some(webhooks) => webhooks.hub().reset(clear).await?,
        None => clear.await?,
    }
    #[cfg(not(feature = "webhooks"))]
    clear.await?;
    if let Some(store) = call.app.backend.store() {
        store.directory().reset_clock();
        store.reset_settings();
    }
    call.app.reset_limits();
    call.app.faults.clear();
    call.app.requests.clear();
    Response::json(&json!({}))
}

async fn seed(call: &mut Call<'_>) -> Result<Response> {
    let text = str::from_utf8(call.body).map_err(|_| rejection::body_invalid("The body is not UTF-8."))?;
    let users = call.store()?.load_json(text).await.map_err(|error| match error.kind() {
        ErrorKind::Decode => body_invalid(&error),
        _ => error,
    })?;
    Response::json(&json!({ "users": users }))
}

fn advance_clock(call: &mut Call<'_>) -> Result<Response> {
    let mut form = Form::parse(call.body)?;
    let seconds: u64 = form.required("advance_seconds");
    form.finish()?;
    let directory = call.store()?;
    directory.advance_clock(Duration::from_secs(seconds));
    Response::json(&json!({ "now": directory.now().as_millisecond() }))
}

fn reset_clock(call: &mut Call<'_>) -> Result<Response> {
    let directory = call.store()?;
    directory.reset_clock();
    Response::json(&json!({ "now": directory.now().as_millisecond() }))
}

fn settings(call: &mut Call<'_>) -> Result<Response> {
    Response::json(call.store()?.settings())
}

/// Changes the settings that are present in the body.
fn change_settings(call: &mut Call<'_>) -> Result<Response> {
    let backend = call.backend()?;
    backend.set_settings(call.parse_settings(backend.directory().settings())?);
    settings(call)
}

/// Resets the settings to those of a new Clerk instance, and applies the changes in the body.
fn replace_settings(call: &mut Call<'_>) -> Result<Response> {
    call.backend()?.set_settings(call.parse_settings(&InstanceSettings::new())?);
    settings(call)
}

fn latest_requests(call: &mut Call<'_>) -> Result<Response> {
    let limit = call.limit()?;
    Response::json(&call.app.requests.latest(limit))
}

fn clear_requests(call: &mut Call<'_>) -> Result<Response> {
    call.app.requests.clear();
    Response::json(&json!({}))
}

fn clear_faults(call: &mut Call<'_>) -> Result<Response> {
    call.app.faults.clear();
    Response::json(&json!({}))
}

fn faults(call: &mut Call<'_>) -> Result<Response> {
    Response::json(&json!({ "data": call.app.faults.all() }))
}

fn add_fault(call: &mut Call<'_>) -> Result<Response> {
    let fault = HttpFault::parse(call.body)?;
    let response = Response::json(&fault);
    call.app.faults.add(fault);
    response
}

fn body_invalid(error: &Error) -> Error {
    rejection::body_invalid(error.message().unwrap_or_default())
}

impl<'c> Call<'c> {
    /// Returns the directory, or an error if it is not backed by a store.
    fn store(&self) -> Result<StoreUserDirectory<dyn UserStore>> {
        self.backend().map(StoreBackend::directory)
    }

    /// Returns the directory and its settings, or an error if the directory is not backed by a store.
    fn backend(&self) -> Result<&'c StoreBackend> {
        let message =
            "This route requires a directory that is backed by a store, but the emulator serves another directory.";
        self.app.backend.store().ok_or_else(|| rejection::not_found(message))
    }

    /// Returns `base` with the changes in the body.
    fn parse_settings(&self, base: &InstanceSettings) -> Result<InstanceSettings> {
        let text = str::from_utf8(self.body).map_err(|_| rejection::body_invalid("The body is not UTF-8."))?;
        base.with_json(text).map_err(|error| body_invalid(&error))
    }

    /// Returns the maximum number of logged requests or webhook deliveries in the response.
    fn limit(&mut self) -> Result<usize> {
        Ok(self.query.integer("limit", 1..=CAPACITY)?.unwrap_or(DEFAULT_LIMIT))
    }

    fn user(&self) -> Result<UserId> {
        self.params.user()
    }

    /// Decodes the body as a resource in the wire format. A missing id is generated. An unknown field is rejected.
    fn decode<T: DeserializeOwned>(&self, id_prefix: Option<&str>, required: &[&'static str]) -> Result<T> {
        let body_invalid_json = |_| rejection::body_invalid("The body is not a JSON object.");
        // The values are kept as text, because a `Value` cannot represent all metadata.
        let mut fields: BTreeMap<String, Box<RawValue>> =
            serde_json::from_slice(self.body).map_err(body_invalid_json)?;
        for name in required {
            if fields.get(*name).is_none_or(|value| matches!(value.get(), "null" | "\"\"")) {
                return Err(invalid_param(codes::FORM_PARAM_MISSING, *name, "is missing"));
            }
        }
        if let Some(prefix) = id_prefix
            && fields.get("id").is_none_or(|id| id.get() == "null")
        {
            let id = to_raw_value(&RandomIds.next_id(prefix)).map_err(body_invalid_json)?;
            fields.insert("id".to_owned(), id);
        }
        let json = serde_json::to_string(&fields).map_err(body_invalid_json)?;
        decode_strict(&json).map_err(|error| body_invalid(&error))
    }
}
