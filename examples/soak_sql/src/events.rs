//! Events: planned and acknowledged writes.

use std::io::{self, Write as _};

use serde::{Deserialize, Serialize};
use user_directory::{ErrorKind, UserId};

/// A line that a worker prints.
///
/// Users are identified by their external id or first name, which the worker assigns.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    /// A user with this external id was created.
    Created { external_id: String },
    /// A user with this first name and without an identifier was created.
    CreatedAnonymous { first_name: String },
    /// A credit of 1 is about to be added, possibly in several attempts with the same idempotency key.
    AddingCredit { external_id: String },
    /// A credit of 1 was added.
    AddedCredit { external_id: String },
    /// This key was added to the public metadata.
    AddedKey { external_id: String, key: String },
    /// The username was assigned to a new user.
    ClaimedUsername { username: String, id: UserId },
    /// The backup code was accepted.
    UsedCode { external_id: String, code: String },
    /// The user is about to be deleted.
    Deleting { external_id: String },
    /// The user was deleted.
    Deleted { external_id: String },
    /// A call failed.
    Failed { kind: String, outcome_unknown: bool, expected: bool, text: String },
}

impl Event {
    pub(crate) fn failed(error: &user_directory::Error) -> Self {
        use ErrorKind as Kind;
        let expected =
            matches!(error.kind(), Kind::Connect | Kind::Transport | Kind::Unavailable | Kind::Timeout | Kind::Locked);
        Self::Failed {
            kind: format!("{:?}", error.kind()),
            outcome_unknown: error.is_outcome_unknown(),
            expected,
            text: error.to_string(),
        }
    }

    /// Prints the event. If the process is killed, the line is printed completely or not at all.
    pub(crate) fn print(&self) {
        let mut line = serde_json::to_vec(self).expect("an event is valid JSON");
        line.push(b'\n');
        let mut stdout = io::stdout().lock();
        stdout.write_all(&line).and_then(|()| stdout.flush()).expect("the first process reads the events");
    }
}
