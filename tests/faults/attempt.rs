//! A [`Fault`] is tried, and becomes rows of the table.

use std::error::Error as _;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use user_directory::reqwest::Client;
use user_directory::{
    ClerkBuilder, ClerkUserDirectory, Error, NewUser, Operation, Password, ProfileImage, Result, SecretKey,
    UserDirectory, UserFilter, UserQuery,
};

use crate::fault::{Again, Fault, Outcome, Place, Speaks};
use crate::server::{Server, Step, json};
use crate::support::{self, KEY, fixture, user};

/// The most bytes of an answer in these tests.
pub const LIMIT: usize = 1024 * 1024;
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
        let good = good_answer(operation);
        let (mut server, warm) = match &self.place {
            Place::Server(script) => (Server::start(vec![script.clone()], good), false),
            Place::Kept(script) => {
                let first = [Step::Read, Step::Send(good.clone())];
                (Server::start(vec![first.into_iter().chain(script.iter().cloned()).collect()], good), true)
            }
            Place::Absent | Place::Elsewhere(..) => (Server::refusing(vec![], good), false),
        };
        let directory = self.directory(&server);
        if warm {
            call(operation, &directory).await.unwrap();
            // An end that has come is seen before the connection is used again.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let start = Instant::now();
        let result = tokio::time::timeout(HANGS, call(operation, &directory)).await;
        let mut row = Row { time: start.elapsed(), ..Row::new(self.name.clone(), operation) };
        let Ok(result) = result else {
            row.problem("it hangs");
            return row;
        };
        let sent = server.take_requests().len();
        self.check(&mut row, &result, operation);
        match result {
            Err(error) if error.is_retryable() && !self.lasts() => {
                server.listen();
                row.again = again(operation, &directory).await;
                if row.again != "answer" {
                    row.problem("called again it must succeed");
                }
            }
            Err(_) => {}
            Ok(()) => row.again = String::from("-"),
        }
        // What the caller did not ask for again was not sent again.
        if sent > 1 + usize::from(warm) {
            row.problem(format!("{sent} requests were sent"));
        }
        row
    }

    fn directory(&self, server: &Server) -> ClerkUserDirectory {
        let own = |scheme| format!("{scheme}://{}/v1", server.address);
        let (base_url, client) = match (&self.place, self.client) {
            (Place::Elsewhere(base_url, client), _) => (base_url.clone(), client.clone()),
            (_, Speaks::Http) => (own("http"), None),
            (_, Speaks::Https) => (own("https"), None),
            (_, Speaks::Http2) => {
                (own("http"), Some(Client::builder().http2_prior_knowledge().no_proxy().build().unwrap()))
            }
        };
        let builder = builder(base_url).timeout(self.timeout).connect_timeout(self.connect_timeout);
        match client {
            Some(client) => builder.http_client(client),
            None => builder,
        }
        .build()
        .unwrap()
    }

    /// Whether the server is never well again: what it says when it is well is HTTP/1.1.
    fn lasts(&self) -> bool {
        self.client != Speaks::Http || matches!(self.place, Place::Elsewhere(..))
    }

    fn check(&self, row: &mut Row, result: &Result<()>, operation: Operation) {
        let Outcome { kind, status, unknown, again } = self.outcome;
        let error = match (result, kind) {
            (Ok(()), None) => return row.outcome = String::from("answer"),
            (Ok(()), Some(_)) => {
                row.outcome = String::from("answer");
                return row.problem(format!("expected {kind:?}"));
            }
            (Err(error), _) => error,
        };
        row.outcome = error.kind().to_string();
        row.status = error.status();
        row.unknown = error.is_outcome_unknown();
        let retryable = match again {
            Again::Never => false,
            Again::IfIdempotent => operation.is_idempotent(),
            Again::Always => true,
        };
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
        if self.codes.is_some_and(|codes| codes != error.api_errors().len()) {
            row.problem(format!("expected {:?} errors, got {}", self.codes, error.api_errors().len()));
        }
        let text = every_text(error);
        for private in PRIVATE {
            if text.contains(private) {
                row.problem(format!("{private:?} is in {text}"));
            }
        }
    }
}

/// The same call once more, after an error that says that this makes sense.
async fn again(operation: Operation, directory: &ClerkUserDirectory) -> String {
    match tokio::time::timeout(HANGS, call(operation, directory)).await {
        Ok(Ok(())) => String::from("answer"),
        Ok(Err(error)) => error.kind().to_string(),
        Err(_) => String::from("hangs"),
    }
}

/// One line of the table.
pub struct Row {
    pub name: String,
    pub operation: Operation,
    pub outcome: String,
    pub status: Option<u16>,
    pub unknown: bool,
    pub again: String,
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
            again: String::from("no"),
            time: Duration::ZERO,
            problems: Vec::new(),
        }
    }

    fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }
}

pub fn builder(base_url: impl Into<String>) -> ClerkBuilder {
    ClerkUserDirectory::builder(SecretKey::new(KEY).unwrap()).base_url(base_url).max_response_size(LIMIT)
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
        _ => support::call(operation, clerk).await,
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
