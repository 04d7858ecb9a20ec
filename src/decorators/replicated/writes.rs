//! [`StoreResults`]: stores the results of writes to the primary.

use std::slice;
use std::sync::Arc;

use super::core::Core;
use super::stale::Reason;
use crate::directory::UserDirectory;
use crate::error::Result;
use crate::interceptor::{Call, Interceptor, OperationOutput};
use crate::model::UserId;
use crate::operation::Operation;
use crate::store::RecordStore;

/// Stores the users that writes return, and refreshes the other users that writes change.
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
    /// Changes nothing that is part of a user.
    None,
    /// Deletes the users.
    Delete,
    /// Changes the users.
    Change,
}

/// Returns the effect of an operation. Operations that are not listed are assumed to change users.
fn effect(operation: Operation) -> Effect {
    use Operation as O;

    match operation {
        O::Delete => Effect::Delete,
        // `verify_totp` changes a user only if it consumes a backup code, which the replica handles separately.
        O::VerifyTotp | O::RevokeTrustedDevice | O::AdjustBillingCreditBalance => Effect::None,
        operation if operation.is_read_only() => Effect::None,
        _ => Effect::Change,
    }
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
        // If this future is dropped, the write may have been executed.
        let guard = Guard { core: &self.0, ids: call.user_ids() };
        let result = next.await;
        match &result {
            Ok(output) if effect == Effect::Change => self.0.store_result(call.user_ids(), output).await,
            Ok(_) => self.0.store_deletion(call.user_ids()).await,
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
    /// Stores the users in the result of a write, and refreshes the other users in its arguments.
    async fn store_result<T: OperationOutput>(&self, ids: &[UserId], output: &T) {
        let users = output.users();
        for user in users {
            if self.put(user.clone(), self.clock.now()).await.is_err() {
                self.mark_unstored(&user.id).await;
            }
        }
        for id in ids.iter().filter(|id| !users.iter().any(|user| user.id == **id)) {
            self.refresh_or_mark(id).await;
        }
    }

    async fn store_deletion(&self, ids: &[UserId]) {
        for id in ids {
            if self.remove(id).await.is_err() {
                self.mark_unstored(id).await;
            }
        }
    }

    /// Reads a user that a write has changed. If that fails, the user is stale.
    pub(super) async fn refresh_or_mark(&self, id: &UserId) {
        if self.refresh(id).await.is_err() {
            self.mark_unstored(id).await;
        }
    }

    /// Marks users that a write may have changed.
    pub(super) async fn mark_unconfirmed(&self, ids: &[UserId]) {
        // A failure is ignored, because the users are also marked in memory.
        let _ = self.mark_stale(ids, Reason::Unconfirmed).await;
    }

    async fn mark_unstored(&self, id: &UserId) {
        // A failure is ignored, because the user is also marked in memory.
        let _ = self.mark_stale(slice::from_ref(id), Reason::Unstored).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_change_users_unless_their_data_is_not_part_of_a_user() {
        let unchanged: Vec<_> = Operation::ALL
            .iter()
            .filter(|operation| !operation.is_read_only() && effect(**operation) == Effect::None)
            .collect();
        let separate =
            [&Operation::VerifyTotp, &Operation::RevokeTrustedDevice, &Operation::AdjustBillingCreditBalance];
        assert_eq!(unchanged, separate);
        let reads = Operation::ALL.iter().filter(|operation| operation.is_read_only());
        assert!(reads.copied().all(|operation| effect(operation) == Effect::None));
    }
}
