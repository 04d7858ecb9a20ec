//! The requests of `clerk migrate`, which Clerk documents, but which the tested version of its command-line program lacks.
//!
//! The program sends no API version. It names the instance, reads its settings, and looks up existing users in batches.
//! Then it creates each user with one verified email address and phone number, and adds further ones with separate
//! requests, whose errors it records. `clerk migrate undo` looks the users up by id and deletes them.

use serde_json::{Value, json};
use user_directory::UserDirectoryExt;
use user_directory::model::EmailAddress;

use crate::support::Clerk;

const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuOqYRIqRs12k1wOugwHhZf/vUS/IBW0b2";

/// The bodies that create users. All of them have `skip_restriction_checks`, which the API's description lacks.
fn bodies() -> [Value; 4] {
    [
        json!({
            "external_id": "-ada", "skip_restriction_checks": true, "email_address": ["ada@example.com"],
            "phone_number": ["+15550100001"], "first_name": "Ada", "last_name": "Lovelace", "username": "ada_lovelace",
            "totp_secret": "JBSWY3DPEHPK3PXP", "backup_codes": ["one", "two"], "public_metadata": { "plan": "pro" },
            "private_metadata": { "crm": 7 }, "unsafe_metadata": { "theme": "dark" },
            "created_at": "2020-05-02T00:00:00.000Z", "legal_accepted_at": "2020-05-01T00:00:00.000Z",
            "skip_password_checks": true, "banned": false, "bypass_client_trust": true, "delete_self_enabled": true,
            "create_organization_enabled": false, "create_organizations_limit": 2, "password_digest": BCRYPT,
            "password_hasher": "bcrypt",
        }),
        json!({
            "external_id": "grace", "skip_restriction_checks": true, "email_address": ["grace@example.com"],
            "skip_legal_checks": true, "skip_password_requirement": true,
        }),
        // `--reserve-unverified`.
        json!({
            "external_id": "mary", "skip_restriction_checks": true,
            "email_address": ["mary@example.com", "m@example.com"],
            "email_address_identification_status": ["verified", "reserved"], "skip_password_requirement": true,
        }),
        json!({
            "external_id": "edsger", "skip_restriction_checks": true, "username": "edsger_d",
            "skip_password_requirement": true,
        }),
    ]
}

#[tokio::test]
async fn requests_of_clerk_migrate_work() {
    let clerk = Clerk::start().await;
    // The program continues without the name and the settings of the instance.
    for path in ["/v1/instance", "/v1/domains"] {
        assert_eq!(clerk.get(path).await.status, 404, "{path}");
    }
    assert_eq!(clerk.get("/v1/users/count").await.json()["total_count"], 0);
    let lookups = [
        "external_id=%2B-ada&external_id=%2Bgrace",
        "email_address=ada%40example.com&email_address=grace%40example.com",
        "phone_number=%2B15550100001",
        "username=ada_lovelace&username=edsger_d",
    ];
    for lookup in lookups {
        assert_eq!(clerk.get(&format!("/v1/users?limit=100&{lookup}")).await.json(), json!([]), "{lookup}");
    }

    for body in bodies() {
        let response = clerk.post("/v1/users", &body.to_string()).await;
        assert_eq!(
            (response.status, &response.json()["external_id"]),
            (200, &body["external_id"]),
            "{}",
            response.text
        );
    }
    let ada = clerk.directory.find_by_external_id("-ada").await.unwrap().unwrap();
    assert!(ada.password_enabled && ada.totp_enabled && ada.backup_code_enabled && ada.delete_self_enabled);
    let mary = clerk.directory.find_by_external_id("mary").await.unwrap().unwrap();
    assert_eq!(mary.email_addresses.iter().map(EmailAddress::is_verified).collect::<Vec<_>>(), [true, false]);
    // These are not users operations. The program records the error and counts the user as imported.
    let email = json!({ "user_id": ada.id, "email_address": "a@example.com", "primary": false, "verified": true });
    assert_eq!(clerk.post("/v1/email_addresses", &email.to_string()).await.status, 404);
    let phone = json!({ "user_id": ada.id, "phone_number": "+15550100009", "primary": false, "verified": false });
    assert_eq!(clerk.post("/v1/phone_numbers", &phone.to_string()).await.status, 404);

    // The program identifies a rejected phone number by the name of the parameter, and creates the user without it.
    let body = json!({ "external_id": "alan", "email_address": ["alan@example.com"], "phone_number": ["0123"] });
    let rejected = clerk.post("/v1/users", &body.to_string()).await;
    rejected.assert_error(422, "form_param_format_invalid", Some("phone_number"));
    for lookup in lookups {
        let users = clerk.get(&format!("/v1/users?limit=100&{lookup}")).await.json();
        assert!(users.as_array().unwrap().iter().any(|user| user["external_id"] == "-ada"), "{lookup}");
    }

    let page = clerk.get("/v1/users?limit=500&offset=0&order_by=%2Bcreated_at").await.json();
    let ids: Vec<_> = page.as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect();
    let query: Vec<_> = ids.iter().map(|id| format!("user_id={id}")).collect();
    let found = clerk.get(&format!("/v1/users?limit=100&{}", query.join("&"))).await.json();
    assert_eq!(found.as_array().unwrap().len(), 4);
    for id in ids {
        assert_eq!(clerk.call("DELETE", &format!("/v1/users/{id}")).send().await.status, 200);
    }
    assert!(clerk.directory.is_empty());
}
