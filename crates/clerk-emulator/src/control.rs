//! The control surface, outside the API: what a test does to the emulator itself.
//!
//! It takes the same key as the API, and answers in the same form.

mod belongings;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::routing::{MethodRouter, on};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::app::{App, new_trace_id};
use super::fault::Fault;
use super::form::Form;
use super::path::PathParams;
use super::query::Query;
use super::refusal;
use super::routes::method_filter;
use crate::error::{Error, ErrorKind, Result, codes};
use crate::in_memory::{IdGenerator, InMemoryUserDirectory, RandomIds};
use crate::model::UserId;
use crate::operation::Method;

/// The most bytes of a body here; users to be loaded come in one.
const MAX_BODY: usize = 1024 * 1024 * 1024;
/// How many requests are listed if nobody says how many.
const DEFAULT_REQUESTS: usize = 100;

/// A call of the control surface.
struct Call<'c> {
    app: &'c App,
    params: &'c PathParams,
    query: Query<'c>,
    body: &'c [u8],
}

type Action = fn(&mut Call<'_>) -> Result<Answer>;

/// What there is beside what is added to users.
const ACTIONS: &[(Method, &str, Action)] = &[
    (Method::Get, "/__emulator", status),
    (Method::Post, "/__emulator/reset", reset),
    (Method::Post, "/__emulator/seed", seed),
    (Method::Post, "/__emulator/clock", advance_clock),
    (Method::Delete, "/__emulator/clock", reset_clock),
    (Method::Get, "/__emulator/faults", |call| Answer::json(&json!({ "data": call.app.faults.all() }))),
    (Method::Post, "/__emulator/faults", add_fault),
    (Method::Delete, "/__emulator/faults", clear_faults),
    (Method::Get, "/__emulator/requests", latest_requests),
    (Method::Delete, "/__emulator/requests", clear_requests),
];

fn actions() -> impl Iterator<Item = &'static (Method, &'static str, Action)> {
    ACTIONS.iter().chain(belongings::ACTIONS)
}

pub(super) fn routes() -> Router<Arc<App>> {
    let route = |router: Router<Arc<App>>, (method, path, action): &(Method, &'static str, Action)| {
        router.route(path, answered(*method, *action))
    };
    actions().fold(Router::new(), route)
}

/// A route that checks the key, reads the body and answers what the action does.
fn answered(method: Method, action: Action) -> MethodRouter<Arc<App>> {
    on(method_filter(method), move |State(app): State<Arc<App>>, params: PathParams, request: Request| async move {
        let trace_id = new_trace_id();
        let answer = act(&app, params, request, action).await;
        answer.unwrap_or_else(|error| Answer::refusal(&error, &trace_id)).into_response(&trace_id)
    })
}

async fn act(app: &Arc<App>, params: PathParams, request: Request, action: Action) -> Result<Answer> {
    let (parts, body) = request.into_parts();
    app.admit(&parts)?;
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| refusal::body_too_large())?;
    let app = Arc::clone(app);
    // There may be many users to load.
    let act = move || {
        let closed = app.closed.blocking_read();
        if *closed {
            return Err(refusal::stopping());
        }
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        action(&mut Call { app: &app, params: &params, query, body: &body })
    };
    let failed = |error| Err(Error::new(ErrorKind::Server).with_source(error));
    tokio::task::spawn_blocking(act).await.unwrap_or_else(failed)
}

/// What the emulator is like at the moment.
#[derive(Serialize)]
struct Status {
    version: &'static str,
    now: i64,
    clock_offset_ms: i64,
    in_memory: bool,
    users: Option<usize>,
    rate_limits: bool,
    faults: Vec<Fault>,
    /// Where to go from here.
    routes: Vec<String>,
}

/// The number of users is left open where it takes a call to somebody else: this is asked for again and again.
fn status(call: &mut Call<'_>) -> Result<Answer> {
    let app = call.app;
    let directory = app.in_memory.as_ref();
    let ahead = directory.map(InMemoryUserDirectory::clock_offset).unwrap_or_default().as_millis();
    Answer::json(&Status {
        version: env!("CARGO_PKG_VERSION"),
        now: app.now().as_millisecond(),
        clock_offset_ms: i64::try_from(ahead).unwrap_or(i64::MAX),
        in_memory: directory.is_some(),
        users: directory.map(InMemoryUserDirectory::len),
        rate_limits: app.limiter.is_some(),
        faults: app.faults.all(),
        routes: actions().map(|(method, path, _)| format!("{} {path}", method.as_str())).collect(),
    })
}

fn reset(call: &mut Call<'_>) -> Result<Answer> {
    if let Some(directory) = &call.app.in_memory {
        directory.clear();
        directory.reset_clock();
    }
    call.app.reset_limits();
    call.app.faults.clear();
    call.app.requests.clear();
    Answer::json(&json!({}))
}

fn seed(call: &mut Call<'_>) -> Result<Answer> {
    let text = str::from_utf8(call.body).map_err(|_| refusal::body_invalid("The body is not UTF-8."))?;
    let users = call.in_memory()?.load_json(text).map_err(|error| match error.kind() {
        ErrorKind::Decode => refusal::body_invalid(error.message().unwrap_or_default()),
        _ => error,
    })?;
    Answer::json(&json!({ "users": users }))
}

fn advance_clock(call: &mut Call<'_>) -> Result<Answer> {
    let mut form = Form::parse(call.body)?;
    let seconds: u64 = form.required("advance_seconds");
    form.finish()?;
    let directory = call.in_memory()?;
    directory.advance_clock(Duration::from_secs(seconds));
    Answer::json(&json!({ "now": directory.now().as_millisecond() }))
}

fn reset_clock(call: &mut Call<'_>) -> Result<Answer> {
    let directory = call.in_memory()?;
    directory.reset_clock();
    call.app.reset_limits();
    Answer::json(&json!({ "now": directory.now().as_millisecond() }))
}

fn latest_requests(call: &mut Call<'_>) -> Result<Answer> {
    let limit = call.query.number("limit")?.unwrap_or(DEFAULT_REQUESTS);
    Answer::json(&call.app.requests.latest(limit))
}

fn clear_requests(call: &mut Call<'_>) -> Result<Answer> {
    call.app.requests.clear();
    Answer::json(&json!({}))
}

fn clear_faults(call: &mut Call<'_>) -> Result<Answer> {
    call.app.faults.clear();
    Answer::json(&json!({}))
}

fn add_fault(call: &mut Call<'_>) -> Result<Answer> {
    let fault = Fault::parse(call.body)?;
    let answer = Answer::json(&fault);
    call.app.faults.add(fault);
    answer
}

impl<'c> Call<'c> {
    /// The directory, if it is one that can be arranged.
    fn in_memory(&self) -> Result<&'c InMemoryUserDirectory> {
        let message = "This is a gateway to a directory that cannot be arranged; the one in memory can.";
        self.app.in_memory.as_ref().ok_or_else(|| refusal::not_found(message))
    }

    fn user(&self) -> Result<UserId> {
        self.params.user_id().ok_or_else(|| refusal::not_found("There is no such user."))
    }

    /// The body as a thing of the API, which gets an id if it has none.
    fn decode<T: DeserializeOwned>(&self, id_prefix: Option<&str>, required: &[&'static str]) -> Result<T> {
        let mut fields: Map<String, Value> =
            serde_json::from_slice(self.body).map_err(|_| refusal::body_invalid("The body is not a JSON object."))?;
        for name in required {
            if fields.get(*name).is_none_or(|value| value.is_null() || value == "") {
                return Err(refusal::invalid(codes::FORM_PARAM_MISSING, name, "is missing"));
            }
        }
        if let Some(prefix) = id_prefix {
            fields.entry("id").or_insert_with(|| RandomIds.next_id(prefix).into());
        }
        serde_json::from_value(Value::Object(fields))
            .map_err(|error| refusal::body_invalid(Error::decode(&error).message().unwrap_or_default()))
    }
}
