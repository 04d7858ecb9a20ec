//! The API description in `operations.json` and `schemas.json`. The README next to them documents the format.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;
use user_directory::Operation;
use user_directory::wire::route::Route;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Described {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, Field>,
    pub(crate) body: Option<Body>,
    pub(crate) success: Success,
    pub(crate) errors: Vec<u16>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    pub(crate) content_type: String,
    pub(crate) required: bool,
    pub(crate) fields: BTreeMap<String, Field>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Success {
    pub(crate) shape: Shape,
    pub(crate) schema: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Shape {
    Object,
    List,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schema {
    pub(crate) fields: BTreeMap<String, Field>,
    #[serde(default)]
    pub(crate) either: Vec<String>,
    #[serde(default)]
    pub(crate) open: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Field {
    #[serde(rename = "type")]
    pub(crate) kind: Type,
    pub(crate) items: Option<Type>,
    #[serde(default)]
    pub(crate) of: Vec<String>,
    #[serde(default, rename = "enum")]
    pub(crate) values: Vec<String>,
    pub(crate) format: Option<String>,
    #[serde(default)]
    pub(crate) nullable: bool,
    #[serde(default)]
    pub(crate) required: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Type {
    Array,
    Boolean,
    Integer,
    Number,
    Object,
    String,
}

impl Type {
    pub(crate) fn accepts(self, value: &Value) -> bool {
        match self {
            Self::Array => value.is_array(),
            Self::Boolean => value.is_boolean(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::Object => value.is_object(),
            Self::String => value.is_string(),
        }
    }
}

impl Field {
    /// Returns `true` if a value has the field's type and format and, for an enum, one of its values.
    pub(crate) fn accepts(&self, value: &Value) -> bool {
        if value.is_null() {
            return self.nullable;
        }
        let is_listed = |value: &Value| {
            self.values.is_empty() || value.as_str().is_some_and(|value| self.values.iter().any(|one| one == value))
        };
        let elements = match value.as_array() {
            Some(elements) if self.kind == Type::Array => elements.as_slice(),
            _ => return self.kind.accepts(value) && is_listed(value) && self.is_formatted(value),
        };
        elements.iter().all(|element| self.items.is_none_or(|items| items.accepts(element)) && is_listed(element))
    }

    fn is_formatted(&self, value: &Value) -> bool {
        let text = value.as_str().unwrap_or_default();
        match self.format.as_deref() {
            Some("date-time") => text.parse::<jiff::Timestamp>().is_ok(),
            Some("date") => text.parse::<jiff::civil::Date>().is_ok(),
            _ => true,
        }
    }
}

pub(crate) static OPERATIONS: LazyLock<Vec<Described>> =
    LazyLock::new(|| serde_json::from_str(include_str!("operations.json")).unwrap());

pub(crate) static SCHEMAS: LazyLock<BTreeMap<String, Schema>> =
    LazyLock::new(|| serde_json::from_str(include_str!("schemas.json")).unwrap());

/// Returns the description of an operation.
pub(crate) fn described(operation: Operation) -> &'static Described {
    let is_match =
        |one: &&Described| one.method == Route::of(operation).method.as_str() && one.path == Route::of(operation).path;
    OPERATIONS.iter().find(is_match).unwrap_or_else(|| panic!("{operation}is not in the description"))
}

#[test]
fn routes_match_the_description() {
    let ours: BTreeSet<_> =
        Operation::ALL.iter().map(|one| (Route::of(*one).method.as_str(), Route::of(*one).path)).collect();
    let theirs: BTreeSet<_> = OPERATIONS.iter().map(|one| (one.method.as_str(), one.path.as_str())).collect();
    assert_eq!(ours, theirs);
    assert_eq!(OPERATIONS.len(), Operation::ALL.len());
    assert_eq!(OPERATIONS.iter().map(|one| &one.id).collect::<BTreeSet<_>>().len(), OPERATIONS.len());
}

#[test]
fn every_referenced_schema_exists_and_every_schema_is_referenced() {
    let mut referenced = BTreeSet::from(["ClerkErrors"]);
    let mut pending: Vec<&str> = referenced.iter().copied().collect();
    pending.extend(OPERATIONS.iter().map(|operation| operation.success.schema.as_str()));
    while let Some(name) = pending.pop() {
        referenced.insert(name);
        let schema = &SCHEMAS[name];
        assert!(schema.either.iter().all(|name| schema.fields.contains_key(name)), "{name}");
        let children = schema.fields.values().flat_map(|field| &field.of).map(String::as_str);
        pending.extend(children.filter(|name| !referenced.contains(name)));
    }
    assert_eq!(referenced, SCHEMAS.keys().map(String::as_str).collect());
}
