//! The import: line by line, several at a time, each user once whatever happens.

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

/// How often a line is tried whose outcome is unknown or whose error may pass. The directory behind it has its own
/// patience, so this is for what no client can decide: whether to create somebody again.
const TRIES: u32 = 10;

/// Everything that an import needs.
pub struct Import<'a> {
    pub directory: &'a dyn UserDirectory,
    /// Where users are looked for before they are created, if that is somewhere else: in a dry run.
    pub existing: Option<&'a dyn UserDirectory>,
    pub recipe: &'a Recipe,
    pub concurrency: usize,
    /// The wait before a line is tried again; it grows with each try.
    pub wait: Duration,
    pub stop: Stop,
    pub progress: &'a Progress,
}

/// A line that was looked at.
enum Step {
    /// It is in the journal.
    DoneBefore,
    /// It is in the file of rejects.
    RejectedBefore,
    Rejected(Rejection),
    Todo(Box<Candidate>),
}

/// What the lines under way write to. They are all on one thread, and nobody holds it while waiting.
struct State {
    journal: Journal,
    rejects: Rejects,
    summary: Summary,
}

impl Import<'_> {
    /// Imports lines until there are no more, or a stop is requested: then what is under way is finished.
    ///
    /// Fails if a file cannot be written or read. Then nothing more is begun, and what was under way may be done or
    /// not; the next run finds out.
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
        // Looked at one after another, so that of two lines with the same identifier it is the first that counts.
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
                    // After a stop it was not tried as often as it takes to say that.
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

    /// Makes sure that the user is there. After an error that leaves that open, `ensure` looks the user up by the
    /// external id, so it may be tried again without harm.
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

/// Whether it is this user whom the directory does not take.
fn is_the_lines_own(error: &Error) -> bool {
    // A look-up has no outcome to be unknown, and can fail on the service's side all the same.
    let is_the_services = matches!(error.kind(), ErrorKind::Server | ErrorKind::Decode);
    !error.is_retryable() && !error.is_outcome_unknown() && !is_the_services && !is_refusal(error)
}

/// Whether the directory would refuse everybody: a matter of the key, the plan or the configuration, such as a URL
/// behind which there is something else.
fn is_refusal(error: &Error) -> bool {
    use ErrorKind::{Configuration, Forbidden, NotFound, PaymentRequired, Unauthenticated, Unexpected};
    matches!(error.kind(), Unauthenticated | PaymentRequired | Forbidden | Configuration | NotFound | Unexpected)
        || error.has_code(codes::USER_QUOTA_EXCEEDED)
        || error.has_code(codes::AUTHORIZATION_INVALID)
}

/// Whether the other lines would fare no better: the directory refuses everybody, or is not there after all these
/// tries.
fn ends_the_run(error: &Error) -> bool {
    // A single user may be too much for the service, or its answer for this program.
    is_refusal(error) || !matches!(error.kind(), ErrorKind::Server | ErrorKind::Decode)
}

#[cfg(test)]
mod tests;
