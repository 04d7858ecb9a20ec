//! OAuth tokens as they are written: the one answer that is made of secrets, so its type has no `Serialize`.

use serde::{Serialize, Serializer};

use crate::model::{Metadata, OAuthAccessToken, OAuthToken, Text};

/// A token, written out.
#[derive(Serialize)]
#[serde(tag = "object", rename = "oauth_access_token")]
pub(super) struct WireToken<'a> {
    external_account_id: &'a str,
    provider_user_id: &'a str,
    #[serde(serialize_with = "exposed")]
    token: &'a OAuthToken,
    expires_at: Option<i64>,
    provider: &'a str,
    public_metadata: &'a Metadata,
    label: Option<&'a Text>,
    #[serde(skip_serializing_if = "<[Text]>::is_empty")]
    scopes: &'a [Text],
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "exposed_if_any")]
    id_token: Option<&'a OAuthToken>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "exposed_if_any")]
    token_secret: Option<&'a OAuthToken>,
}

impl<'a> WireToken<'a> {
    pub(super) fn new(token: &'a OAuthAccessToken) -> Self {
        Self {
            external_account_id: token.external_account_id.as_ref().map_or("", |id| id.as_str()),
            provider_user_id: &token.provider_user_id,
            token: &token.token,
            expires_at: token.expires_at.map(jiff::Timestamp::as_millisecond),
            provider: &token.provider,
            public_metadata: &token.public_metadata,
            label: token.label.as_ref(),
            scopes: &token.scopes,
            id_token: token.id_token.as_ref(),
            token_secret: token.token_secret.as_ref(),
        }
    }
}

fn exposed<S: Serializer>(token: &OAuthToken, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(token.expose_secret())
}

#[expect(clippy::ref_option, reason = "the signature that serde asks for")]
fn exposed_if_any<S: Serializer>(token: &Option<&OAuthToken>, serializer: S) -> Result<S::Ok, S::Error> {
    token.map(OAuthToken::expose_secret).serialize(serializer)
}
