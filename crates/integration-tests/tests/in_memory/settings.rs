//! `InstanceSettings`.

use user_directory::billing::CreditAdjustment;
use user_directory::model::InvitationQuery;
use user_directory::store_directory::{InstanceSettings, Requirement};
use user_directory::{
    ErrorKind, InMemoryUserDirectory, NewUser, Operation, Page, Password, Sessions, UserDirectory, UserIdBatch,
    UserUpdate, codes,
};

use crate::support::{World, assert_param_rejected, assert_rejected};

const FORBIDDEN: (u16, ErrorKind) = (403, ErrorKind::Forbidden);
const PAYMENT: (u16, ErrorKind) = (402, ErrorKind::PaymentRequired);

fn named(username: &str) -> NewUser {
    NewUser::new().username(username)
}

#[tokio::test]
async fn create_rejects_users_over_max_users() {
    let world = World::with(|settings| settings.max_users(2));
    let first = world.user("ada").await.id;
    world.user("grace").await;
    let before = world.all_users().await;
    let result = world.directory.create(&named("linus")).await;
    assert_rejected(result, Operation::Create, FORBIDDEN, codes::USER_QUOTA_EXCEEDED, None);
    assert_eq!(world.all_users().await, before);
    world.directory.delete(&first).await.unwrap();
    world.create(named("linus")).await;
}

#[tokio::test]
async fn create_requires_email_address_and_password_by_default() {
    let directory = InMemoryUserDirectory::new();
    let password = || Password::new("correct horse");
    let error = directory.create(&NewUser::new().first_name("Ada")).await.unwrap_err();
    assert_eq!(error.details().len(), 1);
    assert_eq!(error.details()[0].code(), codes::FORM_DATA_MISSING);
    assert_eq!(error.details()[0].param_names(), ["email_address", "password"]);

    let ada = NewUser::new().email_address("ada@example.com");
    assert!(directory.create(&ada).await.unwrap_err().has_code(codes::FORM_DATA_MISSING));
    directory.create(&ada.clone().password(password())).await.unwrap();
    let grace = NewUser::new().email_address("grace@example.com");
    directory.create(&grace.skip_password_requirement(true)).await.unwrap();
    let without_identifier = NewUser::new().password(password()).skip_user_requirement(true);
    let error = directory.create(&without_identifier).await.unwrap_err();
    assert_eq!((error.details()[0].code(), error.param_name()), (codes::FORM_PARAM_MISSING, Some("email_address")));
}

#[tokio::test]
async fn with_settings_shares_users_and_changes_rules() {
    let directory = InMemoryUserDirectory::permissive();
    let ada = directory.create(&named("ada_lovelace")).await.unwrap();
    let strict = directory.with_settings(InstanceSettings::new());
    assert_eq!(strict.get(&ada.id).await.unwrap(), ada);
    assert!(strict.create(&named("grace_hopper")).await.is_err());
    directory.create(&named("grace_hopper")).await.unwrap();
    assert_eq!(strict.len(), 2);
}

#[tokio::test]
async fn password_operations_fail_if_passwords_are_disabled() {
    let world = World::with(|settings| settings.password(Requirement::Off));
    let before = world.user("ada").await;
    let password = || Password::new("correct horse");
    let result = world.directory.create(&named("grace").password(password())).await;
    assert_param_rejected(result, Operation::Create, codes::FORM_PARAM_UNKNOWN, "password");
    let result = world.directory.update(&before.id, &UserUpdate::new().password(password())).await;
    assert_param_rejected(result, Operation::Update, codes::FORM_PARAM_UNKNOWN, "password");
    let result = world.directory.set_password_compromised(&before.id, Sessions::Keep).await;
    assert_rejected(result, Operation::SetPasswordCompromised, FORBIDDEN, codes::PASSWORD_DISABLED, None);
    let result = world.directory.unset_password_compromised(&before.id).await;
    assert_rejected(result, Operation::UnsetPasswordCompromised, FORBIDDEN, codes::PASSWORD_DISABLED, None);
    assert_eq!(world.all_users().await, [before]);
}

#[tokio::test]
async fn create_enforces_min_password_length() {
    let world = World::with(|settings| settings.min_password_length(12));
    let result = world.directory.create(&named("ada_lovelace").password(Password::new("elevenchars"))).await;
    assert_param_rejected(result, Operation::Create, codes::FORM_PASSWORD_LENGTH_TOO_SHORT, "password");
    world.create(named("ada_lovelace").password(Password::new("twelve chars"))).await;
}

#[tokio::test]
async fn create_clamps_bcrypt_cost() {
    let world = World::with(|settings| settings.bcrypt_cost(0));
    let id = world.create(named("ada_lovelace").password(Password::new("correct horse"))).await.id;
    let returned = world.directory.verify_password(&id, &Password::new("correct horse")).await.unwrap();
    assert!(returned.is_correct());
}

#[tokio::test]
async fn ban_operations_fail_if_bans_are_disabled() {
    let world = World::with(|settings| settings.bans(false));
    let before = world.user("ada").await;
    let id = &before.id;
    let code = codes::UNSUPPORTED_SUBSCRIPTION_PLAN_FEATURES;
    let ids = &UserIdBatch::from(id.clone());
    assert_rejected(world.directory.ban(id).await, Operation::Ban, PAYMENT, code, None);
    assert_rejected(world.directory.unban(id).await, Operation::Unban, PAYMENT, code, None);
    assert_rejected(world.directory.bulk_ban(ids).await, Operation::BulkBan, PAYMENT, code, None);
    assert_rejected(world.directory.bulk_unban(ids).await, Operation::BulkUnban, PAYMENT, code, None);
    let banned = world.directory.create(&named("grace").banned(true)).await;
    assert_rejected(banned, Operation::Create, PAYMENT, code, None);
    assert_eq!(world.all_users().await, [before]);
    world.create(named("grace").banned(false)).await;
}

#[tokio::test]
async fn lock_operations_fail_if_lockout_is_disabled() {
    let world = World::with(|settings| settings.lockout(false));
    let before = world.user("ada").await;
    assert_eq!(before.verification_attempts_remaining, None);
    let code = codes::FEATURE_NOT_ENABLED;
    assert_rejected(world.directory.lock(&before.id).await, Operation::Lock, FORBIDDEN, code, None);
    assert_rejected(world.directory.unlock(&before.id).await, Operation::Unlock, FORBIDDEN, code, None);
    let locked = world.directory.create(&named("grace").locked(true)).await;
    assert_rejected(locked, Operation::Create, FORBIDDEN, code, None);
    assert_eq!(world.all_users().await, [before]);
}

#[tokio::test]
async fn billing_operations_fail_if_billing_is_disabled() {
    let world = World::with(|settings| settings.billing(false));
    let id = world.user("ada").await.id;
    let (directory, code) = (&world.directory, codes::BILLING_NOT_ENABLED);
    let subscription = directory.get_billing_subscription(&id).await;
    assert_rejected(subscription, Operation::GetBillingSubscription, FORBIDDEN, code, None);
    let credit = directory.get_billing_credit_balance(&id).await;
    assert_rejected(credit, Operation::GetBillingCreditBalance, FORBIDDEN, code, None);
    let adjusted = directory.adjust_billing_credit_balance(&id, &CreditAdjustment::increase(1, "key")).await;
    assert_rejected(adjusted, Operation::AdjustBillingCreditBalance, FORBIDDEN, code, None);
}

#[tokio::test]
async fn trusted_device_operations_fail_if_trusted_devices_are_disabled() {
    let world = World::with(|settings| settings.trusted_devices(false));
    let id = world.user("ada").await.id;
    let code = codes::FEATURE_NOT_ENABLED;
    let listed = world.directory.list_trusted_devices(&id).await;
    assert_rejected(listed, Operation::ListTrustedDevices, FORBIDDEN, code, None);
    let revoked = world.directory.revoke_trusted_device(&id, &"tdv_1".parse().unwrap()).await;
    assert_rejected(revoked, Operation::RevokeTrustedDevice, FORBIDDEN, code, None);
}

#[tokio::test]
async fn organization_operations_fail_if_organizations_are_disabled() {
    let world = World::with(|settings| settings.organizations(false));
    let id = world.user("ada").await.id;
    let code = codes::ORGANIZATION_NOT_ENABLED_IN_INSTANCE;
    let memberships = world.directory.get_organization_memberships(&id, &Page::new()).await;
    assert_rejected(memberships, Operation::GetOrganizationMemberships, FORBIDDEN, code, None);
    let invitations = world.directory.get_organization_invitations(&id, &InvitationQuery::new()).await;
    assert_rejected(invitations, Operation::GetOrganizationInvitations, FORBIDDEN, code, None);
}
