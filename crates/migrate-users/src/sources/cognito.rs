//! AWS Cognito: the output of `list-users`, or a CSV with the attributes of the user pool.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Members, Source, member};
use crate::mapping::draft::Draft;
use crate::mapping::fields::normalized;
use crate::mapping::value::{Value, is_uuid};
use crate::reading::object::Object;
use crate::rejects::Rejection;

pub static SOURCE: Source = Source {
    signatures: &[
        &["cognito:username"],
        &["username", "attributes", "user_status"],
        &["username", "user_create_date"],
        &["username", "user_attributes"],
    ],
    fields: &[
        ("name", "full_name"),
        ("user_create_date", "created_at:seconds"),
        ("enabled", "active"),
        ("cognito:username", "username"),
    ],
    ignored: &[
        "cognito:mfa_enabled",
        "updated_at",
        "user_last_modified_date",
        "user_status",
        "cognito:user_status",
        "sub",
        "identities",
        "picture",
        "profile",
        "website",
        "middle_name",
        "nickname",
        "preferred_username",
        "gender",
        "birthdate",
        "address",
        "mfaoptions",
    ],
    external_id: &["sub", "cognito:username", "username"],
    unnest,
    complete,
    ..Source::new("cognito")
};

#[derive(Deserialize)]
struct Attribute<'a> {
    #[serde(rename = "Name", alias = "name", borrow)]
    name: Cow<'a, str>,
    #[serde(rename = "Value", alias = "value", borrow)]
    value: &'a RawValue,
}

/// Replaces the list `Attributes` by one member for each attribute, and renames `Username` to `cognito:username`. Some
/// SDKs write these names in camel case.
fn unnest(members: Members<'_>) -> Result<Members<'_>, Rejection> {
    let mut flat = Vec::with_capacity(members.len());
    let has_list = ["attributes", "user_attributes"].iter().any(|name| member(&members, name).is_some());
    for (name, value) in members {
        // `admin-get-user` writes `UserAttributes`.
        let is_list = matches!(normalized(&name).as_str(), "attributes" | "user_attributes");
        if is_list && value.get() == "null" {
            continue;
        }
        if !is_list {
            let is_username = name == "Username" || name == "username" && has_list;
            let name = if is_username { Cow::Borrowed("cognito:username") } else { name };
            flat.push((name, value));
            continue;
        }
        let malformed = |_| Rejection::new("malformed", "Attributes is not a list of attributes").param("Attributes");
        if value.get().starts_with('{') {
            // Some programs convert the list to an object.
            let Object(attributes) = serde_json::from_str(value.get()).map_err(malformed)?;
            flat.extend(attributes);
            continue;
        }
        let attributes: Vec<Attribute<'_>> = serde_json::from_str(value.get()).map_err(malformed)?;
        flat.extend(attributes.into_iter().map(|attribute| (attribute.name, attribute.value)));
    }
    Ok(flat)
}

/// Returns whether the username consists of the name of an identity provider and the id of the user there, such as
/// `Google_1`, according to the attribute `identities`.
fn has_username_of_provider(members: &Members<'_>) -> bool {
    let value = |name| member(members, name).and_then(Value::of);
    let (Some(username), Some(identities)) = (value("cognito:username"), value("identities")) else { return false };
    let Ok(identities) = serde_json::from_str::<Vec<Object<'_>>>(identities.as_str()) else { return false };
    identities.iter().any(|Object(identity)| {
        let of = |name| member(identity, name).and_then(Value::of).and_then(|value| value.text().ok());
        let (Some(provider), Some(id)) = (of("provider_name"), of("user_id")) else { return false };
        username.as_str().trim().eq_ignore_ascii_case(&format!("{provider}_{id}"))
    })
}

/// Drops usernames that Cognito generates from the id or from the account at an identity provider, or that are email
/// addresses or phone numbers.
fn complete(members: &Members<'_>, draft: &mut Draft, _: &HashSet<String>) {
    let text = |name: &str| member(members, name).and_then(Value::of).and_then(|value| value.text().ok());
    let status = text("user_status").or_else(|| text("cognito:user_status"));
    draft.is_federated = status.as_deref() == Some("EXTERNAL_PROVIDER") || has_username_of_provider(members);
    let sub = text("sub");
    let is_generated =
        |name: &str| sub.as_deref() == Some(name) || is_uuid(name, '-') || name.contains('@') || name.starts_with('+');
    if draft.is_federated || draft.user.username.as_deref().is_some_and(is_generated) {
        draft.user.username = None;
    }
}
