//! A soak test of the SQL store: processes write to one database while they and the server are killed at random.
//!
//! `cargo run --release -p soak_sql -- --seconds 600` runs on a SQLite file and, if it is installed, on PostgreSQL, for
//! 600 seconds each, and prints a table. It fails if an acknowledged write is lost or applied twice, an identifier has
//! two owners, a backup code is accepted twice, or a call fails with an unexpected kind of error. The server is killed
//! only in the PostgreSQL run.
//!
//! Each process reports its planned and acknowledged writes on standard output. Afterward, the first process compares
//! these events with the database.

mod chaos;
mod events;
mod verify;
mod worker;

use std::process::ExitCode;
use std::time::Duration;
use user_directory::store_directory::InstanceSettings;

use clap::{Parser, Subcommand, ValueEnum};
use integration_tests::postgres::Cluster;
use user_directory_sql::{EncryptionKeys, SqlUserDirectory};

use crate::chaos::Plan;
use crate::verify::Verdict;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Writes to one database from multiple processes while they are killed, and checks the result.
#[derive(Parser)]
struct Arguments {
    /// The duration of each test, in seconds.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// The number of processes.
    #[arg(long, default_value_t = 4)]
    processes: u32,
    /// The number of concurrent writers in each process.
    #[arg(long, default_value_t = 16)]
    writers: u32,
    /// The database to test. By default, both are tested.
    #[arg(long)]
    database: Option<Database>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
}

#[derive(Subcommand)]
enum Command {
    /// Writes until standard input is closed.
    #[command(hide = true)]
    Worker {
        url: String,
        /// The name that makes the values of this process unique.
        name: String,
    },
}

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let arguments = Arguments::parse();
    if let Some(Command::Worker { url, name }) = arguments.command {
        worker::run(&url, &name, arguments.writers).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let plan = Plan {
        time: Duration::from_secs(arguments.seconds),
        processes: arguments.processes,
        writers: arguments.writers,
    };
    let wanted = |database| arguments.database.is_none_or(|wanted| wanted == database);
    let mut verdicts = Vec::new();
    if wanted(Database::Sqlite) {
        let folder = tempfile::tempdir()?;
        let url = format!("sqlite:{}", folder.path().join("users.db").display());
        verdicts.push(soak("SQLite file", &url, &plan, None).await?);
    }
    if wanted(Database::Postgres)
        && let Some(cluster) = Cluster::start_new()
    {
        verdicts.push(soak("PostgreSQL", &cluster.database(), &plan, Some(&cluster)).await?);
    }
    print!("{}", verify::table(&verdicts));
    let passed = !verdicts.is_empty() && verdicts.iter().all(Verdict::passed);
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn soak(name: &'static str, url: &str, plan: &Plan, cluster: Option<&Cluster>) -> Result<Verdict, Failure> {
    let directory = open(url, 2).await?;
    directory.migrate().await?;
    let history = chaos::run(url, plan, cluster).await?;
    verify::verify(name, &directory, history).await
}

/// Opens a directory with the same key in every process.
async fn open(url: &str, connections: u32) -> Result<SqlUserDirectory, Failure> {
    let keys = EncryptionKeys::new().key("soak", &[7; 32])?;
    Ok(SqlUserDirectory::builder()
        .settings(InstanceSettings::permissive())
        .encryption_keys(keys)
        .max_connections(connections)
        .open(url)
        .await?)
}
