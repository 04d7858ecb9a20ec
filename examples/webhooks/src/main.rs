//! A service that keeps a copy of all users in SQLite up to date with webhooks. `README.md` explains how to run it.
//!
//! This file is the composition root. `app.rs` contains the routes, and `maintenance.rs` schedules the backfill and the
//! reconciliation.

mod app;
mod maintenance;
#[cfg(test)]
mod tests;

use std::env;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::net::TcpListener;
use tokio::time::sleep;
use user_directory::decorators::ReplicatedUserDirectory;
use user_directory::webhooks::{Verifier, WebhookSecret};
use user_directory::{ClerkUserDirectory, SecretKey, UserDirectory};
use user_directory_sql::{SqlStore, SqlUserDirectory};

/// The primary is Clerk, or the emulator.
type Users = ReplicatedUserDirectory<Arc<dyn UserDirectory>, SqlStore>;
type Failure = Box<dyn std::error::Error>;

const KEY: &str = "CLERK_SECRET_KEY";
const SECRET: &str = "CLERK_WEBHOOK_SIGNING_SECRET";
/// The address of the emulator, which accepts any test key and is used if no key is set.
const EMULATOR: &str = "http://127.0.0.1:4010";
const EMULATOR_KEY: &str = "sk_test_emulator";
/// This secret is public, so it is accepted only for events of the emulator on a loopback address.
const EMULATOR_SECRET: &str = "whsec_ZXhhbXBsZSBvZiBhIHB1YmxpYyBrZXkh";
/// The time to complete requests after a stop signal.
const GRACE_PERIOD: Duration = Duration::from_secs(4);

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("webhooks: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let stop = stop_signal()?.shared();
    let address = variable("LISTEN_ADDR").unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await.map_err(|error| format!("cannot listen on {address}: {error}"))?;
    let secret = if variable(SECRET).is_some() {
        WebhookSecret::from_env(SECRET)?
    } else if accepts_public_secret(variable(KEY).is_some(), listener.local_addr()?) {
        WebhookSecret::new(EMULATOR_SECRET)?
    } else {
        return Err(format!("set {SECRET}; it is optional only without {KEY} and on a loopback address").into());
    };
    let users = ReplicatedUserDirectory::new(primary()?, store().await?);

    println!("listening on http://{}", listener.local_addr()?);
    // Events can be received from now on, so the backfill can begin.
    let mut maintenance = tokio::spawn(maintenance::run(users.clone()));
    let server = axum::serve(listener, app::router(Verifier::new(secret), users)).with_graceful_shutdown(stop.clone());
    tokio::select! {
        // Completes in-flight requests after the signal, until the grace period ends.
        result = server.into_future() => result?,
        () = async { stop.await; sleep(GRACE_PERIOD).await } => {}
        // The task runs until it is aborted, so it has panicked. Without it, the copy would become outdated.
        result = &mut maintenance => return Err(format!("the maintenance ended: {result:?}").into()),
    }
    // An interrupted backfill continues at the next start.
    maintenance.abort();
    println!("stopped");
    Ok(())
}

/// Returns `true` if events that are signed with the public secret are accepted.
///
/// They are rejected if the users are stored by Clerk, or if other machines can connect.
fn accepts_public_secret(has_key: bool, address: SocketAddr) -> bool {
    !has_key && address.ip().is_loopback()
}

/// Creates the client of Clerk, or of the emulator if there is no key.
fn primary() -> Result<Arc<dyn UserDirectory>, Failure> {
    if variable(KEY).is_some() {
        return Ok(Arc::new(ClerkUserDirectory::from_env()?));
    }
    Ok(Arc::new(ClerkUserDirectory::builder(SecretKey::new(EMULATOR_KEY)?).base_url(format!("{EMULATOR}/v1")).build()?))
}

/// Opens the database of the copy.
async fn store() -> Result<SqlStore, Failure> {
    let url = variable("DATABASE_URL").unwrap_or_else(|| "sqlite::memory:".to_owned());
    let database = SqlUserDirectory::open(&url).await?;
    database.migrate().await?;
    Ok(database.store().clone())
}

/// Returns the value of an environment variable, or `None` if it is unset or empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Installs signal handlers and returns a future that completes on SIGINT or SIGTERM.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "same signature as on Unix")]
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        // Without a handler, the signal terminates the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
