//! Test support: stub servers, PostgreSQL clusters, a test timer, concurrent tasks, and helpers that call each
//! operation and print errors.
#![allow(missing_docs, missing_debug_implementations, reason = "test support")]
#![allow(
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "test support"
)]

pub mod conforms;
pub mod incomplete_request;
pub mod postgres;
pub mod scripted;
pub mod timer;
pub mod together;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use user_directory::billing::CreditAdjustment;
use user_directory::clerk::{ClerkBuilder, RetryPolicy};
use user_directory::model::{EmailAddressReplacement, InvitationQuery, PhoneNumberReplacement, ProfileImage, TotpCode};
use user_directory::{
    ClerkUserDirectory, Metadata, MetadataReplacement, MetadataUpdate, NewUser, Operation, Page, Password, Result,
    SecretKey, Sessions, UserDirectory, UserFilter, UserId, UserQuery, UserUpdate,
};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

pub const KEY: &str = "sk_test_notarealkey";

pub fn user() -> UserId {
    "user_1".parse().unwrap()
}

/// Returns the path of a file or directory of the library's package, which is the root of the workspace.
pub fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

pub fn fixture(path: &str) -> String {
    let file = root("tests/fixtures").join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Runs a test of this program in a child process, in which requests through the configured proxy fail.
pub fn assert_passes_with_unreachable_proxy(test: &str) {
    let nowhere = "http://127.0.0.1:1";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .envs(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].map(|name| (name, nowhere)))
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env_remove("REQUEST_METHOD")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
}

/// Returns a directory without retries.
pub fn directory(base_url: &str) -> ClerkUserDirectory {
    builder(base_url).retry(RetryPolicy::none()).build().unwrap()
}

pub fn builder(base_url: &str) -> ClerkBuilder {
    ClerkUserDirectory::builder(SecretKey::new(KEY).unwrap()).base_url(base_url)
}

/// A stub server with one fixed response, and a directory that calls it.
pub struct Clerk {
    server: MockServer,
    pub directory: ClerkUserDirectory,
}

impl Clerk {
    pub async fn responding_with(response: ResponseTemplate) -> Self {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(response).mount(&server).await;
        let directory = directory(&format!("{}/v1", server.uri()));
        Self { server, directory }
    }

    pub async fn with_json(status: u16, body: impl Into<String>) -> Self {
        Self::responding_with(json(status, body)).await
    }

    pub fn base_url(&self, path: &str) -> String {
        format!("{}{path}", self.server.uri())
    }

    pub async fn requests(&self) -> Vec<Request> {
        self.server.received_requests().await.unwrap()
    }
}

pub fn json(status: u16, body: impl Into<String>) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.into(), "application/json")
}

/// Calls an operation with minimal input.
pub async fn call(operation: Operation, clerk: &ClerkUserDirectory) -> Result<()> {
    let id = &user();
    match operation {
        Operation::List => clerk.list(&UserQuery::new()).await.map(drop),
        Operation::Count => clerk.count(&UserFilter::new()).await.map(drop),
        Operation::Create => clerk.create(&NewUser::new()).await.map(drop),
        Operation::Get => clerk.get(id).await.map(drop),
        Operation::Update => clerk.update(id, &UserUpdate::new()).await.map(drop),
        Operation::Delete => clerk.delete(id).await.map(drop),
        Operation::Ban => clerk.ban(id).await.map(drop),
        Operation::Unban => clerk.unban(id).await.map(drop),
        Operation::Lock => clerk.lock(id).await.map(drop),
        Operation::Unlock => clerk.unlock(id).await.map(drop),
        Operation::SetProfileImage => {
            let image = ProfileImage::new(b"image".as_slice(), "image/png");
            clerk.set_profile_image(id, &image).await.map(drop)
        }
        Operation::DeleteProfileImage => clerk.delete_profile_image(id).await.map(drop),
        Operation::UpdateMetadata => clerk.update_metadata(id, &MetadataUpdate::new()).await.map(drop),
        Operation::GetOAuthAccessToken => {
            clerk.get_oauth_access_token(id, &"oauth_google".parse().unwrap(), &Page::new()).await.map(drop)
        }
        Operation::GetOrganizationMemberships => clerk.get_organization_memberships(id, &Page::new()).await.map(drop),
        Operation::GetOrganizationInvitations => {
            clerk.get_organization_invitations(id, &InvitationQuery::new()).await.map(drop)
        }
        Operation::VerifyPassword => clerk.verify_password(id, &Password::new("secret")).await.map(drop),
        Operation::VerifyTotp => clerk.verify_totp(id, &TotpCode::new("123456")).await.map(drop),
        Operation::DisableMfa => clerk.disable_mfa(id).await.map(drop),
        Operation::DeleteTotp => clerk.delete_totp(id).await.map(drop),
        Operation::DeleteBackupCodes => clerk.delete_backup_codes(id).await.map(drop),
        Operation::DeletePasskey => clerk.delete_passkey(id, &"idn_1".parse().unwrap()).await.map(drop),
        Operation::DeleteWeb3Wallet => clerk.delete_web3_wallet(id, &"idn_1".parse().unwrap()).await.map(drop),
        Operation::DeleteExternalAccount => {
            clerk.delete_external_account(id, &"idn_1".parse().unwrap()).await.map(drop)
        }
        Operation::ReplaceMetadata => {
            let nothing = Metadata::default();
            clerk.replace_metadata(id, &MetadataReplacement::new().public(nothing)).await.map(drop)
        }
        Operation::BulkBan => clerk.bulk_ban(&user().into()).await.map(drop),
        Operation::BulkUnban => clerk.bulk_unban(&user().into()).await.map(drop),
        Operation::RemovePassword => clerk.remove_password(id, Sessions::Keep).await.map(drop),
        Operation::SetPasswordCompromised => clerk.set_password_compromised(id, Sessions::Keep).await.map(drop),
        Operation::UnsetPasswordCompromised => clerk.unset_password_compromised(id).await.map(drop),
        Operation::ReplaceEmailAddress => {
            clerk.replace_email_address(id, &EmailAddressReplacement::new("ada@example.com")).await.map(drop)
        }
        Operation::ReplacePhoneNumber => {
            clerk.replace_phone_number(id, &PhoneNumberReplacement::new("+15550100123")).await.map(drop)
        }
        Operation::ListTrustedDevices => clerk.list_trusted_devices(id).await.map(drop),
        Operation::RevokeTrustedDevice => clerk.revoke_trusted_device(id, &"idn_1".parse().unwrap()).await.map(drop),
        Operation::GetBillingSubscription => clerk.get_billing_subscription(id).await.map(drop),
        Operation::GetBillingCreditBalance => clerk.get_billing_credit_balance(id).await.map(drop),
        Operation::AdjustBillingCreditBalance => {
            clerk.adjust_billing_credit_balance(id, &CreditAdjustment::increase(1, "key")).await.map(drop)
        }
        other => panic!("{other}: add a call for this operation"),
    }
}

/// Returns the `Display` and `Debug` output of an error and its sources.
pub fn printed(error: &dyn Error) -> String {
    let chain = std::iter::successors(Some(error), |&error| error.source());
    chain.map(|error| format!("{error} {error:?} {error:#?}")).collect::<Vec<_>>().join(" ")
}
