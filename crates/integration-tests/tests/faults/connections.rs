//! Faults of the connection: none, broken, silent, slow, stale; and of what makes it private.

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

use crate::attempt::good_answer;
use crate::fault::{Fault, Outcome};
use crate::server::{Step, answer, head};

const MS: Duration = Duration::from_millis(1);

pub async fn faults() -> Vec<Fault> {
    use Step::{Pause, Read, ReadHead, Reset, Send, Trickle, Wait};
    let half_head = || Send(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec());
    let half_body = || Send(head("200 OK", &["content-length: 100"], r#"{"id":"user_1","#));
    let user = || good_answer(Operation::Get);
    let too_large = || answer("413 Content Too Large", &[], r#"{"errors":[{"code":"request_entity_too_large"}]}"#);
    let upload = [Operation::SetProfileImage];

    vec![
        Fault::absent("connection refused", Outcome::CONNECT),
        Fault::elsewhere(
            "host name that does not resolve",
            "https://api.clerk.invalid/v1".to_owned(),
            Some(
                ClerkBuilder::http_client_builder()
                    .unwrap()
                    .dns_resolver(Arc::new(KnowsNobody))
                    .no_proxy()
                    .build()
                    .unwrap(),
            ),
            Outcome::CONNECT,
        ),
        Fault::new("reset at once", vec![Reset], Outcome::BROKEN_OFF),
        Fault::new("reset before the answer", vec![Read, Reset], Outcome::BROKEN_OFF),
        Fault::new("reset in the head", vec![Read, half_head(), Pause(20 * MS), Reset], Outcome::BROKEN_OFF),
        Fault::new(
            "reset in the body",
            vec![Read, half_body(), Pause(20 * MS), Reset],
            Outcome::BROKEN_OFF.status(200),
        ),
        Fault::new("reset while the request is sent", vec![ReadHead, Reset], Outcome::BROKEN_OFF).on(&upload),
        Fault::new("closed before the answer", vec![Read], Outcome::BROKEN_OFF),
        Fault::new("closed in the head", vec![Read, half_head()], Outcome::BROKEN_OFF),
        Fault::new("closed in the body", vec![Read, half_body()], Outcome::BROKEN_OFF.status(200)),
        Fault::new("accepted and silent", vec![Wait], Outcome::TIMEOUT).in_short(),
        Fault::new("request read, then silent", vec![Read, Wait], Outcome::TIMEOUT).in_short(),
        Fault::new("silent while the request is sent", vec![ReadHead, Pause(60_000 * MS)], Outcome::TIMEOUT)
            .on(&upload)
            .in_short(),
        Fault::new("silent in the head", vec![Read, half_head(), Wait], Outcome::TIMEOUT).in_short(),
        Fault::new("silent in the body", vec![Read, half_body(), Wait], Outcome::TIMEOUT.status(200)).in_short(),
        Fault::new(
            "head byte by byte, in time",
            vec![
                Read,
                Trickle(b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n".to_vec(), MS),
                Send(br#"{"id":"user_1"}"#.into()),
            ],
            Outcome::ANSWER,
        ),
        Fault::new("head byte by byte, too slow", vec![Read, Trickle(user(), 50 * MS)], Outcome::TIMEOUT).in_short(),
        Fault::new(
            "body byte by byte, in time",
            vec![Read, Trickle(answer("200 OK", &[], r#"{"id":"user_1"}"#), MS)],
            Outcome::ANSWER,
        ),
        Fault::new(
            "body byte by byte, too slow",
            vec![Read, Send(head("200 OK", &["content-length: 1000"], "")), Trickle(vec![b' '; 1000], 10 * MS)],
            Outcome::TIMEOUT.status(200),
        )
        .in_short(),
        Fault::new(
            "error whose body is silent",
            vec![Read, Send(head("429 Too Many Requests", &["content-length: 9", "retry-after: 3"], "{")), Wait],
            Outcome::not_now(ErrorKind::RateLimited, 429),
        )
        .in_short()
        .retry_after(Some(3)),
        Fault::new(
            "error before the request was sent, rest read",
            vec![ReadHead, Send(too_large()), Read],
            Outcome::refused(ErrorKind::InvalidInput, 413),
        )
        .on(&upload),
        Fault::kept("kept connection closed while idle", vec![], Outcome::ANSWER),
        Fault::kept("kept connection reset while idle", vec![Reset], Outcome::ANSWER),
        Fault::kept("kept connection closed when used again", vec![Read], Outcome::BROKEN_OFF),
        Fault::kept("kept connection reset when used again", vec![ReadHead, Reset], Outcome::BROKEN_OFF),
        Fault::kept("kept connection silent when used again", vec![Wait], Outcome::TIMEOUT).in_short(),
        Fault::new(
            "https: answered in plain HTTP",
            vec![Send(head("400 Bad Request", &[], "")), Wait],
            Outcome::CONNECT,
        )
        .https(),
        // A fatal alert, of a failed handshake.
        Fault::new("https: alert", vec![Send(vec![0x15, 3, 3, 0, 2, 2, 40])], Outcome::CONNECT).https(),
        Fault::new("https: closed in the handshake", vec![Pause(20 * MS)], Outcome::CONNECT).https(),
        Fault::new("https: reset in the handshake", vec![Pause(20 * MS), Reset], Outcome::CONNECT).https(),
        Fault::new("https: silent in the handshake", vec![Wait], Outcome::CONNECT).https().connecting_in_short(),
        Fault::elsewhere(
            "https: certificate signed by itself",
            format!("https://{}/v1", self_signed().await),
            None,
            Outcome::CONNECT,
        ),
    ]
}

/// Answers as a resolver does that finds no such host, without asking the network.
struct KnowsNobody;

impl Resolve for KnowsNobody {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(async { Err(std::io::Error::other("no such host").into()) })
    }
}

/// A server whose certificate nobody has signed but itself.
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
            assert!(acceptor.accept(stream).await.is_err(), "the client has taken the certificate");
        }
    });
    address
}
