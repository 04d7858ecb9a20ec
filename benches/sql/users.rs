//! The users of the benchmark, and databases with them.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use user_directory::model::Web3Wallet;
use user_directory::store_directory::InstanceSettings;
use user_directory::{User, UserDirectory, UserFilter, UserId, UserQuery};
use user_directory_sql::SqlUserDirectory;

use crate::crowd::{self, Crowd};

/// The number of banned users. Only they have the first name [`HUNDRED`].
pub const MARKED: u64 = 100;
/// The first name of [`MARKED`] users.
pub const HUNDRED: &str = "Wilhelmina";
/// The first name of every thousandth user.
pub const RARE: &str = "Xanthippe";
/// The first name of every tenth user.
pub const COMMON: &str = "Yaroslava";
/// The last name of the oldest tenth of the users.
pub const OLD: &str = "Oldenburg";

/// The number of users that one transaction inserts.
const BATCH: u64 = 1_000;

/// Returns one of `total` users.
fn user(crowd: &Crowd, number: u64, total: u64) -> User {
    let (mut user, _) = crowd.user(number);
    user.banned = number.is_multiple_of((total / MARKED).max(1));
    if user.banned {
        user.first_name = Some(HUNDRED.into());
    } else if number % 1_000 == 1 {
        user.first_name = Some(RARE.into());
    } else if number % 10 == 2 {
        user.first_name = Some(COMMON.into());
    }
    if crowd::mixed(number) % 90_000_000_000 < 9_000_000_000 {
        user.last_name = Some(OLD.into());
    }
    if number.is_multiple_of(8) {
        user.web3_wallets = vec![Web3Wallet::new(web3_wallet(number))].into();
    }
    user
}

/// Returns the wallet of a user whose number is a multiple of eight.
pub fn web3_wallet(number: u64) -> String {
    format!("0x{:040x}", u128::from(crowd::mixed(number)) << 64 | u128::from(crowd::mixed(!number)))
}

/// A database with generated users.
pub struct Database {
    pub directory: SqlUserDirectory,
    pub users: u64,
    /// The creation time of the user before the newest [`MARKED`].
    pub before_newest: Timestamp,
}

impl Database {
    /// Opens the database of a URL, and adds the users unless they exist.
    pub async fn open(url: &str, crowd: &Crowd, users: u64) -> Self {
        // Long enough to insert a batch on a busy machine.
        let timeout = Duration::from_mins(5);
        let builder = SqlUserDirectory::builder().settings(InstanceSettings::permissive()).operation_timeout(timeout);
        let directory = builder.open(url).await.expect("the database can be opened");
        directory.migrate().await.expect("the tables can be created");
        let mut existing = directory.count(&UserFilter::new()).await.expect("the users can be counted");
        while existing < users {
            let end = (existing + BATCH).min(users);
            let batch = (existing..end).map(|number| user(crowd, number, users));
            directory.directory().load(batch).await.expect("the users are unique");
            existing = end;
            if existing.is_multiple_of(100_000) {
                println!("{existing} of {users} users are in the database");
            }
        }
        let newest = UserQuery::new().limit(1).offset(MARKED);
        let newest = directory.list(&newest).await.expect("the query is valid").pop();
        let before_newest = newest.and_then(|user| user.created_at).unwrap_or(Timestamp::UNIX_EPOCH);
        Self { directory, users, before_newest }
    }

    /// Returns the number of a random user.
    pub fn random(&self, call: u64) -> u64 {
        crowd::mixed(call) % self.users
    }

    /// Returns the id of a random user.
    pub fn random_id(&self, call: u64) -> UserId {
        crowd::user_id(self.random(call))
    }
}

/// Returns the URL of a SQLite file.
pub fn sqlite_url(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}
