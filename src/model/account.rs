//! Accounts elsewhere that a user is connected with: OAuth, SAML and enterprise.

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
    /// What kind of object an [`ExternalAccount`] is (its `object` field).
    #[derive(Default)]
    ExternalAccountKind {
        /// An account at any provider.
        #[default]
        ExternalAccount = "external_account",
        /// An account at Google, in the older form.
        GoogleAccount = "google_account",
        /// An account at Facebook, in the older form.
        FacebookAccount = "facebook_account",
    }
}

open_enum! {
    /// The protocol of an [`EnterpriseAccount`] or its connection.
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
/// use user_directory::ExternalAccount;
///
/// let mut account = ExternalAccount::new("eac_1".parse()?, "oauth_google");
/// account.email_address = "ada@example.com".into();
/// assert_eq!(account.id_to_delete(), "eac_1");
/// # Ok::<(), user_directory::InvalidId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExternalAccount {
    /// What kind of object it is.
    #[serde(rename = "object", default, deserialize_with = "lenient::or_default")]
    pub kind: ExternalAccountKind,
    /// Its id. For Google and Facebook accounts it may be that of the identification; see
    /// [`id_to_delete`](Self::id_to_delete).
    #[serde(deserialize_with = "lenient::required")]
    pub id: ExternalAccountId,
    /// The provider, such as `oauth_google`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub provider: Text,
    /// The identification that it stands for.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub identification_id: Option<IdentificationId>,
    /// The id of the account proper, where `id` is that of the identification.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub external_account_id: Option<ExternalAccountId>,
    /// The id of the user at the provider.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub provider_user_id: Text,
    /// The scopes that the user approved, separated by spaces.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub approved_scopes: Text,
    /// The email address at the provider.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub email_address: Text,
    /// Whether the provider had verified that address; `None` if it is not known.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub email_address_verified: Option<bool>,
    /// The first name at the provider.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub first_name: Text,
    /// The last name at the provider.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub last_name: Text,
    /// The picture at the provider, under its older name.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<Text>,
    /// The picture at the provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub image_url: Option<Text>,
    /// The user name at the provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub username: Option<Text>,
    /// The phone number at the provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub phone_number: Option<Text>,
    /// Metadata of the account.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub public_metadata: Metadata,
    /// The name that the user sees.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub label: Option<Text>,
    /// When it was connected.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
    /// How it was verified.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub verification: Option<Verification>,
}

impl lenient::Object for ExternalAccount {}

impl ExternalAccount {
    /// An account with nothing else known.
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

    /// The id that [`delete_external_account`](crate::UserDirectory::delete_external_account) takes: that of the
    /// account proper where `id` is that of its identification, as for Google and Facebook accounts.
    #[must_use]
    pub fn id_to_delete(&self) -> &ExternalAccountId {
        self.external_account_id.as_ref().unwrap_or(&self.id)
    }
}

/// A connection between an instance and an identity provider.
///
/// One type for the connections of SAML and of enterprise accounts, which differ in a few fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "the switches of the API, one for one")]
pub struct EnterpriseConnection {
    /// Its id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: EnterpriseConnectionId,
    /// Its protocol. Not on the connections of SAML accounts.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub protocol: Option<EnterpriseProtocol>,
    /// The identity provider, such as `saml_okta`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub provider: Text,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: Text,
    /// The logo of the identity provider.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub logo_public_url: Option<Text>,
    /// Its only domain, in the older form.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub domain: Option<Text>,
    /// Its domains.
    #[serde(default, deserialize_with = "lenient::or_default", skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<Text>,
    /// Whether it is in use.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub active: bool,
    /// Whether names are taken over at each sign-in.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub sync_user_attributes: bool,
    /// Whether addresses of subdomains may use it.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub allow_subdomains: bool,
    /// Whether the identity provider may begin a sign-in.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub allow_idp_initiated: bool,
    /// Whether its users may not have other identifiers.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub disable_additional_identifications: bool,
    /// When it was created.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
}

impl lenient::Object for EnterpriseConnection {}

impl EnterpriseConnection {
    /// An active connection with nothing else known.
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
    /// Its id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: SamlAccountId,
    /// The identity provider, such as `saml_okta`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub provider: Text,
    /// Whether it can be used to sign in.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub active: bool,
    /// The email address at the identity provider.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub email_address: Text,
    /// The first name at the identity provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub first_name: Option<Text>,
    /// The last name at the identity provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub last_name: Option<Text>,
    /// The id of the user at the identity provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub provider_user_id: Option<Text>,
    /// When the user last signed in by it.
    #[serde(default, with = "millis")]
    pub last_authenticated_at: Option<Timestamp>,
    /// Metadata of the account.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub public_metadata: Metadata,
    /// How it was verified.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub verification: Option<Verification>,
    /// The connection that it came by.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub saml_connection: Option<EnterpriseConnection>,
}

impl lenient::Object for SamlAccount {}

impl SamlAccount {
    /// An active account with nothing else known.
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

/// A user's account at an enterprise identity provider, by SAML or OpenID Connect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "enterprise_account")]
#[non_exhaustive]
pub struct EnterpriseAccount {
    /// Its id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: EnterpriseAccountId,
    /// Its protocol.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub protocol: Option<EnterpriseProtocol>,
    /// The identity provider, such as `saml_okta`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub provider: Text,
    /// Whether it can be used to sign in.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub active: bool,
    /// The email address at the identity provider.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub email_address: Text,
    /// The first name at the identity provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub first_name: Option<Text>,
    /// The last name at the identity provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub last_name: Option<Text>,
    /// The id of the user at the identity provider.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub provider_user_id: Option<Text>,
    /// The connection that it came by.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub enterprise_connection_id: Option<EnterpriseConnectionId>,
    /// Metadata of the account.
    #[serde(default, deserialize_with = "lenient::metadata")]
    pub public_metadata: Metadata,
    /// How it was verified.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub verification: Option<Verification>,
    /// The connection that it came by, in full.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub enterprise_connection: Option<EnterpriseConnection>,
    /// When the user last signed in by it.
    #[serde(default, with = "millis")]
    pub last_authenticated_at: Option<Timestamp>,
}

impl lenient::Object for EnterpriseAccount {}

impl EnterpriseAccount {
    /// An active account with nothing else known.
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
