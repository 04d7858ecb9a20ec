//! Tests of query strings.

use serde_json::json;
use user_directory::model::{OAuthAccessToken, OAuthToken};
use user_directory::{NewUser, UserDirectory, UserDirectoryExt};

use crate::support::Clerk;

#[tokio::test]
async fn unknown_parameters_and_empty_values_are_ignored_and_logged() {
    let clerk = Clerk::start().await;
    clerk.user().await;
    let response = clerk.get("/v1/users?email_address[]=nobody@example.com&query=&limit=5").await;
    assert_eq!(response.json().as_array().unwrap().len(), 1);
    let log = clerk.get("/__emulator/requests?limit=1").await.json();
    assert_eq!(log["data"][0]["ignored_parameters"], json!(["email_address[]", "query"]));
}

#[tokio::test]
async fn list_response_has_no_total_count_header() {
    let clerk = Clerk::start().await;
    clerk.user().await;
    assert_eq!(clerk.get("/v1/users").await.headers.get("x-total-count"), None);
    assert_eq!(clerk.get("/v1/users/count").await.json()["total_count"], 1);
}

#[tokio::test]
async fn parameters_of_rejected_requests_are_not_logged_as_ignored() {
    let clerk = Clerk::start().await;
    for (path, status) in
        [("/v1/users?banned=x&limit=5", 422), ("/v1/users/a%2Fb/organization_memberships?limit=5", 404)]
    {
        assert_eq!(clerk.get(path).await.status, status);
        let log = clerk.get("/__emulator/requests?limit=1").await.json();
        assert_eq!((&log["data"][0]["status"], &log["data"][0]["ignored_parameters"]), (&json!(status), &json!([])));
    }
}

#[tokio::test]
async fn invalid_query_values_are_rejected() {
    let clerk = Clerk::start().await;
    let user = clerk.user().await;
    for (query, code, param_name) in [
        ("limit=ten", "form_param_value_invalid", "limit"),
        ("limit=-1", "form_param_value_invalid", "limit"),
        ("limit=0", "form_param_value_invalid", "limit"),
        ("limit=501", "form_param_value_invalid", "limit"),
        ("offset=-1", "form_param_value_invalid", "offset"),
        ("banned=maybe", "form_param_value_invalid", "banned"),
        ("created_at_before=yesterday", "form_param_invalid_date", "created_at_before"),
        ("last_sign_in_at_after=99999999999999999", "form_param_invalid_date", "last_sign_in_at_after"),
        ("order_by=shoe_size", "form_param_value_invalid", "order_by"),
        ("provider=oauth_google", "form_conditional_param_missing", "provider_user_id"),
        ("provider_user_id=1", "form_conditional_param_missing", "provider"),
        ("limit=5.0", "form_param_value_invalid", "limit"),
        (&format!("starting_after={}&offset=1", user.id), "form_conditional_param_disallowed", "starting_after"),
        (
            &format!("starting_after={}&order_by=username", user.id),
            "form_conditional_param_disallowed",
            "starting_after",
        ),
        (&"username=ada&".repeat(101), "form_param_array_size_exceeded", "username"),
        ("starting_after=user_unknown", "form_resource_not_found", "starting_after"),
        ("starting_after=a/b", "form_resource_not_found", "starting_after"),
        ("limit=1&limit=501", "form_param_duplicate", "limit"),
        ("query=a&query=b", "form_param_duplicate", "query"),
    ] {
        clerk.get(&format!("/v1/users?{query}")).await.assert_error(422, code, Some(param_name));
    }
}

#[tokio::test]
async fn list_and_count_reject_unknown_provider() {
    let clerk = Clerk::start().await;
    for path in ["/v1/users", "/v1/users/count"] {
        let response = clerk.get(&format!("{path}?provider=gogle&provider_user_id=1")).await;
        response.assert_error(400, "oauth_unsupported_provider", None);
        assert!(response.text.contains("oauth_gogle OAuth is not supported."), "{}", response.text);
        let known = clerk.get(&format!("{path}?provider=google&provider_user_id=1")).await;
        assert_eq!(known.status, 200, "{path}");
    }
}

#[tokio::test]
async fn invalid_query_values_are_quoted_in_the_message_of_the_service() {
    let clerk = Clerk::start().await;
    let error = clerk.get("/v1/users?limit=5.0").await.json()["errors"][0].take();
    assert_eq!(error["message"], "is invalid");
    assert_eq!(
        error["long_message"],
        "5.0 does not match one of the allowed values for parameter limit. It must be 1 to 500."
    );
    let error = clerk.get("/v1/users?offset=-1").await.json()["errors"][0].take();
    assert!(error["long_message"].as_str().unwrap().ends_with("offset. It must be 0 to 18446744073709551615."));
}

#[tokio::test]
async fn booleans_are_parsed_like_in_go() {
    let clerk = Clerk::start().await;
    clerk.user().await;
    for (value, count) in [("True", 0), ("TRUE", 0), ("1", 0), ("False", 1), ("f", 1), ("0", 1)] {
        let json = clerk.get(&format!("/v1/users/count?banned={value}")).await.json();
        assert_eq!(json["total_count"], count, "{value}");
    }
    for value in ["yes", "tRUE", "2"] {
        let response = clerk.get(&format!("/v1/users?banned={value}")).await;
        response.assert_error(422, "form_param_value_invalid", Some("banned"));
    }
}

#[tokio::test]
async fn invitation_status_outside_the_description_is_a_bad_request() {
    let clerk = Clerk::start().await;
    let path = format!("/v1/users/{}/organization_invitations", clerk.user().await.id);
    for status in ["pending", "accepted", "revoked", "expired", ""] {
        assert_eq!(clerk.get(&format!("{path}?status={status}")).await.status, 200, "{status}");
    }
    for status in ["completed", "Pending", "pending,accepted"] {
        let response = clerk.get(&format!("{path}?status={status}")).await;
        response.assert_error(400, "bad_request", Some("status"));
        assert!(response.text.contains("pending, accepted, revoked, expired"), "{}", response.text);
    }
}

#[tokio::test]
async fn list_and_count_parse_signs_of_filters_and_order_by() {
    let clerk = Clerk::start().await;
    let new = |name: &str, external_id: &str| NewUser::new().username(name).external_id(external_id);
    let ada = clerk.directory.create(&new("ada_lovelace", "+1")).await.unwrap();
    let grace = clerk.directory.create(&new("grace_hopper", "2")).await.unwrap();
    for (query, names) in [
        (format!("user_id={}", ada.id), vec!["ada_lovelace"]),
        (format!("user_id=%2B{}", ada.id), vec!["ada_lovelace"]),
        // An unescaped plus sign.
        (format!("user_id=+{}", ada.id), vec!["ada_lovelace"]),
        (format!("user_id=-{}", ada.id), vec!["grace_hopper"]),
        (format!("user_id={}&user_id={}&order_by=username", ada.id, grace.id), vec!["ada_lovelace", "grace_hopper"]),
        ("user_id=a%2Fb".to_owned(), vec![]),
        ("user_id=-a%2Fb&order_by=-username".to_owned(), vec!["grace_hopper", "ada_lovelace"]),
        ("external_id=%2B%2B1".to_owned(), vec!["ada_lovelace"]),
        ("order_by=%2Busername".to_owned(), vec!["ada_lovelace", "grace_hopper"]),
        ("order_by=-username".to_owned(), vec!["grace_hopper", "ada_lovelace"]),
    ] {
        let response = clerk.get(&format!("/v1/users?{query}")).await;
        let json = response.json();
        let got: Vec<_> = json.as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap()).collect();
        assert_eq!(got, names, "{query}");
        let count = clerk.get(&format!("/v1/users/count?{query}")).await.json();
        assert_eq!(count, json!({ "object": "total_count", "total_count": names.len() }), "{query}");
    }
}

#[tokio::test]
async fn oauth_access_tokens_are_paginated_on_request() {
    let clerk = Clerk::start().await;
    let id = clerk.user().await.id;
    for number in 0..12 {
        let token = OAuthAccessToken::new("oauth_google", OAuthToken::new(format!("token-{number}")));
        clerk.directory.add_oauth_access_token(&id, token).await.unwrap();
    }
    let path = format!("/v1/users/{id}/oauth_access_tokens/oauth_google");
    let tokens = |json: &serde_json::Value| -> Vec<String> {
        json.as_array().unwrap().iter().map(|token| token["token"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(tokens(&clerk.get(&path).await.json()).len(), 12);
    assert_eq!(tokens(&clerk.get(&format!("{path}?limit=2&offset=1")).await.json()), ["token-1", "token-2"]);
    let page = clerk.get(&format!("{path}?paginated=true")).await.json();
    assert_eq!((tokens(&page["data"]).len(), page["total_count"].as_u64()), (10, Some(12)));
    let page = clerk.get(&format!("{path}?paginated=true&limit=5&offset=10")).await.json();
    assert_eq!(
        (tokens(&page["data"]), page["total_count"].as_u64()),
        (vec!["token-10".into(), "token-11".into()], Some(12))
    );
    for query in ["paginated=true&limit=501", "paginated=true&limit=0", "limit=501"] {
        let response = clerk.get(&format!("{path}?{query}")).await;
        response.assert_error(422, "form_param_value_invalid", Some("limit"));
    }
    let token = &page["data"][0];
    assert_eq!(
        (token["object"].as_str(), token["external_account_id"].as_str()),
        (Some("oauth_access_token"), Some(""))
    );
}

#[tokio::test]
async fn list_finds_users_by_values_with_signs() {
    let clerk = Clerk::start().await;
    let new_user = NewUser::new().email_address("ada+Test@example.com").external_id("-100123456");
    let id = clerk.directory.create(&new_user).await.unwrap().id;
    clerk.directory.create(&NewUser::new().email_address("eve@example.com").external_id("7")).await.unwrap();
    let found = clerk.client().find_by_email_address("ada+test@example.com").await.unwrap();
    assert_eq!(found.map(|user| user.id).as_ref(), Some(&id));
    let found = clerk.client().find_by_external_id("-100123456").await.unwrap();
    assert_eq!(found.map(|user| user.id), Some(id));
    for (query, users) in [
        ("email_address=ada%2Btest@example.com", 1),
        // A plus sign that is not escaped is a space.
        ("email_address=ada+test@example.com", 0),
        ("external_id=%2B-100123456", 1),
        // The minus sign excludes the external id `100123456`, which no user has.
        ("external_id=-100123456", 2),
    ] {
        let response = clerk.get(&format!("/v1/users?{query}")).await;
        assert_eq!(response.json().as_array().unwrap().len(), users, "{query}");
    }
}

#[tokio::test]
async fn get_oauth_access_token_accepts_providers_without_prefix() {
    let clerk = Clerk::start().await;
    let id = clerk.user().await.id;
    let token = OAuthAccessToken::new("oauth_google", OAuthToken::new("ya29.made-up"));
    clerk.directory.add_oauth_access_token(&id, token).await.unwrap();
    for provider in ["google", "oauth_google"] {
        let tokens = clerk.get(&format!("/v1/users/{id}/oauth_access_tokens/{provider}")).await.json();
        assert_eq!((tokens.as_array().unwrap().len(), &tokens[0]["token"]), (1, &json!("ya29.made-up")), "{provider}");
    }
    let unknown = clerk.get(&format!("/v1/users/{id}/oauth_access_tokens/gogle")).await;
    unknown.assert_error(400, "oauth_unsupported_provider", None);
}

#[tokio::test]
async fn malformed_encoding_of_a_query_is_rejected() {
    let clerk = Clerk::start().await;
    clerk.user().await;
    for query in ["query=100%", "email_address=ada%40example.com&query=%zz", "%4"] {
        for path in ["/v1/users", "/v1/users/count"] {
            clerk.get(&format!("{path}?{query}")).await.assert_error(400, "malformed_request_parameters", None);
        }
    }
    let response = clerk.get("/v1/users?limit=5&query=M%FCller").await;
    response.assert_error(422, "form_param_value_invalid", Some("query"));
    assert!(response.text.contains("query contains invalid UTF-8 characters"), "{}", response.text);
}
