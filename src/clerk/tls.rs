//! TLS settings of the HTTP client.

use reqwest::ClientBuilder;

use crate::error::Result;

/// Configures rustls with a crypto provider and the platform's certificate verifier.
///
/// The provider is set explicitly, because reqwest panics if it builds a client without one. An installed process-wide
/// provider takes precedence, because the application may have chosen it for FIPS or post-quantum key exchange. This
/// function does not install one.
#[cfg(all(feature = "rustls-no-provider", not(feature = "native-tls")))]
pub(super) fn set_up(client: ClientBuilder) -> Result<ClientBuilder> {
    use std::sync::Arc;

    use rustls::ClientConfig;
    use rustls::crypto::CryptoProvider;
    use rustls_platform_verifier::BuilderVerifierExt;

    use crate::error::{Error, ErrorKind};

    let error = |message| Error::new(ErrorKind::Configuration).with_message(message);
    let provider = match CryptoProvider::get_default() {
        Some(installed) => Arc::clone(installed),
        #[cfg(feature = "rustls")]
        None => Arc::new(rustls::crypto::ring::default_provider()),
        #[cfg(not(feature = "rustls"))]
        None => {
            return Err(error(
                "the `rustls-no-provider` feature requires an installed rustls::crypto::CryptoProvider, \
                 or the `rustls` feature",
            ));
        }
    };
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

/// Leaves the TLS configuration to reqwest.
///
/// With the `native-tls` feature, reqwest uses the platform's TLS library. Otherwise, it does not support TLS.
#[cfg(not(all(feature = "rustls-no-provider", not(feature = "native-tls"))))]
#[expect(clippy::unnecessary_wraps, reason = "as with rustls")]
pub(super) fn set_up(client: ClientBuilder) -> Result<ClientBuilder> {
    Ok(client)
}

#[cfg(test)]
mod tests {
    /// Tests a build without ring and without an installed crypto provider.
    #[cfg(all(feature = "rustls-no-provider", not(any(feature = "rustls", feature = "native-tls"))))]
    #[test]
    fn http_client_builder_without_crypto_provider_is_a_configuration_error() {
        let error = crate::clerk::ClerkBuilder::http_client_builder().unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Configuration);
        assert!(error.to_string().contains("`rustls-no-provider`"), "{error}");
    }

    #[cfg(not(any(feature = "rustls-no-provider", feature = "native-tls")))]
    #[test]
    fn build_with_https_and_without_tls_is_a_configuration_error() {
        let key = crate::SecretKey::new("sk_test_123").unwrap();
        let error = crate::ClerkUserDirectory::builder(key).build().unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Configuration);
        assert!(error.to_string().contains("`rustls` or `native-tls`"), "{error}");
    }
}
