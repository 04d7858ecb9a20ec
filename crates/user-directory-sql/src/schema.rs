//! The database schema and its versions.
//!
//! All table names begin with the [table prefix](crate::SqlUserDirectoryBuilder::table_prefix), which is
//! `user_directory_` by default. This page omits the prefix.
//!
//! # Tables for applications
//!
//! Applications may read `users`, `identifiers` and `memberships`, and join them with their own tables. Only
//! [`SqlStore`](crate::SqlStore) may write to them.
//!
//! Application tables may have foreign keys that reference the `user_id` column of `users`. Unless a foreign key has an
//! action such as `ON DELETE CASCADE` or `ON DELETE SET NULL`, deleting a referenced user fails with
//! [`Conflict`](user_directory::ErrorKind::Conflict). Index the referencing column, because deleting a user looks up
//! the rows that reference it.
//!
//! `users` has one row for each user:
//!
//! | column | type | content |
//! | --- | --- | --- |
//! | `user_id` | text, unique | the id |
//! | `sequence` | integer, unique | a number that increases with each insertion |
//! | `version` | integer | a number that increases with every change to the user |
//! | `external_id`, `username`, `first_name`, `last_name` | text or null | as in [`User`](user_directory::User) |
//! | `primary_email_address`, `primary_phone_number` | text or null | the primary email address and phone number |
//! | `banned` | boolean (SQLite: 0 or 1) | whether the user is banned |
//! | `created_at`, `updated_at`, `last_active_at`, `last_sign_in_at` | integer or null | milliseconds since the Unix epoch |
//! | `password_hasher`, `password_digest` | text or null | the hasher and digest of the password |
//! | `secrets_key_id`, `secrets` | text and bytes, or null | the id of the [key](crate::EncryptionKeys), and the encrypted secrets |
//! | `document` | text | the account as JSON ([`Document::json`](user_directory::store::Document::json)) |
//!
//! NUL characters, which PostgreSQL cannot store, are replaced with U+FFFD. Only `document` preserves them, as the JSON
//! escape `\u0000`.
//!
//! `identifiers` has one row for each value by which a user can be looked up:
//!
//! | column | type | content |
//! | --- | --- | --- |
//! | `user_id` | text | the id of the user; references `users` |
//! | `kind` | text | the name of an [`IdentifierKind`](user_directory::store::IdentifierKind), such as `email_address` |
//! | `value` | text | the value, normalized by [`Identifier`](user_directory::store::Identifier) |
//! | `exclusive` | boolean (SQLite: 0 or 1) | whether the user [owns the value exclusively](user_directory::store::Account::exclusive_identifiers) |
//!
//! A value longer than 1,024 bytes is replaced with its hexadecimal SHA-256 digest, prefixed with `sha256:`.
//!
//! `memberships` has one row for each organization membership, with the columns `user_id` and `organization_id`.
//!
//! This query joins an application's `orders` table with `users`, using the default prefix:
//!
//! ```sql
//! SELECT orders.id, users.primary_email_address
//! FROM orders JOIN user_directory_users AS users USING (user_id)
//! WHERE NOT users.banned
//! ```
//!
//! # Versions
//!
//! | version | change |
//! | --- | --- |
//! | 1 | creates the tables |
//! | 2 | compares text by full case folding and canonical equivalence; recomputes `identifiers` and `search` |
//! | 3 | adds `records` |
//!
//! The migration to version 2 can make the identifiers of two users equal. In that case, only one of the users owns the
//! identifier exclusively; `exclusive` is false in the other user's row. Filtering by the identifier matches both
//! users.
//!
//! # Internal tables
//!
//! These tables are internal, and can change in any schema version:
//!
//! | table | content |
//! | --- | --- |
//! | `search` | the columns for filtering and sorting |
//! | `search_trigrams` | the full-text index of `search` (only in SQLite) |
//! | `records` | [records](user_directory::store::RecordStore), such as undelivered events |
//! | `schema_version` | the schema version |

use std::time::Duration;

use user_directory::{Error, Result};

use crate::driver::{Dialect, Driver, Transaction, first_int};
use crate::error::{Failure, configuration, not_migrated};
use crate::normalization;
use crate::sql::{Sql, to_int};

/// The prefix of table and index names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prefix(String);

/// The delay before a migration is retried.
const RETRY_DELAY: Duration = Duration::from_millis(20);

/// The maximum length of a prefix in bytes.
///
/// PostgreSQL truncates names to 63 bytes, so the prefix must leave room for the rest of the name.
const MAX_PREFIX_LENGTH: usize = 32;

impl Default for Prefix {
    fn default() -> Self {
        Self("user_directory_".to_owned())
    }
}

impl Prefix {
    pub(crate) fn new(prefix: &str) -> Result<Self> {
        let is_valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let starts_valid = !prefix.starts_with(|first: char| first.is_ascii_digit()) && !prefix.starts_with("sqlite_");
        if prefix.len() > MAX_PREFIX_LENGTH || !prefix.bytes().all(is_valid) || !starts_valid {
            let message = "a table prefix must consist of at most 32 lowercase ASCII letters, digits and `_`, and must not \
                           begin with a digit or `sqlite_`";
            return Err(configuration(message));
        }
        Ok(Self(prefix.to_owned()))
    }

    /// Replaces `{p}` in a statement with the prefix.
    pub(crate) fn apply(&self, text: &str) -> String {
        text.replace("{p}", &self.0)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the key of the PostgreSQL advisory lock for insertions subject to an account limit.
    pub(crate) fn insertion_lock(&self) -> i64 {
        lock_number(&["insert", &self.0])
    }
}

/// Returns the key of a PostgreSQL advisory lock. It is the same in all processes and versions of the crate.
fn lock_number(name: &[&str]) -> i64 {
    // FNV-1a
    let bytes = ["user-directory-sql"].iter().chain(name).flat_map(|part| part.bytes().chain([0]));
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash.cast_signed()
}

/// A migration from one schema version to the next.
enum Migration {
    /// A script.
    Script(&'static str),
    /// Recomputes the normalized text after a change to the normalization.
    Normalize,
}

/// Returns the migrations in order. The first one creates version 1.
fn migrations(dialect: Dialect) -> [Migration; 3] {
    let (users, records) = match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => {
            (include_str!("migrations/0001_users.sqlite.sql"), include_str!("migrations/0003_records.sqlite.sql"))
        }
        #[cfg(feature = "postgres")]
        Dialect::Postgres => {
            (include_str!("migrations/0001_users.postgres.sql"), include_str!("migrations/0003_records.postgres.sql"))
        }
    };
    // Version 2 changes the normalization from lower case to full case folding and canonical equivalence.
    [Migration::Script(users), Migration::Normalize, Migration::Script(records)]
}

/// Returns the schema version that this crate uses.
pub(crate) fn latest_version(dialect: Dialect) -> i64 {
    to_int(migrations(dialect).len())
}

/// Returns an error unless the tables have this crate's schema version.
pub(crate) async fn check(driver: &Driver, prefix: &Prefix) -> Result<()> {
    #[cfg(feature = "sqlite")]
    if driver.dialect() == Dialect::Sqlite {
        let rows = driver.fetch(&Sql::new("PRAGMA foreign_keys")).await?;
        if first_int(&rows)? != Some(1) {
            let message = "the connections of the pool must enable foreign keys";
            return Err(configuration(message));
        }
    }
    let latest = latest_version(driver.dialect());
    match version(driver, prefix).await? {
        None => Err(not_migrated()),
        Some(version) if version > latest => Err(newer(version, latest)),
        Some(version) if version < latest => {
            let message = format!("the tables have version {version}, not {latest}: call `migrate` first");
            Err(configuration(message))
        }
        Some(_) => Ok(()),
    }
}

/// Returns the version of the tables, or `None` if there are none.
async fn version(driver: &Driver, prefix: &Prefix) -> Result<Option<i64>, Failure> {
    match driver.fetch(&select_version(prefix)).await {
        Ok(rows) => first_int(&rows),
        Err(Failure::MissingTable(_)) => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn select_version(prefix: &Prefix) -> Sql {
    Sql::new(prefix.apply("SELECT version FROM {p}schema_version"))
}

/// Creates the tables or migrates them to the latest version.
pub(crate) async fn migrate(driver: &Driver, prefix: &Prefix) -> Result<()> {
    loop {
        match try_migrate(driver, prefix).await {
            // In SQLite, waiting for another writer fails after the busy timeout of the connection.
            Err(Failure::Conflict) => tokio::time::sleep(RETRY_DELAY).await,
            result => return Ok(result?),
        }
    }
}

/// Migrates the tables. Returns [`Failure::Conflict`] if a concurrent transaction prevents the migration.
async fn try_migrate(driver: &Driver, prefix: &Prefix) -> Result<(), Failure> {
    let latest = latest_version(driver.dialect());
    if version(driver, prefix).await? == Some(latest) {
        return Ok(());
    }
    let mut transaction = driver.begin().await?;
    transaction.disable_statement_timeout().await?;
    // The lock does not depend on the prefix, because all prefixes share the extension.
    transaction.lock(lock_number(&["migrate"])).await?;
    let version = current_version(&mut transaction, prefix).await?;
    let migrations = migrations(driver.dialect());
    let Ok(done) = usize::try_from(version) else { return Err(Failure::Other(newer(version, latest))) };
    let Some(missing) = migrations.get(done..) else { return Err(Failure::Other(newer(version, latest))) };
    if missing.is_empty() {
        return Ok(());
    }
    transaction.create_trigram_extension().await?;
    for migration in missing {
        match migration {
            Migration::Script(script) => transaction.execute_script(prefix.apply(script)).await?,
            Migration::Normalize => normalization::apply(&mut transaction, prefix).await?,
        }
    }
    let update = Sql::new(prefix.apply("UPDATE {p}schema_version SET version = $1")).value(latest);
    transaction.execute(&update).await?;
    transaction.commit().await
}

/// Returns the schema version, or 0 if there are no tables. The transaction excludes other migrations.
async fn current_version(transaction: &mut Transaction, prefix: &Prefix) -> Result<i64, Failure> {
    let create = "CREATE TABLE IF NOT EXISTS {p}schema_version (version bigint NOT NULL)";
    transaction.execute_script(prefix.apply(create)).await?;
    let rows = transaction.fetch(&select_version(prefix)).await?;
    if let Some(version) = first_int(&rows)? {
        return Ok(version);
    }
    transaction.execute(&Sql::new(prefix.apply("INSERT INTO {p}schema_version VALUES (0)"))).await?;
    Ok(0)
}

fn newer(version: i64, latest: i64) -> Error {
    let message = format!("the tables have version {version}, but the crate supports at most {latest}");
    configuration(message)
}

#[cfg(test)]
mod tests {
    use user_directory::ErrorKind;

    use super::*;

    #[test]
    fn prefix_rejects_other_characters() {
        for valid in ["", "app_", "_x2"] {
            assert_eq!(Prefix::new(valid).unwrap().apply("{p}users"), format!("{valid}users"));
        }
        for invalid in ["App_", "2x", "a b", "a\"", "auth.", "é", "sqlite_x", &"x".repeat(33)] {
            assert_eq!(Prefix::new(invalid).unwrap_err().kind(), ErrorKind::Configuration, "{invalid}");
        }
    }

    #[test]
    fn locks_depend_on_prefix_and_purpose() {
        let (a, b) = (Prefix::default(), Prefix::new("b_").unwrap());
        assert_eq!(a.insertion_lock(), Prefix::default().insertion_lock());
        assert_ne!(a.insertion_lock(), b.insertion_lock());
        assert_ne!(lock_number(&["insert"]), lock_number(&["migrate"]));
    }
}
