//! The import: creates the users of several lines concurrently, each exactly once.

use std::cell::RefCell;
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::value::RawValue;
use user_directory::ext::Ensured;
use user_directory::{Error, ErrorKind, UserDirectory, UserDirectoryExt, codes};

use crate::Failure;
use crate::identifiers::{Seen, check_found};
use crate::journal::Journal;
use crate::mapping::{Candidate, Mapping};
use crate::progress::Progress;
use crate::rejects::{Rejection, Rejects};
use crate::source::Line;
use crate::stop::Stop;
use crate::summary::Summary;

/// The maximum number of attempts for a line with an unknown outcome or a temporary error, in addition to the retries
/// of the adapter. The adapter cannot retry `create` safely, but `ensure` can be repeated.
const MAX_ATTEMPTS: u32 = 10;

/// The configuration of an import.
pub struct Import<'a> {
    pub directory: &'a dyn UserDirectory,
    /// In a dry run, the directory in which users are looked up before they are created.
    pub existing: Option<&'a dyn UserDirectory>,
    pub mapping: &'a Mapping,
    pub concurrency: usize,
    /// The wait before the first retry of a line. It grows with each attempt.
    pub wait: Duration,
    pub stop: Stop,
    pub progress: &'a Progress,
}

/// The result of checking a line.
enum Step {
    /// The line is in the journal.
    AlreadyImported,
    /// The line is in the rejects file.
    AlreadyRejected,
    Rejected(Rejection),
    Pending(Box<Candidate>),
}

/// The state that concurrent lines share. They run on one thread, and no borrow is held across an `await`.
struct State {
    journal: Journal,
    rejects: Rejects,
    summary: Summary,
}

impl Import<'_> {
    /// Imports lines until the end of the file or a stop request. Lines in flight are completed.
    ///
    /// Fails if a file cannot be read or written. The outcome of lines in flight is unknown then, and the next run
    /// checks them.
    pub async fn run(
        &self,
        total: u64,
        lines: impl Iterator<Item = Result<Line, Failure>>,
        journal: Journal,
        rejects: Rejects,
    ) -> Result<Summary, Failure> {
        self.progress.set_total(total);
        let state = RefCell::new(State { journal, rejects, summary: Summary::new(total) });
        let mut seen = Seen::default();
        // Checks lines sequentially, so that the second of two lines with the same identifier is rejected.
        let lines = lines.map(|line| {
            let line = line?;
            let step = self.check_line(&line, &mut seen, &state.borrow());
            Ok((line, step))
        });
        stream::iter(lines)
            .take_until(self.stop.requested())
            .try_for_each_concurrent(self.concurrency, |(line, step)| self.process(line, step, &state))
            .await?;
        let State { mut journal, mut rejects, summary } = state.into_inner();
        journal.sync()?;
        rejects.sync()?;
        Ok(summary)
    }

    fn check_line(&self, line: &Line, seen: &mut Seen, state: &State) -> Step {
        let candidate = self.mapping.read(line).and_then(|candidate| {
            seen.check(line.number, &candidate)?;
            Ok(candidate)
        });
        match candidate {
            Ok(candidate) if state.journal.contains(&candidate.external_id) => Step::AlreadyImported,
            _ if state.rejects.contains(line) => Step::AlreadyRejected,
            Ok(candidate) => Step::Pending(Box::new(candidate)),
            Err(rejection) => Step::Rejected(rejection),
        }
    }

    async fn process(&self, line: Line, step: Step, state: &RefCell<State>) -> Result<(), Failure> {
        match step {
            Step::AlreadyImported => {
                state.borrow_mut().summary.imported_before += 1;
                self.progress.skip(1);
            }
            Step::AlreadyRejected => {
                state.borrow_mut().summary.rejected_before += 1;
                self.progress.skip(1);
            }
            Step::Rejected(rejection) => self.reject(line.number, line.json, rejection, state)?,
            Step::Pending(candidate) => match self.ensure(&candidate).await {
                Ok(ensured) => match check_found(&candidate, &ensured) {
                    Ok(()) => self.record(line.number, &candidate, &ensured, state)?,
                    Err(rejection) => self.reject(line.number, line.json, rejection, state)?,
                },
                Err(error) if is_caused_by_line(&error) => {
                    self.reject(line.number, line.json, Rejection::from_error(&error), state)?;
                }
                Err(error) => {
                    // A stop reduces the number of attempts, so the error may be temporary.
                    let ends = ends_run(&error) && !self.stop.is_requested();
                    state.borrow_mut().summary.fail(&error, ends);
                    self.progress.error();
                    if ends {
                        self.stop.request();
                    }
                }
            },
        }
        Ok(())
    }

    /// Ensures that the user exists. `ensure` looks up the user by external id first, so it can be repeated safely.
    async fn ensure(&self, candidate: &Candidate) -> user_directory::Result<Ensured> {
        let mut attempts = 1;
        loop {
            let error = match self.ensure_once(candidate).await {
                Err(error) if !is_caused_by_line(&error) && !concerns_all_users(&error) => error,
                result => return result,
            };
            if attempts >= MAX_ATTEMPTS || self.stop.is_requested() {
                return Err(error);
            }
            let wait = error.retry_after().unwrap_or(self.wait * attempts);
            tokio::select! {
                biased;
                () = self.stop.requested() => return Err(error),
                () = tokio::time::sleep(wait) => attempts += 1,
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

    fn record(
        &self,
        line: u64,
        candidate: &Candidate,
        ensured: &Ensured,
        state: &RefCell<State>,
    ) -> Result<(), Failure> {
        let state = &mut *state.borrow_mut();
        state.journal.add(line, &candidate.external_id, ensured)?;
        if ensured.is_created() {
            state.summary.created += 1;
            state.summary.add_not_imported(&candidate.not_imported);
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

/// Returns whether the error is a rejection of this user.
fn is_caused_by_line(error: &Error) -> bool {
    // These errors of a lookup are not retryable, and their outcome is not unknown.
    let is_service_failure = matches!(error.kind(), ErrorKind::Server | ErrorKind::Decode);
    !error.is_retryable() && !error.is_outcome_unknown() && !is_service_failure && !concerns_all_users(error)
}

/// Returns whether the error concerns all users: an error of the key, the plan or the configuration.
fn concerns_all_users(error: &Error) -> bool {
    use ErrorKind::{Configuration, Forbidden, NotFound, PaymentRequired, Unauthenticated, Unexpected};
    matches!(error.kind(), Unauthenticated | PaymentRequired | Forbidden | Configuration | NotFound | Unexpected)
        || error.has_code(codes::USER_QUOTA_EXCEEDED)
        || error.has_code(codes::AUTHORIZATION_INVALID)
}

/// Returns whether the other lines would fail, too: it concerns all users, or the directory is unreachable.
fn ends_run(error: &Error) -> bool {
    // Server and decoding errors may be caused by a single user.
    concerns_all_users(error) || !matches!(error.kind(), ErrorKind::Server | ErrorKind::Decode)
}

#[cfg(test)]
mod tests;
