//! The response of `GET /users/{user_id}/oauth_access_tokens/{provider}`.

use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::model::{OAuthAccessToken, lenient};
#[cfg(feature = "wire")]
use {
    crate::model::{Metadata, OAuthToken, Text},
    jiff::Timestamp,
    serde::Serialize,
};

/// The server's encoding of an OAuth access token.
///
/// [`OAuthAccessToken`] does not implement `Serialize`, because it contains secrets.
#[cfg(feature = "wire")]
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

#[cfg(feature = "wire")]
impl<'a> OAuthTokenBody<'a> {
    /// Borrows the fields of a token.
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

/// The client's decoding of OAuth access tokens: either a list or a page.
#[derive(Debug)]
pub struct OAuthTokensBody(pub Vec<OAuthAccessToken>);

impl<'de> Deserialize<'de> for OAuthTokensBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListOrPage;

        impl<'de> Visitor<'de> for ListOrPage {
            type Value = Vec<OAuthAccessToken>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list or a page")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                lenient::list(SeqAccessDeserializer::new(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, page: A) -> Result<Self::Value, A::Error> {
                #[derive(Deserialize)]
                struct Page {
                    #[serde(deserialize_with = "lenient::list")]
                    data: Vec<OAuthAccessToken>,
                }
                Page::deserialize(MapAccessDeserializer::new(page)).map(|page| page.data)
            }
        }

        deserializer.deserialize_any(ListOrPage).map(Self)
    }
}
