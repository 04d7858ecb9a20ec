//! A [`Fault`] is tried, and becomes rows of the table.

use std::error::Error as _;
use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use user_directory::clerk::{ClerkBuilder, RetryPolicy};
use user_directory::model::ProfileImage;
use user_directory::time::Timer;
use user_directory::{
    ClerkUserDirectory, Error, NewUser, Operation, Password, Result, UserDirectory, UserFilter, UserQuery, async_trait,
};

use crate::fault::{Fault, Outcome, Place, Speaks};
use crate::server::{Server, Step, json};
use integration_tests::{KEY, fixture, user};

/// The most bytes of an answer in these tests.
pub const LIMIT: usize = 1024 * 1024;
/// How often the retries try, the first time included.
const ATTEMPTS: usize = 4;
/// The longest `Retry-After` that the retries wait for, unless they are told otherwise.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(15);
/// When a call counts as one that hangs.
const HANGS: Duration = Duration::from_secs(60);

/// What is in the requests and answers, and must be in no text of an error.
const PRIVATE: &[&str] =
    &[KEY, "notarealkey", "Lovelace", "ada@", "example.com", "correct horse", "user_1", "/users", "elsewhere"];

impl Fault {
    /// Tries the fault with each of its operations. Returns the rows of the table, and what was wrong.
    pub async fn run(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for &operation in &self.operations {
            rows.push(self.run_with(operation).await);
        }
        rows
    }

    async fn run_with(&self, operation: Operation) -> Row {
        let mut row = Row::new(self.name.clone(), operation);
        let Some((once, time)) = self.attempt(&mut row, operation, |builder, _| builder).await else { return row };
        row.time = time;
        self.check(&mut row, &once, operation);

        // What is well after the fault is HTTP/1.1.
        if once.is_err() && self.client != Speaks::Http2 {
            let retries = |builder: ClerkBuilder, server: &Arc<Server>| {
                builder.retry(RetryPolicy::default()).timer(Meanwhile(Instant::now(), Arc::clone(server)))
            };
            let Some((result, _)) = self.attempt(&mut row, operation, retries).await else { return row };
            row.with_retries = told(&result);
            let expected = if self.passes(&once) { "answer".to_owned() } else { told(&once) };
            if row.with_retries != expected {
                row.problem(format!("with retries: expected {expected}, got {result:?}"));
            }
        }
        row
    }

    /// Calls the operation while the fault happens. What came out and how long it took, or nothing if the call hangs.
    async fn attempt(
        &self,
        row: &mut Row,
        operation: Operation,
        set_up: impl FnOnce(ClerkBuilder, &Arc<Server>) -> ClerkBuilder,
    ) -> Option<(Result<()>, Duration)> {
        let good = good_answer(operation);
        let (server, warm) = match &self.place {
            Place::Server(script) => {
                // What is well after the fault has no TLS, so the fault lasts.
                let times = if self.client == Speaks::Https { ATTEMPTS } else { 1 };
                (Server::start(vec![script.clone(); times], good), false)
            }
            Place::Kept(script) => {
                let first = [Step::Read, Step::Send(good.clone())];
                (Server::start(vec![first.into_iter().chain(script.iter().cloned()).collect()], good), true)
            }
            Place::Absent | Place::Elsewhere(..) => (Server::refusing(vec![], good), false),
        };
        let server = Arc::new(server);
        let directory = set_up(self.builder(&server), &server).build().unwrap();
        if warm {
            call(operation, &directory).await.unwrap();
            // An end that has come is seen before the connection is used again.
            tokio::time::sleep(Duration::from_millis(50)).await;
            server.take_requests();
        }
        let start = Instant::now();
        let Ok(result) = tokio::time::timeout(HANGS, call(operation, &directory)).await else {
            row.problem("it hangs");
            return None;
        };
        let time = start.elapsed();
        let (sent, may_repeat) = (server.take_requests().len(), self.outcome.allows_another(operation));
        if sent > 1 && !(may_repeat && result.is_ok()) {
            row.problem(format!("{sent} requests were sent"));
        }
        Some((result, time))
    }

    fn builder(&self, server: &Server) -> ClerkBuilder {
        let own = |scheme| format!("{scheme}://{}/v1", server.address);
        let (base_url, client) = match (&self.place, self.client) {
            (Place::Elsewhere(base_url, client), _) => (base_url.clone(), client.clone()),
            (_, Speaks::Http) => (own("http"), None),
            (_, Speaks::Https) => (own("https"), None),
            (_, Speaks::Http2) => (
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

    /// Whether retries help: the error says so, the wait is not too long, and the server is well afterwards.
    fn passes(&self, once: &Result<()>) -> bool {
        let lasts = self.client != Speaks::Http || matches!(self.place, Place::Elsewhere(..));
        let is_long = self.retry_after.is_some_and(|wait| wait > LONGEST_RETRY_AFTER);
        once.as_ref().err().is_some_and(|error| error.is_retryable() && !lasts && !is_long)
    }

    fn check(&self, row: &mut Row, result: &Result<()>, operation: Operation) {
        let Outcome { kind, status, unknown, .. } = self.outcome;
        let unknown = unknown && !operation.is_read_only();
        row.outcome = told(result);
        let error = match (result, kind) {
            (Ok(()), None) => return,
            (Ok(()), Some(_)) => return row.problem(format!("expected {kind:?}")),
            (Err(error), _) => error,
        };
        row.status = error.status();
        row.unknown = error.is_outcome_unknown();
        let retryable = self.outcome.allows_another(operation);
        let got = (Some(error.kind()), error.status(), error.is_outcome_unknown(), error.is_retryable());
        if got != (kind, status, unknown, retryable) {
            row.problem(format!("expected {:?}, got {got:?}: {error:?}", (kind, status, unknown, retryable)));
        }
        if error.operation() != Some(operation) {
            row.problem("the operation is not named");
        }
        if self.retry_after != error.retry_after() {
            row.problem(format!("expected to wait {:?}, got {:?}", self.retry_after, error.retry_after()));
        }
        if self.codes.is_some_and(|codes| codes != error.details().len()) {
            row.problem(format!("expected {:?} errors, got {}", self.codes, error.details().len()));
        }
        let text = every_text(error);
        for private in PRIVATE {
            if text.contains(private) {
                row.problem(format!("{private:?} is in {text}"));
            }
        }
    }
}

/// Lets the server come while the client waits, and no time pass.
struct Meanwhile(Instant, Arc<Server>);

impl fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Meanwhile").field(&self.0).finish_non_exhaustive()
    }
}

#[async_trait]
impl Timer for Meanwhile {
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

/// What came out, in a word or two.
fn told(result: &Result<()>) -> String {
    result.as_ref().map_or_else(|error| error.kind().to_string(), |()| String::from("answer"))
}

/// One line of the table.
pub struct Row {
    pub name: String,
    pub operation: Operation,
    pub outcome: String,
    pub status: Option<u16>,
    pub unknown: bool,
    pub with_retries: String,
    pub time: Duration,
    pub problems: Vec<String>,
}

impl Row {
    fn new(name: String, operation: Operation) -> Self {
        Self {
            name,
            operation,
            outcome: String::new(),
            status: None,
            unknown: false,
            with_retries: String::from("-"),
            time: Duration::ZERO,
            problems: Vec::new(),
        }
    }

    fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }
}

/// Of a directory that asks once.
pub fn builder(base_url: impl Into<String>) -> ClerkBuilder {
    integration_tests::builder(&base_url.into()).max_response_size(LIMIT).retry(RetryPolicy::none()).timeout(HANGS)
}

pub fn good_answer(operation: Operation) -> Vec<u8> {
    json(fixture(&format!("responses/{operation}.json")))
}

/// Calls an operation, with something private where it takes that.
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
        // More than the buffers between client and server hold.
        Operation::SetProfileImage => {
            let image = ProfileImage::new(vec![b'x'; 8 * 1024 * 1024], "image/png");
            clerk.set_profile_image(&user(), &image).await.map(drop)
        }
        _ => integration_tests::call(operation, clerk).await,
    }
}

/// The error and its sources, printed in every way.
pub fn every_text(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(error) = source {
        write!(text, " {error} {error:?}").unwrap();
        source = error.source();
    }
    text
}
