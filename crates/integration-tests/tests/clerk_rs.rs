//! Tests of the emulator with the crate `clerk-rs`.

use std::collections::HashMap;
use std::fmt::Debug;

use clerk_emulator::Emulator;
use clerk_rs::apis::configuration::Configuration;
use clerk_rs::apis::{Error, users_api};
use clerk_rs::models::{
    CreateUserRequest, UpdateUserMetadataRequest, UpdateUserRequest, VerifyPasswordRequest, VerifyTotpRequest,
};
use serde_json::{Value, json};
use user_directory::InMemoryUserDirectory;
use user_directory::model::TotpSecret;
use user_directory::store_directory::totp_code;
use user_directory::time::{Clock, SystemClock};

const PASSWORD: &str = "correct horse battery";
const TOTP_SECRET: &str = "JBSWY3DPEHPK3PXP";

fn object(value: Value) -> HashMap<String, Value> {
    serde_json::from_value(value).unwrap()
}

/// Returns the status and the code of the error.
fn rejection<T: Debug, E: Debug>(result: Result<T, Error<E>>) -> (u16, String) {
    let Err(Error::ResponseError(response)) = result else { panic!("expected an error response, got {result:?}") };
    let body: Value = serde_json::from_str(&response.content).unwrap();
    (response.status.as_u16(), body["errors"][0]["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn clerk_rs_works() {
    // `clerk-rs` without default features installs no crypto provider, but creates its client with TLS.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let emulator = Emulator::builder().store(&InMemoryUserDirectory::permissive()).start().await.unwrap();
    let clerk = Configuration::new("sk_test_clerk_rs").with_base_path(emulator.api_url());

    let new_user = CreateUserRequest {
        email_address: Some(vec!["ada@rust.example.com".to_owned()]),
        username: Some(Some("ada_rust".to_owned())),
        first_name: Some(Some("Ada".to_owned())),
        password: Some(Some(PASSWORD.to_owned())),
        totp_secret: Some(Some(TOTP_SECRET.to_owned())),
        backup_codes: Some(vec!["backup-one".to_owned()]),
        public_metadata: Some(object(json!({ "plan": "pro", "limits": { "seats": 3 } }))),
        ..CreateUserRequest::default()
    };
    let ada = users_api::create_user(&clerk, new_user.clone()).await.unwrap();
    assert_eq!((ada.first_name.as_deref(), ada.username.as_deref()), (Some("Ada"), Some("ada_rust")));
    assert_eq!((ada.password_enabled, ada.totp_enabled, ada.backup_code_enabled), (true, true, true));
    let taken = users_api::create_user(&clerk, new_user).await;
    assert_eq!(rejection(taken), (422, "form_identifier_exists".to_owned()));
    let grace = CreateUserRequest {
        email_address: Some(vec!["grace@rust.example.com".to_owned()]),
        skip_password_requirement: Some(Some(true)),
        ..CreateUserRequest::default()
    };
    let grace = users_api::create_user(&clerk, grace).await.unwrap();

    assert_eq!(users_api::get_user(&clerk, &ada.id).await.unwrap(), ada);
    assert_eq!(rejection(users_api::get_user(&clerk, "user_unknown").await), (404, "resource_not_found".to_owned()));
    assert_eq!(list(&clerk, None).await, [grace.id.clone(), ada.id.clone()]);
    assert_eq!(list(&clerk, Some("ADA@rust")).await, std::slice::from_ref(&ada.id));

    let update = UpdateUserRequest { first_name: Some(Some("Augusta".to_owned())), ..UpdateUserRequest::default() };
    let updated = users_api::update_user(&clerk, &ada.id, update).await.unwrap();
    assert_eq!((updated.first_name.as_deref(), updated.username), (Some("Augusta"), ada.username.clone()));
    let update = UpdateUserMetadataRequest {
        public_metadata: Some(object(json!({ "limits": { "seats": null, "guests": 1 } }))),
        ..UpdateUserMetadataRequest::default()
    };
    let merged = users_api::update_user_metadata(&clerk, &ada.id, Some(update)).await.unwrap();
    assert_eq!(merged.public_metadata, object(json!({ "plan": "pro", "limits": { "guests": 1 } })));

    let verify = async |password: &str| {
        users_api::verify_password(&clerk, &ada.id, Some(VerifyPasswordRequest::new(password.to_owned()))).await
    };
    assert_eq!(verify(PASSWORD).await.unwrap().verified, Some(true));
    assert_eq!(rejection(verify("wrong horse").await), (422, "incorrect_password".to_owned()));
    let code = totp_code(&TotpSecret::new(TOTP_SECRET), SystemClock.now()).unwrap();
    for code in [code.expose_secret(), "backup-one"] {
        let request = VerifyTotpRequest::new(code.to_owned());
        let verification = users_api::verify_totp(&clerk, &ada.id, Some(request)).await.unwrap();
        assert_eq!(verification.verified, Some(true), "{code}");
    }

    assert!(users_api::ban_user(&clerk, &ada.id).await.unwrap().banned);
    assert!(!users_api::unban_user(&clerk, &ada.id).await.unwrap().banned);
    assert!(users_api::lock_user(&clerk, &ada.id).await.unwrap().locked);
    assert!(!users_api::unlock_user(&clerk, &ada.id).await.unwrap().locked);

    for id in [&ada.id, &grace.id] {
        let deleted = users_api::delete_user(&clerk, id).await.unwrap();
        assert_eq!((deleted.id.as_deref(), deleted.deleted), (Some(id.as_str()), true));
    }
    assert_eq!(list(&clerk, None).await, [""; 0]);
    emulator.stop().await.unwrap();
}

/// `clerk-rs` sends `null` for a missing body.
#[tokio::test]
async fn operations_accept_a_missing_body_of_clerk_rs() {
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let emulator = Emulator::builder().store(&InMemoryUserDirectory::permissive()).start().await.unwrap();
    let clerk = Configuration::new("sk_test_clerk_rs").with_base_path(emulator.api_url());
    let new_user = CreateUserRequest {
        username: Some(Some("ada_rust".to_owned())),
        password: Some(Some(PASSWORD.to_owned())),
        totp_secret: Some(Some(TOTP_SECRET.to_owned())),
        public_metadata: Some(object(json!({ "plan": "pro" }))),
        ..CreateUserRequest::default()
    };
    let ada = users_api::create_user(&clerk, new_user).await.unwrap();

    let marked = users_api::set_user_password_compromised(&clerk, &ada.id, None).await.unwrap();
    assert_eq!(marked.id, ada.id);
    let removed = users_api::remove_user_password(&clerk, &ada.id, None).await.unwrap();
    assert!(!removed.password_enabled);
    for changed in [
        users_api::update_user_metadata(&clerk, &ada.id, None).await.unwrap(),
        users_api::replace_user_metadata(&clerk, &ada.id, None).await.unwrap(),
    ] {
        assert_eq!(changed.public_metadata, ada.public_metadata);
    }
    let missing = (422, "form_param_missing".to_owned());
    assert_eq!(rejection(users_api::verify_password(&clerk, &ada.id, None).await), missing);
    assert_eq!(rejection(users_api::verify_totp(&clerk, &ada.id, None).await), missing);
    emulator.stop().await.unwrap();
}

/// Returns the ids of the users that match `query`.
async fn list(clerk: &Configuration, query: Option<&str>) -> Vec<String> {
    let users = users_api::get_user_list(
        clerk, None, None, None, None, None, None, None, query, None, None, None, None, None, None, None, None, None,
        None, None, None, None, None, None, None, None, None,
    );
    users.await.unwrap().into_iter().map(|user| user.id).collect()
}
