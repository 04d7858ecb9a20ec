//! [`SqlStore`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout_at};
use user_directory::model::OrderField;
use user_directory::store::{
    AccountFilter, AccountQuery, Commit, CommitError, Identifier, Record, RecordStore, StoredAccount, StoredRecord,
    UserStore,
};
use user_directory::time::on_runtime;
use user_directory::{Error, ErrorKind, Result, UserId, async_trait};

use crate::commit::Changes;
use crate::driver::{Driver, first_int};
use crate::encryption::EncryptionKeys;
use crate::error::{Failure, configuration};
use crate::filter::{check_supported, has_partial_matches, indexed_needles, names_users};
use crate::query::{Plan, Statements};
use crate::records;
use crate::rows::{ACCOUNT_COLUMNS, identifier_value, read};
use crate::schema::{self, Prefix};
use crate::sql::{Sql, Value};

/// The maximum number of values in the `IN` lists of a statement.
const MAX_LIST: usize = 10_000;
/// The number of insertions for which the timeout of a commit is extended by one operation timeout.
const TIMED_INSERTIONS: usize = 1_000;
/// The number of accounts that one transaction re-encrypts.
const REENCRYPTION_BATCH: i64 = 500;

/// A SQLite or PostgreSQL store. Clones share the connection pool.
///
/// Calls require a Tokio runtime with the time driver and, for PostgreSQL, the I/O driver. Otherwise, they fail with
/// [`Configuration`](ErrorKind::Configuration). Futures can be dropped outside the runtime.
///
/// Calls that exceed the [operation timeout](crate::SqlUserDirectoryBuilder::operation_timeout) fail with
/// [`Timeout`](ErrorKind::Timeout), except for [`migrate`](Self::migrate), [`reencrypt`](Self::reencrypt),
/// [`close`](Self::close) and [`clear`](UserStore::clear), which can take longer. The timeout of a commit is extended
/// by one operation timeout for every 1,000 inserted accounts and changed records.
#[derive(Clone)]
pub struct SqlStore {
    shared: Arc<Shared>,
}

struct Shared {
    driver: Driver,
    prefix: Prefix,
    /// The start of the statement that reads accounts by id. The text is built only once, because this statement is the
    /// most frequent one.
    select_by_id: String,
    keys: EncryptionKeys,
    timeout: Duration,
    /// Whether the schema version has been checked.
    is_checked: AtomicBool,
}

impl SqlStore {
    pub(crate) fn new(driver: Driver, prefix: Prefix, keys: EncryptionKeys, timeout: Duration) -> Self {
        let select_by_id = prefix.apply(&format!("SELECT {ACCOUNT_COLUMNS} FROM {{p}}users u WHERE u.user_id "));
        let is_checked = AtomicBool::new(false);
        Self { shared: Arc::new(Shared { driver, prefix, select_by_id, keys, timeout, is_checked }) }
    }

    /// Creates the tables, or migrates them to this crate's schema version.
    ///
    /// If the tables are already at this version, nothing is written. Otherwise, all changes are made in one
    /// transaction.
    ///
    /// Multiple processes can call this method concurrently. The method waits, without a time limit, for transactions
    /// that write to the tables or, in SQLite, to the database file.
    ///
    /// In PostgreSQL, the database user needs the privilege to create tables and, if the `pg_trgm` extension does not
    /// exist, the privilege to create it.
    ///
    /// # Errors
    ///
    /// Returns one of these errors:
    ///
    /// - [`Configuration`](ErrorKind::Configuration) if the tables have a newer schema version, or if a privilege is
    ///   missing.
    /// - Any other [store error](UserStore#errors).
    pub async fn migrate(&self) -> Result<()> {
        on_runtime(schema::migrate(&self.shared.driver, &self.shared.prefix)).await?
    }

    /// Re-encrypts secrets with the first key in [`EncryptionKeys`], and returns the number of affected users.
    ///
    /// Secrets that are already encrypted with the first key are skipped. Users can be read and written during the
    /// call. A failed call can be retried.
    ///
    /// # Errors
    ///
    /// Returns one of these errors:
    ///
    /// - [`Configuration`](ErrorKind::Configuration) if there is no key, or if secrets cannot be decrypted.
    /// - Any other [store error](UserStore#errors).
    pub async fn reencrypt(&self) -> Result<u64> {
        on_runtime(self.reencrypt_all()).await?
    }

    /// Returns the SQLite connection pool, or `None` for PostgreSQL.
    ///
    /// The application can use the pool for its own tables.
    #[cfg(feature = "sqlite")]
    #[must_use]
    pub fn sqlite_pool(&self) -> Option<&sqlx::SqlitePool> {
        match &self.shared.driver {
            Driver::Sqlite(pool) => Some(pool.pool()),
            #[cfg(feature = "postgres")]
            Driver::Postgres(_) => None,
        }
    }

    /// Returns the PostgreSQL connection pool, or `None` for SQLite.
    ///
    /// The application can use the pool for its own tables. If this crate opened the pool, `statement_timeout` is set
    /// to the operation timeout on each connection.
    #[cfg(feature = "postgres")]
    #[must_use]
    pub fn postgres_pool(&self) -> Option<&sqlx::PgPool> {
        match &self.shared.driver {
            Driver::Postgres(pool) => Some(pool.pool()),
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(_) => None,
        }
    }

    /// Closes all connections.
    ///
    /// Subsequent calls fail, and the contents of an in-memory database are lost.
    ///
    /// If no other connections to a SQLite file are open, SQLite also checkpoints and deletes the write-ahead log.
    pub async fn close(&self) {
        self.shared.driver.close().await;
    }

    /// Returns the table prefix.
    #[must_use]
    pub fn table_prefix(&self) -> &str {
        self.shared.prefix.as_str()
    }

    /// Checks the schema version, unless it has been checked before.
    async fn check(&self) -> Result<()> {
        if !self.shared.is_checked.load(Ordering::Relaxed) {
            Box::pin(schema::check(&self.shared.driver, &self.shared.prefix)).await?;
            self.shared.is_checked.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    async fn reencrypt_all(&self) -> Result<u64> {
        self.check().await?;
        let keys = &self.shared.keys;
        let Some(first) = keys.first_id() else {
            return Err(configuration("there is no encryption key"));
        };
        let select = "SELECT sequence, version, user_id, secrets_key_id, secrets FROM {p}users \
                      WHERE secrets_key_id <> $1 AND sequence > $2 ORDER BY sequence LIMIT $3";
        let update = "UPDATE {p}users SET secrets_key_id = $1, secrets = $2 \
                      WHERE user_id = $3 AND version = $4 AND sequence = $5";
        let (select, update) = (self.shared.prefix.apply(select), self.shared.prefix.apply(update));
        let (mut after, mut count) = (-1, 0);
        loop {
            let select = Sql::new(select.as_str()).value(first).value(after).value(REENCRYPTION_BATCH);
            let rows = self.shared.driver.fetch(&select).await?;
            let mut statements = Vec::with_capacity(rows.len());
            for row in &rows {
                let (sequence, version, user_id) = (row.int(0)?, row.int(1)?, row.text(2)?);
                after = sequence;
                let (Some(key_id), Some(encrypted)) = (row.optional_text(3)?, row.optional_bytes(4)?) else { continue };
                let (key_id, secrets) = keys.encrypt(user_id, &keys.decrypt(user_id, key_id, encrypted)?)?;
                let statement = Sql::new(update.as_str()).value(key_id).value(Value::Bytes(Some(secrets)));
                statements.push(statement.value(user_id).value(version).value(sequence));
            }
            if statements.is_empty() {
                return Ok(count);
            }
            let mut transaction = self.shared.driver.begin().await?;
            let mut changed = 0;
            for statement in &statements {
                // If a user was changed in the meantime, the secrets are already encrypted with the first key.
                changed += transaction.execute(statement).await?;
            }
            transaction.commit().await?;
            count += changed;
        }
    }

    /// Applies the operation timeout to a read.
    ///
    /// The read is boxed, because sqlx futures are large, and each combinator and async block would copy them.
    async fn timed<T>(&self, read: BoxFuture<'_, Result<T>>) -> Result<T> {
        let deadline = Instant::now() + self.shared.timeout;
        let checked = async {
            self.check().await?;
            read.await
        };
        // `timeout_at` requires the runtime before it returns a future.
        on_runtime(async { timeout_at(deadline, checked).await.unwrap_or_else(|_| Err(timed_out())) }).await?
    }

    fn statements(&self) -> Statements<'_> {
        Statements { prefix: &self.shared.prefix, dialect: self.shared.driver.dialect() }
    }

    async fn fetch(&self, sql: &Sql) -> Result<Vec<Arc<StoredAccount>>> {
        let rows = self.shared.driver.fetch(sql).await?;
        rows.iter().map(|row| read(row, &self.shared.keys)).collect()
    }

    async fn load_all(&self, ids: &[UserId]) -> Result<Vec<Arc<StoredAccount>>> {
        let mut accounts = Vec::with_capacity(ids.len());
        let mut ids: Vec<&str> = ids.iter().map(UserId::as_str).collect();
        ids.sort_unstable();
        ids.dedup();
        for ids in ids.chunks(MAX_LIST) {
            let mut sql = Sql::new(self.shared.select_by_id.as_str());
            sql.is_any_of(ids);
            accounts.extend(self.fetch(&sql).await?);
        }
        Ok(accounts)
    }

    async fn find_owners(&self, identifiers: &[Identifier<'_>]) -> Result<Vec<(Identifier<'static>, UserId)>> {
        // Sorted by kind and value.
        let by_value: BTreeMap<(&str, Cow<'_, str>), &Identifier<'_>> = identifiers
            .iter()
            .map(|identifier| ((identifier.kind().as_str(), identifier_value(identifier)), identifier))
            .collect();
        let mut owners = Vec::new();
        let wanted: Vec<(&str, &str)> = by_value.keys().map(|(kind, value)| (*kind, value.as_ref())).collect();
        for wanted in wanted.chunks(MAX_LIST) {
            for row in self.shared.driver.fetch(&self.statements().owners(wanted)).await? {
                let Some(identifier) = by_value.get(&(row.text(0)?, Cow::Borrowed(row.text(1)?))) else { continue };
                let user_id = UserId::new(row.text(2)?).map_err(|error| {
                    Error::new(ErrorKind::Decode).with_message("a stored id is malformed").with_source(error)
                })?;
                owners.push(((*identifier).clone().into_owned(), user_id));
            }
        }
        Ok(owners)
    }

    async fn page(&self, query: &AccountQuery<'_>) -> Result<Vec<Arc<StoredAccount>>> {
        let statements = self.statements();
        let has_index = !indexed_needles(query.filter).is_empty();
        let by_creation = query.order_by.field == OrderField::CreatedAt;
        if names_users(query.filter) {
            return self.fetch(&statements.page(query, Plan::Few)?).await;
        }
        if !has_partial_matches(query.filter) || !(has_index || by_creation) {
            return self.fetch(&statements.page(query, Plan::Any)?).await;
        }
        if by_creation {
            // A scan is fast if many users match.
            let page = self.fetch(&statements.page(query, Plan::Scan)?).await?;
            if page.len() == query.limit {
                return Ok(page);
            }
        }
        let plan = if has_index { Plan::Trigrams } else { Plan::Table };
        self.fetch(&statements.page(query, plan)?).await
    }

    /// Commits changes within a timeout.
    async fn apply(&self, commit: Commit) -> Result<(), CommitError> {
        let batches = 1 + (commit.insertions.len() + commit.records.len()) / TIMED_INSERTIONS;
        let deadline = Instant::now() + self.shared.timeout.saturating_mul(u32::try_from(batches).unwrap_or(u32::MAX));
        let unchanged = |error: Error| CommitError::Failed(error.with_nothing_changed());
        let changes = Changes::of(commit, &self.shared.keys).map_err(unchanged)?;
        let write = Box::pin(async {
            self.check().await.map_err(unchanged)?;
            changes.apply(&self.shared.driver, &self.shared.prefix).await
        });
        let transaction = timeout_at(deadline, write).await.unwrap_or_else(|_| Err(unchanged(timed_out())))?;
        let committed = timeout_at(deadline, transaction.commit()).await;
        committed.map_err(|_| CommitError::Failed(timed_out()))?.map_err(Failure::at_commit)
    }

    async fn delete_all(&self) -> Result<()> {
        self.check().await.map_err(Error::with_nothing_changed)?;
        let delete = async {
            let mut transaction = self.shared.driver.begin().await?;
            transaction.disable_statement_timeout().await?;
            // Without the lock, the deletions would see different commits. Writers lock the tables in this order.
            transaction.exclude_writers(&self.shared.prefix.apply("{p}users, {p}records")).await?;
            for table in ["{p}search", "{p}identifiers", "{p}memberships", "{p}users", "{p}records"] {
                let sql = format!("DELETE FROM {}", self.shared.prefix.apply(table));
                transaction.execute(&Sql::new(sql)).await?;
            }
            Ok::<_, Failure>(transaction)
        };
        let transaction = delete.await.map_err(|failure| Error::from(failure).with_nothing_changed())?;
        Ok(transaction.commit().await?)
    }
}

impl fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlStore")
            .field("dialect", &self.shared.driver.dialect())
            .field("table_prefix", &self.table_prefix())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl UserStore for SqlStore {
    async fn load(&self, ids: &[UserId]) -> Result<Vec<Arc<StoredAccount>>> {
        self.timed(Box::pin(self.load_all(ids))).await
    }

    async fn owners(&self, identifiers: &[Identifier<'_>]) -> Result<Vec<(Identifier<'static>, UserId)>> {
        self.timed(Box::pin(self.find_owners(identifiers))).await
    }

    async fn query(&self, query: &AccountQuery<'_>) -> Result<Vec<Arc<StoredAccount>>> {
        check_supported(query.filter)?;
        if query.filter.filter().matches_no_users() {
            return Ok(Vec::new());
        }
        self.timed(Box::pin(self.page(query))).await
    }

    async fn count(&self, filter: &AccountFilter) -> Result<u64> {
        check_supported(filter)?;
        if filter.filter().matches_no_users() {
            return Ok(0);
        }
        let sql = self.statements().count(filter);
        let rows = self.timed(Box::pin(async { Ok(self.shared.driver.fetch(&sql).await?) })).await?;
        Ok(first_int(&rows)?.unwrap_or(0).cast_unsigned())
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        on_runtime(Box::pin(self.apply(commit))).await?
    }

    async fn clear(&self) -> Result<()> {
        on_runtime(Box::pin(self.delete_all())).await?
    }
}

#[async_trait]
impl RecordStore for SqlStore {
    async fn records(&self, collection: &str, keys: &[&str]) -> Result<Vec<Record>> {
        let Shared { driver, prefix, .. } = &*self.shared;
        self.timed(Box::pin(records::by_keys(driver, prefix, collection, keys))).await
    }

    async fn records_after(&self, collection: &str, after: u64, limit: usize) -> Result<Vec<StoredRecord>> {
        let Shared { driver, prefix, .. } = &*self.shared;
        self.timed(Box::pin(records::after(driver, prefix, collection, after, limit))).await
    }
}

fn timed_out() -> Error {
    Error::new(ErrorKind::Timeout).with_message("the database did not respond within the operation timeout")
}

#[cfg(all(test, feature = "sqlite"))]
mod tests;
