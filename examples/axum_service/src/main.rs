//! A small web service for the users of an application: axum in front of an `Arc<dyn UserDirectory>`.
//!
//! ```sh
//! cargo run -p axum_service                              # in memory, with the users of examples/users.json
//! CLERK_SECRET_KEY=sk_test_… cargo run -p axum_service   # on Clerk, or with CLERK_API_URL on an emulator
//! LISTEN_ADDR=127.0.0.1:8080 cargo run -p axum_service   # on another address; port 0 chooses a free port
//!
//! curl 'http://127.0.0.1:3000/users?query=ada&limit=10'
//! curl http://127.0.0.1:3000/users --json '{"email_address":"ada@example.com","password":"a long enough passphrase"}'
//! curl -X PUT http://127.0.0.1:3000/users/user_…/plan --json '{"name":"pro","seats":5}'
//! ```
//!
//! This file is the composition root. `app.rs` contains the routes, `requests.rs` the request bodies, `views.rs` the
//! response bodies, `problem.rs` the error responses, and `tests.rs` tests with real requests.
//!
//! **It does not authenticate callers.** Every caller can manage the users, so it only listens on the loopback address and
//! rejects requests from browser pages. A real service needs a layer for authentication and one that limits password
//! attempts.

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

/// Shorter than the ten seconds after which a container is usually killed.
const PATIENCE: Duration = Duration::from_secs(8);

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
        // Requests in flight are completed …
        result = server.into_future() => result?,
        // … but not longer than the grace period.
        () = async { stop.await; sleep(PATIENCE).await } => {}
    }
    println!("stopped");
    Ok(())
}

/// Chooses the directory. No other function names an adapter.
async fn directory() -> Result<Arc<dyn UserDirectory>, Failure> {
    if variable("CLERK_SECRET_KEY").is_some() {
        let directory = ClerkUserDirectory::from_env()?;
        println!("on Clerk");
        return Ok(Arc::new(directory));
    }
    let directory = InMemoryUserDirectory::new();
    let number = directory.load_json(include_str!("../../users.json")).await?;
    println!("in memory, with {number} fictional users (set CLERK_SECRET_KEY to run on Clerk)");
    Ok(Arc::new(directory))
}

/// Returns the value of a variable, or `None` if it is unset or empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Completes on Ctrl-C or SIGTERM. The handlers are installed when the function is called.
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
#[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        // Without a handler, the signal terminates the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
