//! [`App`]: serves requests to the API.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use tokio::sync::{RwLock, Semaphore, watch};
use tracing::info;
use user_directory::time::Clock;
use user_directory::wire::ApiVersion;
use user_directory::wire::query::QueryReader;
use user_directory::{Error, Operation, Result};

use crate::backend::{Backend, StoreBackend};
use crate::http_fault::{Cut, HttpFault, HttpFaults};
use crate::incoming::Incoming;
use crate::keys::{KeyKind, Keys};
use crate::limiter::Limiter;
use crate::operations::perform;
use crate::panics::Panics;
use crate::path_params::PathParams;
use crate::request_body::{BodyReader, RequestBody};
use crate::request_log::{RequestLog, RequestRecord};
use crate::response::Response;
use crate::routes::methods_of;
use crate::{origin, rejection, version};

/// The header that the dashboard sends. Requests with this header are not logged, delayed or rate-limited, and faults
/// do not affect them.
const DASHBOARD: &str = "emulator-dashboard";

/// The maximum number of concurrent requests to the API, including those that continue after the client has closed the
/// connection.
pub(crate) const MAX_REQUESTS: usize = 512;

/// The state of the emulator.
pub(crate) struct App {
    pub(crate) backend: Backend,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) keys: Keys,
    /// The accepted host names, in addition to those that cannot be registered in DNS.
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) limiter: Option<Limiter>,
    pub(crate) latency: Duration,
    pub(crate) faults: HttpFaults,
    pub(crate) requests: RequestLog,
    pub(crate) panics: Panics,
    /// `None` if the directory emits no events.
    #[cfg(feature = "webhooks")]
    pub(crate) webhooks: Option<crate::webhooks::Webhooks>,
    /// Limits the concurrent requests to the API.
    pub(crate) slots: Arc<Semaphore>,
    /// Limits the concurrent requests to the control API.
    pub(crate) control_slots: Arc<Semaphore>,
    pub(crate) bodies: BodyReader,
    pub(crate) control_bodies: BodyReader,
    /// Whether further operations are rejected. Each operation reads this flag after it has locked `running`.
    pub(crate) closed: AtomicBool,
    /// Read-locked during each operation.
    pub(crate) running: RwLock<()>,
    /// Notifies waiting requests when the control API resets the emulator.
    pub(crate) resets: watch::Sender<()>,
    /// Notified when the server stops. `None` if the emulator is embedded in another server.
    pub(crate) stopping: Option<watch::Receiver<()>>,
}

/// The outcome of a request.
enum Outcome {
    Response(Response),
    /// Closes the connection, after part of the response if there is one.
    Cut(Option<Response>),
}

/// The properties of a request that are logged.
struct Facts {
    trace_id: String,
    version: Option<ApiVersion>,
    ignored: Vec<String>,
}

impl App {
    /// Returns the time of the directory's clock.
    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// Resets the rate limits, if there are any.
    pub(crate) fn reset_limits(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.reset();
        }
    }

    /// Checks the origin and the key of a request.
    pub(crate) fn authenticate(&self, parts: &Parts) -> Result<KeyKind> {
        origin::check(&parts.uri, &parts.headers, &self.allowed_hosts)?;
        self.keys.authenticate(&parts.headers)
    }

    /// Serves a request to the API. `operation` is `None` for an unknown route.
    ///
    /// If the client closes the connection, a password or TOTP verification is canceled, because hashing is expensive
    /// and only the client needs the result. As with Clerk, all other requests complete. Each of these requests runs in
    /// its own task and holds its slot until it completes, so that the number of tasks is limited.
    pub(crate) async fn serve(
        self: Arc<Self>,
        operation: Option<Operation>,
        params: PathParams,
        request: Request,
    ) -> axum::response::Response {
        // The semaphore is never closed.
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        let respond = async move {
            let response = self.respond(operation, &params, request).await;
            drop(slot);
            response
        };
        if matches!(operation, Some(Operation::VerifyPassword | Operation::VerifyTotp)) {
            return respond.await;
        }
        match tokio::spawn(respond).await {
            Ok(response) => response,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is shutting down, so the response is not needed.
                Err(_) => std::future::pending().await,
            },
        }
    }

    /// Rejects all further operations, and waits until the running operations have completed.
    pub(crate) async fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        drop(self.running.write().await);
    }

    /// Returns an error if further operations are rejected. `running` must be locked.
    pub(crate) fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::SeqCst) { Err(rejection::stopping()) } else { Ok(()) }
    }

    async fn respond(
        &self,
        operation: Option<Operation>,
        params: &PathParams,
        request: Request,
    ) -> axum::response::Response {
        let started = Instant::now();
        let at = self.now();
        let method = request.method().as_str().to_owned();
        let uri = request.uri().clone();
        let is_dashboard = request.headers().contains_key(DASHBOARD);
        let reset = self.resets.subscribe();
        let mut facts = Facts { trace_id: new_trace_id(), version: None, ignored: Vec::new() };

        let outcome = self.process(operation, params, request, is_dashboard, &reset, &mut facts).await;
        let outcome = outcome.unwrap_or_else(|error| {
            // A forwarded error keeps the trace id of the other service.
            if let Some(trace_id) = error.trace_id() {
                trace_id.clone_into(&mut facts.trace_id);
            }
            Outcome::Response(Response::error(&error, &facts.trace_id))
        });

        let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let (status, errors) = match &outcome {
            Outcome::Response(response) => (Some(response.status.as_u16()), response.error_codes.clone()),
            Outcome::Cut(_) => (None, Vec::new()),
        };
        // A reset clears the log, so requests that arrived before the reset are not added afterward.
        if !is_dashboard && !is_changed(&reset) {
            // The query is not logged, because it can contain search terms.
            let (path, trace_id) = (uri.path(), &facts.trace_id);
            info!(target: "clerk_emulator", %method, path, status, duration_us, trace_id, "request");
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
                trace_id: facts.trace_id.clone(),
                api_version: facts.version.map(ApiVersion::as_str),
                ignored_parameters: facts.ignored,
            });
        }
        match outcome {
            Outcome::Response(response) => response.into_http(&facts.trace_id),
            Outcome::Cut(response) => cut(response, &facts.trace_id),
        }
    }

    /// Sleeps until the delay has passed, the emulator is reset, or the server stops.
    async fn pause(&self, delay: Duration, reset: &watch::Receiver<()>) {
        if delay.is_zero() {
            return;
        }
        // Cloned, because `changed` marks the change as seen.
        let mut reset = reset.clone();
        let stopping = async {
            match self.stopping.clone() {
                // An error means that the sender was dropped, which stops the server.
                Some(mut stopping) => drop(stopping.changed().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = stopping => {}
            _ = reset.changed() => {}
        }
    }

    /// Performs an operation, unless the server is stopping or the emulator was reset after the request arrived.
    async fn perform(
        &self,
        operation: Operation,
        incoming: Incoming<'_, '_>,
        reset: &watch::Receiver<()>,
    ) -> Result<Response> {
        let _running = self.running.read().await;
        self.check_open()?;
        if is_changed(reset) {
            return Err(rejection::was_reset());
        }
        // Without this, a panic (for example, of a mock that receives an unexpected call) would close the connection.
        let (directory, store) = (self.backend.directory(), self.backend.store().map(StoreBackend::directory));
        let performed = perform(&*directory, store.as_ref(), operation, incoming);
        let result = AssertUnwindSafe(performed).catch_unwind().await;
        result.unwrap_or_else(|panic| Err(rejection::directory_panicked(self.panics.record(operation, &*panic))))
    }

    async fn process(
        &self,
        operation: Option<Operation>,
        params: &PathParams,
        request: Request,
        is_dashboard: bool,
        reset: &watch::Receiver<()>,
        facts: &mut Facts,
    ) -> Result<Outcome> {
        let (parts, body) = request.into_parts();
        // The key is checked first, so that only requests with an accepted key can make the server buffer their bodies.
        let kind = match self.authenticate(&parts) {
            Ok(kind) => kind,
            Err(error) => {
                RequestBody::discard(&parts.headers, body).await;
                return Err(error);
            }
        };
        let (body, _memory) = self.bodies.read(body).await;
        let uri = parts.uri.clone();
        params.check()?;
        QueryReader::check_encoding(uri.query().unwrap_or_default())?;
        let mut query = QueryReader::parse(uri.query().unwrap_or_default());
        let version = version::requested(&parts.headers, &mut query)?;
        facts.version = version;
        let operation = operation.ok_or_else(|| rejection::no_such_route(&parts.method, uri.path(), methods_of))?;
        let version = version::select(version, operation)?;

        let mut fault = None;
        if !is_dashboard {
            if let Some(limiter) = &self.limiter {
                limiter.throttle(kind, operation, params.user().ok().as_ref())?;
            }
            fault = self.faults.next(&operation);
            self.pause(self.latency, reset).await;
        }
        let delay = fault.as_ref().map(HttpFault::delay_duration).unwrap_or_default();
        let after_work = fault.as_ref().is_some_and(HttpFault::is_after_work);
        if !after_work {
            self.pause(delay, reset).await;
        }
        if let Some(fault) = fault.as_ref().filter(|fault| fault.replaces_work()) {
            return Ok(inject(fault, None, &facts.trace_id));
        }
        let incoming = Incoming { version, params, query: &mut query, headers: &parts.headers, body };
        let result = self.perform(operation, incoming, reset).await.map_err(|error| self.backend.explain(error));
        if after_work {
            self.pause(delay, reset).await;
        }
        // A failed request may not have read all of its parameters.
        if result.is_ok() {
            facts.ignored = query.ignored();
        }
        match fault {
            Some(fault) => Ok(inject(&fault, Some(result), &facts.trace_id)),
            None => result.map(Outcome::Response),
        }
    }
}

/// Returns `true` if the value has changed since the receiver was created.
fn is_changed(receiver: &watch::Receiver<()>) -> bool {
    // An error means that the sender was dropped.
    receiver.has_changed().unwrap_or(true)
}

/// Applies a fault to the result of an operation.
///
/// `result` is `None` if the operation was not performed.
fn inject(fault: &HttpFault, result: Option<Result<Response>>, trace_id: &str) -> Outcome {
    if let Some(error) = fault.error() {
        let mut response = Response::error(&error, trace_id);
        response.retry_after = fault.retry_after_header().and_then(|value| value.parse().ok());
        return Outcome::Response(response);
    }
    let response = result.map(|result| result.unwrap_or_else(|error: Error| Response::error(&error, trace_id)));
    match (fault.cut_position(), response) {
        (Some(Cut::BeforeResponse), _) | (None, None) => Outcome::Cut(None),
        (Some(Cut::WithinResponse), response) => Outcome::Cut(response),
        // The fault is only a delay.
        (None, Some(response)) => Outcome::Response(response),
    }
}

/// Returns a response that ends in the middle of its body, or before its head.
///
/// The server closes the connection when a body fails.
fn cut(response: Option<Response>, trace_id: &str) -> axum::response::Response {
    let failure = || Err::<Bytes, _>(std::io::Error::other("injected fault"));
    let Some(response) = response else {
        return axum::response::Response::new(Body::from_stream(stream::iter([failure()])));
    };
    let length = response.body.len();
    let half = Bytes::copy_from_slice(&response.body[..length / 2]);
    let later = async move {
        // Without this delay, the connection could be closed before the first half is sent.
        tokio::time::sleep(Duration::from_millis(1)).await;
        failure()
    };
    let mut response = response.into_http(trace_id);
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    *response.body_mut() = Body::from_stream(stream::iter([Ok(half)]).chain(stream::once(later)));
    response
}

/// Returns 32 random hexadecimal digits, in the format of Clerk's trace ids.
pub(crate) fn new_trace_id() -> String {
    format!("{:032x}", fastrand::u128(..))
}
