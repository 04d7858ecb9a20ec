//! The description, read from `operations.json` and `schemas.json`; the README beside them says what is in there.

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
    pub(crate) fn holds(self, value: &Value) -> bool {
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
    /// Whether a value is of the field's type, one of its values if they are listed, and of its format.
    pub(crate) fn holds(&self, value: &Value) -> bool {
        if value.is_null() {
            return self.nullable;
        }
        let is_listed = |value: &Value| {
            self.values.is_empty() || value.as_str().is_some_and(|value| self.values.iter().any(|one| one == value))
        };
        let elements = match value.as_array() {
            Some(elements) if self.kind == Type::Array => elements.as_slice(),
            _ => return self.kind.holds(value) && is_listed(value) && self.is_formatted(value),
        };
        elements.iter().all(|element| self.items.is_none_or(|items| items.holds(element)) && is_listed(element))
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

/// What the description says of an operation.
pub(crate) fn described(operation: Operation) -> &'static Described {
    let is_it =
        |one: &&Described| one.method == Route::of(operation).method.as_str() && one.path == Route::of(operation).path;
    OPERATIONS.iter().find(is_it).unwrap_or_else(|| panic!("{operation} is not described"))
}

#[test]
fn the_table_of_operations_is_the_description_s() {
    let ours: BTreeSet<_> =
        Operation::ALL.iter().map(|one| (Route::of(*one).method.as_str(), Route::of(*one).path)).collect();
    let theirs: BTreeSet<_> = OPERATIONS.iter().map(|one| (one.method.as_str(), one.path.as_str())).collect();
    assert_eq!(ours, theirs);
    assert_eq!(OPERATIONS.len(), Operation::ALL.len());
    assert_eq!(OPERATIONS.iter().map(|one| &one.id).collect::<BTreeSet<_>>().len(), OPERATIONS.len());
}

#[test]
fn every_schema_that_is_named_is_there_and_reached() {
    let mut reached = BTreeSet::from(["ClerkErrors"]);
    let mut left: Vec<&str> = reached.iter().copied().collect();
    left.extend(OPERATIONS.iter().map(|operation| operation.success.schema.as_str()));
    while let Some(name) = left.pop() {
        reached.insert(name);
        let schema = &SCHEMAS[name];
        assert!(schema.either.iter().all(|name| schema.fields.contains_key(name)), "{name}");
        let named = schema.fields.values().flat_map(|field| &field.of).map(String::as_str);
        left.extend(named.filter(|name| !reached.contains(name)));
    }
    assert_eq!(reached, SCHEMAS.keys().map(String::as_str).collect());
}
