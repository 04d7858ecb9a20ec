//! Sample values generated from the API description.

use serde_json::{Map, Value, json};

use crate::described::{Field, SCHEMAS, Type};

/// Enough variants to cover every schema of a field and every enum value.
pub(crate) const VARIANTS: usize = 8;

/// Returns an object with every described field.
pub(crate) fn full(schema: &str, variant: usize) -> Value {
    let fields = SCHEMAS[schema].fields.iter();
    fields.map(|(name, field)| (name.clone(), value(field, variant, full))).collect::<Map<_, _>>().into()
}

/// Returns an object with only required fields, which are `null` if nullable.
pub(crate) fn minimal(schema: &str, variant: usize) -> Value {
    let schema = &SCHEMAS[schema];
    let either = (!schema.either.is_empty()).then(|| &schema.either[variant % schema.either.len()]);
    let fields = schema.fields.iter().filter(|(name, field)| field.required || Some(*name) == either);
    let sample = |field: &Field| if field.nullable { Value::Null } else { value(field, variant, minimal) };
    fields.map(|(name, field)| (name.clone(), sample(field))).collect::<Map<_, _>>().into()
}

fn value(field: &Field, variant: usize, object: fn(&str, usize) -> Value) -> Value {
    let single = match field.of.as_slice() {
        [] => scalar(field, variant),
        schemas => {
            let schema = &schemas[variant % schemas.len()];
            let mut value = object(schema, variant);
            if schemas.len() > 1 {
                // Not required, but it identifies the schema.
                value["object"] = json!(schema);
            }
            value
        }
    };
    if field.kind == Type::Array { json!([single]) } else { single }
}

fn scalar(field: &Field, variant: usize) -> Value {
    match field.items.unwrap_or(field.kind) {
        Type::Boolean => json!(true),
        Type::Integer => json!(1),
        Type::Number => json!(1.5),
        Type::Object => json!({ "key": { "inner": null } }),
        Type::Array => json!([]),
        Type::String => match (field.values.as_slice(), field.format.as_deref()) {
            ([], Some("date-time")) => json!("2026-05-12T09:00:00Z"),
            ([], Some("date")) => json!("2026-05-12"),
            ([], _) => json!("text"),
            (values, _) => json!(values[variant % values.len()]),
        },
    }
}
