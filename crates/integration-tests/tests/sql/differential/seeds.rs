//! Random calls of the methods that seed users.

use fastrand::Rng;
use user_directory::User;
use user_directory::billing::Subscription;
use user_directory::model::{
    DevicePlatform, EmailAddress, ExternalAccount, InvitationStatus, OAuthAccessToken, OAuthToken, Organization,
    OrganizationInvitation, OrganizationMembership, Passkey, TrustedDevice, Verification,
};

use super::random::{
    Choose as _, EMAIL_ADDRESSES, EXTERNAL_IDS, NAMES, ORGANIZATIONS, PROVIDER_USERS, PROVIDERS, USERNAMES, start,
};
use super::worlds::Worlds;

/// Adds users, so that most calls find one.
pub(super) async fn load_first_users(worlds: &Worlds) {
    let users: Vec<_> = (1..8)
        .map(|n| {
            let mut user = User::new(format!("user_{n}").parse().unwrap());
            user.first_name = Some(NAMES[n].into());
            user.created_at = Some(start());
            user
        })
        .collect();
    worlds.agree(&"the first users", async |directory| directory.load(users.clone()).await).await;
}

/// Calls a seeding method.
pub(super) async fn seed(worlds: &Worlds, random: &mut Rng) {
    let id = &random.user_id();
    match random.u8(..13) {
        0 => {
            let mut passkey = Passkey::new(random.one(&NAMES));
            passkey.id = Some(random.id("idn"));
            passkey.last_used_at = Some(random.time());
            worlds.agree(&("add_passkey", id), async |d| d.add_passkey(id, passkey.clone()).await).await;
        }
        1 | 2 => {
            let mut account = ExternalAccount::new(random.id("eac"), random.one(&PROVIDERS));
            account.provider_user_id = random.one(&PROVIDER_USERS).into();
            account.email_address = random.one(&EMAIL_ADDRESSES).into();
            account.created_at = Some(random.time());
            worlds
                .agree(&("add_external_account", id, &account), async |d| {
                    d.add_external_account(id, account.clone()).await
                })
                .await;
        }
        3 => {
            let mut token = OAuthAccessToken::new(random.one(&PROVIDERS), OAuthToken::new("token"));
            token.expires_at = random.bool().then(|| random.time());
            worlds
                .agree(&("add_oauth_access_token", id), async |d| d.add_oauth_access_token(id, token.clone()).await)
                .await;
        }
        4 | 5 => {
            let mut organization = Organization::new(random.one(&ORGANIZATIONS).parse().unwrap(), "Acme");
            organization.last_active_at = Some(random.time());
            let mut membership = OrganizationMembership::new(random.id("orgmem"), organization, "org:member");
            membership.created_at = Some(random.time());
            worlds
                .agree(&("add_organization_membership", id, &membership), async |d| {
                    d.add_organization_membership(id, membership.clone()).await
                })
                .await;
        }
        6 => {
            let mut invitation = OrganizationInvitation::new(random.id("orginv"), "ada@example.com", "org:member");
            invitation.status = Some(InvitationStatus::Pending);
            invitation.expires_at = Some(random.time());
            invitation.created_at = Some(random.time());
            worlds
                .agree(&("add_organization_invitation", id), async |d| {
                    d.add_organization_invitation(id, invitation.clone()).await
                })
                .await;
        }
        7 => {
            let mut device = TrustedDevice::new(random.id("tdv"), DevicePlatform::Ios, "com.example.app");
            device.last_used_at = Some(random.time());
            worlds.agree(&("add_trusted_device", id), async |d| d.add_trusted_device(id, device.clone()).await).await;
        }
        8 => {
            let mut subscription = Subscription::new(random.id("sub"));
            subscription.active_at = Some(random.time());
            worlds
                .agree(&("set_billing_subscription", id), async |d| {
                    d.set_billing_subscription(id, subscription.clone()).await
                })
                .await;
        }
        9 => {
            let (wallet, verified) = (random.id("idn"), random.bool());
            let verification = verified.then(Verification::by_admin);
            worlds
                .agree(&("set_web3_wallet_verification", id, &wallet), async |d| {
                    d.set_web3_wallet_verification(id, &wallet, verification.clone()).await
                })
                .await;
        }
        10 => {
            let number = random.id("idn");
            worlds
                .agree(&("reserve_for_second_factor", id, &number), async |d| {
                    d.reserve_for_second_factor(id, &number).await
                })
                .await;
        }
        11 => {
            let at = random.time();
            worlds.agree(&("record_sign_in", id, at), async |d| d.record_sign_in(id, at).await).await;
        }
        _ if random.bool() => {
            worlds.agree(&("set_managed_by_scim", id), async |d| d.set_managed_by_scim(id, "scim_1").await).await;
        }
        _ => worlds.agree(&("clear_managed_by_scim", id), async |d| d.clear_managed_by_scim(id).await).await,
    }
}

/// Adds users as they are, or deletes all.
pub(super) async fn load(worlds: &Worlds, random: &mut Rng) {
    match random.u8(..20) {
        0 => worlds.agree(&"clear", async |directory| directory.clear().await).await,
        1..=9 => {
            let user = loaded_user(random);
            worlds.agree(&("upsert", &user), async |directory| directory.upsert(user.clone()).await).await;
        }
        _ => {
            let users: Vec<_> = (0..random.u8(..4)).map(|_| loaded_user(random)).collect();
            worlds.agree(&("load", &users), async |directory| directory.load(users.clone()).await).await;
        }
    }
}

fn loaded_user(random: &mut Rng) -> User {
    let mut user = User::new(random.user_id());
    user.first_name = random.maybe(&NAMES).map(Into::into);
    user.username = random.maybe(&USERNAMES).map(Into::into);
    user.external_id = random.maybe(&EXTERNAL_IDS).map(Into::into);
    user.created_at = random.bool().then(|| random.time());
    user.updated_at = random.bool().then(|| random.time());
    user.last_active_at = random.bool().then(|| random.time());
    user.last_sign_in_at = random.bool().then(|| random.time());
    user.password_enabled = random.bool();
    for address in random.some(&EMAIL_ADDRESSES, 2) {
        let mut email = EmailAddress::new(address);
        email.id = random.bool().then(|| random.id("idn"));
        email.verification = random.bool().then(Verification::by_admin);
        user.primary_email_address_id.clone_from(&email.id);
        user.email_addresses.push(email);
    }
    user.banned = random.bool();
    user.public_metadata = random.metadata();
    user
}
