//! The import: several lines concurrently, each user exactly once.

use std::cell::RefCell;
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::value::RawValue;
use user_directory::ext::Ensured;
use user_directory::{Error, ErrorKind, UserDirectory, UserDirectoryExt, codes};

use crate::Failure;
use crate::identifiers::{Seen, check_found};
use crate::journal::Journal;
use crate::progress::Progress;
use crate::recipe::{Candidate, Recipe};
use crate::rejects::{Rejection, Rejects};
use crate::source::Line;
use crate::stop::Stop;
use crate::summary::Summary;

/// The maximum number of attempts for a line whose outcome is unknown or whose error is temporary. The directory has
/// its own retries. These attempts repeat a creation, which no client can do safely.
const TRIES: u32 = 10;

/// The configuration of an import.
pub struct Import<'a> {
    pub directory: &'a dyn UserDirectory,
    /// The directory to look users up in before they are created, if it is another one: in a dry run.
    pub existing: Option<&'a dyn UserDirectory>,
    pub recipe: &'a Recipe,
    pub concurrency: usize,
    /// The wait before a line is retried. It grows with each attempt.
    pub wait: Duration,
    pub stop: Stop,
    pub progress: &'a Progress,
}

/// The result of checking a line.
enum Step {
    /// The line is in the journal.
    DoneBefore,
    /// The line is in the rejects file.
    RejectedBefore,
    Rejected(Rejection),
    Todo(Box<Candidate>),
}

/// The state that concurrent lines share. They run on one thread, and no borrow is held across an await.
struct State {
    journal: Journal,
    rejects: Rejects,
    summary: Summary,
}

impl Import<'_> {
    /// Imports lines until the end of the file or a stop request. Lines in flight are completed.
    ///
    /// Fails if a file cannot be read or written. No further line is started then, and the outcome of lines in flight
    /// is unknown; the next run checks them.
    pub async fn run(
        &self,
        total: u64,
        lines: impl Iterator<Item = Result<Line, Failure>>,
        journal: Journal,
        rejects: Rejects,
    ) -> Result<Summary, Failure> {
        self.progress.begin(total);
        let state = RefCell::new(State { journal, rejects, summary: Summary::of(total) });
        let mut seen = Seen::default();
        // Checked sequentially, so that the first of two lines with the same identifier wins.
        let lines = lines.map(|line| {
            let line = line?;
            let step = self.look_at(&line, &mut seen, &state.borrow());
            Ok((line, step))
        });
        stream::iter(lines)
            .take_until(self.stop.requested())
            .try_for_each_concurrent(self.concurrency, |(line, step)| self.carry_out(line, step, &state))
            .await?;
        let State { mut journal, mut rejects, summary } = state.into_inner();
        journal.sync()?;
        rejects.sync()?;
        Ok(summary)
    }

    fn look_at(&self, line: &Line, seen: &mut Seen, state: &State) -> Step {
        let candidate = self.recipe.read(line).and_then(|candidate| {
            seen.check(line.number, &candidate)?;
            Ok(candidate)
        });
        match candidate {
            Ok(candidate) if state.journal.has(&candidate.external_id) => Step::DoneBefore,
            _ if state.rejects.has(line) => Step::RejectedBefore,
            Ok(candidate) => Step::Todo(Box::new(candidate)),
            Err(rejection) => Step::Rejected(rejection),
        }
    }

    async fn carry_out(&self, line: Line, step: Step, state: &RefCell<State>) -> Result<(), Failure> {
        match step {
            Step::DoneBefore => {
                state.borrow_mut().summary.done_before += 1;
                self.progress.passed_over(1);
            }
            Step::RejectedBefore => {
                state.borrow_mut().summary.rejected_before += 1;
                self.progress.passed_over(1);
            }
            Step::Rejected(rejection) => self.reject(line.number, line.json, rejection, state)?,
            Step::Todo(candidate) => match self.ensure(&candidate).await {
                Ok(ensured) => match check_found(&candidate, &ensured) {
                    Ok(()) => self.note(line.number, &candidate, &ensured, state)?,
                    Err(rejection) => self.reject(line.number, line.json, rejection, state)?,
                },
                Err(error) if is_the_lines_own(&error) => {
                    self.reject(line.number, line.json, Rejection::from_error(&error), state)?;
                }
                Err(error) => {
                    // After a stop, the line had fewer attempts.
                    let ends = ends_the_run(&error) && !self.stop.is_requested();
                    state.borrow_mut().summary.leave(&error, ends);
                    self.progress.error();
                    if ends {
                        self.stop.request();
                    }
                }
            },
        }
        Ok(())
    }

    /// Ensures that the user exists. `ensure` looks the user up by external id after an unknown outcome, so it can be
    /// repeated safely.
    async fn ensure(&self, candidate: &Candidate) -> user_directory::Result<Ensured> {
        let mut tries = 1;
        loop {
            let error = match self.ensure_once(candidate).await {
                Err(error) if !is_the_lines_own(&error) && !is_refusal(&error) => error,
                result => return result,
            };
            if tries >= TRIES || self.stop.is_requested() {
                return Err(error);
            }
            let wait = error.retry_after().unwrap_or(self.wait * tries);
            tokio::select! {
                biased;
                () = self.stop.requested() => return Err(error),
                () = tokio::time::sleep(wait) => tries += 1,
            }
        }
    }

    async fn ensure_once(&self, candidate: &Candidate) -> user_directory::Result<Ensured> {
        if let Some(existing) = self.existing
            && let Some(user) = existing.find_by_external_id(candidate.external_id.clone()).await?
        {
            return Ok(Ensured::Found(user));
        }
        self.directory.ensure(&candidate.new_user).await
    }

    fn note(&self, line: u64, candidate: &Candidate, ensured: &Ensured, state: &RefCell<State>) -> Result<(), Failure> {
        let state = &mut *state.borrow_mut();
        state.journal.add(line, &candidate.external_id, ensured)?;
        if ensured.is_created() {
            state.summary.created += 1;
            state.summary.leave_behind(&candidate.left_behind);
        } else {
            state.summary.found += 1;
        }
        self.progress.done(1);
        Ok(())
    }

    fn reject(
        &self,
        line: u64,
        original: Box<RawValue>,
        rejection: Rejection,
        state: &RefCell<State>,
    ) -> Result<(), Failure> {
        let state = &mut *state.borrow_mut();
        state.summary.reject(&rejection.code);
        state.rejects.add(line, original, rejection)?;
        self.progress.error();
        Ok(())
    }
}

/// Returns whether the directory rejected this user.
fn is_the_lines_own(error: &Error) -> bool {
    // A lookup has no unknown outcome, but can fail in the service.
    let is_the_services = matches!(error.kind(), ErrorKind::Server | ErrorKind::Decode);
    !error.is_retryable() && !error.is_outcome_unknown() && !is_the_services && !is_refusal(error)
}

/// Returns whether the directory would reject every user, because of the key, the plan or the configuration, for
/// example a wrong URL.
fn is_refusal(error: &Error) -> bool {
    use ErrorKind::{Configuration, Forbidden, NotFound, PaymentRequired, Unauthenticated, Unexpected};
    matches!(error.kind(), Unauthenticated | PaymentRequired | Forbidden | Configuration | NotFound | Unexpected)
        || error.has_code(codes::USER_QUOTA_EXCEEDED)
        || error.has_code(codes::AUTHORIZATION_INVALID)
}

/// Returns whether the other lines would fail too: the directory rejects every user, or is unreachable after all
/// attempts.
fn ends_the_run(error: &Error) -> bool {
    // A single user may exceed a limit of the service, or its response a limit of this program.
    is_refusal(error) || !matches!(error.kind(), ErrorKind::Server | ErrorKind::Decode)
}

#[cfg(test)]
mod tests;
