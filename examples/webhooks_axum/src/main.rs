//! An axum service that receives webhooks and keeps a cache of users fresh.
//!
//! ```sh
//! cargo run -p webhooks_axum  # without an account: prints a curl command with a signed event
//! CLERK_SECRET_KEY=sk_test_… CLERK_WEBHOOK_SIGNING_SECRET=whsec_… LISTEN_ADDR=0.0.0.0:3000 cargo run -p webhooks_axum
//! ```
//!
//! This file is the composition root. `app.rs` contains the route that receives events: it verifies, deduplicates and
//! queues them. `seen.rs` contains the ids of earlier events, and `worker.rs` handles the queued events.

mod app;
mod seen;
#[cfg(test)]
mod tests;
mod worker;

use std::env;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use user_directory::decorators::{CachePolicy, CachedUserDirectory};
use user_directory::time::{Clock, SystemClock};
use user_directory::webhooks::{UserEvent, Verifier, WebhookSecret, sign};
use user_directory::{ClerkUserDirectory, InMemoryUserDirectory, User, UserDirectory, UserId};

const SECRET: &str = "CLERK_WEBHOOK_SIGNING_SECRET";
/// This secret is public, so it is accepted only on a loopback address.
const EXAMPLE_SECRET: &str = "whsec_ZXhhbXBsZSBvZiBhIHB1YmxpYyBrZXkh";
/// The maximum number of events in the queue. While the queue is full, events are rejected, and Clerk sends them again.
const QUEUE: usize = 1000;
/// The time to complete requests after a stop signal, and then to handle the queued events.
const GRACE_PERIOD: Duration = Duration::from_secs(4);

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("webhooks_axum: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let stop = stop_signal()?.shared();
    let address = variable("LISTEN_ADDR").unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await.map_err(|error| format!("cannot listen on {address}: {error}"))?;
    let secret = secret(listener.local_addr()?)?;

    let users = Arc::new(CachedUserDirectory::new(directory()?, CachePolicy::default()));
    let (queue, events) = mpsc::channel(QUEUE);
    let worker = tokio::spawn(worker::run(events, users));
    println!("listening on http://{}", listener.local_addr()?);
    let server = axum::serve(listener, app::router(Verifier::new(secret), queue)).with_graceful_shutdown(stop.clone());
    tokio::select! {
        // Completes in-flight requests after the signal, until the grace period ends.
        result = server.into_future() => result?,
        () = async { stop.await; sleep(GRACE_PERIOD).await } => {}
    }
    // The queue is closed, so the worker stops after the last event.
    timeout(GRACE_PERIOD, worker).await.map_err(|_| "not all queued events were handled")??;
    println!("stopped");
    Ok(())
}

/// Returns the signing secret of the endpoint, or the example secret.
fn secret(address: SocketAddr) -> Result<WebhookSecret, Failure> {
    if variable(SECRET).is_some() {
        return Ok(WebhookSecret::from_env(SECRET)?);
    }
    if !address.ip().is_loopback() {
        return Err(format!("{address} is not a loopback address; set {SECRET}").into());
    }
    let secret = WebhookSecret::new(EXAMPLE_SECRET)?;
    print_example(&secret, address)?;
    Ok(secret)
}

/// Prints a command that sends a signed event.
fn print_example(secret: &WebhookSecret, address: SocketAddr) -> Result<(), Failure> {
    let now = SystemClock.now();
    let mut user = User::new(UserId::new("user_1")?);
    (user.first_name, user.updated_at) = (Some("Ada".into()), Some(now));
    let event = UserEvent::created("msg_1".parse()?, user);
    let body = event.to_json();
    println!("using an example secret (set {SECRET}); this command works for five minutes:");
    print!("  curl -i http://{address}/webhooks/clerk --data '{body}'");
    for (name, value) in sign(secret, &event.id, now, body.as_bytes()).svix() {
        print!(" -H '{name}: {value}'");
    }
    println!();
    Ok(())
}

/// Creates the directory. No other function names an adapter.
fn directory() -> Result<Arc<dyn UserDirectory>, Failure> {
    if variable("CLERK_SECRET_KEY").is_some() {
        return Ok(Arc::new(ClerkUserDirectory::from_env()?));
    }
    Ok(Arc::new(InMemoryUserDirectory::new()))
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
