//! A SQLite database as SQL.

use std::fmt::Write as _;

use user_directory_sql::sqlx::sqlite::SqliteConnection;
use user_directory_sql::sqlx::{self, AssertSqlSafe, Row as _};

/// Returns statements that restore the database in an empty one.
pub(crate) async fn dump(connection: &mut SqliteConnection) -> String {
    let mut dump = "PRAGMA foreign_keys = OFF;\nBEGIN;\n".to_owned();
    let objects =
        "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid";
    let objects = sqlx::query(objects).fetch_all(&mut *connection).await.unwrap();
    let objects: Vec<(String, String, String)> =
        objects.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let is_virtual = |sql: &str| sql.starts_with("CREATE VIRTUAL TABLE");
    let virtual_tables: Vec<_> = objects.iter().filter(|(.., sql)| is_virtual(sql)).map(|(_, name, _)| name).collect();
    // A virtual table creates its own tables.
    let is_shadow = |name: &str| virtual_tables.iter().any(|table| name.starts_with(&format!("{table}_")));

    for (_, name, sql) in objects.iter().filter(|(kind, ..)| kind == "table") {
        if !is_shadow(name) {
            writeln!(dump, "{sql};").unwrap();
        }
    }
    for (_, name, sql) in objects.iter().filter(|(kind, ..)| kind == "table") {
        if !is_virtual(sql) {
            dump_rows(connection, name, &mut dump).await;
        }
    }
    let sequences = "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_sequence'";
    if sqlx::query_scalar::<_, i64>(sequences).fetch_one(&mut *connection).await.unwrap() > 0 {
        dump_rows(connection, "sqlite_sequence", &mut dump).await;
    }
    for (.., sql) in objects.iter().filter(|(kind, ..)| kind != "table") {
        writeln!(dump, "{sql};").unwrap();
    }
    dump + "COMMIT;\n"
}

async fn dump_rows(connection: &mut SqliteConnection, table: &str, dump: &mut String) {
    let columns =
        format!("SELECT group_concat('quote(\"' || name || '\")', ' || '', '' || ') FROM pragma_table_info('{table}')");
    let columns: String = sqlx::query_scalar(AssertSqlSafe(columns)).fetch_one(&mut *connection).await.unwrap();
    let rows = format!("SELECT {columns} FROM \"{table}\"");
    let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&mut *connection).await.unwrap();
    writeln!(dump, "DELETE FROM \"{table}\";").unwrap();
    for row in rows {
        writeln!(dump, "INSERT INTO \"{table}\" VALUES ({row});").unwrap();
    }
}
