//! [`Fault`]: what the server does, and what the caller must get.

use std::time::Duration;

use user_directory::reqwest::Client;
use user_directory::{ErrorKind, Operation};

use crate::server::{Script, Step};

/// The client's time-out for faults that end by it.
const SHORT: Duration = Duration::from_millis(400);
/// The client's time-out for all others: what a busy machine may need.
const PATIENT: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Again {
    Never,
    IfIdempotent,
    Always,
}

/// What the caller must get; without a kind it is the answer.
#[derive(Clone, Copy)]
pub struct Outcome {
    pub kind: Option<ErrorKind>,
    pub status: Option<u16>,
    pub unknown: bool,
    pub again: Again,
}

impl Outcome {
    /// The answer, as if nothing had been.
    pub const ANSWER: Self = Self { kind: None, status: None, unknown: false, again: Again::Never };
    /// Nothing was sent.
    pub const CONNECT: Self =
        Self { kind: Some(ErrorKind::Connect), status: None, unknown: false, again: Again::Always };
    pub const TIMEOUT: Self =
        Self { kind: Some(ErrorKind::Timeout), status: None, unknown: true, again: Again::IfIdempotent };
    pub const BROKEN_OFF: Self =
        Self { kind: Some(ErrorKind::Transport), status: None, unknown: true, again: Again::IfIdempotent };
    /// A success that says nothing that can be read.
    pub const UNREADABLE: Self =
        Self { kind: Some(ErrorKind::Decode), status: Some(200), unknown: true, again: Again::Never };

    pub const fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// A refusal: nothing was done, and trying again does not help.
    pub const fn refused(kind: ErrorKind, status: u16) -> Self {
        Self { kind: Some(kind), status: Some(status), unknown: false, again: Again::Never }
    }

    /// A refusal for now: nothing was done.
    pub const fn not_now(kind: ErrorKind, status: u16) -> Self {
        Self { again: Again::Always, ..Self::refused(kind, status) }
    }

    pub fn allows_another(self, operation: Operation) -> bool {
        match self.again {
            Again::Never => false,
            Again::IfIdempotent => operation.is_idempotent(),
            Again::Always => true,
        }
    }

    pub const fn unavailable(status: u16) -> Self {
        Self { unknown: true, again: Again::IfIdempotent, ..Self::refused(ErrorKind::Unavailable, status) }
    }

    pub const fn failed(status: u16) -> Self {
        Self { unknown: true, ..Self::refused(ErrorKind::Server, status) }
    }
}

/// Where a fault happens.
pub enum Place {
    /// On the first connection. The ones after it work.
    Server(Script),
    /// On a connection that has been used once.
    Kept(Script),
    /// Before there is a connection: the server is not there yet.
    Absent,
    /// At another base URL, by a client of its own.
    Elsewhere(String, Option<Client>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    Http,
    Https,
    Http2,
}

pub struct Fault {
    pub name: String,
    pub place: Place,
    pub client: Speaks,
    pub operations: Vec<Operation>,
    pub connect_timeout: Duration,
    pub timeout: Duration,
    pub outcome: Outcome,
    /// How long the error must say to wait.
    pub retry_after: Option<Duration>,
    /// How many errors of the API the error must have, where that matters.
    pub codes: Option<usize>,
}

impl Fault {
    fn at(name: impl Into<String>, place: Place, outcome: Outcome) -> Self {
        Self {
            name: name.into(),
            place,
            client: Speaks::Http,
            // One that may be repeated and one that must not be. Both answer a user.
            operations: vec![Operation::Get, Operation::Create],
            connect_timeout: PATIENT,
            timeout: PATIENT,
            outcome,
            retry_after: None,
            codes: None,
        }
    }

    pub fn new(name: impl Into<String>, script: Script, outcome: Outcome) -> Self {
        Self::at(name, Place::Server(script), outcome)
    }

    /// A request is read, and this is what comes back.
    pub fn answer(name: impl Into<String>, bytes: impl Into<Vec<u8>>, outcome: Outcome) -> Self {
        Self::new(name, vec![Step::Read, Step::Send(bytes.into())], outcome)
    }

    pub fn kept(name: impl Into<String>, script: Script, outcome: Outcome) -> Self {
        Self::at(name, Place::Kept(script), outcome)
    }

    pub fn absent(name: impl Into<String>, outcome: Outcome) -> Self {
        Self::at(name, Place::Absent, outcome)
    }

    pub fn elsewhere(name: impl Into<String>, base_url: String, client: Option<Client>, outcome: Outcome) -> Self {
        Self::at(name, Place::Elsewhere(base_url, client), outcome)
    }

    /// The client wants TLS.
    pub fn https(mut self) -> Self {
        self.client = Speaks::Https;
        self
    }

    /// The client speaks HTTP/2 from the start.
    pub fn http2(mut self) -> Self {
        self.client = Speaks::Http2;
        self
    }

    pub fn on(mut self, operations: &[Operation]) -> Self {
        self.operations = operations.to_vec();
        self
    }

    /// The client does not wait long for an answer.
    pub fn in_short(mut self) -> Self {
        self.timeout = SHORT;
        self
    }

    /// The client does not wait long for a connection.
    pub fn connecting_in_short(mut self) -> Self {
        self.connect_timeout = SHORT;
        self
    }

    pub fn retry_after(mut self, seconds: Option<u64>) -> Self {
        self.retry_after = seconds.map(Duration::from_secs);
        self
    }

    /// How many errors of the API the error has.
    pub fn codes(mut self, codes: usize) -> Self {
        self.codes = Some(codes);
        self
    }
}
