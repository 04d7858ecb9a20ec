//! The import: creates the users of multiple rows concurrently, each exactly once.

mod errors;
mod placing;
mod streak;

use std::cell::RefCell;
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::Notify;
use user_directory::{User, UserDirectory};

use crate::Failure;
use crate::claims::{Admission, Claims, Dependence, Shared};
use crate::comparison::has_unverified;
use crate::counted::Counted;
use crate::finished::Finished;
use crate::journal::{Entry, Journal, Outcome};
use crate::mapping::{Candidate, DELETED, Mapping, Row};
use crate::passes::Passes;
use crate::progress::Progress;
use crate::reading::{Line, Position};
use crate::rejects::{Rejection, Rejects};
use crate::stop::Stop;
use crate::summary::Summary;
pub use errors::drop_optional;
use errors::ends_run;
use placing::{Placed, RowImport};
use streak::{Streak, reason_of};

/// The configuration of an import.
pub struct Import<'a> {
    pub directory: &'a dyn UserDirectory,
    pub mapping: &'a Mapping,
    /// The rows that are skipped, because an earlier run imported them.
    pub finished: &'a Finished,
    pub concurrency: usize,
    /// The wait before the first retry of a row. The wait before the nth retry is n times as long.
    pub wait: Duration,
    /// Whether to set the external id of existing users with the same verified email address.
    pub adopt: bool,
    /// Whether to update users whose rows have changed since an earlier run imported them.
    pub update: bool,
    /// The number of consecutive rejections or failures for the same reason that stops the run. 0 disables the limit.
    pub stop_after: u32,
    pub stop: Stop,
    pub progress: &'a Progress,
}

/// The result of checking a row.
enum Step {
    /// The row is imported in a later pass.
    Postponed,
    /// The row depends on a row that failed.
    Deferred,
    Skipped {
        reason: &'static str,
        /// Whether an earlier run imported the user.
        is_imported: bool,
    },
    /// The row is in the journal, and may have changed.
    AlreadyImported {
        is_changed: bool,
    },
    Rejected(Rejection),
    Pending {
        candidate: Box<Candidate>,
        shared: Shared,
        is_changed: bool,
    },
}

/// The state that concurrent rows share. All rows run on one thread, and no borrow is held across an `await`.
struct State {
    journal: Journal,
    rejects: Rejects,
    summary: Summary,
    claims: Claims,
    passes: Passes,
    streak: Streak,
}

impl Import<'_> {
    /// Imports rows until the end of the file or a stop request. Rows in flight are completed. `lines` opens the file,
    /// which is read again if rows depend on other rows.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be read or written. The outcome of rows in flight is then unknown, and the
    /// next run imports them again, without duplicates.
    pub async fn run<I: Iterator<Item = Result<Line, Failure>>>(
        &self,
        total: u64,
        lines: impl Fn() -> Result<I, Failure>,
        claims: Claims,
        journal: Journal,
        rejects: Rejects,
    ) -> Result<Summary, Failure> {
        self.progress.set_total(total);
        let (summary, passes, streak) = (Summary::new(total), Passes::default(), Streak::default());
        let state = RefCell::new(State { journal, rejects, summary, claims, passes, streak });
        loop {
            self.import_rows(lines()?, &state).await?;
            if self.stop.is_requested() || !state.borrow_mut().passes.advance() {
                break;
            }
        }
        let State { mut journal, mut rejects, summary, .. } = state.into_inner();
        journal.sync()?;
        rejects.sync()?;
        Ok(summary)
    }

    async fn import_rows(
        &self,
        lines: impl Iterator<Item = Result<Line, Failure>>,
        state: &RefCell<State>,
    ) -> Result<(), Failure> {
        let settled = Notify::new();
        let is_of_pass = |line: &Line| state.borrow().passes.contains(line.position);
        let lines = lines.filter(|line| line.as_ref().map_or(true, is_of_pass));
        // Rows are checked sequentially. Of multiple rows with an identifier, the first one in the file is registered first.
        let steps = lines.map(|line| {
            let line = line?;
            let step = self.check_row(&line, &mut state.borrow_mut());
            Ok((line, step))
        });
        stream::iter(steps)
            .take_until(self.stop.requested())
            .try_for_each_concurrent(self.concurrency, |(line, step)| self.process(line, step, state, &settled))
            .await
    }

    fn check_row(&self, line: &Line, state: &mut State) -> Step {
        if self.finished.contains(line.position) {
            return Step::AlreadyImported { is_changed: false };
        }
        let mut candidate = match self.mapping.read(line) {
            Ok(Row::User(candidate)) => candidate,
            Ok(Row::Skipped(reason)) => {
                let external_id = (reason == DELETED).then(|| self.mapping.external_id_of(line)).flatten();
                let is_imported = external_id.is_some_and(|id| state.journal.contains(&id));
                return Step::Skipped { reason, is_imported };
            }
            Err(rejection) => return Step::Rejected(rejection),
        };
        let known = state.journal.find(&candidate, line);
        let State { claims, passes, .. } = state;
        let mut shared = claims.shared(&candidate);
        if known == Some(false)
            && let Some(rejection) = claims.duplicate_of_finished(line.position, &candidate, &shared)
        {
            claims.rejected(line.position, &shared);
            return Step::Rejected(rejection);
        }
        match claims.dependence(line.position, &candidate, &shared, |row| passes.is_settled(row)) {
            Dependence::None => {}
            Dependence::Unsettled => {
                passes.postpone(line.position);
                return Step::Postponed;
            }
            Dependence::Failed => {
                claims.failed(line.position, &shared);
                return Step::Deferred;
            }
        }
        if let Err(rejection) = claims.drop_owned_by_others(line.position, &mut candidate, &mut shared) {
            claims.rejected(line.position, &shared);
            return Step::Rejected(rejection);
        }
        claims.register(line.position, &shared);
        match known {
            // Two rows with the same external id: only the first one is in the journal.
            Some(_) if matches!(claims.admission(line.position, &shared), Admission::Duplicate(_)) => {
                Step::Pending { candidate, shared, is_changed: false }
            }
            Some(is_same) if is_same || !self.update => {
                claims.imported(line.position, &shared);
                Step::AlreadyImported { is_changed: !is_same }
            }
            known => Step::Pending { candidate, shared, is_changed: known.is_some() },
        }
    }

    async fn process(&self, line: Line, step: Step, state: &RefCell<State>, settled: &Notify) -> Result<(), Failure> {
        match step {
            Step::Postponed => Ok(()),
            Step::Deferred => {
                state.borrow_mut().summary.defer();
                self.progress.error();
                Ok(())
            }
            Step::Skipped { reason, is_imported } => {
                let summary = &mut state.borrow_mut().summary;
                *summary.skipped.entry(reason).or_default() += 1;
                if is_imported {
                    summary.deleted_in_file.add(line.position);
                }
                self.progress.skip(1);
                Ok(())
            }
            Step::AlreadyImported { is_changed } => {
                let State { summary, streak, .. } = &mut *state.borrow_mut();
                summary.imported_before += 1;
                summary.changed += u64::from(is_changed);
                streak.end();
                self.progress.skip(1);
                Ok(())
            }
            Step::Rejected(rejection) => self.reject(line, rejection, &mut state.borrow_mut()),
            Step::Pending { candidate, shared, is_changed } => {
                match Self::admission(line.position, &shared, state, settled).await {
                    Admission::Free | Admission::Wait => {
                        let result = self.import(line, *candidate, &shared, is_changed, state).await;
                        settled.notify_waiters();
                        result
                    }
                    Admission::Duplicate(rejection) => {
                        let state = &mut *state.borrow_mut();
                        state.claims.rejected(line.position, &shared);
                        settled.notify_waiters();
                        self.reject(line, rejection, state)
                    }
                    Admission::Failed => {
                        let mut state = state.borrow_mut();
                        state.claims.failed(line.position, &shared);
                        state.summary.defer();
                        settled.notify_waiters();
                        self.progress.error();
                        Ok(())
                    }
                }
            }
        }
    }

    /// Waits until no earlier row with the same identifier is being imported.
    async fn admission(position: Position, shared: &Shared, state: &RefCell<State>, settled: &Notify) -> Admission {
        loop {
            let next = settled.notified();
            tokio::pin!(next);
            // Registers before the check, so that no notification is missed.
            next.as_mut().enable();
            match state.borrow().claims.admission(position, shared) {
                Admission::Wait => {}
                admission => return admission,
            }
            next.await;
        }
    }

    async fn import(
        &self,
        line: Line,
        mut candidate: Candidate,
        shared: &Shared,
        is_changed: bool,
        state: &RefCell<State>,
    ) -> Result<(), Failure> {
        let if_found = if state.borrow().journal.is_new() { Outcome::Found } else { Outcome::CreatedOrFound };
        let mut row = RowImport::new(is_changed, if_found);
        let placed = self.place(&mut candidate, &mut row).await;
        let state = &mut *state.borrow_mut();
        if !matches!(placed, Ok(Placed::User(..)))
            && let Some(user_id) = &row.updated
        {
            let outcome = if row.is_changed { Outcome::Updated } else { row.if_found };
            state.journal.append(&Entry::new(&line, &candidate, user_id, outcome).not_applied())?;
        }
        match placed {
            Ok(Placed::User(user, outcome)) => {
                state.claims.imported(line.position, shared);
                self.record(&line, &candidate, &user, outcome, &row, state)
            }
            Ok(Placed::Rejected(rejection)) => {
                state.claims.rejected(line.position, shared);
                self.reject(line, rejection, state)
            }
            Err(error) => {
                state.claims.failed(line.position, shared);
                // A stop reduces the number of attempts, so the error may be temporary.
                let ends = ends_run(&error) && !self.stop.is_requested();
                state.summary.fail(&error, ends);
                self.progress.error();
                if ends {
                    self.stop.request();
                }
                let kind = error.kind().to_string();
                let description = format!("{kind}: {error}");
                self.count_streak(kind, &description, state);
                Ok(())
            }
        }
    }

    fn record(
        &self,
        line: &Line,
        candidate: &Candidate,
        user: &User,
        outcome: Outcome,
        row: &RowImport,
        state: &mut State,
    ) -> Result<(), Failure> {
        let mut entry = Entry::new(line, candidate, &user.id, outcome).dropped(&row.dropped);
        if !row.different.is_empty() || !row.is_applied {
            entry = entry.not_applied();
        }
        state.journal.append(&entry)?;
        state.streak.end();
        let summary = &mut state.summary;
        match outcome {
            Outcome::Created => summary.created += 1,
            Outcome::Adopted => summary.adopted += 1,
            _ if row.updated.is_some() => summary.updated += 1,
            _ => summary.found += 1,
        }
        for field in &row.different {
            *summary.different.entry(field).or_default() += 1;
        }
        if outcome == Outcome::Created || row.updated.is_some() {
            summary.notes.add(line.position, &candidate.notes);
            summary.unverified += u64::from(has_unverified(&candidate.new_user, user));
        }
        self.progress.done(1);
        Ok(())
    }

    fn reject(&self, line: Line, rejection: Rejection, state: &mut State) -> Result<(), Failure> {
        state.summary.reject(line.position, &rejection);
        let description = format!("{}: {}", rejection.kind(), rejection.reason);
        self.count_streak(reason_of(&rejection), &description, state);
        state.rejects.add(line.position, self.mapping.with_flags(line.json), rejection)?;
        self.progress.error();
        Ok(())
    }

    /// Stops the run after too many consecutive rejections or failures for the same reason. Rows that are imported, or
    /// that an earlier run imported, end the sequence. Skipped rows do not.
    fn count_streak(&self, reason: String, description: &str, state: &mut State) {
        let rows = state.streak.add(reason);
        if rows == self.stop_after && !self.stop.is_requested() {
            let advice = "correct the file, the options or the instance settings, or use --stop-after 0";
            let errors = Counted(rows.into(), "consecutive error");
            state.summary.stopped_by = Some(format!("{errors} for the same reason: {description} ({advice})"));
            self.stop.request();
        }
    }
}

#[cfg(test)]
mod tests;
