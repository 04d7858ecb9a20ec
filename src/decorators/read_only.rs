//! [`ReadOnlyUserDirectory`]: rejects writes.

use crate::directory::UserDirectory;
use crate::error::{Error, Result};
use crate::interceptor::{Call, Intercepted, Interceptor, OperationOutput};

/// A directory that rejects every write.
///
/// Every operation that is not [read-only](crate::Operation::is_read_only) fails with
/// [`Unsupported`](crate::ErrorKind::Unsupported), without calling the wrapped directory. This includes
/// [`verify_totp`](UserDirectory::verify_totp), which can consume a backup code.
///
/// This decorator prevents accidental writes. It is not a security boundary, because [`inner`](Self::inner) returns a
/// directory that accepts writes.
///
/// ```
/// use user_directory::decorators::ReadOnlyUserDirectory;
/// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
///
/// # tokio_test::block_on(async {
/// let directory = InMemoryUserDirectory::new();
/// let ada = directory.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?;
///
/// let users = ReadOnlyUserDirectory::new(directory);
/// assert_eq!(users.get(&ada.id).await?, ada);
/// let error = users.delete(&ada.id).await.unwrap_err();
/// assert!(error.is_unsupported());
/// assert_eq!(error.to_string(), "delete: not supported: the directory is read-only");
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct ReadOnlyUserDirectory<D> {
    inner: Intercepted<D, RejectWrites>,
}

impl<D> ReadOnlyUserDirectory<D> {
    /// Wraps `inner` with a decorator that rejects writes.
    pub fn new(inner: D) -> Self {
        Self { inner: Intercepted::new(inner, RejectWrites) }
    }

    /// Returns the wrapped directory, which accepts writes.
    pub fn inner(&self) -> &D {
        self.inner.inner()
    }

    /// Returns the wrapped directory, which accepts writes.
    pub fn into_inner(self) -> D {
        self.inner.into_inner()
    }
}

impl<D: UserDirectory> UserDirectory for ReadOnlyUserDirectory<D> {
    fn forward_to(&self) -> Option<&dyn UserDirectory> {
        Some(&self.inner)
    }
}

#[derive(Debug, Clone)]
struct RejectWrites;

impl Interceptor for RejectWrites {
    async fn intercept<T: OperationOutput>(
        &self,
        call: &Call<'_>,
        next: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        if !call.operation().is_read_only() {
            return Err(Error::unsupported(call.operation()).with_message("the directory is read-only"));
        }
        next.await
    }
}
