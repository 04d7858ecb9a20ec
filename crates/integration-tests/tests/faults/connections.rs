//! Connection faults: refused, reset, closed, stalled, slow and stale connections, and failed TLS handshakes.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use user_directory::clerk::ClerkBuilder;
use user_directory::reqwest::dns::{Name, Resolve, Resolving};
use user_directory::{ErrorKind, Operation};

use crate::attempt::success_response;
use crate::fault::{Fault, Outcome};
use crate::server::{Step, raw_response, response};

const MS: Duration = Duration::from_millis(1);

#[expect(clippy::too_many_lines, reason = "a list of faults")]
pub async fn faults() -> Vec<Fault> {
    use Step::{Pause, Read, ReadHead, Reset, Send, Trickle, WaitForClose};
    let half_head = || Send(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec());
    let half_body = || Send(raw_response("200 OK", &["content-length: 100"], r#"{"id":"user_1","#));
    let user = || success_response(Operation::Get);
    let too_large = || response("413 Content Too Large", &[], r#"{"errors":[{"code":"request_entity_too_large"}]}"#);
    let upload = [Operation::SetProfileImage];

    vec![
        Fault::not_listening("connection refused", Outcome::CONNECTION_FAILED),
        Fault::other_server(
            "DNS lookup fails",
            "https://api.clerk.invalid/v1".to_owned(),
            Some(
                ClerkBuilder::http_client_builder()
                    .unwrap()
                    .dns_resolver(Arc::new(FailingResolver))
                    .no_proxy()
                    .build()
                    .unwrap(),
            ),
            Outcome::CONNECTION_FAILED,
        ),
        Fault::new("connection reset on accept", vec![Reset], Outcome::CONNECTION_LOST),
        Fault::new("reset before the response", vec![Read, Reset], Outcome::CONNECTION_LOST),
        Fault::new(
            "reset in the response head",
            vec![Read, half_head(), Pause(20 * MS), Reset],
            Outcome::CONNECTION_LOST,
        ),
        Fault::new(
            "reset in the response body",
            vec![Read, half_body(), Pause(20 * MS), Reset],
            Outcome::CONNECTION_LOST.status(200),
        ),
        Fault::new("reset while sending the request", vec![ReadHead, Reset], Outcome::CONNECTION_LOST)
            .operations(&upload),
        Fault::new("closed before the response", vec![Read], Outcome::CONNECTION_LOST),
        Fault::new("closed in the response head", vec![Read, half_head()], Outcome::CONNECTION_LOST),
        Fault::new("closed in the response body", vec![Read, half_body()], Outcome::CONNECTION_LOST.status(200)),
        Fault::new("no bytes after accept", vec![WaitForClose], Outcome::TIMEOUT).short_timeout(),
        Fault::new("no response", vec![Read, WaitForClose], Outcome::TIMEOUT).short_timeout(),
        Fault::new("stall while sending the request", vec![ReadHead, Pause(60_000 * MS)], Outcome::TIMEOUT)
            .operations(&upload)
            // Long enough for the retry to upload an image on a busy machine.
            .timeout(2_000 * MS),
        Fault::new("stall in the response head", vec![Read, half_head(), WaitForClose], Outcome::TIMEOUT)
            .short_timeout(),
        Fault::new("stall in the response body", vec![Read, half_body(), WaitForClose], Outcome::TIMEOUT.status(200))
            .short_timeout(),
        Fault::new(
            "slow response head, within the timeout",
            vec![
                Read,
                Trickle(b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n".to_vec(), MS),
                Send(br#"{"id":"user_1"}"#.into()),
            ],
            Outcome::SUCCESS,
        ),
        Fault::new("slow response head, beyond the timeout", vec![Read, Trickle(user(), 50 * MS)], Outcome::TIMEOUT)
            .short_timeout(),
        Fault::new(
            "slow response body, within the timeout",
            vec![Read, Trickle(response("200 OK", &[], r#"{"id":"user_1"}"#), MS)],
            Outcome::SUCCESS,
        ),
        Fault::new(
            "slow response body, beyond the timeout",
            vec![Read, Send(raw_response("200 OK", &["content-length: 1000"], "")), Trickle(vec![b' '; 1000], 10 * MS)],
            Outcome::TIMEOUT.status(200),
        )
        .short_timeout(),
        Fault::new(
            "stall in the body of an error",
            vec![
                Read,
                Send(raw_response("429 Too Many Requests", &["content-length: 9", "retry-after: 3"], "{")),
                WaitForClose,
            ],
            Outcome::retryable(ErrorKind::RateLimited, 429),
        )
        .short_timeout()
        .retry_after(Some(3)),
        Fault::new(
            "error response before the end of the request",
            vec![ReadHead, Send(too_large()), Read],
            Outcome::rejected(ErrorKind::InvalidInput, 413),
        )
        .operations(&upload),
        Fault::on_reused_connection("reused connection closed while idle", vec![], Outcome::SUCCESS),
        Fault::on_reused_connection("reused connection reset while idle", vec![Reset], Outcome::SUCCESS),
        Fault::on_reused_connection("reused connection closed after the request", vec![Read], Outcome::CONNECTION_LOST),
        Fault::on_reused_connection(
            "reused connection reset after the request",
            vec![ReadHead, Reset],
            Outcome::CONNECTION_LOST,
        ),
        Fault::on_reused_connection("reused connection, no response", vec![WaitForClose], Outcome::TIMEOUT)
            .short_timeout(),
        Fault::new(
            "TLS: plain HTTP response",
            vec![Send(raw_response("400 Bad Request", &[], "")), WaitForClose],
            Outcome::CONNECTION_FAILED,
        )
        .https(),
        // A fatal handshake_failure alert.
        Fault::new("TLS: fatal alert", vec![Send(vec![0x15, 3, 3, 0, 2, 2, 40])], Outcome::CONNECTION_FAILED).https(),
        Fault::new("TLS: closed in the handshake", vec![Pause(20 * MS)], Outcome::CONNECTION_FAILED).https(),
        Fault::new("TLS: reset in the handshake", vec![Pause(20 * MS), Reset], Outcome::CONNECTION_FAILED).https(),
        Fault::new("TLS: stall in the handshake", vec![WaitForClose], Outcome::CONNECTION_FAILED)
            .https()
            .short_connect_timeout(),
        Fault::other_server(
            "TLS: self-signed certificate",
            format!("https://{}/v1", self_signed().await),
            None,
            Outcome::CONNECTION_FAILED,
        ),
    ]
}

/// A DNS resolver that finds no host and makes no network request.
struct FailingResolver;

impl Resolve for FailingResolver {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(async { Err(std::io::Error::other("no such host").into()) })
    }
}

/// Starts a server with a self-signed certificate.
async fn self_signed() -> SocketAddr {
    let issued = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(issued.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![issued.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            assert!(acceptor.accept(stream).await.is_err(), "the client accepted the certificate");
        }
    });
    address
}
