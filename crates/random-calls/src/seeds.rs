//! Random calls to the methods that seed users.

use user_directory::User;
use user_directory::billing::Subscription;
use user_directory::model::{
    DevicePlatform, EmailAddress, ExternalAccount, InvitationStatus, OAuthAccessToken, OAuthToken, Organization,
    OrganizationInvitation, OrganizationMembership, Passkey, TrustedDevice, Verification,
};

use crate::directories::Directories;
use crate::fixtures::{self, altered};
use crate::random::{
    EMAIL_ADDRESSES, EXTERNAL_IDS, NAMES, ORGANIZATIONS, PROVIDER_USERS, PROVIDERS, Random, USERNAMES, start,
};

/// Adds users to all directories, so that most later calls find a user.
pub async fn load_first_users(directories: &Directories) {
    let users: Vec<_> = (1..8)
        .map(|n| {
            let mut user = User::new(format!("user_{n}").parse().unwrap());
            user.first_name = Some(NAMES[n].into());
            user.created_at = Some(start());
            user
        })
        .collect();
    directories.agree(&"the first users", async |directory| directory.load(users.clone()).await).await;
}

/// Calls a random seeding method.
#[allow(clippy::too_many_lines, reason = "a few lines for each method")]
pub(crate) async fn seed(directories: &Directories, random: &mut Random<'_>) {
    let id = &random.user_id();
    match random.below(13) {
        0 => {
            let passkey = passkey(random);
            directories.agree(&("add_passkey", id, &passkey), async |d| d.add_passkey(id, passkey.clone()).await).await;
        }
        1 | 2 => {
            let account = external_account(random);
            directories
                .agree(&("add_external_account", id, &account), async |d| {
                    d.add_external_account(id, account.clone()).await
                })
                .await;
        }
        3 => {
            let token = token(random);
            directories
                .agree(&("add_oauth_access_token", id, &token), async |d| {
                    d.add_oauth_access_token(id, token.clone()).await
                })
                .await;
        }
        4 | 5 => {
            let membership = membership(random);
            directories
                .agree(&("add_organization_membership", id, &membership), async |d| {
                    d.add_organization_membership(id, membership.clone()).await
                })
                .await;
        }
        6 => {
            let invitation = invitation(random);
            directories
                .agree(&("add_organization_invitation", id, &invitation), async |d| {
                    d.add_organization_invitation(id, invitation.clone()).await
                })
                .await;
        }
        7 => {
            let device = device(random);
            directories
                .agree(&("add_trusted_device", id, &device), async |d| d.add_trusted_device(id, device.clone()).await)
                .await;
        }
        8 => {
            let subscription = altered(fixtures::SUBSCRIPTION, "", random);
            let subscription = subscription.unwrap_or_else(|| Subscription::new(random.id("sub")));
            directories
                .agree(&("set_billing_subscription", id), async |d| {
                    d.set_billing_subscription(id, subscription.clone()).await
                })
                .await;
        }
        9 => {
            let (wallet, verified) = (random.id("idn"), random.bool());
            let verification = verified.then(Verification::by_admin);
            directories
                .agree(&("set_web3_wallet_verification", id, &wallet), async |d| {
                    d.set_web3_wallet_verification(id, &wallet, verification.clone()).await
                })
                .await;
        }
        10 => {
            let number = random.id("idn");
            directories
                .agree(&("reserve_for_second_factor", id, &number), async |d| {
                    d.reserve_for_second_factor(id, &number).await
                })
                .await;
        }
        11 => {
            let at = random.time();
            directories.agree(&("record_sign_in", id, at), async |d| d.record_sign_in(id, at).await).await;
        }
        _ if random.bool() => {
            let directory = random.text(&["scim_1"]);
            directories
                .agree(&("set_managed_by_scim", id, &directory), async |d| d.set_managed_by_scim(id, &directory).await)
                .await;
        }
        _ => {
            directories.agree(&("clear_managed_by_scim", id), async |d| d.clear_managed_by_scim(id).await).await;
        }
    }
}

fn passkey(random: &mut Random<'_>) -> Passkey {
    if random.bool()
        && let Some(passkey) = altered(fixtures::USER, "/passkeys/0", random)
    {
        return passkey;
    }
    let mut passkey = Passkey::new(random.text(&NAMES));
    passkey.id = Some(random.id("idn"));
    passkey.last_used_at = random.bool().then(|| random.time());
    passkey
}

fn external_account(random: &mut Random<'_>) -> ExternalAccount {
    if random.bool()
        && let Some(account) = altered(fixtures::USER, "/external_accounts/0", random)
    {
        return account;
    }
    let mut account = ExternalAccount::new(random.id("eac"), random.one(&PROVIDERS));
    account.provider_user_id = random.text(&PROVIDER_USERS).into();
    account.email_address = random.text(&EMAIL_ADDRESSES).into();
    account.created_at = random.bool().then(|| random.time());
    account
}

fn token(random: &mut Random<'_>) -> OAuthAccessToken {
    if random.bool()
        && let Some(token) = altered(fixtures::TOKENS, "/0", random)
    {
        return token;
    }
    let mut token = OAuthAccessToken::new(random.one(&PROVIDERS), OAuthToken::new(random.text(&["token"])));
    token.expires_at = random.bool().then(|| random.time());
    token
}

fn membership(random: &mut Random<'_>) -> OrganizationMembership {
    if random.bool()
        && let Some(membership) = altered(fixtures::MEMBERSHIPS, "/data/0", random)
    {
        return membership;
    }
    let organization = Organization::new(random.one(&ORGANIZATIONS).parse().unwrap(), random.text(&["Acme"]));
    let mut membership = OrganizationMembership::new(random.id("orgmem"), organization, "org:member");
    membership.created_at = random.bool().then(|| random.time());
    membership
}

fn invitation(random: &mut Random<'_>) -> OrganizationInvitation {
    if random.bool()
        && let Some(invitation) = altered(fixtures::INVITATIONS, "/data/0", random)
    {
        return invitation;
    }
    let mut invitation = OrganizationInvitation::new(random.id("orginv"), "ada@example.com", "org:member");
    invitation.status = Some(InvitationStatus::Pending);
    invitation.created_at = random.bool().then(|| random.time());
    invitation.expires_at = random.bool().then(|| random.time());
    invitation
}

fn device(random: &mut Random<'_>) -> TrustedDevice {
    if random.bool()
        && let Some(device) = altered(fixtures::DEVICES, "/data/0", random)
    {
        return device;
    }
    let mut device = TrustedDevice::new(random.id("tdv"), DevicePlatform::Ios, random.text(&["com.example.app"]));
    device.last_used_at = random.bool().then(|| random.time());
    device
}

/// Loads random users, or deletes all users.
pub(crate) async fn load(directories: &Directories, random: &mut Random<'_>) {
    match random.below(20) {
        0 => directories.agree(&"clear", async |directory| directory.clear().await).await,
        1..=9 => {
            let user = loaded_user(random);
            directories.agree(&("upsert", &user), async |directory| directory.upsert(user.clone()).await).await;
        }
        _ => {
            let users: Vec<_> = (0..random.below(4)).map(|_| loaded_user(random)).collect();
            directories.agree(&("load", &users), async |directory| directory.load(users.clone()).await).await;
        }
    }
}

fn loaded_user(random: &mut Random<'_>) -> User {
    if random.chance(40)
        && let Some(mut user) = altered::<User>(fixtures::USER, "", random)
    {
        user.id = random.user_id();
        return user;
    }
    let mut user = User::new(random.user_id());
    user.first_name = random.maybe_text(&NAMES).map(Into::into);
    user.username = random.maybe_text(&USERNAMES).map(Into::into);
    user.external_id = random.maybe_text(&EXTERNAL_IDS).map(Into::into);
    user.created_at = random.bool().then(|| random.time());
    user.updated_at = random.bool().then(|| random.time());
    user.last_active_at = random.bool().then(|| random.time());
    user.last_sign_in_at = random.bool().then(|| random.time());
    user.password_enabled = random.bool();
    for address in random.texts(&EMAIL_ADDRESSES, 2) {
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
