//! [`App`]: what every request is answered with, and the way it takes.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use tokio::sync::{RwLock, watch};
use tracing::info;

use super::answer::Answer;
use super::body;
use super::fault::{Cut, Fault, Faults};
use super::key::{KeyKind, Keys};
use super::operations::{Incoming, perform};
use super::origin;
use super::panics::Panics;
use super::path::PathParams;
use super::query::Query;
use super::rate_limit::Limiter;
use super::refusal;
use super::request_log::{RequestLog, RequestRecord};
use super::version::ApiVersion;
use crate::directory::UserDirectory;
use crate::error::{Error, Result};
use crate::in_memory::InMemoryUserDirectory;
use crate::operation::Operation;
use crate::time::Clock;

/// The header by which the page in the browser keeps its own requests apart from those of the application.
const PAGE: &str = "emulator-page";

/// What every request is answered with.
pub(super) struct App {
    pub(super) directory: Arc<dyn UserDirectory>,
    /// The same directory, if it is one that can be arranged.
    pub(super) in_memory: Option<InMemoryUserDirectory>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) keys: Keys,
    /// The names that are answered to beside those that nobody else can own.
    pub(super) allowed_hosts: Vec<String>,
    pub(super) limiter: Option<Limiter>,
    pub(super) latency: Duration,
    pub(super) faults: Faults,
    pub(super) requests: RequestLog,
    pub(super) panics: Panics,
    /// Held by whoever asks the directory something; whether that is over.
    pub(super) closed: RwLock<bool>,
    /// Changes when the server stops, if it is one that can be stopped.
    pub(super) stopping: Option<watch::Receiver<()>>,
}

/// How a request ends.
enum Outcome {
    Answer(Answer),
    /// The connection is cut; the answer is what part of is sent, if any.
    Cut(Option<Answer>),
}

/// What is found out about a request on its way.
struct Seen {
    trace_id: String,
    version: Option<ApiVersion>,
    ignored: Vec<String>,
}

impl App {
    /// Returns the time of the directory's clock.
    pub(super) fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// Lets the rate limits begin anew, if there are any.
    pub(super) fn reset_limits(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.reset();
        }
    }

    /// Whether a request may be answered at all, and the kind of its key.
    pub(super) fn admit(&self, parts: &Parts) -> Result<KeyKind> {
        origin::check(&parts.headers, &self.allowed_hosts)?;
        self.keys.check(&parts.headers)
    }

    /// Answers a request to the API. Without an operation there is no such route.
    ///
    /// In a task of its own, because a client that gives up does not call its request back.
    pub(super) async fn serve(
        self: Arc<Self>,
        operation: Option<Operation>,
        params: PathParams,
        request: Request,
    ) -> Response {
        let answer = tokio::spawn(async move { self.answer(operation, &params, request).await });
        match answer.await {
            Ok(response) => response,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime shuts down, so nobody waits for the answer.
                Err(_) => std::future::pending().await,
            },
        }
    }

    /// Waits for the work that has begun, and lets none begin any more.
    pub(super) async fn close(&self) {
        *self.closed.write().await = true;
    }

    async fn answer(&self, operation: Option<Operation>, params: &PathParams, request: Request) -> Response {
        let started = Instant::now();
        let at = self.now();
        let method = request.method().as_str().to_owned();
        let uri = request.uri().clone();
        let is_page = request.headers().contains_key(PAGE);
        let mut seen = Seen { trace_id: new_trace_id(), version: None, ignored: Vec::new() };

        let outcome = self.exchange(operation, params, request, is_page, &mut seen).await;
        let outcome = outcome.unwrap_or_else(|error| {
            // A request that was passed on is known elsewhere, and by another id.
            if let Some(trace_id) = error.trace_id() {
                trace_id.clone_into(&mut seen.trace_id);
            }
            Outcome::Answer(Answer::refusal(&error, &seen.trace_id))
        });

        let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let (status, errors) = match &outcome {
            Outcome::Answer(answer) => (Some(answer.status.as_u16()), answer.errors.clone()),
            Outcome::Cut(_) => (None, Vec::new()),
        };
        if !is_page {
            // Not the query: it has what was searched for.
            info!(target: "user_directory::emulator", %method, path = uri.path(), status, duration_us, trace_id = seen.trace_id, "request");
            self.requests.add(RequestRecord {
                number: 0,
                at,
                method,
                path: uri.path().to_owned(),
                query: uri.query().map(str::to_owned),
                operation,
                status,
                duration_us,
                errors,
                trace_id: seen.trace_id.clone(),
                api_version: seen.version.map(ApiVersion::as_str),
                ignored_parameters: seen.ignored,
            });
        }
        match outcome {
            Outcome::Answer(answer) => answer.into_response(&seen.trace_id),
            Outcome::Cut(answer) => cut(answer, &seen.trace_id),
        }
    }

    /// Lets time pass, but does not keep the server from stopping.
    async fn pause(&self, delay: Duration) {
        if delay.is_zero() {
            return;
        }
        let stopping = async {
            match self.stopping.clone() {
                // An error means that nobody can stop it any more, because it was dropped.
                Some(mut stopping) => drop(stopping.changed().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = stopping => {}
        }
    }

    /// Asks the directory, unless that is over.
    async fn perform(&self, operation: Operation, incoming: Incoming<'_, '_>) -> Result<Answer> {
        let closed = self.closed.read().await;
        if *closed {
            return Err(refusal::stopping());
        }
        // A directory that panics (a mock that was called wrongly) must not look like a connection that broke.
        let result = AssertUnwindSafe(perform(&*self.directory, operation, incoming)).catch_unwind().await;
        result.unwrap_or_else(|panic| {
            let what = self.panics.note(operation, &*panic);
            Err(refusal::directory_panicked(&what))
        })
    }

    async fn exchange(
        &self,
        operation: Option<Operation>,
        params: &PathParams,
        request: Request,
        is_page: bool,
        seen: &mut Seen,
    ) -> Result<Outcome> {
        let (parts, body) = request.into_parts();
        let body = body::read(body).await;
        let kind = self.admit(&parts)?;
        let uri = parts.uri.clone();
        let mut query = Query::parse(uri.query().unwrap_or_default());
        let version = ApiVersion::of(&parts.headers, &mut query)?;
        seen.version = Some(version);
        let operation = operation.ok_or_else(|| refusal::not_found("There is no such route."))?;
        let user_id = params.user_id();

        let mut fault = None;
        if !is_page {
            if let Some(limiter) = &self.limiter {
                limiter.check(kind, operation, user_id.as_ref())?;
            }
            fault = self.faults.next(operation);
            self.pause(self.latency).await;
        }
        let delay = fault.as_ref().map(Fault::wait).unwrap_or_default();
        let after_work = fault.as_ref().is_some_and(Fault::is_after_work);
        if !after_work {
            self.pause(delay).await;
        }
        if let Some(fault) = fault.as_ref().filter(|fault| fault.is_instead_of_work()) {
            return Ok(faulty(fault, None, &seen.trace_id));
        }
        let part = params.part();
        let incoming = Incoming { version, user_id, part, query: &mut query, headers: &parts.headers, body };
        let result = self.perform(operation, incoming).await;
        if after_work {
            self.pause(delay).await;
        }
        seen.ignored = query.ignored();
        match fault {
            Some(fault) => Ok(faulty(&fault, Some(result), &seen.trace_id)),
            None => result.map(Outcome::Answer),
        }
    }
}

/// What a fault makes of a result, or of none.
fn faulty(fault: &Fault, result: Option<Result<Answer>>, trace_id: &str) -> Outcome {
    if let Some(error) = fault.error() {
        let mut answer = Answer::refusal(&error, trace_id);
        answer.retry_after = fault.header().and_then(|value| value.parse().ok());
        return Outcome::Answer(answer);
    }
    let real = result.map(|result| result.unwrap_or_else(|error: Error| Answer::refusal(&error, trace_id)));
    match (fault.where_cut(), real) {
        (Some(Cut::BeforeAnswer), _) | (None, None) => Outcome::Cut(None),
        (Some(Cut::WithinAnswer), real) => Outcome::Cut(real),
        // A delay only.
        (None, Some(real)) => Outcome::Answer(real),
    }
}

/// A response that breaks off in the middle of its body, or before its head was sent.
///
/// The server cuts the connection when a body fails.
fn cut(answer: Option<Answer>, trace_id: &str) -> Response {
    let failure = || Err::<Bytes, _>(std::io::Error::other("cut on purpose"));
    let Some(answer) = answer else {
        return Response::new(Body::from_stream(stream::iter([failure()])));
    };
    let length = answer.body.len();
    let half = Bytes::copy_from_slice(&answer.body[..length / 2]);
    let later = async move {
        // So that what there is has been sent before the connection is cut.
        tokio::time::sleep(Duration::from_millis(1)).await;
        failure()
    };
    let mut response = answer.into_response(trace_id);
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    *response.body_mut() = Body::from_stream(stream::iter([Ok(half)]).chain(stream::once(later)));
    response
}

/// 32 hexadecimal digits, as those of the service.
pub(super) fn new_trace_id() -> String {
    format!("{:032x}", fastrand::u128(..))
}
