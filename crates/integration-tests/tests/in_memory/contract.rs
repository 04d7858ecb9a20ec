//! What the port promises of every operation.

use std::fmt::Write;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use user_directory::billing::{CreditAdjustment, Subscription};
use user_directory::{
    DevicePlatform, EmailAddressReplacement, ExternalAccount, InMemoryUserDirectory, InvitationQuery,
    MetadataReplacement, MetadataUpdate, NewUser, OAuthAccessToken, OAuthToken, Operation, Page, Passkey, Password,
    PhoneNumberReplacement, ProfileImage, Result, Sessions, TotpCode, TrustedDevice, User, UserDirectory, UserFilter,
    UserId, UserQuery, UserUpdate,
};

use crate::support::{World, assert_not_found, json, nobody};

const WALLET: &str = "0x52908400098527886E0F7030069857D2E4169EE7";
const PASSWORD: &str = "correct horse battery";
const BACKUP_CODE: &str = "backup-code-1";
const TOTP: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const TOKEN: &str = "ya29.secret";

/// A user on whom every operation succeeds.
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
    directory.add_passkey(&id, passkey).unwrap();
    directory.add_external_account(&id, ExternalAccount::new("eac_1".parse().unwrap(), "oauth_google")).unwrap();
    directory.add_oauth_access_token(&id, OAuthAccessToken::new("oauth_google", OAuthToken::new(TOKEN))).unwrap();
    let device = TrustedDevice::new("tdv_1".parse().unwrap(), DevicePlatform::Ios, "app");
    directory.add_trusted_device(&id, device).unwrap();
    directory.set_billing_subscription(&id, Subscription::new("csub_1".parse().unwrap())).unwrap();
    id
}

/// Calls an operation on a user, who is expected to be [`equipped`].
async fn call(operation: Operation, directory: &InMemoryUserDirectory, id: &UserId) -> Result<()> {
    let ids = std::slice::from_ref(id);
    match operation {
        Operation::List => directory.list(&UserQuery::new()).await.map(drop),
        Operation::Count => directory.count(&UserFilter::new()).await.map(drop),
        Operation::Create => directory.create(&NewUser::new().username("somebody.else")).await.map(drop),
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
        _ => call_on_belongings(operation, directory, id).await,
    }
}

async fn call_on_belongings(operation: Operation, directory: &InMemoryUserDirectory, id: &UserId) -> Result<()> {
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
        other => panic!("{other} is not called"),
    }
}

#[tokio::test]
async fn every_operation_succeeds_on_a_user_who_has_everything() {
    assert_eq!(Operation::ALL.len(), 37);
    for operation in Operation::ALL {
        let world = World::new();
        let id = equipped(&world).await;
        let result = call(*operation, &world.directory, &id).await;
        assert!(result.is_ok(), "{operation}: {result:?}");
    }
}

#[tokio::test]
async fn every_operation_on_an_unknown_user_is_not_found_and_changes_nobody() {
    let world = World::new();
    equipped(&world).await;
    let before = world.everybody().await;
    for operation in Operation::ALL {
        if !matches!(operation, Operation::List | Operation::Count | Operation::Create) {
            assert_not_found(call(*operation, &world.directory, &nobody()).await, *operation);
        }
    }
    assert_eq!(world.everybody().await, before);
}

#[tokio::test]
async fn neither_the_directory_nor_its_errors_show_a_secret_or_a_person() {
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
    let digest = user_directory::PasswordDigest::new(user_directory::PasswordHasher::Bcrypt, PASSWORD);
    say(world.directory.update(&id, &UserUpdate::new().password(digest)).await.unwrap_err());
    world.directory.remove_password(&id, Sessions::Keep).await.unwrap();
    say(world.directory.verify_password(&id, &Password::new(PASSWORD)).await.unwrap_err());
    world.directory.disable_mfa(&id).await.unwrap();
    say(world.directory.verify_totp(&id, &TotpCode::new(BACKUP_CODE)).await.unwrap_err());
    let grace = world.user("grace").await.id;
    let replacement = EmailAddressReplacement::new("ada@example.com");
    say(world.directory.replace_email_address(&grace, &replacement).await.unwrap_err());
    say(world.directory.load([world.get(&id).await]).unwrap_err());
    let secrets = ["ada@", "+15550100001", WALLET, PASSWORD, BACKUP_CODE, TOTP, TOKEN, "not-base-32!"];
    for secret in secrets {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[tokio::test]
async fn input_is_checked_before_the_user_is_looked_for() {
    let world = World::new();
    let update = UserUpdate::new().skip_password_checks(true);
    let error = world.directory.update(&nobody(), &update).await.unwrap_err();
    assert_eq!((error.is_invalid_input(), error.status()), (true, None));
    let error = world.directory.bulk_ban(&[]).await.unwrap_err();
    assert_eq!((error.is_invalid_input(), error.status()), (true, None));
}

#[test]
fn the_directory_needs_no_runtime() {
    fn run<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("nobody would wake this future"),
        }
    }
    let world = World::new();
    let new = NewUser::new().username("ada.lovelace").password(Password::new(PASSWORD)).backup_codes([BACKUP_CODE]);
    let id = run(world.directory.create(&new)).unwrap().id;
    assert!(run(world.directory.verify_password(&id, &Password::new(PASSWORD))).unwrap().is_correct());
    assert!(run(world.directory.verify_totp(&id, &TotpCode::new(BACKUP_CODE))).unwrap().is_correct());
    assert_eq!(run(world.directory.count(&UserFilter::new().query("ada"))).unwrap(), 1);
}

#[tokio::test]
async fn a_future_that_is_dropped_leaves_the_user_as_it_was_or_changed_as_a_whole() {
    let world = World::new();
    let before = world.create(NewUser::new().username("ada.lovelace")).await;
    let update = UserUpdate::new().first_name("Ada").password(Password::new(PASSWORD));
    let done = {
        let mut future = pin!(world.directory.update(&before.id, &update));
        // Pending while another thread hashes the password, unless that was faster than this one.
        future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    };
    let user = world.get(&before.id).await;
    assert_eq!((user.password_enabled, user.first_name.is_some()), (done, done));
    let user = world.directory.update(&before.id, &update).await.unwrap();
    assert!(user.password_enabled && user.first_name.is_some());
}

#[tokio::test]
async fn what_a_write_answers_is_what_is_read_by_id_in_lists_and_in_filters() {
    let world = World::new();
    let id = equipped(&world).await;
    let ids = std::slice::from_ref(&id);
    let directory = &world.directory;
    let png = ProfileImage::new(b"\x89PNG\r\n\x1a\n".as_slice(), "image/png");
    let public = || json(r#"{"a":{"b":1}}"#);
    let by_email = UserFilter::new().email_address("ada@example.com");
    let read = async |answer: Result<User>| {
        let answer = answer.unwrap();
        assert_eq!(directory.get(&id).await.unwrap(), answer);
        assert_eq!(directory.list(&by_email.clone().into()).await.unwrap(), [answer]);
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
    let everybody = world.everybody().await;
    assert_eq!(directory.list(&UserFilter::new().name_query("lovelace").into()).await.unwrap(), everybody);
}
