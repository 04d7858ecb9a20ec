//! The `long_message` of each error that a setting causes names the setting.

use std::collections::BTreeSet;

use user_directory::store_directory::InstanceSettings;

use crate::rejected::{Rejected, request};

/// The settings that cause no error, because they only affect successful operations.
const WITHOUT_ERRORS: [&str; 4] =
    ["bcrypt_cost", "instance_id", "lockout_duration_in_seconds", "max_verification_attempts"];

const WALLET: &str = r#"{"web3_wallet": ["0x27b1fdb04752bbc536007a920d24acb045561c26"]}"#;
const PASSWORD: &str = r#"{"password": "another horse battery"}"#;
const DIGEST: &str = r#"{"password_digest": "x", "password_hasher": "bcrypt"}"#;
const CREDIT: &str = r#"{"amount": 1, "action": "increase", "idempotency_key": "a"}"#;
const EMAIL: &str = r#"{"email_address": "new@example.com"}"#;
const PHONE: &str = r#"{"phone_number": "+15550100009"}"#;

/// A setting and its value, the request, and the code and status of the error.
type Row = (&'static str, &'static str, Rejected, (u16, &'static str));

fn features() -> Vec<Row> {
    const BANS: (u16, &str) = (402, "unsupported_subscription_plan_features");
    const DISABLED: (u16, &str) = (403, "feature_not_enabled");
    const BILLING: (u16, &str) = (403, "billing_not_enabled");
    const ORGANIZATIONS: (u16, &str) = (403, "organization_not_enabled_in_instance");
    let ids = || r#"{"user_ids": ["user_ada"]}"#;
    vec![
        ("bans", "false", request("POST", "/user_ada/ban", ""), BANS),
        ("bans", "false", request("POST", "/user_ada/unban", ""), BANS),
        ("bans", "false", request("POST", "/ban", ids()), BANS),
        ("bans", "false", request("POST", "/unban", ids()), BANS),
        ("bans", "false", request("POST", "", r#"{"banned": true}"#), BANS),
        ("lockout", "false", request("POST", "/user_ada/lock", ""), DISABLED),
        ("lockout", "false", request("POST", "/user_ada/unlock", ""), DISABLED),
        ("lockout", "false", request("POST", "", r#"{"locked": true}"#), DISABLED),
        ("billing", "false", request("GET", "/user_ada/billing/subscription", ""), BILLING),
        ("billing", "false", request("GET", "/user_ada/billing/credits", ""), BILLING),
        ("billing", "false", request("POST", "/user_ada/billing/credits", CREDIT), BILLING),
        ("organizations", "false", request("GET", "/user_ada/organization_memberships", ""), ORGANIZATIONS),
        ("organizations", "false", request("GET", "/user_ada/organization_invitations", ""), ORGANIZATIONS),
        ("trusted_devices", "false", request("GET", "/user_ada/trusted_devices", ""), DISABLED),
        ("trusted_devices", "false", request("DELETE", "/user_ada/trusted_devices/tdv_1", ""), DISABLED),
        (
            "oauth_providers",
            "[]",
            request("GET", "/user_ada/oauth_access_tokens/google", ""),
            (404, "oauth_token_provider_not_enabled"),
        ),
        ("max_users", "5", request("POST", "", r#"{"username": "alan_turing"}"#), (403, "user_quota_exceeded")),
    ]
}

fn disabled_attributes() -> Vec<Row> {
    const UNKNOWN: (u16, &str) = (422, "form_param_unknown");
    const DISABLED: (u16, &str) = (403, "password_disabled");
    let off = r#""off""#;
    vec![
        ("email_address", off, request("POST", "", r#"{"email_address": ["new@example.com"]}"#), UNKNOWN),
        ("email_address", off, request("PUT", "/user_ada/email_address", EMAIL), UNKNOWN),
        ("phone_number", off, request("POST", "", r#"{"phone_number": ["+15550100009"]}"#), UNKNOWN),
        ("phone_number", off, request("PUT", "/user_ada/phone_number", PHONE), UNKNOWN),
        ("username", off, request("POST", "", r#"{"username": "alan_turing"}"#), UNKNOWN),
        ("username", off, request("PATCH", "/user_ada", r#"{"username": "alan_turing"}"#), UNKNOWN),
        ("web3_wallet", off, request("POST", "", WALLET), UNKNOWN),
        ("first_name", off, request("POST", "", r#"{"first_name": "Alan"}"#), UNKNOWN),
        ("first_name", off, request("PATCH", "/user_ada", r#"{"first_name": "Ada"}"#), UNKNOWN),
        ("last_name", off, request("POST", "", r#"{"last_name": "Turing"}"#), UNKNOWN),
        ("last_name", off, request("PATCH", "/user_ada", r#"{"last_name": "Lovelace"}"#), UNKNOWN),
        ("password", off, request("POST", "", PASSWORD), UNKNOWN),
        ("password", off, request("POST", "", DIGEST), UNKNOWN),
        ("password", off, request("PATCH", "/user_ada", PASSWORD), UNKNOWN),
        ("password", off, request("PATCH", "/user_ada", DIGEST), UNKNOWN),
        ("password", off, request("POST", "/user_ada/password/set_compromised", ""), DISABLED),
        ("password", off, request("POST", "/user_ada/password/unset_compromised", ""), DISABLED),
    ]
}

fn required_attributes() -> Vec<Row> {
    const MISSING: (u16, &str) = (422, "form_data_missing");
    let required = r#""required""#;
    let create = || request("POST", "", "{}");
    vec![
        ("email_address", required, create(), MISSING),
        ("phone_number", required, create(), MISSING),
        ("username", required, create(), MISSING),
        ("username", required, request("PATCH", "/user_ada", r#"{"username": null}"#), MISSING),
        ("web3_wallet", required, create(), MISSING),
        (
            "web3_wallet",
            required,
            request("DELETE", "/user_ada/web3_wallets/idn_wallet", ""),
            (400, "last_required_identification_deletion_failed"),
        ),
        ("password", required, create(), MISSING),
        ("first_name", required, create(), MISSING),
        ("first_name", required, request("PATCH", "/user_ada", r#"{"first_name": ""}"#), MISSING),
        ("last_name", required, create(), MISSING),
        ("last_name", required, request("PATCH", "/user_ada", r#"{"last_name": null}"#), MISSING),
    ]
}

fn managed_attributes() -> Vec<Row> {
    const MANAGED: (u16, &str) = (409, "user_managed_by_scim");
    let row = |attribute, request| ("directory_managed", attribute, request, MANAGED);
    let update = |body: &'static str| request("PATCH", "/user_scim", body);
    vec![
        row(r#"["username"]"#, update(r#"{"username": "edsger_wybe"}"#)),
        row(r#"["first_name"]"#, update(r#"{"first_name": "Wybe"}"#)),
        row(r#"["last_name"]"#, update(r#"{"last_name": "Dijkstra"}"#)),
        row(r#"["password"]"#, update(PASSWORD)),
        row(r#"["password"]"#, request("POST", "/user_scim/remove_password", "")),
        row(r#"["email_address"]"#, update(r#"{"primary_email_address_id": "idn_edsger"}"#)),
        row(r#"["email_address"]"#, request("PUT", "/user_scim/email_address", EMAIL)),
        row(r#"["phone_number"]"#, update(r#"{"primary_phone_number_id": "idn_phone"}"#)),
        row(r#"["phone_number"]"#, request("PUT", "/user_scim/phone_number", PHONE)),
        row(r#"["web3_wallet"]"#, update(r#"{"primary_web3_wallet_id": "idn_scim"}"#)),
        row(r#"["web3_wallet"]"#, request("DELETE", "/user_scim/web3_wallets/idn_scim", "")),
    ]
}

fn formats() -> Vec<Row> {
    let username = |name: &str| request("POST", "", format!(r#"{{"username": "{name}"}}"#));
    let password =
        || request("PATCH", "/user_ada", r#"{"password": "\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0"}"#);
    let digest = || request("POST", "", r#"{"password_digest": "x", "password_hasher": "new_hasher"}"#);
    vec![
        ("min_username_length", "6", username("alan"), (422, "form_username_invalid_length")),
        ("max_username_length", "6", username("alan_turing"), (422, "form_username_invalid_length")),
        ("extended_username_characters", "false", username("alan.turing"), (422, "form_username_invalid_character")),
        ("min_password_length", "12", password(), (422, "form_password_length_too_short")),
        ("require_uppercase", "true", password(), (422, "form_password_no_uppercase")),
        ("require_lowercase", "true", password(), (422, "form_password_no_lowercase")),
        ("require_number", "true", password(), (422, "form_password_no_number")),
        ("require_special_character", "true", password(), (422, "form_password_no_special_char")),
        (
            "leaked_passwords",
            r#"["another horse battery"]"#,
            request("PATCH", "/user_ada", PASSWORD),
            (422, "form_password_pwned"),
        ),
        ("unknown_password_hashers", "false", digest(), (422, "form_param_value_invalid")),
    ]
}

fn rows() -> Vec<Row> {
    [features(), disabled_attributes(), required_attributes(), managed_attributes(), formats()]
        .into_iter()
        .flatten()
        .collect()
}

#[tokio::test]
async fn errors_that_a_setting_causes_name_the_setting() {
    for (setting, value, request, (status, code)) in rows() {
        let settings = format!("{{\"{setting}\": {value}}}");
        let request = request.with_settings(settings.clone());
        let what = format!("{settings} {} {}", request.method, request.path);
        let response = request.send().await;
        assert_eq!(response.status, status, "{what}: {}", response.text);
        let errors = response.json()["errors"].take();
        let error = errors.as_array().unwrap().iter().find(|error| error["code"] == code);
        let error = error.unwrap_or_else(|| panic!("{what}: {}", response.text));
        let long_message = error["long_message"].as_str().unwrap();
        assert!(long_message.contains(&format!("`{setting}`")), "{what}: {long_message}");
        assert!(!error["message"].as_str().unwrap().contains("setting"), "{what}: {}", error["message"]);
    }
}

#[test]
fn every_setting_that_causes_errors_has_a_row() {
    let settings = serde_json::to_value(InstanceSettings::new()).unwrap();
    let settings: BTreeSet<_> = settings.as_object().unwrap().keys().cloned().collect();
    let rows = rows().into_iter().map(|(setting, ..)| setting);
    let covered: BTreeSet<_> = rows.chain(WITHOUT_ERRORS).map(str::to_owned).collect();
    assert_eq!(covered, settings);
}
