//! Reads and writes [`Record`]s.

use std::collections::BTreeMap;

use user_directory::store::{Record, RecordChange, StoredRecord};
use user_directory::{ErrorKind, Result};

use crate::driver::{Driver, Row, Transaction};
use crate::error::Failure;
use crate::schema::Prefix;
use crate::sql::{Sql, to_int};

/// The maximum number of keys in one statement.
const MAX_KEYS: usize = 1_000;

/// Returns the records with these keys.
pub(crate) async fn by_keys(driver: &Driver, prefix: &Prefix, collection: &str, keys: &[&str]) -> Result<Vec<Record>> {
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    keys.dedup();
    let mut records = Vec::with_capacity(keys.len());
    for keys in keys.chunks(MAX_KEYS) {
        let mut sql = Sql::new(prefix.apply("SELECT key, value FROM {p}records WHERE collection = "));
        sql.bind(collection).push(" AND key ").is_any_of(keys);
        for row in driver.fetch(&sql).await? {
            records.push(Record::new(collection, row.text(0)?, row.text(1)?));
        }
    }
    Ok(records)
}

/// Returns the first `limit` records after a position in a collection, ordered by position.
pub(crate) async fn after(
    driver: &Driver,
    prefix: &Prefix,
    collection: &str,
    after: u64,
    limit: usize,
) -> Result<Vec<StoredRecord>> {
    let sql = "SELECT key, value, position FROM {p}records WHERE collection = $1 AND position > $2 \
               ORDER BY position LIMIT $3";
    let sql = Sql::new(prefix.apply(sql)).value(collection).value(to_int(after)).value(to_int(limit));
    let read = |row: &Row| {
        let record = Record::new(collection, row.text(0)?, row.text(1)?);
        Ok::<_, Failure>(StoredRecord::new(record, row.int(2)?.cast_unsigned()))
    };
    Ok(driver.fetch(&sql).await?.iter().map(read).collect::<Result<_, _>>()?)
}

/// Applies changes, each to a different record.
///
/// Replacements are sorted by key, so that concurrent transactions cannot deadlock. Insertions keep their order, which
/// determines their positions.
pub(crate) async fn apply(
    changes: &[RecordChange],
    transaction: &mut Transaction,
    prefix: &Prefix,
) -> Result<(), Failure> {
    let mut removed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut replaced: Vec<&Record> = Vec::new();
    let mut inserted: Vec<&Record> = Vec::new();
    for change in changes {
        match change {
            RecordChange::Remove { collection, key } => removed.entry(collection).or_default().push(key),
            RecordChange::Put(record) => replaced.push(record),
            RecordChange::Insert(record) => inserted.push(record),
            _ => return Err(Failure::new(ErrorKind::Unsupported, "the change of a record is not supported")),
        }
    }
    for (collection, mut keys) in removed {
        keys.sort_unstable();
        for keys in keys.chunks(MAX_KEYS) {
            let mut sql = Sql::new(prefix.apply("DELETE FROM {p}records WHERE collection = "));
            sql.bind(collection).push(" AND key ").is_any_of(keys);
            transaction.execute(&sql).await?;
        }
    }
    replaced.sort_unstable_by_key(|record| (&record.collection, &record.key));
    let insert = prefix.apply("INSERT INTO {p}records (collection, key, value) VALUES ($1, $2, $3)");
    let replace = format!("{insert} ON CONFLICT (collection, key) DO UPDATE SET value = excluded.value");
    let statements = replaced.iter().map(|record| (&replace, record));
    for (text, Record { collection, key, value, .. }) in
        statements.chain(inserted.iter().map(|record| (&insert, record)))
    {
        let sql = Sql::new(text.as_str()).value(collection.as_str()).value(key.as_str()).value(value.as_str());
        transaction.execute(&sql).await?;
    }
    Ok(())
}
