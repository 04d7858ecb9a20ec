//! Fills the required fields of responses.
//!
//! A directory may have no value for a field that Clerk's OpenAPI document requires, for example if users were loaded
//! from partial data. Clients generated from the document reject responses without these fields, so missing fields
//! are filled with placeholder values.

use http::Uri;
use jiff::Timestamp;

use crate::model::billing::Subscription;
use crate::model::{
    DeviceAlgorithm, EmailAddress, EnterpriseConnection, EnterpriseProtocol, ExternalAccount, InstanceId, Organization,
    OrganizationInvitation, OrganizationMembership, Paginated, Passkey, PayerId, PhoneNumber, PublicOrganizationData,
    PublicUserData, Text, TrustedDevice, User, Verification, VerificationKind, VerificationStrategy, Web3Wallet,
    avatar_url,
};

/// A placeholder for a required image.
const NO_IMAGE: Text = Text::from_static("https://images.invalid/none");

/// A response whose missing required fields can be filled with placeholder values.
///
/// Clerk's OpenAPI document defines which fields are required. Clients generated from the document reject responses
/// without these fields.
pub trait FillRequired {
    /// Fills missing required fields with placeholder values, and removes values that generated clients reject.
    fn fill_required(&mut self);
}

impl<T: FillRequired> FillRequired for Vec<T> {
    fn fill_required(&mut self) {
        self.iter_mut().for_each(T::fill_required);
    }
}

impl<T: FillRequired> FillRequired for Paginated<T> {
    fn fill_required(&mut self) {
        self.data.fill_required();
    }
}

impl FillRequired for User {
    fn fill_required(&mut self) {
        fill_time(&mut self.created_at);
        fill_time(&mut self.updated_at);
        remove_relative(&mut self.image_url);
        remove_relative(&mut self.profile_image_url);
        // The service always returns an image URL, and clients parse it.
        if self.image_url.is_none() {
            self.image_url = Some(avatar_url(&self.id));
        }
        self.email_addresses.fill_required();
        self.phone_numbers.fill_required();
        self.web3_wallets.fill_required();
        self.passkeys.fill_required();
        self.external_accounts.fill_required();
        for account in &mut self.saml_accounts {
            fill_verification(&mut account.verification, VerificationKind::Saml, VerificationStrategy::Saml);
            account.saml_connection.iter_mut().for_each(fill_connection);
        }
        for account in &mut self.enterprise_accounts {
            fill_verification(&mut account.verification, VerificationKind::Saml, VerificationStrategy::Saml);
            if let Some(connection) = &mut account.enterprise_connection {
                fill_connection(connection);
                // Required here, but not part of the connection of a SAML account.
                connection.protocol.get_or_insert(EnterpriseProtocol::Saml);
                connection.logo_public_url.get_or_insert(NO_IMAGE);
            }
        }
        self.organization_memberships.fill_required();
    }
}

impl FillRequired for EmailAddress {
    fn fill_required(&mut self) {
        fill_time(&mut self.created_at);
        fill_time(&mut self.updated_at);
        fill_verification(&mut self.verification, VerificationKind::Admin, VerificationStrategy::Admin);
    }
}

impl FillRequired for PhoneNumber {
    fn fill_required(&mut self) {
        fill_time(&mut self.created_at);
        fill_time(&mut self.updated_at);
        fill_verification(&mut self.verification, VerificationKind::Admin, VerificationStrategy::Admin);
    }
}

impl FillRequired for Web3Wallet {
    fn fill_required(&mut self) {
        fill_time(&mut self.created_at);
        fill_time(&mut self.updated_at);
        fill_verification(&mut self.verification, VerificationKind::Admin, VerificationStrategy::Admin);
    }
}

impl FillRequired for Passkey {
    fn fill_required(&mut self) {
        fill_time(&mut self.last_used_at);
        fill_verification(&mut self.verification, VerificationKind::Passkey, VerificationStrategy::Passkey);
    }
}

impl FillRequired for ExternalAccount {
    fn fill_required(&mut self) {
        fill_time(&mut self.created_at);
        fill_time(&mut self.updated_at);
        remove_relative(&mut self.avatar_url);
        remove_relative(&mut self.image_url);
        if self.identification_id.is_none() {
            self.identification_id = self.id.as_str().parse().ok();
        }
        let strategy = VerificationStrategy::from(self.provider.as_str());
        fill_verification(&mut self.verification, VerificationKind::OAuth, strategy);
    }
}

fn fill_connection(connection: &mut EnterpriseConnection) {
    fill_time(&mut connection.created_at);
    fill_time(&mut connection.updated_at);
    remove_relative(&mut connection.logo_public_url);
    if connection.domains.is_empty() {
        connection.domain.get_or_insert_default();
    }
}

impl FillRequired for Organization {
    fn fill_required(&mut self) {
        fill_time(&mut self.created_at);
        fill_time(&mut self.updated_at);
        remove_relative(&mut self.image_url);
        // 0 means unlimited.
        self.max_allowed_memberships.get_or_insert(0);
    }
}

impl FillRequired for OrganizationMembership {
    fn fill_required(&mut self) {
        fill_time(&mut self.created_at);
        fill_time(&mut self.updated_at);
        self.organization.fill_required();
        if let Some(data) = &mut self.public_user_data {
            fill_public_user_data(data);
            if data.profile_image_url.is_none() {
                data.profile_image_url.clone_from(&data.image_url);
            }
        }
    }
}

impl FillRequired for OrganizationInvitation {
    fn fill_required(&mut self) {
        fill_time(&mut self.created_at);
        fill_time(&mut self.updated_at);
        if let Some(data) = &mut self.public_inviter_data {
            fill_public_user_data(data);
            // The data of an inviter has fewer fields than the data of a member.
            (data.profile_image_url, data.username, data.banned, data.deprovisioned) = (None, None, None, None);
        }
        self.public_organization_data.iter_mut().for_each(|data: &mut PublicOrganizationData| {
            remove_relative(&mut data.image_url);
        });
    }
}

fn fill_public_user_data(data: &mut PublicUserData) {
    remove_relative(&mut data.image_url);
    remove_relative(&mut data.profile_image_url);
    data.image_url.get_or_insert(NO_IMAGE);
    data.identifier.get_or_insert_default();
}

/// Returns the part of a user's data that other users may see.
#[must_use]
pub fn public_user_data(user: &User) -> PublicUserData {
    let mut data = PublicUserData::new(user.id.clone());
    data.first_name.clone_from(&user.first_name);
    data.last_name.clone_from(&user.last_name);
    data.image_url.clone_from(&user.image_url);
    data.profile_image_url.clone_from(&user.profile_image_url);
    data.has_image = user.has_image;
    data.username.clone_from(&user.username);
    let email = || user.primary_email_address().map(|email| email.email_address.clone());
    let phone = || user.primary_phone_number().map(|phone| phone.phone_number.clone());
    let wallet = || user.primary_web3_wallet().map(|wallet| wallet.web3_wallet.clone());
    data.identifier = email().or_else(phone).or_else(|| user.username.clone()).or_else(wallet);
    data.banned = Some(user.banned);
    data.deprovisioned = user.deprovisioned;
    data
}

impl FillRequired for TrustedDevice {
    fn fill_required(&mut self) {
        // The only algorithm in Clerk's OpenAPI document.
        self.algorithm.get_or_insert(DeviceAlgorithm::Es256);
        fill_time(&mut self.created_at);
        fill_time(&mut self.updated_at);
    }
}

impl FillRequired for Subscription {
    fn fill_required(&mut self) {
        fill_time(&mut self.created_at);
        fill_time(&mut self.updated_at);
        let instance_id = || InstanceId::new("ins_emulator").ok();
        let payer_id = || PayerId::new("cpayer_emulator").ok();
        self.instance_id = self.instance_id.take().or_else(instance_id);
        self.payer_id = self.payer_id.take().or_else(payer_id);
        self.next_payment.iter_mut().for_each(|payment| fill_time(&mut payment.date));
        for item in &mut self.subscription_items {
            fill_time(&mut item.period_start);
            item.next_payment.iter_mut().for_each(|payment| fill_time(&mut payment.date));
            item.instance_id = item.instance_id.take().or_else(|| self.instance_id.clone());
            item.payer_id = item.payer_id.take().or_else(|| self.payer_id.clone());
        }
    }
}

/// Fills an unknown time with the Unix epoch.
fn fill_time(at: &mut Option<Timestamp>) {
    at.get_or_insert(Timestamp::UNIX_EPOCH);
}

/// Removes a URL that is not absolute.
fn remove_relative(url: &mut Option<Text>) {
    url.take_if(|url| !is_absolute(url));
}

fn is_absolute(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
}

/// Fills the kind and the strategy of a verification. Clients use the kind to choose the schema of the verification.
fn fill_verification(verification: &mut Option<Verification>, kind: VerificationKind, strategy: VerificationStrategy) {
    let Some(verification) = verification else { return };
    match (&verification.kind, &verification.strategy) {
        (Some(_), Some(_)) => {}
        (None, Some(strategy)) => verification.kind = Some(kind_of(strategy).unwrap_or(kind)),
        (Some(kind), None) => verification.strategy = Some(strategy_of(kind).unwrap_or(strategy)),
        (None, None) => (verification.kind, verification.strategy) = (Some(kind), Some(strategy)),
    }
    if verification.kind == Some(VerificationKind::OAuth) {
        fill_time(&mut verification.expire_at);
    }
    verification.external_verification_redirect_url.take_if(|url| !is_absolute(url.expose_secret()));
}

fn kind_of(strategy: &VerificationStrategy) -> Option<VerificationKind> {
    Some(match strategy {
        VerificationStrategy::Admin => VerificationKind::Admin,
        VerificationStrategy::PhoneCode
        | VerificationStrategy::EmailCode
        | VerificationStrategy::ResetPasswordEmailCode => VerificationKind::Otp,
        VerificationStrategy::EmailLink => VerificationKind::EmailLink,
        VerificationStrategy::Ticket => VerificationKind::Ticket,
        VerificationStrategy::Saml => VerificationKind::Saml,
        VerificationStrategy::Scim => VerificationKind::Scim,
        VerificationStrategy::GoogleOneTap => VerificationKind::GoogleOneTap,
        VerificationStrategy::Passkey => VerificationKind::Passkey,
        VerificationStrategy::Web3Metamask
        | VerificationStrategy::Web3Base
        | VerificationStrategy::Web3CoinbaseWallet
        | VerificationStrategy::Web3OkxWallet
        | VerificationStrategy::Web3Solana => VerificationKind::Web3,
        VerificationStrategy::Other(name) if name.starts_with("from_oauth") => VerificationKind::FromOAuth,
        VerificationStrategy::Other(name) if name.starts_with("oauth") => VerificationKind::OAuth,
        VerificationStrategy::Other(_) => return None,
    })
}

/// Returns a strategy of the kind, or `None` if the kind is unknown or its strategies contain the name of a provider.
fn strategy_of(kind: &VerificationKind) -> Option<VerificationStrategy> {
    Some(match kind {
        VerificationKind::Admin => VerificationStrategy::Admin,
        VerificationKind::Otp => VerificationStrategy::EmailCode,
        VerificationKind::Ticket => VerificationStrategy::Ticket,
        VerificationKind::Saml => VerificationStrategy::Saml,
        VerificationKind::EmailLink => VerificationStrategy::EmailLink,
        VerificationKind::Scim => VerificationStrategy::Scim,
        VerificationKind::GoogleOneTap => VerificationStrategy::GoogleOneTap,
        VerificationKind::Passkey => VerificationStrategy::Passkey,
        VerificationKind::Web3 => VerificationStrategy::Web3Metamask,
        VerificationKind::FromOAuth | VerificationKind::OAuth | VerificationKind::Other(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{VerificationStatus, Web3WalletId};

    #[test]
    fn public_user_data_has_an_identifier_of_any_kind() {
        let mut user = User::new("user_1".try_into().unwrap());
        let mut wallet = Web3Wallet::new("0x1");
        wallet.id = Some(Web3WalletId::new("idn_1").unwrap());
        user.primary_web3_wallet_id.clone_from(&wallet.id);
        user.web3_wallets = vec![wallet].into();
        assert_eq!(public_user_data(&user).identifier.as_deref(), Some("0x1"));
        user.username = Some("ada".into());
        assert_eq!(public_user_data(&user).identifier.as_deref(), Some("ada"));
    }

    #[test]
    fn verification_gets_kind_and_strategy() {
        for (strategy, kind) in [
            (Some("email_code"), VerificationKind::Otp),
            (Some("web3_base_signature"), VerificationKind::Web3),
            (Some("from_oauth_google"), VerificationKind::FromOAuth),
            (Some("telepathy"), VerificationKind::Admin),
            (None, VerificationKind::Admin),
        ] {
            let mut email = EmailAddress::new("ada@example.com");
            let mut verification = Verification::new(VerificationStatus::Verified);
            verification.strategy = strategy.map(Into::into);
            email.verification = Some(verification);
            email.fill_required();
            let verification = email.verification.unwrap();
            assert_eq!(verification.kind, Some(kind), "{strategy:?}");
            assert!(verification.strategy.is_some());
        }
    }

    #[test]
    fn trusted_device_gets_its_required_fields() {
        let json = r#"{"id":"tdv_1","platform":"ios","status":"active"}"#;
        let mut device: TrustedDevice = serde_json::from_str(json).unwrap();
        device.fill_required();
        let expected = (Some(DeviceAlgorithm::Es256), Some(Timestamp::UNIX_EPOCH), Some(Timestamp::UNIX_EPOCH));
        assert_eq!((device.algorithm, device.created_at, device.updated_at), expected);
    }

    #[test]
    fn relative_url_is_removed() {
        for (url, stays) in [
            ("https://example.com/a.png?x=1", true),
            ("http://localhost:80/a", true),
            ("/a.png", false),
            ("", false),
            ("example.com/a", false),
            ("javascript:alert(1)", false),
            ("https://exa mple.com", false),
        ] {
            let mut user = User::new("user_1".parse().unwrap());
            user.image_url = Some(url.into());
            user.fill_required();
            let expected = if stays { url } else { "https://images.invalid/avatars/user_1" };
            assert_eq!(user.image_url.as_deref(), Some(expected), "{url:?}");
        }
    }
}
