//! The `clerk-emulator` program.

use std::io::IsTerminal;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches, Parser, ValueEnum};
use clerk_emulator::{Emulator, Endpoint};
use tracing::level_filters::LevelFilter;
use user_directory::InMemoryUserDirectory;
use user_directory::store_directory::InstanceSettings;
use user_directory::webhooks::WebhookSecret;
use user_directory::wire::rate_limits::RateLimits;
use user_directory_sql::{EncryptionKeys, SqlUserDirectory};

/// Emulates the user operations of the Clerk Backend API
#[derive(Parser)]
#[command(name = "clerk-emulator", version, after_help = AFTER_HELP)]
struct Options {
    /// The port to listen on; 0 selects a free port
    #[arg(long, default_value_t = 4010)]
    port: u16,

    /// The address to listen on; unless it is a loopback address, other hosts can connect [default: `127.0.0.1` and
    /// `::1`]
    #[arg(long, value_name = "ADDRESS")]
    host: Option<IpAddr>,

    /// A host name to accept in the `Host` header, in addition to IP addresses, localhost and its subdomains, and names
    /// without a dot; can be repeated
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,

    /// A secret key to accept; can be repeated [default: all keys that start with `sk_test_`]
    #[arg(long, value_name = "KEY", env = "CLERK_EMULATOR_SECRET_KEY", hide_env_values = true, value_delimiter = ',')]
    secret_key: Vec<String>,

    /// Load users from this file if there are no users [format: JSON array or JSON Lines; users can have a `password`,
    /// `totp_secret` and `backup_codes`]
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,

    /// Store the users in this SQLite or PostgreSQL database, and create missing tables [example: sqlite:users.db]
    #[arg(long, value_name = "URL", env = "CLERK_EMULATOR_DATABASE", hide_env_values = true)]
    database: Option<String>,

    /// Encrypt secrets in the database with these keys (ID:BASE64, comma-separated); required to store secrets
    #[arg(long, value_name = "KEYS", env = "CLERK_EMULATOR_ENCRYPTION_KEYS", hide_env_values = true)]
    encryption_keys: Option<String>,

    /// Change the instance settings with this JSON file [example: `{"username": "optional", "max_users": 100}`]
    #[arg(long, value_name = "FILE")]
    instance: Option<PathBuf>,

    /// Enable all features and OAuth providers, and make all attributes optional
    #[arg(long)]
    permissive: bool,

    /// Enforce Clerk's documented rate limits
    #[arg(long)]
    rate_limit: bool,

    /// Send events about users to this URL; can be repeated
    #[arg(long, value_name = "URL")]
    webhook: Vec<String>,

    /// The signing secret of a webhook; can be repeated, in the order of the URLs; if a secret is missing or
    /// empty, the program generates and prints one
    #[arg(
        long,
        value_name = "SECRET",
        env = "CLERK_EMULATOR_WEBHOOK_SECRET",
        hide_env_values = true,
        value_delimiter = ','
    )]
    webhook_secret: Vec<String>,

    /// Divide the delays before webhook retries by this number
    #[arg(long, value_name = "NUMBER", default_value_t = NonZeroU32::MIN)]
    webhook_speed: NonZeroU32,

    /// Delay each API request, except requests from the dashboard, by this many milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    latency: u64,

    /// The level of the log on standard error; info logs each request
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = Log::Warn)]
    log: Log,
}

const AFTER_HELP: &str = "\
Open the printed URL in a browser to see a dashboard with the users, the latest requests and webhook deliveries.
GET /__emulator lists the routes of the control API. It requires a secret key.
The emulator is intended for development and tests. It must not be reachable from the internet.";

#[derive(Clone, Copy, ValueEnum)]
enum Log {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl From<Log> for LevelFilter {
    fn from(log: Log) -> Self {
        match log {
            Log::Off => Self::OFF,
            Log::Error => Self::ERROR,
            Log::Warn => Self::WARN,
            Log::Info => Self::INFO,
            Log::Debug => Self::DEBUG,
            Log::Trace => Self::TRACE,
        }
    }
}

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let matches = Options::command().get_matches();
    let options = Options::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let surplus = match matches.value_source("webhook_secret") {
        // The environment variable may be intended for another program.
        Some(ValueSource::EnvVariable) => Surplus::Ignored,
        _ => Surplus::Rejected,
    };
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::from(options.log))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let result = match tokio::runtime::Runtime::new() {
        Ok(runtime) => {
            let result = runtime.block_on(run(options, surplus));
            // Dropping the runtime would wait for password hashing, which has no deadline.
            runtime.shutdown_background();
            result
        }
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let causes = std::iter::successors(error.source(), |error| error.source());
            let message =
                causes.fold(format!("clerk-emulator: {error}"), |message, cause| format!("{message}: {cause}"));
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options, surplus: Surplus) -> Result<(), Failure> {
    let mut emulator = Emulator::builder().port(options.port).latency(Duration::from_millis(options.latency));
    if let Some(host) = options.host {
        emulator = emulator.address((host, options.port));
    }
    // An empty environment variable is ignored.
    for key in options.secret_key.iter().filter(|key| !key.is_empty()) {
        emulator = emulator.secret_key(key).map_err(|error| format!("--secret-key: {error}"))?;
    }
    for host in options.allow_host {
        // Such a host would not match any request, because only the name in the `Host` header is compared.
        if host.is_empty() || host.contains(['/', ':', '*', ' ']) {
            return Err(format!("--allow-host: {host:?} must be a host name without scheme, port and wildcard").into());
        }
        emulator = emulator.allow_host(host);
    }
    if options.rate_limit {
        emulator = emulator.rate_limits(RateLimits::default());
    }
    let endpoints = endpoints(&options.webhook, &options.webhook_secret, surplus)?;
    let emits_events = !endpoints.is_empty();
    emulator = emulator.webhook_speed(options.webhook_speed);
    for Configured { endpoint, .. } in &endpoints {
        emulator = emulator.webhook(endpoint.clone());
    }
    let settings = settings(options.permissive, options.instance.as_deref())?;
    if let Some(url) = options.database.filter(|url| !url.is_empty()) {
        let keys = EncryptionKeys::parse(options.encryption_keys.as_deref().unwrap_or_default())
            .map_err(|error| format!("--encryption-keys: {error}"))?;
        let mut builder = SqlUserDirectory::builder().settings(settings).encryption_keys(keys);
        if emits_events {
            builder = builder.emit_events();
        }
        let directory = builder.open(&url).await?;
        directory.migrate().await?;
        emulator = emulator.store(directory.directory());
    } else {
        let mut builder = InMemoryUserDirectory::builder().settings(settings);
        if emits_events {
            builder = builder.emit_events();
        }
        emulator = emulator.store(&builder.build());
    }
    if let Some(path) = options.seed {
        emulator = emulator.seed(path);
    }
    let mut signals = Signals::new()?;
    // The secrets are printed before the start, because events of an earlier run are sent immediately.
    for (number, Configured { endpoint, is_generated }) in (1..).zip(&endpoints) {
        if *is_generated {
            // A generated secret is not stored anywhere else.
            println!("webhook {number}: {}, signing secret {}", endpoint.url(), endpoint.secret().expose_secret());
        } else {
            println!("webhook {number}: {}", endpoint.url());
        }
    }
    let emulator = tokio::select! {
        started = emulator.start() => started?,
        () = signals.wait() => return Err("stopped before the startup was complete".into()),
    };
    println!("listening on {}", emulator.url());
    signals.wait().await;
    tokio::select! {
        stopped = emulator.stop() => match stopped {
            // Exiting the process cancels the remaining operations.
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => Ok(()),
            stopped => Ok(stopped?),
        },
        // A second signal stops without waiting.
        () = signals.wait() => Err("stopped before the shutdown was complete".into()),
    }
}

/// An endpoint of the `--webhook` and `--webhook-secret` options.
struct Configured {
    endpoint: Endpoint,
    /// Whether the secret was generated.
    is_generated: bool,
}

/// Whether secrets without a URL are an error.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Surplus {
    Rejected,
    Ignored,
}

/// Returns the endpoints of the `--webhook` and `--webhook-secret` options, and generates missing and empty secrets.
fn endpoints(urls: &[String], secrets: &[String], surplus: Surplus) -> Result<Vec<Configured>, Failure> {
    if secrets.len() > urls.len() && surplus == Surplus::Rejected {
        return Err("--webhook-secret: there are more secrets than URLs".into());
    }
    let configured = |(index, url): (usize, &String)| {
        let given = secrets.get(index).filter(|secret| !secret.is_empty());
        let secret = match given {
            Some(secret) => {
                WebhookSecret::new(secret.as_str()).map_err(|error| format!("--webhook-secret: {error}"))?
            }
            None => generated()?,
        };
        let endpoint = Endpoint::new(url, secret).map_err(|error| format!("--webhook: {error}"))?;
        Ok(Configured { endpoint, is_generated: given.is_none() })
    };
    urls.iter().enumerate().map(configured).collect()
}

/// Generates a signing secret.
fn generated() -> Result<WebhookSecret, Failure> {
    let mut key = [0; 24];
    getrandom::fill(&mut key).map_err(|error| format!("cannot generate a signing secret: {error}"))?;
    Ok(WebhookSecret::from_key(&key)?)
}

/// Returns the settings of the `--permissive` and `--instance` options.
fn settings(permissive: bool, file: Option<&Path>) -> Result<InstanceSettings, Failure> {
    let base = if permissive { InstanceSettings::permissive() } else { InstanceSettings::new() };
    let Some(path) = file else { return Ok(base) };
    let named = |error: &dyn std::fmt::Display| format!("--instance: {}: {error}", path.display());
    let json = std::fs::read_to_string(path).map_err(|error| named(&error))?;
    Ok(base.with_json(&json).map_err(|error| named(&error))?)
}

/// The signals that stop the program. The handlers are installed before the seed is loaded and the URL is printed.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "same signature as on Unix")]
    fn new() -> std::io::Result<Self> {
        Ok(Self {})
    }

    #[expect(clippy::unused_self, clippy::needless_pass_by_ref_mut, reason = "same signature as on Unix")]
    async fn wait(&mut self) {
        // If the handler cannot be installed, the system stops the program.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
