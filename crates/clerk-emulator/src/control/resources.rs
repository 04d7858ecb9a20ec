//! Routes for seeding data that the API cannot create.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use user_directory::billing::Subscription;
use user_directory::model::{
    ExternalAccount, InvitationStatus, OAuthAccessToken, OAuthProvider, OrganizationInvitation, OrganizationMembership,
    PhoneNumberId, TrustedDevice,
};
use user_directory::wire::body::Form;
use user_directory::wire::rejection::invalid_param;
use user_directory::wire::route::Method;
use user_directory::{Result, Text, codes};

use super::{Action, Call};
use crate::rejection;
use crate::response::Response;

pub(super) const ACTIONS: &[(Method, &str, Action)] = &[
    (Method::Post, "/__emulator/users/{user_id}/passkeys", |call| Box::pin(add_passkey(call))),
    (Method::Post, "/__emulator/users/{user_id}/external_accounts", |call| Box::pin(add_external_account(call))),
    (Method::Post, "/__emulator/users/{user_id}/oauth_access_tokens", |call| Box::pin(add_oauth_access_token(call))),
    (Method::Post, "/__emulator/users/{user_id}/organization_memberships", |call| Box::pin(add_membership(call))),
    (Method::Post, "/__emulator/users/{user_id}/organization_invitations", |call| Box::pin(add_invitation(call))),
    (Method::Post, "/__emulator/users/{user_id}/trusted_devices", |call| Box::pin(add_trusted_device(call))),
    (Method::Put, "/__emulator/users/{user_id}/billing_subscription", |call| Box::pin(set_subscription(call))),
    (Method::Post, "/__emulator/users/{user_id}/second_factors", |call| Box::pin(reserve_for_second_factor(call))),
    (Method::Post, "/__emulator/users/{user_id}/sign_ins", |call| Box::pin(record_sign_in(call))),
    (Method::Put, "/__emulator/users/{user_id}/scim", |call| Box::pin(manage_by_scim(call))),
    (Method::Delete, "/__emulator/users/{user_id}/scim", |call| Box::pin(stop_managing_by_scim(call))),
];

async fn add_passkey(call: &mut Call<'_>) -> Result<Response> {
    added(call.store()?.add_passkey(&call.user()?, call.decode(None, &["name"])?).await?)
}

async fn add_external_account(call: &mut Call<'_>) -> Result<Response> {
    let mut account: ExternalAccount = call.decode(Some("eac"), &["provider"])?;
    account.provider = provider(&account.provider)?;
    fill_times(call, &mut account.created_at, &mut account.updated_at);
    added(call.store()?.add_external_account(&call.user()?, account).await?)
}

async fn add_oauth_access_token(call: &mut Call<'_>) -> Result<Response> {
    let mut token: OAuthAccessToken = call.decode(None, &["provider", "token"])?;
    token.provider = provider(&token.provider)?;
    call.store()?.add_oauth_access_token(&call.user()?, token).await?;
    Response::json(&json!({}))
}

async fn add_membership(call: &mut Call<'_>) -> Result<Response> {
    let mut membership: OrganizationMembership = call.decode(Some("orgmem"), &["role", "organization"])?;
    fill_times(call, &mut membership.created_at, &mut membership.updated_at);
    added(call.store()?.add_organization_membership(&call.user()?, membership).await?)
}

async fn add_invitation(call: &mut Call<'_>) -> Result<Response> {
    let mut invitation: OrganizationInvitation = call.decode(Some("orginv"), &["email_address"])?;
    invitation.status.get_or_insert(InvitationStatus::Pending);
    fill_times(call, &mut invitation.created_at, &mut invitation.updated_at);
    added(call.store()?.add_organization_invitation(&call.user()?, invitation).await?)
}

async fn add_trusted_device(call: &mut Call<'_>) -> Result<Response> {
    let mut device: TrustedDevice = call.decode(Some("tdv"), &["platform", "status"])?;
    fill_times(call, &mut device.created_at, &mut device.updated_at);
    added(call.store()?.add_trusted_device(&call.user()?, device).await?)
}

async fn set_subscription(call: &mut Call<'_>) -> Result<Response> {
    let mut subscription: Subscription = call.decode(Some("csub"), &["status"])?;
    fill_times(call, &mut subscription.created_at, &mut subscription.updated_at);
    for item in &mut subscription.subscription_items {
        item.period_start = item.period_start.or(subscription.created_at);
    }
    call.store()?.set_billing_subscription(&call.user()?, subscription).await?;
    Response::json(&json!({}))
}

/// Returns the name of a known OAuth provider with the `oauth_` prefix.
///
/// The API does not find providers without the prefix, and rejects requests for unknown providers.
fn provider(name: &str) -> Result<Text> {
    let provider = OAuthProvider::new(name);
    match provider {
        Ok(provider) if provider.is_known() => Ok(provider.as_str().into()),
        _ => Err(invalid_param(codes::FORM_PARAM_VALUE_INVALID, "provider", "is not a known OAuth provider")),
    }
}

/// Sets the times that the request does not contain.
fn fill_times(call: &Call<'_>, created_at: &mut Option<Timestamp>, updated_at: &mut Option<Timestamp>) {
    let created_at = *created_at.get_or_insert(call.app.now());
    updated_at.get_or_insert(created_at);
}

fn added(id: impl Serialize) -> Result<Response> {
    Response::json(&json!({ "id": id }))
}

async fn reserve_for_second_factor(call: &mut Call<'_>) -> Result<Response> {
    let mut form = Form::parse(call.body)?;
    let id: Text = form.required("phone_number_id");
    form.finish()?;
    let id = PhoneNumberId::new(id).map_err(|_| rejection::not_found("The phone number does not exist."))?;
    call.store()?.reserve_for_second_factor(&call.user()?, &id).await?;
    added(id)
}

async fn record_sign_in(call: &mut Call<'_>) -> Result<Response> {
    let mut form = Form::parse(call.body)?;
    let at = form.time("at").unwrap_or_else(|| call.app.now());
    form.finish()?;
    call.store()?.record_sign_in(&call.user()?, at).await?;
    Response::json(&json!({ "at": at.as_millisecond() }))
}

async fn manage_by_scim(call: &mut Call<'_>) -> Result<Response> {
    let mut form = Form::parse(call.body)?;
    let directory_id: Text = form.required("directory_id");
    form.finish()?;
    call.store()?.set_managed_by_scim(&call.user()?, &directory_id).await?;
    Response::json(&json!({}))
}

async fn stop_managing_by_scim(call: &mut Call<'_>) -> Result<Response> {
    call.store()?.clear_managed_by_scim(&call.user()?).await?;
    Response::json(&json!({}))
}
