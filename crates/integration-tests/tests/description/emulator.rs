//! The emulator accepts and returns exactly what the API description defines.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use user_directory::model::{
    EmailAddress, EnterpriseAccount, EnterpriseConnection, ExternalAccount, Passkey, PhoneNumber, SamlAccount,
    ScimProvisioning, Verification, VerificationStatus, Web3Wallet,
};
use user_directory::{Operation, User};

use crate::described::{Field, Type, described};
use crate::gaps::Report;
use crate::samples;
use crate::world::{Response, World, body};

/// Intentional differences between responses and the description.
const INTENTIONAL_GAPS: &[&str] = &[
    // The text of an operation mentions it.
    "User.requires_password_resetis not in the description",
];

/// Returns the operations with a JSON body and their fields.
fn json_bodies() -> impl Iterator<Item = (Operation, &'static BTreeMap<String, Field>)> {
    Operation::ALL.iter().filter_map(|&operation| {
        let body = described(operation).body.as_ref()?;
        (body.content_type == "application/json").then_some((operation, &body.fields))
    })
}

/// Returns the code and the parameter name of each error.
fn codes_and_params(response: &Response) -> BTreeSet<(&str, &str)> {
    let errors = response.json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().map(|error| (str_of(&error["code"]), str_of(&error["meta"]["param_name"]))).collect()
}

fn str_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[track_caller]
fn assert_rejected(response: &Response, code: &str, param_name: &str, what: &str) {
    assert_eq!(response.status, 422, "{what}: {}", response.json);
    let errors = codes_and_params(response);
    // Consequential errors of the same parameter are allowed.
    assert!(errors.contains(&(code, param_name)), "{what}: {}", response.json);
    assert!(errors.iter().all(|(_, other)| *other == param_name), "{what}: {}", response.json);
    assert_eq!(Report::of("ClerkErrors", &response.json).gaps, BTreeSet::new(), "{what}");
}

/// Returns a user with one resource of each kind, each with only its required fields.
fn user_with_minimal_resources() -> User {
    let verification = || Some(Verification::new(VerificationStatus::Verified));
    let connection = || Some(EnterpriseConnection::new("entconn_1".parse().unwrap(), "Okta"));
    let mut user = User::new("user_1".parse().unwrap());
    let mut email = EmailAddress::new("ada@example.com");
    email.verification = verification();
    let mut phone = PhoneNumber::new("+15550100123");
    phone.verification = verification();
    let mut wallet = Web3Wallet::new("0xabc");
    wallet.verification = verification();
    let mut passkey = Passkey::new("Laptop");
    passkey.verification = verification();
    let mut external = ExternalAccount::new("eac_1".parse().unwrap(), "oauth_google");
    external.verification = verification();
    let mut saml = SamlAccount::new("samlacc_1".parse().unwrap(), "saml_okta");
    (saml.verification, saml.saml_connection) = (verification(), connection());
    let mut enterprise = EnterpriseAccount::new("eacc_1".parse().unwrap(), "saml_okta");
    (enterprise.verification, enterprise.enterprise_connection) = (verification(), connection());
    user.email_addresses = vec![email].into();
    user.phone_numbers = vec![phone].into();
    user.web3_wallets = vec![wallet].into();
    user.passkeys = vec![passkey].into();
    user.external_accounts = vec![external].into();
    user.saml_accounts = vec![saml].into();
    user.enterprise_accounts = vec![enterprise].into();
    user.scim = Some(ScimProvisioning::new("dir_1"));
    user
}

/// Returns the gaps in the responses of all operations for a user with all resources.
async fn gaps_of_operations() -> BTreeSet<String> {
    let mut report = Report::default();
    for &operation in Operation::ALL {
        let world = World::new().await;
        let user = world.user_with_resources().await;
        let takes_json = json_bodies().any(|(other, _)| other == operation);
        let body = takes_json.then(|| Value::from(body(operation, None, &user)));
        let response = world.send(operation, &user, body.as_ref()).await;
        assert_eq!(response.status, 200, "{operation}: {}", response.json);
        report.success(&described(operation).success, &response.json);
    }
    report.gaps
}

/// Returns the gaps in the response to `get` for a loaded user.
async fn gaps_of_loaded(user: User) -> BTreeSet<String> {
    let world = World::new().await;
    world.directory.load([user.clone()]).await.unwrap();
    let response = world.send(Operation::Get, &user, None).await;
    assert_eq!(response.status, 200, "{}", response.json);
    Report::of("User", &response.json).gaps
}

#[tokio::test]
async fn every_response_has_all_required_fields() {
    let mut gaps = gaps_of_operations().await;
    gaps.extend(gaps_of_loaded(user_with_minimal_resources()).await);
    for variant in 0..samples::VARIANTS {
        let user = serde_json::from_value(samples::full("User", variant)).unwrap();
        gaps.extend(gaps_of_loaded(user).await);
    }
    assert_eq!(gaps, INTENTIONAL_GAPS.iter().map(|&gap| gap.to_owned()).collect());
}

#[tokio::test]
async fn every_described_body_field_is_accepted() {
    let world = World::new().await;
    for (operation, fields) in json_bodies() {
        for (name, field) in fields {
            let user = world.user().await;
            let complete = body(operation, Some(name), &user).into();
            let response = world.send(operation, &user, Some(&complete)).await;
            assert_eq!(response.status, 200, "{operation} {name}: {}", response.json);

            let user = world.user().await;
            let mut body = body(operation, Some(name), &user);
            body.insert(name.clone(), Value::Null);
            let response = world.send(operation, &user, Some(&body.into())).await;
            // The service treats `null` as absent, even if the description does not allow it.
            if name == "password_hasher" || name == "password_digest" {
                // The body has both, and each requires the other.
                assert_rejected(&response, "form_conditional_param_missing", name, operation.as_str());
            } else if field.required {
                assert_rejected(&response, "form_param_nil", name, &format!("{operation} {name} is null"));
            } else {
                assert_eq!(response.status, 200, "{operation} {name} is null: {}", response.json);
            }
        }
    }
}

#[tokio::test]
async fn unknown_body_field_is_rejected_with_the_list_of_known_fields() {
    let world = World::new().await;
    for (operation, fields) in json_bodies() {
        let user = world.user().await;
        let mut body = body(operation, None, &user);
        body.insert("made_up".to_owned(), json!(1));
        let response = world.send(operation, &user, Some(&body.into())).await;
        assert_rejected(&response, "form_param_unknown", "made_up", operation.as_str());
        let message = str_of(&response.json["errors"][0]["long_message"]);
        let (_, accepted) = message.split_once("Allowed parameters: ").unwrap();
        let accepted: BTreeSet<&str> = accepted.trim_end_matches('.').split(", ").collect();
        let mut described: BTreeSet<&str> = fields.keys().map(String::as_str).collect();
        if matches!(operation, Operation::Create | Operation::Update) {
            // Known only from the types of the JavaScript SDK.
            described.insert("timezone");
        }
        if operation == Operation::Create {
            // Known only from the source of `clerk migrate`.
            described.insert("skip_restriction_checks");
        }
        assert_eq!(accepted, described, "{operation}");
    }
}

/// Returns invalid values of a field, each with its error code.
fn invalid_values(field: &Field) -> Vec<(Value, &'static str)> {
    let wrong_type = match field.kind {
        Type::Array => vec![json!("text"), json!({}), json!([7]), json!([null]), json!([["text"]])],
        Type::Boolean => vec![json!("true"), json!(1), json!([])],
        Type::Integer | Type::Number => vec![json!("1"), json!(true), json!({}), json!(1.5)],
        Type::Object => vec![json!("text"), json!(7), json!([])],
        Type::String => vec![json!(7), json!(false), json!({}), json!(["text"])],
    };
    // The error catalog has a separate entry for metadata.
    let code = if field.kind == Type::Object { "form_param_value_invalid" } else { "form_param_type_invalid" };
    let mut invalid: Vec<_> = wrong_type.into_iter().map(|value| (value, code)).collect();
    if !field.values.is_empty() {
        let another = if field.kind == Type::Array { json!(["another"]) } else { json!("another") };
        invalid.push((another, "form_param_value_invalid"));
    }
    invalid
}

#[tokio::test]
async fn invalid_body_value_is_rejected() {
    let world = World::new().await;
    for (operation, fields) in json_bodies() {
        for (name, field) in fields {
            for (value, code) in invalid_values(field) {
                let user = world.user().await;
                let mut body = body(operation, Some(name), &user);
                body.insert(name.clone(), value.clone());
                let response = world.send(operation, &user, Some(&body.into())).await;
                let code = if value == "another" && name == "action" { "invalid_credit_action" } else { code };
                assert_rejected(&response, code, name, &format!("{operation} {name} {value}"));
            }
        }
    }
}

#[tokio::test]
async fn only_required_body_fields_must_be_present() {
    let world = World::new().await;
    for (operation, fields) in json_bodies() {
        let user = world.user().await;
        let whole = body(operation, None, &user);
        for (name, _) in fields.iter().filter(|(_, field)| field.required) {
            let mut body = whole.clone();
            body.remove(name);
            let response = world.send(operation, &user, Some(&body.into())).await;
            assert_rejected(&response, "form_param_missing", name, operation.as_str());
        }
        if !described(operation).body.as_ref().unwrap().required && fields.values().all(|field| !field.required) {
            for body in [None, Some(json!({}))] {
                let response = world.send(operation, &user, body.as_ref()).await;
                assert_eq!(response.status, 200, "{operation}: {}", response.json);
            }
        }
    }
}

/// Returns the operations with query parameters and their parameters.
fn queries() -> impl Iterator<Item = (Operation, &'static BTreeMap<String, Field>)> {
    let all = Operation::ALL.iter().map(|&operation| (operation, &described(operation).query));
    all.filter(|(_, parameters)| !parameters.is_empty())
}

/// Returns a valid value of a parameter, and the parameters that it requires.
fn parameters<'a>(name: &'a str, field: &Field, user: &User) -> Vec<(&'a str, String)> {
    let value = match (name, field.kind) {
        ("user_id" | "starting_after", _) => user.id.to_string(),
        ("order_by", _) => "-created_at".to_owned(),
        ("provider", _) => "oauth_google".to_owned(),
        (_, Type::Integer) => "1".to_owned(),
        (_, Type::Boolean) => "true".to_owned(),
        _ => field.values.first().cloned().unwrap_or_else(|| "text".to_owned()),
    };
    let with = match name {
        "provider" => Some(("provider_user_id", "1".to_owned())),
        "provider_user_id" => Some(("provider", "oauth_google".to_owned())),
        _ => None,
    };
    with.into_iter().chain([(name, value)]).collect()
}

#[tokio::test]
async fn every_described_query_parameter_is_accepted_and_others_are_ignored() {
    let world = World::new().await;
    let user = world.user().await;
    for (operation, fields) in queries() {
        for (name, field) in fields {
            let (response, ignored) = world.send_query(operation, &user, &parameters(name, field, &user)).await;
            assert_eq!(response.status, 200, "{operation} {name}: {}", response.json);
            assert_eq!(ignored, json!([]), "{operation} {name}");
            if matches!(field.kind, Type::Integer | Type::Boolean) {
                let (response, _) = world.send_query(operation, &user, &[(name, "another".to_owned())]).await;
                assert_eq!(response.status, 422, "{operation} {name}: {}", response.json);
                assert!(
                    codes_and_params(&response).iter().all(|(_, param_name)| param_name == name),
                    "{operation} {name}"
                );
            }
        }
        let (response, ignored) = world.send_query(operation, &user, &[("made_up", "1".to_owned())]).await;
        assert_eq!((response.status, ignored), (200, json!(["made_up"])), "{operation}");
    }
}
