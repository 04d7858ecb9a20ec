//! A migration that recomputes normalized text: identifiers, and the columns for filtering and sorting.

use jiff::Timestamp;
use serde::Deserialize;
use user_directory::User;
use user_directory::store::{Account, DocumentError};

use crate::driver::Transaction;
use crate::error::Failure;
use crate::rows::{SEARCH_COLUMNS, identifiers, search_values};
use crate::schema::Prefix;
use crate::sql::{Sql, Value};

/// The number of users read at a time.
const BATCH: i64 = 500;

/// The part of a user's document that contains the text to normalize. It can be read without encryption keys.
#[derive(Deserialize)]
struct Stored {
    user: User,
}

/// Recomputes the normalized text of all users.
///
/// If identifiers of two users become equal, both users keep their data, and filters find both users. Only one of them
/// owns the identifier exclusively: the user whose stored value does not change. If both values change, it is the user
/// who was inserted first.
pub(crate) async fn apply(transaction: &mut Transaction, prefix: &Prefix) -> Result<(), Failure> {
    // A process that started before the migration could otherwise write text in the old normalization.
    transaction.exclude_writers(&prefix.apply("{p}users, {p}identifiers, {p}search")).await?;
    let select =
        prefix.apply("SELECT sequence, user_id, document FROM {p}users WHERE sequence > $1 ORDER BY sequence LIMIT $2");
    let mut after = -1;
    loop {
        let rows = transaction.fetch(&Sql::new(select.as_str()).value(after).value(BATCH)).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.int(0)?;
        for row in &rows {
            let (sequence, user_id, document) = (row.int(0)?, row.text(1)?, row.text(2)?);
            // The normalization of ASCII text has not changed.
            if !document.is_ascii() {
                let Stored { user } = serde_json::from_str(document)
                    .map_err(|error| Failure::Other(DocumentError::from(error).into()))?;
                let account = Account::new(user, Timestamp::UNIX_EPOCH);
                update_search(transaction, prefix, sequence, &account).await?;
                update_identifiers(transaction, prefix, user_id, &account).await?;
            }
        }
    }
}

async fn update_search(
    transaction: &mut Transaction,
    prefix: &Prefix,
    sequence: i64,
    account: &Account,
) -> Result<(), Failure> {
    let mut sql = Sql::new(prefix.apply("UPDATE {p}search SET "));
    for (index, (column, value)) in SEARCH_COLUMNS.iter().zip(search_values(account)).enumerate() {
        sql.push(if index > 0 { ", " } else { "" }).push(column).push(" = ").bind(value);
    }
    sql.push(" WHERE sequence = ").bind(sequence);
    transaction.execute(&sql).await?;
    Ok(())
}

async fn update_identifiers(
    transaction: &mut Transaction,
    prefix: &Prefix,
    user_id: &str,
    account: &Account,
) -> Result<(), Failure> {
    let mut new = identifiers(account);
    let exclusive = "CASE WHEN exclusive THEN CAST(1 AS bigint) ELSE CAST(0 AS bigint) END";
    let select = prefix.apply(&format!("SELECT kind, value, {exclusive} FROM {{p}}identifiers WHERE user_id = $1"));
    let delete = prefix.apply("DELETE FROM {p}identifiers WHERE user_id = $1 AND kind = $2 AND value = $3");
    let old = transaction.fetch(&Sql::new(select).value(user_id)).await?;
    for row in &old {
        let (kind, value, exclusive) = (row.text(0)?, row.text(1)?, row.int(2)? == 1);
        let before = new.len();
        // A row can become exclusive if the user has an exclusive identifier that becomes equal to it.
        new.retain(|(new_kind, new_value), new_exclusive| {
            (*new_kind, new_value.as_str(), *new_exclusive) != (kind, value, exclusive)
        });
        if new.len() == before {
            transaction.execute(&Sql::new(delete.as_str()).value(user_id).value(kind).value(value)).await?;
        }
    }
    let owner = prefix.apply("SELECT 1 FROM {p}identifiers WHERE exclusive AND kind = $1 AND value = $2");
    let insert = prefix.apply("INSERT INTO {p}identifiers (user_id, kind, value, exclusive) VALUES ($1, $2, $3, $4)");
    for ((kind, value), exclusive) in new {
        let is_free = transaction.fetch(&Sql::new(owner.as_str()).value(kind).value(value.as_str())).await?.is_empty();
        let insert = Sql::new(insert.as_str()).value(user_id).value(kind).value(value);
        transaction.execute(&insert.value(Value::from(exclusive && is_free))).await?;
    }
    Ok(())
}
