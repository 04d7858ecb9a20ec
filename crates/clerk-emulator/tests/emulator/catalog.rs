//! Compares errors with the error catalog of the Clerk Backend API.
//!
//! `tests/fixtures/error_catalog.json` contains the entries of the catalog for the errors that this project produces:
//! the status, the code, and the messages. `<>` is a placeholder, and `null` a message that the catalog does not
//! specify.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use user_directory::model::ProfileImage;
use user_directory::wire::response::response_details;
use user_directory::wire::status::status_of;
use user_directory::{Error, ErrorKind};

use crate::rejected::{Rejected, request};
use crate::support::Clerk;

/// The codes that are not in the catalog.
const NOT_IN_CATALOG: [&str; 4] = ["invalid_request", "maintenance_mode", "too_many_requests", "unsupported"];

/// The codes of the catalog that the project does not produce.
const NOT_PRODUCED: &[(&str, &str)] = &[
    ("attribute_managed_by_scim", "updates and deletions have the same code, `user_managed_by_scim`"),
    ("form_already_exists", "identifiers have the code `form_identifier_exists`"),
    ("form_password_length_too_long", "the limit of 72 bytes has the code `form_password_size_in_bytes_exceeded`"),
    ("form_password_not_strong_enough", "the strength of passwords is not estimated"),
    ("oauth_missing_access_token", "every token has a value"),
    ("oauth_token_retrieval_error", "no provider is contacted"),
];

/// An entry of the catalog.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    status: u16,
    code: String,
    message: Option<String>,
    long_message: Option<String>,
}

fn catalog() -> BTreeMap<String, Entry> {
    let path = integration_tests::root("tests/fixtures/error_catalog.json");
    let entries: Vec<Entry> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    entries.into_iter().map(|entry| (entry.name.clone(), entry)).collect()
}

/// An error as it appears in a response.
#[derive(Debug, PartialEq)]
struct Shown {
    status: u16,
    code: String,
    message: String,
    long_message: String,
}

impl Shown {
    async fn response_of(request: &Rejected) -> Self {
        let response = request.send().await;
        let errors = response.json()["errors"].take();
        assert_eq!(errors.as_array().map(Vec::len), Some(1), "{}", response.text);
        let text = |name: &str| errors[0][name].as_str().unwrap().to_owned();
        let (code, message, long_message) = (text("code"), text("message"), text("long_message"));
        Self { status: response.status, code, message, long_message }
    }

    fn of(error: &Error) -> Self {
        let details = response_details(error);
        let (code, message) = (details[0].code().to_owned(), details[0].message().to_owned());
        Self { status: status_of(error), code, message, long_message: details[0].long_message().to_owned() }
    }
}

/// A request, the entry of its error, the values of the placeholders, and the text that follows the long message.
struct Case {
    entry: &'static str,
    request: Rejected,
    values: &'static [&'static str],
    appended: &'static str,
}

fn case(entry: &'static str, request: Rejected, values: &'static [&'static str], appended: &'static str) -> Case {
    Case { entry, request, values, appended }
}

fn upload(part: &str, data: &[u8]) -> Rejected {
    let head = format!(
        "--b\r\ncontent-disposition: form-data; name=\"{part}\"; filename=\"ada.png\"\r\ncontent-type: image/png\r\n\r\n"
    );
    let body = [head.as_bytes(), data, b"\r\n--b--\r\n"].concat();
    request("POST", "/user_ada/profile_image", body)
        .with_headers(&[("content-type", "multipart/form-data; boundary=b")])
}

fn create(body: impl Into<Vec<u8>>) -> Rejected {
    request("POST", "", body)
}

fn update(body: impl Into<Vec<u8>>) -> Rejected {
    request("PATCH", "/user_ada", body)
}

fn credit(body: &'static str) -> Rejected {
    request("POST", "/user_ada/billing/credits", body)
}

fn list(query: &'static str) -> Rejected {
    request("GET", query, "")
}

fn requests_and_keys() -> Vec<Case> {
    let large = || format!("{{\"first_name\": \"{}\"}}", "a".repeat(10 * 1024 * 1024));
    let text = create("{}").with_headers(&[("content-type", "text/plain")]);
    vec![
        case("BadRequestWithMessage", list("/user_ada/organization_invitations?status=completed"), &[], ""),
        case("InvalidRequestBody", create("{"), &[], " It is incomplete JSON: it ends at line 1 column 1."),
        case(
            "MalformedRequestParameters",
            list("?query=100%"),
            &[],
            ". A `%` must be followed by two hexadecimal digits; encode a percent sign as `%25`.",
        ),
        case("RequestBodyTooLarge", create(large()), &["10485760"], ""),
        case("UnsupportedContentType", text, &["text/plain", "application/json"], ""),
        case(
            "InvalidAPIVersion",
            list("").with_headers(&[("clerk-api-version", "2020-01-01")]),
            &["it is not one of 2021-02-05, 2024-10-01, 2025-03-12, 2025-04-10, 2025-11-10, 2026-05-12"],
            "",
        ),
        case("InvalidClerkSecretKey", list("").with_headers(&[("authorization", "Bearer sk_live_1")]), &[], ""),
        case("InvalidAuthorizationHeaderFormat", list("").with_headers(&[("authorization", "Basic a")]), &[], ""),
        case("BulkSizeExceeded", request("POST", "/ban", format!("{{\"user_ids\": {:?}}}", ["a"; 51])), &["50"], ""),
        case("ImageDecodingFailed", upload("file", b"text"), &[], ""),
        case("ImageTooLarge", upload("file", &vec![0; 10 * 1024 * 1024 + 1]), &[], ""),
        case("RequestWithoutImage", upload("picture", b"text"), &[], ". It must be in a part named `file`."),
        case("UserNotFound", list("/user_9"), &["user_9"], ""),
        case("UserNotFound", list("/a%2Fb"), &["a/b"], ""),
        case(
            "ResourceNotFound",
            request("DELETE", "/user_ada/passkeys/idn_9", ""),
            &[],
            ". The user has no passkey with id idn_9.",
        ),
        case(
            "ResourceNotFound",
            request("DELETE", "/user_ada/passkeys/a%2Fb", ""),
            &[],
            ". The resource does not exist, or belongs to another user.",
        ),
    ]
}

fn settings() -> Vec<Case> {
    const BANS: &str = " The instance setting `bans` is `false`.";
    let organizations = list("/user_ada/organization_memberships").with_settings(r#"{"organizations": false}"#);
    let compromised = request("POST", "/user_ada/password/set_compromised", "");
    vec![
        case(
            "UnsupportedSubscriptionPlanFeatures",
            request("POST", "/user_ada/ban", "").with_settings(r#"{"bans": false}"#),
            &[],
            BANS,
        ),
        case(
            "UserQuotaExceeded",
            create("{}").with_settings(r#"{"max_users": 6}"#),
            &["6", "The instance setting `max_users` is `6`."],
            "",
        ),
        case(
            "FeatureNotEnabled",
            request("POST", "/user_ada/lock", "").with_settings(r#"{"lockout": false}"#),
            &[],
            ". The instance setting `lockout` is `false`.",
        ),
        case(
            "PasswordDisabled",
            compromised.with_settings(r#"{"password": "off"}"#),
            &[],
            " The instance setting `password` is `off`.",
        ),
        case(
            "OrganizationNotEnabledInInstance",
            organizations,
            &[],
            " The instance setting `organizations` is `false`.",
        ),
        case(
            "BillingNotEnabledForUser",
            list("/user_ada/billing/credits").with_settings(r#"{"billing": false}"#),
            &[],
            " The instance setting `billing` is `false`.",
        ),
        case(
            "OAuthTokenProviderNotEnabled",
            list("/user_ada/oauth_access_tokens/google").with_settings(r#"{"oauth_providers": []}"#),
            &[],
            " The instance setting `oauth_providers` does not contain it.",
        ),
        case(
            "FormUnknownParameterDueToDisabledFeature",
            create(r#"{"username": "alan_turing"}"#).with_settings(r#"{"username": "off"}"#),
            &["username", " The instance setting `username` is `off`."],
            "",
        ),
        case(
            "UserDataMissing",
            create("{}").with_settings(r#"{"email_address": "required", "password": "required"}"#),
            &[r#"["email_address" "password"]"#],
            ". The instance setting `email_address` is `required`. The instance setting `password` is `required`.",
        ),
        case(
            "LastRequiredIdentificationDeletionFailed",
            request("DELETE", "/user_ada/web3_wallets/idn_wallet", "").with_settings(r#"{"web3_wallet": "required"}"#),
            &["web3_wallet"],
            ". The instance setting `web3_wallet` is `required`.",
        ),
    ]
}

fn parameters() -> Vec<Case> {
    const STATUS: &str = "email_address_identification_status";
    let statuses =
        r#"{"email_address": ["a@example.com"], "email_address_identification_status": ["verified", "verified"]}"#;
    let choice = r#"{"email_address": ["a@example.com"], "email_address_identification_status": ["unknown"]}"#;
    let digest = r#"{"password": "correct horse battery", "password_digest": "x", "password_hasher": "bcrypt"}"#;
    vec![
        case("FormInvalidParameterFormatBCP47", create(r#"{"locale": "-"}"#), &["locale"], ""),
        case(
            "FormInvalidEmailAddress",
            create(r#"{"email_address": ["a"]}"#),
            &["email_address"],
            " Its domain must contain a dot.",
        ),
        case("FormInvalidPhoneNumber", create(r#"{"phone_number": ["0"]}"#), &["phone_number"], ""),
        case("FormInvalidWeb3WalletAddress", create(r#"{"web3_wallet": ["0"]}"#), &["web3_wallet"], ""),
        case("FormInvalidParameterFormat", create(r#"{"first_name": "ada#0"}"#), &[], ""),
        case("FormInvalidTypeParameter", create(r#"{"first_name": 7}"#), &["first_name", "string"], ""),
        case("FormInvalidParameterValue", list("?limit=ten"), &["ten", "limit"], ". It must be 1 to 500."),
        case("FormInvalidParameterOnlyOneOfAllowed", create(choice), &[STATUS, "verified, reserved"], ""),
        case("FormInvalidParameterValueMustBeNotEmpty", create(r#"{"external_id": ""}"#), &["external_id"], ""),
        case(
            "FormValidationFailed",
            create(r#"{"create_organizations_limit": -1}"#),
            &["create_organizations_limit"],
            ". It must be from 0 to 4294967295.",
        ),
        case("FormMetadataInvalidType", create(r#"{"public_metadata": 7}"#), &[], ""),
        case(
            "FormUnknownParameter",
            request("POST", "/user_ada/lock", r#"{"reason": "spam"}"#),
            &["reason"],
            " Allowed parameters: none.",
        ),
        case(
            "FormAtLeastOneOptionalParameterMissing",
            create(r#"{"skip_user_requirement": true}"#),
            &["email_address`, `phone_number`, `username`, `web3_wallet"],
            "",
        ),
        case("FormMissingParameter", request("POST", "/user_ada/verify_password", "{}"), &["password"], ""),
        case("FormNilParameter", request("POST", "/user_ada/verify_password", r#"{"password": null}"#), &[], ""),
        case("FormInvalidTime", create(r#"{"legal_accepted_at": "today"}"#), &["legal_accepted_at"], ""),
        case("FormInvalidDate", list("?created_at_before=today"), &[], ""),
        case("FormDuplicateParameter", list("?limit=1&limit=501"), &["limit"], ""),
        case(
            "FormDuplicateParameterValue",
            create(r#"{"email_address": ["a@example.com", "A@example.com"]}"#),
            &["email_address"],
            "",
        ),
        case(
            "FormParameterSizeTooLarge",
            create(format!(r#"{{"public_metadata": {{"a": "{}"}}}}"#, "a".repeat(8192))),
            &[],
            "",
        ),
        case(
            "FormParameterMaxLengthExceeded",
            create(format!(r#"{{"first_name": "{}"}}"#, "a".repeat(257))),
            &["first_name", "256"],
            " The length is measured in bytes.",
        ),
        case(
            "FormParameterArraySizeExceeded",
            create(format!("{{\"backup_codes\": {:?}}}", ["a"; 101])),
            &["backup_codes", "100"],
            "",
        ),
        case("FormParameterArrayLengthMismatch", create(statuses), &[STATUS, "email_address"], ""),
        case(
            "FormParameterNotAllowedConditionally",
            list("?starting_after=user_ada&order_by=username"),
            &["starting_after", "order_by", "not `created_at`"],
            "",
        ),
        case(
            "FormParameterNotAllowedIfAnotherParameterIsPresent",
            create(digest),
            &["password_digest", "password"],
            "",
        ),
        case(
            "FormMissingConditionalParameterOnExistence",
            create(r#"{"password_digest": "x"}"#),
            &["password_hasher", "password_digest"],
            "",
        ),
        case(
            "FormMissingResource",
            update(r#"{"primary_email_address_id": "idn_9"}"#),
            &["primary_email_address_id"],
            "",
        ),
        case("FormMissingResource", list("?starting_after=user_9"), &["starting_after"], ""),
        case("FormUnverifiedIdentification", update(r#"{"primary_email_address_id": "idn_unverified"}"#), &[], ""),
    ]
}

fn identifiers_and_passwords() -> Vec<Case> {
    const PASSWORD: &str = r#"{"password": "\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0"}"#;
    let leaked = update(r#"{"password": "another horse battery"}"#);
    let long = update(format!(r#"{{"password": "{}"}}"#, "a".repeat(73)));
    let long_username = format!(r#"{{"username": "{}"}}"#, "a".repeat(65));
    vec![
        case("FormIdentifierExists", create(r#"{"email_address": ["ada@example.com"]}"#), &[], ""),
        case("FormInvalidUsernameLength", create(long_username), &[], ""),
        case("FormInvalidUsernameCharacter", create(r#"{"username": "alan turing"}"#), &[], ""),
        case("FormUsernameCannotBePhoneNumber", create(r#"{"username": "+15550100009"}"#), &["username"], ""),
        case("FormInvalidUsernameNeedsNonNumberCharCode", create(r#"{"username": "1234"}"#), &[], ""),
        case("FormInvalidPasswordLengthTooShort", update(r#"{"password": "short"}"#), &[], ""),
        case("FormInvalidPasswordSizeInBytesExceeded", long, &[], ""),
        case("FormPwnedPassword", leaked.with_settings(r#"{"leaked_passwords": ["another horse battery"]}"#), &[], ""),
        case(
            "FormInvalidPasswordNoUppercase",
            update(PASSWORD).with_settings(r#"{"require_uppercase": true}"#),
            &[],
            " The rule is the instance setting `require_uppercase`.",
        ),
        case(
            "FormInvalidPasswordNoLowercase",
            update(PASSWORD).with_settings(r#"{"require_lowercase": true}"#),
            &[],
            " The rule is the instance setting `require_lowercase`.",
        ),
        case(
            "FormInvalidPasswordNoNumber",
            update(PASSWORD).with_settings(r#"{"require_number": true}"#),
            &[],
            " The rule is the instance setting `require_number`.",
        ),
        case(
            "FormInvalidPasswordNoSpecialChar",
            update(PASSWORD).with_settings(r#"{"require_special_character": true}"#),
            &[],
            "",
        ),
        case("FormPasswordMatchesIdentifier", update(r#"{"password": "ada@example.com"}"#), &[], ""),
        case("FormPasswordDigestInvalid", create(r#"{"password_digest": "x", "password_hasher": "bcrypt"}"#), &[], ""),
        case("NoPasswordSet", request("POST", "/user_wallet/verify_password", r#"{"password": "a"}"#), &[], ""),
        case("IncorrectPassword", request("POST", "/user_ada/verify_password", r#"{"password": "a"}"#), &[], ""),
        case("TOTPDisabled", request("POST", "/user_ada/verify_totp", r#"{"code": "123456"}"#), &[], ""),
        case("IncorrectTOTP", request("POST", "/user_totp/verify_totp", r#"{"code": "000000"}"#), &[], ""),
        case("InvalidLengthTOTP", request("POST", "/user_totp/verify_totp", r#"{"code": "0"}"#), &[], ""),
        case("InvalidTOTPSecret", update(r#"{"totp_secret": "1"}"#), &[], ""),
    ]
}

fn resources() -> Vec<Case> {
    let adjust = |field: &str| match field {
        "action" => credit(r#"{"amount": 1, "action": "double", "idempotency_key": "a"}"#),
        "amount" => credit(r#"{"amount": 0, "action": "increase", "idempotency_key": "a"}"#),
        "balance" => credit(r#"{"amount": 9, "action": "decrease", "idempotency_key": "a"}"#),
        "currency" => credit(r#"{"amount": 1, "action": "increase", "idempotency_key": "a", "currency": "X"}"#),
        _ => credit(r#"{"amount": 2, "action": "increase", "idempotency_key": "used"}"#),
    };
    let email = r#"{"email_address": "new@example.com"}"#;
    let membership = r#"{"role": "org:admin", "organization": {"id": "org_1", "name": "Analysts"}}"#;
    let invitation = r#"{"email_address": "Ada@example.com", "organization_id": "org_2"}"#;
    vec![
        case("DeleteLinkedCommNotAllowed", request("PUT", "/user_linked/email_address", email), &[], ""),
        case("LastIdentificationDeletionFailed", request("DELETE", "/user_wallet/web3_wallets/idn_only", ""), &[], ""),
        case(
            "LastIdentificationSetFor2FAFailed",
            request("POST", "/__emulator/users/user_phone/second_factors", r#"{"phone_number_id": "idn_last"}"#),
            &[],
            "",
        ),
        case(
            "AlreadyAMemberOfOrganization",
            request("POST", "/__emulator/users/user_ada/organization_memberships", membership),
            &["user_ada"],
            " Its id is org_1.",
        ),
        case(
            "OrganizationInvitationNotUnique",
            request("POST", "/__emulator/users/user_ada/organization_invitations", invitation),
            &[],
            "",
        ),
        case("UserSCIMManaged", request("DELETE", "/user_scim", ""), &[], ""),
        case("ExternalAccountNotFound", request("DELETE", "/user_ada/external_accounts/eac_9", ""), &[], ""),
        case("ImageNotFound", update(r#"{"profile_image_id": "x"}"#), &[], ""),
        case("UnsupportedOauthProvider", list("/user_ada/oauth_access_tokens/gogle"), &["oauth_gogle"], ""),
        case("OAuthMissingRefreshToken", list("/user_ada/oauth_access_tokens/google"), &[], ""),
        case("SubscriptionNotFound", list("/user_ada/billing/subscription"), &[], ""),
        case("Conflict", adjust("key"), &[], ". The idempotency key was used for a different adjustment."),
        case("CurrencyInvalid", adjust("currency"), &[], ""),
        case("InvalidCreditAction", adjust("action"), &[], ""),
        case("InvalidCreditAmount", adjust("amount"), &[], ""),
        case("InsufficientCreditBalance", adjust("balance"), &[], ""),
    ]
}

/// The kinds of errors whose response without details is an entry of the catalog.
const WITHOUT_DETAILS: [(&str, ErrorKind); 9] = [
    ("BadRequest", ErrorKind::InvalidInput),
    ("InvalidClerkSecretKey", ErrorKind::Unauthenticated),
    ("UnsupportedSubscriptionPlanFeatures", ErrorKind::PaymentRequired),
    ("InvalidAuthorization", ErrorKind::Forbidden),
    ("ResourceNotFound", ErrorKind::NotFound),
    ("Conflict", ErrorKind::Conflict),
    ("ResourceBusy", ErrorKind::Locked),
    ("Unexpected", ErrorKind::Server),
    ("ServiceUnavailable", ErrorKind::Unavailable),
];

/// An error whose messages differ from the catalog, with the entry, the long message and the reason.
struct Difference {
    entry: &'static str,
    shown: Shown,
    long_message: &'static str,
    #[allow(dead_code, reason = "documentation")]
    reason: &'static str,
}

async fn differences() -> Vec<Difference> {
    let image_type = ProfileImage::new(b"x".as_slice(), "png").validate().unwrap_err();
    let hasher = create(r#"{"password_digest": "x", "password_hasher": "new_hasher"}"#);
    let limit = list("?limit=501");
    let name = request("PATCH", "/user_scim", r#"{"first_name": "Wybe"}"#);
    let name = name.with_settings(r#"{"directory_managed": ["first_name"]}"#);
    vec![
        Difference {
            entry: "ImageTypeNotSupported",
            shown: Shown::of(&image_type),
            long_message: "Images of this type are not currently supported. Please consult the API documentation for \
                           more information.",
            reason: "only text that is not a media type is rejected, so the message cannot name a type",
        },
        Difference {
            entry: "FormInvalidParameterValue",
            shown: Shown::response_of(&hasher).await,
            long_message: "password_hasher does not match the allowed values for parameter password_hasher. Allowed \
                           values: argon2i, argon2id, awscognito, bcrypt, bcrypt_peppered, bcrypt_sha256_django, \
                           hmac_sha256_utf16_b64, ldap_ssha, md5, md5_phpass, md5_salted, pbkdf2_sha1, pbkdf2_sha256, \
                           pbkdf2_sha256_django, pbkdf2_sha512, pbkdf2_sha512_hex, phpass, scrypt_firebase, \
                           scrypt_werkzeug, sha256, sha256_salted, sha512_symfony. The instance setting \
                           `unknown_password_hashers` is `false`.",
            reason: "the value may be a digest in the wrong field, and errors contain no secrets",
        },
        Difference {
            entry: "FormInvalidParameterValue",
            shown: Shown::response_of(&limit).await,
            long_message: "limit is invalid. It must be 1 to 500.",
            reason: "the catalog's message does not contain the range",
        },
        Difference {
            entry: "UserSCIMManaged",
            shown: Shown::response_of(&name).await,
            long_message: "This user is managed by a directory, and first_name cannot be changed manually. The instance \
                           setting `directory_managed` contains it.",
            reason: "the catalog's message is about deletions",
        },
    ]
}

fn cases() -> Vec<Case> {
    [requests_and_keys(), settings(), parameters(), identifiers_and_passwords(), resources()]
        .into_iter()
        .flatten()
        .collect()
}

/// Replaces the placeholders of a message.
fn filled(template: &str, values: &[&str]) -> String {
    assert_eq!(template.matches("<>").count(), values.len(), "{template}");
    values.iter().fold(template.to_owned(), |text, value| text.replacen("<>", value, 1))
}

#[tokio::test]
async fn errors_of_requests_have_the_codes_and_messages_of_the_catalog() {
    let catalog = catalog();
    for case in cases() {
        let shown = Shown::response_of(&case.request).await;
        let entry = &catalog[case.entry];
        assert_eq!((shown.status, &shown.code), (entry.status, &entry.code), "{}", case.entry);
        if let Some(message) = &entry.message {
            assert_eq!(&shown.message, message, "{}", case.entry);
        }
        match &entry.long_message {
            Some(long) => assert_eq!(shown.long_message, filled(long, case.values) + case.appended, "{}", case.entry),
            None => assert!(case.values.is_empty() && case.appended.is_empty(), "{}", case.entry),
        }
    }
}

#[test]
fn errors_without_details_have_the_codes_and_messages_of_the_catalog() {
    let catalog = catalog();
    for (entry, kind) in WITHOUT_DETAILS {
        let Entry { status, code, message, long_message, .. } = &catalog[entry];
        let (message, long_message) = (message.clone().unwrap(), long_message.clone().unwrap());
        let expected = Shown { status: *status, code: code.clone(), message, long_message };
        assert_eq!(Shown::of(&Error::new(kind)), expected, "{entry}");
    }
}

#[tokio::test]
async fn differences_from_the_catalog_are_listed() {
    let catalog = catalog();
    for Difference { entry, shown, long_message, .. } in differences().await {
        let Entry { status, code, message, .. } = &catalog[entry];
        assert_eq!((shown.status, &shown.code, Some(&shown.message)), (*status, code, message.as_ref()), "{entry}");
        assert_eq!(shown.long_message, long_message, "{entry}");
    }
}

#[tokio::test]
async fn every_code_is_compared_with_the_catalog() {
    let source = std::fs::read_to_string(integration_tests::root("src/error/codes.rs")).unwrap();
    let codes = source.lines().filter_map(|line| line.trim().strip_suffix("\";")?.split_once(" = \""));
    let codes: BTreeSet<_> = codes.map(|(_, code)| code.to_owned()).collect();
    let catalog = catalog();
    let entries = catalog.values().map(|entry| entry.code.as_str());
    let without = NOT_PRODUCED.iter().map(|(code, _)| *code).chain(NOT_IN_CATALOG);
    let listed: BTreeSet<_> = entries.chain(without).map(str::to_owned).collect();
    assert_eq!(codes, listed);

    let compared = cases().into_iter().map(|case| case.entry).chain(WITHOUT_DETAILS.map(|(entry, _)| entry));
    let differences = differences().await.into_iter().map(|difference| difference.entry).collect::<Vec<_>>();
    let compared: BTreeSet<_> = compared.chain(differences).collect();
    assert_eq!(compared, catalog.keys().map(String::as_str).collect());
}

#[tokio::test]
async fn path_with_a_malformed_id_is_an_unknown_user_in_every_operation() {
    let clerk = Clerk::start().await;
    for (method, path) in [("GET", ""), ("DELETE", ""), ("POST", "/ban"), ("DELETE", "/mfa"), ("DELETE", "/passkeys/a")]
    {
        let response = clerk.call(method, &format!("/v1/users/a%2Fb{path}")).send().await;
        response.assert_error(404, "resource_not_found", None);
        assert_eq!(response.json()["errors"][0]["long_message"], "No user was found with id a/b", "{method} {path}");
    }
}
