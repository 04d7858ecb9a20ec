//! Builds the statements that read accounts.

use user_directory::model::{Direction, OrderBy, OrderField};
use user_directory::store::{AccountFilter, AccountQuery};
use user_directory::{Error, ErrorKind, Result};

use crate::driver::Dialect;
use crate::filter::{Conditions, indexed_needles};
use crate::rows::{ACCOUNT_COLUMNS, creation_order};
use crate::schema::Prefix;
use crate::sql::{Sql, to_int};

/// The number of rows that a partial-match query scans before it uses the trigram index.
///
/// The rows are scanned in order of creation. A page of 100 users is full if at least 1 in 40 users matches.
pub(crate) const SCANNED_ROWS: i64 = 4_000;

/// The way in which the database finds the rows that match a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// The database chooses the plan.
    Any,
    /// Reads and sorts the complete rows of all matches, which are few because the filter selects users by id or
    /// identifier. A subquery would take several times as long in SQLite.
    Few,
    /// Scans the first [`SCANNED_ROWS`] rows in the requested order.
    Scan,
    /// Searches the trigram index.
    Trigrams,
    /// Scans the whole table. An index on the sort column would be slower, because the rows would be read individually.
    Table,
}

/// A builder for the statements that read accounts.
#[derive(Clone, Copy)]
pub(crate) struct Statements<'a> {
    pub(crate) prefix: &'a Prefix,
    pub(crate) dialect: Dialect,
}

impl Statements<'_> {
    /// Returns the statement that reads a page.
    pub(crate) fn page(self, query: &AccountQuery<'_>, plan: Plan) -> Result<Sql> {
        let order = Order::new(query.order_by)?;
        let mut sql = Sql::new(format!("SELECT {ACCOUNT_COLUMNS}"));
        if plan == Plan::Few {
            self.matches(&mut sql, query, &order, plan);
            limit(&mut sql, query);
            return Ok(sql);
        }
        sql.push(" FROM (");
        match (plan, self.dialect) {
            #[cfg(feature = "sqlite")]
            (Plan::Scan, Dialect::Sqlite) => self.scan(&mut sql, query, &order),
            _ => {
                order.select(&mut sql);
                self.matches(&mut sql, query, &order, plan);
            }
        }
        limit(&mut sql, query);
        sql.push(&self.prefix.apply(") page JOIN {p}users u ON u.sequence = page.sequence"));
        order.push(&mut sql, |_, index| format!("page.order{index}"));
        Ok(sql)
    }

    /// Returns the statement that counts the matches.
    pub(crate) fn count(self, filter: &AccountFilter) -> Sql {
        let mut sql = Sql::new("SELECT count(*)");
        if filter.matches_all() {
            sql.push(&self.prefix.apply(" FROM {p}search"));
            return sql;
        }
        let indexed = !indexed_needles(filter).is_empty() && !crate::filter::names_users(filter);
        sql.push(&self.prefix.apply(match (self.dialect, indexed) {
            #[cfg(feature = "sqlite")]
            (Dialect::Sqlite, true) => FROM_TRIGRAMS,
            _ => " FROM {p}search s",
        }));
        let mut conditions = Conditions::new(&mut sql, self.prefix);
        if indexed {
            self.trigrams(&mut conditions, filter);
        }
        conditions.filter(filter, self.dialect);
        sql
    }

    /// Returns the statement that reads the exclusive owners of identifiers.
    ///
    /// `identifiers` contains `(kind, value)` pairs in order.
    pub(crate) fn owners(self, identifiers: &[(&str, &str)]) -> Sql {
        let mut sql = Sql::new("");
        for (index, kind) in identifiers.chunk_by(|a, b| a.0 == b.0).enumerate() {
            let select = "SELECT kind, value, user_id FROM {p}identifiers WHERE exclusive AND kind = ";
            // Each kind has its own `SELECT`, because SQLite scans the whole index for a condition with `OR`.
            sql.push(if index > 0 { " UNION ALL " } else { "" }).push(&self.prefix.apply(select)).bind(kind[0].0);
            sql.push(" AND value IN ").bind_list(kind.iter().map(|(_, value)| *value));
        }
        if identifiers.len() > 4 {
            sql.once();
        }
        sql
    }

    /// Appends the clauses `FROM`, `WHERE` and `ORDER BY` for the matching rows.
    fn matches(self, sql: &mut Sql, query: &AccountQuery<'_>, order: &Order, plan: Plan) {
        self.source(sql, query, order, plan);
        let mut conditions = Conditions::new(sql, self.prefix);
        if plan == Plan::Trigrams {
            self.trigrams(&mut conditions, query.filter);
        }
        if plan != Plan::Scan {
            after(&mut conditions, query);
        }
        conditions.filter(query.filter, self.dialect);
        // An expression prevents the database from using the index of the column.
        let suffix = if plan == Plan::Table { " + 0" } else { "" };
        order.push(sql, |column, _| format!("s.{column}{suffix}"));
    }

    /// Appends a `SELECT` of the matching rows among the first [`SCANNED_ROWS`] rows, in order.
    ///
    /// If these rows were selected by a subquery with a limit, SQLite would read all of them to sort them again.
    /// Therefore, this statement first finds the last of the rows. It then reads the index up to this row until the
    /// page is full.
    #[cfg(feature = "sqlite")]
    fn scan(self, sql: &mut Sql, query: &AccountQuery<'_>, order: &Order) {
        let (before, until, end) = match query.order_by.direction {
            Direction::Descending => (">", ">=", i64::MIN),
            Direction::Ascending => ("<", "<=", i64::MAX),
        };
        sql.push(
            &self
                .prefix
                .apply("WITH last AS MATERIALIZED (SELECT * FROM (SELECT creation_order, sequence FROM {p}search s"),
        );
        after(&mut Conditions::new(sql, self.prefix), query);
        order.push(sql, |column, _| format!("s.{column}"));
        sql.push(" LIMIT 1 OFFSET ").bind(SCANNED_ROWS - 1);
        // If there are fewer rows, the scan includes all of them.
        sql.push(&format!(") UNION ALL SELECT {end}, {end} LIMIT 1) "));
        // In a row comparison, SQLite uses the index only for the first column. Therefore, the rows with the same time
        // as the last row are a separate range.
        let ranges = [
            format!("s.creation_order {before} (SELECT creation_order FROM last)"),
            format!(
                "s.creation_order = (SELECT creation_order FROM last) AND s.sequence {until} (SELECT sequence FROM last)"
            ),
        ];
        for (index, range) in ranges.iter().enumerate() {
            sql.push(if index > 0 { " UNION ALL " } else { "" });
            order.select(sql);
            sql.push(&self.prefix.apply(" FROM {p}search s INDEXED BY {p}search_creation"));
            let mut conditions = Conditions::new(sql, self.prefix);
            conditions.and().push(range);
            after(&mut conditions, query);
            conditions.filter(query.filter, self.dialect);
        }
        order.push(sql, |_, index| format!("order{index}"));
    }

    /// Appends a `FROM` clause that gives the rows the alias `s`.
    fn source(self, sql: &mut Sql, query: &AccountQuery<'_>, order: &Order, plan: Plan) {
        match plan {
            Plan::Any | Plan::Table => {
                sql.push(&self.prefix.apply(" FROM {p}search s"));
            }
            Plan::Few => {
                sql.push(&self.prefix.apply(" FROM {p}search s JOIN {p}users u ON u.sequence = s.sequence"));
            }
            Plan::Scan => {
                sql.push(&self.prefix.apply(" FROM (SELECT s.* FROM {p}search s"));
                after(&mut Conditions::new(sql, self.prefix), query);
                order.push(sql, |column, _| format!("s.{column}"));
                sql.push(" LIMIT ").bind(SCANNED_ROWS).push(") s");
            }
            Plan::Trigrams => match self.dialect {
                #[cfg(feature = "sqlite")]
                Dialect::Sqlite => {
                    sql.push(&self.prefix.apply(FROM_TRIGRAMS));
                }
                // `OFFSET 0` prevents the planner from scanning the index of the order and testing each row.
                #[cfg(feature = "postgres")]
                Dialect::Postgres => {
                    sql.push(&self.prefix.apply(" FROM (SELECT s.* FROM {p}search s"));
                    self.trigrams(&mut Conditions::new(sql, self.prefix), query.filter);
                    sql.push(" OFFSET 0) s");
                }
            },
        }
    }

    /// Adds the condition that uses the trigram index.
    fn trigrams(self, conditions: &mut Conditions<'_>, filter: &AccountFilter) {
        match self.dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => {
                let condition = self.prefix.apply("f.{p}search_trigrams MATCH ");
                conditions.and().push(&condition).bind(trigram_query(&indexed_needles(filter)));
            }
            #[cfg(feature = "postgres")]
            Dialect::Postgres => {
                for needle in indexed_needles(filter) {
                    // The pattern must be known when PostgreSQL plans the query, so the plan is not cached.
                    conditions.and().once().push("s.search_text LIKE ").bind(like_pattern(needle));
                }
            }
        }
    }
}

/// A `FROM` clause that searches the trigram index first.
///
/// SQLite executes a `CROSS JOIN` in the order of its tables.
#[cfg(feature = "sqlite")]
const FROM_TRIGRAMS: &str = " FROM {p}search_trigrams f CROSS JOIN {p}search s ON s.sequence = f.rowid";

/// Appends the limit and the offset of a query.
fn limit(sql: &mut Sql, query: &AccountQuery<'_>) {
    sql.push(" LIMIT ").bind(to_int(query.limit)).push(" OFFSET ").bind(to_int(query.offset));
}

/// Restricts the rows to those after the position of the query, if it has one.
fn after(conditions: &mut Conditions<'_>, query: &AccountQuery<'_>) {
    let Some(after) = query.after else { return };
    let comparison = match query.order_by.direction {
        Direction::Descending => "<",
        Direction::Ascending => ">",
    };
    let sql = conditions.and().push("(s.creation_order, s.sequence) ").push(comparison).push(" (");
    sql.bind(creation_order(after)).push(", ").bind(after.sequence().cast_signed()).push(")");
}

/// The order of the rows.
struct Order {
    /// A column of the `search` table, or `None` for the order of creation.
    column: Option<&'static str>,
    direction: Direction,
}

impl Order {
    fn new(order_by: OrderBy) -> Result<Self> {
        let column = match order_by.field {
            OrderField::CreatedAt => None,
            OrderField::UpdatedAt => Some("updated_at"),
            OrderField::LastActiveAt => Some("last_active_at"),
            OrderField::LastSignInAt => Some("last_sign_in_at"),
            OrderField::FirstName => Some("first_name"),
            OrderField::LastName => Some("last_name"),
            OrderField::Username => Some("username"),
            OrderField::EmailAddress => Some("email_address"),
            OrderField::PhoneNumber => Some("phone_number"),
            OrderField::Web3Wallet => Some("web3_wallet"),
            _ => return Err(Error::new(ErrorKind::Unsupported).with_message("the store does not support the order")),
        };
        Ok(Self { column, direction: order_by.direction })
    }

    /// Returns the columns of the `search` table that determine the order.
    fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.column.into_iter().chain(["creation_order", "sequence"])
    }

    /// Appends `SELECT`, the sequence number, and the columns that determine the order.
    fn select(&self, sql: &mut Sql) {
        sql.push("SELECT s.sequence");
        // The columns are needed again, because the outer query does not preserve the order of the subquery.
        for (index, column) in self.columns().enumerate() {
            sql.push(", s.").push(column).push(&format!(" AS order{index}"));
        }
    }

    /// Appends an `ORDER BY` clause. `name` maps the name and the index of a column to its name in the statement.
    fn push(&self, sql: &mut Sql, name: impl Fn(&str, usize) -> String) {
        let direction = match self.direction {
            Direction::Ascending => " ASC",
            Direction::Descending => " DESC",
        };
        for (index, column) in self.columns().enumerate() {
            sql.push(if index == 0 { " ORDER BY " } else { ", " }).push(&name(column, index));
            if self.column.is_none() {
                sql.push(direction);
            } else if index == 0 {
                sql.push(direction).push(" NULLS LAST");
            } else {
                // Users with equal values are sorted newest first.
                sql.push(" DESC");
            }
        }
    }
}

/// The maximum number of trigrams in a query.
///
/// Query time grows faster than linearly with the number of trigrams. The maximum does not change the result, because
/// the other conditions check the complete text.
#[cfg(feature = "sqlite")]
const MAX_TRIGRAMS: usize = 64;

/// Returns an FTS5 query for rows that contain all trigrams of the strings, up to [`MAX_TRIGRAMS`].
#[cfg(feature = "sqlite")]
fn trigram_query(needles: &[&str]) -> String {
    let mut trigrams = std::collections::BTreeSet::new();
    for needle in needles {
        let characters: Vec<char> = needle.chars().collect();
        trigrams.extend(characters.windows(3).map(|trigram| trigram.iter().collect::<String>()));
    }
    let quoted = trigrams.iter().take(MAX_TRIGRAMS).map(|trigram| format!("\"{}\"", trigram.replace('"', "\"\"")));
    quoted.collect::<Vec<_>>().join(" AND ")
}

/// Returns a `LIKE` pattern that matches text containing `needle`.
#[cfg(feature = "postgres")]
fn like_pattern(needle: &str) -> String {
    let mut pattern = String::with_capacity(needle.len() + 2);
    pattern.push('%');
    for character in needle.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(feature = "sqlite")]
    fn trigram_query_quotes_trigrams() {
        assert_eq!(trigram_query(&["ab\"c"]), "\"ab\"\"\" AND \"b\"\"c\"");
        assert_eq!(trigram_query(&["éab", "éab"]), "\"éab\"");
    }

    #[test]
    #[cfg(feature = "sqlite")]
    fn trigram_query_has_a_maximum_number_of_trigrams() {
        let long: String = (0..1_000).map(|number| number.to_string()).collect();
        assert_eq!(trigram_query(&[&long, "ada"]).split(" AND ").count(), MAX_TRIGRAMS);
    }

    #[test]
    #[cfg(feature = "postgres")]
    fn like_pattern_escapes_wildcards() {
        assert_eq!(like_pattern(r"a%b_c\"), r"%a\%b\_c\\%");
    }
}
