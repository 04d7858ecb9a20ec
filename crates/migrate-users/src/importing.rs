//! The import: creates the users of several rows concurrently, each exactly once.

use std::cell::RefCell;
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::Notify;
use user_directory::ext::Ensured;
use user_directory::model::IdentifierStatus;
use user_directory::store::Identifier;
use user_directory::{Error, ErrorKind, NewUser, User, UserDirectory, UserDirectoryExt, UserUpdate, codes};

use crate::Failure;
use crate::claims::{Admission, Claims, DROPPED_UNVERIFIED, check_found};
use crate::comparison;
use crate::finished::Finished;
use crate::identifiers;
use crate::journal::{Journal, Outcome};
use crate::mapping::draft::INVALID_OPTIONAL;
use crate::mapping::{Candidate, Mapping, Row};
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

/// The result of checking a row.
enum Step {
    Skipped(&'static str),
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
    streak: Streak,
}

/// Consecutive rejections or failures with the same code.
#[derive(Default)]
struct Streak {
    code: String,
    rows: u32,
}

impl Import<'_> {
    /// Imports rows until the end of the file or a stop request. Rows in flight are completed.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be read or written. The outcome of rows in flight is then unknown, and the
    /// next run imports them again, without duplicates.
    pub async fn run(
        &self,
        total: u64,
        lines: impl Iterator<Item = Result<Line, Failure>>,
        claims: Claims,
        journal: Journal,
        rejects: Rejects,
    ) -> Result<Summary, Failure> {
        self.progress.set_total(total);
        let state = State { journal, rejects, summary: Summary::new(total), claims, streak: Streak::default() };
        let (state, settled) = (RefCell::new(state), Notify::new());
        // Rows are checked sequentially, because `Claims::register` must be called in file order.
        let steps = lines.map(|line| {
            let line = line?;
            let step = self.check_row(&line, &mut state.borrow_mut());
            Ok((line, step))
        });
        stream::iter(steps)
            .take_until(self.stop.requested())
            .try_for_each_concurrent(self.concurrency, |(line, step)| self.process(line, step, &state, &settled))
            .await?;
        let State { mut journal, mut rejects, summary, .. } = state.into_inner();
        journal.sync()?;
        rejects.sync()?;
        Ok(summary)
    }

    fn check_row(&self, line: &Line, state: &mut State) -> Step {
        if self.finished.contains(line.position) {
            return Step::AlreadyImported { is_changed: false };
        }
        let mut candidate = match self.mapping.read(line) {
            Ok(Row::User(candidate)) => candidate,
            Ok(Row::Skipped(reason)) => return Step::Skipped(reason),
            Err(rejection) => return Step::Rejected(rejection),
        };
        let known = state.journal.find(&candidate, line);
        if let Err(rejection) = state.claims.drop_owned_by_others(line.position, &mut candidate) {
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
            Step::Skipped(reason) => {
                *state.borrow_mut().summary.skipped.entry(reason).or_default() += 1;
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
            Step::Rejected(rejection) => self.reject(line, rejection, state),
            Step::Pending { candidate, shared, is_changed } => {
                match Self::admission(line.position, &shared, state, settled).await {
                    Admission::Free | Admission::Wait => {
                        let result = self.import(line, *candidate, &shared, is_changed, state).await;
                        settled.notify_waiters();
                        result
                    }
                    Admission::Duplicate(rejection) => {
                        state.borrow_mut().claims.rejected(line.position, &shared);
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
        let placed = self.place(&mut candidate, is_changed).await;
        match placed {
            Ok(Placed::User(user, outcome)) => {
                state.borrow_mut().claims.imported(line.position, shared);
                self.record(&line, &candidate, &user, outcome, &mut state.borrow_mut())
            }
            Ok(Placed::Rejected(rejection)) => {
                state.borrow_mut().claims.rejected(line.position, shared);
                self.reject(line, rejection, state)
            }
            Err(error) => {
                let state = &mut *state.borrow_mut();
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
    async fn place(&self, candidate: &mut Candidate, is_changed: bool) -> user_directory::Result<Placed> {
        let mut attempts = 1;
        loop {
            let result = if is_changed {
                self.update(candidate).await
            } else if attempts == 1 {
                self.create(candidate).await
            } else {
                // The outcome of the last attempt is unknown.
                self.ensure(candidate).await
            };
            let error = match result {
                Err(error) if is_caused_by_row(&error) => {
                    match self.resolve(candidate, is_changed, &error).await {
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
            let is_unreachable = error.kind() == ErrorKind::Connect;
            let max_attempts = if is_unreachable { MAX_CONNECTION_ATTEMPTS } else { MAX_ATTEMPTS };
            if attempts >= max_attempts {
                return Err(error);
            }
            self.progress.report(&error);
            let wait = error.retry_after().unwrap_or(self.wait * attempts);
            tokio::select! {
                biased;
                () = self.stop.requested() => return self.settle(candidate, error).await,
                () = tokio::time::sleep(wait) => attempts += 1,
            }
        }
    }

    /// If the outcome of the last attempt before a stop is unknown, looks up the user, so that the journal is complete.
    async fn settle(&self, candidate: &Candidate, error: Error) -> user_directory::Result<Placed> {
        if error.is_outcome_unknown()
            && let Ok(Some(user)) = self.directory.find_by_external_id(candidate.external_id.clone()).await
        {
            return Ok(found(candidate, user));
        }
        Err(error)
    }

    async fn create(&self, candidate: &Candidate) -> user_directory::Result<Placed> {
        Ok(Placed::User(self.directory.create(&candidate.new_user).await?.into(), Outcome::Created))
    }

    /// Looks up the user by external id before creating it, so that the call can be repeated.
    async fn ensure(&self, candidate: &Candidate) -> user_directory::Result<Placed> {
        Ok(match self.directory.ensure(&candidate.new_user).await? {
            Ensured::Created(user) => Placed::User(user.into(), Outcome::Created),
            Ensured::Found(user) => found(candidate, user),
        })
    }

    async fn update(&self, candidate: &mut Candidate) -> user_directory::Result<Placed> {
        let Some(user) = self.directory.find_by_external_id(candidate.external_id.clone()).await? else {
            return self.create(candidate).await;
        };
        let unchanged = comparison::update(self.directory, &user, &candidate.new_user).await?;
        for note in unchanged {
            candidate.note(note);
        }
        Ok(Placed::User(user.into(), Outcome::Updated))
    }

    /// Handles a rejection by the directory. Returns `None` if the candidate was changed and should be imported again.
    async fn resolve(
        &self,
        candidate: &mut Candidate,
        is_changed: bool,
        error: &Error,
    ) -> user_directory::Result<Option<Placed>> {
        if drop_optional(&mut candidate.new_user, error) {
            candidate.note(INVALID_OPTIONAL);
            return Ok(None);
        }
        if !error.has_code(codes::FORM_IDENTIFIER_EXISTS) {
            return Ok(Some(Placed::Rejected(Rejection::from_error(error))));
        }
        if let Some(user) = self.directory.find_by_external_id(candidate.external_id.clone()).await? {
            // The update of an imported user failed, because another user has one of the new identifiers.
            let placed =
                if is_changed { Placed::Rejected(Rejection::from_error(error)) } else { found(candidate, user) };
            return Ok(Some(placed));
        }
        if self.adopt
            && let Some(placed) = self.adopt(candidate).await?
        {
            return Ok(Some(placed));
        }
        if self.drop_taken_unverified(candidate).await? {
            return Ok(None);
        }
        Ok(Some(Placed::Rejected(Rejection::from_error(error))))
    }

    /// Sets the external id of the existing user with the same verified email address.
    async fn adopt(&self, candidate: &Candidate) -> user_directory::Result<Option<Placed>> {
        for email in &candidate.new_user.email_addresses {
            if email.status() != IdentifierStatus::Verified {
                continue;
            }
            let Some(user) = self.directory.find_by_email_address(email.value().clone()).await? else { continue };
            let is_same = |other: &user_directory::model::EmailAddress| {
                other.is_verified() && identifiers::email(&other.email_address) == identifiers::email(email.value())
            };
            if !user.email_addresses.iter().any(is_same) {
                continue;
            }
            if user.external_id.as_ref().is_some_and(|id| !id.is_empty()) {
                let reason = format!("{} has the same verified email address, but another external id", user.id);
                return Ok(Some(Placed::Rejected(Rejection::new("not_adopted", reason).param("external_id"))));
            }
            let update = UserUpdate::new().external_id(candidate.external_id.clone());
            let user = self.directory.update(&user.id, &update).await?;
            return Ok(Some(Placed::User(user.into(), Outcome::Adopted)));
        }
        Ok(None)
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
        state: &mut State,
    ) -> Result<(), Failure> {
        state.journal.add(line, candidate, &user.id, outcome)?;
        state.streak = Streak::default();
        let summary = &mut state.summary;
        match outcome {
            Outcome::Created => summary.created += 1,
            Outcome::Adopted => summary.adopted += 1,
            Outcome::Updated => summary.updated += 1,
            Outcome::Found | Outcome::Undone => summary.found += 1,
        }
        if matches!(outcome, Outcome::Created | Outcome::Updated) {
            summary.note(&candidate.notes);
            summary.unverified += u64::from(is_unverified(&candidate.new_user));
        }
        self.progress.done(1);
        Ok(())
    }

    fn reject(&self, line: Line, rejection: Rejection, state: &RefCell<State>) -> Result<(), Failure> {
        let state = &mut *state.borrow_mut();
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

fn found(candidate: &Candidate, user: User) -> Placed {
    match check_found(candidate, &user) {
        Ok(()) => Placed::User(user.into(), Outcome::Found),
        Err(rejection) => Placed::Rejected(rejection),
    }
}

/// Removes optional values that the directory rejects. Returns whether any were removed. Values of attributes that the
/// instance settings disable are kept, because all users would lose them.
pub fn drop_optional(new: &mut NewUser, error: &Error) -> bool {
    let params: Vec<_> = error.details().iter().map(|detail| detail.param_name().unwrap_or_default()).collect();
    let is_optional = !params.is_empty() && params.iter().all(|param| OPTIONAL.contains(param));
    let is_other = error.has_code(codes::FORM_IDENTIFIER_EXISTS) || error.has_code(codes::FORM_PARAM_UNKNOWN);
    if error.kind() != ErrorKind::InvalidInput || !is_optional || is_other {
        return false;
    }
    let has_contact = !new.email_addresses.is_empty() || !new.phone_numbers.is_empty() || !new.web3_wallets.is_empty();
    let mut is_changed = false;
    for param in params {
        let field = match param {
            "first_name" => &mut new.first_name,
            "last_name" => &mut new.last_name,
            "locale" => &mut new.locale,
            "timezone" => &mut new.timezone,
            // The username is not optional if it is the only identifier.
            _ if has_contact => &mut new.username,
            _ => return false,
        };
        is_changed |= field.take().is_some();
    }
    is_changed
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
