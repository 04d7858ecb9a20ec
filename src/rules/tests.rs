//! Fixtures for the tests of the rules, and the tests of id generation.

mod new_id;
mod unchanged;

use std::fmt::Debug;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use super::{Context, InstanceSettings, SequentialIds, TakenIdentifiers};
use crate::account::{Account, Credit, Identifier, IdentifierKind, Resources};
use crate::error::{ErrorKind, Result};
use crate::model::billing::{Money, Subscription};
use crate::model::{
    BackupCode, DevicePlatform, DeviceStatus, EmailAddress, ExternalAccount, IdentificationLink, InvalidId,
    InvitationStatus, Metadata, OAuthAccessToken, OAuthToken, Organization, OrganizationInvitation,
    OrganizationMembership, Passkey, PasswordDigest, PasswordHasher, PhoneNumber, TotpSecret, TrustedDevice, User,
    Verification, VerificationStatus, Web3Wallet,
};

pub(super) const TOTP_SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
/// The wallets of [`full_account`].
pub(super) const WALLETS: [&str; 3] = [
    "0x1111111111111111111111111111111111111111",
    "0x2222222222222222222222222222222222222222",
    "0x3333333333333333333333333333333333333333",
];

/// Returns the time of each [`Instance::context`].
pub(super) fn now() -> Timestamp {
    at("2026-05-12T09:00:00Z")
}

/// Returns the time of the last change to [`full_account`].
pub(super) fn earlier() -> Timestamp {
    now() - SignedDuration::from_hours(24)
}

pub(super) fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

pub(super) fn id<T: FromStr<Err = InvalidId>>(id: &str) -> T {
    id.parse().unwrap()
}

pub(super) fn metadata(json: &str) -> Metadata {
    json.parse().unwrap()
}

pub(super) fn taken(identifiers: &[(IdentifierKind, &str)]) -> TakenIdentifiers {
    identifiers.iter().map(|(kind, value)| Identifier::new(*kind, value).into_owned()).collect()
}

/// Owns the values that a [`Context`] borrows.
pub(super) struct Instance {
    settings: InstanceSettings,
    ids: SequentialIds,
}

/// Creates an instance with permissive settings.
impl Default for Instance {
    fn default() -> Self {
        Self::new(InstanceSettings::permissive())
    }
}

impl Instance {
    pub(super) fn new(settings: InstanceSettings) -> Self {
        Self { settings, ids: SequentialIds::default() }
    }

    pub(super) fn context(&self) -> Context<'_> {
        Context { now: now(), settings: &self.settings, ids: &self.ids }
    }
}

/// Asserts the kind of an error, and the code and the parameter of each detail.
#[track_caller]
pub(super) fn assert_rejected<T: Debug>(result: Result<T>, kind: ErrorKind, details: &[(&str, Option<&str>)]) {
    let error = result.unwrap_err();
    let actual: Vec<_> = error.details().iter().map(|detail| (detail.code(), detail.param_name())).collect();
    assert_eq!((error.kind(), &actual[..]), (kind, details));
}

/// Returns an account without identifiers, secrets or resources.
pub(super) fn empty_account() -> Account {
    let mut user = User::new(id("user_1"));
    user.created_at = Some(earlier());
    user.updated_at = Some(earlier());
    Account::new(user, earlier())
}

/// Returns an account with a value in every field that a rule changes, except the ban and the lock.
pub(super) fn full_account() -> Account {
    let mut account = empty_account();
    let user = &mut account.user;
    user.external_id = Some("external-1".into());
    user.username = Some("ada_lovelace".into());
    user.first_name = Some("Ada".into());
    user.last_name = Some("Lovelace".into());
    user.locale = Some("en-US".into());
    user.timezone = Some("Europe/London".into());
    user.has_image = true;
    user.image_url = Some("https://images.invalid/old".into());
    user.profile_image_url = Some("https://images.invalid/old".into());
    user.public_metadata = metadata(r#"{"plan":"pro","nested":{"a":1,"b":2}}"#);
    user.private_metadata = metadata(r#"{"secret":1}"#);
    user.unsafe_metadata = metadata(r#"{"theme":"dark"}"#);
    user.create_organizations_limit = Some(3);
    user.legal_accepted_at = Some(earlier());
    user.bypass_client_trust = true;
    add_identifiers(user);
    user.password_enabled = true;
    user.password_last_updated_at = Some(earlier());
    user.requires_password_reset = Some(true);
    user.two_factor_enabled = true;
    user.totp_enabled = true;
    user.backup_code_enabled = true;
    user.mfa_enabled_at = Some(earlier());
    account.password = Some(PasswordDigest::new(PasswordHasher::Bcrypt, "old digest"));
    account.totp_secret = Some(TotpSecret::new(TOTP_SECRET));
    account.backup_codes = vec![BackupCode::new("code-1"), BackupCode::new("code-2")];
    account.resources = Some(Box::new(resources()));
    account
}

fn add_identifiers(user: &mut User) {
    let link = || vec![IdentificationLink::new("oauth_google", id("idn_google"))];
    for (email_id, address, verification) in [
        ("idn_email_1", "ada@example.com", Some(Verification::by_admin())),
        ("idn_email_2", "unverified@example.com", None),
    ] {
        let mut email = EmailAddress::new(address);
        email.id = Some(id(email_id));
        email.verification = verification;
        user.email_addresses.push(email);
    }
    user.email_addresses[0].linked_to = link();
    user.primary_email_address_id = Some(id("idn_email_1"));
    for (phone_id, number, verification) in
        [("idn_phone_1", "+15555550101", Some(Verification::by_admin())), ("idn_phone_2", "+15555550102", None)]
    {
        let mut phone = PhoneNumber::new(number);
        phone.id = Some(id(phone_id));
        phone.verification = verification;
        user.phone_numbers.push(phone);
    }
    user.phone_numbers[0].linked_to = link();
    user.phone_numbers[0].reserved_for_second_factor = true;
    user.phone_numbers[0].default_second_factor = true;
    user.primary_phone_number_id = Some(id("idn_phone_1"));
    for (wallet_id, address, status) in [
        ("idn_wallet_1", WALLETS[0], VerificationStatus::Verified),
        ("idn_wallet_2", WALLETS[1], VerificationStatus::Unverified),
        ("idn_wallet_3", WALLETS[2], VerificationStatus::Verified),
    ] {
        let mut wallet = Web3Wallet::new(address);
        wallet.id = Some(id(wallet_id));
        wallet.verification = Some(Verification::new(status));
        user.web3_wallets.push(wallet);
    }
    user.primary_web3_wallet_id = Some(id("idn_wallet_1"));
    for passkey_id in ["idn_passkey_1", "idn_passkey_2"] {
        let mut passkey = Passkey::new(passkey_id);
        passkey.id = Some(id(passkey_id));
        user.passkeys.push(passkey);
    }
    let mut google = ExternalAccount::new(id("idn_google"), "oauth_google");
    google.external_account_id = Some(id("eac_google"));
    user.external_accounts = vec![google, ExternalAccount::new(id("eac_github"), "oauth_github")].into();
}

fn resources() -> Resources {
    let token = |provider: &str, account_id: &str, secret: &str| {
        let mut token = OAuthAccessToken::new(provider, OAuthToken::new(secret));
        token.external_account_id = Some(id(account_id));
        token
    };
    let membership = |number: u8| {
        let organization = Organization::new(id(&format!("org_{number}")), "Engines");
        OrganizationMembership::new(id(&format!("orgmem_{number}")), organization, "org:member")
    };
    let invitation = |invitation_id: &str, status: InvitationStatus| {
        let mut invitation = OrganizationInvitation::new(id(invitation_id), "ada@example.com", "org:member");
        invitation.status = Some(status);
        invitation
    };
    let device = |device_id: &str, status: DeviceStatus| {
        let mut device = TrustedDevice::new(id(device_id), DevicePlatform::Ios, "com.example.app");
        device.status = status;
        device
    };
    let mut credit = Credit::new(id("cpayer_old"));
    credit.balance = Money::new(500, "USD");
    Resources {
        oauth_tokens: vec![
            token("oauth_google", "eac_google", "google-1"),
            token("oauth_github", "eac_github", "github-1"),
            token("oauth_google", "idn_google", "google-2"),
        ],
        memberships: vec![membership(1), membership(2), membership(3)].into(),
        invitations: vec![
            invitation("orginv_1", InvitationStatus::Pending),
            invitation("orginv_2", InvitationStatus::Accepted),
            invitation("orginv_3", InvitationStatus::Pending),
        ],
        trusted_devices: vec![
            device("td_1", DeviceStatus::Active),
            device("td_2", DeviceStatus::Revoked),
            device("td_3", DeviceStatus::Active),
        ],
        subscription: Some(Subscription::new(id("csub_1"))),
        credit: Some(credit),
    }
}
