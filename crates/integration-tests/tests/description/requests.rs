//! `ClerkUserDirectory` sends every parameter and field of the API description, and no other.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use user_directory::billing::CreditAdjustment;
use user_directory::model::{
    BackupCode, EmailAddressReplacement, IdentifierStatus, InvitationQuery, InvitationStatus, PasswordDigest,
    PasswordHasher, PhoneNumberReplacement, TotpSecret,
};
use user_directory::{
    ClerkUserDirectory, Metadata, MetadataReplacement, MetadataUpdate, NewUser, Operation, OrderBy, Page, Password,
    Sessions, UserDirectory, UserFilter, UserQuery, UserUpdate,
};
use wiremock::Request;

use crate::described::{Field, Type, described};
use integration_tests::{Clerk, call, fixture, user};

fn page() -> Page {
    Page::new().limit(5).offset(0)
}

fn filter() -> UserFilter {
    let at = Timestamp::from_second(1_700_000_000).unwrap();
    UserFilter::new()
        .email_address("ada@example.com")
        .phone_number("+15550100123")
        .external_ids(["shop-1"])
        .username("ada")
        .web3_wallet("0xabc")
        .user_id(user())
        .organization_id("org_1".parse::<user_directory::model::OrganizationId>().unwrap())
        .query("ada")
        .email_address_query("ada")
        .phone_number_query("555")
        .username_query("ada")
        .name_query("ada")
        .banned(false)
        .last_active_at_before(at)
        .last_active_at_after(at)
        .last_active_at_since(at)
        .created_at_before(at)
        .created_at_after(at)
        .last_sign_in_at_before(at)
        .last_sign_in_at_after(at)
        .provider_users("oauth_google".parse::<user_directory::model::OAuthProvider>().unwrap(), ["10"])
}

fn digest() -> PasswordDigest {
    PasswordDigest::new(PasswordHasher::Bcrypt, "$2a$04$abc")
}

fn metadata() -> Metadata {
    Metadata::new(&json!({ "a": 1 })).unwrap()
}

fn new_user() -> NewUser {
    NewUser::new()
        .external_id("shop-1")
        .first_name("Ada")
        .last_name("Lovelace")
        .locale("en-US")
        .reserved_email_address("ada@example.com")
        .reserved_phone_number("+15550100123")
        .web3_wallet("0xabc")
        .username("ada")
        .password(Password::new("correct horse"))
        .skip_password_checks(false)
        .skip_password_requirement(false)
        .totp_secret(TotpSecret::new("JBSWY3DP"))
        .backup_codes([BackupCode::new("one")])
        .public_metadata(metadata())
        .private_metadata(metadata())
        .unsafe_metadata(metadata())
        .delete_self_enabled(false)
        .legal_accepted_at(Timestamp::UNIX_EPOCH)
        .skip_legal_checks(false)
        .skip_user_requirement(false)
        .create_organization_enabled(false)
        .create_organizations_limit(0)
        .created_at(Timestamp::UNIX_EPOCH)
        .bypass_client_trust(false)
        .banned(false)
        .locked(false)
}

fn update() -> UserUpdate {
    UserUpdate::new()
        .external_id("shop-1")
        .first_name("Ada")
        .last_name("Lovelace")
        .locale("en-US")
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
        .backup_codes([BackupCode::new("one")])
        .delete_self_enabled(false)
        .create_organization_enabled(false)
        .legal_accepted_at(Timestamp::UNIX_EPOCH)
        .skip_legal_checks(false)
        .create_organizations_limit(0_u32)
        .created_at(Timestamp::UNIX_EPOCH)
        .bypass_client_trust(false)
}

fn clearing() -> UserUpdate {
    UserUpdate::new()
        .clear_external_id()
        .clear_first_name()
        .clear_last_name()
        .clear_locale()
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
        .clear_bypass_client_trust()
}

/// Calls an operation, several times if parameters exclude each other, so that every parameter is sent.
async fn call_with_all_parameters(operation: Operation, clerk: &ClerkUserDirectory) {
    let id = &user();
    match operation {
        Operation::List => {
            let query = UserQuery::from(filter()).limit(5).offset(0).starting_after(user());
            clerk.list(&query.order_by(OrderBy::default())).await.map(drop).unwrap();
        }
        Operation::Count => clerk.count(&filter()).await.map(drop).unwrap(),
        Operation::Create => {
            clerk.create(&new_user()).await.unwrap();
            clerk.create(&NewUser::new().password(digest())).await.unwrap();
        }
        Operation::Update => {
            clerk.update(id, &update()).await.unwrap();
            clerk.update(id, &UserUpdate::new().password(digest())).await.unwrap();
            clerk.update(id, &clearing()).await.unwrap();
        }
        Operation::UpdateMetadata => {
            let update = MetadataUpdate::new().public(metadata()).private(metadata()).r#unsafe(metadata());
            clerk.update_metadata(id, &update).await.unwrap();
        }
        Operation::ReplaceMetadata => {
            let new = MetadataReplacement::new().public(metadata()).private(metadata()).r#unsafe(metadata());
            clerk.replace_metadata(id, &new).await.unwrap();
        }
        Operation::GetOAuthAccessToken => {
            clerk.get_oauth_access_token(id, &"oauth_google".parse().unwrap(), &page()).await.unwrap();
        }
        Operation::GetOrganizationMemberships => {
            clerk.get_organization_memberships(id, &page()).await.unwrap();
        }
        Operation::GetOrganizationInvitations => {
            let query = InvitationQuery::new().page(page()).status(InvitationStatus::Pending);
            clerk.get_organization_invitations(id, &query).await.unwrap();
        }
        Operation::ReplaceEmailAddress => {
            for status in [IdentifierStatus::Verified, IdentifierStatus::Reserved, IdentifierStatus::Unverified] {
                let new = EmailAddressReplacement::new("ada@example.com").identification_status(status);
                clerk.replace_email_address(id, &new.notify_primary_email_address_changed(true)).await.unwrap();
            }
        }
        Operation::ReplacePhoneNumber => {
            for status in [IdentifierStatus::Verified, IdentifierStatus::Reserved, IdentifierStatus::Unverified] {
                let new = PhoneNumberReplacement::new("+15550100123").identification_status(status);
                clerk.replace_phone_number(id, &new).await.unwrap();
            }
        }
        Operation::AdjustBillingCreditBalance => {
            for adjustment in [CreditAdjustment::increase(1, "key"), CreditAdjustment::decrease(1, "key")] {
                let adjustment = adjustment.currency("USD").note("refund");
                clerk.adjust_billing_credit_balance(id, &adjustment).await.unwrap();
            }
        }
        other => call(other, clerk).await.unwrap(),
    }
}

/// Returns the requests of an operation with all parameters set.
async fn requests_with_all_parameters(operation: Operation) -> Vec<Request> {
    let clerk = Clerk::with_json(200, fixture(&format!("responses/{operation}.json"))).await;
    call_with_all_parameters(operation, &clerk.directory).await;
    clerk.requests().await
}

/// Converts a query parameter to JSON.
fn read(text: &str, kind: Type) -> Value {
    let read = match kind {
        Type::Boolean => text.parse().ok().map(Value::Bool),
        Type::Integer => text.parse::<i64>().ok().map(Value::from),
        _ => Some(Value::from(text)),
    };
    read.unwrap_or(Value::Null)
}

/// Returns the fields of a request body.
fn body(request: &Request) -> Map<String, Value> {
    let content_type = request.headers["content-type"].to_str().unwrap();
    if content_type.starts_with("multipart/form-data") {
        let body = String::from_utf8_lossy(&request.body);
        let names = body.split("; name=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        return names.map(|name| (name, Value::from("…"))).collect();
    }
    request.body_json().unwrap()
}

#[track_caller]
fn assert_all_sent(operation: Operation, fields: &BTreeMap<String, Field>, sent: &[String]) {
    let missing: Vec<_> = fields.keys().filter(|name| !sent.contains(name)).collect();
    assert!(missing.is_empty(), "{operation} never sends {missing:?}");
}

#[tokio::test]
async fn every_described_query_parameter_is_sent_and_no_other() {
    for &operation in Operation::ALL {
        let fields = &described(operation).query;
        let mut sent = Vec::new();
        for request in requests_with_all_parameters(operation).await {
            for (name, value) in request.url.query_pairs() {
                let field = fields.get(&*name).unwrap_or_else(|| panic!("{operation} sends {name}"));
                let value = match field.items {
                    Some(items) => json!([read(&value, items)]),
                    None => read(&value, field.kind),
                };
                assert!(field.accepts(&value), "{operation} sends {name}={value}");
                sent.push(name.into_owned());
            }
        }
        assert_all_sent(operation, fields, &sent);
    }
}

#[tokio::test]
async fn every_described_body_field_is_sent_and_no_other() {
    for &operation in Operation::ALL {
        let Some(described) = &described(operation).body else {
            for request in requests_with_all_parameters(operation).await {
                assert_eq!(request.body, b"", "{operation}");
            }
            continue;
        };
        let mut sent = Vec::new();
        for request in requests_with_all_parameters(operation).await {
            let content_type = request.headers["content-type"].to_str().unwrap();
            assert_eq!(content_type.split(';').next(), Some(described.content_type.as_str()), "{operation}");
            for (name, value) in body(&request) {
                let field = described.fields.get(&name).unwrap_or_else(|| panic!("{operation} sends {name}"));
                assert!(field.accepts(&value), "{operation} sends {name}: {value}");
                sent.push(name);
            }
        }
        assert_all_sent(operation, &described.fields, &sent);
    }
}

#[tokio::test]
async fn required_fields_are_always_sent() {
    for &operation in Operation::ALL {
        let clerk = Clerk::with_json(200, fixture(&format!("responses/{operation}.json"))).await;
        call(operation, &clerk.directory).await.unwrap();
        let request = clerk.requests().await.remove(0);
        let described = described(operation);
        let sent: Vec<String> = request.url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        assert!(described.query.iter().all(|(name, field)| !field.required || sent.contains(name)), "{operation}");
        let Some(described) = &described.body else { continue };
        let sent = body(&request);
        for (name, field) in &described.fields {
            assert!(!field.required || sent.contains_key(name), "{operation} does not send {name}");
        }
    }
}
