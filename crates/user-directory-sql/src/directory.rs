//! [`SqlUserDirectory`].

use user_directory::store_directory::StoreUserDirectory;
use user_directory::{Result, UserDirectory};

use crate::builder::SqlUserDirectoryBuilder;
use crate::store::SqlStore;

/// A user directory in SQLite or PostgreSQL, with Clerk's semantics and error codes.
///
/// Clones share the connection pool.
///
/// The [`store_directory`](user_directory::store_directory#assumptions) module documents how the directory can differ
/// from Clerk.
///
/// ```
/// use user_directory::{NewUser, UserDirectory};
/// use user_directory_sql::SqlUserDirectory;
///
/// # tokio_test::block_on(async {
/// let directory = SqlUserDirectory::open("sqlite::memory:").await?;
/// directory.migrate().await?;
/// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
/// let user = directory.create(&new_user).await?;
/// assert_eq!(directory.get(&user.id).await?, user);
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct SqlUserDirectory(StoreUserDirectory<SqlStore>);

impl SqlUserDirectory {
    pub(crate) fn new(directory: StoreUserDirectory<SqlStore>) -> Self {
        Self(directory)
    }

    /// Opens the database at a URL, with the default settings and without encryption keys.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`SqlUserDirectoryBuilder::open`].
    pub async fn open(url: &str) -> Result<Self> {
        Self::builder().open(url).await
    }

    /// Creates a builder.
    pub fn builder() -> SqlUserDirectoryBuilder {
        SqlUserDirectoryBuilder::new()
    }

    /// Creates or migrates the tables. See [`SqlStore::migrate`].
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`SqlStore::migrate`].
    pub async fn migrate(&self) -> Result<()> {
        self.store().migrate().await
    }

    /// Returns the underlying [`StoreUserDirectory`].
    ///
    /// Use its methods to load and seed users, and to access the outbox.
    #[must_use]
    pub fn directory(&self) -> &StoreUserDirectory<SqlStore> {
        &self.0
    }

    /// Returns the store.
    #[must_use]
    pub fn store(&self) -> &SqlStore {
        self.0.store()
    }
}

impl UserDirectory for SqlUserDirectory {
    fn forward_to(&self) -> Option<&dyn UserDirectory> {
        // The inner directory also forwards, so one level of forwarding is skipped.
        self.0.forward_to()
    }
}
