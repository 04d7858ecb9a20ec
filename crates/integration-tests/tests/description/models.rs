//! What the models hold and write: everything that is described, and nothing else.

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

/// Answers that the port gives as something else than a model, so that there is no `Serialize`.
const WITHOUT_MODEL: &[&str] = &[
    "DeleteBackupCodeAnswer",
    "DeleteTOTPAnswer",
    "DisableMFAAnswer",
    "OAuthAccessToken", // holds secrets
    "TotalCount",
    "VerifyPasswordAnswer",
    "VerifyTOTPAnswer",
];

/// What is read and never written: secrets.
const NEVER_WRITTEN: &[&str] = &["User.phone_numbers.backup_codes", "PhoneNumber.backup_codes"];

/// Kinds of objects that the description leaves open.
const OURS: &[&str] = &[
    "CommerceCreditBalanceResponse.object becomes \"commerce_credit_balance\"",
    "CommerceCreditLedgerResponse.object becomes \"commerce_credit_ledger\"",
];

/// Fields that the description does not have, and that are written once they are known: why.
const NOT_DESCRIBED: &[(&str, &str)] = &[("User.requires_password_reset", "the text of an operation names it")];

/// What a value lacks that was made with nothing but what its constructor asks for, so that it has to be said before a
/// strict reader is answered with it. A gap that is none any more fails the test, and so does a new one.
const KNOWN_GAPS: &[&str] = &[
    "CommerceSubscription.created_at is null",
    "CommerceSubscription.instance_id is left out",
    "CommerceSubscription.payer_id is null",
    "CommerceSubscription.updated_at is null",
    "CommerceSubscriptionItem.instance_id is left out",
    "CommerceSubscriptionItem.payer_id is null",
    "CommerceSubscriptionItem.period_start is null",
    "EmailAddress.created_at is null",
    "EmailAddress.updated_at is null",
    "EnterpriseAccountConnection.created_at is null",
    "EnterpriseAccountConnection.domain and domains are left out",
    "EnterpriseAccountConnection.logo_public_url is left out",
    "EnterpriseAccountConnection.protocol is left out",
    "EnterpriseAccountConnection.updated_at is null",
    "ExternalAccountWithVerification.created_at is null",
    "ExternalAccountWithVerification.identification_id is left out",
    "ExternalAccountWithVerification.updated_at is null",
    "Organization.created_at is null",
    "Organization.max_allowed_memberships is null",
    "Organization.updated_at is null",
    "OrganizationInvitationPublicUserData.identifier is left out",
    "OrganizationInvitationPublicUserData.image_url is left out",
    "OrganizationInvitationWithPublicOrganizationData.created_at is null",
    "OrganizationInvitationWithPublicOrganizationData.updated_at is null",
    "OrganizationMembership.created_at is null",
    "OrganizationMembership.updated_at is null",
    "OrganizationMembershipPublicUserData.image_url is left out",
    "OrganizationMembershipPublicUserData.profile_image_url is left out",
    "Passkey.last_used_at is null",
    "PhoneNumber.created_at is null",
    "PhoneNumber.updated_at is null",
    "SAMLAccountConnection.created_at is null",
    "SAMLAccountConnection.domain and domains are left out",
    "SAMLAccountConnection.updated_at is null",
    "TrustedDevice.created_at is null",
    "TrustedDevice.updated_at is null",
    "User.created_at is null",
    "User.updated_at is null",
    "Web3Wallet.created_at is null",
    "Web3Wallet.updated_at is null",
];

/// A value of each model with nothing said that need not be said.
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

/// A value, decoded, written again and printed.
type Rewrite = fn(&Value) -> (Value, String);

fn rewrite<T: DeserializeOwned + Serialize + Debug>(value: &Value) -> (Value, String) {
    let model: T = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"));
    (serde_json::to_value(&model).unwrap(), format!("{model:?}"))
}

/// The models of answers, by their schemas. Everything else is in them.
fn answers() -> BTreeMap<&'static str, Rewrite> {
    BTreeMap::from([
        ("CommerceCreditBalanceResponse", rewrite::<CreditBalance> as Rewrite),
        ("CommerceCreditLedgerResponse", rewrite::<CreditLedgerEntry>),
        ("CommerceSubscription", rewrite::<Subscription>),
        ("DeletedObject", rewrite::<DeletedObject>),
        ("EmailAddress", rewrite::<EmailAddress>),
        ("ListUserTrustedDevicesAnswer", rewrite::<Paginated<TrustedDevice>>),
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
fn every_answer_has_a_model_or_is_said_to_have_none() {
    let theirs: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.success.schema.as_str()).collect();
    let answers = answers();
    let ours: BTreeSet<&str> = answers.keys().chain(WITHOUT_MODEL).copied().collect();
    assert_eq!(ours, theirs);
}

#[test]
fn everything_that_is_described_is_held_and_written_again() {
    let mut found = BTreeSet::new();
    for (schema, rewrite) in answers() {
        for variant in 0..VARIANTS {
            let value = samples::full(schema, variant);
            assert_eq!(Report::of(schema, &value).gaps, BTreeSet::new(), "the sample itself");
            let (written, printed) = rewrite(&value);
            differences(schema, &value, &written, &mut found);
            // A value of an enum that has no name here is kept, but it should have one.
            for other in printed.split("Other(").skip(1) {
                assert!(other.starts_with("\"text\""), "{schema}: a value without a name: {}", &other[..32]);
            }
        }
    }
    let lost = NEVER_WRITTEN.iter().map(|path| format!("{path} is lost"));
    assert_eq!(found, lost.chain(OURS.iter().map(|&path| path.to_owned())).collect());
}

#[test]
fn what_is_required_only_is_written_so_that_a_strict_reader_takes_it() {
    for (schema, rewrite) in answers() {
        for variant in 0..VARIANTS {
            let value = samples::minimal(schema, variant);
            assert_eq!(Report::of(schema, &value).gaps, BTreeSet::new(), "the sample itself");
            assert_eq!(Report::of(schema, &rewrite(&value).0).gaps, BTreeSet::new(), "{value}");
        }
    }
}

#[test]
fn what_constructors_leave_open_is_known() {
    let mut report = Report::default();
    for (schema, value) in minimal() {
        report.object(schema, &value);
    }
    assert_eq!(report.gaps, KNOWN_GAPS.iter().map(|&gap| gap.to_owned()).collect());
}

#[test]
fn what_is_not_described_is_known() {
    let mut user = User::new("user_1".parse().unwrap());
    user.requires_password_reset = Some(true);
    let written = serde_json::to_value(user).unwrap();
    let gaps = Report::of("User", &written).gaps;
    let not_described: Vec<_> = gaps.iter().filter_map(|gap| gap.strip_suffix(" is not described")).collect();
    assert_eq!(not_described, NOT_DESCRIBED.iter().map(|(field, _)| *field).collect::<Vec<_>>());
}
