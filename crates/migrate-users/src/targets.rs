//! The directories that users are imported into and exported from.

use std::env::VarError;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use user_directory::clerk::{ClerkBuilder, RateLimits, RetryPolicy};
use user_directory::store::UserStore;
use user_directory::store_directory::InstanceSettings;
use user_directory::{UserDirectory, UserFilter};
use user_directory_sql::sqlx::sqlite::SqliteConnectOptions;
use user_directory_sql::{EncryptionKeys, SqlUserDirectory};

use crate::Failure;

/// The environment variable with the keys that encrypt TOTP secrets and backup codes in a database.
pub const ENCRYPTION_KEYS: &str = "MIGRATE_USERS_ENCRYPTION_KEYS";
/// The timeout of the request that checks the connection.
const PROBE_TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Limits {
    /// The documented limits for the type of the key
    Key,
    /// 100 requests per 10 seconds
    Development,
    /// 1,000 requests per 10 seconds
    Production,
    /// No client-side limits
    Off,
}

impl Limits {
    fn rate_limits(self) -> Option<RateLimits> {
        let limits = RateLimits::default();
        match self {
            Self::Key => Some(limits),
            Self::Development => Some(limits.production(100)),
            Self::Production => Some(limits.development(1000)),
            Self::Off => None,
        }
    }
}

/// The location of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// Clerk or an emulator, as configured by the environment.
    Clerk,
    /// The URL of a database, which may contain a password.
    Database(String),
}

impl Location {
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "clerk" => Ok(Self::Clerk),
            url if is_in_memory(url) => {
                Err("must be a file, because a database in memory is lost when the command ends".to_owned())
            }
            url if ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme)) => {
                Ok(Self::Database(url.to_owned()))
            }
            _ => Err("must be clerk, sqlite:FILE or postgres://…".to_owned()),
        }
    }
}

/// A connected directory.
pub struct Target {
    directory: Arc<dyn UserDirectory>,
    /// The store of a database, which returns secrets.
    store: Option<Arc<dyn UserStore>>,
    /// A description of the directory, without secrets.
    pub description: String,
    /// Whether writes affect real users and require a confirmation.
    pub is_production: bool,
}

/// The parameters of a connection to a directory.
pub struct Connection<'a> {
    pub location: &'a Location,
    pub limits: Limits,
    pub concurrency: usize,
    /// The instance settings that a database applies.
    pub settings: InstanceSettings,
    /// Whether missing tables of a database are created.
    pub migrate: bool,
}

impl Connection<'_> {
    /// Connects, and checks that the directory responds.
    pub async fn open(self) -> Result<Target, Failure> {
        let target = match self.location {
            Location::Clerk => clerk(self.limits, self.concurrency)?,
            Location::Database(url) => database(url, self.settings, self.migrate).await?,
        };
        let filter = UserFilter::new();
        let count = target.directory.count(&filter);
        match tokio::time::timeout(PROBE_TIMEOUT, count).await {
            Ok(Ok(_)) => Ok(target),
            Ok(Err(error)) => Err(format!("{}: {}", target.description, with_advice(&error)).into()),
            Err(_) => Err(format!("{}: no response within 15 seconds", target.description).into()),
        }
    }
}

impl Target {
    pub fn directory(&self) -> &dyn UserDirectory {
        &*self.directory
    }

    pub fn store(&self) -> Option<&dyn UserStore> {
        self.store.as_deref()
    }
}

/// Connects to `CLERK_API_URL` with `CLERK_SECRET_KEY`, with timeouts and retries for a batch job.
fn clerk(limits: Limits, concurrency: usize) -> Result<Target, Failure> {
    // The import also retries, after it has printed the error.
    let policy = RetryPolicy::default()
        .attempts(5)
        .retry_timeout(Duration::from_secs(90))
        .max_retry_after(Duration::from_mins(1))
        .budget_percent(700);
    let mut builder =
        ClerkBuilder::from_env()?.retry(policy).timeout(Duration::from_mins(2)).max_in_flight(concurrency);
    if let Some(limits) = limits.rate_limits() {
        builder = builder.rate_limits(limits);
    }
    let is_production = std::env::var("CLERK_SECRET_KEY").is_ok_and(|key| key.trim().starts_with("sk_live_"));
    let url = std::env::var("CLERK_API_URL").ok().filter(|url| !url.is_empty());
    let url = url.unwrap_or_else(|| "https://api.clerk.com".to_owned());
    let instance = if is_production { "production" } else { "development" };
    let description = format!("the {instance} instance of Clerk at {}", without_credentials(&url));
    Ok(Target { directory: Arc::new(builder.build()?), store: None, description, is_production })
}

async fn database(url: &str, settings: InstanceSettings, migrate: bool) -> Result<Target, Failure> {
    let keys = match std::env::var(ENCRYPTION_KEYS) {
        Ok(keys) => EncryptionKeys::parse(&keys).map_err(|error| format!("{ENCRYPTION_KEYS}: {error}"))?,
        Err(VarError::NotPresent) => EncryptionKeys::new(),
        Err(VarError::NotUnicode(_)) => return Err(format!("{ENCRYPTION_KEYS} is not valid UTF-8").into()),
    };
    let description = format!("the database {}", without_credentials(url));
    if !migrate && sqlite_path(url).is_some_and(|path| !path.exists()) {
        // SQLite would create an empty file.
        return Err(format!("{description}: the file does not exist").into());
    }
    if migrate && let Some(path) = sqlite_path(url).filter(|_| creates_file(url)) {
        create_private(&path).map_err(|error| format!("{description}: {error}"))?;
    }
    let with_name = |error: user_directory::Error| format!("{description}: {}", with_advice(&error));
    let directory = SqlUserDirectory::builder().settings(settings).encryption_keys(keys).open(url).await;
    let directory = directory.map_err(with_name)?;
    if migrate {
        directory.migrate().await.map_err(with_name)?;
    }
    let store: Arc<dyn UserStore> = Arc::new(directory.store().clone());
    Ok(Target { directory: Arc::new(directory), store: Some(store), description, is_production: false })
}

/// Returns the message of an error. The error for missing or outdated tables names a function of the library.
fn with_advice(error: &user_directory::Error) -> String {
    error.to_string().replace("call `migrate` first", "`migrate-users import` creates and upgrades the tables")
}

/// Returns whether a URL refers to a SQLite database in memory.
fn is_in_memory(url: &str) -> bool {
    let Some(location) = url.strip_prefix("sqlite:") else { return false };
    let (path, query) = location.split_once('?').unwrap_or((location, ""));
    let name = path.trim_start_matches("//");
    matches!(name, ":memory:" | "file::memory:") || query.split('&').any(|pair| pair == "mode=memory")
}

/// Returns whether SQLite creates the file of a database that does not exist.
fn creates_file(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let is_immutable = |pair: &str| matches!(pair, "immutable=true" | "immutable=1");
    !query.split('&').any(|pair| is_immutable(pair) || pair.starts_with("mode=") && pair != "mode=rwc")
}

/// Creates an empty file that only the owner can read and write, unless the file exists. SQLite treats an empty file as
/// an empty database, and gives its other files the same permissions.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Returns the path of a SQLite database, unless it is in memory.
fn sqlite_path(url: &str) -> Option<PathBuf> {
    if !url.starts_with("sqlite:") || is_in_memory(url) {
        return None;
    }
    let options: SqliteConnectOptions = url.parse().ok()?;
    Some(options.get_filename().to_owned()).filter(|path| !path.as_os_str().is_empty())
}

/// Removes the credentials and the parameters of a URL.
fn without_credentials(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host)),
        None => url.to_owned(),
    }
}

/// Reads instance settings. By default, everything is enabled and nothing is required.
pub fn settings(path: Option<&Path>) -> Result<InstanceSettings, Failure> {
    let Some(path) = path else { return Ok(InstanceSettings::permissive()) };
    let failed = |problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
    let json = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    Ok(InstanceSettings::new().with_json(&json).map_err(|error| failed(&error))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_limits_depend_on_the_option_or_the_key() {
        let default = RateLimits::default();
        assert_eq!(Limits::Key.rate_limits(), Some(default));
        assert_eq!(Limits::Development.rate_limits(), Some(default.production(100).development(100)));
        assert_eq!(Limits::Production.rate_limits(), Some(default.production(1000).development(1000)));
        assert_eq!(Limits::Off.rate_limits(), None);
    }

    #[test]
    fn location_is_parsed_and_printed_without_credentials() {
        assert_eq!(Location::parse("clerk"), Ok(Location::Clerk));
        assert_eq!(Location::parse("sqlite:users.db"), Ok(Location::Database("sqlite:users.db".to_owned())));
        for url in
            ["mysql://host", "sqlite::memory:", "sqlite:file::memory:", "sqlite://:memory:", "sqlite:name?mode=memory"]
        {
            assert!(Location::parse(url).is_err(), "{url}");
        }
        for (url, path) in [
            ("sqlite:users.db", Some("users.db")),
            ("sqlite:///tmp/users.db?mode=rw", Some("/tmp/users.db")),
            ("sqlite:our%20users.db", Some("our users.db")),
            ("sqlite:mode=memory/:memory:.db", Some("mode=memory/:memory:.db")),
            ("sqlite::memory:", None),
            ("sqlite:name?cache=shared&mode=memory", None),
            ("postgres://host/db", None),
        ] {
            assert_eq!(sqlite_path(url), path.map(PathBuf::from), "{url}");
        }
        for (url, creates) in [
            ("sqlite:users.db", true),
            ("sqlite:users.db?mode=rwc", true),
            ("sqlite:users.db?cache=private&mode=rw", false),
            ("sqlite:users.db?immutable=true", false),
        ] {
            assert_eq!(creates_file(url), creates, "{url}");
        }
        for (url, expected) in [
            ("postgres://app:s3cret@db.example.com/app?sslmode=require", "postgres://db.example.com/app"),
            ("postgres://db.example.com/app", "postgres://db.example.com/app"),
            ("sqlite:users.db?mode=ro", "sqlite:users.db"),
        ] {
            assert_eq!(without_credentials(url), expected);
        }
    }
}
