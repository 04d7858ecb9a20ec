//! Serves connections, limits their number, and closes the connections of slow clients.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutWriter;
use tracing::debug;

/// The maximum number of open connections. Further connections wait until an open one is closed.
const MAX_CONNECTIONS: usize = 512;
/// The timeout for receiving the head of a request. It starts when the connection is opened or the previous response
/// has been sent, so it also limits the idle time of a connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// The time after which a connection is closed if its client does not read the response.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// The maximum size of the read buffer of a connection in bytes. It also limits the size of a request's head.
const MAX_HEAD: usize = 128 * 1024;

/// Returns the maximum number of open connections, which is at most half of the file descriptor limit. The directory
/// can use the other half.
pub(crate) fn limit() -> usize {
    limit_for(max_open_files())
}

fn limit_for(max_open_files: Option<usize>) -> usize {
    max_open_files.map_or(MAX_CONNECTIONS, |files| (files / 2).clamp(1, MAX_CONNECTIONS))
}

#[cfg(unix)]
fn max_open_files() -> Option<usize> {
    let files = rlimit::Resource::NOFILE.get_soft().ok()?;
    Some(usize::try_from(files).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
fn max_open_files() -> Option<usize> {
    None
}

/// Serves up to `limit` connections at a time until `stopped` completes, and then completes the requests in progress.
pub(crate) async fn serve<L: Listener>(mut listener: L, router: Router, limit: usize, stopped: impl Future) {
    let slots = Arc::new(Semaphore::new(limit));
    let connections = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(MAX_HEAD);
    let mut stopped = std::pin::pin!(stopped);
    loop {
        let accept = async {
            // The semaphore is never closed.
            let slot = Arc::clone(&slots).acquire_owned().await;
            (listener.accept().await.0, slot)
        };
        let (stream, slot) = tokio::select! {
            accepted = accept => accepted,
            _ = &mut stopped => break,
        };
        let mut stream = TimeoutWriter::new(stream);
        stream.set_timeout(Some(WRITE_TIMEOUT));
        let stream = TokioIo::new(Box::pin(stream));
        let connection = http.serve_connection(stream, TowerToHyperService::new(router.clone()));
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                debug!(target: "clerk_emulator", %error, "a connection failed");
            }
            drop(slot);
        });
    }
    drop(listener);
    connections.shutdown().await;
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::io;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::sync::mpsc;
    use tokio::time::Instant;

    use super::*;

    /// Accepts the streams that are sent over a channel.
    struct Streams(mpsc::Receiver<DuplexStream>);

    impl Listener for Streams {
        type Io = DuplexStream;
        type Addr = ();

        async fn accept(&mut self) -> (DuplexStream, ()) {
            match self.0.recv().await {
                Some(stream) => (stream, ()),
                None => pending().await,
            }
        }

        fn local_addr(&self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Starts a server, and returns the sender for its streams.
    fn start(limit: usize) -> mpsc::Sender<DuplexStream> {
        let (streams, accepted) = mpsc::channel(16);
        let router = Router::new()
            .route("/", get(|| async { "done" }))
            .route("/long", get(|| async { "a".repeat(MAX_HEAD / 2) }));
        tokio::spawn(serve(Streams(accepted), router, limit, pending::<()>()));
        streams
    }

    async fn connect(server: &mpsc::Sender<DuplexStream>) -> DuplexStream {
        let (client, stream) = duplex(1024);
        server.send(stream).await.unwrap();
        client
    }

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

    /// Sends a request, and reads the response.
    async fn call(client: &mut DuplexStream) {
        client.write_all(REQUEST).await.unwrap();
        let mut response = Vec::new();
        while !response.ends_with(b"done") {
            assert_ne!(client.read_buf(&mut response).await.unwrap(), 0, "the connection was closed");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn connection_without_a_complete_head_is_closed_after_30_seconds() {
        let server = start(8);
        for head in [&b""[..], b"G", &REQUEST[..REQUEST.len() - 2]] {
            let mut client = connect(&server).await;
            let began = Instant::now();
            client.write_all(head).await.unwrap();
            client.read_to_end(&mut Vec::new()).await.unwrap();
            assert_eq!(began.elapsed().as_secs(), HEAD_TIMEOUT.as_secs());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn slow_head_does_not_extend_the_deadline() {
        let mut client = connect(&start(8)).await;
        let began = Instant::now();
        for byte in REQUEST {
            tokio::time::sleep(Duration::from_secs(2)).await;
            if client.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
        assert!(began.elapsed() <= HEAD_TIMEOUT + Duration::from_secs(4), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn idle_connection_is_closed_after_30_seconds() {
        let mut client = connect(&start(8)).await;
        call(&mut client).await;
        tokio::time::sleep(Duration::from_secs(29)).await;
        call(&mut client).await;
        let began = Instant::now();
        client.read_to_end(&mut Vec::new()).await.unwrap();
        assert_eq!(began.elapsed().as_secs(), HEAD_TIMEOUT.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn connection_whose_client_does_not_read_is_closed_after_30_seconds() {
        let server = start(1);
        let mut first = connect(&server).await;
        let began = Instant::now();
        // The responses fill the buffer, so the server reads no further request heads.
        for _ in 0..8 {
            first.write_all(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        }
        let mut second = connect(&server).await;
        let called = tokio::time::timeout(10 * WRITE_TIMEOUT, call(&mut second)).await;
        called.expect("the slot of the first connection is free");
        assert_eq!(began.elapsed().as_secs(), WRITE_TIMEOUT.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn connections_over_the_limit_wait_until_one_is_closed() {
        let server = start(2);
        let mut open = [connect(&server).await, connect(&server).await];
        for client in &mut open {
            call(client).await;
        }
        let began = Instant::now();
        let mut third = connect(&server).await;
        call(&mut third).await;
        assert_eq!(began.elapsed().as_secs(), HEAD_TIMEOUT.as_secs(), "the idle connections are closed first");
        drop(open);
        let (mut fourth, mut fifth) = (connect(&server).await, connect(&server).await);
        call(&mut fourth).await;
        drop(third);
        call(&mut fifth).await;
        assert_eq!(began.elapsed().as_secs(), HEAD_TIMEOUT.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn head_over_128_kib_is_rejected() {
        let mut client = connect(&start(8)).await;
        let long = format!("GET /?{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "a".repeat(MAX_HEAD));
        // The server may close the connection before it has read everything.
        drop(client.write_all(long.as_bytes()).await);
        let mut response = String::new();
        client.read_to_string(&mut response).await.unwrap();
        assert!(response.starts_with("HTTP/1.1 431 "), "{response}");
    }

    #[test]
    fn limit_of_connections_leaves_half_of_the_file_descriptors() {
        for (files, connections) in [(Some(128), 64), (Some(1), 1), (Some(65_536), 512), (None, 512)] {
            assert_eq!(limit_for(files), connections, "{files:?}");
        }
    }
}
