//! Write operations. Each operation reads an account, applies rules to a copy, and commits the copy.

use std::collections::HashMap;
use std::sync::Arc;

use super::core::Core;
use super::hashing::hash;
use super::reads::read;
use super::retry::Retries;
use crate::account::{Account, Identifier};
use crate::error::Result;
use crate::model::{
    DeletedObject, MetadataReplacement, NewPassword, NewUser, Password, PasswordDigest, PasswordVerification, TotpCode,
    TotpVerification, User, UserId, UserUpdate,
};
use crate::rules::{self, Context, TakenIdentifiers, bans_and_locks, passwords, rejection, second_factors, view};
use crate::store::{AccountFilter, Commit, CommitError, StoredAccount};

impl Core {
    pub(super) fn retries(&self) -> Retries<'_> {
        Retries::new(&*self.shared.timer, self.shared.retry_timeout)
    }

    /// Commits the changes of an operation. If the directory emits events, the commit includes them.
    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        #[cfg(feature = "webhooks")]
        if let Some(outbox) = &self.shared.outbox {
            return outbox.commit(commit, self.context()).await;
        }
        self.store.commit(commit).await
    }

    /// Commits the changes of one attempt, and returns `true` on success.
    ///
    /// If the commit conflicts with another write, waits and returns `false`. The attempt must then be repeated.
    /// Returns an error if the retry timeout has passed.
    async fn try_commit(&self, commit: Commit, retries: &mut Retries<'_>) -> Result<bool> {
        match self.commit(commit).await {
            Ok(()) => Ok(true),
            // `Taken` means that another user now owns one of the identifiers, which the next attempt reports, or that
            // the generator returned the id of a pending event.
            Err(CommitError::Stale | CommitError::Taken) => retries.wait().await.map(|()| false),
            Err(error) => Err(error.into()),
        }
    }

    /// Commits an updated account like [`try_commit`](Self::try_commit), unless nothing has changed.
    async fn try_update(&self, before: Arc<StoredAccount>, after: Account, retries: &mut Retries<'_>) -> Result<bool> {
        // Comparing `updated_at` is cheap, and it differs after almost every change.
        if after.user.updated_at == before.account.user.updated_at && after == before.account {
            return Ok(true);
        }
        self.try_commit(Commit::new().update(before, after), retries).await
    }

    /// Returns those of the given identifiers that are owned by users other than `except`.
    pub(super) async fn taken(
        &self,
        identifiers: &[Identifier<'_>],
        except: Option<&UserId>,
    ) -> Result<TakenIdentifiers> {
        if identifiers.is_empty() {
            return Ok(TakenIdentifiers::new());
        }
        let owners = read(self.store.owners(identifiers)).await?;
        Ok(owners.into_iter().filter(|(_, owner)| Some(owner) != except).map(|(identifier, _)| identifier).collect())
    }

    /// Changes an account by applying a rule to it.
    ///
    /// `claims` are the identifiers that no other user may own after the change. If the account is changed
    /// concurrently, the rule is applied again. If the rule changes nothing, nothing is committed.
    pub(super) async fn change<T>(
        &self,
        id: &UserId,
        claims: &[Identifier<'_>],
        rule: impl Fn(&mut Account, &TakenIdentifiers, Context<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut retries = self.retries();
        loop {
            let before = self.account(id).await?;
            let taken = self.taken(claims, Some(id)).await?;
            let mut account = before.account.clone();
            let result = rule(&mut account, &taken, self.context())?;
            if self.try_update(before, account, &mut retries).await? {
                return Ok(result);
            }
        }
    }

    /// Changes an account with a rule that cannot fail, and returns the user.
    pub(super) async fn edit(&self, id: &UserId, rule: impl Fn(&mut Account, Context<'_>)) -> Result<User> {
        self.try_edit(id, |account, context| {
            rule(account, context);
            Ok(())
        })
        .await
    }

    /// Changes an account with a rule, and returns the user.
    pub(super) async fn try_edit(
        &self,
        id: &UserId,
        rule: impl Fn(&mut Account, Context<'_>) -> Result<()>,
    ) -> Result<User> {
        self.change(id, &[], |account, _, context| {
            rule(account, context)?;
            Ok(view::user(account, context))
        })
        .await
    }

    pub(super) async fn create_user(&self, new: &NewUser) -> Result<User> {
        let max_accounts = self.settings.max_users.map(|max| max as u64);
        if let Some(max) = max_accounts
            && read(self.store.count(&AccountFilter::default())).await? >= max
        {
            return Err(rules::create::quota_exceeded(self.context()));
        }
        rules::create::check_features(new, self.context())?;
        rules::create::check_sizes(new)?;
        let claims: Vec<_> = rules::create::claims(new).collect();
        // The commit also checks the uniqueness of identifiers. This check reports conflicts together with other
        // errors, and avoids unnecessary password hashing.
        let valid = rules::create::check(new, &TakenIdentifiers::new(), self.context()).is_ok();
        if !valid || new.password.is_some() {
            rules::create::check(new, &self.taken(&claims, None).await?, self.context())?;
        }
        let password = self.digest_of(new.password.as_ref()).await?;
        let mut retries = self.retries();
        let mut repeated_ids = 0;
        loop {
            let context = self.context();
            let id: UserId = rules::new_id(context.ids, "user")?;
            let account = rules::create::account(id.clone(), new, password.clone(), context)?;
            let view = view::user(&account, context);
            let mut commit = Commit::new().insert(account);
            commit.max_accounts = max_accounts;
            match self.commit(commit).await {
                Ok(()) => return Ok(view),
                Err(CommitError::Full) => return Err(rules::create::quota_exceeded(self.context())),
                Err(CommitError::Taken) => {
                    rules::create::check(new, &self.taken(&claims, None).await?, context)?;
                    // The generator may return the id of a user that was loaded.
                    if self.find_account(&id).await?.is_some() {
                        self.check_repeated_ids(&mut repeated_ids).await?;
                    } else {
                        retries.wait().await?;
                    }
                }
                Err(CommitError::Stale) => retries.wait().await?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Counts an existing id that the id generator has returned.
    ///
    /// Returns an error if the generator has returned more existing ids than there are users.
    async fn check_repeated_ids(&self, repeated_ids: &mut u64) -> Result<()> {
        *repeated_ids += 1;
        if *repeated_ids > read(self.store.count(&AccountFilter::default())).await? {
            return Err(rules::repeated_ids());
        }
        Ok(())
    }

    /// Updates a user, and replaces metadata in the same commit.
    pub(super) async fn update_user(
        &self,
        id: &UserId,
        update: &UserUpdate,
        metadata: &MetadataReplacement,
    ) -> Result<User> {
        update.validate()?;
        let claims = rules::update::claims(update);
        if update.password.is_some() {
            // This is checked before hashing, which is slow. It is checked again below, because the user may change.
            let before = self.account(id).await?;
            let taken = self.taken(&claims, Some(id)).await?;
            rules::update::check(&before.account, update, &taken, self.context())?;
        }
        let password = self.digest_of(update.password.as_ref()).await?;
        self.change(id, &claims, |account, taken, context| {
            rules::update::check(account, update, taken, context)?;
            rules::update::apply(account, update, password.clone(), context);
            rules::metadata::replace_metadata(account, metadata, context)?;
            Ok(view::user(account, context))
        })
        .await
    }

    pub(super) async fn delete_user(&self, id: &UserId) -> Result<DeletedObject> {
        let mut retries = self.retries();
        loop {
            let before = self.account(id).await?;
            let deleted = rules::delete::delete(&before.account)?;
            if self.try_commit(Commit::new().delete(before), &mut retries).await? {
                return Ok(deleted);
            }
        }
    }

    pub(super) async fn set_banned(&self, id: &UserId, banned: bool) -> Result<User> {
        bans_and_locks::check_bans(self.context())?;
        self.edit(id, |account, context| bans_and_locks::set_banned(account, banned, context)).await
    }

    pub(super) async fn set_locked(&self, id: &UserId, locked: bool) -> Result<User> {
        bans_and_locks::check_lockout(self.context())?;
        self.edit(id, |account, context| bans_and_locks::set_locked(account, locked, context)).await
    }

    /// Sets whether the password is marked as compromised.
    pub(super) async fn mark_password(&self, id: &UserId, compromised: bool) -> Result<User> {
        passwords::check_enabled(self.context())?;
        self.try_edit(id, |account, context| passwords::set_password_compromised(account, compromised, context)).await
    }

    /// Changes an account like [`edit`](Self::edit), but returns only the id, so that no [`User`] is built.
    pub(super) async fn change_second_factors(
        &self,
        id: &UserId,
        rule: impl Fn(&mut Account, Context<'_>),
    ) -> Result<UserId> {
        self.change(id, &[], |account, _, context| {
            rule(account, context);
            Ok(id.clone())
        })
        .await
    }

    /// Bans or unbans users, and returns them in the order of `ids`.
    pub(super) async fn set_all_banned(&self, ids: &[UserId], banned: bool) -> Result<Vec<User>> {
        bans_and_locks::check_bans(self.context())?;
        let mut retries = self.retries();
        loop {
            let found = read(self.store.load(ids)).await?;
            let mut found: HashMap<_, _> = found.into_iter().map(|account| (account.id().clone(), account)).collect();
            if let Some(id) = ids.iter().find(|id| !found.contains_key(*id)) {
                return Err(rejection::no_user(id));
            }
            let context = self.context();
            let mut users = HashMap::new();
            let mut commit = Commit::new();
            for id in ids {
                // The list can contain a user twice.
                let Some(before) = found.remove(id) else { continue };
                let mut account = before.account.clone();
                bans_and_locks::set_banned(&mut account, banned, context);
                users.insert(id, view::user(&account, context));
                commit = commit.update(before, account);
            }
            if self.try_commit(commit, &mut retries).await? {
                return Ok(ids.iter().filter_map(|id| users.get(id).cloned()).collect());
            }
        }
    }

    /// Returns the digest to store. A password is hashed in the hashing pool, because hashing is slow.
    pub(super) async fn digest_of(&self, password: Option<&NewPassword>) -> Result<Option<PasswordDigest>> {
        let password = match password {
            None => return Ok(None),
            Some(NewPassword::Digest(digest)) => return Ok(Some(digest.clone())),
            Some(NewPassword::Plain(password)) => password.clone(),
        };
        let cost = self.settings.bcrypt_cost.unwrap_or(rules::InstanceSettings::DEFAULT_BCRYPT_COST);
        hash(0, move || passwords::digest(&password, cost)).await.map(Some)
    }

    pub(super) async fn check_password(&self, id: &UserId, password: &Password) -> Result<PasswordVerification> {
        let before = self.account(id).await?;
        let Some(digest) = passwords::digest_to_verify(&before.account)? else {
            return Ok(PasswordVerification::Incorrect);
        };
        let password = password.clone();
        hash(passwords::memory(&digest), move || passwords::verify(&digest, &password)).await
    }

    pub(super) async fn check_totp(&self, id: &UserId, code: &TotpCode) -> Result<TotpVerification> {
        let before = self.account(id).await?;
        if let Some(verification) = second_factors::verify_totp(&before.account, code, self.context())? {
            return Ok(verification);
        }
        // Codes can be stored as digests, which are slow to verify.
        let (codes, typed) = (before.account.backup_codes.clone(), code.clone());
        let used = hash(0, move || second_factors::matching_backup_code(&codes, &typed).cloned()).await;
        let Some(used) = used else { return Ok(TotpVerification::Incorrect) };
        // The result is `Incorrect` if a concurrent call has used the code.
        self.change(id, &[], |account, _, context| Ok(second_factors::use_backup_code(account, &used, context))).await
    }
}
