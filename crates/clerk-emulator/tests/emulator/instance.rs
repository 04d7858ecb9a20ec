//! Instance settings in the control API.

use serde_json::json;
use user_directory::store_directory::InstanceSettings;
use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};

use crate::support::Clerk;

const PATH: &str = "/__emulator/instance";
const ADA: &str = r#"{"username": "ada_lovelace"}"#;

#[tokio::test]
async fn emulator_behaves_like_a_new_instance_by_default() {
    let clerk = Clerk::with(|builder| builder.store(&InMemoryUserDirectory::new())).await;
    let response = clerk.post("/v1/users", ADA).await;
    assert_eq!(response.status, 422);
    let json = response.json();
    let errors = json["errors"].as_array().unwrap();
    assert_eq!(
        (&errors[0]["code"], &errors[0]["meta"]["param_name"]),
        (&json!("form_param_unknown"), &json!("username"))
    );
    assert!(errors[0]["long_message"].as_str().unwrap().contains("`username` is `off`"), "{json}");
    assert_eq!(errors[1]["code"], "form_data_missing");
    assert_eq!(errors[1]["meta"]["param_names"], json!(["email_address", "password"]));
    let body = r#"{"email_address": ["ada@example.com"], "password": "correct horse"}"#;
    assert_eq!(clerk.post("/v1/users", body).await.status, 200);
}

#[tokio::test]
async fn settings_can_be_changed_replaced_and_reset() {
    let clerk = Clerk::start().await;
    let initial = clerk.get(PATH).await.json();
    assert_eq!(initial, serde_json::to_value(InstanceSettings::permissive().bcrypt_cost(4)).unwrap());
    assert_eq!(clerk.post("/v1/users", ADA).await.status, 200);

    let changed = clerk.call("PATCH", PATH).json(r#"{"username": "off"}"#).send().await;
    assert_eq!((changed.status, &changed.json()["username"]), (200, &json!("off")), "{}", changed.text);
    assert_eq!(changed.json()["billing"], true);
    assert_eq!(clerk.post("/v1/users", ADA).await.status, 422);

    let replaced = clerk.call("PUT", PATH).json(r#"{"max_users": 1}"#).send().await;
    assert_eq!((&replaced.json()["billing"], &replaced.json()["max_users"]), (&json!(false), &json!(1)));
    let ada = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    let error = clerk.client().create(&ada).await.unwrap_err();
    assert_eq!(error.details()[0].code(), "user_quota_exceeded");

    clerk.call("POST", "/__emulator/reset").json("").send().await;
    assert_eq!(clerk.get(PATH).await.json(), initial);

    clerk.call("PATCH", PATH).json(r#"{"bcrypt_cost": 5}"#).send().await;
    let replaced = clerk.call("PUT", PATH).json("{}").send().await;
    assert_eq!(replaced.json()["bcrypt_cost"], 4, "the cost of a test double is kept");
}

#[tokio::test]
async fn invalid_settings_are_rejected_by_name() {
    let clerk = Clerk::start().await;
    let initial = clerk.get(PATH).await.json();
    for (body, name) in [
        (r#"{"usernames": "off"}"#, "usernames"),
        (r#"{"username": "sometimes"}"#, "`username` must be `off`, `optional` or `required`"),
        (r#"{"max_users": -1}"#, "`max_users` must be an integer from 0 to"),
        (r#"{"leaked_passwords": "x"}"#, "`leaked_passwords` must be a list of strings"),
        ("[]", "not a JSON object"),
        ("bans=true", "not a JSON object"),
        ("", "the text is empty"),
    ] {
        let response = clerk.call("PATCH", PATH).json(body).send().await;
        assert!(response.status == 400 && response.text.contains(name), "{body}: {}", response.text);
    }
    assert_eq!(clerk.get(PATH).await.json(), initial);
    let response = clerk.call("PATCH", PATH).json("\u{feff}{\"max_users\": 1}").send().await;
    assert_eq!((response.status, &response.json()["max_users"]), (200, &json!(1)), "{}", response.text);
}
