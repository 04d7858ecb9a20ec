//! Reads from the store.

use crate::error::{Error, Result};

/// Awaits a read from the store. If the read fails, records in the error that nothing was changed.
///
/// Otherwise, the outcome of a write operation that fails during a read would be unknown.
pub(super) async fn read<T>(read: impl Future<Output = Result<T>>) -> Result<T> {
    read.await.map_err(Error::with_nothing_changed)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_trait::async_trait;

    use crate::account::Identifier;
    use crate::directory::UserDirectory;
    use crate::error::{Error, ErrorKind, Result};
    use crate::model::{NewUser, TotpCode, UserId, UserIdBatch, UserUpdate};
    use crate::store::{AccountFilter, AccountQuery, Commit, CommitError, StoredAccount, UserStore};
    use crate::store_directory::{InstanceSettings, StoreUserDirectoryBuilder};

    #[derive(Debug)]
    struct UnavailableStore;

    fn unavailable() -> Error {
        Error::new(ErrorKind::Unavailable)
    }

    #[async_trait]
    impl UserStore for UnavailableStore {
        async fn load(&self, _: &[UserId]) -> Result<Vec<Arc<StoredAccount>>> {
            Err(unavailable())
        }

        async fn owners(&self, _: &[Identifier<'_>]) -> Result<Vec<(Identifier<'static>, UserId)>> {
            Err(unavailable())
        }

        async fn query(&self, _: &AccountQuery<'_>) -> Result<Vec<Arc<StoredAccount>>> {
            Err(unavailable())
        }

        async fn count(&self, _: &AccountFilter) -> Result<u64> {
            Err(unavailable())
        }

        async fn commit(&self, _: Commit) -> Result<(), CommitError> {
            Err(unavailable().into())
        }

        async fn clear(&self) -> Result<()> {
            Err(unavailable())
        }
    }

    #[tokio::test]
    async fn outcome_is_unknown_only_if_a_commit_failed() {
        let settings = InstanceSettings::permissive();
        let directory = StoreUserDirectoryBuilder::new(UnavailableStore).settings(settings.clone()).build();
        let limited = StoreUserDirectoryBuilder::new(UnavailableStore).settings(settings.max_users(100)).build();
        let id = UserId::new("user_1").unwrap();
        let update = UserUpdate::new().username("ada_lovelace");
        let ada = NewUser::new().username("ada_lovelace");
        for error in [
            directory.update(&id, &update).await.unwrap_err(),
            directory.ban(&id).await.unwrap_err(),
            directory.delete(&id).await.unwrap_err(),
            directory.verify_totp(&id, &TotpCode::new("123456")).await.unwrap_err(),
            directory.bulk_ban(&UserIdBatch::new([id]).unwrap()).await.unwrap_err(),
            limited.create(&ada).await.unwrap_err(),
        ] {
            assert!(!error.is_outcome_unknown() && error.is_retryable(), "{error:?}");
        }
        let error = directory.create(&ada).await.unwrap_err();
        assert!(error.is_outcome_unknown() && !error.is_retryable(), "{error:?}");
    }
}
