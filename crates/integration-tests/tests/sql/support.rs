//! Databases for tests, and directories on them.

use std::fmt;
use std::time::Duration;

use integration_tests::postgres::Cluster;
use integration_tests::printed;
use tempfile::TempDir;
use user_directory::store_directory::InstanceSettings;
use user_directory::{Error, ErrorKind, NewUser, Result};
use user_directory_sql::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use user_directory_sql::sqlx::{self, ConnectOptions as _, Row as _};
use user_directory_sql::{EncryptionKeys, SqlUserDirectory, SqlUserDirectoryBuilder};

/// A secret of an authenticator app, as long as those of applications.
pub(crate) const TOTP_SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

/// An empty database for one test.
pub(crate) struct Database {
    url: String,
    kind: Kind,
}

enum Kind {
    File(TempDir),
    Memory,
    Postgres { cluster: &'static Cluster, name: String },
}

/// Names the database in messages of assertions.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::File(_) => "SQLite file",
            Kind::Memory => "SQLite in memory",
            Kind::Postgres { .. } => "PostgreSQL",
        })
    }
}

impl Database {
    pub(crate) fn file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("users.db").display());
        Self { url, kind: Kind::File(folder) }
    }

    pub(crate) fn memory() -> Self {
        Self { url: "sqlite::memory:".to_owned(), kind: Kind::Memory }
    }

    /// Returns `None` if PostgreSQL is not installed.
    pub(crate) fn postgres() -> Option<Self> {
        let cluster = Cluster::shared()?;
        let name = cluster.database_name();
        Some(Self { url: cluster.url(&name), kind: Kind::Postgres { cluster, name } })
    }

    /// Returns one of each kind that several directories can open: a SQLite file, and PostgreSQL if it is installed.
    pub(crate) fn shareable() -> Vec<Self> {
        [Some(Self::file()), Self::postgres()].into_iter().flatten().collect()
    }

    /// Returns one of each kind.
    pub(crate) fn all() -> Vec<Self> {
        let mut databases = Self::shareable();
        databases.push(Self::memory());
        databases
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.kind, Kind::Postgres { .. })
    }

    /// Opens the database and creates the tables.
    pub(crate) async fn open(&self) -> SqlUserDirectory {
        self.open_with(builder()).await
    }

    pub(crate) async fn open_with(&self, builder: SqlUserDirectoryBuilder) -> SqlUserDirectory {
        open(builder, &self.url).await
    }

    /// Opens the database as [`open`](Self::open) does. The directory hashes passwords quickly.
    pub(crate) async fn open_fast(&self, settings: InstanceSettings) -> SqlUserDirectory {
        self.open_with(builder().settings(settings.bcrypt_cost(4))).await
    }

    /// Runs a statement outside of the store.
    pub(crate) async fn execute(&self, sql: &str) {
        match &self.kind {
            Kind::Postgres { cluster, name } => drop(cluster.sql(name, sql)),
            _ => drop(sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut self.connect().await).await.unwrap()),
        }
    }

    /// Runs a query outside of the store, and returns the first column of the first row.
    pub(crate) async fn value(&self, sql: &str) -> String {
        if let Kind::Postgres { cluster, name } = &self.kind {
            return cluster.sql(name, sql);
        }
        let sql = format!("SELECT CAST(({sql}) AS TEXT)");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_one(&mut self.connect().await).await.unwrap();
        row.get(0)
    }

    /// Returns everything that the database stores on the disk.
    pub(crate) fn content(&self) -> Vec<u8> {
        match &self.kind {
            Kind::File(folder) => {
                let files = std::fs::read_dir(folder.path()).unwrap();
                files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
            }
            Kind::Postgres { cluster, name } => cluster.dump(name).into_bytes(),
            Kind::Memory => panic!("this database is not on a disk"),
        }
    }

    /// Returns the database as SQL.
    pub(crate) async fn dump(&self) -> String {
        match &self.kind {
            Kind::Postgres { cluster, name } => cluster.dump(name),
            _ => crate::dump::dump(&mut self.connect().await).await,
        }
    }

    /// Opens a connection to a SQLite file, which it creates.
    pub(crate) async fn connect(&self) -> SqliteConnection {
        assert!(matches!(self.kind, Kind::File(_)), "{self:?}");
        let options: SqliteConnectOptions = self.url.parse().unwrap();
        options.create_if_missing(true).busy_timeout(Duration::from_secs(5)).connect().await.unwrap()
    }
}

/// Opens the database of a URL and creates the tables.
pub(crate) async fn open(builder: SqlUserDirectoryBuilder, url: &str) -> SqlUserDirectory {
    let directory = builder.open(url).await.unwrap();
    directory.migrate().await.unwrap();
    directory
}

pub(crate) fn builder() -> SqlUserDirectoryBuilder {
    SqlUserDirectory::builder().settings(InstanceSettings::permissive()).encryption_keys(keys())
}

pub(crate) fn keys() -> EncryptionKeys {
    EncryptionKeys::new().key("test", &[7; 32]).unwrap()
}

/// A new user with the email address `<name>@example.com` and the external id `<name>`.
pub(crate) fn user(name: &str) -> NewUser {
    NewUser::new().email_address(format!("{name}@example.com")).external_id(name)
}

/// A new user with secrets that have to be encrypted.
pub(crate) fn user_with_secrets(name: &str) -> NewUser {
    user(name).totp_secret(TOTP_SECRET).backup_codes(["backup-code-1", "backup-code-2"])
}

/// Asserts the kind of an error of a call that changed nothing, and returns it.
#[track_caller]
pub(crate) fn assert_nothing_changed<T: fmt::Debug>(result: Result<T>, kinds: &[ErrorKind]) -> Error {
    let error = result.unwrap_err();
    assert!(kinds.contains(&error.kind()), "{error:?}");
    assert!(!error.is_outcome_unknown(), "{error:?}");
    assert!(error.operation().is_some(), "{error:?}");
    error
}

/// Asserts that the error, its causes and its debug output contain none of the texts.
#[track_caller]
pub(crate) fn assert_hides(error: &Error, secrets: &[&str]) {
    let text = printed(error);
    for secret in secrets {
        assert!(!text.contains(secret), "{text}");
    }
}
