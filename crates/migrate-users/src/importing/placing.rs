//! Creates, finds, adopts or updates the user of a row, with retries.

use user_directory::ext::Ensured;
use user_directory::model::IdentifierStatus;
use user_directory::{Error, ErrorKind, NewUser, Result, User, UserDirectoryExt, UserId, UserUpdate, codes};

use super::Import;
use super::errors::{concerns_all_users, drop_optional, is_caused_by_row};
use crate::claims::{DROPPED_UNVERIFIED, check_found};
use crate::comparison::{self, has_secrets};
use crate::journal::Outcome;
use crate::mapping::Candidate;
use crate::rejects::Rejection;

/// The maximum number of attempts for a row with an unknown outcome or a temporary error, in addition to the retries
/// of the adapter.
pub(super) const MAX_ATTEMPTS: u32 = 10;
/// The maximum number of attempts if no connection can be established, so that the run ends within seconds.
const MAX_CONNECTION_ATTEMPTS: u32 = 4;

/// The state of importing a row, across several attempts.
pub(super) struct RowImport {
    /// Whether the row changed since an earlier run imported it.
    pub(super) is_changed: bool,
    /// The outcome if the user exists.
    pub(super) if_found: Outcome,
    /// The user that an attempt has updated, possibly in part.
    pub(super) updated: Option<UserId>,
    /// The fields of an existing user that differ from the row and were not updated.
    pub(super) different: Vec<&'static str>,
    /// Whether an update of an existing user has applied all values of the row.
    pub(super) is_applied: bool,
    /// The parameters whose values were dropped, because the directory rejected them or another user has them.
    pub(super) dropped: Vec<&'static str>,
}

impl RowImport {
    pub(super) fn new(is_changed: bool, if_found: Outcome) -> Self {
        let (different, dropped) = (Vec::new(), Vec::new());
        Self { is_changed, if_found, updated: None, different, is_applied: true, dropped }
    }
}

/// The result of importing a row: a user in the directory, or a rejection.
pub(super) enum Placed {
    User(Box<User>, Outcome),
    Rejected(Rejection),
}

impl Import<'_> {
    /// Creates, finds, adopts or updates the user. Temporary errors are retried.
    pub(super) async fn place(&self, candidate: &mut Candidate, row: &mut RowImport) -> Result<Placed> {
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
    async fn settle(&self, candidate: &Candidate, row: &mut RowImport, error: Error) -> Result<Placed> {
        if error.is_outcome_unknown()
            && row.updated.is_none()
            && let Ok(Some(user)) = self.directory.find_by_external_id(candidate.external_id.clone()).await
        {
            return Ok(match check_found(candidate, &user) {
                Ok(()) => {
                    row.different = comparison::differences(&candidate.new_user, &user);
                    // The next run applies them.
                    row.is_applied = !(self.update && has_secrets(&candidate.new_user));
                    Placed::User(user.into(), row.if_found)
                }
                Err(rejection) => Placed::Rejected(rejection),
            });
        }
        Err(error)
    }

    async fn create(&self, candidate: &Candidate) -> Result<Placed> {
        Ok(Placed::User(self.directory.create(&candidate.new_user).await?.into(), Outcome::Created))
    }

    /// Looks up the user by external id before creating it, so that the call can be repeated.
    async fn ensure(&self, candidate: &mut Candidate, row: &mut RowImport) -> Result<Placed> {
        match self.directory.ensure(&candidate.new_user).await? {
            Ensured::Created(user) => Ok(Placed::User(user.into(), Outcome::Created)),
            Ensured::Found(user) => self.found(candidate, user, row).await,
        }
    }

    async fn update(&self, candidate: &mut Candidate, row: &mut RowImport) -> Result<Placed> {
        let Some(user) = self.directory.find_by_external_id(candidate.external_id.clone()).await? else {
            return self.create(candidate).await;
        };
        self.apply(candidate, &user, row).await?;
        Ok(Placed::User(user.into(), Outcome::Updated))
    }

    /// Handles an existing user with the external id.
    async fn found(&self, candidate: &mut Candidate, user: User, row: &mut RowImport) -> Result<Placed> {
        if let Err(rejection) = check_found(candidate, &user) {
            return Ok(Placed::Rejected(rejection));
        }
        row.different = comparison::differences(&candidate.new_user, &user);
        // Secrets cannot be compared. An attempt that failed may have applied only some of the values.
        let may_differ = !row.different.is_empty() || row.updated.is_some() || has_secrets(&candidate.new_user);
        if self.update && may_differ {
            self.apply(candidate, &user, row).await?;
            row.different.clear();
        }
        Ok(Placed::User(user.into(), row.if_found))
    }

    /// Updates an existing user to the values of the row, except optional values that the directory rejects.
    async fn apply(&self, candidate: &mut Candidate, user: &User, row: &mut RowImport) -> Result<()> {
        row.updated = Some(user.id.clone());
        let unchanged = loop {
            match comparison::update(self.directory, user, candidate).await {
                Ok(unchanged) => break unchanged,
                Err(error) => match drop_optional(candidate, &error) {
                    dropped if dropped.is_empty() => return Err(error),
                    dropped => row.dropped.extend(dropped),
                },
            }
        };
        row.is_applied = unchanged.is_empty();
        candidate.note_all(unchanged);
        Ok(())
    }

    /// Handles a rejection by the directory. Returns `None` if the candidate was changed and should be imported again.
    async fn resolve(&self, candidate: &mut Candidate, row: &mut RowImport, error: &Error) -> Result<Option<Placed>> {
        let dropped = drop_optional(candidate, error);
        if !dropped.is_empty() {
            row.dropped.extend(dropped);
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
        let dropped = self.drop_taken_unverified(candidate).await?;
        if !dropped.is_empty() {
            row.dropped.extend(dropped);
            return Ok(None);
        }
        Ok(Some(Placed::Rejected(Rejection::from_error(error))))
    }

    /// Sets the external id of the existing user with the same verified email address.
    async fn adopt(&self, candidate: &mut Candidate, row: &mut RowImport) -> Result<Option<Placed>> {
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
    async fn owners(&self, new: &NewUser) -> Result<Vec<User>> {
        let mut owners: Vec<User> = Vec::new();
        for email in new.email_addresses.iter().filter(|email| email.status() == IdentifierStatus::Verified) {
            if let Some(user) = self.directory.find_by_email_address(email.value().clone()).await?
                && comparison::has_verified_email(&user, email)
                && owners.iter().all(|owner| owner.id != user.id)
            {
                owners.push(user);
            }
        }
        Ok(owners)
    }

    /// Removes unverified identifiers that existing users have, if other identifiers remain. Returns their parameters.
    async fn drop_taken_unverified(&self, candidate: &mut Candidate) -> Result<Vec<&'static str>> {
        let is_reserved = |status| status != IdentifierStatus::Verified;
        let new = &mut candidate.new_user;
        let (mut emails, mut phones) = (Vec::new(), Vec::new());
        for email in new.email_addresses.iter().filter(|email| is_reserved(email.status())) {
            if self.directory.find_by_email_address(email.value().clone()).await?.is_some() {
                emails.push(email.value().clone());
            }
        }
        for phone in new.phone_numbers.iter().filter(|phone| is_reserved(phone.status())) {
            if self.directory.find_by_phone_number(phone.value().clone()).await?.is_some() {
                phones.push(phone.value().clone());
            }
        }
        let others = usize::from(new.username.is_some()) + new.web3_wallets.len();
        let total = new.email_addresses.len() + new.phone_numbers.len() + others;
        let taken = emails.len() + phones.len();
        if taken == 0 || taken >= total {
            return Ok(Vec::new());
        }
        new.email_addresses.retain(|email| !is_reserved(email.status()) || !emails.contains(email.value()));
        new.phone_numbers.retain(|phone| !is_reserved(phone.status()) || !phones.contains(phone.value()));
        candidate.note(DROPPED_UNVERIFIED);
        let dropped = [("email_address", emails.is_empty()), ("phone_number", phones.is_empty())];
        Ok(dropped.into_iter().filter(|(_, is_kept)| !is_kept).map(|(param, _)| param).collect())
    }
}
