//! Comparisons of the stored data of directories.

use user_directory::in_memory::InMemoryUserDirectory;
use user_directory::store::{Account, UserStore};
use user_directory::store_directory::InstanceSettings;
use user_directory::{Result, User, UserDirectory, UserId, UserQuery};

use crate::directories::Directories;

/// A limit that is larger than the number of users in any case.
const MAX_USERS: usize = 200;

/// Asserts that all directories contain the same users and accounts. Accounts include secrets and resources.
pub async fn compare_all(directories: &Directories) {
    directories.agree(&"all users", async |directory| users(directory).await).await;
    directories.agree(&"all accounts", async |directory| accounts(directory.store()).await).await;
}

/// Asserts that a store contains the same accounts as the first directory, for example after a restart.
///
/// # Panics
///
/// Panics if an account is missing or different.
pub async fn assert_stored(directories: &Directories, store: &dyn UserStore) {
    let expected = accounts(directories.first().store()).await.unwrap();
    let stored = accounts(store).await.unwrap();
    assert_eq!(stored.len(), expected.len());
    for (stored, expected) in stored.iter().zip(&expected) {
        assert!(stored == expected, "stored: {stored:#?}\nexpected: {expected:#?}");
    }
}

/// Asserts that users are unchanged after encoding and decoding, and that exported users can be loaded.
///
/// # Panics
///
/// Panics if a user differs.
pub async fn assert_exportable(directories: &Directories) {
    let mut exported = users(directories.first()).await.unwrap();
    // Encoded users contain no secrets.
    for number in exported.iter_mut().flat_map(|user| &mut user.phone_numbers[..]) {
        number.backup_codes.clear();
    }
    // Users with the same creation time are listed newest first, so they are loaded in reverse order.
    exported.reverse();
    for user in &exported {
        let json = serde_json::to_string(user).unwrap();
        assert_eq!(serde_json::from_str::<User>(&json).unwrap(), *user, "{json}");
    }
    let copy = InMemoryUserDirectory::builder().settings(InstanceSettings::permissive());
    let copy = copy.clock(directories.clock.clone()).build();
    copy.load_json(&serde_json::to_string(&exported).unwrap()).await.unwrap();
    let mut loaded = users(&copy).await.unwrap();
    loaded.reverse();
    assert_eq!(loaded.len(), exported.len());
    for (loaded, exported) in loaded.iter_mut().zip(&exported) {
        remove_generated_ids(loaded, exported);
        assert!(loaded == exported, "loaded: {loaded:#?}\nexported: {exported:#?}");
    }
}

/// Removes the ids that loading has generated because they are missing in the exported user.
fn remove_generated_ids(loaded: &mut User, exported: &User) {
    for (loaded, exported) in loaded.email_addresses.iter_mut().zip(&exported.email_addresses[..]) {
        loaded.id.take_if(|_| exported.id.is_none());
    }
    for (loaded, exported) in loaded.phone_numbers.iter_mut().zip(&exported.phone_numbers[..]) {
        loaded.id.take_if(|_| exported.id.is_none());
    }
    for (loaded, exported) in loaded.web3_wallets.iter_mut().zip(&exported.web3_wallets[..]) {
        loaded.id.take_if(|_| exported.id.is_none());
    }
    for (loaded, exported) in loaded.passkeys.iter_mut().zip(&exported.passkeys[..]) {
        loaded.id.take_if(|_| exported.id.is_none());
    }
}

async fn users(directory: &impl UserDirectory) -> Result<Vec<User>> {
    directory.list(&UserQuery::new().limit(500)).await
}

/// Returns the accounts in the order in which they were added.
async fn accounts<S: UserStore + ?Sized>(store: &S) -> Result<Vec<Account>> {
    let ids: Vec<UserId> = (1..MAX_USERS).map(|n| format!("user_{n}").parse().unwrap()).collect();
    let mut accounts = store.load(&ids).await?;
    accounts.sort_by_key(|account| account.sequence);
    Ok(accounts.iter().map(|account| account.account.clone()).collect())
}
