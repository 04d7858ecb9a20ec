//! Every fixture decodes into its type and encodes to the same JSON.
//!
//! Intended differences are listed in [`NULL_IS_OMITTED`], [`EMPTY_IS_OMITTED`] and [`SECRET`]. Any other difference
//! fails.

use std::fmt::Debug;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use user_directory::billing::{CreditBalance, CreditLedgerEntry, Subscription};
use user_directory::model::{
    DeletedObject, EmailAddress, EnterpriseProtocol, ExternalAccountKind, OAuthAccessToken, OrganizationInvitation,
    OrganizationMembership, Paginated, PhoneNumber, TrustedDevice, Verification, VerificationStatus,
    VerificationStrategy,
};
use user_directory::{Metadata, User};

/// Fields that are optional and nullable in the API, so `null` and a missing field are equivalent.
const NULL_IS_OMITTED: &[&str] = &[
    "backup_codes",
    "create_organizations_limit",
    "credits",
    "discounts",
    "error",
    "external_verification_redirect_url",
    "message",
    "name", // of a trusted device
    "next_payment",
    "nonce",
    "organization_id",
    "organization_name",
    "role_set_key",
    "scim",
    "totals",
    "verified_at_client",
    "wallet_type",
];

/// Optional lists. An empty list and a missing one are equivalent.
const EMPTY_IS_OMITTED: &[&str] = &["organization_memberships", "unit_prices"];

/// The field that is never encoded, because it contains secrets.
const SECRET: &str = "backup_codes";

fn files(folder: &str) -> Vec<(String, String)> {
    let folder = integration_tests::root("tests/fixtures").join(folder);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap()))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn lenient(name: &str) -> User {
    let (_, json) = files("lenient").into_iter().find(|(file, _)| file == name).unwrap();
    serde_json::from_str(&json).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn differences(path: &str, read: &Value, written: &Value, found: &mut Vec<String>) {
    match (read, written) {
        (Value::Object(read), Value::Object(written)) => {
            for (key, read) in read {
                match written.get(key) {
                    Some(_) if key == SECRET => found.push(format!("{path}.{key} is written")),
                    Some(written) => differences(&format!("{path}.{key}"), read, written, found),
                    None if key == SECRET => {}
                    None if read.is_null() && NULL_IS_OMITTED.contains(&key.as_str()) => {}
                    None if read == &Value::Array(Vec::new()) && EMPTY_IS_OMITTED.contains(&key.as_str()) => {}
                    None => found.push(format!("{path}.{key} is {read} and not written")),
                }
            }
            for key in written.keys().filter(|key| !read.contains_key(*key)) {
                found.push(format!("{path}.{key} is not there and written"));
            }
        }
        (Value::Array(read), Value::Array(written)) if read.len() == written.len() => {
            for (index, (read, written)) in read.iter().zip(written).enumerate() {
                differences(&format!("{path}[{index}]"), read, written, found);
            }
        }
        _ if read == written => {}
        _ => found.push(format!("{path} is {read} and written {written}")),
    }
}

/// Decodes `json` as a `T` and checks that it encodes to the same JSON.
fn assert_same_json<T: DeserializeOwned + Serialize>(name: &str, json: &str) {
    let decoded: T = serde_json::from_str(json).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut found = Vec::new();
    differences(name, &serde_json::from_str(json).unwrap(), &serde_json::to_value(&decoded).unwrap(), &mut found);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Decodes from every kind of input, because each uses another path of a hand-written `Deserialize`.
fn assert_same_from_everywhere<T: DeserializeOwned + PartialEq + Debug>(name: &str, json: &str) {
    let decoded: T = serde_json::from_str(json).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(serde_json::from_slice::<T>(json.as_bytes()).unwrap(), decoded, "{name} from a slice");
    assert_eq!(serde_json::from_reader::<_, T>(json.as_bytes()).unwrap(), decoded, "{name} from a reader");
    // A `Value` rounds numbers that it cannot represent.
    if name != "big_numbers_in_metadata" {
        let value: Value = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::from_value::<T>(value).unwrap(), decoded, "{name} from a value");
    }
}

#[test]
fn responses_decode_and_encode_to_the_same_json() {
    for (name, json) in files("responses") {
        match name.as_str() {
            "adjust_billing_credit_balance" => assert_same_json::<CreditLedgerEntry>(&name, &json),
            "get_billing_credit_balance" | "get_billing_credit_balance_null" => {
                assert_same_json::<CreditBalance>(&name, &json);
            }
            "get_billing_subscription" => assert_same_json::<Subscription>(&name, &json),
            "bulk_ban" | "bulk_unban" | "list" => assert_same_json::<Vec<User>>(&name, &json),
            "delete" | "delete_external_account" | "delete_passkey" | "delete_web3_wallet" => {
                assert_same_json::<DeletedObject>(&name, &json);
            }
            "get_organization_memberships" => assert_same_json::<Paginated<OrganizationMembership>>(&name, &json),
            "get_organization_invitations" => assert_same_json::<Paginated<OrganizationInvitation>>(&name, &json),
            "list_trusted_devices" => assert_same_json::<Paginated<TrustedDevice>>(&name, &json),
            "revoke_trusted_device" => assert_same_json::<TrustedDevice>(&name, &json),
            "replace_email_address" => assert_same_json::<EmailAddress>(&name, &json),
            "replace_phone_number" => assert_same_json::<PhoneNumber>(&name, &json),
            // Secrets do not implement `Serialize`; see the test of the tokens. Responses that the port returns as a
            // number, a boolean or an id are decoded by the HTTP adapter.
            "get_oauth_access_token"
            | "get_oauth_access_token_paginated"
            | "count"
            | "delete_backup_codes"
            | "delete_totp"
            | "disable_mfa"
            | "verify_password"
            | "verify_totp"
            | "verify_totp_backup_code" => {}
            // A new fixture of another type must be listed above.
            _ => assert_same_json::<User>(&name, &json),
        }
    }
}

#[test]
fn users_of_examples_decode_and_encode_to_the_same_json() {
    assert_same_json::<Vec<User>>("users", include_str!("../../../../examples/users.json"));
    assert_same_from_everywhere::<Vec<User>>("users", include_str!("../../../../examples/users.json"));
}

#[test]
fn oauth_access_tokens_decode_from_list_and_page() {
    let list: Vec<OAuthAccessToken> =
        serde_json::from_str(include_str!("../../../../tests/fixtures/responses/get_oauth_access_token.json")).unwrap();
    assert!(!list.is_empty());
    assert!(list.iter().all(|token| token.token.expose_secret().starts_with("fictional-")));

    let page: Paginated<OAuthAccessToken> = serde_json::from_str(include_str!(
        "../../../../tests/fixtures/responses/get_oauth_access_token_paginated.json"
    ))
    .unwrap();
    assert_eq!((page.data.len(), page.total_count), (2, 5));
    assert_eq!(page.data[0].token.expose_secret(), "fictional-google-access-token-2");
    assert_eq!(page.data[0].scopes, ["email"]);
    assert_eq!(page.data[1].token_secret.as_ref().unwrap().expose_secret(), "fictional-oauth1-token-secret");
    assert_eq!(page.data[1].public_metadata.get::<bool>("legacy").unwrap(), Some(true));
}

#[test]
fn lenient_users_decode_from_every_input_and_round_trip() {
    for (name, json) in files("lenient") {
        assert_same_from_everywhere::<User>(&name, &json);
        let user: User = serde_json::from_str(&json).unwrap();
        let written = serde_json::to_string(&user).unwrap();
        assert_eq!(serde_json::from_str::<User>(&written).unwrap(), user, "{name}");
    }
}

#[test]
fn user_requires_only_an_id() {
    assert_eq!(lenient("minimal"), User::new("user_123".parse().unwrap()));
    let all_null = lenient("nulls_for_required");
    assert_eq!(all_null, User::new(all_null.id.clone()));
}

#[test]
fn user_decodes_missing_fields_as_defaults() {
    let user = lenient("required_fields_left_out");
    assert_eq!(user.first_name.as_deref(), Some("Len"));
    assert_eq!((user.external_id, user.locale, user.image_url), (None, None, None));
    assert!(!user.has_image && !user.totp_enabled && !user.backup_code_enabled && !user.bypass_client_trust);
    assert!(user.unsafe_metadata.is_empty());
    assert!(user.passkeys.is_empty() && user.saml_accounts.is_empty());
    assert_eq!(user.email_addresses.len(), 1);
    assert_eq!((user.last_active_at, user.deprovisioned), (None, None));
}

#[test]
fn user_decodes_null_in_nested_objects_as_defaults() {
    let user = lenient("nulls_in_nested_objects");
    let email = &user.email_addresses[0];
    assert_eq!(email.email_address, "");
    assert!(!email.reserved && email.linked_to.is_empty());
    let verification = email.verification.as_ref().unwrap();
    assert_eq!(verification.status, VerificationStatus::Unverified);
    assert_eq!((&verification.strategy, verification.attempts, verification.expire_at), (&None, None, None));
    assert_eq!(user.phone_numbers[0].phone_number, "");
    assert_eq!(user.web3_wallets[0].web3_wallet, "");
    assert_eq!(user.passkeys[0].name, "");
    assert_eq!(user.external_accounts[0].provider, "");
    assert!(user.external_accounts[0].public_metadata.is_empty());
    assert!(!user.saml_accounts[0].saml_connection.as_ref().unwrap().active);
    assert_eq!(user.enterprise_accounts[0].protocol, None);
    assert_eq!(user.organization_memberships[0].role, "");
    assert!(user.organization_memberships[0].permissions.is_empty());
}

#[test]
fn user_keeps_empty_strings_and_decodes_empty_verification_as_unverified() {
    let user = lenient("empty_strings_and_objects");
    assert_eq!(user.first_name.as_deref(), Some(""));
    assert_eq!(user.external_id.as_deref(), Some(""));
    assert_eq!(user.email_addresses[0].verification, Some(Verification::new(VerificationStatus::Unverified)));
    assert!(!user.email_addresses[0].is_verified());
}

#[test]
fn metadata_keeps_every_digit_of_numbers() {
    let user = lenient("big_numbers_in_metadata");
    let json = serde_json::to_string(&user).unwrap();
    for digits in [
        "18446744073709551616",
        "340282366920938463463374607431768211455",
        "-9223372036854775809",
        "9007199254740993",
        "10000000000000000000000000000000000000000000000000000000000007",
        "-0.0",
    ] {
        let metadata = [&user.public_metadata, &user.private_metadata].map(Metadata::compact);
        assert!(metadata.iter().any(|metadata| metadata.as_json().contains(&format!(":{digits}"))), "{digits}");
        assert!(json.contains(digits), "{digits} is not written");
    }
    assert_eq!(user.public_metadata.get::<u128>("u128_max").unwrap(), Some(u128::MAX));
}

#[test]
fn metadata_keeps_nested_values() {
    let user = lenient("deep_metadata");
    assert_eq!(user.public_metadata.get::<u8>("level").unwrap(), Some(1));
    let brackets = user.unsafe_metadata.compact();
    assert!(brackets.as_json().contains("[[[[[[[[true]]]]]]]]"));
}

#[test]
fn user_decodes_unicode_escapes_and_metadata_keeps_them() {
    let user = lenient("unicode_and_escapes");
    assert_eq!(user.first_name.as_deref(), Some("Lén 🚀"));
    assert_eq!(user.username.as_deref(), Some("üñïçødé"));
    assert!(user.public_metadata.as_json().contains(r#""key\u005fescaped \ud83c\udf0a""#), "the text is unchanged");
    assert_eq!(
        user.public_metadata.get::<String>("key_escaped 🌊").unwrap().as_deref(),
        Some("pair 😀, mixed 😀 and raw 😀")
    );
    assert_eq!(user.public_metadata.get::<String>("").unwrap().as_deref(), Some("empty key"));
    assert_eq!(user.private_metadata.get::<String>("path").unwrap().as_deref(), Some(r"C:\Users\Len\new"));
    assert_eq!(user.unsafe_metadata.get::<Vec<String>>("名前").unwrap().unwrap(), ["レン", "渡辺"]);
}

#[test]
fn user_keeps_unknown_enum_values() {
    let user = lenient("unknown_enum_values");
    let written = serde_json::to_value(&user).unwrap();
    let verification = user.email_addresses[0].verification.as_ref().unwrap();
    assert_eq!(verification.status, VerificationStatus::Other("shimmering".into()));
    assert_eq!(verification.strategy, Some(VerificationStrategy::Other("hologram_code".into())));
    assert!(!verification.is_verified());
    assert_eq!(user.external_accounts[0].kind, ExternalAccountKind::Other("orchard_account".into()));
    assert_eq!(user.enterprise_accounts[0].protocol, Some(EnterpriseProtocol::Other("telegraph".into())));
    for (pointer, value) in [
        ("/email_addresses/0/verification/status", "shimmering"),
        ("/email_addresses/0/verification/strategy", "hologram_code"),
        ("/email_addresses/0/linked_to/0/type", "carrier_pigeon"),
        ("/phone_numbers/0/verification/channel", "semaphore"),
        ("/external_accounts/0/object", "orchard_account"),
        ("/external_accounts/0/provider", "oauth_orchard"),
        ("/enterprise_accounts/0/protocol", "telegraph"),
        // The name of the schema is not an enum. Decoding ignores it.
        ("/email_addresses/0/object", "email_address"),
    ] {
        assert_eq!(written.pointer(pointer).unwrap(), value, "{pointer}");
    }
}

#[test]
fn user_ignores_unknown_fields() {
    let user = lenient("unknown_fields");
    assert!(!serde_json::to_string(&user).unwrap().contains("x_new"));
    assert_eq!(user.email_addresses[0].linked_to.len(), 1);
    assert!(user.email_addresses[0].is_verified());
    assert_eq!(user.organization_memberships.len(), 1);
}

#[test]
fn identifiers_decode_without_an_id() {
    let user = lenient("email_without_id");
    assert_eq!((&user.email_addresses[0].id, &user.phone_numbers[0].id), (&None, &None));
    assert_eq!((&user.web3_wallets[0].id, &user.passkeys[0].id), (&None, &None));
    assert_eq!(user.primary_email_address(), None);
    assert!(serde_json::to_value(&user.email_addresses[0]).unwrap().get("id").is_none(), "not written as null");
}

#[test]
fn enterprise_connection_decodes_from_null_and_with_one_or_more_domains() {
    let none = lenient("enterprise_connection_null");
    assert_eq!(none.saml_accounts[0].saml_connection, None);
    assert_eq!(none.enterprise_accounts[0].enterprise_connection, None);

    let one = lenient("enterprise_connection_with_domain");
    let connection = one.enterprise_accounts[0].enterprise_connection.as_ref().unwrap();
    assert!(connection.domain.is_some() && connection.domains.is_empty());

    let many = lenient("enterprise_connection_with_domains");
    let connection = many.enterprise_accounts[0].enterprise_connection.as_ref().unwrap();
    assert_eq!(connection.domain, None);
    assert_eq!(connection.domains, ["example.com", "example.org"]);
}

#[test]
fn external_account_decodes_three_kinds_with_their_id_to_delete() {
    let account = |name| lenient(name).external_accounts.swap_remove(0);
    assert_eq!(account("external_account").kind, ExternalAccountKind::ExternalAccount);
    assert_eq!(account("external_account").id_to_delete(), &account("external_account").id);

    assert_eq!(account("google_account").kind, ExternalAccountKind::GoogleAccount);
    assert_eq!(account("google_account").id_to_delete(), "eac_3AccountGoogle0000000000002");
    let without = account("google_account_without_external_account_id");
    assert_eq!(without.kind, ExternalAccountKind::GoogleAccount);
    assert_eq!(without.id_to_delete(), &without.id);

    assert_eq!(account("facebook_account").kind, ExternalAccountKind::FacebookAccount);
    assert_eq!(account("facebook_account").id_to_delete(), "eac_3AccountFacebook00000000003");

    let kinds = lenient("external_account_kinds").external_accounts;
    assert_eq!(kinds.len(), 3);
    assert_eq!(kinds[0].kind, ExternalAccountKind::ExternalAccount);
    assert!(kinds[1..].iter().all(|account| account.kind != ExternalAccountKind::ExternalAccount));
}

#[test]
fn user_decodes_lock_without_expiry() {
    let user = lenient("locked_without_expiry");
    assert!(user.locked);
    assert_eq!((user.lockout_expires_in_seconds, user.verification_attempts_remaining), (None, None));
}

#[test]
fn organization_requires_only_an_id() {
    let user = lenient("organization_minimal");
    let [membership] = user.organization_memberships.as_slice() else { panic!("one membership is kept") };
    assert_eq!(membership.organization.id, "org_1");
    assert_eq!(membership.organization.name, "Bare");
    assert_eq!(membership.organization.max_allowed_memberships, None);

    let user = lenient("organization_without_private_metadata");
    assert_eq!(user.organization_memberships[0].organization.private_metadata, None);
    assert_eq!(user.organization_memberships[0].private_metadata, None);
}

#[test]
fn user_decodes_float_and_missing_timestamps_and_counts() {
    let user = lenient("timestamps_as_floats");
    assert_eq!(user.lockout_expires_in_seconds, Some(60));
    assert_eq!(user.verification_attempts_remaining, Some(5));
    assert_eq!(user.updated_at, Some(Timestamp::from_millisecond(1_770_891_010_000).unwrap()));

    assert_eq!(lenient("passkey_without_last_used_at").passkeys[0].last_used_at, None);
    assert_eq!(lenient("saml_expire_at_null").saml_accounts[0].verification.as_ref().unwrap().expire_at, None);
}

#[test]
fn user_decodes_scim_provisioning() {
    let scim = lenient("scim").scim.unwrap();
    assert_eq!(scim.directory_id, "dir_3Lenient0000000000000000001");
    assert!(scim.directory_enabled);
    assert_eq!(scim.external_id.as_deref(), Some("0042"));

    let user = lenient("scim_directory_disabled");
    assert_eq!(user.deprovisioned, Some(true));
    let scim = user.scim.unwrap();
    assert!(!scim.directory_enabled);
    assert_eq!(scim.external_id, None);
}

#[test]
fn verification_decodes_if_missing_without_kind_or_failed() {
    let user = lenient("verification_null_or_absent");
    assert_eq!(user.email_addresses[0].verification, None);
    assert_eq!(user.saml_accounts[0].verification, None);
    assert!(!user.email_addresses[0].is_verified());

    let user = lenient("verification_without_object");
    let verification = user.email_addresses[0].verification.as_ref().unwrap();
    assert_eq!(verification.kind, None);
    assert!(verification.is_verified());

    let user = lenient("verification_with_error");
    let verification = user.external_accounts[0].verification.as_ref().unwrap();
    assert_eq!(verification.status, VerificationStatus::Failed);
    assert_eq!(verification.error.as_ref().unwrap().code(), "oauth_access_denied");
    assert_eq!(verification.error.as_ref().unwrap().long_message(), "access denied");
    let verification = user.saml_accounts[0].verification.as_ref().unwrap();
    assert_eq!(verification.status, VerificationStatus::Transferable);
    assert_eq!(verification.error.as_ref().unwrap().long_message(), "The directory and the user are not linked.");
}

#[test]
fn user_decodes_verifications_of_every_strategy_with_null_attempts_and_expiration() {
    use VerificationStrategy as Strategy;

    for (verification, strategy) in [
        (r#"{"status":"verified","strategy":"ticket","attempts":null,"expire_at":null}"#, Strategy::Ticket),
        (
            r#"{"object":"verification_email_link","status":"verified","strategy":"email_link","attempts":null,
                "expire_at":1732306236469,"verified_at_client":"client_1"}"#,
            Strategy::EmailLink,
        ),
        (
            r#"{"object":"verification_saml","status":"verified","strategy":"saml","attempts":null,"expire_at":null}"#,
            Strategy::Saml,
        ),
        (r#"{"status":"verified","strategy":"admin","attempts":null,"expire_at":null}"#, Strategy::Admin),
    ] {
        let json = format!(
            r#"{{"id":"user_1","email_addresses":[{{"id":"idn_1","email_address":"ada@example.com","verification":{verification}}}],
                "saml_accounts":[{{"id":"samlacc_1","provider":"saml_custom","verification":{verification}}}],
                "phone_numbers":[{{"id":"idn_2","phone_number":"+15550100001","verification":null}}]}}"#
        );
        let user: User = serde_json::from_str(&json).unwrap();
        let email = &user.email_addresses[0];
        assert!(email.is_verified() && user.saml_accounts[0].verification == email.verification, "{json}");
        assert_eq!(email.verification.as_ref().unwrap().strategy, Some(strategy));
        assert!(!user.phone_numbers[0].is_verified());
    }
}

#[test]
fn list_decodes_users_with_only_an_id_among_complete_users() {
    let json = format!(
        r#"[{{"id":"user_1"}},{},{{"object":"user","id":"user_2","first_name":""}}]"#,
        files("responses").into_iter().find(|(name, _)| name == "get").unwrap().1
    );
    let users: Vec<User> = serde_json::from_str(&json).unwrap();
    assert_eq!(users.len(), 3);
    assert_eq!(users[2].full_name(), None);
}
