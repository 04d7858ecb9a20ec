//! Routes for webhooks.

use std::future::ready;
use std::str::FromStr;
use std::sync::Arc;

use serde_json::json;
use serde_json::value::RawValue;
use user_directory::model::EmailAddress;
use user_directory::store_directory::{IdGenerator, RandomIds};
use user_directory::webhooks::UserEvent;
use user_directory::wire::body::Form;
use user_directory::wire::rejection::invalid_param;
use user_directory::wire::route::Method;
use user_directory::{Error, ErrorKind, Result, User, codes};

use super::{Action, Call};
use crate::rejection;
use crate::response::Response;
use crate::webhooks::{EVENT_TYPES, Hub, WebhookFault, endpoint_number};

pub(super) const ACTIONS: &[(Method, &str, Action)] = &[
    (Method::Get, "/__emulator/webhooks", |call| Box::pin(ready(endpoints(call)))),
    (Method::Post, "/__emulator/webhooks/examples", |call| Box::pin(ready(send_example(call)))),
    (Method::Get, "/__emulator/webhooks/deliveries", |call| Box::pin(ready(deliveries(call)))),
    (Method::Delete, "/__emulator/webhooks/deliveries", |call| Box::pin(ready(clear_deliveries(call)))),
    (Method::Get, "/__emulator/webhooks/deliveries/{delivery}", |call| Box::pin(ready(delivery(call)))),
    (Method::Post, "/__emulator/webhooks/deliveries/{delivery}/replay", |call| Box::pin(ready(replay(call)))),
    (Method::Get, "/__emulator/webhooks/faults", |call| Box::pin(ready(faults(call)))),
    (Method::Post, "/__emulator/webhooks/faults", |call| Box::pin(ready(add_fault(call)))),
    (Method::Delete, "/__emulator/webhooks/faults", |call| Box::pin(ready(clear_faults(call)))),
];

fn hub<'c>(call: &Call<'c>) -> Result<&'c Arc<Hub>> {
    let message = "This route requires a directory that emits events. Start the emulator with --webhook.";
    let webhooks = call.app.webhooks.as_ref();
    webhooks.map(crate::webhooks::Webhooks::hub).ok_or_else(|| rejection::not_found(message))
}

fn endpoints(call: &mut Call<'_>) -> Result<Response> {
    Response::json(&json!({ "data": hub(call)?.endpoints() }))
}

fn deliveries(call: &mut Call<'_>) -> Result<Response> {
    let limit = call.limit()?;
    let hub = hub(call)?;
    let endpoint = match hub.endpoint_count() {
        // There is no range of valid numbers.
        0 if call.query.text("endpoint")?.is_some() => {
            let message = "is not allowed, because there are no endpoints";
            return Err(invalid_param(codes::FORM_PARAM_VALUE_INVALID, "endpoint", message));
        }
        0 => None,
        count => call.query.integer("endpoint", 1..=count)?,
    };
    Response::json(&hub.history.latest(limit, endpoint))
}

fn clear_deliveries(call: &mut Call<'_>) -> Result<Response> {
    hub(call)?.history.clear();
    Response::json(&json!({}))
}

/// Returns the number of the delivery in the path. A malformed number is treated as an unknown delivery.
fn number(call: &Call<'_>) -> Result<u64> {
    call.params.resource().and_then(|number| number.parse().ok()).ok_or_else(no_such_delivery)
}

fn no_such_delivery() -> Error {
    rejection::not_found("The delivery does not exist. Only the latest deliveries are kept.")
}

/// Returns a delivery and the body of its event.
fn delivery(call: &mut Call<'_>) -> Result<Response> {
    #[derive(serde::Serialize)]
    struct WithBody<'a, D> {
        #[serde(flatten)]
        delivery: D,
        body: &'a RawValue,
    }
    let delivery = hub(call)?.history.get(number(call)?).ok_or_else(no_such_delivery)?;
    let message = Arc::clone(&delivery.message);
    let body = serde_json::from_str(&message.body).map_err(|error| Error::new(ErrorKind::Server).with_source(error))?;
    Response::json(&WithBody { delivery, body })
}

fn replay(call: &mut Call<'_>) -> Result<Response> {
    if hub(call)?.replay(number(call)?) { Response::json(&json!({})) } else { Err(no_such_delivery()) }
}

fn send_example(call: &mut Call<'_>) -> Result<Response> {
    let hub = hub(call)?;
    let mut form = Form::parse(call.body)?;
    let [created, updated, deleted] = EVENT_TYPES;
    let kinds = [(created, Example::Created), (updated, Example::Updated), (deleted, Example::Deleted)];
    let kind = form.choice("event_type", &kinds).unwrap_or(Example::Created);
    let endpoint = endpoint_number(&mut form, hub.endpoint_count());
    form.finish()?;
    let event = example(call, kind)?;
    let response = Response::json(&json!({ "event_id": event.id }));
    hub.send_example(event, endpoint);
    response
}

#[derive(Clone, Copy)]
enum Example {
    Created,
    Updated,
    Deleted,
}

/// Returns an event about a fictitious user, with the current time and instance id of the directory.
fn example(call: &Call<'_>, kind: Example) -> Result<UserEvent> {
    let now = Some(call.app.now());
    let mut email_address = EmailAddress::new("user@example.com");
    email_address.id = Some(new_id("idn")?);
    (email_address.created_at, email_address.updated_at) = (now, now);
    let mut user = User::new(new_id("user")?);
    (user.first_name, user.last_name) = (Some("Example".into()), Some("User".into()));
    user.primary_email_address_id.clone_from(&email_address.id);
    user.email_addresses.push(email_address);
    (user.created_at, user.updated_at) = (now, now);
    let id = new_id("msg")?;
    let mut event = match kind {
        Example::Created => UserEvent::created(id, user),
        Example::Updated => UserEvent::updated(id, user),
        Example::Deleted => UserEvent::deleted(id, user.id),
    };
    event.timestamp = now;
    event.instance_id = Some(call.store()?.settings().id());
    Ok(event)
}

/// Generates an id.
fn new_id<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(prefix: &str) -> Result<T> {
    RandomIds.next_id(prefix).parse().map_err(|error| Error::new(ErrorKind::Server).with_source(error))
}

fn faults(call: &mut Call<'_>) -> Result<Response> {
    Response::json(&json!({ "data": hub(call)?.faults.all() }))
}

fn add_fault(call: &mut Call<'_>) -> Result<Response> {
    let hub = hub(call)?;
    let fault = WebhookFault::parse(call.body, hub.endpoint_count())?;
    let response = Response::json(&fault);
    hub.faults.add(fault);
    response
}

fn clear_faults(call: &mut Call<'_>) -> Result<Response> {
    hub(call)?.faults.clear();
    Response::json(&json!({}))
}
