//! [`Context`]: the directory under test, and users that nobody else has.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::check::{Failure, Outcome};
use super::fixture::{Belonging, Fixture};
use crate::directory::UserDirectory;
use crate::error::Result;
use crate::model::{Metadata, NewUser, OAuthProvider, User, UserFilter, UserId, UserQuery};

/// What a behaviour is tried on: a directory, a fixture, and a namespace that makes identifiers unique.
///
/// One behaviour after the other can be tried on it, not several at once.
///
/// ```
/// use user_directory::InMemoryUserDirectory;
/// use user_directory::conformance::{Context, create};
///
/// # tokio_test::block_on(async {
/// let directory = InMemoryUserDirectory::new();
/// let context = Context::new(&directory, &());
/// create::a_new_user_is_read_as_it_was_answered(&context).await?;
/// context.clean_up().await;
/// # Ok::<_, user_directory::conformance::Failure>(()) }).unwrap();
/// ```
pub struct Context<'a> {
    directory: &'a dyn UserDirectory,
    fixture: &'a dyn Fixture,
    namespace: String,
    /// Where the numbers of this namespace begin, for identifiers that are numbers.
    block: u64,
    next: AtomicU64,
    created: Mutex<Vec<UserId>>,
}

impl<'a> Context<'a> {
    /// A context with a random namespace.
    #[must_use]
    pub fn new(directory: &'a dyn UserDirectory, fixture: &'a dyn Fixture) -> Self {
        let namespace: String = std::iter::repeat_with(fastrand::alphanumeric).take(10).collect();
        Self::with_namespace(directory, fixture, &namespace)
    }

    /// A context with this namespace, to make a run again as it was. Up to 16 letters and digits are kept, in lower case,
    /// after a `c`, so that no name is a number.
    #[must_use]
    pub fn with_namespace(directory: &'a dyn UserDirectory, fixture: &'a dyn Fixture, namespace: &str) -> Self {
        let letters = namespace.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).take(16);
        let namespace: String = std::iter::once('c').chain(letters).collect();
        let block = fastrand::Rng::with_seed(hash(&namespace)).u64(..);
        let (next, created) = (AtomicU64::new(1), Mutex::default());
        Self { directory, fixture, namespace, block, next, created }
    }

    /// What the names of this context's users begin with.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Deletes the users that were made so far. One who cannot be deleted is left.
    pub async fn clean_up(&self) {
        let created = std::mem::take(&mut *self.created.lock().unwrap_or_else(PoisonError::into_inner));
        for id in created {
            if self.directory.delete(&id).await.is_err_and(|error| error.is_conflict()) {
                let _ = self.fixture.give(&id, Belonging::ManagedByScim(false)).await;
                let _ = self.directory.delete(&id).await;
            }
        }
    }

    pub(super) fn directory(&self) -> &'a dyn UserDirectory {
        self.directory
    }

    pub(super) fn fixture(&self) -> &'a dyn Fixture {
        self.fixture
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// A word of lower-case letters and digits that nobody has used: a user name, an external id, a part of an address.
    pub(super) fn word(&self) -> String {
        // With an end, so that no word is a part of another one.
        format!("{}n{}x", self.namespace, self.number())
    }

    pub(super) fn email_address(&self) -> String {
        format!("{}@example.com", self.word())
    }

    /// A number as those of North America are, of an area code that is not in use.
    pub(super) fn phone_number(&self) -> String {
        format!("+1555{:07}", 2_000_000 + (self.block + self.number()) % 8_000_000)
    }

    /// An Ethereum address.
    pub(super) fn web3_wallet(&self) -> String {
        format!("0x{:016x}{:024x}", self.block, self.number())
    }

    /// The id of nobody.
    pub(super) fn nobody(&self) -> UserId {
        self.id("user")
    }

    /// An id that nothing else has.
    pub(super) fn id<T: TryFrom<String, Error: fmt::Debug>>(&self, prefix: &str) -> T {
        T::try_from(format!("{prefix}_{}", self.word())).expect("letters, digits and an underscore")
    }

    /// Creates a user who is deleted in the end.
    pub(super) async fn try_create(&self, new_user: &NewUser) -> Result<User> {
        let user = self.directory.create(new_user).await?;
        self.created.lock().unwrap_or_else(PoisonError::into_inner).push(user.id.clone());
        Ok(user)
    }

    pub(super) async fn create(&self, new_user: NewUser) -> Outcome<User> {
        Ok(self.try_create(&new_user).await?)
    }

    /// Creates a user with an email address.
    pub(super) async fn user(&self) -> Outcome<User> {
        self.create(self.new_user()).await
    }

    /// A new user with an email address.
    pub(super) fn new_user(&self) -> NewUser {
        NewUser::new().email_address(self.email_address())
    }

    /// Creates as many users as the array has places.
    pub(super) async fn users<const N: usize>(&self) -> Outcome<[User; N]> {
        let mut users = Vec::with_capacity(N);
        for _ in 0..N {
            users.push(self.user().await?);
        }
        users.try_into().map_err(|_| Failure::new("another number of users"))
    }

    pub(super) async fn get(&self, id: &UserId) -> Outcome<User> {
        Ok(self.directory.get(id).await?)
    }

    pub(super) async fn give(&self, id: &UserId, belonging: Belonging) -> Outcome {
        self.fixture.give(id, belonging).await
    }

    /// The ids of the users that match, sorted.
    pub(super) async fn list(&self, filter: UserFilter) -> Outcome<Vec<UserId>> {
        let users = self.directory.list(&UserQuery::from(filter).limit(500)).await?;
        Ok(sorted(users.into_iter().map(|user| user.id)))
    }

    /// Fails unless exactly these users are listed.
    pub(super) async fn expect_listed(&self, filter: UserFilter, expected: &[&User]) -> Outcome {
        let what = format!("{filter:?}");
        let listed = self.list(filter).await?;
        super::check::equal(&listed, &sorted(expected.iter().map(|user| user.id.clone())), format_args!("{what}"))
    }

    /// Fails unless exactly these users are listed, and as many counted.
    pub(super) async fn expect(&self, filter: UserFilter, expected: &[&User]) -> Outcome {
        let count = self.directory.count(&filter).await?;
        super::check::equal(&count, &(expected.len() as u64), format_args!("the count of {filter:?}"))?;
        self.expect_listed(filter, expected).await
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

fn sorted(ids: impl Iterator<Item = UserId>) -> Vec<UserId> {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids
}

/// A picture of one grey pixel.
pub(super) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\
    \0\0\0\nIDATx\xdach\0\0\0\x82\0\x81\xdaE\x08;\0\0\0\0IEND\xaeB`\x82";

/// A provider.
pub(super) const GOOGLE: &str = "oauth_google";

pub(super) fn provider(name: &str) -> OAuthProvider {
    OAuthProvider::new(name).expect("letters and an underscore")
}

/// Metadata from JSON text that is known to be an object.
pub(super) fn json(text: &str) -> Metadata {
    text.parse().expect("an object")
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
