//! The requests that `ClerkUserDirectory` sends for each operation.

use integration_tests::{Clerk, KEY, call, fixture, user};
use jiff::Timestamp;
use serde_json::{Value, json};
use user_directory::billing::CreditAdjustment;
use user_directory::clerk::ClerkBuilder;
use user_directory::model::{
    BackupCode, EmailAddressReplacement, IdentifierStatus, InvitationQuery, InvitationStatus, OrganizationId,
    PasswordDigest, PasswordHasher, PhoneNumberReplacement, ProfileImage, TotpCode, TotpSecret,
};
use user_directory::wire::route::Route;
use user_directory::{
    ClerkUserDirectory, ErrorKind, Metadata, MetadataReplacement, MetadataUpdate, NewUser, Operation, OrderBy,
    OrderField, Page, Password, Result, SecretKey, Sessions, UserDirectory, UserFilter, UserId, UserIdBatch, UserQuery,
    UserUpdate,
};
use wiremock::Request;

/// Makes one call, asserts what all requests have in common, and returns the request.
async fn sent<T>(operation: Operation, call: impl AsyncFnOnce(&ClerkUserDirectory) -> Result<T>) -> Request {
    let clerk = Clerk::with_json(200, fixture(&format!("responses/{operation}.json"))).await;
    call(&clerk.directory).await.unwrap();
    let mut requests = clerk.requests().await;
    assert_eq!(requests.len(), 1, "{operation}");
    let request = requests.remove(0);

    assert_eq!(request.method.as_str(), Route::of(operation).method.as_str(), "{operation}");
    let authorization = format!("Bearer {KEY}");
    for (name, value) in [
        ("authorization", authorization.as_str()),
        ("clerk-api-version", "2026-05-12"),
        ("accept", "application/json"),
        ("user-agent", concat!("user-directory/", env!("CARGO_PKG_VERSION"))),
    ] {
        let values: Vec<_> = request.headers.get_all(name).iter().collect();
        assert_eq!(values, [value], "{operation}: {name}");
    }
    assert!(!request.url.as_str().contains("api_version"), "the version must be sent only as a header");
    request
}

/// Returns the path and, if present, the query.
fn target(request: &Request) -> String {
    let query = request.url.query().map(|query| format!("?{query}"));
    format!("{}{}", request.url.path(), query.unwrap_or_default())
}

#[track_caller]
fn assert_bodiless(request: &Request, target_expected: &str) {
    assert_eq!(target(request), target_expected);
    assert_eq!(request.body, b"");
    assert_eq!(request.headers.get("content-type"), None);
}

#[track_caller]
fn assert_json(request: &Request, target_expected: &str, body: &Value) {
    assert_eq!(target(request), target_expected);
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(&request.body_json::<Value>().unwrap(), body);
}

fn millis(at: i64) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap()
}

#[tokio::test]
async fn each_operation_uses_the_method_and_path_of_its_route() {
    for &operation in Operation::ALL {
        let request = sent(operation, async |clerk| call(operation, clerk).await).await;
        let path = Route::of(operation)
            .path
            .split('/')
            .map(|segment| match segment {
                "{user_id}" => "user_1",
                "{provider}" => "oauth_google",
                _ if segment.starts_with('{') => "idn_1",
                _ => segment,
            })
            .collect::<Vec<_>>()
            .join("/");
        assert_eq!(target(&request), format!("/v1{path}"), "{operation}");
    }
}

#[tokio::test]
async fn operations_without_parameters_send_an_empty_body() {
    for (operation, expected) in [
        (Operation::Get, "/v1/users/user_1"),
        (Operation::Delete, "/v1/users/user_1"),
        (Operation::Ban, "/v1/users/user_1/ban"),
        (Operation::Unban, "/v1/users/user_1/unban"),
        (Operation::Lock, "/v1/users/user_1/lock"),
        (Operation::Unlock, "/v1/users/user_1/unlock"),
        (Operation::DeleteProfileImage, "/v1/users/user_1/profile_image"),
        (Operation::DisableMfa, "/v1/users/user_1/mfa"),
        (Operation::DeleteTotp, "/v1/users/user_1/totp"),
        (Operation::DeleteBackupCodes, "/v1/users/user_1/backup_code"),
        (Operation::DeletePasskey, "/v1/users/user_1/passkeys/idn_1"),
        (Operation::DeleteWeb3Wallet, "/v1/users/user_1/web3_wallets/idn_1"),
        (Operation::DeleteExternalAccount, "/v1/users/user_1/external_accounts/idn_1"),
        (Operation::UnsetPasswordCompromised, "/v1/users/user_1/password/unset_compromised"),
        (Operation::ListTrustedDevices, "/v1/users/user_1/trusted_devices"),
        (Operation::RevokeTrustedDevice, "/v1/users/user_1/trusted_devices/idn_1"),
        (Operation::GetBillingSubscription, "/v1/users/user_1/billing/subscription"),
        (Operation::GetBillingCreditBalance, "/v1/users/user_1/billing/credits"),
        (Operation::List, "/v1/users"),
        (Operation::Count, "/v1/users/count"),
    ] {
        let request = sent(operation, async |clerk| call(operation, clerk).await).await;
        assert_bodiless(&request, expected);
    }
}

#[tokio::test]
async fn post_without_body_has_content_length_zero() {
    let request = sent(Operation::Ban, async |clerk| clerk.ban(&user()).await).await;
    assert_eq!(request.headers["content-length"], "0");
}

#[tokio::test]
async fn ids_are_percent_encoded_as_one_path_segment() {
    let id = UserId::new("user 1+ü:@&=;").unwrap();
    let request = sent(Operation::Ban, async |clerk| clerk.ban(&id).await).await;
    assert_eq!(request.url.path(), "/v1/users/user%201+%C3%BC:@&=;/ban");
    assert_eq!(request.url.query(), None);
}

#[tokio::test]
async fn list_sends_every_parameter_in_the_documented_order() {
    let filter = UserFilter::new()
        .email_addresses(["a@example.com", "b+c@example.com"])
        .phone_number("+15550100123")
        .external_ids(["one"])
        .username("ada")
        .web3_wallet("0xabc")
        .user_id(user())
        .organization_id(OrganizationId::new("org_1").unwrap())
        .query("Ada & Ü = #1?")
        .email_address_query("@example.com")
        .phone_number_query("+1555")
        .username_query("a/b")
        .name_query("100%")
        .banned(false)
        .last_active_at_before(millis(1))
        .last_active_at_after(millis(0))
        .last_active_at_since(millis(-5))
        .created_at_before(millis(1_700_690_400_001))
        .created_at_after(millis(1_700_690_400_002))
        .last_sign_in_at_before(millis(1_700_690_400_003))
        .last_sign_in_at_after(millis(1_700_690_400_004))
        .provider_users("oauth_google".parse::<user_directory::model::OAuthProvider>().unwrap(), ["10", "11"]);
    let query = UserQuery::new()
        .filter(filter.clone())
        .limit(500)
        .offset(0)
        .starting_after(user())
        .order_by(OrderBy::ascending(OrderField::CreatedAt));
    let filtered = "email_address=a%40example.com&email_address=b%2Bc%40example.com&phone_number=%2B15550100123\
         &external_id=one&username=ada&web3_wallet=0xabc&user_id=user_1&organization_id=org_1\
         &query=Ada+%26+%C3%9C+%3D+%231%3F&email_address_query=%40example.com&phone_number_query=%2B1555\
         &username_query=a%2Fb&name_query=100%25&banned=false\
         &last_active_at_before=1&last_active_at_after=0&last_active_at_since=-5\
         &created_at_before=1700690400001&created_at_after=1700690400002\
         &last_sign_in_at_before=1700690400003&last_sign_in_at_after=1700690400004\
         &provider=oauth_google&provider_user_id=10&provider_user_id=11";

    let request = sent(Operation::List, async |clerk| clerk.list(&query).await).await;
    let paged = "&limit=500&offset=0&starting_after=user_1&order_by=%2Bcreated_at";
    assert_bodiless(&request, &format!("/v1/users?{filtered}{paged}"));

    let request = sent(Operation::Count, async |clerk| clerk.count(&filter).await).await;
    assert_bodiless(&request, &format!("/v1/users/count?{filtered}"));
}

#[tokio::test]
async fn list_sends_the_sign_of_order_by() {
    for (order, expected) in [
        (OrderBy::default(), "order_by=-created_at"),
        (OrderBy::ascending(OrderField::Web3Wallet), "order_by=%2Bweb3wallet"),
        (OrderBy::descending(OrderField::LastSignInAt), "order_by=-last_sign_in_at"),
    ] {
        let query = UserQuery::new().order_by(order);
        let request = sent(Operation::List, async |clerk| clerk.list(&query).await).await;
        assert_eq!(request.url.query(), Some(expected));
    }
}

#[tokio::test]
async fn list_sends_plus_for_included_values_that_start_with_a_sign_and_minus_for_excluded_values() {
    let organization = |id| OrganizationId::new(id).unwrap();
    for (filter, expected) in [
        (
            UserFilter::new().external_ids(["a", "+b", "-c"]).exclude_external_ids(["d", "-e", "+f"]),
            "external_id=a&external_id=%2B%2Bb&external_id=%2B-c&external_id=-d&external_id=--e&external_id=-%2Bf",
        ),
        (UserFilter::new().exclude_user_ids([user()]), "user_id=-user_1"),
        (
            UserFilter::new()
                .organization_ids([organization("org_1")])
                .exclude_organization_ids([organization("org_2")]),
            "organization_id=org_1&organization_id=-org_2",
        ),
    ] {
        let request = sent(Operation::Count, async |clerk| clerk.count(&filter).await).await;
        assert_eq!(request.url.query(), Some(expected));
    }
}

#[tokio::test]
async fn list_omits_an_empty_identifier_filter_beside_another_filter() {
    let filter = UserFilter::new().email_addresses(Vec::<String>::new()).username("ada");
    let request = sent(Operation::Count, async |clerk| clerk.count(&filter).await).await;
    assert_eq!(request.url.query(), Some("username=ada"));
}

#[tokio::test]
async fn list_and_count_send_no_request_for_a_filter_that_matches_no_users() {
    let clerk = Clerk::with_json(200, "[]").await;
    for filter in [
        UserFilter::new().user_ids(Vec::<UserId>::new()),
        UserFilter::new().email_addresses(Vec::<String>::new()).banned(true),
        UserFilter::new().organization_ids(Vec::<OrganizationId>::new()),
        UserFilter::new().provider_users(
            "oauth_google".parse::<user_directory::model::OAuthProvider>().unwrap(),
            Vec::<String>::new(),
        ),
    ] {
        assert_eq!(clerk.directory.count(&filter).await.unwrap(), 0);
        assert_eq!(clerk.directory.list(&filter.into()).await.unwrap(), []);
    }
    assert_eq!(clerk.requests().await.len(), 0);
}

#[tokio::test]
async fn invalid_input_fails_without_a_request_and_names_the_operation() {
    let clerk = Clerk::with_json(200, "[]").await;
    let (directory, id) = (&clerk.directory, &user());
    let too_many = UserFilter::new().usernames((0..101).map(|number| number.to_string()));
    let page = Page::new().limit(0);
    let png = |content_type: &'static str| ProfileImage::new(b"image".as_slice(), content_type);

    for (error, operation, param_name) in [
        (directory.list(&UserQuery::new().limit(501)).await.unwrap_err(), Operation::List, "limit"),
        (directory.count(&too_many).await.unwrap_err(), Operation::Count, "username"),
        (
            directory.update(id, &UserUpdate::new().skip_password_checks(true)).await.unwrap_err(),
            Operation::Update,
            "skip_password_checks",
        ),
        (
            directory.get_oauth_access_token(id, &"oauth_google".parse().unwrap(), &page).await.unwrap_err(),
            Operation::GetOAuthAccessToken,
            "limit",
        ),
        (
            directory.get_organization_memberships(id, &page).await.unwrap_err(),
            Operation::GetOrganizationMemberships,
            "limit",
        ),
        (
            directory.get_organization_invitations(id, &InvitationQuery::new().page(page)).await.unwrap_err(),
            Operation::GetOrganizationInvitations,
            "limit",
        ),
        (
            directory.adjust_billing_credit_balance(id, &CreditAdjustment::increase(0, "key")).await.unwrap_err(),
            Operation::AdjustBillingCreditBalance,
            "amount",
        ),
        (
            directory.set_profile_image(id, &png("not a media type")).await.unwrap_err(),
            Operation::SetProfileImage,
            "content_type",
        ),
        (
            directory.set_profile_image(id, &png("image/png\r\nX-Evil: 1")).await.unwrap_err(),
            Operation::SetProfileImage,
            "content_type",
        ),
        (
            directory.set_profile_image(id, &png("image/png").named("a\r\nb")).await.unwrap_err(),
            Operation::SetProfileImage,
            "file_name",
        ),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert_eq!(error.operation(), Some(operation), "{error}");
        assert_eq!(error.param_name(), Some(param_name), "{error}");
        assert_eq!(error.status(), None, "{error}");
    }
    assert_eq!(clerk.requests().await.len(), 0);
}

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
async fn get_oauth_access_token_sends_pagination_only_if_a_page_is_set() {
    let path = "/v1/users/user_1/oauth_access_tokens/oauth_google";
    for (page, expected) in [
        (Page::new(), path.to_owned()),
        (Page::new().limit(5), format!("{path}?paginated=true&limit=5")),
        (Page::new().offset(0), format!("{path}?paginated=true&offset=0")),
        (Page::new().limit(5).offset(10), format!("{path}?paginated=true&limit=5&offset=10")),
    ] {
        let provider = "oauth_google".parse().unwrap();
        let request = sent(Operation::GetOAuthAccessToken, async |clerk| {
            clerk.get_oauth_access_token(&user(), &provider, &page).await
        })
        .await;
        assert_bodiless(&request, &expected);
    }
}

#[tokio::test]
async fn get_organization_memberships_and_invitations_send_the_page() {
    let page = Page::new().limit(20).offset(0);
    let request = sent(Operation::GetOrganizationMemberships, async |clerk| {
        clerk.get_organization_memberships(&user(), &page).await
    })
    .await;
    assert_bodiless(&request, "/v1/users/user_1/organization_memberships?limit=20&offset=0");

    for (status, expected) in [
        (InvitationStatus::Pending, "limit=20&offset=0&status=pending"),
        (InvitationStatus::Other("a b".into()), "limit=20&offset=0&status=a+b"),
    ] {
        let query = InvitationQuery::new().page(page).status(status);
        let request = sent(Operation::GetOrganizationInvitations, async |clerk| {
            clerk.get_organization_invitations(&user(), &query).await
        })
        .await;
        assert_bodiless(&request, &format!("/v1/users/user_1/organization_invitations?{expected}"));
    }
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
async fn builder_sets_api_version_user_agent_and_http_client() {
    let clerk = Clerk::with_json(200, fixture("responses/ban.json")).await;
    let base_url = clerk.base_url("/v1/");
    let http = ClerkBuilder::http_client_builder().unwrap().user_agent("custom-client").no_proxy().build().unwrap();
    let directory = ClerkUserDirectory::builder(SecretKey::new("other").unwrap())
        .base_url(base_url)
        .api_version("2025-11-10")
        .user_agent("shop/1.2")
        .http_client(http)
        .build()
        .unwrap();
    directory.ban(&user()).await.unwrap();

    let request = clerk.requests().await.remove(0);
    assert_bodiless(&request, "/v1/users/user_1/ban");
    assert_eq!(request.headers["clerk-api-version"], "2025-11-10");
    assert_eq!(request.headers.get_all("user-agent").iter().collect::<Vec<_>>(), ["shop/1.2"]);
    assert_eq!(request.headers["authorization"], "Bearer other");
}

#[tokio::test]
async fn requests_keep_the_path_of_the_base_url() {
    let clerk = Clerk::with_json(200, fixture("responses/get.json")).await;
    for (path, expected) in [
        ("", "/v1/users/user_1"),
        ("/", "/v1/users/user_1"),
        ("/clerk", "/clerk/users/user_1"),
        ("/v1//", "/v1/users/user_1"),
        ("/a%20b/v1", "/a%20b/v1/users/user_1"),
    ] {
        integration_tests::directory(&clerk.base_url(path)).get(&user()).await.unwrap();
        assert_eq!(clerk.requests().await.last().unwrap().url.path(), expected);
    }
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

#[tokio::test]
async fn get_of_reserved_id_is_not_found_without_a_request() {
    let clerk = Clerk::with_json(200, r#"{"object":"total_count","total_count":2}"#).await;
    for id in ["count", "ban", "unban"] {
        let id: UserId = id.parse().unwrap();
        for error in [
            clerk.directory.get(&id).await.unwrap_err(),
            clerk.directory.delete(&id).await.unwrap_err(),
            clerk.directory.ban(&id).await.unwrap_err(),
        ] {
            assert!(error.is_not_found() && error.operation().is_some(), "{error:?}");
        }
    }
    assert!(clerk.requests().await.is_empty());
}
