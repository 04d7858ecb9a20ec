//! A run: the conformance suite, then a probe for each assumption.

use std::fmt::{self, Write as _};

use user_directory::conformance::{Context, Fixture, Outcome, Report, Suite};
use user_directory::jiff::Timestamp;
use user_directory::time::{Clock, SystemClock};
use user_directory::{Error, ErrorKind, Result, UserDirectory, UserFilter, async_trait};

use crate::assumptions::{Assumption, SECTIONS};
use crate::clean_up::{Namespace, Remaining, clean_up};
use crate::guard::{Guard, MAX_USERS, NEEDED_USERS};
use crate::http::Http;
use crate::probe::{Disagreement, Probe};

/// Creates users with an email address. It seeds nothing, because the service has no operations for it.
struct Live;

#[async_trait]
impl Fixture for Live {
    /// Returns the local time, which is used to compute TOTP codes.
    async fn now(&self) -> Outcome<Timestamp> {
        Ok(SystemClock.now())
    }
}

/// The result of a probe, with the statement of the assumption.
struct Line {
    statement: &'static str,
    result: std::result::Result<Result<(), Disagreement>, &'static str>,
}

impl Line {
    /// Returns the word that begins the line.
    fn label(&self) -> &'static str {
        match &self.result {
            Ok(Ok(())) => "agrees",
            Ok(Err(Disagreement::Differs(_))) => "differs",
            Ok(Err(Disagreement::NotApplicable(_))) => "not applicable",
            Ok(Err(Disagreement::Failed(_))) => "failed",
            Err(_) => "not probed",
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<15} {}", self.label(), self.statement)?;
        match &self.result {
            Ok(Ok(())) => Ok(()),
            Ok(Err(disagreement)) => write!(f, "\n{:<15} → {disagreement}", ""),
            Err(reason) => write!(f, "\n{:<15} → {reason}", ""),
        }
    }
}

/// The outcome of a run. `Display` prints everything.
pub struct Summary {
    pub suite: Report,
    sections: Vec<(&'static str, Vec<Line>)>,
    pub remaining: Remaining,
}

impl Summary {
    /// Returns the number of assumptions with a label, such as `differs`.
    pub fn count(&self, label: &str) -> usize {
        self.sections.iter().flat_map(|(_, lines)| lines).filter(|line| line.label() == label).count()
    }

    /// Returns `true` if no behavior failed, no probe differs or failed, and the clean-up deleted all users.
    pub fn is_success(&self) -> bool {
        let deviations = self.suite.failures().count() + self.count("differs") + self.count("failed");
        deviations == 0 && self.remaining.is_empty()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Conformance suite\n\n{}\n\nAssumptions", self.suite)?;
        for (section, lines) in &self.sections {
            writeln!(f, "\n{section}\n")?;
            for line in lines {
                writeln!(f, "{line}")?;
            }
        }
        let mut counts = String::new();
        for label in ["agrees", "differs", "failed", "not applicable", "not probed"] {
            write!(counts, ", {label}: {}", self.count(label))?;
        }
        write!(f, "\n{}", counts.trim_start_matches(", "))?;
        write!(f, "{}", self.remaining)
    }
}

/// Fails unless the instance has room for the users of a run.
///
/// # Errors
///
/// Returns [`Configuration`](ErrorKind::Configuration) if the instance has too many users, or the error from the call.
pub async fn check_room(directory: &dyn UserDirectory) -> Result<()> {
    let users = directory.count(&UserFilter::new()).await?;
    if users + NEEDED_USERS <= MAX_USERS {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Configuration).with_message(format!(
        "the instance has {users} users; a development instance has at most {MAX_USERS}, and the run creates up to \
         {NEEDED_USERS} at the same time"
    )))
}

/// Runs everything, and deletes the users that the run created.
///
/// `http` is the access to the API of the directory.
pub async fn run(directory: &dyn UserDirectory, http: Option<&Http>, guard: &Guard, namespace: &Namespace) -> Summary {
    let suite = Suite::new(directory).fixture(&Live).namespace(namespace.of_suite()).run().await;
    let names = Context::with_namespace(directory, &Live, &namespace.of_probes());
    let probe = Probe::new(directory, &names, namespace.external_ids()).with_http(http);
    let mut sections = Vec::new();
    for (section, assumptions) in SECTIONS {
        let assumptions: Vec<&Assumption> = assumptions.iter().copied().flatten().collect();
        let mut lines = Vec::new();
        for assumption in assumptions {
            let result = match assumption.check {
                Ok(check) => Ok(check(&probe).await),
                Err(reason) => Err(reason),
            };
            lines.push(Line { statement: assumption.statement, result });
            guard.delete_created(directory).await;
        }
        sections.push((*section, lines));
    }
    Summary { suite, sections, remaining: clean_up(directory, guard, namespace).await }
}
