//! Tests of request bodies, which are validated as strictly as by the service.

use user_directory::{NewUser, Password, UserDirectory};

use crate::support::Clerk;

#[tokio::test]
async fn malformed_json_body_is_rejected() {
    let clerk = Clerk::start().await;
    for body in ["{", "[]", "\"text\"", "{\"first_name\":}", "nul", "{} {}"] {
        clerk.post("/v1/users", body).await.assert_error(400, "request_body_invalid", None);
    }
    let response = clerk.call("POST", "/v1/users").json("").body(b"{\"first_name\":\"\xff\"}".to_vec()).send().await;
    response.assert_error(400, "request_body_invalid", None);
    assert_eq!(clerk.directory.count(&user_directory::UserFilter::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn other_content_types_are_rejected() {
    let clerk = Clerk::start().await;
    let body = r#"{"username":"ada_lovelace"}"#;
    for kind in ["", "text/plain", "application/x-www-form-urlencoded", "application/json5", "multipart/form-data"] {
        let response = clerk.call("POST", "/v1/users").header("content-type", kind).body(body).send().await;
        response.assert_error(415, "unsupported_content_type", None);
        let shown = if kind.is_empty() { "(missing)" } else { kind };
        assert!(response.text.contains(&format!("Content-Type {shown} is unsupported.")), "{}", response.text);
    }
    for kind in ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"] {
        let response =
            clerk.call("POST", "/v1/users").header("content-type", kind).body("{\"locale\":\"-\"}").send().await;
        response.assert_error(422, "form_param_format_invalid", Some("locale"));
    }
}

#[tokio::test]
async fn body_over_10_mb_is_rejected() {
    let clerk = Clerk::start().await;
    let body = |size| format!("{{\"first_name\":\"{}\"}}", "a".repeat(size));
    let response = clerk.post("/v1/users", &body(10 * 1024 * 1024)).await;
    response.assert_error(413, "request_body_too_large", None);
    let response = clerk.post("/v1/users", &body(1024 * 1024)).await;
    assert_eq!(response.status, 422);
}

#[tokio::test]
async fn create_rejects_long_lists_without_checking_each_value() {
    let clerk = Clerk::start().await;
    let emails: Vec<_> = (0..60_000).map(|n| format!("a{n}@b.example")).collect();
    let response = clerk.post("/v1/users", &format!("{{\"email_address\":{emails:?}}}")).await;
    response.assert_error(422, "form_param_array_size_exceeded", Some("email_address"));
    let codes = vec!["a"; 10_000];
    let user = clerk.user().await;
    let path = format!("/v1/users/{}", user.id);
    let response = clerk.call("PATCH", &path).json(&format!("{{\"backup_codes\":{codes:?}}}")).send().await;
    response.assert_error(422, "form_param_array_size_exceeded", Some("backup_codes"));
}

#[tokio::test]
async fn create_accepts_solana_wallets_that_differ_only_in_case() {
    let clerk = Clerk::start().await;
    let wallets = ["7S3P4HxJpyyigGzodYwHtCxZyUQe9JiBMHyRWXArAaKv", "7s3P4HxJpyyigGzodYwHtCxZyUQe9JiBMHyRWXArAaKv"];
    for wallet in wallets {
        let body = format!(r#"{{"web3_wallet":["{wallet}"]}}"#);
        let created = clerk.post("/v1/users", &body).await;
        assert_eq!(created.status, 200, "{}", created.text);
        clerk.post("/v1/users", &body).await.assert_error(422, "form_identifier_exists", Some("web3_wallet"));
        let found = clerk.get(&format!("/v1/users?web3_wallet={wallet}")).await.json();
        assert_eq!((found.as_array().unwrap().len(), &found[0]["id"]), (1, &created.json()["id"]));
    }
}

#[tokio::test]
async fn missing_body_has_no_fields() {
    let clerk = Clerk::start().await;
    let user = clerk.user().await;
    for kind in ["", "application/json", "text/plain"] {
        let call = clerk.call("PATCH", &format!("/v1/users/{}/metadata", user.id)).header("content-type", kind);
        assert_eq!(call.send().await.status, 200);
        let call = clerk.call("POST", &format!("/v1/users/{}/ban", user.id)).header("content-type", kind);
        assert_eq!(call.send().await.status, 200);
    }
    let response = clerk.post(&format!("/v1/users/{}/verify_password", user.id), "").await;
    response.assert_error(422, "form_param_missing", Some("password"));
}

#[tokio::test]
async fn operations_without_parameters_reject_fields() {
    let clerk = Clerk::start().await;
    let user = clerk.user().await;
    for path in ["ban", "unban", "lock", "unlock"] {
        let response = clerk.post(&format!("/v1/users/{}/{path}", user.id), r#"{"reason":"spam"}"#).await;
        response.assert_error(422, "form_param_unknown", Some("reason"));
    }
    assert!(!clerk.directory.get(&user.id).await.unwrap().banned);
}

#[tokio::test]
async fn bulk_operations_accept_1_to_50_users() {
    let clerk = Clerk::start().await;
    let ids = |number: usize| format!("{{\"user_ids\":{:?}}}", vec!["user_1"; number]);
    for path in ["/v1/users/ban", "/v1/users/unban"] {
        clerk.post(path, &ids(51)).await.assert_error(400, "bulk_size_exceeded", None);
        clerk.post(path, &ids(50)).await.assert_error(404, "resource_not_found", None);
        clerk.post(path, &ids(0)).await.assert_error(422, "form_param_missing", Some("user_ids"));
        clerk.post(path, "{}").await.assert_error(422, "form_param_missing", Some("user_ids"));
        clerk.post(path, r#"{"user_ids":"user_1"}"#).await.assert_error(
            422,
            "form_param_type_invalid",
            Some("user_ids"),
        );
    }
}

#[tokio::test]
async fn rejected_body_changes_nothing() {
    let clerk = Clerk::start().await;
    let user = clerk.user().await;
    let path = format!("/v1/users/{}", user.id);
    let response = clerk.call("PATCH", &path).json(r#"{"first_name":"Ada","nickname":"Countess"}"#).send().await;
    response.assert_error(422, "form_param_unknown", Some("nickname"));
    assert_eq!(clerk.directory.get(&user.id).await.unwrap(), user);
}

#[tokio::test]
async fn incorrect_password_or_code_is_an_error_response() {
    let clerk = Clerk::start().await;
    let ada = NewUser::new()
        .username("ada_lovelace")
        .password(Password::new("correct horse battery"))
        .totp_secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
        .backup_codes(["one-time-code"]);
    let path = format!("/v1/users/{}", clerk.directory.create(&ada).await.unwrap().id);
    let response = clerk.post(&format!("{path}/verify_password"), r#"{"password":"wrong"}"#).await;
    response.assert_error(422, "incorrect_password", None);
    let response = clerk.post(&format!("{path}/verify_password"), r#"{"password":"correct horse battery"}"#).await;
    assert_eq!((response.status, response.text.as_str()), (200, r#"{"verified":true}"#));
    let response = clerk.post(&format!("{path}/verify_totp"), r#"{"code":"000"}"#).await;
    response.assert_error(422, "totp_invalid_length", None);
    let response = clerk.post(&format!("{path}/verify_totp"), r#"{"code":"000000"}"#).await;
    response.assert_error(422, "totp_incorrect_code", None);
    let response = clerk.post(&format!("{path}/verify_totp"), r#"{"code":"one-time-code"}"#).await;
    assert_eq!((response.status, response.text.as_str()), (200, r#"{"verified":true,"code_type":"backup_code"}"#));
}
