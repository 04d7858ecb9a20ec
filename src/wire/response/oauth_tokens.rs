//! The response to `GET /users/{user_id}/oauth_access_tokens/{provider}`.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::{Metadata, OAuthAccessToken, OAuthToken, Text};

/// The serializable form of an OAuth access token, for server responses.
///
/// [`OAuthAccessToken`] does not implement `Serialize`, because it contains secrets.
#[derive(Serialize)]
#[serde(tag = "object", rename = "oauth_access_token")]
#[expect(missing_debug_implementations, reason = "the fields are secrets")]
pub struct OAuthTokenBody<'a> {
    external_account_id: &'a str,
    provider_user_id: &'a str,
    token: &'a str,
    expires_at: Option<i64>,
    provider: &'a str,
    public_metadata: &'a Metadata,
    label: Option<&'a Text>,
    #[serde(skip_serializing_if = "<[Text]>::is_empty")]
    scopes: &'a [Text],
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_secret: Option<&'a str>,
}

impl<'a> OAuthTokenBody<'a> {
    /// Creates a body that borrows the fields of a token.
    #[must_use]
    pub fn new(token: &'a OAuthAccessToken) -> Self {
        Self {
            external_account_id: token.external_account_id.as_ref().map_or("", |id| id.as_str()),
            provider_user_id: &token.provider_user_id,
            token: token.token.expose_secret(),
            expires_at: token.expires_at.map(Timestamp::as_millisecond),
            provider: &token.provider,
            public_metadata: &token.public_metadata,
            label: token.label.as_ref(),
            scopes: &token.scopes,
            id_token: token.id_token.as_ref().map(OAuthToken::expose_secret),
            token_secret: token.token_secret.as_ref().map(OAuthToken::expose_secret),
        }
    }
}
