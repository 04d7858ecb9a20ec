//! The bodies of requests.

use integration_tests::user;
use serde_json::{Value, json};
use user_directory::billing::CreditAdjustment;
use user_directory::model::{
    BackupCode, EmailAddressReplacement, IdentifierStatus, PasswordDigest, PasswordHasher, PhoneNumberReplacement,
    ProfileImage, TotpCode, TotpSecret,
};
use user_directory::{
    Metadata, MetadataReplacement, MetadataUpdate, NewUser, Operation, Password, Sessions, UserDirectory as _, UserId,
    UserIdBatch, UserUpdate,
};
use wiremock::Request;

use super::{assert_json, millis, sent, target};

#[tokio::test]
async fn create_without_fields_sends_an_empty_object() {
    let request = sent(Operation::Create, async |clerk| clerk.create(&NewUser::new()).await).await;
    assert_json(&request, "/v1/users", &json!({}));
}

#[tokio::test]
async fn create_sends_every_field() {
    let metadata = |json: Value| Metadata::new(&json).unwrap();
    let new_user = NewUser::new()
        .external_id("shop-1")
        .first_name("Ada")
        .last_name("")
        .locale("en-US")
        .timezone("Europe/London")
        .email_address("ada@example.com")
        .reserved_email_address("ada+kept@example.com")
        .phone_number("+15550100123")
        .web3_wallet("0xabc")
        .username("ada")
        .password(Password::new("correct \"horse\""))
        .skip_password_checks(false)
        .skip_password_requirement(true)
        .totp_secret(TotpSecret::new("JBSWY3DP"))
        .backup_codes([BackupCode::new("one"), BackupCode::new("two")])
        .public_metadata(metadata(json!({ "a": null })))
        .private_metadata(metadata(json!({ "b": [] })))
        .unsafe_metadata(metadata(json!({ "c": 0 })))
        .delete_self_enabled(false)
        .legal_accepted_at("2026-05-12T08:00:00+02:00".parse().unwrap())
        .skip_legal_checks(false)
        .skip_user_requirement(false)
        .create_organization_enabled(true)
        .create_organizations_limit(0)
        .created_at(millis(1_700_690_400_125))
        .bypass_client_trust(false)
        .banned(false)
        .locked(true);
    let request = sent(Operation::Create, async |clerk| clerk.create(&new_user).await).await;
    let body = json!({
        "external_id": "shop-1",
        "first_name": "Ada",
        "last_name": "",
        "locale": "en-US",
        "timezone": "Europe/London",
        "email_address": ["ada@example.com", "ada+kept@example.com"],
        "email_address_identification_status": ["verified", "reserved"],
        "phone_number": ["+15550100123"],
        "web3_wallet": ["0xabc"],
        "username": "ada",
        "password": "correct \"horse\"",
        "skip_password_checks": false,
        "skip_password_requirement": true,
        "totp_secret": "JBSWY3DP",
        "backup_codes": ["one", "two"],
        "public_metadata": { "a": null },
        "private_metadata": { "b": [] },
        "unsafe_metadata": { "c": 0 },
        "delete_self_enabled": false,
        "legal_accepted_at": "2026-05-12T06:00:00Z",
        "skip_legal_checks": false,
        "skip_user_requirement": false,
        "create_organization_enabled": true,
        "create_organizations_limit": 0,
        "created_at": "2023-11-22T22:00:00.125Z",
        "bypass_client_trust": false,
        "banned": false,
        "locked": true,
    });
    assert_json(&request, "/v1/users", &body);
}

#[tokio::test]
async fn create_sends_a_status_for_each_phone_number_if_one_is_reserved() {
    let new_user = NewUser::new().reserved_phone_number("+15550100123").phone_number("+15550100124");
    let request = sent(Operation::Create, async |clerk| clerk.create(&new_user).await).await;
    let body = json!({
        "phone_number": ["+15550100123", "+15550100124"],
        "phone_number_identification_status": ["reserved", "verified"],
    });
    assert_json(&request, "/v1/users", &body);
}

#[tokio::test]
async fn create_and_update_send_a_password_digest_with_any_hasher() {
    // The service rejects unknown hashers.
    for hasher in ["bcrypt", "hmac_sha256_utf16_b64", "future_hasher"] {
        let digest = PasswordDigest::new(PasswordHasher::from(hasher), "$2a$10$abc");
        let body = json!({ "password_digest": "$2a$10$abc", "password_hasher": hasher });

        let new_user = NewUser::new().password(digest.clone());
        let request = sent(Operation::Create, async |clerk| clerk.create(&new_user).await).await;
        assert_json(&request, "/v1/users", &body);

        let update = UserUpdate::new().password(digest);
        let request = sent(Operation::Update, async |clerk| clerk.update(&user(), &update).await).await;
        assert_json(&request, "/v1/users/user_1", &body);
    }
}

#[tokio::test]
async fn update_omits_unchanged_fields_and_sends_null_for_cleared_fields() {
    let request = sent(Operation::Update, async |clerk| clerk.update(&user(), &UserUpdate::new()).await).await;
    assert_json(&request, "/v1/users/user_1", &json!({}));

    let clear = UserUpdate::new()
        .clear_external_id()
        .clear_first_name()
        .clear_last_name()
        .clear_locale()
        .clear_timezone()
        .clear_primary_email_address_id()
        .clear_primary_phone_number_id()
        .clear_primary_web3_wallet_id()
        .clear_username()
        .clear_profile_image_id()
        .clear_totp_secret()
        .clear_delete_self_enabled()
        .clear_create_organization_enabled()
        .clear_legal_accepted_at()
        .clear_create_organizations_limit()
        .clear_created_at()
        .clear_bypass_client_trust();
    let request = sent(Operation::Update, async |clerk| clerk.update(&user(), &clear).await).await;
    let body = json!({
        "external_id": null,
        "first_name": null,
        "last_name": null,
        "locale": null,
        "timezone": null,
        "primary_email_address_id": null,
        "primary_phone_number_id": null,
        "primary_web3_wallet_id": null,
        "username": null,
        "profile_image_id": null,
        "totp_secret": null,
        "delete_self_enabled": null,
        "create_organization_enabled": null,
        "legal_accepted_at": null,
        "create_organizations_limit": null,
        "created_at": null,
        "bypass_client_trust": null,
    });
    assert_json(&request, "/v1/users/user_1", &body);
}

#[tokio::test]
async fn update_sends_every_field() {
    let update = UserUpdate::new()
        .external_id("shop-1")
        .first_name("Ada")
        .last_name("Lovelace")
        .locale("en-US")
        .timezone("Europe/London")
        .primary_email_address_id("idn_1".parse::<user_directory::model::EmailAddressId>().unwrap())
        .notify_primary_email_address_changed(false)
        .primary_phone_number_id("idn_2".parse::<user_directory::model::PhoneNumberId>().unwrap())
        .primary_web3_wallet_id("idn_3".parse::<user_directory::model::Web3WalletId>().unwrap())
        .username("ada")
        .profile_image_id("img_1".parse::<user_directory::model::ImageId>().unwrap())
        .password(Password::new("correct horse"))
        .skip_password_checks(true)
        .other_sessions(Sessions::Revoke)
        .totp_secret(TotpSecret::new("JBSWY3DP"))
        .backup_codes(Vec::<BackupCode>::new())
        .delete_self_enabled(false)
        .create_organization_enabled(true)
        .legal_accepted_at(millis(0))
        .skip_legal_checks(false)
        .create_organizations_limit(0_u32)
        .created_at(millis(1_700_690_400_000))
        .bypass_client_trust(true);
    let request = sent(Operation::Update, async |clerk| clerk.update(&user(), &update).await).await;
    let body = json!({
        "external_id": "shop-1",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "locale": "en-US",
        "timezone": "Europe/London",
        "primary_email_address_id": "idn_1",
        "notify_primary_email_address_changed": false,
        "primary_phone_number_id": "idn_2",
        "primary_web3_wallet_id": "idn_3",
        "username": "ada",
        "profile_image_id": "img_1",
        "password": "correct horse",
        "skip_password_checks": true,
        "sign_out_of_other_sessions": true,
        "totp_secret": "JBSWY3DP",
        "backup_codes": [],
        "delete_self_enabled": false,
        "create_organization_enabled": true,
        "legal_accepted_at": "1970-01-01T00:00:00Z",
        "skip_legal_checks": false,
        "create_organizations_limit": 0,
        "created_at": "2023-11-22T22:00:00Z",
        "bypass_client_trust": true,
    });
    assert_json(&request, "/v1/users/user_1", &body);
}

#[tokio::test]
async fn metadata_is_sent_as_its_original_json_text() {
    let precise: Metadata = r#"{"z":1.00000000000000000001,"a":12345678901234567890123}"#.parse().unwrap();

    let update = MetadataUpdate::new().public(precise.clone()).private("{}".parse().unwrap());
    let request = sent(Operation::UpdateMetadata, async |clerk| clerk.update_metadata(&user(), &update).await).await;
    assert_eq!(target(&request), "/v1/users/user_1/metadata");
    assert_eq!(request.headers["content-type"], "application/json");
    let body = r#"{"public_metadata":{"z":1.00000000000000000001,"a":12345678901234567890123},"private_metadata":{}}"#;
    assert_eq!(String::from_utf8(request.body).unwrap(), body);

    let new_user = NewUser::new().unsafe_metadata(precise);
    let request = sent(Operation::Create, async |clerk| clerk.create(&new_user).await).await;
    let body = r#"{"unsafe_metadata":{"z":1.00000000000000000001,"a":12345678901234567890123}}"#;
    assert_eq!(String::from_utf8(request.body).unwrap(), body);
}

#[tokio::test]
async fn update_metadata_sends_null_for_removed_keys_and_replace_metadata_an_empty_object_for_cleared_kinds() {
    let remove = MetadataUpdate::new().r#unsafe(r#"{"plan":null,"a":{"b":null}}"#.parse().unwrap());
    let request = sent(Operation::UpdateMetadata, async |clerk| clerk.update_metadata(&user(), &remove).await).await;
    let body = json!({ "unsafe_metadata": { "plan": null, "a": { "b": null } } });
    assert_json(&request, "/v1/users/user_1/metadata", &body);

    let clear = MetadataReplacement::new().private(Metadata::default());
    let request = sent(Operation::ReplaceMetadata, async |clerk| clerk.replace_metadata(&user(), &clear).await).await;
    assert_json(&request, "/v1/users/user_1/metadata", &json!({ "private_metadata": {} }));
}

#[tokio::test]
async fn verify_password_and_verify_totp_send_the_secret_only_in_the_body() {
    let password = Password::new("correct+horse & ü");
    let request = sent(Operation::VerifyPassword, async |clerk| clerk.verify_password(&user(), &password).await).await;
    assert_json(&request, "/v1/users/user_1/verify_password", &json!({ "password": "correct+horse & ü" }));

    let code = TotpCode::new("012345");
    let request = sent(Operation::VerifyTotp, async |clerk| clerk.verify_totp(&user(), &code).await).await;
    assert_json(&request, "/v1/users/user_1/verify_totp", &json!({ "code": "012345" }));
}

#[tokio::test]
async fn bulk_ban_and_bulk_unban_send_every_id() {
    let ids: Vec<UserId> = (0..50).map(|number| UserId::new(format!("user_{number}")).unwrap()).collect();
    let body = json!({ "user_ids": ids });
    let ids = UserIdBatch::new(ids).unwrap();
    let request = sent(Operation::BulkBan, async |clerk| clerk.bulk_ban(&ids).await).await;
    assert_json(&request, "/v1/users/ban", &body);
    let request = sent(Operation::BulkUnban, async |clerk| clerk.bulk_unban(&ids).await).await;
    assert_json(&request, "/v1/users/unban", &body);
}

#[tokio::test]
async fn remove_password_and_set_password_compromised_always_send_sessions() {
    for (sessions, revoke) in [(Sessions::Keep, false), (Sessions::Revoke, true)] {
        let request =
            sent(Operation::RemovePassword, async |clerk| clerk.remove_password(&user(), sessions).await).await;
        let body = json!({ "sign_out_of_other_sessions": revoke });
        assert_json(&request, "/v1/users/user_1/remove_password", &body);

        let request = sent(Operation::SetPasswordCompromised, async |clerk| {
            clerk.set_password_compromised(&user(), sessions).await
        })
        .await;
        let body = json!({ "revoke_all_sessions": revoke });
        assert_json(&request, "/v1/users/user_1/password/set_compromised", &body);
    }
}

#[tokio::test]
async fn replace_email_address_and_replace_phone_number_send_every_field() {
    let plain = EmailAddressReplacement::new("ada@example.org");
    let full =
        plain.clone().identification_status(IdentifierStatus::Unverified).notify_primary_email_address_changed(false);
    for (replacement, body) in [
        (plain, json!({ "email_address": "ada@example.org" })),
        (
            full,
            json!({
                "email_address": "ada@example.org",
                "identification_status": "unverified",
                "notify_primary_email_address_changed": false,
            }),
        ),
    ] {
        let request = sent(Operation::ReplaceEmailAddress, async |clerk| {
            clerk.replace_email_address(&user(), &replacement).await
        })
        .await;
        assert_json(&request, "/v1/users/user_1/email_address", &body);
    }

    let phone = PhoneNumberReplacement::new("+15550100123").identification_status(IdentifierStatus::Reserved);
    let request =
        sent(Operation::ReplacePhoneNumber, async |clerk| clerk.replace_phone_number(&user(), &phone).await).await;
    let body = json!({ "phone_number": "+15550100123", "identification_status": "reserved" });
    assert_json(&request, "/v1/users/user_1/phone_number", &body);
}

#[tokio::test]
async fn adjust_billing_credit_balance_sends_the_idempotency_key() {
    let less = CreditAdjustment::decrease(2_500, "key 1").currency("EUR").note("Voucher");
    let plain = CreditAdjustment::increase(1, "key 2");
    for (adjustment, body) in [
        (
            less,
            json!({
                "amount": 2500, "action": "decrease", "currency": "EUR", "idempotency_key": "key 1", "note": "Voucher",
            }),
        ),
        (plain, json!({ "amount": 1, "action": "increase", "idempotency_key": "key 2" })),
    ] {
        let request = sent(Operation::AdjustBillingCreditBalance, async |clerk| {
            clerk.adjust_billing_credit_balance(&user(), &adjustment).await
        })
        .await;
        assert_json(&request, "/v1/users/user_1/billing/credits", &body);
    }
}

/// Returns the headers and the content of the only part of a multipart body.
fn only_part(request: &Request) -> (String, Vec<u8>) {
    let content_type = request.headers["content-type"].to_str().unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let (start, end) = (format!("--{boundary}\r\n"), format!("\r\n--{boundary}--\r\n"));
    let part = request.body.strip_prefix(start.as_bytes()).unwrap().strip_suffix(end.as_bytes()).unwrap();
    let blank_line = part.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    (String::from_utf8(part[..blank_line].to_vec()).unwrap(), part[blank_line + 4..].to_vec())
}

#[tokio::test]
async fn set_profile_image_sends_one_part_named_file() {
    let bytes: Vec<u8> = (0..=255).chain(*b"\r\n--boundary\r\n\r\n").collect();
    for (image, headers) in [
        (
            ProfileImage::new(bytes.clone(), "image/png").named("ada \"1\" ü.png"),
            "Content-Disposition: form-data; name=\"file\"; filename=\"ada %221%22 ü.png\"\r\n\
             Content-Type: image/png",
        ),
        (
            ProfileImage::new(bytes.clone(), "image/svg+xml; charset=utf-8"),
            "Content-Disposition: form-data; name=\"file\"; filename=\"image\"\r\n\
             Content-Type: image/svg+xml; charset=utf-8",
        ),
    ] {
        let request =
            sent(Operation::SetProfileImage, async |clerk| clerk.set_profile_image(&user(), &image).await).await;
        assert_eq!(target(&request), "/v1/users/user_1/profile_image");
        assert_eq!(only_part(&request), (headers.to_owned(), bytes.clone()));
        assert_eq!(request.headers["content-length"], request.body.len().to_string());
    }
}

#[tokio::test]
async fn set_profile_image_sends_an_empty_image() {
    let image = ProfileImage::new(b"".as_slice(), "image/png");
    let request = sent(Operation::SetProfileImage, async |clerk| clerk.set_profile_image(&user(), &image).await).await;
    assert_eq!(only_part(&request).1, b"");
}

#[tokio::test]
async fn create_and_update_metadata_send_metadata_whatever_it_contains() {
    for text in [
        r#"{"\ud800":1,"role":"admin"}"#,
        r#"{"n":1e400}"#,
        r#"{"$serde_json::private::RawValue":"{\"role\":\"admin\"}"}"#,
    ] {
        let metadata: Metadata = text.parse().unwrap();
        let request = sent(Operation::Create, async |clerk| {
            clerk.create(&NewUser::new().public_metadata(metadata.clone())).await
        });
        assert_eq!(request.await.body, format!(r#"{{"public_metadata":{text}}}"#).into_bytes());
        let update = MetadataUpdate::new().private(metadata.clone());
        let request = sent(Operation::UpdateMetadata, async |clerk| clerk.update_metadata(&user(), &update).await);
        assert_eq!(request.await.body, format!(r#"{{"private_metadata":{text}}}"#).into_bytes());
    }
}
