//! [`Context`].

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::check::{Failure, Outcome, ensure_eq};
use super::fixture::{Fixture, Outage, Resource};
use crate::directory::UserDirectory;
use crate::error::Result;
use crate::model::{Metadata, NewIdentifier, NewUser, OAuthProvider, Text, User, UserFilter, UserId, UserQuery};

/// The context for a behavior: the directory under test, the fixture and a namespace for identifiers.
///
/// Do not run behaviors concurrently with the same context.
///
/// ```
/// use user_directory::InMemoryUserDirectory;
/// use user_directory::conformance::{Context, create};
///
/// # tokio_test::block_on(async {
/// let directory = InMemoryUserDirectory::new();
/// let context = Context::new(&directory, &());
/// create::create_returns_user_that_get_returns(&context).await?;
/// context.clean_up().await;
/// # Ok::<_, user_directory::conformance::Failure>(()) }).unwrap();
/// ```
pub struct Context<'a> {
    directory: &'a dyn UserDirectory,
    fixture: &'a dyn Fixture,
    namespace: String,
    /// The number from which this namespace derives phone numbers and wallets.
    block: u64,
    next: AtomicU64,
    created: Mutex<Vec<UserId>>,
    outage: AtomicBool,
}

impl<'a> Context<'a> {
    /// Creates a context with a random namespace.
    #[must_use]
    pub fn new(directory: &'a dyn UserDirectory, fixture: &'a dyn Fixture) -> Self {
        let namespace: String = std::iter::repeat_with(fastrand::alphanumeric).take(10).collect();
        Self::with_namespace(directory, fixture, &namespace)
    }

    /// Creates a context with the given namespace.
    ///
    /// Contexts with the same namespace generate the same identifiers. Only the first 16 ASCII letters and digits of
    /// `namespace` are used, in lowercase and prefixed with `c`.
    #[must_use]
    pub fn with_namespace(directory: &'a dyn UserDirectory, fixture: &'a dyn Fixture, namespace: &str) -> Self {
        let letters = namespace.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).take(16);
        // The letter prevents numeric usernames.
        let namespace: String = std::iter::once('c').chain(letters).collect();
        let block = fastrand::Rng::with_seed(hash(&namespace)).u64(..);
        Self {
            directory,
            fixture,
            namespace,
            block,
            next: AtomicU64::new(1),
            created: Mutex::default(),
            outage: AtomicBool::new(false),
        }
    }

    /// Returns the prefix of all [words](Self::word) that this context generates.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Ends any outage and deletes the users created through this context, if possible.
    pub async fn clean_up(&self) {
        if self.outage.swap(false, Ordering::Relaxed) {
            let _ = self.fixture.set_outage(None).await;
        }
        let created = std::mem::take(&mut *self.created.lock().unwrap_or_else(PoisonError::into_inner));
        for id in created {
            // A user that is managed by a SCIM directory cannot be deleted until this is reverted. Other errors are
            // ignored, because the behavior may have deleted the user.
            if self.delete_user(&id).await.is_err() && self.seed(&id, Resource::ManagedByScim(false)).await.is_ok() {
                let _ = self.delete_user(&id).await;
            }
        }
    }

    /// Returns a unique word of lowercase letters and digits, suitable as a username or an external id.
    ///
    /// No word is a substring of another word.
    #[must_use]
    pub fn word(&self) -> String {
        format!("{}n{}x", self.namespace, self.number())
    }

    /// Returns a unique email address.
    #[must_use]
    pub fn email_address(&self) -> String {
        format!("{}@example.com", self.word())
    }

    /// Returns a unique phone number with the area code 555, which is not in use.
    #[must_use]
    pub fn phone_number(&self) -> String {
        format!("+1555{:07}", 2_000_000 + self.block.wrapping_add(self.number()) % 8_000_000)
    }

    /// Returns a unique Ethereum address.
    #[must_use]
    pub fn web3_wallet(&self) -> String {
        format!("0x{:016x}{:024x}", self.block, self.number())
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

    /// Returns the id of a user who does not exist.
    pub(super) fn unknown_user(&self) -> UserId {
        self.id("user")
    }

    /// Returns a unique id.
    pub(super) fn id<T: TryFrom<String, Error: fmt::Debug>>(&self, prefix: &str) -> T {
        T::try_from(format!("{prefix}_{}", self.word())).expect("letters, digits and an underscore")
    }

    /// Returns a new user that the directory accepts.
    pub(super) fn new_user(&self) -> NewUser {
        self.fixture.new_user(self)
    }

    /// Returns a new user that the directory accepts, with exactly this email address.
    pub(super) fn new_user_with_email_address(&self, email_address: impl Into<Text>) -> NewUser {
        let mut new = self.new_user();
        new.email_addresses.clear();
        new.email_address(email_address)
    }

    /// Returns a new user that the directory accepts, with exactly this phone number.
    pub(super) fn new_user_with_phone_number(&self, phone_number: impl Into<Text>) -> NewUser {
        let mut new = self.new_user();
        new.phone_numbers.clear();
        new.phone_number(phone_number)
    }

    /// Returns a new user that the directory accepts, with exactly this wallet.
    pub(super) fn new_user_with_web3_wallet(&self, web3_wallet: impl Into<Text>) -> NewUser {
        let mut new = self.new_user();
        new.web3_wallets.clear();
        new.web3_wallet(web3_wallet)
    }

    /// Creates a user with `create`, which is the operation under test.
    pub(super) async fn try_create(&self, new_user: &NewUser) -> Result<User> {
        let user = self.directory.create(new_user).await?;
        self.record_created(&user);
        Ok(user)
    }

    /// Creates a user with `create`, which is the operation under test.
    pub(super) async fn create(&self, new_user: NewUser) -> Outcome<User> {
        Ok(self.try_create(&new_user).await?)
    }

    /// Creates a user with the fixture, for a behavior of an operation other than `create`.
    ///
    /// Fails if `banned` or `locked` of the created user differs from `new_user`.
    pub(super) async fn seed_user(&self, new_user: NewUser) -> Outcome<User> {
        let user = self.fixture.create_user(self.directory, &new_user).await?;
        self.record_created(&user);
        ensure_eq!(user.banned, new_user.banned.unwrap_or_default(), "`banned` of the new user");
        ensure_eq!(user.locked, new_user.locked.unwrap_or_default(), "`locked` of the new user");
        Ok(user)
    }

    pub(super) fn record_created(&self, user: &User) {
        self.created.lock().unwrap_or_else(PoisonError::into_inner).push(user.id.clone());
    }

    /// Deletes a user with the fixture, for a behavior of an operation other than `delete`.
    pub(super) async fn delete_user(&self, id: &UserId) -> Outcome {
        self.fixture.delete_user(self.directory, id).await
    }

    /// Creates a user with the default fields, as in [`seed_user`](Self::seed_user).
    pub(super) async fn user(&self) -> Outcome<User> {
        self.seed_user(self.new_user()).await
    }

    /// Creates one user for each element of the array.
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

    pub(super) async fn seed(&self, id: &UserId, resource: Resource) -> Outcome {
        self.fixture.seed(id, resource).await
    }

    /// Starts an outage. It ends with [`end_outage`](Self::end_outage), or when the behavior ends.
    pub(super) async fn start_outage(&self, outage: Outage) -> Outcome {
        self.fixture.set_outage(Some(outage)).await?;
        self.outage.store(true, Ordering::Relaxed);
        Ok(())
    }

    pub(super) async fn end_outage(&self) -> Outcome {
        self.outage.store(false, Ordering::Relaxed);
        self.fixture.set_outage(None).await
    }

    /// Lists users, and returns their sorted ids.
    pub(super) async fn list(&self, filter: UserFilter) -> Outcome<Vec<UserId>> {
        let users = self.directory.list(&UserQuery::from(filter).limit(500)).await?;
        Ok(sorted(users.into_iter().map(|user| user.id)))
    }

    /// Fails unless `list` returns exactly these users.
    pub(super) async fn expect_listed(&self, filter: UserFilter, expected: &[&User]) -> Outcome {
        let what = format!("the users that `list` returns for {filter:?}");
        let listed = self.list(filter).await?;
        super::check::equal(&listed, &sorted(expected.iter().map(|user| user.id.clone())), format_args!("{what}"))
    }

    /// Fails unless `list` returns exactly these users and `count` returns their number.
    pub(super) async fn expect(&self, filter: UserFilter, expected: &[&User]) -> Outcome {
        let count = self.directory.count(&filter).await?;
        super::check::equal(
            &count,
            &(expected.len() as u64),
            format_args!("the number that `count` returns for {filter:?}"),
        )?;
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

/// Returns the first identifier of a user: an email address, phone number, username or wallet.
pub(super) fn identifier(new: &NewUser) -> Outcome<Text> {
    let values = new.email_addresses.iter().chain(&new.phone_numbers).map(NewIdentifier::value);
    let identifier = values.chain(&new.username).chain(&new.web3_wallets).next().cloned();
    identifier.ok_or_else(|| Failure::cannot_seed("a user with an identifier"))
}

/// Adds the first [identifier] of a user to the filter.
pub(super) fn lookup(filter: UserFilter, new: &NewUser) -> Outcome<UserFilter> {
    let identifier = identifier(new)?;
    Ok(if !new.email_addresses.is_empty() {
        filter.email_address(identifier)
    } else if !new.phone_numbers.is_empty() {
        filter.phone_number(identifier)
    } else if new.username.is_some() {
        filter.username(identifier)
    } else {
        filter.web3_wallet(identifier)
    })
}

/// An image of one gray pixel.
pub(super) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\
    \0\0\0\nIDATx\xdach\0\0\0\x82\0\x81\xdaE\x08;\0\0\0\0IEND\xaeB`\x82";

pub(super) const GOOGLE: &str = "oauth_google";

pub(super) fn provider(name: &str) -> OAuthProvider {
    OAuthProvider::new(name).expect("letters and an underscore")
}

/// Parses metadata from text that is known to be a JSON object.
pub(super) fn json(text: &str) -> Metadata {
    text.parse().expect("an object")
}

/// Returns the FNV-1a hash.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
