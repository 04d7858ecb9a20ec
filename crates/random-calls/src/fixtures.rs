//! Random objects with many fields. They are made from fixtures of the wire format by replacing some values.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::random::{NAMES, Random};

pub(crate) const USER: &str = include_str!("../../../tests/fixtures/responses/get.json");
pub(crate) const MEMBERSHIPS: &str =
    include_str!("../../../tests/fixtures/responses/get_organization_memberships.json");
pub(crate) const INVITATIONS: &str =
    include_str!("../../../tests/fixtures/responses/get_organization_invitations.json");
pub(crate) const TOKENS: &str = include_str!("../../../tests/fixtures/responses/get_oauth_access_token.json");
pub(crate) const DEVICES: &str = include_str!("../../../tests/fixtures/responses/list_trusted_devices.json");
pub(crate) const SUBSCRIPTION: &str = include_str!("../../../tests/fixtures/responses/get_billing_subscription.json");

/// Returns the object at `pointer` in a fixture, with some random values. Returns `None` if a required value was
/// replaced with a value of another type.
pub(crate) fn altered<T: DeserializeOwned>(fixture: &str, pointer: &str, random: &mut Random<'_>) -> Option<T> {
    let mut fixture: Value = serde_json::from_str(fixture).unwrap();
    let mut object = fixture.pointer_mut(pointer).unwrap().take();
    for value in object.as_object_mut().unwrap().values_mut() {
        // Users with equal identifiers cannot be loaded together.
        if value.is_array() && random.bool() {
            *value = Value::Array(Vec::new());
        }
    }
    let mut leaves = Vec::new();
    collect_leaves(&mut object, &mut leaves);
    for _ in 0..random.below(8) {
        let place = random.below(leaves.len());
        *leaves[place] = leaf(random);
    }
    serde_json::from_value(object).ok()
}

/// Collects all values that are not arrays or objects.
fn collect_leaves<'v>(value: &'v mut Value, leaves: &mut Vec<&'v mut Value>) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| collect_leaves(value, leaves)),
        Value::Object(fields) => fields.values_mut().for_each(|value| collect_leaves(value, leaves)),
        leaf => leaves.push(leaf),
    }
}

fn leaf(random: &mut Random<'_>) -> Value {
    match random.below(8) {
        0 => Value::Null,
        1 => random.bool().into(),
        2 => random.any_number().into(),
        3 => random.time().as_millisecond().into(),
        _ => random.text(&NAMES).into(),
    }
}
