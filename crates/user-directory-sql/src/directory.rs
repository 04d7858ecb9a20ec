//! [`SqlUserDirectory`].

use user_directory::store_directory::StoreUserDirectory;
use user_directory::{Result, UserDirectory};

use crate::builder::SqlUserDirectoryBuilder;
use crate::store::SqlStore;

/// A user directory on SQLite or PostgreSQL, with Clerk's semantics and error codes. Clones share the connections.
///
/// The documentation of [`store_directory`](user_directory::store_directory#assumptions) lists where the directory may
/// differ from the service.
///
/// ```
/// use user_directory::{NewUser, UserDirectory};
/// use user_directory_sql::SqlUserDirectory;
///
/// # tokio_test::block_on(async {
/// let directory = SqlUserDirectory::open("sqlite::memory:").await?;
/// directory.migrate().await?;
/// let user = directory.create(&NewUser::new().username("ada_lovelace")).await?;
/// assert_eq!(directory.get(&user.id).await?, user);
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct SqlUserDirectory(StoreUserDirectory<SqlStore>);

impl SqlUserDirectory {
    pub(crate) fn new(directory: StoreUserDirectory<SqlStore>) -> Self {
        Self(directory)
    }

    /// Opens the database of a URL, with the default settings and without encryption keys.
    ///
    /// # Errors
    ///
    /// Those of [`SqlUserDirectoryBuilder::open`].
    pub async fn open(url: &str) -> Result<Self> {
        Self::builder().open(url).await
    }

    /// Returns a builder.
    pub fn builder() -> SqlUserDirectoryBuilder {
        SqlUserDirectoryBuilder::new()
    }

    /// Creates the tables, or migrates them to the version of this crate. See [`SqlStore::migrate`].
    ///
    /// # Errors
    ///
    /// Those of [`SqlStore::migrate`].
    pub async fn migrate(&self) -> Result<()> {
        self.store().migrate().await
    }

    /// Returns the directory over the store, which has methods that seed users.
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
        Some(&self.0)
    }
}
