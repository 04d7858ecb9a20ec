//! How `ClerkUserDirectory` decodes successful responses.

use integration_tests::{Clerk, fixture, json, user};
use jiff::Timestamp;
use user_directory::billing::{CreditAdjustment, SubscriptionStatus};
use user_directory::model::{
    DeletedObject, DeviceStatus, EmailAddressReplacement, InvitationQuery, InvitationStatus, OAuthProvider,
    PasswordVerification, PhoneNumberReplacement, ProfileImage, TotpCode, TotpVerification,
};
use user_directory::{
    ClerkUserDirectory, ErrorKind, MetadataReplacement, MetadataUpdate, NewUser, Operation, Page, Password, Result,
    Sessions, UserDirectory, UserFilter, UserQuery, UserUpdate,
};
use wiremock::ResponseTemplate;

use crate::errors::error_of;

/// Returns the result of a call that gets a response from `tests/fixtures/responses`.
async fn read<T>(name: &str, call: impl AsyncFnOnce(&ClerkUserDirectory) -> Result<T>) -> T {
    let clerk = Clerk::with_json(200, fixture(&format!("responses/{name}.json"))).await;
    call(&clerk.directory).await.unwrap()
}

fn millis(at: i64) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap()
}

#[test]
fn each_operation_has_a_response_fixture() {
    let folder = integration_tests::root("tests/fixtures/responses");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let mut expected: Vec<_> = Operation::ALL.iter().map(|operation| format!("{operation}.json")).collect();
    // Separate tests below decode these.
    expected.extend(
        ["get_billing_credit_balance_null", "get_oauth_access_token_paginated", "verify_totp_backup_code"]
            .map(|name| format!("{name}.json")),
    );
    files.sort();
    expected.sort();
    assert_eq!(files, expected);
}

#[tokio::test]
async fn get_create_and_update_decode_every_field() {
    let isolde = read("get", async |clerk| clerk.get(&user()).await).await;
    assert_eq!(isolde.id, "user_3IsoldeMarchetti00000000001");
    assert_eq!(isolde.full_name().as_deref(), Some("Isolde Marchetti"));
    assert_eq!(isolde.primary_email_address().unwrap().email_address, "isolde.marchetti@example.com");
    assert_eq!(isolde.email_addresses.iter().filter(|email| email.is_verified()).count(), 2);
    assert_eq!(isolde.phone_numbers[1].backup_codes.len(), 3);
    assert_eq!(isolde.private_metadata.get::<Vec<u8>>("flags").unwrap(), Some(vec![]));
    assert_eq!(isolde.created_at, Some(millis(1_747_725_330_000)));
    assert!(isolde.has_image);

    let odalys = read("create", async |clerk| clerk.create(&NewUser::new()).await).await;
    assert_eq!(odalys.external_id.as_deref(), Some("shop-90210"));
    assert!(odalys.email_addresses[0].is_verified() && odalys.email_addresses[1].reserved);
    assert_eq!(odalys.legal_accepted_at, Some(millis(1_791_194_400_000)));
    assert_eq!(odalys.unsafe_metadata.get::<String>("hint").unwrap().as_deref(), Some("window seat"));

    let henrike = read("update", async |clerk| clerk.update(&user(), &UserUpdate::new()).await).await;
    assert_eq!(henrike.username.as_deref(), Some("henrike_sa"));
    assert_eq!(henrike.external_id.as_deref(), Some("renamed-77"));
    assert_eq!(henrike.updated_at, Some(millis(1_775_899_800_000)));
}

#[tokio::test]
async fn list_count_bulk_ban_and_bulk_unban_decode_users() {
    let users = read("list", async |clerk| clerk.list(&UserQuery::new()).await).await;
    let names: Vec<_> = users.iter().filter_map(|user| user.first_name.as_deref()).collect();
    assert_eq!(names, ["Wilhelmina", "Calixto", "Nandini"]);
    assert_eq!(users.iter().map(|user| user.banned).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(users[2].external_id.as_deref(), Some("list-3"));

    assert_eq!(read("count", async |clerk| clerk.count(&UserFilter::new()).await).await, 1287);

    let banned = read("bulk_ban", async |clerk| clerk.bulk_ban(&user().into()).await).await;
    assert_eq!(banned.iter().map(|user| user.banned).collect::<Vec<_>>(), [true; 3]);
    assert_eq!(banned[1].username.as_deref(), Some("tamsin_rook"));
    let unbanned = read("bulk_unban", async |clerk| clerk.bulk_unban(&user().into()).await).await;
    assert_eq!(unbanned.iter().map(|user| user.banned).collect::<Vec<_>>(), [false; 2]);
    assert_eq!(unbanned[0].id, "user_3BulkPhileas000000000000001");
}

#[tokio::test]
async fn write_operations_return_the_updated_user() {
    let banned = read("ban", async |clerk| clerk.ban(&user()).await).await;
    let unbanned = read("unban", async |clerk| clerk.unban(&user()).await).await;
    assert_eq!(banned.id, unbanned.id);
    assert_eq!((banned.banned, unbanned.banned), (true, false));
    assert!(banned.updated_at < unbanned.updated_at);

    let locked = read("lock", async |clerk| clerk.lock(&user()).await).await;
    let unlocked = read("unlock", async |clerk| clerk.unlock(&user()).await).await;
    assert_eq!((locked.locked, locked.lockout_expires_in_seconds), (true, Some(3600)));
    assert_eq!((unlocked.locked, unlocked.lockout_expires_in_seconds), (false, None));

    let image = ProfileImage::new(b"image".as_slice(), "image/webp");
    let with_image = read("set_profile_image", async |clerk| clerk.set_profile_image(&user(), &image).await).await;
    let without = read("delete_profile_image", async |clerk| clerk.delete_profile_image(&user()).await).await;
    assert_eq!(with_image.image_url.as_deref(), Some("https://img.example.com/avatars/rosalind-v2.webp"));
    assert_eq!((with_image.has_image, without.has_image), (true, false));

    let update = MetadataUpdate::new();
    let merged = read("update_metadata", async |clerk| clerk.update_metadata(&user(), &update).await).await;
    assert_eq!(merged.private_metadata.get::<Vec<String>>("added").unwrap().unwrap(), ["x", "y"]);
    assert_eq!(merged.first_name.as_deref(), Some("Evander"));
    let new = MetadataReplacement::new();
    let replaced = read("replace_metadata", async |clerk| clerk.replace_metadata(&user(), &new).await).await;
    assert_eq!(replaced.public_metadata.get::<String>("plan").unwrap().as_deref(), Some("studio"));
    assert!(replaced.private_metadata.is_empty());
}

#[tokio::test]
async fn password_operations_return_the_user() {
    let sessions = Sessions::Keep;
    let removed = read("remove_password", async |clerk| clerk.remove_password(&user(), sessions).await).await;
    assert_eq!((removed.password_enabled, removed.password_last_updated_at), (false, None));
    let id = "user_3PasswordCordelia0000000001";
    assert_eq!(removed.id, id);

    let marked =
        read("set_password_compromised", async |clerk| clerk.set_password_compromised(&user(), sessions).await).await;
    assert_eq!((marked.id.as_str(), marked.password_enabled), (id, true));
    assert_eq!(marked.updated_at, Some(millis(1_774_085_400_000)));

    let unmarked =
        read("unset_password_compromised", async |clerk| clerk.unset_password_compromised(&user()).await).await;
    assert_eq!(unmarked.id, id);
    assert_eq!(unmarked.password_last_updated_at, Some(millis(1_774_171_800_000)));
}

#[tokio::test]
async fn delete_operations_return_the_deleted_object() {
    let deleted = read("delete", async |clerk| clerk.delete(&user()).await).await;
    assert_eq!((deleted.object.as_str(), deleted.deleted), ("user", true));
    assert_eq!(deleted.id.as_deref(), Some("user_3DeleteGustavo0000000000001"));
    assert_eq!(deleted.external_id.as_deref(), Some("gone-12"));

    let passkey =
        read("delete_passkey", async |clerk| clerk.delete_passkey(&user(), &"idn_1".parse().unwrap()).await).await;
    assert_eq!((passkey.object.as_str(), passkey.id.as_deref()), ("passkey", Some("idn_3PasskeyGone000000000000001")));

    let wallet =
        read("delete_web3_wallet", async |clerk| clerk.delete_web3_wallet(&user(), &"idn_1".parse().unwrap()).await)
            .await;
    assert_eq!(
        (wallet.object.as_str(), wallet.id.as_deref()),
        ("web3_wallet", Some("idn_3WalletGone0000000000000001"))
    );

    let account = read("delete_external_account", async |clerk| {
        clerk.delete_external_account(&user(), &"eac_1".parse().unwrap()).await
    })
    .await;
    assert_eq!((account.object.as_str(), account.deleted), ("external_account", true));
    assert_eq!(account.id.as_deref(), Some("eac_3AccountGone000000000000001"));
}

#[tokio::test]
async fn disable_mfa_delete_totp_and_delete_backup_codes_return_the_user_id() {
    let id = read("disable_mfa", async |clerk| clerk.disable_mfa(&user()).await).await;
    assert_eq!(id, "user_3MfaOffPercival000000000001");
    let id = read("delete_totp", async |clerk| clerk.delete_totp(&user()).await).await;
    assert_eq!(id, "user_3TotpOffPercival00000000001");
    let id = read("delete_backup_codes", async |clerk| clerk.delete_backup_codes(&user()).await).await;
    assert_eq!(id, "user_3CodesOffPercival0000000001");
}

#[tokio::test]
async fn get_oauth_access_token_decodes_arrays_and_pages() {
    let google: OAuthProvider = "oauth_google".parse().unwrap();
    for page in [Page::new(), Page::new().limit(2)] {
        let bare =
            read("get_oauth_access_token", async |clerk| clerk.get_oauth_access_token(&user(), &google, &page).await)
                .await;
        assert_eq!(bare.len(), 2);
        assert_eq!(bare[0].token.expose_secret(), "fictional-google-access-token-1");
        assert_eq!(bare[0].expires_at, Some(millis(1_792_508_400_000)));
        assert_eq!(bare[0].scopes, ["openid", "email", "profile"]);

        let paged = read("get_oauth_access_token_paginated", async |clerk| {
            clerk.get_oauth_access_token(&user(), &google, &page).await
        })
        .await;
        assert_eq!(paged.len(), 2);
        assert_eq!(paged[1].token_secret.as_ref().unwrap().expose_secret(), "fictional-oauth1-token-secret");
        assert_eq!(paged[1].provider, "oauth_custom_atlas");
    }
    for (body, tokens) in [("[]", 0), (r#"{"total_count":0,"data":[]}"#, 0), (r#"{"data":null}"#, 0)] {
        let clerk = Clerk::with_json(200, body).await;
        let access_tokens = clerk.directory.get_oauth_access_token(&user(), &google, &Page::new()).await.unwrap();
        assert_eq!(access_tokens.len(), tokens, "{body}");
    }
    for body in ["{}", "null", "7", r#""data""#] {
        let clerk = Clerk::with_json(200, body).await;
        let error = clerk.directory.get_oauth_access_token(&user(), &google, &Page::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
    }
}

#[tokio::test]
async fn memberships_invitations_and_trusted_devices_decode_pages() {
    let memberships = read("get_organization_memberships", async |clerk| {
        clerk.get_organization_memberships(&user(), &Page::new()).await
    })
    .await;
    assert_eq!((memberships.data.len(), memberships.total_count), (2, 2));
    assert_eq!(memberships.data[0].organization.name, "Riverside Beekeepers");
    assert_eq!(memberships.data[1].role, "org:soloist");
    assert_eq!(memberships.data[0].permissions.len(), 6);

    let invitations = read("get_organization_invitations", async |clerk| {
        clerk.get_organization_invitations(&user(), &InvitationQuery::new()).await
    })
    .await;
    assert_eq!((invitations.data.len(), invitations.total_count), (2, 2));
    assert_eq!(invitations.data[0].status, Some(InvitationStatus::Pending));
    assert_eq!(invitations.data[0].expires_at, Some(millis(1_775_035_800_000)));
    assert_eq!(invitations.data[1].organization_id.as_ref().unwrap(), &"org_3Beekeepers0000000000000001");

    let devices = read("list_trusted_devices", async |clerk| clerk.list_trusted_devices(&user()).await).await;
    assert_eq!((devices.data.len(), devices.total_count), (2, 2));
    assert_eq!(devices.data[0].name.as_deref(), Some("Kitchen tablet"));
    assert_eq!(devices.data[1].status, DeviceStatus::Active);

    let revoked = read("revoke_trusted_device", async |clerk| {
        clerk.revoke_trusted_device(&user(), &"tdev_1".parse().unwrap()).await
    })
    .await;
    assert_eq!(revoked.status, DeviceStatus::Revoked);
    assert_eq!(revoked.revoked_at, Some(millis(1_774_690_200_000)));
}

#[tokio::test]
async fn replace_email_address_and_replace_phone_number_return_the_new_identifier() {
    let address = EmailAddressReplacement::new("new.address@example.com");
    let email = read("replace_email_address", async |clerk| clerk.replace_email_address(&user(), &address).await).await;
    assert_eq!(email.email_address, "new.address@example.com");
    assert_eq!(email.id.unwrap(), "idn_3ReplacedMail00000000000001");
    assert!(email.verification.unwrap().is_verified());

    let number = PhoneNumberReplacement::new("+15550107021");
    let phone = read("replace_phone_number", async |clerk| clerk.replace_phone_number(&user(), &number).await).await;
    assert_eq!(phone.phone_number, "+15550107021");
    assert!(phone.is_verified() && phone.backup_codes.is_empty());
}

#[tokio::test]
async fn billing_operations_decode_responses() {
    let subscription =
        read("get_billing_subscription", async |clerk| clerk.get_billing_subscription(&user()).await).await;
    assert_eq!(subscription.status, SubscriptionStatus::Active);
    assert_eq!(subscription.subscription_items.len(), 2);
    assert_eq!(subscription.subscription_items[1].plan.as_ref().unwrap().name, "Attic");
    assert_eq!(subscription.subscription_items[0].proration_date.as_deref(), Some("2026-10-04"));

    let balance =
        read("get_billing_credit_balance", async |clerk| clerk.get_billing_credit_balance(&user()).await).await;
    let money = balance.balance.unwrap();
    assert_eq!((money.amount, money.currency.as_str()), (123_450, "USD"));
    let none =
        read("get_billing_credit_balance_null", async |clerk| clerk.get_billing_credit_balance(&user()).await).await;
    assert_eq!(none.balance, None);

    let voucher = CreditAdjustment::decrease(2_500, "key");
    let entry = read("adjust_billing_credit_balance", async |clerk| {
        clerk.adjust_billing_credit_balance(&user(), &voucher).await
    })
    .await;
    assert_eq!((entry.amount.amount, entry.source_type.as_str()), (-2_500, "grant"));
    assert_eq!(entry.created_at, Some("2026-10-06T13:20:45.125Z".parse().unwrap()));
}

#[tokio::test]
async fn verify_password_returns_incorrect_only_for_a_wrong_password() {
    let verify = async |response| {
        let clerk = Clerk::responding_with(response).await;
        clerk.directory.verify_password(&user(), &Password::new("guess")).await
    };
    for (response, expected) in [
        (json(200, fixture("responses/verify_password.json")), PasswordVerification::Correct),
        (json(201, r#"{"verified":true,"unknown":1}"#), PasswordVerification::Correct),
        (json(200, r#"{"verified":false}"#), PasswordVerification::Incorrect),
        (json(422, fixture("errors/incorrect_password.json")), PasswordVerification::Incorrect),
    ] {
        assert_eq!(verify(response).await.unwrap(), expected);
    }
    for (response, kind) in [
        (json(400, fixture("errors/no_password_set.json")), ErrorKind::InvalidInput),
        (json(400, fixture("errors/incorrect_password.json")), ErrorKind::InvalidInput),
        (json(422, fixture("errors/totp_incorrect_code.json")), ErrorKind::InvalidInput),
        (json(422, ""), ErrorKind::InvalidInput),
        (json(404, fixture("errors/not_found.json")), ErrorKind::NotFound),
        (json(204, ""), ErrorKind::Decode),
        // A success without `verified: true` must not count as a correct password.
        (json(200, "{}"), ErrorKind::Decode),
        (json(200, r#"{"verified":null}"#), ErrorKind::Decode),
        (json(200, fixture("responses/get.json")), ErrorKind::Decode),
    ] {
        let error = verify(response).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.operation(), Some(Operation::VerifyPassword));
    }
}

#[tokio::test]
async fn verify_totp_returns_incorrect_only_for_a_wrong_code() {
    let verify = async |response| {
        let clerk = Clerk::responding_with(response).await;
        clerk.directory.verify_totp(&user(), &TotpCode::new("123456")).await
    };
    let too_short = r#"{"errors":[{"code":"totp_invalid_length"}]}"#;
    for (response, expected) in [
        (json(200, fixture("responses/verify_totp.json")), TotpVerification::Totp),
        (json(200, fixture("responses/verify_totp_backup_code.json")), TotpVerification::BackupCode),
        (json(200, r#"{"verified":true,"code_type":"carrier_pigeon"}"#), TotpVerification::OtherCode),
        (json(200, r#"{"verified":true,"code_type":null}"#), TotpVerification::OtherCode),
        (json(200, r#"{"verified":false,"code_type":"totp"}"#), TotpVerification::Incorrect),
        (json(422, fixture("errors/totp_incorrect_code.json")), TotpVerification::Incorrect),
        (json(422, too_short), TotpVerification::Incorrect),
    ] {
        assert_eq!(verify(response).await.unwrap(), expected);
    }
    for (response, kind) in [
        (json(400, fixture("errors/totp_disabled.json")), ErrorKind::InvalidInput),
        (json(422, fixture("errors/incorrect_password.json")), ErrorKind::InvalidInput),
        (json(500, too_short), ErrorKind::Server),
        (json(200, "{}"), ErrorKind::Decode),
        (json(200, r#"{"code_type":"totp"}"#), ErrorKind::Decode),
    ] {
        let error = verify(response).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.operation(), Some(Operation::VerifyTotp));
    }
}

#[tokio::test]
async fn content_type_is_ignored() {
    for mime in ["application/json; charset=utf-8", "text/html", "application/vnd.clerk+json", "nonsense"] {
        let response = ResponseTemplate::new(200).set_body_raw(fixture("responses/get.json"), mime);
        let user = Clerk::responding_with(response).await.directory.get(&user()).await.unwrap();
        assert_eq!(user.username.as_deref(), Some("isolde_m"), "{mime}");

        let response = ResponseTemplate::new(422).set_body_raw(fixture("errors/identifier_exists.json"), mime);
        assert_eq!(error_of(response).await.param_name(), Some("email_address"), "{mime}");
    }
    let without = ResponseTemplate::new(202).set_body_bytes(fixture("responses/get.json"));
    assert!(Clerk::responding_with(without).await.directory.get(&user()).await.unwrap().has_image);
}

#[tokio::test]
async fn list_decodes_a_response_of_many_chunks() {
    let user = fixture("responses/get.json");
    let body = format!("[{}]", vec![user; 500].join(","));
    let clerk = Clerk::with_json(200, body).await;
    let users = clerk.directory.list(&UserQuery::new().limit(500)).await.unwrap();
    assert_eq!(users.len(), 500);
    assert_eq!(users[499].username.as_deref(), Some("isolde_m"));
}

#[tokio::test]
async fn list_and_get_fail_if_a_small_response_would_use_much_memory() {
    let clerk = Clerk::with_json(200, format!("[{}]", vec![r#"{"id":"a"}"#; 100_000].join(","))).await;
    let error = clerk.directory.list(&UserQuery::new().limit(500)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.message().unwrap().starts_with("the lists and maps of the document use too much memory"), "{error}");

    let emails = vec!["{}"; 200_000].join(",");
    let clerk = Clerk::with_json(200, format!(r#"{{"id":"user_1","email_addresses":[{emails}]}}"#)).await;
    let error = clerk.directory.get(&user()).await.unwrap_err();
    assert!(error.message().unwrap().starts_with("the lists and maps of the document use too much memory"), "{error}");
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn gzip_responses_are_decompressed() {
    // `{"object":"total_count","total_count":7}`
    let body = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xca\x4f\xca\x4a\x4d\x2e\x51\xb2\x52\x2a\xc9\x2f\
        \x49\xcc\x89\x4f\xce\x2f\xcd\x2b\x51\xd2\x41\xe1\x59\x99\xd7\x02\x00\x7f\xd3\x9b\x29\x28\x00\x00\
        \x00";
    let response = ResponseTemplate::new(200).set_body_bytes(body.as_slice()).insert_header("content-encoding", "gzip");
    let clerk = Clerk::responding_with(response).await;
    assert_eq!(clerk.directory.count(&UserFilter::new()).await.unwrap(), 7);
    assert_eq!(clerk.requests().await[0].headers["accept-encoding"], "gzip");
}

/// Successful responses that do not contain the result of the operation.
fn responses_without_result() -> Vec<ResponseTemplate> {
    let bodies =
        ["\n", "null", "{}", r#"{"object":"x"}"#, r#"{"id":null,"deleted":null,"user_id":null,"errors":null}"#];
    let empty = [ResponseTemplate::new(204), ResponseTemplate::new(200)];
    empty.into_iter().chain(bodies.map(|body| json(200, body))).collect()
}

#[tokio::test]
async fn delete_operations_succeed_if_the_response_lacks_the_result() {
    for response in responses_without_result() {
        let clerk = Clerk::responding_with(response).await;
        let (directory, user) = (&clerk.directory, &user());
        assert_eq!(directory.delete(user).await.unwrap(), DeletedObject::new("user", user));
        let id = "idn_1".parse().unwrap();
        assert_eq!(directory.delete_passkey(user, &id).await.unwrap(), DeletedObject::new("passkey", "idn_1"));
        let id = "idn_2".parse().unwrap();
        assert_eq!(directory.delete_web3_wallet(user, &id).await.unwrap(), DeletedObject::new("web3_wallet", "idn_2"));
        let id = "eac_1".parse().unwrap();
        let deleted = directory.delete_external_account(user, &id).await.unwrap();
        assert_eq!(deleted, DeletedObject::new("external_account", "eac_1"));
        // Other operations need the user that the response contains.
        assert_eq!(directory.ban(user).await.unwrap_err().kind(), ErrorKind::Decode);
    }
}

#[tokio::test]
async fn revoke_trusted_device_succeeds_if_the_response_lacks_the_result() {
    for response in responses_without_result() {
        let clerk = Clerk::responding_with(response).await;
        let id = "tdev_1".parse().unwrap();
        let device = clerk.directory.revoke_trusted_device(&user(), &id).await.unwrap();
        assert_eq!((device.id, device.status, device.platform.as_str()), (id, DeviceStatus::Revoked, "unknown"));
        assert_eq!((device.algorithm, device.app_identifier.as_str()), (None, ""));
    }
}

#[tokio::test]
async fn disable_mfa_and_delete_totp_and_delete_backup_codes_succeed_if_the_response_lacks_the_result() {
    for response in responses_without_result() {
        let clerk = Clerk::responding_with(response).await;
        let (directory, user) = (&clerk.directory, &user());
        assert_eq!(directory.disable_mfa(user).await.unwrap(), *user);
        assert_eq!(directory.delete_totp(user).await.unwrap(), *user);
        assert_eq!(directory.delete_backup_codes(user).await.unwrap(), *user);
    }
}

#[tokio::test]
async fn deletions_fail_if_a_successful_response_is_not_an_object_or_contains_errors() {
    let failed = fixture("errors/not_found.json");
    for body in [failed.as_str(), "{", r#"{"deleted":tru"#, "[]", "[{}]", "7", "<html>", r#"{"errors":[]}"#] {
        let clerk = Clerk::with_json(200, body).await;
        let (directory, user) = (&clerk.directory, &user());
        let id = "tdev_1".parse().unwrap();
        for error in [
            directory.delete(user).await.unwrap_err(),
            directory.delete_totp(user).await.unwrap_err(),
            directory.revoke_trusted_device(user, &id).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
            assert!(error.is_outcome_unknown(), "{body}");
        }
    }
}

#[tokio::test]
async fn list_and_bulk_ban_and_bulk_unban_accept_a_page() {
    let page = r#"{"data":[{"object":"user","id":"user_1"}],"total_count":1}"#;
    let clerk = Clerk::with_json(200, page).await;
    for users in [
        clerk.directory.list(&UserQuery::new()).await,
        clerk.directory.bulk_ban(&user().into()).await,
        clerk.directory.bulk_unban(&user().into()).await,
    ] {
        assert_eq!(users.unwrap().iter().map(|user| user.id.as_str()).collect::<Vec<_>>(), ["user_1"]);
    }
}

#[tokio::test]
async fn list_and_bulk_ban_fail_if_a_user_cannot_be_decoded() {
    for users in [r#"[{"id":"user_1"},{"id":null}]"#, r#"[{"id":"user_1"},{"id":"user_2","deleted":true}]"#] {
        for response in [users.to_owned(), format!(r#"{{"data":{users},"total_count":2}}"#)] {
            let clerk = Clerk::with_json(200, response).await;
            assert_eq!(clerk.directory.list(&UserQuery::new()).await.unwrap_err().kind(), ErrorKind::Decode);
            assert_eq!(clerk.directory.bulk_ban(&user().into()).await.unwrap_err().kind(), ErrorKind::Decode);
        }
    }
}

/// Elements that are not resources.
const INVALID: &str = r#"null, {}, {"id": 7}, "x", 7, -7, 7.5, true, ["x"]"#;

#[tokio::test]
async fn get_organization_memberships_skips_memberships_that_cannot_be_decoded() {
    let valid = r#"{"id":"orgmem_2","organization":{"id":"org_2","name":"b"},"role":"org:admin"}"#;
    let invalid = r#"{"organization":{"name":"a","id":null},"id":"orgmem_1","role":"org:admin"}"#;
    let without = r#"{"id":"orgmem_3","organization":null,"public_user_data":{"user_id":"user_1"}}"#;
    let page = format!(r#"{{"total_count":14,"data":[{invalid},{INVALID},{valid},{without},{valid}]}}"#);
    let clerk = Clerk::with_json(200, page).await;
    let page = clerk.directory.get_organization_memberships(&user(), &Page::new()).await.unwrap();
    assert_eq!(page.data.iter().map(|membership| membership.id.as_str()).collect::<Vec<_>>(), ["orgmem_2"; 2]);
    assert_eq!(page.total_count, 14);
}

#[tokio::test]
async fn get_organization_invitations_and_list_trusted_devices_skip_elements_that_cannot_be_decoded() {
    let page = format!(r#"{{"data":[{INVALID},{{"id":"orginv_1"}}],"total_count":9}}"#);
    let clerk = Clerk::with_json(200, page).await;
    let page = clerk.directory.get_organization_invitations(&user(), &InvitationQuery::new()).await.unwrap();
    assert_eq!((page.data.len(), page.total_count), (1, 9));

    let page = format!(r#"{{"data":[{INVALID},{{"id":"td_1","status":"active"}}],"total_count":9}}"#);
    let clerk = Clerk::with_json(200, page).await;
    let page = clerk.directory.list_trusted_devices(&user()).await.unwrap();
    assert_eq!((page.data.len(), page.total_count), (0, 9), "the platform is required");
}

#[tokio::test]
async fn get_oauth_access_token_skips_tokens_that_cannot_be_decoded() {
    let tokens = format!(
        r#"[{{"provider":"oauth_apple","token":null}},{INVALID},
            {{"provider":"oauth_google","token":"ya29.a","expires_at":1767225600}}]"#
    );
    for response in [tokens.clone(), format!(r#"{{"data":{tokens},"total_count":11}}"#)] {
        let clerk = Clerk::with_json(200, response).await;
        let google = OAuthProvider::new("oauth_google").unwrap();
        let tokens = clerk.directory.get_oauth_access_token(&user(), &google, &Page::new()).await.unwrap();
        assert_eq!(tokens.len(), 1);
        assert_eq!(tokens[0].token.expose_secret(), "ya29.a");
        assert_eq!(tokens[0].expires_at, Some("2026-01-01T00:00:00Z".parse().unwrap()));
    }
}

#[tokio::test]
async fn malformed_json_in_a_list_of_resources_is_an_error() {
    for page in [r#"{"data":[{"id":}],"total_count":1}"#, r#"{"data":[{"id":"a"},{],"total_count":1}"#] {
        let clerk = Clerk::with_json(200, page).await;
        let error = clerk.directory.get_organization_memberships(&user(), &Page::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
    }
}
