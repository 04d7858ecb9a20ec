//! [`ReadOnlyUserDirectory`].

use std::sync::Arc;

use crate::directory::UserDirectory;
use crate::error::{ErrorDetail, Error, Result, codes};
use crate::model::UserId;
use crate::operation::Operation;

/// Lets users be read, and refuses to change anything.
///
/// What [is not read-only](Operation::is_read_only) fails with [`Forbidden`](crate::ErrorKind::Forbidden) and the code
/// [`FEATURE_NOT_ENABLED`](codes::FEATURE_NOT_ENABLED), as an operation that is not offered, before its input is checked
/// and without a word to the directory behind. That includes [`verify_totp`](UserDirectory::verify_totp), which may use
/// up a backup code. It is a guard against mistakes: whoever holds the directory behind can change it.
///
/// ```
/// use user_directory::{InMemoryUserDirectory, NewUser, ReadOnlyUserDirectory, UserDirectory};
///
/// # tokio_test::block_on(async {
/// let directory = InMemoryUserDirectory::new();
/// let ada = directory.create(&NewUser::new().username("ada.lovelace")).await?;
///
/// let users = ReadOnlyUserDirectory::new(directory);
/// assert_eq!(users.get(&ada.id).await?, ada);
/// let error = users.delete(&ada.id).await.unwrap_err();
/// assert_eq!(error.to_string(), "delete: forbidden: the directory is read-only (status 403, feature_not_enabled)");
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct ReadOnlyUserDirectory {
    inner: Arc<dyn UserDirectory>,
}

impl ReadOnlyUserDirectory {
    /// Puts this in front of a directory.
    pub fn new(inner: impl UserDirectory) -> Self {
        Self { inner: Arc::new(inner) }
    }

    fn inner(&self) -> &dyn UserDirectory {
        &*self.inner
    }

    async fn guard<T>(
        &self,
        operation: Operation,
        _user_ids: &[UserId],
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        if operation.is_read_only() { work.await } else { Err(refusal(operation)) }
    }
}

#[deny(clippy::missing_trait_methods)]
impl UserDirectory for ReadOnlyUserDirectory {
    crate::forward_operations!(Self::inner, Self::guard);
}

fn refusal(operation: Operation) -> Error {
    const WHY: &str = "the directory is read-only";
    let error = ErrorDetail::new(codes::FEATURE_NOT_ENABLED).with_message(WHY);
    Error::from_api(403, vec![error]).with_message(WHY).with_operation(operation)
}
