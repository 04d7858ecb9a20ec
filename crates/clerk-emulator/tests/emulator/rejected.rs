//! Requests that an emulator with known users and settings rejects.

use std::borrow::Cow;

use serde_json::{Value, json};
use user_directory::UserDirectory;
use user_directory::billing::CreditAdjustment;
use user_directory::model::{OAuthAccessToken, OAuthToken, OrganizationInvitation};

use crate::support::{Clerk, Response};

const WALLET: &str = "0x52908400098527886E0F7030069857D2E4169EE7";
const OTHER_WALLET: &str = "0xde709f2102306220921060314715629080e2fb77";

/// A request, and the instance settings that are changed before.
pub struct Rejected {
    pub settings: Cow<'static, str>,
    pub method: &'static str,
    /// Below `/v1/users`, or a complete path of the control API.
    pub path: &'static str,
    pub headers: &'static [(&'static str, &'static str)],
    pub body: Vec<u8>,
}

/// Creates a request with a JSON body, which can be empty.
pub fn request(method: &'static str, path: &'static str, body: impl Into<Vec<u8>>) -> Rejected {
    Rejected { settings: "{}".into(), method, path, headers: &[], body: body.into() }
}

impl Rejected {
    /// Sets the changes of the permissive settings.
    pub fn with_settings(self, settings: impl Into<Cow<'static, str>>) -> Self {
        Self { settings: settings.into(), ..self }
    }

    /// Sets headers. The default content type is JSON.
    pub fn with_headers(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }

    /// Sends the request to a new emulator.
    pub async fn send(&self) -> Response {
        let clerk = Clerk::start().await;
        clerk.directory.load_json(&users().to_string()).await.unwrap();
        let ada = "user_ada".parse().unwrap();
        let mut expired = OAuthAccessToken::new("oauth_google", OAuthToken::new("ya29.expired"));
        expired.expires_at = Some("2020-01-01T00:00:00Z".parse().unwrap());
        clerk.directory.add_oauth_access_token(&ada, expired).await.unwrap();
        let mut invitation = OrganizationInvitation::new("orginv_1".parse().unwrap(), "ada@example.com", "org:member");
        invitation.organization_id = Some("org_2".parse().unwrap());
        clerk.directory.add_organization_invitation(&ada, invitation).await.unwrap();
        clerk.directory.set_managed_by_scim(&"user_scim".parse().unwrap(), "dir_1").await.unwrap();
        let used = CreditAdjustment::increase(1, "used");
        clerk.directory.adjust_billing_credit_balance(&ada, &used).await.unwrap();
        let changed = clerk.call("PATCH", "/__emulator/instance").json(&self.settings).send().await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        let base = if self.path.starts_with("/__emulator") { "" } else { "/v1/users" };
        let mut call = clerk.call(self.method, &format!("{base}{}", self.path));
        if !self.body.is_empty() {
            call = call.json("").body(self.body.clone());
        }
        for (name, value) in self.headers {
            call = call.header(name, value);
        }
        call.send().await
    }
}

/// Users with known ids.
fn users() -> Value {
    let email = |id: &str, address: &str| {
        let verification = json!({"status": "verified", "strategy": "admin"});
        json!({"id": id, "email_address": address, "verification": verification})
    };
    let wallet = |id: &str, address: &str| json!({"id": id, "web3_wallet": address});
    let mut linked = email("idn_linked", "linked@example.com");
    linked["linked_to"] = json!([{"type": "oauth_google", "id": "idn_google"}]);
    let phone = json!({"id": "idn_phone", "phone_number": "+15550100001"});
    let organization = json!({"id": "org_1", "name": "Analysts"});
    let membership = json!({"id": "orgmem_1", "role": "org:member", "organization": organization});
    json!([
        {
            "id": "user_ada",
            "username": "ada_lovelace",
            "password": "correct horse battery",
            "primary_email_address_id": "idn_ada",
            "email_addresses": [
                email("idn_ada", "ada@example.com"),
                {"id": "idn_unverified", "email_address": "countess@example.com"},
            ],
            "web3_wallets": [wallet("idn_wallet", WALLET)],
            "organization_memberships": [membership],
        },
        {"id": "user_totp", "username": "grace_hopper", "totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"},
        {"id": "user_linked", "email_addresses": [linked]},
        {"id": "user_wallet", "web3_wallets": [wallet("idn_only", OTHER_WALLET)]},
        {"id": "user_phone", "phone_numbers": [{"id": "idn_last", "phone_number": "+15550100002"}]},
        {
            "id": "user_scim",
            "username": "edsger_dijkstra",
            "first_name": "Edsger",
            "password": "correct horse battery",
            "email_addresses": [email("idn_edsger", "edsger@example.com")],
            "phone_numbers": [phone],
            "web3_wallets": [wallet("idn_scim", "7S3P4HxJpyyigGzodYwHtCxZyUQe9JiBMHyRWXArAaKv")],
        },
    ])
}
