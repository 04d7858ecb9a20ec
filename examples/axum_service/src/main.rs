//! A small axum web service that manages an application's users with an `Arc<dyn UserDirectory>`.
//!
//! ```sh
//! cargo run -p axum_service                              # in memory, with the users of examples/users.json
//! CLERK_SECRET_KEY=sk_test_… cargo run -p axum_service   # on Clerk, or on an emulator if CLERK_API_URL is set
//! LISTEN_ADDR=127.0.0.1:8080 cargo run -p axum_service   # on another address; port 0 selects a free port
//!
//! curl 'http://127.0.0.1:3000/users?query=ada&limit=10'
//! curl http://127.0.0.1:3000/users --json '{"email_address":"ada@example.com","password":"a long enough passphrase"}'
//! curl -X PUT http://127.0.0.1:3000/users/user_…/plan --json '{"name":"pro","seats":5}'
//! ```
//!
//! This file is the composition root. `app.rs` contains the routes, `requests.rs` the request bodies, `views.rs` the
//! response bodies, `problem.rs` the error responses, and `tests.rs` the HTTP tests.
//!
//! **The service does not authenticate callers.** Every caller can manage users. The service therefore listens on the
//! loopback address by default, and rejects requests from web pages. A real service needs authentication and rate
//! limits for password attempts.

mod app;
mod problem;
mod requests;
#[cfg(test)]
mod tests;
mod views;

use std::env;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::net::TcpListener;
use tokio::time::sleep;
use user_directory::{ClerkUserDirectory, InMemoryUserDirectory, UserDirectory};

/// The time to complete requests after a stop signal. Container runtimes usually kill a process after ten seconds.
const GRACE_PERIOD: Duration = Duration::from_secs(8);

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("axum_service: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let users = directory().await?;
    let stop = stop_signal()?.shared();
    let address = variable("LISTEN_ADDR").unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await.map_err(|error| format!("cannot listen on {address}: {error}"))?;
    println!("listening on http://{}", listener.local_addr()?);
    let server = axum::serve(listener, app::router(users)).with_graceful_shutdown(stop.clone());
    tokio::select! {
        // Completes in-flight requests after the signal, until the grace period ends.
        result = server.into_future() => result?,
        () = async { stop.await; sleep(GRACE_PERIOD).await } => {}
    }
    println!("stopped");
    Ok(())
}

/// Creates the directory. No other function names an adapter.
async fn directory() -> Result<Arc<dyn UserDirectory>, Failure> {
    if variable("CLERK_SECRET_KEY").is_some() {
        let directory = ClerkUserDirectory::from_env()?;
        println!("using Clerk");
        return Ok(Arc::new(directory));
    }
    let directory = InMemoryUserDirectory::new();
    let number = directory.load_json(include_str!("../../users.json")).await?;
    println!("using {number} sample users in memory (set CLERK_SECRET_KEY to use Clerk)");
    Ok(Arc::new(directory))
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
