//! User directories on SQLite and PostgreSQL, for the crate [`user_directory`].
//!
//! [`SqlUserDirectory`] implements all operations of [`UserDirectory`](user_directory::UserDirectory) with Clerk's
//! semantics and error codes. [`SqlStore`] is its storage.
//!
//! ```
//! use user_directory::{NewUser, UserDirectory, UserQuery};
//! use user_directory_sql::SqlUserDirectory;
//!
//! # tokio_test::block_on(async {
//! # let file = tempfile::tempdir().unwrap();
//! # let url = format!("sqlite:{}/users.db", file.path().display());
//! // let url = "sqlite:users.db";
//! let directory = SqlUserDirectory::open(&url).await?;
//! directory.migrate().await?;
//!
//! directory.create(&NewUser::new().email_address("ada@example.com")).await?;
//! assert_eq!(directory.list(&UserQuery::new()).await?.len(), 1);
//! # Ok::<_, user_directory::Error>(()) }).unwrap();
//! ```
//!
//! # Databases
//!
//! | URL | database | feature |
//! | --- | --- | --- |
//! | `sqlite:users.db`, `sqlite:///var/lib/app/users.db` | a SQLite file, which is created if it is missing | `sqlite` |
//! | `sqlite::memory:` | SQLite in memory, as long as the directory exists | `sqlite` |
//! | `postgres://user:password@host/database` | PostgreSQL 15 or later | `postgres` |
//!
//! Both features are enabled by default. [`SqlUserDirectoryBuilder`] also accepts the connection pools of an
//! application.
//!
//! The parameter `sslmode` of a PostgreSQL URL controls TLS: `disable`, `prefer` (the default), `require`, `verify-ca` or
//! `verify-full`. `sslrootcert` is a file with root certificates. The default is those of the system. The URL
//! `postgres:///database?host=/var/run/postgresql` connects to a local socket.
//!
//! # Tables
//!
//! [`migrate`](SqlUserDirectory::migrate) creates the tables and migrates them to the version of this crate. Every call
//! fails with [`Configuration`](user_directory::ErrorKind::Configuration) while it has not been called, and if the tables
//! belong to a newer version. Deploy a new version of the crate as follows: stop the processes with the old version,
//! migrate, start the new version.
//!
//! Applications may read and join the tables. The module [`schema`] documents them.
//!
//! # Secrets
//!
//! Passwords are stored as digests only. TOTP secrets, backup codes and OAuth tokens are encrypted with
//! [`EncryptionKeys`]. Without a key, operations that would store such secrets fail with
//! [`Configuration`](user_directory::ErrorKind::Configuration).
//!
//! # Consistency and durability
//!
//! - A write is one transaction. The database guarantees that no two users own an identifier, also if several processes
//!   write.
//! - A dropped future leaves no open transaction. Its changes are applied completely or not at all.
//! - A successful write survives the end of the process, and with the default settings of this crate and of PostgreSQL
//!   also a power failure: SQLite files use the write-ahead log with `synchronous = FULL`. In a pool of your own, you
//!   choose these settings.
//! - Serialization failures, deadlocks and busy databases are retried within
//!   [`retry_timeout`](SqlUserDirectoryBuilder::retry_timeout).
//!
//! # Performance
//!
//! Indexes serve lookups by id, identifier, external id and organization, the newest and oldest users, banned users, and
//! the times of the last update, activity and sign-in. Partial matches of three or more characters use a trigram index
//! (FTS5 in SQLite, `pg_trgm` in PostgreSQL). Shorter ones and orders by text read all users.
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
mod query;
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
