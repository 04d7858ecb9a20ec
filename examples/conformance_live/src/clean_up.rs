//! Cleans up after a run: deletes its users, including those whose ids are unknown.

use std::collections::BTreeSet;
use std::fmt;

use user_directory::conformance::Context;
use user_directory::{Error, Result, User, UserDirectory, UserFilter, UserId, UserQuery};

use crate::guard::Guard;

/// The number of [external ids](Namespace::external_ids) of a run.
const EXTERNAL_IDS: u32 = 10;

/// The identifiers of a run.
#[derive(Debug, Clone)]
pub struct Namespace(String);

impl Namespace {
    /// Creates a namespace from up to 15 lowercase letters and digits.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Returns the namespace of the conformance suite.
    pub fn of_suite(&self) -> &str {
        &self.0
    }

    /// Returns the namespace of the probes.
    pub fn of_probes(&self) -> String {
        format!("{}p", self.0)
    }

    /// Returns the prefix of all words, such as email addresses and usernames.
    pub fn prefix(&self) -> String {
        format!("c{}", self.0)
    }

    /// Returns the external ids of users who have no other identifier.
    ///
    /// Queries do not search external ids, so the clean-up needs the complete values.
    pub fn external_ids(&self) -> impl Iterator<Item = String> {
        let prefix = self.prefix();
        (1..=EXTERNAL_IDS).map(move |number| format!("{prefix}external{number}x"))
    }

    /// Returns the prefixes of identifiers that queries search: words, and the wallets of both namespaces.
    fn searchable_prefixes(&self, directory: &dyn UserDirectory) -> [String; 3] {
        let wallet = |namespace: &str| {
            let mut wallet = Context::with_namespace(directory, &(), namespace).web3_wallet();
            // The last 24 digits are the number of the wallet in its namespace.
            wallet.truncate(wallet.len() - 24);
            wallet
        };
        [self.prefix(), wallet(self.of_suite()), wallet(&self.of_probes())]
    }
}

/// The users that a clean-up could not delete, and the searches that failed. `Display` prints one line for each.
#[derive(Debug, Default)]
pub struct Remaining {
    /// The users that could not be deleted.
    pub users: BTreeSet<UserId>,
    /// The errors from searches for users whose ids are not known.
    pub failed_searches: Vec<Error>,
}

impl Remaining {
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.failed_searches.is_empty()
    }
}

impl fmt::Display for Remaining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.users.iter().try_for_each(|id| write!(f, "\nnot deleted: {id}"))?;
        self.failed_searches.iter().try_for_each(|error| write!(f, "\nusers of this run may remain: {error}"))
    }
}

/// Deletes the users of a run.
pub async fn clean_up(directory: &dyn UserDirectory, guard: &Guard, namespace: &Namespace) -> Remaining {
    let created = guard.delete_created(directory).await;
    let mut remaining = delete_namespace(directory, namespace).await;
    remaining.users.extend(created);
    remaining
}

/// Deletes the users who have an identifier of this run.
///
/// This includes users whose ids are unknown because the outcome of their creation was unknown.
pub async fn delete_namespace(directory: &dyn UserDirectory, namespace: &Namespace) -> Remaining {
    let prefixes = namespace.searchable_prefixes(directory);
    let searches = prefixes.iter().map(|prefix| UserFilter::new().query(prefix.as_str()));
    let searches: Vec<_> = searches.chain([UserFilter::new().external_ids(namespace.external_ids())]).collect();
    let mut remaining = Remaining::default();
    for filter in searches {
        match directory.list(&UserQuery::new().filter(filter).limit(100)).await {
            Ok(users) => {
                for user in users {
                    if has_prefix(&user, &prefixes) && delete(directory, &user.id).await.is_err() {
                        remaining.users.insert(user.id);
                    }
                }
            }
            Err(error) => remaining.failed_searches.push(error),
        }
    }
    remaining
}

/// Returns `true` if an identifier of the user begins with one of the prefixes.
fn has_prefix(user: &User, prefixes: &[String]) -> bool {
    let email_addresses = user.email_addresses.iter().map(|email| &email.email_address);
    let wallets = user.web3_wallets.iter().map(|wallet| &wallet.web3_wallet);
    let identifiers = email_addresses.chain(wallets).chain(&user.username).chain(&user.external_id);
    identifiers
        .map(|identifier| identifier.to_lowercase())
        .any(|identifier| prefixes.iter().any(|prefix| identifier.starts_with(prefix.as_str())))
}

/// Deletes a user, who may already have been deleted.
pub async fn delete(directory: &dyn UserDirectory, id: &UserId) -> Result<()> {
    match directory.delete(id).await {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}
