//! TLS of the HTTP client.

use reqwest::ClientBuilder;

use crate::error::Result;

/// Sets up rustls with the platform's certificates, without installing anything in the process.
///
/// reqwest without a provider of its own panics when it builds a client, unless one is installed in the process. An
/// installed provider is used here as well, because the application chose it, for example for FIPS or for post-quantum
/// key exchange.
#[cfg(all(feature = "rustls-no-provider", not(feature = "native-tls")))]
pub(super) fn set_up(client: ClientBuilder) -> Result<ClientBuilder> {
    use std::sync::Arc;

    use rustls::ClientConfig;
    use rustls::crypto::CryptoProvider;
    use rustls_platform_verifier::BuilderVerifierExt;

    use crate::error::{Error, ErrorKind};

    #[cfg(feature = "rustls")]
    fn default_provider() -> Option<Arc<CryptoProvider>> {
        Some(Arc::new(rustls::crypto::ring::default_provider()))
    }

    #[cfg(not(feature = "rustls"))]
    fn default_provider() -> Option<Arc<CryptoProvider>> {
        None
    }

    let error = |message| Error::new(ErrorKind::Configuration).with_message(message);
    let provider = CryptoProvider::get_default().cloned().or_else(default_provider).ok_or_else(|| {
        error("the feature `rustls-no-provider` needs a provider: call rustls::crypto::CryptoProvider::install_default")
    })?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|source| error("TLS could not be set up").with_source(source))?
        .with_no_client_auth();
    if cfg!(feature = "http2") {
        config.alpn_protocols.push(b"h2".to_vec());
    }
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(client.tls_backend_preconfigured(config))
}

/// Leaves TLS to reqwest: it is that of the platform, or there is none.
#[cfg(not(all(feature = "rustls-no-provider", not(feature = "native-tls"))))]
#[expect(clippy::unnecessary_wraps, reason = "as with rustls")]
pub(super) fn set_up(client: ClientBuilder) -> Result<ClientBuilder> {
    Ok(client)
}
