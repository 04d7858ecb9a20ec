//! An emulator with a user that has all resources, called with plain HTTP requests.

use std::sync::atomic::{AtomicU32, Ordering};

use clerk_emulator::Emulator;
use reqwest::Client;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use user_directory::clerk::ClerkBuilder;
use user_directory::model::{
    BackupCode, DevicePlatform, ExternalAccount, ExternalAccountId, OAuthAccessToken, OAuthToken, Organization,
    OrganizationInvitation, OrganizationMembership, Passkey, PublicOrganizationData, PublicUserData, TotpSecret,
    TrustedDevice,
};
use user_directory::wire::ApiVersion;
use user_directory::wire::route::Route;
use user_directory::{InMemoryUserDirectory, NewUser, Operation, Password, User, UserDirectory, billing::Subscription};

use crate::described::described;

const PASSWORD: &str = "correct horse battery";
const BACKUP_CODE: &str = "backup-one";
const TOTP_SECRET: &str = "JBSWY3DPEHPK3PXP";
/// The digest of [`PASSWORD`].
const BCRYPT: &str = "$2b$04$KzDBu3fEMXGr1Yh3A5tNB.2lw6Qba2wR.p4L5LkJXEIwZaZhEHGXe";

const UPLOAD: &str = "--frontier\r\n\
    Content-Disposition: form-data; name=\"file\"; filename=\"a.gif\"\r\n\r\n\
    GIF89a\r\n\
    --frontier--\r\n";

/// Makes identifiers unique.
static NUMBER: AtomicU32 = AtomicU32::new(1);

pub(crate) struct World {
    pub(crate) directory: InMemoryUserDirectory,
    emulator: Emulator,
    client: Client,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) json: Value,
}

impl World {
    pub(crate) async fn new() -> Self {
        let directory = InMemoryUserDirectory::permissive();
        let emulator = Emulator::builder().store(&directory).start().await.unwrap();
        Self { directory, emulator, client: ClerkBuilder::http_client_builder().unwrap().no_proxy().build().unwrap() }
    }

    /// Creates a user with a password, second factors and one identifier of each kind.
    pub(crate) async fn user(&self) -> User {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let new_user = NewUser::new()
            .email_address(format!("ada{number}@example.com"))
            .phone_number(format!("+1555{number:07}"))
            .web3_wallet(format!("0x{number:040x}"))
            .username(format!("ada_lovelace{number}"))
            .external_id(format!("shop-{number}"))
            .password(Password::new(PASSWORD))
            .totp_secret(TotpSecret::new(TOTP_SECRET))
            .backup_codes([BackupCode::new(BACKUP_CODE)]);
        self.directory.create(&new_user).await.unwrap()
    }

    /// Creates a user that also has one resource of each kind, with only required fields.
    pub(crate) async fn user_with_resources(&self) -> User {
        let user = self.user().await;
        let (directory, id) = (&self.directory, &user.id);
        let parse = |id: &str| id.parse::<ExternalAccountId>().unwrap();
        let mut passkey = Passkey::new("Laptop");
        passkey.id = Some("idn_passkey".parse().unwrap());
        directory.add_passkey(id, passkey).await.unwrap();
        directory.add_external_account(id, ExternalAccount::new(parse("eac_1"), "oauth_google")).await.unwrap();
        directory
            .add_oauth_access_token(id, OAuthAccessToken::new("oauth_google", OAuthToken::new("token")))
            .await
            .unwrap();
        let organization = Organization::new("org_1".parse().unwrap(), "Analysts");
        let membership = OrganizationMembership::new("orgmem_1".parse().unwrap(), organization, "org:admin");
        directory.add_organization_membership(id, membership).await.unwrap();
        let mut invitation = OrganizationInvitation::new("orginv_1".parse().unwrap(), "ada@example.com", "org:admin");
        let mut inviter = PublicUserData::new(id.clone());
        inviter.banned = Some(false);
        invitation.public_inviter_data = Some(inviter);
        let inviting = PublicOrganizationData::new("org_2".parse().unwrap(), "Engineers");
        invitation.public_organization_data = Some(inviting);
        directory.add_organization_invitation(id, invitation).await.unwrap();
        let device = TrustedDevice::new("tdv_1".parse().unwrap(), DevicePlatform::Ios, "com.example.app");
        directory.add_trusted_device(id, device).await.unwrap();
        let subscription: Subscription = from_json(json!({
            "id": "csub_1", "status": "active",
            "subscription_items": [{ "id": "csub_item_1", "status": "active", "plan_period": "month" }],
        }));
        directory.set_billing_subscription(id, subscription).await.unwrap();
        directory.get(id).await.unwrap()
    }

    pub(crate) async fn send(&self, operation: Operation, user: &User, body: Option<&Value>) -> Response {
        let request =
            self.client.request(Route::of(operation).method.as_str().parse().unwrap(), self.url(operation, user));
        let request =
            request.bearer_auth("sk_test_description").header(ApiVersion::HEADER, ApiVersion::LATEST.as_str());
        let request = match body {
            _ if operation == Operation::SetProfileImage => {
                request.header("content-type", "multipart/form-data; boundary=frontier").body(UPLOAD)
            }
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        Response { status, json: serde_json::from_str(&response.text().await.unwrap()).unwrap() }
    }

    /// Sends a request without a body. Returns the response and the names of ignored parameters.
    pub(crate) async fn send_query(
        &self,
        operation: Operation,
        user: &User,
        query: &[(&str, String)],
    ) -> (Response, Value) {
        let mut url: reqwest::Url = self.url(operation, user).parse().unwrap();
        url.query_pairs_mut().extend_pairs(query);
        let response = self.get(url.as_str()).await;
        let log = self.get(&format!("{}/__emulator/requests?limit=1", self.emulator.url())).await;
        let entry = log.json["data"][0].clone();
        assert_eq!(entry["operation"], operation.as_str(), "{log:?}");
        (response, entry["ignored_parameters"].clone())
    }

    async fn get(&self, url: &str) -> Response {
        let response = self.client.get(url).bearer_auth("sk_test_description").send().await.unwrap();
        let status = response.status().as_u16();
        Response { status, json: serde_json::from_str(&response.text().await.unwrap()).unwrap() }
    }

    fn url(&self, operation: Operation, user: &User) -> String {
        let segment = |segment: &str| match segment {
            "{user_id}" => user.id.to_string(),
            "{provider}" => "oauth_google".to_owned(),
            "{passkey_identification_id}" => "idn_passkey".to_owned(),
            "{web3_wallet_identification_id}" => user.primary_web3_wallet_id.as_ref().unwrap().to_string(),
            "{external_account_id}" => "eac_1".to_owned(),
            "{trusted_device_id}" => "tdv_1".to_owned(),
            other => other.to_owned(),
        };
        let path: Vec<String> = Route::of(operation).path.split('/').map(segment).collect();
        format!("{}{}", self.emulator.api_url(), path.join("/"))
    }
}

fn from_json<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// Returns a valid value of a field.
pub(crate) fn value(operation: Operation, name: &str, user: &User) -> Value {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    match name {
        "email_address" | "phone_number" | "web3_wallet" => {
            let text = match name {
                "email_address" => format!("grace{number}@example.com"),
                "phone_number" => format!("+1555{number:07}"),
                _ => format!("0x{number:040x}"),
            };
            if operation == Operation::Create { json!([text]) } else { json!(text) }
        }
        "email_address_identification_status" | "phone_number_identification_status" => json!(["reserved"]),
        "identification_status" => json!("reserved"),
        "external_id" => json!(format!("shop-{number}")),
        "username" => json!(format!("grace_hopper{number}")),
        "first_name" | "last_name" | "note" => json!("Grace"),
        "locale" => json!("en-US"),
        "primary_email_address_id" => json!(user.primary_email_address_id),
        "primary_phone_number_id" => json!(user.primary_phone_number_id),
        "primary_web3_wallet_id" => json!(user.primary_web3_wallet_id),
        "profile_image_id" => json!("img_1"),
        "password" => json!(PASSWORD),
        "password_digest" => json!(BCRYPT),
        "password_hasher" => json!("bcrypt"),
        "totp_secret" => json!(TOTP_SECRET),
        "backup_codes" => json!(["backup-two"]),
        "code" => json!(BACKUP_CODE),
        "public_metadata" | "private_metadata" | "unsafe_metadata" => json!({ "a": 1 }),
        "legal_accepted_at" | "created_at" => json!("2026-05-01T00:00:00Z"),
        "create_organizations_limit" => json!(3),
        "user_ids" => json!([user.id]),
        "amount" => json!(100),
        "action" => json!("increase"),
        "currency" => json!("USD"),
        "idempotency_key" => json!(format!("key-{number}")),
        // All other fields are booleans.
        _ => json!(true),
    }
}

/// Returns the fields that another field requires.
fn companions(operation: Operation, name: &str) -> &'static [&'static str] {
    match name {
        "email_address_identification_status" => &["email_address"],
        "phone_number_identification_status" => &["phone_number"],
        "password_digest" => &["password_hasher"],
        "password_hasher" => &["password_digest"],
        "skip_password_checks" | "sign_out_of_other_sessions" if operation == Operation::Update => &["password"],
        _ => &[],
    }
}

/// Returns a minimal body of an operation, plus `field`.
pub(crate) fn body(operation: Operation, field: Option<&str>, user: &User) -> Map<String, Value> {
    let fields = &described(operation).body.as_ref().unwrap().fields;
    let required = fields.iter().filter(|(_, field)| field.required).map(|(name, _)| name.as_str());
    // The instance requires an identifier.
    let identifier = (operation == Operation::Create).then_some("web3_wallet");
    let names = required.chain(identifier).chain(field.iter().flat_map(|name| companions(operation, name)).copied());
    names.chain(field).map(|name| (name.to_owned(), value(operation, name, user))).collect()
}
