//! [`StoreResults`]: stores the results of writes to the primary.

use std::any::Any;
use std::slice;
use std::sync::Arc;

use super::core::{Core, Failure};
use super::stale::Reason;
use crate::directory::UserDirectory;
use crate::error::Result;
use crate::interceptor::{Call, Interceptor, OperationOutput};
use crate::model::{MAX_LIMIT, NewIdentifier, NewUser, Text, TotpVerification, User, UserFilter, UserId, UserQuery};
use crate::operation::Operation;
use crate::store::RecordStore;
use crate::store_directory::queries;

/// Stores the users that a write returns, and refreshes other users that the write changes.
#[derive(Debug)]
pub(super) struct StoreResults<P, S>(pub(super) Arc<Core<P, S>>);

impl<P, S> Clone for StoreResults<P, S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// The effect of an operation on the users in its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// Does not change the users.
    None,
    /// Deletes the users.
    Delete,
    /// Changes the users.
    Change,
}

/// Returns the effect of an operation. Operations that are not listed here are assumed to change users.
fn effect(operation: Operation) -> Effect {
    use Operation as O;

    match operation {
        O::Delete => Effect::Delete,
        O::RevokeTrustedDevice | O::AdjustBillingCreditBalance => Effect::None,
        operation if operation.is_read_only() => Effect::None,
        _ => Effect::Change,
    }
}

/// Returns `true` for the output of a `verify_totp` call that did not consume a backup code.
fn is_unchanged<T: OperationOutput>(output: &T) -> bool {
    let verification = (output as &dyn Any).downcast_ref();
    matches!(verification, Some(TotpVerification::Totp | TotpVerification::Incorrect))
}

/// Returns a filter for each kind of identifier that a new user has, with the number of identifiers.
fn identifier_filters(new_user: &NewUser) -> Vec<(UserFilter, u64)> {
    let NewUser { external_id, email_addresses, phone_numbers, web3_wallets, username, .. } = new_user;
    let values = |identifiers: &[NewIdentifier]| -> Vec<Text> {
        identifiers.iter().map(|identifier| identifier.value().clone()).collect()
    };
    let (email_addresses, phone_numbers) = (values(email_addresses), values(phone_numbers));
    let optional = |text: &Option<Text>| text.clone().filter(|text| !text.is_empty());
    let (external_id, username) = (optional(external_id), optional(username));
    let counts = [
        external_id.iter().len(),
        email_addresses.len(),
        phone_numbers.len(),
        web3_wallets.len(),
        username.iter().len(),
    ];
    let filters = [
        UserFilter::new().external_ids(external_id),
        UserFilter::new().email_addresses(email_addresses),
        UserFilter::new().phone_numbers(phone_numbers),
        UserFilter::new().web3_wallets(web3_wallets.iter().cloned()),
        UserFilter::new().usernames(username),
    ];
    filters.into_iter().zip(counts.map(|count| count as u64)).filter(|(_, count)| *count > 0).collect()
}

impl<P: UserDirectory, S: RecordStore> Interceptor for StoreResults<P, S> {
    async fn intercept<T: OperationOutput>(
        &self,
        call: &Call<'_>,
        next: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let effect = effect(call.operation());
        if effect == Effect::None {
            return next.await;
        }
        // If this future is dropped, the write may nevertheless take effect.
        let guard = Guard { core: &self.0, ids: call.user_ids() };
        let result = next.await;
        match &result {
            Ok(output) if is_unchanged(output) => {}
            Ok(output) if effect == Effect::Change => self.0.store_result(call.user_ids(), output).await,
            Ok(_) => self.0.store_deletion(call.user_ids()).await,
            Err(error) if error.is_not_found() => self.0.check_missing(call.user_ids()).await,
            Err(error) if error.is_outcome_unknown() => self.0.mark_unconfirmed(call.user_ids()).await,
            Err(_) => {}
        }
        guard.disarm();
        result
    }
}

struct Guard<'a, P, S> {
    core: &'a Core<P, S>,
    ids: &'a [UserId],
}

impl<P, S> Guard<'_, P, S> {
    /// Drops the guard without marking the users.
    fn disarm(self) {
        std::mem::forget(self);
    }
}

impl<P, S> Drop for Guard<'_, P, S> {
    fn drop(&mut self) {
        self.core.stale.add(self.ids, Reason::Unconfirmed);
    }
}

impl<P: UserDirectory, S: RecordStore> Core<P, S> {
    /// Stores the users that a write returned, and refreshes the other users in its arguments.
    async fn store_result<T: OperationOutput>(&self, ids: &[UserId], output: &T) {
        let users = output.users();
        for user in users {
            self.put_or_mark(user.clone()).await;
        }
        for id in ids.iter().filter(|id| !users.iter().any(|user| user.id == **id)) {
            self.refresh_or_mark(id).await;
        }
    }

    async fn store_deletion(&self, ids: &[UserId]) {
        for id in ids {
            let result = self.remove(id).await.map_err(Failure::Store);
            self.mark_failed(id, result).await;
        }
    }

    /// Stores a user that the primary returned. If this fails, marks the user as stale.
    async fn put_or_mark(&self, user: User) {
        let id = user.id.clone();
        let result = self.put(user, self.clock.now()).await;
        self.mark_failed(&id, result).await;
    }

    /// Refreshes a user that a write has changed. If this fails, marks the user as stale.
    async fn refresh_or_mark(&self, id: &UserId) {
        let result = self.refresh(id).await;
        self.mark_failed(id, result).await;
    }

    async fn mark_failed<T>(&self, id: &UserId, result: Result<T, Failure>) {
        if let Err(failure) = result {
            // An error is ignored, because the mark is also kept in memory.
            let _ = self.mark_stale(slice::from_ref(id), failure.reason()).await;
        }
    }

    /// Marks users that a write may have changed.
    async fn mark_unconfirmed(&self, ids: &[UserId]) {
        // An error is ignored, because the marks are also kept in memory.
        let _ = self.mark_stale(ids, Reason::Unconfirmed).await;
    }

    /// Refreshes or marks users after a write to them failed with `NotFound`. The users may have been deleted.
    async fn check_missing(&self, ids: &[UserId]) {
        // Users without a copy need no correction. If the copies cannot be loaded, all users are refreshed or marked.
        let copies = self.store.load(ids).await.ok();
        let has_copy = |id: &&UserId| copies.as_ref().is_none_or(|copies| copies.iter().any(|copy| copy.id() == *id));
        match ids.iter().filter(has_copy).collect::<Vec<_>>()[..] {
            [] => {}
            [id] => self.refresh_or_mark(id).await,
            // Most of the users exist, and refreshing them would take a request for each.
            ref ids => self.mark_unconfirmed(&ids.iter().copied().cloned().collect::<Vec<_>>()).await,
        }
    }

    /// Fetches from the primary the users that share an identifier with `new_user`, and stores them.
    ///
    /// This method is called after `create` has failed. It makes these users visible to lookups before the events about
    /// them arrive.
    pub(super) async fn store_owners(&self, new_user: &NewUser) -> Result<()> {
        if !self.is_ready().await? {
            return Ok(());
        }
        for (filter, identifiers) in identifier_filters(new_user) {
            if queries::count(&self.store, &filter).await? >= identifiers {
                continue;
            }
            for user in self.primary.list(&UserQuery::from(filter).limit(MAX_LIMIT)).await? {
                self.put_or_mark(user).await;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verify_totp_changes_a_user_only_if_it_consumes_a_backup_code() {
        use TotpVerification as Verification;
        let codes = [Verification::Totp, Verification::Incorrect, Verification::BackupCode, Verification::OtherCode];
        assert_eq!(codes.map(|code| is_unchanged(&code)), [true, true, false, false]);
        assert!(!is_unchanged(&User::new("user_1".parse().unwrap())));
    }

    #[test]
    fn create_is_followed_by_a_lookup_for_each_kind_of_identifier() {
        let new_user = NewUser::new().external_id("").email_address("a@example.com").email_address("b@example.com");
        let expected = [
            (UserFilter::new().email_addresses(["a@example.com", "b@example.com"]), 2),
            (UserFilter::new().username("ada"), 1),
        ];
        assert_eq!(identifier_filters(&new_user.username("ada")), expected);
        assert!(identifier_filters(&NewUser::new()).is_empty());
    }

    #[test]
    fn writes_change_users_unless_their_data_is_not_part_of_a_user() {
        let unchanged: Vec<_> = Operation::ALL
            .iter()
            .filter(|operation| !operation.is_read_only() && effect(**operation) == Effect::None)
            .collect();
        assert_eq!(unchanged, [&Operation::RevokeTrustedDevice, &Operation::AdjustBillingCreditBalance]);
        let reads = Operation::ALL.iter().filter(|operation| operation.is_read_only());
        assert!(reads.copied().all(|operation| effect(operation) == Effect::None));
    }
}
