//! [`OAuthAccessToken`]: an access token that an OAuth provider issued for a user.

use jiff::Timestamp;
use serde::Deserialize;

use crate::model::id::ExternalAccountId;
use crate::model::lenient::{self, expiration};
use crate::model::metadata::Metadata;
use crate::model::secret::OAuthToken;
use crate::model::text::Text;

/// An access token that an OAuth provider issued for a user.
///
/// `Debug` redacts the tokens, and the type does not implement `Serialize`.
///
/// ```
/// use user_directory::model::{OAuthAccessToken, OAuthToken};
///
/// let token = OAuthAccessToken::new("oauth_google", OAuthToken::new("ya29.secret"));
/// assert!(!format!("{token:?}").contains("ya29"));
/// assert_eq!(token.token.expose_secret(), "ya29.secret");
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct OAuthAccessToken {
    /// The id of the corresponding [`ExternalAccount`](crate::model::ExternalAccount).
    #[serde(default, deserialize_with = "lenient::optional")]
    pub external_account_id: Option<ExternalAccountId>,
    /// The user's id at the provider.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub provider_user_id: Text,
    /// The access token.
    #[serde(deserialize_with = "lenient::required")]
    pub token: OAuthToken,
    /// When the token expires.
    ///
    /// Clerk does not document the unit, so the decoder accepts both milliseconds and seconds.
    #[serde(default, with = "expiration")]
    pub expires_at: Option<Timestamp>,
    /// The provider, such as `oauth_google`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub provider: Text,
    /// The external account's public metadata.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub public_metadata: Metadata,
    /// A label that distinguishes the user's access tokens for the same provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub label: Option<Text>,
    /// The token's scopes (OAuth 2.0 only).
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub scopes: Vec<Text>,
    /// The ID token (OpenID Connect only).
    #[serde(default, deserialize_with = "lenient::optional")]
    pub id_token: Option<OAuthToken>,
    /// The token secret (OAuth 1.0 only).
    #[serde(default, deserialize_with = "lenient::optional")]
    pub token_secret: Option<OAuthToken>,
}

impl OAuthAccessToken {
    /// Creates an access token. `provider` is the provider that issued it, such as `oauth_google`.
    #[must_use]
    pub fn new(provider: impl Into<Text>, token: OAuthToken) -> Self {
        Self {
            external_account_id: None,
            provider_user_id: Text::default(),
            token,
            expires_at: None,
            provider: provider.into(),
            public_metadata: Metadata::default(),
            label: None,
            scopes: Vec::new(),
            id_token: None,
            token_secret: None,
        }
    }
}
