//! The contract of the port for all operations.

use std::fmt::Write;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use user_directory::billing::{CreditAdjustment, Subscription};
use user_directory::model::{
    DevicePlatform, EmailAddressReplacement, ExternalAccount, InvitationQuery, OAuthAccessToken, OAuthToken, Passkey,
    PhoneNumberReplacement, ProfileImage, TotpCode, TrustedDevice,
};
use user_directory::{
    InMemoryUserDirectory, MetadataReplacement, MetadataUpdate, NewUser, Operation, Page, Password, Result, Sessions,
    User, UserDirectory, UserFilter, UserId, UserIdBatch, UserQuery, UserUpdate,
};

use crate::support::{World, assert_not_found, json, unknown_user_id};

const WALLET: &str = "0x52908400098527886E0F7030069857D2E4169EE7";
const PASSWORD: &str = "correct horse battery";
const BACKUP_CODE: &str = "backup-code-1";
const TOTP: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const TOKEN: &str = "ya29.secret";

/// Creates a user for which every operation succeeds.
async fn equipped(world: &World) -> UserId {
    let new = NewUser::new()
        .email_address("ada@example.com")
        .phone_number("+15550100001")
        .web3_wallet(WALLET)
        .password(Password::new(PASSWORD))
        .totp_secret(TOTP)
        .backup_codes([BACKUP_CODE]);
    let id = world.create(new).await.id;
    let directory = &world.directory;
    let mut passkey = Passkey::new("laptop");
    passkey.id = Some("idn_passkey".parse().unwrap());
    directory.add_passkey(&id, passkey).await.unwrap();
    directory.add_external_account(&id, ExternalAccount::new("eac_1".parse().unwrap(), "oauth_google")).await.unwrap();
    directory.add_oauth_access_token(&id, OAuthAccessToken::new("oauth_google", OAuthToken::new(TOKEN))).await.unwrap();
    let device = TrustedDevice::new("tdv_1".parse().unwrap(), DevicePlatform::Ios, "app");
    directory.add_trusted_device(&id, device).await.unwrap();
    directory.set_billing_subscription(&id, Subscription::new("csub_1".parse().unwrap())).await.unwrap();
    id
}

/// Calls an operation on a user created by [`equipped`].
async fn call(operation: Operation, directory: &InMemoryUserDirectory, id: &UserId) -> Result<()> {
    let ids = &UserIdBatch::from(id.clone());
    match operation {
        Operation::List => directory.list(&UserQuery::new()).await.map(drop),
        Operation::Count => directory.count(&UserFilter::new()).await.map(drop),
        Operation::Create => directory.create(&NewUser::new().username("another_user")).await.map(drop),
        Operation::Get => directory.get(id).await.map(drop),
        Operation::Update => directory.update(id, &UserUpdate::new().first_name("Ada")).await.map(drop),
        Operation::Delete => directory.delete(id).await.map(drop),
        Operation::Ban => directory.ban(id).await.map(drop),
        Operation::Unban => directory.unban(id).await.map(drop),
        Operation::Lock => directory.lock(id).await.map(drop),
        Operation::Unlock => directory.unlock(id).await.map(drop),
        Operation::SetProfileImage => {
            let png = ProfileImage::new(b"\x89PNG\r\n\x1a\n".as_slice(), "image/png");
            directory.set_profile_image(id, &png).await.map(drop)
        }
        Operation::DeleteProfileImage => directory.delete_profile_image(id).await.map(drop),
        Operation::UpdateMetadata => {
            directory.update_metadata(id, &MetadataUpdate::new().public(json(r#"{"a":1}"#))).await.map(drop)
        }
        Operation::ReplaceMetadata => {
            directory.replace_metadata(id, &MetadataReplacement::new().public(json(r#"{"a":1}"#))).await.map(drop)
        }
        Operation::VerifyPassword => directory.verify_password(id, &Password::new(PASSWORD)).await.map(drop),
        Operation::VerifyTotp => directory.verify_totp(id, &TotpCode::new(BACKUP_CODE)).await.map(drop),
        Operation::DisableMfa => directory.disable_mfa(id).await.map(drop),
        Operation::DeleteTotp => directory.delete_totp(id).await.map(drop),
        Operation::DeleteBackupCodes => directory.delete_backup_codes(id).await.map(drop),
        Operation::BulkBan => directory.bulk_ban(ids).await.map(drop),
        Operation::BulkUnban => directory.bulk_unban(ids).await.map(drop),
        Operation::RemovePassword => directory.remove_password(id, Sessions::Keep).await.map(drop),
        Operation::SetPasswordCompromised => directory.set_password_compromised(id, Sessions::Keep).await.map(drop),
        Operation::UnsetPasswordCompromised => directory.unset_password_compromised(id).await.map(drop),
        _ => call_on_resources(operation, directory, id).await,
    }
}

async fn call_on_resources(operation: Operation, directory: &InMemoryUserDirectory, id: &UserId) -> Result<()> {
    match operation {
        Operation::GetOAuthAccessToken => {
            let google = "oauth_google".parse()?;
            directory.get_oauth_access_token(id, &google, &Page::new()).await.map(drop)
        }
        Operation::GetOrganizationMemberships => {
            directory.get_organization_memberships(id, &Page::new()).await.map(drop)
        }
        Operation::GetOrganizationInvitations => {
            directory.get_organization_invitations(id, &InvitationQuery::new()).await.map(drop)
        }
        Operation::DeletePasskey => directory.delete_passkey(id, &"idn_passkey".parse()?).await.map(drop),
        Operation::DeleteWeb3Wallet => {
            let wallet = directory.get(id).await.ok().and_then(|user| user.primary_web3_wallet_id);
            directory.delete_web3_wallet(id, &wallet.unwrap_or("idn_0".parse()?)).await.map(drop)
        }
        Operation::DeleteExternalAccount => directory.delete_external_account(id, &"eac_1".parse()?).await.map(drop),
        Operation::ReplaceEmailAddress => {
            directory.replace_email_address(id, &EmailAddressReplacement::new("ada@example.org")).await.map(drop)
        }
        Operation::ReplacePhoneNumber => {
            directory.replace_phone_number(id, &PhoneNumberReplacement::new("+15550100002")).await.map(drop)
        }
        Operation::ListTrustedDevices => directory.list_trusted_devices(id).await.map(drop),
        Operation::RevokeTrustedDevice => directory.revoke_trusted_device(id, &"tdv_1".parse()?).await.map(drop),
        Operation::GetBillingSubscription => directory.get_billing_subscription(id).await.map(drop),
        Operation::GetBillingCreditBalance => directory.get_billing_credit_balance(id).await.map(drop),
        Operation::AdjustBillingCreditBalance => {
            let credit = CreditAdjustment::increase(1, "key");
            directory.adjust_billing_credit_balance(id, &credit).await.map(drop)
        }
        other => panic!("{other} is not covered"),
    }
}

#[tokio::test]
async fn every_operation_succeeds_for_a_user_with_all_resources() {
    assert_eq!(Operation::ALL.len(), 37);
    for operation in Operation::ALL {
        let world = World::new();
        let id = equipped(&world).await;
        let result = call(*operation, &world.directory, &id).await;
        assert!(result.is_ok(), "{operation}: {result:?}");
    }
}

#[tokio::test]
async fn every_operation_fails_with_not_found_for_an_unknown_user_and_changes_no_user() {
    let world = World::new();
    equipped(&world).await;
    let before = world.all_users().await;
    for operation in Operation::ALL {
        if !matches!(operation, Operation::List | Operation::Count | Operation::Create) {
            assert_not_found(call(*operation, &world.directory, &unknown_user_id()).await, *operation);
        }
    }
    assert_eq!(world.all_users().await, before);
}

#[tokio::test]
async fn debug_and_errors_contain_no_secrets_and_no_personal_data() {
    let world = World::new();
    let id = equipped(&world).await;
    let mut shown = format!("{:?} {:#?}", world.directory, world.directory);
    let mut say = |error: user_directory::Error| {
        write!(shown, "{error} {error:?} {error:#?}").unwrap();
    };
    let again = NewUser::new()
        .email_address("ada@example.com")
        .phone_number("+15550100001")
        .web3_wallet(WALLET)
        .password(Password::new("ada@example.com"))
        .totp_secret("not-base-32!");
    say(world.directory.create(&again).await.unwrap_err());
    let digest = user_directory::model::PasswordDigest::new(user_directory::model::PasswordHasher::Bcrypt, PASSWORD);
    say(world.directory.update(&id, &UserUpdate::new().password(digest)).await.unwrap_err());
    world.directory.remove_password(&id, Sessions::Keep).await.unwrap();
    say(world.directory.verify_password(&id, &Password::new(PASSWORD)).await.unwrap_err());
    world.directory.disable_mfa(&id).await.unwrap();
    say(world.directory.verify_totp(&id, &TotpCode::new(BACKUP_CODE)).await.unwrap_err());
    let grace = world.user("grace").await.id;
    let replacement = EmailAddressReplacement::new("ada@example.com");
    say(world.directory.replace_email_address(&grace, &replacement).await.unwrap_err());
    say(world.directory.load([world.get(&id).await]).await.unwrap_err());
    let secrets = ["ada@", "+15550100001", WALLET, PASSWORD, BACKUP_CODE, TOTP, TOKEN, "not-base-32!"];
    for secret in secrets {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[tokio::test]
async fn update_and_bulk_ban_validate_input_before_user_lookup() {
    let world = World::new();
    let update = UserUpdate::new().skip_password_checks(true);
    let error = world.directory.update(&unknown_user_id(), &update).await.unwrap_err();
    assert_eq!((error.is_invalid_input(), error.status()), (true, None));
}

#[test]
fn operations_complete_without_a_runtime() {
    fn run<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("the future is pending without a runtime"),
        }
    }
    let world = World::new();
    let new = NewUser::new().username("ada_lovelace").password(Password::new(PASSWORD)).backup_codes([BACKUP_CODE]);
    let id = run(world.directory.create(&new)).unwrap().id;
    assert!(run(world.directory.verify_password(&id, &Password::new(PASSWORD))).unwrap().is_correct());
    assert!(run(world.directory.verify_totp(&id, &TotpCode::new(BACKUP_CODE))).unwrap().is_correct());
    assert_eq!(run(world.directory.count(&UserFilter::new().query("ada"))).unwrap(), 1);
}

#[tokio::test]
async fn update_is_atomic_if_its_future_is_dropped() {
    let world = World::new();
    let before = world.create(NewUser::new().username("ada_lovelace")).await;
    let update = UserUpdate::new().first_name("Ada").password(Password::new(PASSWORD));
    let done = {
        let mut future = pin!(world.directory.update(&before.id, &update));
        // Usually pending, because another thread hashes the password. It may already be done, though.
        future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    };
    let user = world.get(&before.id).await;
    assert_eq!((user.password_enabled, user.first_name.is_some()), (done, done));
    let user = world.directory.update(&before.id, &update).await.unwrap();
    assert!(user.password_enabled && user.first_name.is_some());
}

#[tokio::test]
async fn writes_return_the_user_that_get_and_list_return() {
    let world = World::new();
    let id = equipped(&world).await;
    let ids = &UserIdBatch::from(id.clone());
    let directory = &world.directory;
    let png = ProfileImage::new(b"\x89PNG\r\n\x1a\n".as_slice(), "image/png");
    let public = || json(r#"{"a":{"b":1}}"#);
    let by_email = UserFilter::new().email_address("ada@example.com");
    let read = async |returned: Result<User>| {
        let returned = returned.unwrap();
        assert_eq!(directory.get(&id).await.unwrap(), returned);
        assert_eq!(directory.list(&by_email.clone().into()).await.unwrap(), [returned]);
        world.tick();
    };
    read(directory.update(&id, &UserUpdate::new().last_name("Lovelace")).await).await;
    read(directory.ban(&id).await).await;
    read(directory.unban(&id).await).await;
    read(directory.bulk_ban(ids).await.map(|mut users| users.remove(0))).await;
    read(directory.bulk_unban(ids).await.map(|mut users| users.remove(0))).await;
    read(directory.lock(&id).await).await;
    read(directory.unlock(&id).await).await;
    read(directory.set_profile_image(&id, &png).await).await;
    read(directory.delete_profile_image(&id).await).await;
    read(directory.update_metadata(&id, &MetadataUpdate::new().public(public())).await).await;
    read(directory.replace_metadata(&id, &MetadataReplacement::new().private(public())).await).await;
    read(directory.set_password_compromised(&id, Sessions::Keep).await).await;
    read(directory.unset_password_compromised(&id).await).await;
    read(directory.remove_password(&id, Sessions::Keep).await).await;
    let all_users = world.all_users().await;
    assert_eq!(directory.list(&UserFilter::new().name_query("lovelace").into()).await.unwrap(), all_users);
}
