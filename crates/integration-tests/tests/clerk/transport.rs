//! The errors from `ClerkUserDirectory` for failed connections, timeouts and interrupted responses.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use integration_tests::{KEY, directory};
use user_directory::clerk::RetryPolicy;
use user_directory::{
    ClerkUserDirectory, Error, ErrorKind, NewUser, Operation, SecretKey, UserDirectory, UserFilter, UserQuery,
};

use crate::errors::assert_no_private_data;

/// Starts a server that reads one request, writes `response`, and keeps the connection open or closes it.
fn raw_server(response: &'static [u8], keep_open: bool) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 8 * 1024]);
        stream.write_all(response).unwrap();
        if keep_open {
            // Returns when the client closes the connection.
            let _ = stream.read(&mut [0]);
        }
    });
    address
}

async fn raw_error(response: &'static [u8], keep_open: bool) -> Error {
    let address = raw_server(response, keep_open);
    let directory = ClerkUserDirectory::builder(SecretKey::new(KEY).unwrap())
        .base_url(format!("http://{address}/v1"))
        .timeout(Duration::from_millis(200))
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    let query = UserQuery::new().filter(UserFilter::new().query("ada@example.com"));
    let start = Instant::now();
    let error = directory.list(&query).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(5), "the timeout applies");
    assert_eq!(error.operation(), Some(Operation::List));
    assert_no_private_data(&error);
    error
}

#[tokio::test]
async fn missing_response_is_a_timeout() {
    let error = raw_error(b"", true).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::Timeout, None));
    assert!(error.is_retryable(), "list is idempotent");
}

#[tokio::test]
async fn stalled_body_is_a_timeout_with_status_and_trace_id() {
    let error = raw_error(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\nclerk-trace-id: trace_1\r\n\r\n[{", true).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::Timeout, Some(200)));
    assert_eq!(error.trace_id(), Some("trace_1"));
}

#[tokio::test]
async fn response_cut_short_is_a_transport_error() {
    for response in [
        b"".as_slice(),
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[{",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n[",
        b"this is not HTTP\r\n\r\n",
    ] {
        let error = raw_error(response, false).await;
        assert_eq!(error.kind(), ErrorKind::Transport, "{error:?}");
    }
}

#[tokio::test]
async fn error_response_cut_short_keeps_its_kind() {
    for keep_open in [true, false] {
        let error =
            raw_error(b"HTTP/1.1 429 Too Many\r\nretry-after: 3\r\ncontent-length: 100\r\n\r\n{", keep_open).await;
        assert_eq!((error.kind(), error.status()), (ErrorKind::RateLimited, Some(429)));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
    }
}

#[tokio::test]
async fn stalled_error_body_does_not_use_up_the_attempt_timeout() {
    for (status, kind) in [("401", ErrorKind::Unauthenticated), ("404", ErrorKind::Timeout)] {
        let response = format!("HTTP/1.1 {status} Error\r\ncontent-length: 100\r\n\r\n{{");
        let address = raw_server(response.leak().as_bytes(), true);
        let start = Instant::now();
        let error = directory(&format!("http://{address}/v1")).count(&UserFilter::new()).await.unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
        assert_eq!((error.kind(), error.status()), (kind, status.parse().ok()), "{error:?}");
    }
}

/// Returns the error from `create`, with the default timeouts.
async fn create_error(response: &'static [u8], keep_open: bool) -> Error {
    let address = raw_server(response, keep_open);
    directory(&format!("http://{address}/v1")).create(&NewUser::new()).await.unwrap_err()
}

#[tokio::test]
async fn create_keeps_the_received_part_of_a_stalled_error_body() {
    let response = b"HTTP/1.1 422 Error\r\ncontent-length: 100\r\n\r\n{\"errors\":[{\"code\":\"form_param_missing\"}]}";
    let error = create_error(response, true).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::InvalidInput, Some(422)), "{error:?}");
    assert!(error.has_code("form_param_missing"), "{error:?}");
}

#[tokio::test]
async fn create_has_a_known_outcome_if_the_body_of_a_rejection_is_incomplete() {
    for (keep_open, kind) in [(true, ErrorKind::Timeout), (false, ErrorKind::Transport)] {
        let error = create_error(b"HTTP/1.1 422 Error\r\ncontent-length: 100\r\n\r\n{", keep_open).await;
        assert_eq!((error.kind(), error.status()), (kind, Some(422)), "{error:?}");
        assert!(!error.is_outcome_unknown(), "{error:?}");
        let error = create_error(b"HTTP/1.1 408 Error\r\ncontent-length: 100\r\n\r\n{", keep_open).await;
        assert_eq!((error.kind(), error.status()), (ErrorKind::Timeout, Some(408)), "{error:?}");
        assert!(error.is_outcome_unknown(), "{error:?}");
    }
}

#[tokio::test]
async fn huge_content_length_allocates_no_buffer() {
    let error = raw_error(b"HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551000\r\n\r\n[", false).await;
    assert_eq!(error.kind(), ErrorKind::Transport);
}

#[tokio::test]
async fn refused_connection_is_a_retryable_connect_error() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = directory(&format!("http://{address}/v1")).create(&NewUser::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Connect, Some(Operation::Create)));
    assert!(error.is_retryable(), "nothing was sent");
    assert_no_private_data(&error);
}

#[tokio::test]
async fn failed_or_slow_tls_handshake_is_a_connect_error() {
    for (response, keep_open) in [(b"".as_slice(), true), (b"HTTP/1.1 400 Bad Request\r\n\r\n", false)] {
        let address = raw_server(response, keep_open);
        let directory = ClerkUserDirectory::builder(SecretKey::new(KEY).unwrap())
            .base_url(format!("https://{address}/v1"))
            .connect_timeout(Duration::from_millis(100))
            .retry(RetryPolicy::none())
            .build()
            .unwrap();
        let error = directory.create(&NewUser::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect, "{error:?}");
        assert!(error.is_retryable(), "nothing was sent");
        assert_no_private_data(&error);
    }
}
