//! The models decode and encode every field of the API description, and no other field.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use user_directory::User;
use user_directory::billing::{CreditBalance, CreditLedgerEntry, Money, PlanPeriod, Subscription, SubscriptionItem};
use user_directory::model::{
    DeletedObject, DevicePlatform, EmailAddress, EnterpriseAccount, EnterpriseConnection, ExternalAccount,
    Organization, OrganizationInvitation, OrganizationMembership, Paginated, Passkey, PhoneNumber,
    PublicOrganizationData, PublicUserData, SamlAccount, ScimProvisioning, TrustedDevice, Verification, Web3Wallet,
};

use crate::described::OPERATIONS;
use crate::gaps::Report;
use crate::samples::{self, VARIANTS};

/// Responses that the port returns as a type without `Serialize`.
const WITHOUT_MODEL: &[&str] = &[
    "DeleteBackupCodeResponse",
    "DeleteTOTPResponse",
    "DisableMFAResponse",
    "OAuthAccessToken", // accepts secrets
    "TotalCount",
    "VerifyPasswordResponse",
    "VerifyTOTPResponse",
];

/// Secrets, which are decoded but never encoded.
const NEVER_WRITTEN: &[&str] = &["User.phone_numbers.backup_codes", "PhoneNumber.backup_codes"];

/// Values of `object` that the description does not define.
const OURS: &[&str] = &[
    "CommerceCreditBalanceResponse.object becomes \"commerce_credit_balance\"",
    "CommerceCreditLedgerResponse.object becomes \"commerce_credit_ledger\"",
];

/// Encoded fields that the description does not have, and the reason.
const NOT_DESCRIBED: &[(&str, &str)] = &[
    ("User.requires_password_reset", "the text of an operation mentions it"),
    ("User.timezone", "Clerk's SDK for JavaScript has it"),
];

/// Required fields that the constructors do not set. The caller must set them before a strict client decodes the value.
/// The test fails if the list misses a gap or has one that no longer exists.
const KNOWN_GAPS: &[&str] = &[
    "CommerceSubscription.created_at is null",
    "CommerceSubscription.instance_idis missing",
    "CommerceSubscription.payer_id is null",
    "CommerceSubscription.updated_at is null",
    "CommerceSubscriptionItem.instance_idis missing",
    "CommerceSubscriptionItem.payer_id is null",
    "CommerceSubscriptionItem.period_start is null",
    "EmailAddress.created_at is null",
    "EmailAddress.updated_at is null",
    "EnterpriseAccountConnection.created_at is null",
    "EnterpriseAccountConnection.domain and domainsare missing",
    "EnterpriseAccountConnection.logo_public_urlis missing",
    "EnterpriseAccountConnection.protocolis missing",
    "EnterpriseAccountConnection.updated_at is null",
    "ExternalAccountWithVerification.created_at is null",
    "ExternalAccountWithVerification.identification_idis missing",
    "ExternalAccountWithVerification.updated_at is null",
    "Organization.created_at is null",
    "Organization.max_allowed_memberships is null",
    "Organization.updated_at is null",
    "OrganizationInvitationPublicUserData.identifieris missing",
    "OrganizationInvitationPublicUserData.image_urlis missing",
    "OrganizationInvitationWithPublicOrganizationData.created_at is null",
    "OrganizationInvitationWithPublicOrganizationData.updated_at is null",
    "OrganizationMembership.created_at is null",
    "OrganizationMembership.updated_at is null",
    "OrganizationMembershipPublicUserData.image_urlis missing",
    "OrganizationMembershipPublicUserData.profile_image_urlis missing",
    "Passkey.last_used_at is null",
    "PhoneNumber.created_at is null",
    "PhoneNumber.updated_at is null",
    "SAMLAccountConnection.created_at is null",
    "SAMLAccountConnection.domain and domainsare missing",
    "SAMLAccountConnection.updated_at is null",
    "TrustedDevice.created_at is null",
    "TrustedDevice.updated_at is null",
    "User.created_at is null",
    "User.updated_at is null",
    "Web3Wallet.created_at is null",
    "Web3Wallet.updated_at is null",
];

/// Returns a value of each model with only the parameters of its constructor.
fn minimal() -> BTreeMap<&'static str, Value> {
    fn value(model: impl Serialize) -> Value {
        serde_json::to_value(model).unwrap()
    }
    let organization = || Organization::new("org_1".parse().unwrap(), "Analysts");
    BTreeMap::from([
        ("CommerceMoneyResponse", value(Money::new(1, "USD"))),
        ("CommerceSubscription", value(Subscription::new("csub_1".parse().unwrap()))),
        ("CommerceSubscriptionItem", value(SubscriptionItem::new("csub_item_1".parse().unwrap(), PlanPeriod::Month))),
        ("EmailAddress", value(EmailAddress::new("ada@example.com"))),
        ("EnterpriseAccount", value(EnterpriseAccount::new("eacc_1".parse().unwrap(), "saml_okta"))),
        ("EnterpriseAccountConnection", value(EnterpriseConnection::new("entconn_1".parse().unwrap(), "Okta"))),
        ("ExternalAccountWithVerification", value(ExternalAccount::new("eac_1".parse().unwrap(), "oauth_google"))),
        ("Organization", value(organization())),
        (
            "OrganizationInvitationPublicOrganizationData",
            value(PublicOrganizationData::new("org_1".parse().unwrap(), "Analysts")),
        ),
        ("OrganizationInvitationPublicUserData", value(PublicUserData::new("user_1".parse().unwrap()))),
        (
            "OrganizationInvitationWithPublicOrganizationData",
            value(OrganizationInvitation::new("orginv_1".parse().unwrap(), "ada@example.com", "org:admin")),
        ),
        (
            "OrganizationMembership",
            value(OrganizationMembership::new("orgmem_1".parse().unwrap(), organization(), "org:admin")),
        ),
        ("OrganizationMembershipPublicUserData", value(PublicUserData::new("user_1".parse().unwrap()))),
        ("Passkey", value(Passkey::new("Laptop"))),
        ("PhoneNumber", value(PhoneNumber::new("+15550100123"))),
        ("SAMLAccount", value(SamlAccount::new("samlacc_1".parse().unwrap(), "saml_okta"))),
        ("SAMLAccountConnection", value(EnterpriseConnection::new("samlc_1".parse().unwrap(), "Okta"))),
        ("SCIMUserMetadata", value(ScimProvisioning::new("dir_1"))),
        ("TrustedDevice", value(TrustedDevice::new("tdv_1".parse().unwrap(), DevicePlatform::Ios, "com.example.app"))),
        ("User", value(User::new("user_1".parse().unwrap()))),
        ("Web3Wallet", value(Web3Wallet::new("0xabc"))),
        ("verification_admin", value(Verification::by_admin())),
    ])
}

/// Decodes a value and returns it encoded again, and its `Debug` output.
type Rewrite = fn(&Value) -> (Value, String);

fn rewrite<T: DeserializeOwned + Serialize + Debug>(value: &Value) -> (Value, String) {
    let model: T = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"));
    (serde_json::to_value(&model).unwrap(), format!("{model:?}"))
}

/// Returns the models of responses by schema. They contain all other models.
fn response_models() -> BTreeMap<&'static str, Rewrite> {
    BTreeMap::from([
        ("CommerceCreditBalanceResponse", rewrite::<CreditBalance> as Rewrite),
        ("CommerceCreditLedgerResponse", rewrite::<CreditLedgerEntry>),
        ("CommerceSubscription", rewrite::<Subscription>),
        ("DeletedObject", rewrite::<DeletedObject>),
        ("EmailAddress", rewrite::<EmailAddress>),
        ("ListUserTrustedDevicesResponse", rewrite::<Paginated<TrustedDevice>>),
        ("OrganizationInvitationsWithPublicOrganizationData", rewrite::<Paginated<OrganizationInvitation>>),
        ("OrganizationMemberships", rewrite::<Paginated<OrganizationMembership>>),
        ("PhoneNumber", rewrite::<PhoneNumber>),
        ("TrustedDevice", rewrite::<TrustedDevice>),
        ("User", rewrite::<User>),
    ])
}

fn differences(path: &str, read: &Value, written: &Value, found: &mut BTreeSet<String>) {
    match (read, written) {
        (Value::Object(read), Value::Object(written)) => {
            for (key, read) in read {
                let path = format!("{path}.{key}");
                match written.get(key) {
                    Some(written) => differences(&path, read, written, found),
                    None => _ = found.insert(format!("{path} is lost")),
                }
            }
            for key in written.keys().filter(|key| !read.contains_key(*key)) {
                found.insert(format!("{path}.{key} is made up"));
            }
        }
        (Value::Array(read), Value::Array(written)) if read.len() == written.len() => {
            read.iter().zip(written).for_each(|(read, written)| differences(path, read, written, found));
        }
        _ if read == written => {}
        _ => _ = found.insert(format!("{path} becomes {written}")),
    }
}

#[test]
fn every_response_has_a_model_unless_listed() {
    let theirs: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.success.schema.as_str()).collect();
    let models = response_models();
    let ours: BTreeSet<&str> = models.keys().chain(WITHOUT_MODEL).copied().collect();
    assert_eq!(ours, theirs);
}

#[test]
fn models_round_trip_every_described_field() {
    let mut found = BTreeSet::new();
    for (schema, rewrite) in response_models() {
        for variant in 0..VARIANTS {
            let value = samples::full(schema, variant);
            assert_eq!(Report::of(schema, &value).gaps, BTreeSet::new(), "invalid sample");
            let (written, printed) = rewrite(&value);
            differences(schema, &value, &written, &mut found);
            // Unknown enum values are kept, but each described value should have a variant.
            for other in printed.split("Other(").skip(1) {
                assert!(other.starts_with("\"text\""), "{schema}: an enum value without a variant: {}", &other[..32]);
            }
        }
    }
    let lost = NEVER_WRITTEN.iter().map(|path| format!("{path} is lost"));
    assert_eq!(found, lost.chain(OURS.iter().map(|&path| path.to_owned())).collect());
}

#[test]
fn models_of_minimal_responses_encode_every_required_field() {
    for (schema, rewrite) in response_models() {
        for variant in 0..VARIANTS {
            let value = samples::minimal(schema, variant);
            assert_eq!(Report::of(schema, &value).gaps, BTreeSet::new(), "invalid sample");
            assert_eq!(Report::of(schema, &rewrite(&value).0).gaps, BTreeSet::new(), "{value}");
        }
    }
}

#[test]
fn constructors_leave_only_the_known_gaps() {
    let mut report = Report::default();
    for (schema, value) in minimal() {
        report.object(schema, &value);
    }
    assert_eq!(report.gaps, KNOWN_GAPS.iter().map(|&gap| gap.to_owned()).collect());
}

#[test]
fn encoded_fields_outside_the_description_are_known() {
    let mut user = User::new("user_1".parse().unwrap());
    user.requires_password_reset = Some(true);
    user.timezone = Some("Europe/London".into());
    let written = serde_json::to_value(user).unwrap();
    let gaps = Report::of("User", &written).gaps;
    let not_described: Vec<_> = gaps.iter().filter_map(|gap| gap.strip_suffix("is not in the description")).collect();
    assert_eq!(not_described, NOT_DESCRIBED.iter().map(|(field, _)| *field).collect::<Vec<_>>());
}
