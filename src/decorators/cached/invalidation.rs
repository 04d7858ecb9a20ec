//! [`Invalidation`]: records writes, so that results of earlier reads are not served from the cache.

use std::sync::Arc;

use super::writes::Writes;
use crate::decorators::outage::is_outage;
use crate::error::{Error, Result};
use crate::interceptor::{Call, Interceptor, OperationOutput};
use crate::operation::Operation;

/// Records each write when it ends.
///
/// A write is not recorded if it changed nothing because the wrapped directory was unavailable.
#[derive(Debug, Clone)]
pub(super) struct Invalidation(pub(super) Arc<Writes>);

impl Interceptor for Invalidation {
    async fn intercept<T: OperationOutput>(
        &self,
        call: &Call<'_>,
        next: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        // Dropping the guard records the write, even if this future is dropped before it completes.
        let guard = (!call.operation().is_read_only()).then_some(Guard { writes: &self.0, call });
        let result = next.await;
        if let (Some(guard), Err(error)) = (guard, &result)
            && has_changed_nothing(error)
        {
            guard.disarm();
        }
        result
    }
}

struct Guard<'a> {
    writes: &'a Writes,
    call: &'a Call<'a>,
}

impl Guard<'_> {
    /// Drops the guard without recording the write.
    fn disarm(self) {
        std::mem::forget(self);
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        let (operation, user_ids) = (self.call.operation(), self.call.user_ids());
        if user_ids.is_empty() && operation != Operation::Create {
            self.writes.record_all_ahead_of_events();
            return;
        }
        if may_assign_identifier(operation) {
            self.writes.record_identifiers();
        }
        self.writes.record_ahead_of_events(user_ids);
    }
}

/// Returns `true` if a write changed nothing because the wrapped directory was unavailable.
///
/// Other errors, such as [`NotFound`](crate::ErrorKind::NotFound) and [`Conflict`](crate::ErrorKind::Conflict), can
/// indicate that the cache is outdated.
fn has_changed_nothing(error: &Error) -> bool {
    is_outage(error) && !error.is_outcome_unknown()
}

/// Returns `true` if an operation may assign an identifier to a user.
///
/// Assigning an identifier also changes the results of lookups that did not find the user. Operations that are not
/// listed here are assumed to assign identifiers.
fn may_assign_identifier(operation: Operation) -> bool {
    use Operation as O;

    !matches!(
        operation,
        O::Delete
            | O::Ban
            | O::Unban
            | O::Lock
            | O::Unlock
            | O::SetProfileImage
            | O::DeleteProfileImage
            | O::UpdateMetadata
            | O::ReplaceMetadata
            | O::VerifyTotp
            | O::DisableMfa
            | O::DeleteTotp
            | O::DeleteBackupCodes
            | O::DeletePasskey
            | O::DeleteWeb3Wallet
            | O::DeleteExternalAccount
            | O::BulkBan
            | O::BulkUnban
            | O::RemovePassword
            | O::SetPasswordCompromised
            | O::UnsetPasswordCompromised
            | O::RevokeTrustedDevice
            | O::AdjustBillingCreditBalance
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn create_update_and_replacements_invalidate_all_lookups() {
        let assigning: Vec<_> = Operation::ALL.iter().filter(|operation| !operation.is_read_only()).collect();
        let assigning: Vec<_> = assigning.into_iter().filter(|operation| may_assign_identifier(**operation)).collect();
        assert_eq!(
            assigning,
            [&Operation::Create, &Operation::Update, &Operation::ReplaceEmailAddress, &Operation::ReplacePhoneNumber]
        );
    }
}
