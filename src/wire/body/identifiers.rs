//! Email addresses and phone numbers of a new user: a list of values, and a parallel list of statuses.

use serde::ser::SerializeMap;

use super::object::Object;
use crate::model::{IdentifierStatus, NewIdentifier};
#[cfg(feature = "wire")]
use {super::Form, crate::error::codes, crate::error::rejection::param, crate::model::Text};

/// Returns a status as it appears in requests.
pub(super) const fn status_name(status: IdentifierStatus) -> &'static str {
    match status {
        IdentifierStatus::Verified => "verified",
        IdentifierStatus::Reserved => "reserved",
        IdentifierStatus::Unverified => "unverified",
    }
}

/// Writes the values, and their statuses if any status differs from Clerk's default (`verified`).
pub(super) fn write<M: SerializeMap>(
    object: &mut Object<M>,
    name: &'static str,
    status_field: &'static str,
    identifiers: &[NewIdentifier],
) -> Result<(), M::Error> {
    object.list(name, &identifiers.iter().map(NewIdentifier::value).collect::<Vec<_>>())?;
    if identifiers.iter().all(|identifier| identifier.status() == IdentifierStatus::Verified) {
        return Ok(());
    }
    let statuses: Vec<_> = identifiers.iter().map(|identifier| status_name(identifier.status())).collect();
    object.list(status_field, &statuses)
}

/// Reads the values, and their statuses if there are any.
#[cfg(feature = "wire")]
pub(super) fn read(form: &mut Form<'_>, name: &'static str, status_field: &'static str) -> Vec<NewIdentifier> {
    let values: Vec<Text> = form.list(name).unwrap_or_default();
    let statuses: Vec<Text> = form.list(status_field).unwrap_or_default();
    let is_rejected = form.is_rejected(name) || form.is_rejected(status_field);
    if !is_rejected && !statuses.is_empty() && statuses.len() != values.len() {
        let long_message = format!("{status_field} must contain exactly one item for each item in {name}.");
        let detail = param(codes::FORM_PARAM_ARRAY_LENGTH_MISMATCH, status_field, "length mismatch");
        form.reject_with(detail.with_long_message(long_message));
    }
    if statuses.iter().any(|status| status != "verified" && status != "reserved") {
        form.reject_choice(status_field, &["verified", "reserved"]);
    }
    let statuses = statuses.into_iter().map(Some).chain(std::iter::repeat(None));
    let identifier = |(value, status): (Text, Option<Text>)| match status.as_deref() {
        Some("reserved") => NewIdentifier::reserved(value),
        _ => NewIdentifier::verified(value),
    };
    values.into_iter().zip(statuses).map(identifier).collect()
}
