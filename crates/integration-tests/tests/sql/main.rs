//! Tests of the SQL store on SQLite and PostgreSQL.

mod clusters;
mod differential;
