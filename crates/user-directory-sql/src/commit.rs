//! Writes a [`Commit`] in one transaction.

use std::collections::HashMap;
use std::sync::Arc;

use user_directory::Result;
use user_directory::store::{Account, Commit, CommitError, RecordChange, StoredAccount};

use crate::driver::{Dialect, Driver, Transaction, first_int};
use crate::encryption::EncryptionKeys;
use crate::error::Failure;
use crate::records;
use crate::rows::{SEARCH_COLUMNS, USER_COLUMNS, identifiers, organization_ids, search_values, user_values};
use crate::schema::Prefix;
use crate::sql::{Sql, Value, to_int};

/// The rows that a commit changes. They are prepared before the transaction begins, so that the transaction is short.
pub(crate) struct Changes {
    /// The inserted rows of the `users` table.
    insertions: Vec<Vec<Value>>,
    /// The inserted rows of the `search` table by user id, without the sequence numbers.
    search: HashMap<String, Vec<Value>>,
    updates: Vec<Update>,
    deletions: Vec<Arc<StoredAccount>>,
    removed_identifiers: Vec<(String, &'static str, String)>,
    /// The inserted rows of the `identifiers` table.
    ///
    /// They are sorted by kind and value, so that concurrent transactions insert them in the same order.
    added_identifiers: Vec<Vec<Value>>,
    removed_memberships: Vec<(String, String)>,
    added_memberships: Vec<Vec<Value>>,
    records: Vec<RecordChange>,
    /// The maximum number of accounts after the insertions.
    max_accounts: Option<u64>,
}

struct Update {
    before: Arc<StoredAccount>,
    /// The new values of the row in the `users` table.
    user: Vec<Value>,
    /// The columns of the `search` table that change.
    search: Vec<(&'static str, Value)>,
}

impl Changes {
    pub(crate) fn of(commit: Commit, keys: &EncryptionKeys) -> Result<Self> {
        let Commit { insertions, updates, deletions, records, max_accounts, .. } = commit;
        let mut changes = Self {
            insertions: Vec::with_capacity(insertions.len()),
            search: HashMap::with_capacity(insertions.len()),
            updates: Vec::with_capacity(updates.len()),
            deletions: deletions.into_iter().map(|deletion| deletion.before).collect(),
            removed_identifiers: Vec::new(),
            added_identifiers: Vec::new(),
            removed_memberships: Vec::new(),
            added_memberships: Vec::new(),
            records,
            max_accounts,
        };
        let mut added = Vec::new();
        for account in &insertions {
            changes.insertions.push(user_values(account, 1, keys)?);
            changes.search.insert(account.user.id.as_str().to_owned(), search_values(account));
            changes.compare(None, account, &mut added);
        }
        for update in updates {
            let (before, account) = (update.before, update.account);
            let user = user_values(&account, before.version + 1, keys)?;
            let columns = SEARCH_COLUMNS.into_iter().zip(search_values(&account)).zip(search_values(&before.account));
            let search = columns.filter(|((_, new), old)| new != old).map(|(column, _)| column).collect();
            changes.compare(Some(&before.account), &account, &mut added);
            changes.updates.push(Update { before, user, search });
        }
        // All transactions lock rows in the same order, so that they cannot deadlock.
        changes.updates.sort_by(|a, b| a.before.id().cmp(b.before.id()));
        changes.deletions.sort_by(|a, b| a.id().cmp(b.id()));
        changes.removed_identifiers.sort();
        added.sort();
        changes.added_identifiers = added
            .into_iter()
            .map(|(kind, value, user_id, exclusive)| {
                vec![user_id.into(), kind.into(), value.into(), Value::Bool(exclusive)]
            })
            .collect();
        Ok(changes)
    }

    /// Adds the differences between the identifiers and memberships of two versions of an account.
    fn compare(
        &mut self,
        before: Option<&Account>,
        account: &Account,
        added: &mut Vec<(&'static str, String, String, bool)>,
    ) {
        let id = account.user.id.as_str();
        let mut old = before.map(identifiers).unwrap_or_default();
        for ((kind, value), exclusive) in identifiers(account) {
            let key = (kind, value);
            if old.get(&key) == Some(&exclusive) {
                old.remove(&key);
            } else {
                added.push((key.0, key.1, id.to_owned(), exclusive));
            }
        }
        self.removed_identifiers.extend(old.into_keys().map(|(kind, value)| (id.to_owned(), kind, value)));
        let old = before.map(organization_ids).unwrap_or_default();
        let new = organization_ids(account);
        let removed = old.difference(&new).map(|organization| (id.to_owned(), (*organization).to_owned()));
        self.removed_memberships.extend(removed);
        let added = new.difference(&old).map(|organization| vec![id.into(), Value::from(*organization)]);
        self.added_memberships.extend(added);
    }

    /// Writes the rows in a transaction, and returns the uncommitted transaction.
    pub(crate) async fn apply(self, driver: &Driver, prefix: &Prefix) -> Result<Transaction, CommitError> {
        let mut transaction = driver.begin().await.map_err(Failure::before_commit)?;
        let error = match self.write(&mut transaction, prefix, driver.dialect()).await {
            Ok(true) => return Ok(transaction),
            Ok(false) => CommitError::Full,
            Err(failure) => failure.before_commit(),
        };
        transaction.rollback().await;
        Err(error)
    }

    /// Writes the rows. Returns `false` if the number of accounts would exceed the limit.
    async fn write(
        mut self,
        transaction: &mut Transaction,
        prefix: &Prefix,
        dialect: Dialect,
    ) -> Result<bool, Failure> {
        let max_accounts = self.max_accounts.filter(|_| !self.insertions.is_empty());
        if max_accounts.is_some() {
            transaction.lock(prefix.insertion_lock()).await?;
        }
        self.delete(transaction, prefix).await?;
        self.update(transaction, prefix).await?;
        if let Some(max) = max_accounts {
            let after = self.insertions.len() as u64;
            if after > max || count(transaction, prefix, max - after + 1).await? > max - after {
                return Ok(false);
            }
        }
        let records = std::mem::take(&mut self.records);
        self.insert(transaction, prefix, dialect.max_inserted_rows()).await?;
        records::apply(&records, transaction, prefix).await?;
        Ok(true)
    }

    async fn delete(&self, transaction: &mut Transaction, prefix: &Prefix) -> Result<(), Failure> {
        for before in &self.deletions {
            // The foreign keys of the other tables have `ON DELETE CASCADE`.
            let sql = "DELETE FROM {p}users WHERE user_id = $1 AND version = $2 AND sequence = $3";
            let sql = expecting(Sql::new(prefix.apply(sql)), before);
            execute_expecting(transaction, &sql).await?;
        }
        Ok(())
    }

    async fn update(&mut self, transaction: &mut Transaction, prefix: &Prefix) -> Result<(), Failure> {
        for Update { before, user, search } in std::mem::take(&mut self.updates) {
            let mut sql = expecting(Sql::new(prefix.apply("UPDATE {p}users SET ")), &before);
            // The first column is the id, which never changes.
            set(&mut sql, USER_COLUMNS.into_iter().zip(user).skip(1));
            sql.push(" WHERE user_id = $1 AND version = $2 AND sequence = $3");
            execute_expecting(transaction, &sql).await?;
            if !search.is_empty() {
                let mut sql = Sql::new(prefix.apply("UPDATE {p}search SET ")).value(before.sequence.cast_signed());
                set(&mut sql, search);
                sql.push(" WHERE sequence = $1");
                transaction.execute(&sql).await?;
            }
        }
        for (user_id, kind, value) in std::mem::take(&mut self.removed_identifiers) {
            let sql = "DELETE FROM {p}identifiers WHERE user_id = $1 AND kind = $2 AND value = $3";
            let sql = Sql::new(prefix.apply(sql)).value(user_id).value(kind).value(value);
            transaction.execute(&sql).await?;
        }
        for (user_id, organization_id) in std::mem::take(&mut self.removed_memberships) {
            let sql = "DELETE FROM {p}memberships WHERE user_id = $1 AND organization_id = $2";
            let sql = Sql::new(prefix.apply(sql)).value(user_id).value(organization_id);
            transaction.execute(&sql).await?;
        }
        Ok(())
    }

    async fn insert(mut self, transaction: &mut Transaction, prefix: &Prefix, max_rows: usize) -> Result<(), Failure> {
        let mut search = Vec::with_capacity(self.insertions.len());
        for mut sql in insert_statements(&prefix.apply("{p}users"), &USER_COLUMNS, self.insertions, max_rows) {
            sql.push(" RETURNING sequence, user_id");
            for row in transaction.fetch(&sql).await? {
                let mut values = self.search.remove(row.text(1)?).unwrap_or_default();
                values.push(row.int(0)?.into());
                search.push(values);
            }
        }
        let columns: Vec<&str> = SEARCH_COLUMNS.into_iter().chain(["sequence"]).collect();
        let tables = [
            ("{p}search", &*columns, search),
            ("{p}identifiers", &["user_id", "kind", "value", "exclusive"], self.added_identifiers),
            ("{p}memberships", &["user_id", "organization_id"], self.added_memberships),
        ];
        for (table, columns, rows) in tables {
            for sql in insert_statements(&prefix.apply(table), columns, rows, max_rows) {
                transaction.execute(&sql).await?;
            }
        }
        Ok(())
    }
}

/// Binds the id, version and sequence number of `before` to the placeholders `$1`, `$2` and `$3`.
fn expecting(sql: Sql, before: &StoredAccount) -> Sql {
    sql.value(before.id().as_str()).value(before.version.cast_signed()).value(before.sequence.cast_signed())
}

/// Executes a statement that changes one row.
///
/// Fails with a conflict if no row has the expected version.
async fn execute_expecting(transaction: &mut Transaction, sql: &Sql) -> Result<(), Failure> {
    match transaction.execute(sql).await? {
        0 => Err(Failure::Conflict),
        _ => Ok(()),
    }
}

/// Appends assignments of values to columns.
fn set(sql: &mut Sql, values: impl IntoIterator<Item = (&'static str, Value)>) {
    for (index, (column, value)) in values.into_iter().enumerate() {
        sql.push(if index > 0 { ", " } else { "" }).push(column).push(" = ").bind(value);
    }
}

/// Returns statements that insert the rows in order.
fn insert_statements(table: &str, columns: &[&str], rows: Vec<Vec<Value>>, max_rows: usize) -> Vec<Sql> {
    let mut statements = Vec::new();
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut sql = Sql::new(format!("INSERT INTO {table} ({}) VALUES ", columns.join(", ")));
        let mut count = 0;
        for row in rows.by_ref().take(max_rows) {
            sql.push(if count > 0 { ", " } else { "" }).bind_list(row);
            count += 1;
        }
        // Most users have few identifiers, so the statements for a few rows are used often.
        if count == 1 {
            sql.single();
        } else if count > 4 && count != max_rows {
            sql.once();
        }
        statements.push(sql);
    }
    statements
}

/// Returns the number of accounts, or `limit` if there are more.
async fn count(transaction: &mut Transaction, prefix: &Prefix, limit: u64) -> Result<u64, Failure> {
    let sql = Sql::new(prefix.apply("SELECT count(*) FROM (SELECT 1 FROM {p}users LIMIT $1) AS counted"));
    let rows = transaction.fetch(&sql.value(to_int(limit))).await?;
    Ok(first_int(&rows)?.unwrap_or(0).cast_unsigned())
}
