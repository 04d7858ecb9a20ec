//! An in-memory user directory with Clerk's semantics and error codes.
//!
//! [`InMemoryUserDirectory`] is a [`StoreUserDirectory`] backed by an [`InMemoryStore`].

mod records;
mod store;

pub use store::InMemoryStore;

use crate::store_directory::{InstanceSettings, StoreUserDirectory, StoreUserDirectoryBuilder};

/// An in-memory user directory with Clerk's semantics and error codes.
///
/// Use this directory in tests, or to run an application without a Clerk account. Clones share the same users. The
/// [`store_directory`](crate::store_directory#assumptions) module documents how the directory may differ from Clerk.
///
/// ```
/// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
///
/// # tokio_test::block_on(async {
/// let directory = InMemoryUserDirectory::new();
/// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
/// let user = directory.create(&new_user).await?;
/// assert_eq!(directory.get(&user.id).await?, user);
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
///
/// # Performance
///
/// The cost of these calls is almost independent of the number of users:
///
/// - `get`
/// - `list` and `count` with a filter by user id, identifier, external id or id at an OAuth provider
/// - `count` without a filter
/// - `list` in creation order, without a filter or offset
///
/// Other `list` and `count` calls may scan all users, and writes wait for the scan to end. For more than about 10,000
/// users, use a database.
pub type InMemoryUserDirectory = StoreUserDirectory<InMemoryStore>;

/// The bcrypt cost of new password digests: the lowest, because the directory is a test double.
const BCRYPT_COST: u32 = 4;

impl InMemoryUserDirectory {
    /// Creates an empty directory with the settings of a [new Clerk instance](InstanceSettings::new).
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Creates an empty directory with [permissive](InstanceSettings::permissive) settings.
    ///
    /// Use this directory in tests that do not depend on specific settings.
    #[must_use]
    pub fn permissive() -> Self {
        Self::builder().settings(InstanceSettings::permissive()).build()
    }

    /// Creates a builder for a directory with custom settings.
    pub fn builder() -> StoreUserDirectoryBuilder<InMemoryStore> {
        StoreUserDirectoryBuilder::new(InMemoryStore::new()).default_bcrypt_cost(BCRYPT_COST)
    }

    /// Returns the number of users.
    #[must_use]
    pub fn len(&self) -> usize {
        self.store().len()
    }

    /// Returns `true` if the directory has no users.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for InMemoryUserDirectory {
    fn default() -> Self {
        Self::new()
    }
}
