//! The import: creates the users of several rows concurrently, each exactly once.

use std::cell::RefCell;
use std::collections::HashSet;
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::Notify;
use user_directory::ext::Ensured;
use user_directory::model::IdentifierStatus;
use user_directory::store::Identifier;
use user_directory::{Error, ErrorKind, NewUser, User, UserDirectory, UserDirectoryExt, UserId, UserUpdate, codes};

use crate::Failure;
use crate::claims::{Admission, Claims, DROPPED_UNVERIFIED, check_found};
use crate::comparison;
use crate::finished::Finished;
use crate::identifiers;
use crate::journal::{Journal, Outcome};
use crate::mapping::draft::invalid_optional;
use crate::mapping::{Candidate, DELETED, Mapping, Row};
use crate::progress::Progress;
use crate::reading::{Line, Position};
use crate::rejects::{Rejection, Rejects};
use crate::stop::Stop;
use crate::summary::Summary;

/// The maximum number of attempts for a row with an unknown outcome or a temporary error, in addition to the retries
/// of the adapter.
const MAX_ATTEMPTS: u32 = 10;
/// The maximum number of attempts if no connection can be established, so that the run ends within seconds.
const MAX_CONNECTION_ATTEMPTS: u32 = 4;
/// The optional parameters. If the directory rejects the value of one of them, the user is created without it.
const OPTIONAL: [&str; 5] = ["first_name", "last_name", "locale", "timezone", "username"];

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
    /// The number of consecutive rejections or failures with the same code that stops the run. 0 disables the limit.
    pub stop_after: u32,
    pub stop: Stop,
    pub progress: &'a Progress,
}

/// A pass over the file. Rows that depend on other rows are imported in the second pass, after the other rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    First,
    Second,
}

/// The result of checking a row.
enum Step {
    /// The row is imported in the second pass.
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
        shared: Vec<Identifier<'static>>,
        is_changed: bool,
    },
}

/// The state of importing a row, across several attempts.
struct RowImport {
    /// Whether the row changed since an earlier run imported it.
    is_changed: bool,
    /// The outcome if the user exists.
    if_found: Outcome,
    /// The user that an attempt has updated, possibly in part.
    updated: Option<UserId>,
    /// The fields of an existing user that differ from the row and were not updated.
    different: Vec<&'static str>,
}

/// The result of importing a row: a user in the directory, or a rejection.
enum Placed {
    User(Box<User>, Outcome),
    Rejected(Rejection),
}

/// The state that concurrent rows share. All rows run on one thread, and no borrow is held across an `await`.
struct State {
    journal: Journal,
    rejects: Rejects,
    summary: Summary,
    claims: Claims,
    /// The numbers of the rows of the second pass.
    postponed: HashSet<u64>,
    streak: Streak,
}

/// Consecutive rejections or failures with the same code.
#[derive(Default)]
struct Streak {
    code: String,
    rows: u32,
}

impl Import<'_> {
    /// Imports rows until the end of the file or a stop request. Rows in flight are completed. `lines` opens the file,
    /// which is read a second time if rows depend on later rows.
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
        let (summary, postponed, streak) = (Summary::new(total), HashSet::new(), Streak::default());
        let state = RefCell::new(State { journal, rejects, summary, claims, postponed, streak });
        self.import_rows(lines()?, Pass::First, &state).await?;
        let postponed = std::mem::take(&mut state.borrow_mut().postponed);
        if !postponed.is_empty() && !self.stop.is_requested() {
            let is_postponed = |line: &Line| postponed.contains(&line.position.row);
            let lines = lines()?.filter(|line| line.as_ref().map_or(true, is_postponed));
            self.import_rows(lines, Pass::Second, &state).await?;
        }
        let State { mut journal, mut rejects, summary, .. } = state.into_inner();
        journal.sync()?;
        rejects.sync()?;
        Ok(summary)
    }

    async fn import_rows(
        &self,
        lines: impl Iterator<Item = Result<Line, Failure>>,
        pass: Pass,
        state: &RefCell<State>,
    ) -> Result<(), Failure> {
        let settled = Notify::new();
        // Rows are checked sequentially, because `Claims::register` must be called in file order.
        let steps = lines.map(|line| {
            let line = line?;
            let step = self.check_row(&line, pass, &mut state.borrow_mut());
            Ok((line, step))
        });
        stream::iter(steps)
            .take_until(self.stop.requested())
            .try_for_each_concurrent(self.concurrency, |(line, step)| self.process(line, step, state, &settled))
            .await
    }

    fn check_row(&self, line: &Line, pass: Pass, state: &mut State) -> Step {
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
        if pass == Pass::First && state.claims.depends_on_others(line.position, &candidate) {
            state.postponed.insert(line.position.row);
            return Step::Postponed;
        }
        if state.claims.depends_on_failed(line.position, &candidate) {
            return Step::Deferred;
        }
        if let Err(rejection) = state.claims.drop_owned_by_others(line.position, &mut candidate) {
            state.claims.release(line.position, &candidate);
            return Step::Rejected(rejection);
        }
        let shared = state.claims.register(line.position, &candidate);
        match known {
            // Two rows with the same external id: only the first one is in the journal.
            Some(_) if matches!(state.claims.admission(line.position, &shared), Admission::Duplicate(_)) => {
                Step::Pending { candidate, shared, is_changed: false }
            }
            Some(is_same) if is_same || !self.update => {
                state.claims.imported(line.position, &shared);
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
                    summary.deleted.add(line.position);
                }
                self.progress.skip(1);
                Ok(())
            }
            Step::AlreadyImported { is_changed } => {
                let summary = &mut state.borrow_mut().summary;
                summary.imported_before += 1;
                summary.changed += u64::from(is_changed);
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
    async fn admission(
        position: Position,
        shared: &[Identifier<'static>],
        state: &RefCell<State>,
        settled: &Notify,
    ) -> Admission {
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
        shared: &[Identifier<'static>],
        is_changed: bool,
        state: &RefCell<State>,
    ) -> Result<(), Failure> {
        let if_found = if state.borrow().journal.is_new() { Outcome::Found } else { Outcome::CreatedOrFound };
        let mut row = RowImport { is_changed, if_found, updated: None, different: Vec::new() };
        let placed = self.place(&mut candidate, &mut row).await;
        let state = &mut *state.borrow_mut();
        if !matches!(placed, Ok(Placed::User(..)))
            && let Some(user_id) = &row.updated
        {
            let outcome = if row.is_changed { Outcome::Updated } else { row.if_found };
            state.journal.add(&line, &candidate, user_id, outcome, false)?;
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
                self.count_streak(&kind, &format!("{kind}: {error}"), state);
                Ok(())
            }
        }
    }

    /// Creates, finds, adopts or updates the user. Temporary errors are retried.
    async fn place(&self, candidate: &mut Candidate, row: &mut RowImport) -> user_directory::Result<Placed> {
        let mut attempts = 1;
        loop {
            let result = if row.is_changed {
                self.update(candidate, row).await
            } else if attempts == 1 {
                self.create(candidate).await
            } else {
                // The outcome of the last attempt is unknown.
                self.ensure(candidate, row).await
            };
            let error = match result {
                Err(error) if is_caused_by_row(&error) => {
                    match self.resolve(candidate, row, &error).await {
                        Ok(Some(placed)) => return Ok(placed),
                        // The candidate was changed.
                        Ok(None) => continue,
                        Err(error) if is_caused_by_row(&error) => {
                            return Ok(Placed::Rejected(Rejection::from_error(&error)));
                        }
                        Err(error) => error,
                    }
                }
                Err(error) if concerns_all_users(&error) => return Err(error),
                Err(error) => error,
                Ok(placed) => return Ok(placed),
            };
            if error.is_outcome_unknown() && row.if_found == Outcome::Found {
                row.if_found = Outcome::CreatedOrFound;
            }
            let is_unreachable = error.kind() == ErrorKind::Connect;
            let max_attempts = if is_unreachable { MAX_CONNECTION_ATTEMPTS } else { MAX_ATTEMPTS };
            if attempts >= max_attempts {
                return Err(error);
            }
            self.progress.report(&error);
            let wait = error.retry_after().unwrap_or(self.wait * attempts);
            tokio::select! {
                biased;
                () = self.stop.requested() => return self.settle(candidate, row, error).await,
                () = tokio::time::sleep(wait) => attempts += 1,
            }
        }
    }

    /// If the outcome of the last attempt before a stop is unknown, looks up the user, so that the journal is complete.
    async fn settle(&self, candidate: &Candidate, row: &RowImport, error: Error) -> user_directory::Result<Placed> {
        if error.is_outcome_unknown()
            && row.updated.is_none()
            && let Ok(Some(user)) = self.directory.find_by_external_id(candidate.external_id.clone()).await
        {
            return Ok(match check_found(candidate, &user) {
                Ok(()) => Placed::User(user.into(), row.if_found),
                Err(rejection) => Placed::Rejected(rejection),
            });
        }
        Err(error)
    }

    async fn create(&self, candidate: &Candidate) -> user_directory::Result<Placed> {
        Ok(Placed::User(self.directory.create(&candidate.new_user).await?.into(), Outcome::Created))
    }

    /// Looks up the user by external id before creating it, so that the call can be repeated.
    async fn ensure(&self, candidate: &mut Candidate, row: &mut RowImport) -> user_directory::Result<Placed> {
        match self.directory.ensure(&candidate.new_user).await? {
            Ensured::Created(user) => Ok(Placed::User(user.into(), Outcome::Created)),
            Ensured::Found(user) => self.found(candidate, user, row).await,
        }
    }

    async fn update(&self, candidate: &mut Candidate, row: &mut RowImport) -> user_directory::Result<Placed> {
        let Some(user) = self.directory.find_by_external_id(candidate.external_id.clone()).await? else {
            return self.create(candidate).await;
        };
        self.apply(candidate, &user, row).await?;
        Ok(Placed::User(user.into(), Outcome::Updated))
    }

    /// Handles an existing user with the external id.
    async fn found(
        &self,
        candidate: &mut Candidate,
        user: User,
        row: &mut RowImport,
    ) -> user_directory::Result<Placed> {
        if let Err(rejection) = check_found(candidate, &user) {
            return Ok(Placed::Rejected(rejection));
        }
        row.different = comparison::differences(&candidate.new_user, &user);
        if self.update && !row.different.is_empty() {
            self.apply(candidate, &user, row).await?;
            row.different.clear();
        }
        Ok(Placed::User(user.into(), row.if_found))
    }

    /// Updates an existing user to the values of the row, except optional values that the directory rejects.
    async fn apply(&self, candidate: &mut Candidate, user: &User, row: &mut RowImport) -> user_directory::Result<()> {
        row.updated = Some(user.id.clone());
        let unchanged = loop {
            match comparison::update(self.directory, user, candidate).await {
                Ok(unchanged) => break unchanged,
                Err(error) => match drop_optional(&mut candidate.new_user, &error) {
                    dropped if dropped.is_empty() => return Err(error),
                    dropped => candidate.note_all(dropped),
                },
            }
        };
        candidate.note_all(unchanged);
        Ok(())
    }

    /// Handles a rejection by the directory. Returns `None` if the candidate was changed and should be imported again.
    async fn resolve(
        &self,
        candidate: &mut Candidate,
        row: &mut RowImport,
        error: &Error,
    ) -> user_directory::Result<Option<Placed>> {
        let dropped = drop_optional(&mut candidate.new_user, error);
        if !dropped.is_empty() {
            candidate.note_all(dropped);
            return Ok(None);
        }
        // The update of an existing user failed, for example because another user has one of the new identifiers.
        if !error.has_code(codes::FORM_IDENTIFIER_EXISTS) || row.updated.is_some() {
            return Ok(Some(Placed::Rejected(Rejection::from_error(error))));
        }
        if let Some(user) = self.directory.find_by_external_id(candidate.external_id.clone()).await? {
            return self.found(candidate, user, row).await.map(Some);
        }
        if self.adopt
            && let Some(placed) = self.adopt(candidate, row).await?
        {
            return Ok(Some(placed));
        }
        if self.drop_taken_unverified(candidate).await? {
            return Ok(None);
        }
        Ok(Some(Placed::Rejected(Rejection::from_error(error))))
    }

    /// Sets the external id of the existing user with the same verified email address.
    async fn adopt(&self, candidate: &mut Candidate, row: &mut RowImport) -> user_directory::Result<Option<Placed>> {
        let rejected = |reason| Ok(Some(Placed::Rejected(Rejection::new("not_adopted", reason).param("external_id"))));
        let mut owners = self.owners(&candidate.new_user).await?;
        if owners.len() > 1 {
            let ids: Vec<_> = owners.iter().map(|user| user.id.as_str()).collect();
            return rejected(format!("several users have verified email addresses of the row: {}", ids.join(", ")));
        }
        let Some(user) = owners.pop() else { return Ok(None) };
        if user.external_id.as_ref().is_some_and(|id| !id.is_empty()) {
            return rejected(format!("{} has the same verified email address, but another external id", user.id));
        }
        let update = UserUpdate::new().external_id(candidate.external_id.clone());
        let user = self.directory.update(&user.id, &update).await?;
        row.if_found = Outcome::Adopted;
        self.found(candidate, user, row).await.map(Some)
    }

    /// Returns the users that have a verified email address of a new user as verified.
    async fn owners(&self, new: &NewUser) -> user_directory::Result<Vec<User>> {
        let mut owners: Vec<User> = Vec::new();
        for email in new.email_addresses.iter().filter(|email| email.status() == IdentifierStatus::Verified) {
            let is_same = |other: &user_directory::model::EmailAddress| {
                other.is_verified() && identifiers::email(&other.email_address) == identifiers::email(email.value())
            };
            if let Some(user) = self.directory.find_by_email_address(email.value().clone()).await?
                && user.email_addresses.iter().any(is_same)
                && owners.iter().all(|owner| owner.id != user.id)
            {
                owners.push(user);
            }
        }
        Ok(owners)
    }

    /// Removes unverified identifiers that existing users have, if other identifiers remain. Returns whether any were
    /// removed.
    async fn drop_taken_unverified(&self, candidate: &mut Candidate) -> user_directory::Result<bool> {
        let is_reserved = |status| status != IdentifierStatus::Verified;
        let new = &mut candidate.new_user;
        let mut taken = Vec::new();
        for email in new.email_addresses.iter().filter(|email| is_reserved(email.status())) {
            if self.directory.find_by_email_address(email.value().clone()).await?.is_some() {
                taken.push(email.value().clone());
            }
        }
        for phone in new.phone_numbers.iter().filter(|phone| is_reserved(phone.status())) {
            if self.directory.find_by_phone_number(phone.value().clone()).await?.is_some() {
                taken.push(phone.value().clone());
            }
        }
        let total = new.email_addresses.len() + new.phone_numbers.len() + usize::from(new.username.is_some());
        if taken.is_empty() || taken.len() >= total {
            return Ok(false);
        }
        new.email_addresses.retain(|email| !is_reserved(email.status()) || !taken.contains(email.value()));
        new.phone_numbers.retain(|phone| !is_reserved(phone.status()) || !taken.contains(phone.value()));
        candidate.note(DROPPED_UNVERIFIED);
        Ok(true)
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
        state.journal.add(line, candidate, &user.id, outcome, row.different.is_empty())?;
        state.streak = Streak::default();
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
            summary.unverified += u64::from(is_unverified(&candidate.new_user));
        }
        self.progress.done(1);
        Ok(())
    }

    fn reject(&self, line: Line, rejection: Rejection, state: &mut State) -> Result<(), Failure> {
        state.summary.reject(line.position, &rejection);
        self.count_streak(&rejection.code, &format!("{}: {}", rejection.kind(), rejection.reason), state);
        state.rejects.add(line.position, self.mapping.with_flags(line.json), rejection)?;
        self.progress.error();
        Ok(())
    }

    /// Stops the run after too many consecutive rejections or failures with the same code. Their parameters can differ,
    /// for example if the instance does not support several fields of the file.
    fn count_streak(&self, code: &str, description: &str, state: &mut State) {
        let streak = &mut state.streak;
        if streak.code != code {
            *streak = Streak { code: code.to_owned(), rows: 0 };
        }
        streak.rows += 1;
        if streak.rows == self.stop_after && !self.stop.is_requested() {
            let rows = streak.rows;
            let advice = "correct the file, the options or the instance settings, or use --stop-after 0";
            state.summary.stopped_by =
                Some(format!("{rows} consecutive errors with the same code: {description} ({advice})"));
            self.stop.request();
        }
    }
}

/// Returns whether a user has an email address or phone number that is not verified.
pub fn is_unverified(new: &NewUser) -> bool {
    let mut identifiers = new.email_addresses.iter().chain(&new.phone_numbers);
    identifiers.any(|identifier| identifier.status() != IdentifierStatus::Verified)
}

/// Removes optional values that the directory rejects. Returns a note for each of them. Values of attributes that the
/// instance settings disable are kept, because all users would lose them.
pub fn drop_optional(new: &mut NewUser, error: &Error) -> Vec<&'static str> {
    let params: Vec<_> = error.details().iter().map(|detail| detail.param_name().unwrap_or_default()).collect();
    let is_optional = !params.is_empty() && params.iter().all(|param| OPTIONAL.contains(param));
    let is_other = error.has_code(codes::FORM_IDENTIFIER_EXISTS) || error.has_code(codes::FORM_PARAM_UNKNOWN);
    let mut notes = Vec::new();
    if error.kind() != ErrorKind::InvalidInput || !is_optional || is_other {
        return notes;
    }
    let has_contact = !new.email_addresses.is_empty() || !new.phone_numbers.is_empty() || !new.web3_wallets.is_empty();
    for param in params {
        let field = match param {
            "first_name" => &mut new.first_name,
            "last_name" => &mut new.last_name,
            "locale" => &mut new.locale,
            "timezone" => &mut new.timezone,
            // The username is not optional if it is the only identifier.
            _ if has_contact => &mut new.username,
            _ => return Vec::new(),
        };
        if field.take().is_some() {
            notes.push(invalid_optional(param));
        }
    }
    notes
}

/// Returns whether the values of the row caused the error.
fn is_caused_by_row(error: &Error) -> bool {
    // For a lookup, `is_retryable` and `is_outcome_unknown` return `false` for these errors.
    let is_service_failure = matches!(error.kind(), ErrorKind::Server | ErrorKind::Decode);
    // Other conflicts are not caused by the values of the row.
    let is_other_conflict = error.kind() == ErrorKind::Conflict
        && !error.has_code(codes::FORM_IDENTIFIER_EXISTS)
        && !error.has_code(codes::USER_MANAGED_BY_SCIM);
    !error.is_retryable()
        && !error.is_outcome_unknown()
        && !is_service_failure
        && !is_other_conflict
        && !concerns_all_users(error)
}

/// Returns whether the error concerns all users: an error of the key, the plan or the configuration.
fn concerns_all_users(error: &Error) -> bool {
    use ErrorKind::{Configuration, Forbidden, NotFound, PaymentRequired, Unauthenticated, Unexpected};
    matches!(error.kind(), Unauthenticated | PaymentRequired | Forbidden | Configuration | NotFound | Unexpected)
        || error.has_code(codes::USER_QUOTA_EXCEEDED)
        || error.has_code(codes::AUTHORIZATION_INVALID)
}

/// Returns whether the other rows would fail, too: the error concerns all users, or the directory is unreachable.
fn ends_run(error: &Error) -> bool {
    // Server and decoding errors and conflicts may be caused by a single user.
    let is_single = matches!(error.kind(), ErrorKind::Server | ErrorKind::Decode | ErrorKind::Conflict);
    concerns_all_users(error) || !is_single
}

#[cfg(test)]
mod tests;
