//! User accounts at OAuth, SAML and enterprise identity providers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::id::{
    EnterpriseAccountId, EnterpriseConnectionId, ExternalAccountId, IdentificationId, SamlAccountId,
};
use crate::model::lenient::{self, millis, open_enum};
use crate::model::metadata::Metadata;
use crate::model::text::Text;
use crate::model::verification::Verification;

open_enum! {
    /// The type of an [`ExternalAccount`] (its `object` field).
    #[derive(Default)]
    ExternalAccountKind {
        /// An account at any OAuth provider.
        #[default]
        ExternalAccount = "external_account",
        /// A Google account in the legacy format.
        GoogleAccount = "google_account",
        /// A Facebook account in the legacy format.
        FacebookAccount = "facebook_account",
    }
}

open_enum! {
    /// The protocol of an [`EnterpriseAccount`] or [`EnterpriseConnection`].
    EnterpriseProtocol {
        /// OAuth or OpenID Connect.
        OAuth = "oauth",
        /// SAML.
        Saml = "saml",
    }
}

/// A user's account at an OAuth provider.
///
/// ```
/// use user_directory::model::ExternalAccount;
///
/// let mut account = ExternalAccount::new("eac_1".parse()?, "oauth_google");
/// account.email_address = "ada@example.com".into();
/// assert_eq!(account.id_to_delete(), "eac_1");
/// # Ok::<(), user_directory::model::InvalidId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExternalAccount {
    /// The account type.
    #[serde(rename = "object", default, deserialize_with = "lenient::or_default")]
    pub kind: ExternalAccountKind,
    /// The account's id.
    ///
    /// For Google and Facebook accounts, this can be the [identification id](Self::identification_id). To delete the
    /// account, use the id that [`id_to_delete`](Self::id_to_delete) returns.
    #[serde(deserialize_with = "lenient::required")]
    pub id: ExternalAccountId,
    /// The provider, such as `oauth_google`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub provider: Text,
    /// The id of the account's identification, which is Clerk's record of the account.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub identification_id: Option<IdentificationId>,
    /// The account's id, if [`id`](Self::id) is the identification id.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub external_account_id: Option<ExternalAccountId>,
    /// The user's id at the provider.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub provider_user_id: Text,
    /// The scopes that the user approved, separated by spaces.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub approved_scopes: Text,
    /// The account's email address.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub email_address: Text,
    /// Whether the provider verified the email address, or `None` if unknown.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub email_address_verified: Option<bool>,
    /// The user's first name at the provider.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub first_name: Text,
    /// The user's last name at the provider.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub last_name: Text,
    /// The URL of the account's profile image. Deprecated in Clerk's API: use [`image_url`](Self::image_url).
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<Text>,
    /// The URL of the account's profile image.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub image_url: Option<Text>,
    /// The account's username.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub username: Option<Text>,
    /// The account's phone number.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub phone_number: Option<Text>,
    /// The account's public metadata, which the frontend can read.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub public_metadata: Metadata,
    /// A label that distinguishes the user's accounts at the same provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub label: Option<Text>,
    /// When the account was connected.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When the account was last updated.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
    /// The verification details.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub verification: Option<Verification>,
}

impl lenient::Object for ExternalAccount {}

impl ExternalAccount {
    /// Fields of Google and Facebook accounts that duplicate other fields and are therefore not decoded.
    #[cfg(any(feature = "clerk", feature = "store", feature = "webhooks", feature = "wire"))]
    pub(in crate::model) const IGNORED_FIELDS: [&str; 5] =
        ["google_id", "facebook_id", "given_name", "family_name", "picture"];

    /// Creates an account with the given id and provider, such as `oauth_google`.
    #[must_use]
    pub fn new(id: ExternalAccountId, provider: impl Into<Text>) -> Self {
        Self {
            kind: ExternalAccountKind::ExternalAccount,
            id,
            provider: provider.into(),
            identification_id: None,
            external_account_id: None,
            provider_user_id: Text::default(),
            approved_scopes: Text::default(),
            email_address: Text::default(),
            email_address_verified: None,
            first_name: Text::default(),
            last_name: Text::default(),
            avatar_url: None,
            image_url: None,
            username: None,
            phone_number: None,
            public_metadata: Metadata::default(),
            label: None,
            created_at: None,
            updated_at: None,
            verification: None,
        }
    }

    /// Returns the id to pass to [`delete_external_account`](crate::UserDirectory::delete_external_account).
    ///
    /// This is [`external_account_id`](Self::external_account_id) if it is set, and [`id`](Self::id) otherwise.
    #[must_use]
    pub fn id_to_delete(&self) -> &ExternalAccountId {
        self.external_account_id.as_ref().unwrap_or(&self.id)
    }
}

/// A connection between a Clerk instance and an enterprise identity provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "the fields of the API")]
pub struct EnterpriseConnection {
    /// The connection's id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: EnterpriseConnectionId,
    /// The protocol. In a [`SamlAccount`], Clerk omits this field.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub protocol: Option<EnterpriseProtocol>,
    /// The identity provider, such as `saml_okta`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub provider: Text,
    /// The connection's name.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: Text,
    /// The URL of the identity provider's logo.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub logo_public_url: Option<Text>,
    /// The connection's email domain. Deprecated in Clerk's API: use [`domains`](Self::domains).
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub domain: Option<Text>,
    /// The connection's email domains.
    #[serde(default, deserialize_with = "lenient::or_default", skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<Text>,
    /// Whether the connection is active.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub active: bool,
    /// Whether the user's attributes are updated from the identity provider on each sign-in.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub sync_user_attributes: bool,
    /// Whether users with email addresses on subdomains of the [`domains`](Self::domains) can use the connection.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub allow_subdomains: bool,
    /// Whether IdP-initiated sign-in is allowed.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub allow_idp_initiated: bool,
    /// Whether users who sign in through the connection are prevented from adding other identifiers.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub disable_additional_identifications: bool,
    /// When the connection was created.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When the connection was last updated.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
}

impl lenient::Object for EnterpriseConnection {}

impl EnterpriseConnection {
    /// Creates an active connection with the given id and name.
    #[must_use]
    pub fn new(id: EnterpriseConnectionId, name: impl Into<Text>) -> Self {
        Self {
            id,
            protocol: None,
            provider: Text::default(),
            name: name.into(),
            logo_public_url: None,
            domain: None,
            domains: Vec::new(),
            active: true,
            sync_user_attributes: false,
            allow_subdomains: false,
            allow_idp_initiated: false,
            disable_additional_identifications: false,
            created_at: None,
            updated_at: None,
        }
    }
}

/// A user's account at a SAML identity provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "saml_account")]
#[non_exhaustive]
pub struct SamlAccount {
    /// The account's id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: SamlAccountId,
    /// The identity provider, such as `saml_okta`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub provider: Text,
    /// Whether the account can be used to sign in.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub active: bool,
    /// The account's email address.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub email_address: Text,
    /// The user's first name at the provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub first_name: Option<Text>,
    /// The user's last name at the provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub last_name: Option<Text>,
    /// The user's id at the identity provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub provider_user_id: Option<Text>,
    /// When the user last signed in with the account.
    #[serde(default, with = "millis")]
    pub last_authenticated_at: Option<Timestamp>,
    /// The account's public metadata, which the frontend can read.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub public_metadata: Metadata,
    /// The verification details.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub verification: Option<Verification>,
    /// The connection to the identity provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub saml_connection: Option<EnterpriseConnection>,
}

impl lenient::Object for SamlAccount {}

impl SamlAccount {
    /// Creates an active account with the given id and identity provider, such as `saml_okta`.
    #[must_use]
    pub fn new(id: SamlAccountId, provider: impl Into<Text>) -> Self {
        Self {
            id,
            provider: provider.into(),
            active: true,
            email_address: Text::default(),
            first_name: None,
            last_name: None,
            provider_user_id: None,
            last_authenticated_at: None,
            public_metadata: Metadata::default(),
            verification: None,
            saml_connection: None,
        }
    }
}

/// A user's account at an enterprise identity provider.
///
/// The provider is connected through SAML, OAuth or OpenID Connect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "enterprise_account")]
#[non_exhaustive]
pub struct EnterpriseAccount {
    /// The account's id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: EnterpriseAccountId,
    /// The protocol of the connection.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub protocol: Option<EnterpriseProtocol>,
    /// The identity provider, such as `saml_okta`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub provider: Text,
    /// Whether the account can be used to sign in.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub active: bool,
    /// The account's email address.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub email_address: Text,
    /// The user's first name at the provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub first_name: Option<Text>,
    /// The user's last name at the provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub last_name: Option<Text>,
    /// The user's id at the identity provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub provider_user_id: Option<Text>,
    /// The id of the [`EnterpriseConnection`] to the identity provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub enterprise_connection_id: Option<EnterpriseConnectionId>,
    /// The account's public metadata, which the frontend can read.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub public_metadata: Metadata,
    /// The verification details.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub verification: Option<Verification>,
    /// The connection to the identity provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub enterprise_connection: Option<EnterpriseConnection>,
    /// When the user last signed in with the account.
    #[serde(default, with = "millis")]
    pub last_authenticated_at: Option<Timestamp>,
}

impl lenient::Object for EnterpriseAccount {}

impl EnterpriseAccount {
    /// Creates an active account with the given id and identity provider, such as `saml_okta`.
    #[must_use]
    pub fn new(id: EnterpriseAccountId, provider: impl Into<Text>) -> Self {
        Self {
            id,
            protocol: None,
            provider: provider.into(),
            active: true,
            email_address: Text::default(),
            first_name: None,
            last_name: None,
            provider_user_id: None,
            enterprise_connection_id: None,
            public_metadata: Metadata::default(),
            verification: None,
            enterprise_connection: None,
            last_authenticated_at: None,
        }
    }
}
