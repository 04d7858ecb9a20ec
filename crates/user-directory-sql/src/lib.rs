//! SQLite and PostgreSQL implementations of [`UserDirectory`](user_directory::UserDirectory).
//!
//! [`SqlUserDirectory`] implements all operations with Clerk's semantics and error codes, so an application that uses
//! `UserDirectory` can run on Clerk or on its own database.
//!
//! ```
//! use user_directory::{NewUser, UserDirectory, UserQuery};
//! use user_directory_sql::SqlUserDirectory;
//!
//! # tokio_test::block_on(async {
//! # let file = tempfile::tempdir().unwrap();
//! # let url = format!("sqlite:{}/users.db", file.path().display());
//! // For example, `let url = "sqlite:users.db";`.
//! let directory = SqlUserDirectory::open(&url).await?;
//! directory.migrate().await?;
//!
//! directory.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?;
//! assert_eq!(directory.list(&UserQuery::new()).await?.len(), 1);
//! # Ok::<_, user_directory::Error>(()) }).unwrap();
//! ```
//!
//! The guide explains how to [choose and operate a store](user_directory::guide::choosing_a_store).
//!
//! # Overview
//!
//! | topic | items |
//! | --- | --- |
//! | the directory | [`SqlUserDirectory`] |
//! | settings | [`SqlUserDirectoryBuilder`]: instance settings, table prefix, connections, timeouts and encryption keys |
//! | storage | [`SqlStore`]: migrations, key rotation and shutdown |
//! | tables | [`schema`]: the columns that applications can read and join |
//! | secrets at rest | [`EncryptionKeys`] |
//!
//! # Databases
//!
//! | URL | database | feature |
//! | --- | --- | --- |
//! | `sqlite:users.db`, `sqlite:///var/lib/app/users.db` | a SQLite file, which is created if it is missing | `sqlite` |
//! | `sqlite::memory:` | an in-memory SQLite database, which is lost when the directory and its clones are dropped | `sqlite` |
//! | `postgres://user:password@host/database` | PostgreSQL 15 or later | `postgres` |
//!
//! On PostgreSQL, this crate requires the `pg_trgm` extension, which is one of the contrib modules.
//! [`migrate`](SqlUserDirectory::migrate) creates the extension if the database user has the required privilege.
//!
//! In a PostgreSQL URL, the `sslmode` parameter controls TLS: `disable`, `prefer` (the default), `require`, `verify-ca`
//! or `verify-full`. The `sslrootcert` parameter is the path to a file with root certificates that are trusted in
//! addition to the system's root certificates. A URL such as `postgres:///database?host=/var/run/postgresql` connects
//! to a Unix domain socket.
//!
//! # Selecting the store at runtime
//!
//! This function opens the directory selected by `setting`, which can come from an environment variable:
//!
//! ```
//! use std::sync::Arc;
//! use user_directory::{ClerkUserDirectory, InMemoryUserDirectory, UserDirectory};
//! use user_directory_sql::{EncryptionKeys, SqlUserDirectory};
//!
//! /// Opens the directory for `memory`, `clerk` or a database URL. `keys` is passed to `EncryptionKeys::parse`.
//! async fn open(setting: &str, keys: &str) -> Result<Arc<dyn UserDirectory>, Box<dyn std::error::Error>> {
//!     Ok(match setting {
//!         "memory" => Arc::new(InMemoryUserDirectory::new()),
//!         "clerk" => Arc::new(ClerkUserDirectory::from_env()?),
//!         url => {
//!             let keys = EncryptionKeys::parse(keys)?;
//!             let directory = SqlUserDirectory::builder().encryption_keys(keys).open(url).await?;
//!             directory.migrate().await?;
//!             Arc::new(directory)
//!         }
//!     })
//! }
//! # tokio_test::block_on(async {
//! # for setting in ["memory", "sqlite::memory:"] {
//! #     let users = open(setting, "1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=").await.unwrap();
//! #     assert_eq!(users.count(&user_directory::UserFilter::new()).await.unwrap(), 0);
//! # }
//! # assert!(open("mysql:users", "").await.is_err());
//! # });
//! ```
//!
//! # Tables
//!
//! [`migrate`](SqlUserDirectory::migrate) creates the tables, or migrates them to this crate's schema version. If the
//! tables are missing or have a different schema version, calls fail with
//! [`Configuration`](user_directory::ErrorKind::Configuration). The version is not checked again after the first
//! successful check. To deploy a new schema version, stop all processes that use the old version, migrate, and then
//! start processes that use the new version.
//!
//! Applications may read and join [some of the tables](schema#tables-for-applications). They can use the directory's
//! connection pool, as in this example, or pass their own pool to
//! [`open_sqlite_pool`](SqlUserDirectoryBuilder::open_sqlite_pool) or
//! [`open_postgres_pool`](SqlUserDirectoryBuilder::open_postgres_pool):
//!
//! ```
//! # tokio_test::block_on(async {
//! use user_directory::{NewUser, UserDirectory};
//! use user_directory_sql::SqlUserDirectory;
//! use user_directory_sql::sqlx;
//!
//! let directory = SqlUserDirectory::open("sqlite::memory:").await?;
//! directory.migrate().await?;
//! let pool = directory.store().sqlite_pool().expect("the database is SQLite");
//! let create_orders = "CREATE TABLE orders (
//!     id INTEGER PRIMARY KEY,
//!     user_id TEXT NOT NULL REFERENCES user_directory_users (user_id) ON DELETE CASCADE
//! )";
//! sqlx::query(create_orders).execute(pool).await?;
//!
//! let ada = directory.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?;
//! sqlx::query("INSERT INTO orders (user_id) VALUES ($1)").bind(ada.id.as_str()).execute(pool).await?;
//!
//! let select = "SELECT orders.id, users.primary_email_address
//!               FROM orders JOIN user_directory_users AS users USING (user_id) WHERE NOT users.banned";
//! let orders: Vec<(i64, String)> = sqlx::query_as(select).fetch_all(pool).await?;
//! assert_eq!(orders, [(1, "ada@example.com".to_owned())]);
//! # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! # Secrets
//!
//! Passwords are stored only as digests. TOTP secrets, backup codes and OAuth tokens are encrypted with
//! [`EncryptionKeys`]. Verification nonces and the [ticket URLs](user_directory::model::TicketUrl) of invitations and
//! verifications are stored in plain text.
//!
//! Without an encryption key, operations that store TOTP secrets, backup codes or OAuth tokens fail with
//! [`Configuration`](user_directory::ErrorKind::Configuration):
//!
//! ```
//! use user_directory::{NewUser, UserDirectory};
//! use user_directory_sql::{EncryptionKeys, SqlUserDirectory};
//!
//! # tokio_test::block_on(async {
//! let new = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
//! let new = new.totp_secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP");
//!
//! let directory = SqlUserDirectory::open("sqlite::memory:").await?;
//! directory.migrate().await?;
//! let error = directory.create(&new).await.unwrap_err();
//! assert_eq!(error.kind(), user_directory::ErrorKind::Configuration);
//!
//! // A key is an id and 32 random bytes in Base64. In production, read it from the environment or a secret manager.
//! let keys = EncryptionKeys::parse("2026-05:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")?;
//! let directory = SqlUserDirectory::builder().encryption_keys(keys).open("sqlite::memory:").await?;
//! directory.migrate().await?;
//! assert!(directory.create(&new).await?.totp_enabled);
//! # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! # Consistency and durability
//!
//! - Each write is one transaction. Unique indexes ensure that no two users own the same identifier, even if multiple
//!   processes write concurrently.
//! - Futures can be dropped at any time. A dropped write is applied completely or not at all, and leaves no open
//!   transaction.
//! - Successful writes survive a process crash. With default settings, they also survive a power failure: SQLite files
//!   are opened with a write-ahead log and `synchronous = FULL`. If you pass your own pool, configure these settings
//!   yourself.
//! - Writes that encounter a serialization failure, a deadlock or a busy database are retried until the [retry
//!   timeout](SqlUserDirectoryBuilder::retry_timeout) elapses.
//!
//! # Errors
//!
//! As in other implementations, rejected calls fail with error kinds such as
//! [`NotFound`](user_directory::ErrorKind::NotFound). Database failures have these kinds:
//!
//! | kind | cause |
//! | --- | --- |
//! | [`Connect`](user_directory::ErrorKind::Connect) | no connection could be opened, all connections in the pool or on the server were in use, or the store is closed |
//! | [`Transport`](user_directory::ErrorKind::Transport) | the connection was lost |
//! | [`Timeout`](user_directory::ErrorKind::Timeout) | the [operation timeout](SqlUserDirectoryBuilder::operation_timeout) was exceeded |
//! | [`Unavailable`](user_directory::ErrorKind::Unavailable) | the server is shutting down or out of memory, the disk is full or failing, the database is read-only, or a call that is not retried conflicted with a concurrent transaction |
//! | [`Locked`](user_directory::ErrorKind::Locked) | a write conflicted with concurrent transactions until the retry timeout elapsed |
//! | [`Conflict`](user_directory::ErrorKind::Conflict) | a row in an application table references the user to be deleted |
//! | [`Configuration`](user_directory::ErrorKind::Configuration) | credentials, privileges, tables or encryption keys are missing or wrong, or the schema version differs |
//! | [`Decode`](user_directory::ErrorKind::Decode) | a stored row is malformed |
//! | [`Server`](user_directory::ErrorKind::Server) | any other database failure, such as a damaged SQLite file |
//!
//! For a write, [`is_outcome_unknown`](user_directory::Error::is_outcome_unknown) returns `true` only if the failure
//! happened during the database commit. Error messages contain no SQL, values or URLs.
//!
//! # Performance
//!
//! These queries use indexes:
//!
//! - lookups by id, identifier and organization;
//! - lists of banned users;
//! - lists ordered by creation time;
//! - lists ordered by the time of the last update, last activity or last sign-in, in descending order;
//! - text queries of three or more characters, which use a trigram index (FTS5 in SQLite, `pg_trgm` in PostgreSQL).
//!
//! All other queries, such as shorter text queries and lists ordered by name, may scan all users.
//!
//! # Features and compatibility
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `sqlite` | yes | SQLite, compiled into the program |
//! | `postgres` | yes | PostgreSQL, with TLS via rustls |
//! | `webhooks` | | `SqlUserDirectoryBuilder::emit_events` |
//!
//! The `password-hashes` feature of `user_directory` is required to verify imported password digests that are not based
//! on bcrypt.
//!
//! The minimum supported Rust version is 1.94, as required by sqlx. The public dependencies are `user_directory` and
//! sqlx 0.9, which is re-exported as [`sqlx`].
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
compile_error!("enable at least one of the features `sqlite` and `postgres`");

mod builder;
mod commit;
mod directory;
mod driver;
mod encryption;
mod error;
mod filter;
mod normalization;
mod query;
mod records;
mod rows;
pub mod schema;
mod sql;
mod store;
mod url;

pub use builder::SqlUserDirectoryBuilder;
pub use directory::SqlUserDirectory;
pub use encryption::{EncryptionKeys, InvalidKey};
pub use sqlx;
pub use store::SqlStore;

/// Compiles and runs the code in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
