//! The baseline: plain models, as written by hand or by a code generator without optimization.
//!
//! Strings are `String`s, enums are strings, and constants are enums with one variant. The type of metadata is a
//! parameter: a map of `Value`s, or a `RawValue` that is parsed when it is used. The models have the same fields as
//! those of the crate.
#![allow(
    dead_code,
    clippy::struct_excessive_bools,
    clippy::struct_field_names,
    reason = "mirrors the API; the fields are decoded but not read"
)]

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// A user whose metadata is not parsed.
pub type LazyUser = User<Box<RawValue>>;

macro_rules! constants {
    ($($name:ident = $text:literal,)+) => {$(
        #[derive(Debug, Clone, Copy, Deserialize)]
        pub enum $name {
            #[serde(rename = $text)]
            Only,
        }
    )+};
}

constants! {
    UserObject = "user",
    EmailAddressObject = "email_address",
    PhoneNumberObject = "phone_number",
    MembershipObject = "organization_membership",
    OrganizationObject = "organization",
}

#[derive(Debug, Clone, Deserialize)]
pub struct User<M = Map<String, Value>> {
    pub id: String,
    object: UserObject,
    external_id: Option<String>,
    primary_email_address_id: Option<String>,
    primary_phone_number_id: Option<String>,
    primary_web3_wallet_id: Option<String>,
    username: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    locale: Option<String>,
    profile_image_url: Option<String>,
    image_url: Option<String>,
    has_image: bool,
    public_metadata: M,
    private_metadata: M,
    unsafe_metadata: M,
    email_addresses: Vec<EmailAddress>,
    phone_numbers: Vec<PhoneNumber>,
    web3_wallets: Vec<Value>,
    passkeys: Vec<Value>,
    password_enabled: bool,
    two_factor_enabled: bool,
    totp_enabled: bool,
    backup_code_enabled: bool,
    mfa_enabled_at: Option<i64>,
    mfa_disabled_at: Option<i64>,
    password_last_updated_at: Option<i64>,
    requires_password_reset: Option<bool>,
    external_accounts: Vec<ExternalAccount<M>>,
    saml_accounts: Vec<Value>,
    enterprise_accounts: Vec<Value>,
    organization_memberships: Vec<Membership<M>>,
    last_sign_in_at: Option<i64>,
    banned: bool,
    locked: bool,
    deprovisioned: Option<bool>,
    lockout_expires_in_seconds: Option<u64>,
    verification_attempts_remaining: Option<u64>,
    updated_at: i64,
    created_at: i64,
    delete_self_enabled: bool,
    create_organization_enabled: bool,
    create_organizations_limit: Option<u64>,
    last_active_at: Option<i64>,
    legal_accepted_at: Option<i64>,
    bypass_client_trust: bool,
    scim: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
struct EmailAddress {
    id: Option<String>,
    object: EmailAddressObject,
    email_address: String,
    reserved: bool,
    verification: Option<Verification>,
    linked_to: Vec<Link>,
    matches_sso_connection: Option<bool>,
    created_at: i64,
    updated_at: i64,
}

#[derive(Debug, Clone, Deserialize)]
struct PhoneNumber {
    id: Option<String>,
    object: PhoneNumberObject,
    phone_number: String,
    reserved_for_second_factor: bool,
    default_second_factor: bool,
    reserved: bool,
    verification: Option<Verification>,
    linked_to: Vec<Link>,
    backup_codes: Option<Vec<String>>,
    created_at: i64,
    updated_at: i64,
}

#[derive(Debug, Clone, Deserialize)]
struct Link {
    #[serde(rename = "type")]
    kind: String,
    id: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Verification {
    object: Option<String>,
    status: String,
    strategy: Option<String>,
    attempts: Option<u32>,
    expire_at: Option<i64>,
    verified_at_client: Option<String>,
    channel: Option<String>,
    nonce: Option<String>,
    message: Option<String>,
    external_verification_redirect_url: Option<String>,
    error: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
struct ExternalAccount<M> {
    object: String,
    id: String,
    provider: String,
    identification_id: Option<String>,
    external_account_id: Option<String>,
    provider_user_id: String,
    approved_scopes: String,
    email_address: String,
    email_address_verified: Option<bool>,
    first_name: String,
    last_name: String,
    avatar_url: Option<String>,
    image_url: Option<String>,
    username: Option<String>,
    phone_number: Option<String>,
    public_metadata: M,
    label: Option<String>,
    created_at: i64,
    updated_at: i64,
    verification: Option<Verification>,
}

#[derive(Debug, Clone, Deserialize)]
struct Membership<M> {
    id: String,
    object: MembershipObject,
    role: String,
    role_name: Option<String>,
    permissions: Vec<String>,
    public_metadata: M,
    private_metadata: Option<M>,
    organization: Organization<M>,
    public_user_data: Option<Value>,
    created_at: i64,
    updated_at: i64,
}

#[derive(Debug, Clone, Deserialize)]
struct Organization<M> {
    id: String,
    object: OrganizationObject,
    name: String,
    slug: String,
    image_url: Option<String>,
    has_image: bool,
    members_count: Option<u64>,
    missing_member_with_elevated_permissions: Option<bool>,
    pending_invitations_count: Option<u64>,
    max_allowed_memberships: u64,
    admin_delete_enabled: bool,
    public_metadata: M,
    private_metadata: Option<M>,
    created_by: Option<String>,
    created_at: i64,
    updated_at: i64,
    last_active_at: Option<i64>,
    role_set_key: Option<String>,
}
