//! A rejected write leaves the stored account unchanged.

use user_directory::billing::CreditAdjustment;
use user_directory::model::{
    DevicePlatform, EmailAddressReplacement, PhoneNumberReplacement, ProfileImage, TotpCode, TrustedDevice,
};
use user_directory::store::{Document, UserStore};
use user_directory::store_directory::Requirement;
use user_directory::{
    MetadataReplacement, MetadataUpdate, NewUser, Operation, Result, Sessions, UserDirectory, UserIdBatch, UserUpdate,
};

use crate::support::{World, json, unknown_user_id};

/// Calls each write operation with input that it rejects.
async fn rejected_writes(world: &World, id: &user_directory::UserId) -> Vec<(Operation, Result<()>)> {
    let directory = &world.directory;
    let settings = directory.settings().clone();
    let restricted =
        directory.with_settings(settings.bans(false).lockout(false).password(Requirement::Off).billing(false));
    let large = || json(&format!(r#"{{"a":"{}"}}"#, "x".repeat(8192)));
    let both = UserIdBatch::new([id.clone(), unknown_user_id()]).unwrap();
    let unknown = "idn_unknown";
    let text = ProfileImage::new(&b"text"[..], "image/png");
    let metadata = MetadataUpdate::new().public(json(r#"{"a":1}"#)).private(large());
    let replacement = MetadataReplacement::new().public(json("{}")).private(large());
    let email = EmailAddressReplacement::new("taken@example.com");
    let phone = PhoneNumberReplacement::new("0123");
    let update = UserUpdate::new().first_name("Grace").username("a");
    let new_user = NewUser::new().email_address("taken@example.com").first_name("Eve");
    vec![
        (Operation::Create, directory.create(&new_user).await.map(drop)),
        (Operation::Update, directory.update(id, &update).await.map(drop)),
        (Operation::Delete, directory.delete(id).await.map(drop)),
        (Operation::Ban, restricted.ban(id).await.map(drop)),
        (Operation::Unban, restricted.unban(id).await.map(drop)),
        (Operation::Lock, restricted.lock(id).await.map(drop)),
        (Operation::Unlock, restricted.unlock(id).await.map(drop)),
        (Operation::SetProfileImage, directory.set_profile_image(id, &text).await.map(drop)),
        (Operation::UpdateMetadata, directory.update_metadata(id, &metadata).await.map(drop)),
        (Operation::ReplaceMetadata, directory.replace_metadata(id, &replacement).await.map(drop)),
        (Operation::VerifyTotp, directory.verify_totp(id, &TotpCode::new("123456")).await.map(drop)),
        (Operation::DeletePasskey, directory.delete_passkey(id, &unknown.parse().unwrap()).await.map(drop)),
        (Operation::DeleteWeb3Wallet, directory.delete_web3_wallet(id, &unknown.parse().unwrap()).await.map(drop)),
        (
            Operation::DeleteExternalAccount,
            directory.delete_external_account(id, &unknown.parse().unwrap()).await.map(drop),
        ),
        (Operation::BulkBan, directory.bulk_ban(&both).await.map(drop)),
        (Operation::BulkUnban, directory.bulk_unban(&both).await.map(drop)),
        (Operation::SetPasswordCompromised, directory.set_password_compromised(id, Sessions::Keep).await.map(drop)),
        (Operation::UnsetPasswordCompromised, restricted.unset_password_compromised(id).await.map(drop)),
        (Operation::ReplaceEmailAddress, directory.replace_email_address(id, &email).await.map(drop)),
        (Operation::ReplacePhoneNumber, directory.replace_phone_number(id, &phone).await.map(drop)),
        (
            Operation::RevokeTrustedDevice,
            directory.revoke_trusted_device(id, &unknown.parse().unwrap()).await.map(drop),
        ),
        (
            Operation::AdjustBillingCreditBalance,
            directory.adjust_billing_credit_balance(id, &CreditAdjustment::decrease(1, "key")).await.map(drop),
        ),
    ]
}

#[tokio::test]
async fn rejected_writes_leave_the_stored_account_unchanged() {
    let world = World::new();
    world.user("taken").await;
    let id = world.create(NewUser::new().email_address("ada@example.com").username("ada_lovelace")).await.id;
    world.directory.set_managed_by_scim(&id, "scim_1").await.unwrap();
    for with_resources in [false, true] {
        if with_resources {
            let device = TrustedDevice::new("td_1".parse().unwrap(), DevicePlatform::Ios, "com.example.app");
            world.directory.add_trusted_device(&id, device).await.unwrap();
        }
        let before = world.directory.store().load(std::slice::from_ref(&id)).await.unwrap();
        let document = Document::of(&before[0].account).unwrap();
        world.tick();
        for (operation, result) in rejected_writes(&world, &id).await {
            assert_eq!(result.unwrap_err().operation(), Some(operation));
            let after = world.directory.store().load(std::slice::from_ref(&id)).await.unwrap();
            assert_eq!(after[0].version, before[0].version, "{operation}");
            assert!(Document::of(&after[0].account).unwrap() == document, "{operation}");
        }
        assert_eq!(world.all_users().await.len(), 2);
    }
}

#[tokio::test]
async fn write_operations_have_a_rejected_call_unless_they_reject_only_unknown_users() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let called: Vec<_> = rejected_writes(&world, &id).await.into_iter().map(|(operation, _)| operation).collect();
    let others: Vec<_> = Operation::ALL
        .iter()
        .filter(|operation| !operation.is_read_only() && !called.contains(operation))
        .map(ToString::to_string)
        .collect();
    let expected = ["delete_profile_image", "disable_mfa", "delete_totp", "delete_backup_codes", "remove_password"];
    assert_eq!(others, expected);
}
