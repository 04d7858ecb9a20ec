//! What the emulator takes and answers: what the description says, and nothing else.

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
use crate::world::{Answer, World, body};

/// Where answers differ from the description on purpose.
const ON_PURPOSE: &[&str] = &[
    // The text of an operation names it.
    "User.requires_password_reset is not described",
];

/// The operations that take JSON, with their fields.
fn forms() -> impl Iterator<Item = (Operation, &'static BTreeMap<String, Field>)> {
    Operation::ALL.iter().filter_map(|&operation| {
        let body = described(operation).body.as_ref()?;
        (body.content_type == "application/json").then_some((operation, &body.fields))
    })
}

/// The code and the parameter of each error.
fn said(answer: &Answer) -> BTreeSet<(&str, &str)> {
    let errors = answer.json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().map(|error| (str_of(&error["code"]), str_of(&error["meta"]["param_name"]))).collect()
}

fn str_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[track_caller]
fn assert_refused(answer: &Answer, code: &str, param_name: &str, what: &str) {
    assert_eq!(answer.status, 422, "{what}: {}", answer.json);
    let said = said(answer);
    // What follows from it may be said too.
    assert!(said.contains(&(code, param_name)), "{what}: {}", answer.json);
    assert!(said.iter().all(|(_, other)| *other == param_name), "{what}: {}", answer.json);
    assert_eq!(Report::of("ClerkErrors", &answer.json).gaps, BTreeSet::new(), "{what}");
}

/// A user with everything, about which nothing is known that need not be.
fn barely_known() -> User {
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
    user.email_addresses = vec![email];
    user.phone_numbers = vec![phone];
    user.web3_wallets = vec![wallet];
    user.passkeys = vec![passkey];
    user.external_accounts = vec![external];
    user.saml_accounts = vec![saml];
    user.enterprise_accounts = vec![enterprise];
    user.scim = Some(ScimProvisioning::new("dir_1"));
    user
}

/// What is wrong with the answer of every operation, of a user with belongings of whom nothing more is known.
async fn gaps_of_operations() -> BTreeSet<String> {
    let mut report = Report::default();
    for &operation in Operation::ALL {
        let world = World::new().await;
        let user = world.user_with_belongings().await;
        let takes_json = forms().any(|(other, _)| other == operation);
        let body = takes_json.then(|| Value::from(body(operation, None, &user)));
        let answer = world.send(operation, &user, body.as_ref()).await;
        assert_eq!(answer.status, 200, "{operation}: {}", answer.json);
        report.success(&described(operation).success, &answer.json);
    }
    report.gaps
}

/// What is wrong with the answer about a user who was loaded.
async fn gaps_of_loaded(user: User) -> BTreeSet<String> {
    let world = World::new().await;
    world.directory.load([user.clone()]).unwrap();
    let answer = world.send(Operation::Get, &user, None).await;
    assert_eq!(answer.status, 200, "{}", answer.json);
    Report::of("User", &answer.json).gaps
}

#[tokio::test]
async fn every_answer_is_whole_however_little_is_known() {
    let mut gaps = gaps_of_operations().await;
    gaps.extend(gaps_of_loaded(barely_known()).await);
    for variant in 0..samples::VARIANTS {
        let user = serde_json::from_value(samples::full("User", variant)).unwrap();
        gaps.extend(gaps_of_loaded(user).await);
    }
    assert_eq!(gaps, ON_PURPOSE.iter().map(|&gap| gap.to_owned()).collect());
}

#[tokio::test]
async fn every_field_that_is_described_is_taken() {
    let world = World::new().await;
    for (operation, fields) in forms() {
        for (name, field) in fields {
            let user = world.user().await;
            let taken = body(operation, Some(name), &user).into();
            let answer = world.send(operation, &user, Some(&taken)).await;
            assert_eq!(answer.status, 200, "{operation} {name}: {}", answer.json);

            let user = world.user().await;
            let mut body = body(operation, Some(name), &user);
            body.insert(name.clone(), Value::Null);
            let answer = world.send(operation, &user, Some(&body.into())).await;
            if field.nullable {
                assert_eq!(answer.status, 200, "{operation} {name} is null: {}", answer.json);
            } else {
                assert_refused(&answer, "form_param_nil", name, &format!("{operation} {name} is null"));
            }
        }
    }
}

#[tokio::test]
async fn no_other_field_is_taken_and_the_refusal_names_those_that_are() {
    let world = World::new().await;
    for (operation, fields) in forms() {
        let user = world.user().await;
        let mut body = body(operation, None, &user);
        body.insert("made_up".to_owned(), json!(1));
        let answer = world.send(operation, &user, Some(&body.into())).await;
        assert_refused(&answer, "form_param_unknown", "made_up", operation.as_str());
        let message = str_of(&answer.json["errors"][0]["long_message"]);
        let (_, taken) = message.split_once("It takes: ").unwrap();
        let taken: BTreeSet<&str> = taken.trim_end_matches('.').split(", ").collect();
        assert_eq!(taken, fields.keys().map(String::as_str).collect(), "{operation}");
    }
}

/// Values that a field of this type does not take.
fn of_another_type(field: &Field) -> Vec<Value> {
    let mut wrong = match field.kind {
        Type::Array => vec![json!("text"), json!({}), json!([7]), json!([null]), json!([["text"]])],
        Type::Boolean => vec![json!("true"), json!(1), json!([])],
        Type::Integer | Type::Number => vec![json!("1"), json!(true), json!({}), json!(1.5)],
        Type::Object => vec![json!("text"), json!(7), json!([])],
        Type::String => vec![json!(7), json!(false), json!({}), json!(["text"])],
    };
    if !field.values.is_empty() {
        wrong.push(if field.kind == Type::Array { json!(["another"]) } else { json!("another") });
    }
    wrong
}

#[tokio::test]
async fn a_value_of_another_type_is_refused() {
    let world = World::new().await;
    for (operation, fields) in forms() {
        for (name, field) in fields {
            for value in of_another_type(field) {
                let user = world.user().await;
                let mut body = body(operation, Some(name), &user);
                body.insert(name.clone(), value.clone());
                let answer = world.send(operation, &user, Some(&body.into())).await;
                assert_refused(&answer, "form_param_value_invalid", name, &format!("{operation} {name} {value}"));
            }
        }
    }
}

#[tokio::test]
async fn what_is_required_must_be_there_and_nothing_else() {
    let world = World::new().await;
    for (operation, fields) in forms() {
        let user = world.user().await;
        let whole = body(operation, None, &user);
        for (name, _) in fields.iter().filter(|(_, field)| field.required) {
            let mut body = whole.clone();
            body.remove(name);
            let answer = world.send(operation, &user, Some(&body.into())).await;
            assert_refused(&answer, "form_param_missing", name, operation.as_str());
        }
        if !described(operation).body.as_ref().unwrap().required && fields.values().all(|field| !field.required) {
            for body in [None, Some(json!({}))] {
                let answer = world.send(operation, &user, body.as_ref()).await;
                assert_eq!(answer.status, 200, "{operation}: {}", answer.json);
            }
        }
    }
}

/// Operations with a query string, and its parameters.
fn queries() -> impl Iterator<Item = (Operation, &'static BTreeMap<String, Field>)> {
    let all = Operation::ALL.iter().map(|&operation| (operation, &described(operation).query));
    all.filter(|(_, parameters)| !parameters.is_empty())
}

/// A value that a parameter takes, and what has to come with it.
fn parameters<'a>(name: &'a str, field: &Field, user: &User) -> Vec<(&'a str, String)> {
    let value = match (name, field.kind) {
        ("user_id" | "starting_after", _) => user.id.to_string(),
        ("order_by", _) => "-created_at".to_owned(),
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
async fn every_query_parameter_that_is_described_is_taken_and_no_other() {
    let world = World::new().await;
    let user = world.user().await;
    for (operation, fields) in queries() {
        for (name, field) in fields {
            let (answer, ignored) = world.ask(operation, &user, &parameters(name, field, &user)).await;
            assert_eq!(answer.status, 200, "{operation} {name}: {}", answer.json);
            assert_eq!(ignored, json!([]), "{operation} {name}");
            if matches!(field.kind, Type::Integer | Type::Boolean) {
                let (answer, _) = world.ask(operation, &user, &[(name, "another".to_owned())]).await;
                assert_eq!(answer.status, 422, "{operation} {name}: {}", answer.json);
                assert!(said(&answer).iter().all(|(_, param_name)| param_name == name), "{operation} {name}");
            }
        }
        let (answer, ignored) = world.ask(operation, &user, &[("made_up", "1".to_owned())]).await;
        assert_eq!((answer.status, ignored), (200, json!(["made_up"])), "{operation}");
    }
}
