//! How `ClerkUserDirectory` decodes successful, error and malformed responses.

use std::io::{Read, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use integration_tests::{Clerk, KEY, call, directory, fixture, printed, user};
use jiff::Timestamp;
use user_directory::billing::{CreditAdjustment, SubscriptionStatus};
use user_directory::clerk::RetryPolicy;
use user_directory::model::{
    DeviceStatus, EmailAddressReplacement, InvitationQuery, InvitationStatus, OAuthProvider, PasswordVerification,
    PhoneNumberReplacement, ProfileImage, TotpCode, TotpVerification,
};
use user_directory::{
    ClerkUserDirectory, Error, ErrorDetail, ErrorKind, MetadataReplacement, MetadataUpdate, NewUser, Operation, Page,
    Password, Result, SecretKey, Sessions, UserDirectory, UserFilter, UserQuery, UserUpdate,
};
use wiremock::ResponseTemplate;

/// Returns the result of a call that gets a response from `tests/fixtures/responses`.
async fn read<T>(name: &str, call: impl AsyncFnOnce(&ClerkUserDirectory) -> Result<T>) -> T {
    let clerk = Clerk::with_json(200, fixture(&format!("responses/{name}.json"))).await;
    call(&clerk.directory).await.unwrap()
}

/// Returns the error of `get` for a response.
async fn error_of(response: ResponseTemplate) -> Error {
    Clerk::responding_with(response).await.directory.get(&user()).await.unwrap_err()
}

fn json(status: u16, body: impl Into<String>) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.into(), "application/json")
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
    for body in ["{}", "null", "7", r#""data""#, r#"{"data":[{}]}"#] {
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

/// File, status, kind, codes and parameter name.
type ErrorCase = (&'static str, u16, ErrorKind, &'static [&'static str], Option<&'static str>);

#[tokio::test]
async fn each_error_has_its_kind_codes_and_parameter() {
    let cases: &[ErrorCase] = &[
        ("empty_errors.json", 429, ErrorKind::RateLimited, &[], None),
        ("identifier_exists.json", 422, ErrorKind::Conflict, &["form_identifier_exists"], Some("email_address")),
        ("incorrect_password.json", 422, ErrorKind::InvalidInput, &["incorrect_password"], None),
        ("key_invalid.json", 401, ErrorKind::Unauthenticated, &["clerk_key_invalid"], None),
        ("maintenance.json", 503, ErrorKind::Unavailable, &["maintenance_mode"], None),
        ("meta_empty.json", 422, ErrorKind::InvalidInput, &["form_param_unknown"], None),
        ("no_meta.json", 400, ErrorKind::InvalidInput, &["request_body_invalid"], None),
        ("no_password_set.json", 400, ErrorKind::InvalidInput, &["no_password_set"], None),
        ("not_found.json", 404, ErrorKind::NotFound, &["resource_not_found"], None),
        ("plan_required.json", 402, ErrorKind::PaymentRequired, &["unsupported_subscription_plan_features"], None),
        ("proxy.html", 502, ErrorKind::Unavailable, &[], None),
        ("quota.json", 403, ErrorKind::Forbidden, &["user_quota_exceeded"], None),
        ("rate_limited.json", 429, ErrorKind::RateLimited, &["too_many_requests"], None),
        ("resource_locked.json", 409, ErrorKind::Locked, &["resource_locked"], None),
        (
            "several.json",
            422,
            ErrorKind::InvalidInput,
            &["form_identifier_exists", "form_param_format_invalid", "form_password_length_too_short"],
            Some("username"),
        ),
        ("totp_disabled.json", 400, ErrorKind::InvalidInput, &["totp_disabled"], None),
        ("totp_incorrect_code.json", 422, ErrorKind::InvalidInput, &["totp_incorrect_code"], None),
        ("unknown_code.json", 418, ErrorKind::Unexpected, &["tea_kettle_overheated"], Some("kettle")),
        ("user_managed_by_scim.json", 409, ErrorKind::Conflict, &["user_managed_by_scim"], None),
        ("with_trace_id.json", 404, ErrorKind::NotFound, &["resource_not_found"], None),
        ("without_long_message.json", 422, ErrorKind::InvalidInput, &["form_param_missing"], Some("user_id")),
    ];
    let files = std::fs::read_dir(integration_tests::root("tests/fixtures/errors")).unwrap();
    assert_eq!(files.count(), cases.len(), "each file needs a case");

    for &(file, status, kind, codes, param_name) in cases {
        let mime = if file.contains(".html") { "text/html" } else { "application/json" };
        let body = fixture(&format!("errors/{file}"));
        let error = error_of(ResponseTemplate::new(status).set_body_raw(body, mime)).await;
        assert_eq!(error.kind(), kind, "{file}");
        assert_eq!(error.status(), Some(status), "{file}");
        assert_eq!(error.operation(), Some(Operation::Get), "{file}");
        assert_eq!(error.details().iter().map(ErrorDetail::code).collect::<Vec<_>>(), codes, "{file}");
        assert_eq!(error.param_name(), param_name, "{file}");
        assert_eq!(error.retry_after(), None, "{file}");
    }
}

#[tokio::test]
async fn error_details_keep_messages_and_meta() {
    let error = error_of(json(422, fixture("errors/identifier_exists.json"))).await;
    assert_eq!(error.details()[0].message(), "already in use");
    assert_eq!(error.details()[0].long_message(), "Another user has this email address. Pick a different one.");
    let error = error_of(json(422, fixture("errors/without_long_message.json"))).await;
    assert_eq!(error.details()[0].long_message(), "must be given");
    let error = error_of(json(400, fixture("errors/unknown_code.json"))).await;
    assert_eq!(error.details()[0].meta::<Vec<u8>>("attempts"), Some(vec![1, 2, 3]));
}

#[tokio::test]
async fn errors_have_the_operation() {
    let clerk = Clerk::with_json(404, fixture("errors/not_found.json")).await;
    let malformed = Clerk::with_json(200, "\"neither\"").await;
    for &operation in Operation::ALL {
        let error = call(operation, &clerk.directory).await.unwrap_err();
        assert_eq!((error.operation(), error.kind()), (Some(operation), ErrorKind::NotFound));
        let error = call(operation, &malformed.directory).await.unwrap_err();
        assert_eq!((error.operation(), error.kind()), (Some(operation), ErrorKind::Decode));
    }
}

#[tokio::test]
async fn trace_id_is_read_from_body_then_clerk_trace_id_then_cf_ray() {
    let traced = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
    let (body, plain) = (fixture("errors/with_trace_id.json"), fixture("errors/not_found.json"));
    let both = |response: ResponseTemplate| {
        response.insert_header("Clerk-Trace-Id", "from-clerk").insert_header("cf-ray", "from-cf-ray-FRA")
    };
    for (response, trace_id) in [
        (both(json(404, body.clone())), Some(traced)),
        (json(404, body), Some(traced)),
        (both(json(404, plain.clone())), Some("from-clerk")),
        (both(json(404, r#"{"errors":[],"clerk_trace_id":""}"#)), Some("from-clerk")),
        (both(json(404, r#"{"errors":[],"clerk_trace_id":"line\nbreak"}"#)), Some("from-clerk")),
        (json(404, plain.clone()).insert_header("cf-ray", "from-cf-ray-FRA"), Some("from-cf-ray-FRA")),
        (json(404, plain), None),
        // Decode errors have the trace ID, too.
        (both(json(200, "[]")), Some("from-clerk")),
    ] {
        assert_eq!(error_of(response).await.trace_id(), trace_id);
    }
}

#[tokio::test]
async fn retry_after_is_parsed_from_seconds_or_a_date() {
    for (value, expected) in [
        ("0", Some(Duration::ZERO)),
        ("7", Some(Duration::from_secs(7))),
        ("1000000", Some(Duration::from_hours(24))),
        ("Wed, 21 Oct 2015 07:28:00 GMT", Some(Duration::ZERO)),
        ("a while", None),
        ("", None),
    ] {
        for body in ["errors/rate_limited.json", "errors/empty_errors.json", "errors/proxy.html"] {
            let error = error_of(json(429, fixture(body)).insert_header("Retry-After", value)).await;
            assert_eq!(error.kind(), ErrorKind::RateLimited);
            assert_eq!(error.retry_after(), expected, "{value:?}");
        }
    }
}

#[tokio::test]
async fn error_kind_follows_the_status_if_the_body_is_malformed() {
    let bodies = [
        "",
        "null",
        "[]",
        "\"no\"",
        "{",
        "{}",
        "\u{0}",
        "<html>",
        r#"{"errors":null}"#,
        r#"{"errors":"no"}"#,
        r#"{"errors":[null]}"#,
    ];
    for body in bodies {
        for (status, kind) in [(401, ErrorKind::Unauthenticated), (500, ErrorKind::Server)] {
            let error = error_of(json(status, body)).await;
            assert_eq!((error.kind(), error.status()), (kind, Some(status)), "{body:?}");
            assert_eq!(error.details(), [], "{body:?}");
        }
    }
    let not_utf8 = ResponseTemplate::new(503).set_body_bytes(b"\xff\xfe".as_slice());
    assert!(error_of(not_utf8).await.is_unavailable());
}

#[tokio::test]
async fn get_returns_not_found_only_for_an_error_of_the_api() {
    assert!(error_of(json(404, r#"{"errors":[]}"#)).await.is_not_found());
    for body in ["", "{}", "null", "<html>not found</html>", r#"{"errors":null}"#, r#"{"message":"no route"}"#] {
        let error = error_of(json(404, body)).await;
        assert_eq!((error.kind(), error.status()), (ErrorKind::Unexpected, Some(404)), "{body:?}");
        assert!(error.to_string().contains("base URL"), "{error}");
    }
}

#[tokio::test]
async fn malformed_error_details_are_skipped() {
    let body = r#"{"errors":[
        {"code":"form_param_missing","meta":["not","an","object"]},
        7,
        ["form_param_unknown", "a list is no error"],
        {"code":null,"message":[],"meta":{"param_name":"x"}},
        {"code":"form_param_unknown","meta":{"param_name":"y"}}
    ],"clerk_trace_id":"trace_1"}"#;
    let error = error_of(json(422, body)).await;
    let codes: Vec<_> = error.details().iter().map(|error| (error.code(), error.param_name())).collect();
    assert_eq!(codes, [("form_param_missing", None), ("", Some("x")), ("form_param_unknown", Some("y"))]);
    assert_eq!(error.trace_id(), Some("trace_1"));

    let error = error_of(json(422, r#"{"errors":{"code":"no list"},"clerk_trace_id":"trace_2"}"#)).await;
    assert_eq!((error.details().len(), error.trace_id()), (0, Some("trace_2")));
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
async fn malformed_success_is_a_decode_error_without_content() {
    for (response, message) in [
        (ResponseTemplate::new(204), "unexpected end of the document at line 1 column 0"),
        (json(200, ""), "unexpected end of the document at line 1 column 0"),
        (
            ResponseTemplate::new(200).set_body_raw(fixture("errors/proxy.html"), "text/html"),
            "malformed JSON at line 1 column 1",
        ),
        (json(200, r#"{"id":7}"#), "a value has the wrong type at `id`, line 1 column 7"),
        (json(200, r#"{"id":"a","id":"b"}"#), "the field `id` is duplicated at line 1 column 14"),
        (json(200, r#"["user_1"]"#), "a value has the wrong type at line 1 column 0"),
        (json(200, r#"{"object":"user"}"#), "the field `id` is missing at line 1 column 17"),
        (
            ResponseTemplate::new(200).set_body_bytes(b"{\"id\":\"user_1\",\"username\":\"\xff\"}".as_slice()),
            "the response is not UTF-8",
        ),
    ] {
        let error = error_of(response.insert_header("clerk-trace-id", "trace_1")).await;
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert_eq!(error.trace_id(), Some("trace_1"), "{error}");
        let (text, status) = (error.to_string(), error.status().unwrap());
        assert_eq!(text, format!("get: invalid response: {message} (status {status}, trace trace_1)"));
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let other_host = Clerk::with_json(200, fixture("responses/get.json")).await;
    for status in [301, 302, 303, 307, 308] {
        let location = other_host.base_url("/v1/users/user_1");
        let error = error_of(ResponseTemplate::new(status).insert_header("location", location)).await;
        assert_eq!((error.kind(), error.status()), (ErrorKind::Unexpected, Some(status)));
    }
    assert_eq!(other_host.requests().await.len(), 0);
}

#[tokio::test]
async fn response_over_64_mib_is_a_decode_error() {
    let mut body = vec![b' '; 64 * 1024 * 1024];
    body.push(b' ');
    let error = error_of(ResponseTemplate::new(200).set_body_bytes(body)).await;
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.to_string(), "get: invalid response: the response has more than 67108864 bytes (status 200)");
}

#[tokio::test]
async fn error_body_over_the_limit_is_classified_by_status() {
    let body = format!(r#"{{"errors":[{{"code":"{}"}}]}}"#, "x".repeat(64 * 1024));
    let error = error_of(json(409, body)).await;
    assert_eq!((error.kind(), error.details().len()), (ErrorKind::Conflict, 0));
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

/// Starts a server that reads one request, writes `response`, and keeps the connection open or closes it.
fn raw_server(response: &'static [u8], keep_open: bool) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 8 * 1024]);
        stream.write_all(response).unwrap();
        if keep_open {
            // Returns when the client closes the connection.
            let _ = stream.read(&mut [0]);
        }
    });
    address
}

async fn raw_error(response: &'static [u8], keep_open: bool) -> Error {
    let address = raw_server(response, keep_open);
    let directory = ClerkUserDirectory::builder(SecretKey::new(KEY).unwrap())
        .base_url(format!("http://{address}/v1"))
        .timeout(Duration::from_millis(200))
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    let query = UserQuery::new().filter(UserFilter::new().query("ada@example.com"));
    let start = Instant::now();
    let error = directory.list(&query).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(5), "the timeout applies");
    assert_eq!(error.operation(), Some(Operation::List));
    assert_no_private_data(&error);
    error
}

/// Asserts that no text of the error contains the key, the query or the path.
#[track_caller]
fn assert_no_private_data(error: &Error) {
    let text = printed(error);
    for secret in [KEY, "ada", "example.com", "/users"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}

#[tokio::test]
async fn missing_response_is_a_timeout() {
    let error = raw_error(b"", true).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::Timeout, None));
    assert!(error.is_retryable(), "list is idempotent");
}

#[tokio::test]
async fn stalled_body_is_a_timeout_with_status_and_trace_id() {
    let error = raw_error(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\nclerk-trace-id: trace_1\r\n\r\n[{", true).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::Timeout, Some(200)));
    assert_eq!(error.trace_id(), Some("trace_1"));
}

#[tokio::test]
async fn response_cut_short_is_a_transport_error() {
    for response in [
        b"".as_slice(),
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[{",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n[",
        b"this is not HTTP\r\n\r\n",
    ] {
        let error = raw_error(response, false).await;
        assert_eq!(error.kind(), ErrorKind::Transport, "{error:?}");
    }
}

#[tokio::test]
async fn error_response_cut_short_keeps_its_kind() {
    for keep_open in [true, false] {
        let error =
            raw_error(b"HTTP/1.1 429 Too Many\r\nretry-after: 3\r\ncontent-length: 100\r\n\r\n{", keep_open).await;
        assert_eq!((error.kind(), error.status()), (ErrorKind::RateLimited, Some(429)));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
    }
}

#[tokio::test]
async fn huge_content_length_allocates_no_buffer() {
    let error = raw_error(b"HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551000\r\n\r\n[", false).await;
    assert_eq!(error.kind(), ErrorKind::Transport);
}

#[tokio::test]
async fn refused_connection_is_a_retryable_connect_error() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = directory(&format!("http://{address}/v1")).create(&NewUser::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Connect, Some(Operation::Create)));
    assert!(error.is_retryable(), "nothing was sent");
    assert_no_private_data(&error);
}

#[tokio::test]
async fn error_messages_of_the_api_are_not_printed() {
    let body = r#"{"errors":[{"code":"c","message":"ada@example.com","long_message":"ada@example.com"}]}"#;
    let error = error_of(json(422, body)).await;
    assert_eq!(error.to_string(), "get: invalid input (status 422, c)");
    assert_no_private_data(&error);
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

#[tokio::test]
async fn failed_or_slow_tls_handshake_is_a_connect_error() {
    for (response, keep_open) in [(b"".as_slice(), true), (b"HTTP/1.1 400 Bad Request\r\n\r\n", false)] {
        let address = raw_server(response, keep_open);
        let directory = ClerkUserDirectory::builder(SecretKey::new(KEY).unwrap())
            .base_url(format!("https://{address}/v1"))
            .connect_timeout(Duration::from_millis(100))
            .retry(RetryPolicy::none())
            .build()
            .unwrap();
        let error = directory.create(&NewUser::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect, "{error:?}");
        assert!(error.is_retryable(), "nothing was sent");
        assert_no_private_data(&error);
    }
}
