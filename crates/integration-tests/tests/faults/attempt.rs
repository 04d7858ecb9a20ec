//! Runs each [`Fault`] and produces the rows of the table.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use user_directory::clerk::{ClerkBuilder, RetryPolicy};
use user_directory::model::ProfileImage;
use user_directory::time::Timer;
use user_directory::{
    ClerkUserDirectory, NewUser, Operation, Password, Result, UserDirectory, UserFilter, UserQuery, async_trait,
};

use crate::fault::{Fault, Location, Outcome, Protocol};
use crate::server::{Server, Step, json_response};
use integration_tests::{KEY, fixture, printed, user};

pub const MAX_RESPONSE_SIZE: usize = 1024 * 1024;
/// The number of attempts of the default retry policy, including the first.
const MAX_ATTEMPTS: usize = 4;
/// The longest `Retry-After` that the default retry policy waits for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(15);
/// A call that takes longer counts as hung.
const HANG_TIMEOUT: Duration = Duration::from_mins(1);

/// Private data in the requests and responses, which no error may print.
const PRIVATE: &[&str] =
    &[KEY, "notarealkey", "Lovelace", "ada@", "example.com", "correct horse", "user_1", "/users", "elsewhere"];

impl Fault {
    /// Runs the fault with each of its operations and returns the rows of the table.
    pub async fn run(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for &operation in &self.operations {
            rows.push(self.run_with(operation).await);
        }
        rows
    }

    async fn run_with(&self, operation: Operation) -> Row {
        let mut row = Row::new(self.name.clone(), operation);
        let Some((once, elapsed)) = self.attempt(&mut row, operation, |builder, _| builder).await else { return row };
        row.elapsed = elapsed;
        self.check(&mut row, &once, operation);

        // Connections after the fault speak HTTP/1.1 only.
        if once.is_err() && self.protocol != Protocol::Http2 {
            let retries = |builder: ClerkBuilder, server: &Arc<Server>| {
                builder.retry(RetryPolicy::default()).timer(ListenOnSleep(Instant::now(), Arc::clone(server)))
            };
            let Some((result, _)) = self.attempt(&mut row, operation, retries).await else { return row };
            row.with_retries = describe(&result);
            let expected = if self.is_fixed_by_retries(&once) { "success".to_owned() } else { describe(&once) };
            if row.with_retries != expected {
                row.problem(format!("with retries: expected {expected}, got {result:?}"));
            }
        }
        row
    }

    /// Calls the operation during the fault.
    ///
    /// Returns the result and how long it took, or `None` if the call hangs.
    async fn attempt(
        &self,
        row: &mut Row,
        operation: Operation,
        set_up: impl FnOnce(ClerkBuilder, &Arc<Server>) -> ClerkBuilder,
    ) -> Option<(Result<()>, Duration)> {
        let good = success_response(operation);
        let (server, warm) = match &self.location {
            Location::FirstConnection(script) => {
                // Connections after the fault have no TLS, so the fault recurs.
                let times = if self.protocol == Protocol::Https { MAX_ATTEMPTS } else { 1 };
                (Server::start(vec![script.clone(); times], good), false)
            }
            Location::ReusedConnection(script) => {
                let first = [Step::Read, Step::Send(good.clone())];
                (Server::start(vec![first.into_iter().chain(script.iter().cloned()).collect()], good), true)
            }
            Location::NotListening | Location::OtherServer(..) => (Server::not_listening(vec![], good), false),
        };
        let server = Arc::new(server);
        let directory = set_up(self.builder(&server), &server).build().unwrap();
        if warm {
            call(operation, &directory).await.unwrap();
            // Lets the client notice a closed connection before it reuses it.
            tokio::time::sleep(Duration::from_millis(50)).await;
            server.take_requests();
        }
        let start = Instant::now();
        let Ok(result) = tokio::time::timeout(HANG_TIMEOUT, call(operation, &directory)).await else {
            row.problem("the call hangs");
            return None;
        };
        let elapsed = start.elapsed();
        let (sent, may_retry) = (server.take_requests().len(), self.outcome.allows_retry(operation));
        if sent > 1 && !(may_retry && result.is_ok()) {
            row.problem(format!("{sent} requests were sent"));
        }
        Some((result, elapsed))
    }

    fn builder(&self, server: &Server) -> ClerkBuilder {
        let own = |scheme| format!("{scheme}://{}/v1", server.address);
        let (base_url, client) = match (&self.location, self.protocol) {
            (Location::OtherServer(base_url, client), _) => (base_url.clone(), client.clone()),
            (_, Protocol::Http) => (own("http"), None),
            (_, Protocol::Https) => (own("https"), None),
            (_, Protocol::Http2) => (
                own("http"),
                Some(ClerkBuilder::http_client_builder().unwrap().http2_prior_knowledge().no_proxy().build().unwrap()),
            ),
        };
        let builder = builder(base_url).attempt_timeout(self.timeout).connect_timeout(self.connect_timeout);
        match client {
            Some(client) => builder.http_client(client),
            None => builder,
        }
    }

    /// Returns whether a retry succeeds: the error is retryable, the wait is short enough and the fault does not recur.
    fn is_fixed_by_retries(&self, once: &Result<()>) -> bool {
        let recurs = self.protocol != Protocol::Http || matches!(self.location, Location::OtherServer(..));
        let is_too_long = self.retry_after.is_some_and(|wait| wait > MAX_RETRY_AFTER);
        once.as_ref().err().is_some_and(|error| error.is_retryable() && !recurs && !is_too_long)
    }

    fn check(&self, row: &mut Row, result: &Result<()>, operation: Operation) {
        let Outcome { kind, status, may_be_done, .. } = self.outcome;
        let may_be_done = may_be_done && !operation.is_read_only();
        row.outcome = describe(result);
        let error = match (result, kind) {
            (Ok(()), None) => return,
            (Ok(()), Some(_)) => return row.problem(format!("expected {kind:?}")),
            (Err(error), _) => error,
        };
        row.status = error.status();
        row.may_be_done = error.is_outcome_unknown();
        let retryable = self.outcome.allows_retry(operation);
        let got = (Some(error.kind()), error.status(), error.is_outcome_unknown(), error.is_retryable());
        if got != (kind, status, may_be_done, retryable) {
            row.problem(format!("expected {:?}, got {got:?}: {error:?}", (kind, status, may_be_done, retryable)));
        }
        if error.operation() != Some(operation) {
            row.problem("the error does not name the operation");
        }
        if self.retry_after != error.retry_after() {
            row.problem(format!("expected Retry-After {:?}, got {:?}", self.retry_after, error.retry_after()));
        }
        if self.details.is_some_and(|codes| codes != error.details().len()) {
            row.problem(format!("expected {:?} error details, got {}", self.details, error.details().len()));
        }
        let text = printed(error);
        for private in PRIVATE {
            if text.contains(private) {
                row.problem(format!("{private:?} is in {text}"));
            }
        }
    }
}

/// A timer whose sleeps take no time and start the server.
struct ListenOnSleep(Instant, Arc<Server>);

impl fmt::Debug for ListenOnSleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ListenOnSleep").field(&self.0).finish_non_exhaustive()
    }
}

#[async_trait]
impl Timer for ListenOnSleep {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, _: Duration) {
        self.1.listen();
    }

    fn jitter(&self, _: Duration) -> Duration {
        Duration::ZERO
    }
}

/// Returns the error kind or "success".
fn describe(result: &Result<()>) -> String {
    result.as_ref().map_or_else(|error| error.kind().to_string(), |()| String::from("success"))
}

/// One row of the table.
pub struct Row {
    pub name: String,
    pub operation: Operation,
    pub outcome: String,
    pub status: Option<u16>,
    pub may_be_done: bool,
    pub with_retries: String,
    pub elapsed: Duration,
    pub problems: Vec<String>,
}

impl Row {
    fn new(name: String, operation: Operation) -> Self {
        Self {
            name,
            operation,
            outcome: String::new(),
            status: None,
            may_be_done: false,
            with_retries: String::from("-"),
            elapsed: Duration::ZERO,
            problems: Vec::new(),
        }
    }

    fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }
}

/// Returns a builder without retries.
pub fn builder(base_url: impl Into<String>) -> ClerkBuilder {
    integration_tests::builder(&base_url.into())
        .max_response_size(MAX_RESPONSE_SIZE)
        .retry(RetryPolicy::none())
        .timeout(HANG_TIMEOUT)
}

pub fn success_response(operation: Operation) -> Vec<u8> {
    json_response(fixture(&format!("responses/{operation}.json")))
}

/// Calls an operation, with private data where its input permits.
pub async fn call(operation: Operation, clerk: &ClerkUserDirectory) -> Result<()> {
    match operation {
        Operation::List => {
            clerk.list(&UserQuery::new().filter(UserFilter::new().query("ada@example.com"))).await.map(drop)
        }
        Operation::Create => {
            let ada = NewUser::new()
                .last_name("Lovelace")
                .email_address("ada@example.com")
                .password(Password::new("correct horse"));
            clerk.create(&ada).await.map(drop)
        }
        // Larger than the socket buffers.
        Operation::SetProfileImage => {
            let image = ProfileImage::new(vec![b'x'; 8 * 1024 * 1024], "image/png");
            clerk.set_profile_image(&user(), &image).await.map(drop)
        }
        _ => integration_tests::call(operation, clerk).await,
    }
}
