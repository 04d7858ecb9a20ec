//! TLS of the HTTP client: trusted certificates, ALPN and the crypto provider.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use integration_tests::KEY;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{CipherSuite, ServerConfig};
use user_directory::clerk::RetryPolicy;
use user_directory::{ClerkUserDirectory, ErrorKind, SecretKey, UserDirectory, UserFilter};

const COUNT: &[u8] = b"HTTP/1.1 200 OK\r\n\
    content-type: application/json\r\n\
    content-length: 41\r\n\
    connection: close\r\n\r\n\
    {\"object\":\"total_count\",\"total_count\":42}\n";

/// The negotiated parameters of a TLS session.
#[derive(Debug, PartialEq)]
struct Negotiated {
    protocol: Option<String>,
    cipher_suite: CipherSuite,
}

/// An HTTPS server on the loopback interface that responds to everything with the same count of users.
struct Server {
    address: SocketAddr,
    certificate: String,
    negotiated: UnboundedReceiver<Negotiated>,
}

impl Server {
    /// Starts a server with a self-signed certificate for `127.0.0.1`.
    async fn start(protocols: &[&str]) -> Self {
        let issued = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(issued.signing_key.serialize_der().into());
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![issued.cert.der().clone()], key)
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, negotiated) = unbounded_channel();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let session = stream.get_ref().1;
                let protocol = session.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned());
                let cipher_suite = session.negotiated_cipher_suite().unwrap().suite();
                sender.send(Negotiated { protocol, cipher_suite }).unwrap();
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(COUNT).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { address, certificate: issued.cert.pem(), negotiated }
    }

    fn api_url(&self) -> String {
        format!("https://{}/v1", self.address)
    }

    /// Runs [`client`] in a process that trusts the certificate of this server, and returns what it prints.
    async fn run_client(&self, test: &str, provider: &str) -> String {
        let certificate = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}.pem"));
        std::fs::write(&certificate, &self.certificate).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "tls::client", "--ignored", "--nocapture"])
            .env("SSL_CERT_FILE", certificate)
            .env("CLERK_SECRET_KEY", KEY)
            .env("CLERK_API_URL", self.api_url())
            .env("PROVIDER", provider);
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        assert!(output.status.success(), "{output:?}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        stdout.lines().find_map(|line| line.split_once("count: ")).unwrap().1.to_owned()
    }
}

/// Counts the users of the server in `CLERK_API_URL`, after installing the crypto provider in `PROVIDER`.
#[tokio::test]
#[ignore = "other tests run it in a child process"]
async fn client() {
    let chosen = std::env::var("PROVIDER").is_ok_and(|provider| provider == "chacha20");
    if chosen {
        let mut provider = ring::default_provider();
        provider.cipher_suites.retain(|suite| suite.suite() == CipherSuite::TLS13_CHACHA20_POLY1305_SHA256);
        provider.install_default().unwrap();
    }
    let directory = ClerkUserDirectory::builder(SecretKey::from_env("CLERK_SECRET_KEY").unwrap())
        .base_url(std::env::var("CLERK_API_URL").unwrap())
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    assert_eq!(CryptoProvider::get_default().is_some(), chosen, "building a directory must not install a provider");
    match directory.count(&UserFilter::new()).await {
        Ok(count) => println!("\ncount: {count}"),
        Err(error) => println!("\ncount: {error:?}"),
    }
}

#[cfg(target_os = "linux")] // where SSL_CERT_FILE replaces the certificates of the platform
#[tokio::test(flavor = "multi_thread")]
async fn https_with_a_trusted_certificate_works() {
    let mut server = Server::start(&["http/1.1"]).await;
    assert_eq!(server.run_client("trusted", "").await, "42");
    assert_eq!(server.negotiated.recv().await.unwrap().protocol.as_deref(), Some("http/1.1"));
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn http2_is_negotiated_if_the_server_offers_it() {
    let mut server = Server::start(&["h2", "http/1.1"]).await;
    let result = server.run_client("http2", "").await;
    assert!(result.contains("Error"), "the server does not understand HTTP/2: {result}");
    assert_eq!(server.negotiated.recv().await.unwrap().protocol.as_deref(), Some("h2"));
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn installed_crypto_provider_is_used() {
    let mut server = Server::start(&[]).await;
    assert_eq!(server.run_client("provider", "chacha20").await, "42");
    let negotiated = server.negotiated.recv().await.unwrap();
    assert_eq!(negotiated.cipher_suite, CipherSuite::TLS13_CHACHA20_POLY1305_SHA256);
}

#[tokio::test(flavor = "multi_thread")]
async fn https_with_an_untrusted_certificate_fails() {
    let mut server = Server::start(&["http/1.1"]).await;
    let directory = ClerkUserDirectory::builder(SecretKey::new(KEY).unwrap())
        .base_url(server.api_url())
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    let error = directory.count(&UserFilter::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error:?}");
    assert!(!error.is_outcome_unknown(), "{error:?}");
    assert!(server.negotiated.try_recv().is_err(), "the handshake was completed");
}
