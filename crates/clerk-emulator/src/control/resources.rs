//! Routes that add resources to a user which the API cannot create.

use serde::Serialize;
use serde_json::json;
use user_directory::model::PhoneNumberId;
use user_directory::wire::body::Form;
use user_directory::wire::route::Method;
use user_directory::{Result, Text};

use super::{Action, Call};
use crate::rejection;
use crate::response::Response;

pub(super) const ACTIONS: &[(Method, &str, Action)] = &[
    (Method::Post, "/__emulator/users/{user_id}/passkeys", |call| {
        added(call.in_memory()?.add_passkey(&call.user()?, call.decode(None, &["name"])?)?)
    }),
    (Method::Post, "/__emulator/users/{user_id}/external_accounts", |call| {
        added(call.in_memory()?.add_external_account(&call.user()?, call.decode(Some("eac"), &["provider"])?)?)
    }),
    (Method::Post, "/__emulator/users/{user_id}/oauth_access_tokens", |call| {
        call.in_memory()?.add_oauth_access_token(&call.user()?, call.decode(None, &["provider", "token"])?)?;
        Response::json(&json!({}))
    }),
    (Method::Post, "/__emulator/users/{user_id}/organization_memberships", |call| {
        let required = &["role", "organization"];
        added(call.in_memory()?.add_organization_membership(&call.user()?, call.decode(Some("orgmem"), required)?)?)
    }),
    (Method::Post, "/__emulator/users/{user_id}/organization_invitations", |call| {
        let required = &["email_address"];
        added(call.in_memory()?.add_organization_invitation(&call.user()?, call.decode(Some("orginv"), required)?)?)
    }),
    (Method::Post, "/__emulator/users/{user_id}/trusted_devices", |call| {
        let required = &["platform", "status"];
        added(call.in_memory()?.add_trusted_device(&call.user()?, call.decode(Some("tdv"), required)?)?)
    }),
    (Method::Put, "/__emulator/users/{user_id}/billing_subscription", |call| {
        call.in_memory()?.set_billing_subscription(&call.user()?, call.decode(Some("csub"), &["status"])?)?;
        Response::json(&json!({}))
    }),
    (Method::Post, "/__emulator/users/{user_id}/second_factors", reserve_for_second_factor),
    (Method::Post, "/__emulator/users/{user_id}/sign_ins", record_sign_in),
    (Method::Put, "/__emulator/users/{user_id}/scim", manage_by_scim),
];

fn added(id: impl Serialize) -> Result<Response> {
    Response::json(&json!({ "id": id }))
}

fn reserve_for_second_factor(call: &mut Call<'_>) -> Result<Response> {
    let mut form = Form::parse(call.body)?;
    let id: Text = form.required("phone_number_id");
    form.finish()?;
    let id = PhoneNumberId::new(id).map_err(|_| rejection::not_found("There is no such phone number."))?;
    call.in_memory()?.reserve_for_second_factor(&call.user()?, &id)?;
    added(id)
}

fn record_sign_in(call: &mut Call<'_>) -> Result<Response> {
    let mut form = Form::parse(call.body)?;
    let at = form.time("at").unwrap_or_else(|| call.app.now());
    form.finish()?;
    call.in_memory()?.record_sign_in(&call.user()?, at)?;
    Response::json(&json!({ "at": at.as_millisecond() }))
}

fn manage_by_scim(call: &mut Call<'_>) -> Result<Response> {
    let mut form = Form::parse(call.body)?;
    let directory_id: Text = form.required("directory_id");
    form.finish()?;
    call.in_memory()?.set_managed_by_scim(&call.user()?, &directory_id)?;
    Response::json(&json!({}))
}
