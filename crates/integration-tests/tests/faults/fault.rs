//! [`Fault`]: what the server does and the expected result.

use std::time::Duration;

use user_directory::reqwest::Client;
use user_directory::{ErrorKind, Operation};

use crate::server::{Script, Step};

/// The client's timeout for faults that are expected to run into it.
const SHORT_TIMEOUT: Duration = Duration::from_millis(400);
/// The client's timeout for all other faults, long enough for a busy machine.
const LONG_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    Never,
    IfIdempotent,
    Always,
}

/// The expected result: an error, or a success if `kind` is `None`.
#[derive(Clone, Copy)]
pub struct Outcome {
    pub kind: Option<ErrorKind>,
    pub status: Option<u16>,
    pub may_be_done: bool,
    pub retry: Retry,
}

impl Outcome {
    pub const SUCCESS: Self = Self { kind: None, status: None, may_be_done: false, retry: Retry::Never };
    pub const CONNECTION_FAILED: Self =
        Self { kind: Some(ErrorKind::Connect), status: None, may_be_done: false, retry: Retry::Always };
    pub const TIMEOUT: Self =
        Self { kind: Some(ErrorKind::Timeout), status: None, may_be_done: true, retry: Retry::IfIdempotent };
    pub const CONNECTION_LOST: Self =
        Self { kind: Some(ErrorKind::Transport), status: None, may_be_done: true, retry: Retry::IfIdempotent };
    /// A successful response whose body cannot be decoded.
    pub const INVALID_RESPONSE: Self =
        Self { kind: Some(ErrorKind::Decode), status: Some(200), may_be_done: true, retry: Retry::Never };

    pub const fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// A rejection that had no effect. A retry does not help.
    pub const fn rejected(kind: ErrorKind, status: u16) -> Self {
        Self { kind: Some(kind), status: Some(status), may_be_done: false, retry: Retry::Never }
    }

    /// A temporary rejection that had no effect.
    pub const fn retryable(kind: ErrorKind, status: u16) -> Self {
        Self { retry: Retry::Always, ..Self::rejected(kind, status) }
    }

    pub fn allows_retry(self, operation: Operation) -> bool {
        match self.retry {
            Retry::Never => false,
            Retry::IfIdempotent => operation.is_idempotent(),
            Retry::Always => true,
        }
    }

    pub const fn unavailable(status: u16) -> Self {
        Self { may_be_done: true, retry: Retry::IfIdempotent, ..Self::rejected(ErrorKind::Unavailable, status) }
    }

    pub const fn failed(status: u16) -> Self {
        Self { may_be_done: true, ..Self::rejected(ErrorKind::Server, status) }
    }
}

/// Where a fault occurs.
pub enum Location {
    /// On the first connection. Later connections work.
    FirstConnection(Script),
    /// On a connection that has served one request.
    ReusedConnection(Script),
    /// The server does not listen yet.
    NotListening,
    /// At another base URL, optionally with another HTTP client.
    OtherServer(String, Option<Client>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Http,
    Https,
    Http2,
}

pub struct Fault {
    pub name: String,
    pub location: Location,
    pub protocol: Protocol,
    pub operations: Vec<Operation>,
    pub connect_timeout: Duration,
    pub timeout: Duration,
    pub outcome: Outcome,
    /// The expected `Error::retry_after`.
    pub retry_after: Option<Duration>,
    /// The expected number of `Error::details`; `None` skips the check.
    pub details: Option<usize>,
}

impl Fault {
    fn at(name: impl Into<String>, location: Location, outcome: Outcome) -> Self {
        Self {
            name: name.into(),
            location,
            protocol: Protocol::Http,
            // One is idempotent and one is not. Both return a user.
            operations: vec![Operation::Get, Operation::Create],
            connect_timeout: LONG_TIMEOUT,
            timeout: LONG_TIMEOUT,
            outcome,
            retry_after: None,
            details: None,
        }
    }

    pub fn new(name: impl Into<String>, script: Script, outcome: Outcome) -> Self {
        Self::at(name, Location::FirstConnection(script), outcome)
    }

    /// A fault where the server reads the request and responds with `bytes`.
    pub fn response(name: impl Into<String>, bytes: impl Into<Vec<u8>>, outcome: Outcome) -> Self {
        Self::new(name, vec![Step::Read, Step::Send(bytes.into())], outcome)
    }

    pub fn on_reused_connection(name: impl Into<String>, script: Script, outcome: Outcome) -> Self {
        Self::at(name, Location::ReusedConnection(script), outcome)
    }

    pub fn not_listening(name: impl Into<String>, outcome: Outcome) -> Self {
        Self::at(name, Location::NotListening, outcome)
    }

    pub fn other_server(name: impl Into<String>, base_url: String, client: Option<Client>, outcome: Outcome) -> Self {
        Self::at(name, Location::OtherServer(base_url, client), outcome)
    }

    pub fn https(mut self) -> Self {
        self.protocol = Protocol::Https;
        self
    }

    /// Uses HTTP/2 with prior knowledge.
    pub fn http2(mut self) -> Self {
        self.protocol = Protocol::Http2;
        self
    }

    pub fn operations(mut self, operations: &[Operation]) -> Self {
        self.operations = operations.to_vec();
        self
    }

    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    pub fn short_timeout(mut self) -> Self {
        self.timeout = SHORT_TIMEOUT;
        self
    }

    pub fn short_connect_timeout(mut self) -> Self {
        self.connect_timeout = SHORT_TIMEOUT;
        self
    }

    pub fn retry_after(mut self, seconds: Option<u64>) -> Self {
        self.retry_after = seconds.map(Duration::from_secs);
        self
    }

    pub fn details(mut self, details: usize) -> Self {
        self.details = Some(details);
        self
    }
}
