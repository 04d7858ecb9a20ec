//! Makes answers complete: what the API's description requires is there, and what it allows to be absent may be.
//!
//! A directory need not know everything (users may have been loaded from a few fields), and the types say so. Clients
//! that are generated from the description fail on what is missing: a time without a value, a verification that does
//! not say what kind it is. Here that gets the value that says least.

use axum::http::Uri;
use jiff::Timestamp;

use crate::model::billing::Subscription;
use crate::model::{
    EmailAddress, EnterpriseConnection, EnterpriseProtocol, ExternalAccount, InstanceId, Organization,
    OrganizationInvitation, OrganizationMembership, Passkey, PayerId, PhoneNumber, PublicOrganizationData,
    PublicUserData, Text, TrustedDevice, User, Verification, VerificationKind, VerificationStrategy, Web3Wallet,
};

/// An image of nothing in particular, where there has to be one.
const NO_IMAGE: Text = Text::from_static("https://images.invalid/none");

/// What can be made complete before it is written.
pub(super) trait Complete {
    fn complete(&mut self);
}

impl<T: Complete> Complete for Vec<T> {
    fn complete(&mut self) {
        self.iter_mut().for_each(T::complete);
    }
}

impl Complete for User {
    fn complete(&mut self) {
        known(&mut self.created_at);
        known(&mut self.updated_at);
        absolute(&mut self.image_url);
        absolute(&mut self.profile_image_url);
        self.email_addresses.complete();
        self.phone_numbers.complete();
        self.web3_wallets.complete();
        self.passkeys.complete();
        self.external_accounts.complete();
        for account in &mut self.saml_accounts {
            verified(&mut account.verification, VerificationKind::Saml, VerificationStrategy::Saml);
            account.saml_connection.iter_mut().for_each(complete_connection);
        }
        for account in &mut self.enterprise_accounts {
            verified(&mut account.verification, VerificationKind::Saml, VerificationStrategy::Saml);
            if let Some(connection) = &mut account.enterprise_connection {
                complete_connection(connection);
                // Required of these, and not described for those of SAML accounts.
                connection.protocol.get_or_insert(EnterpriseProtocol::Saml);
                connection.logo_public_url.get_or_insert(NO_IMAGE);
            }
        }
        self.organization_memberships.complete();
    }
}

impl Complete for EmailAddress {
    fn complete(&mut self) {
        known(&mut self.created_at);
        known(&mut self.updated_at);
        verified(&mut self.verification, VerificationKind::Admin, VerificationStrategy::Admin);
    }
}

impl Complete for PhoneNumber {
    fn complete(&mut self) {
        known(&mut self.created_at);
        known(&mut self.updated_at);
        verified(&mut self.verification, VerificationKind::Admin, VerificationStrategy::Admin);
    }
}

impl Complete for Web3Wallet {
    fn complete(&mut self) {
        known(&mut self.created_at);
        known(&mut self.updated_at);
        verified(&mut self.verification, VerificationKind::Admin, VerificationStrategy::Admin);
    }
}

impl Complete for Passkey {
    fn complete(&mut self) {
        known(&mut self.last_used_at);
        verified(&mut self.verification, VerificationKind::Passkey, VerificationStrategy::Passkey);
    }
}

impl Complete for ExternalAccount {
    fn complete(&mut self) {
        known(&mut self.created_at);
        known(&mut self.updated_at);
        absolute(&mut self.avatar_url);
        absolute(&mut self.image_url);
        if self.identification_id.is_none() {
            self.identification_id = self.id.as_str().parse().ok();
        }
        let strategy = VerificationStrategy::from(self.provider.as_str());
        verified(&mut self.verification, VerificationKind::OAuth, strategy);
    }
}

fn complete_connection(connection: &mut EnterpriseConnection) {
    known(&mut connection.created_at);
    known(&mut connection.updated_at);
    absolute(&mut connection.logo_public_url);
    if connection.domains.is_empty() {
        connection.domain.get_or_insert_default();
    }
}

impl Complete for Organization {
    fn complete(&mut self) {
        known(&mut self.created_at);
        known(&mut self.updated_at);
        absolute(&mut self.image_url);
        // 0 means any number.
        self.max_allowed_memberships.get_or_insert(0);
    }
}

impl Complete for OrganizationMembership {
    fn complete(&mut self) {
        known(&mut self.created_at);
        known(&mut self.updated_at);
        self.organization.complete();
        if let Some(data) = &mut self.public_user_data {
            complete_public_data(data);
            if data.profile_image_url.is_none() {
                data.profile_image_url.clone_from(&data.image_url);
            }
        }
    }
}

impl Complete for OrganizationInvitation {
    fn complete(&mut self) {
        known(&mut self.created_at);
        known(&mut self.updated_at);
        if let Some(data) = &mut self.public_inviter_data {
            complete_public_data(data);
            // An inviter shows less than a member does.
            (data.profile_image_url, data.username, data.banned, data.deprovisioned) = (None, None, None, None);
        }
        self.public_organization_data.iter_mut().for_each(|data: &mut PublicOrganizationData| {
            absolute(&mut data.image_url);
        });
    }
}

fn complete_public_data(data: &mut PublicUserData) {
    absolute(&mut data.image_url);
    absolute(&mut data.profile_image_url);
    data.image_url.get_or_insert(NO_IMAGE);
    data.identifier.get_or_insert_default();
}

/// What others may know of a user, for an answer that has to say it.
pub(super) fn public_data_of(user: &User) -> PublicUserData {
    let mut data = PublicUserData::new(user.id.clone());
    data.first_name.clone_from(&user.first_name);
    data.last_name.clone_from(&user.last_name);
    data.image_url.clone_from(&user.image_url);
    data.profile_image_url.clone_from(&user.profile_image_url);
    data.has_image = user.has_image;
    data.username.clone_from(&user.username);
    let email = || user.primary_email_address().map(|email| email.email_address.clone());
    let phone = || user.primary_phone_number().map(|phone| phone.phone_number.clone());
    data.identifier = email().or_else(phone).or_else(|| user.username.clone());
    data.banned = Some(user.banned);
    data.deprovisioned = user.deprovisioned;
    data
}

impl Complete for TrustedDevice {
    fn complete(&mut self) {
        known(&mut self.created_at);
        known(&mut self.updated_at);
    }
}

impl Complete for Subscription {
    fn complete(&mut self) {
        known(&mut self.created_at);
        known(&mut self.updated_at);
        let instance_id = || InstanceId::new("ins_emulator").ok();
        let payer_id = || PayerId::new("cpayer_emulator").ok();
        self.instance_id = self.instance_id.take().or_else(instance_id);
        self.payer_id = self.payer_id.take().or_else(payer_id);
        for item in &mut self.subscription_items {
            known(&mut item.period_start);
            item.instance_id = item.instance_id.take().or_else(|| self.instance_id.clone());
            item.payer_id = item.payer_id.take().or_else(|| self.payer_id.clone());
        }
    }
}

/// A time that nobody knows is the beginning of time, as the API counts it.
fn known(at: &mut Option<Timestamp>) {
    at.get_or_insert(Timestamp::UNIX_EPOCH);
}

/// A URL that a client cannot follow is none.
fn absolute(url: &mut Option<Text>) {
    url.take_if(|url| !is_absolute(url));
}

fn is_absolute(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
}

/// A verification says of what kind it is, which tells clients how to read it, and by what strategy it was done.
fn verified(verification: &mut Option<Verification>, kind: VerificationKind, strategy: VerificationStrategy) {
    let Some(verification) = verification else { return };
    match (&verification.kind, &verification.strategy) {
        (Some(_), Some(_)) => {}
        (None, Some(strategy)) => verification.kind = Some(kind_of(strategy).unwrap_or(kind)),
        (Some(kind), None) => verification.strategy = Some(strategy_of(kind).unwrap_or(strategy)),
        (None, None) => (verification.kind, verification.strategy) = (Some(kind), Some(strategy)),
    }
    if verification.kind == Some(VerificationKind::OAuth) {
        known(&mut verification.expire_at);
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

/// The strategy of the kinds that have only one.
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
    use crate::model::VerificationStatus;

    #[test]
    fn a_verification_says_of_what_kind_it_is() {
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
            email.complete();
            let verification = email.verification.unwrap();
            assert_eq!(verification.kind, Some(kind), "{strategy:?}");
            assert!(verification.strategy.is_some());
        }
    }

    #[test]
    fn a_url_is_absolute_or_absent() {
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
            user.complete();
            assert_eq!(user.image_url.is_some(), stays, "{url:?}");
        }
    }
}
