//! What a reader who takes the description at its word would not accept of a value.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::described::{Field, SCHEMAS, Shape, Success};

/// What was found in values, and which fields had a value at all.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) gaps: BTreeSet<String>,
    pub(crate) seen: BTreeSet<String>,
}

impl Report {
    pub(crate) fn of(schema: &str, value: &Value) -> Self {
        let mut report = Self::default();
        report.object(schema, value);
        report
    }

    pub(crate) fn success(&mut self, success: &Success, value: &Value) {
        match success.shape {
            Shape::Object => self.object(&success.schema, value),
            Shape::List => {
                let elements = value.as_array().unwrap_or_else(|| panic!("no list: {value}"));
                for element in elements {
                    self.object(&success.schema, element);
                }
            }
        }
    }

    pub(crate) fn object(&mut self, name: &str, value: &Value) {
        let schema = &SCHEMAS[name];
        let Some(value) = value.as_object() else {
            self.gaps.insert(format!("{name} is no object"));
            return;
        };
        for (key, field) in &schema.fields {
            match value.get(key) {
                Some(value) => self.field(&format!("{name}.{key}"), field, value),
                None if field.required => _ = self.gaps.insert(format!("{name}.{key} is left out")),
                None => {}
            }
        }
        if !schema.either.is_empty() && !schema.either.iter().any(|key| value.contains_key(key)) {
            self.gaps.insert(format!("{name}.{} are left out", schema.either.join(" and ")));
        }
        for key in value.keys().filter(|key| !schema.open && !schema.fields.contains_key(*key)) {
            self.gaps.insert(format!("{name}.{key} is not described"));
        }
    }

    fn field(&mut self, name: &str, field: &Field, value: &Value) {
        if !field.holds(value) {
            self.gaps.insert(if value.is_null() { format!("{name} is null") } else { format!("{name} is {value}") });
            return;
        }
        if !value.is_null() {
            self.seen.insert(name.to_owned());
        }
        if field.of.is_empty() {
            return;
        }
        match value {
            Value::Array(elements) => elements.iter().for_each(|element| self.one_of(name, &field.of, element)),
            Value::Null => {}
            value => self.one_of(name, &field.of, value),
        }
    }

    /// An object of one schema, or of the one of several that its kind names.
    fn one_of(&mut self, name: &str, schemas: &[String], value: &Value) {
        let kind = value.as_object().and_then(|value: &Map<String, Value>| value.get("object")?.as_str());
        match (schemas, kind) {
            ([schema], _) => self.object(schema, value),
            (_, None) => _ = self.gaps.insert(format!("{name} does not say what kind of object it is")),
            (schemas, Some(kind)) if schemas.iter().any(|schema| schema == kind) => self.object(kind, value),
            (_, Some(kind)) => _ = self.gaps.insert(format!("{name} is a {kind}")),
        }
    }
}

#[test]
fn gaps_are_found() {
    let gaps = |schema: &str, json: &str| Report::of(schema, &serde_json::from_str(json).unwrap()).gaps;
    for (schema, json, expected) in [
        ("TotalCount", r#"{ "object": "total_count", "total_count": 1 }"#, vec![]),
        ("TotalCount", r#"{ "object": "total_count" }"#, vec!["TotalCount.total_count is left out"]),
        ("TotalCount", r#"{ "object": "total_count", "total_count": null }"#, vec!["TotalCount.total_count is null"]),
        ("TotalCount", r#"{ "object": "total_count", "total_count": 1.5 }"#, vec!["TotalCount.total_count is 1.5"]),
        ("TotalCount", r#"{ "object": "count", "total_count": 1 }"#, vec!["TotalCount.object is \"count\""]),
        (
            "TotalCount",
            r#"{ "object": "total_count", "total_count": 1, "x": null }"#,
            vec!["TotalCount.x is not described"],
        ),
        ("TotalCount", "[]", vec!["TotalCount is no object"]),
        (
            "ClerkErrors",
            r#"{ "errors": [{ "code": "a", "message": "b" }], "meta": null }"#,
            vec!["ClerkError.long_message is left out", "ClerkErrors.meta is null"],
        ),
        (
            "CommerceCreditLedgerResponse",
            r#"{ "object": "", "id": "", "payer_id": "", "amount": {}, "source_type": "", "source_id": "",
                 "created_at": "now" }"#,
            vec![
                "CommerceCreditLedgerResponse.created_at is \"now\"",
                "CommerceMoneyResponse.amount is left out",
                "CommerceMoneyResponse.amount_formatted is left out",
                "CommerceMoneyResponse.currency is left out",
                "CommerceMoneyResponse.currency_symbol is left out",
            ],
        ),
        (
            "Web3Wallet",
            r#"{ "object": "web3_wallet", "web3_wallet": "0x", "verification": {}, "created_at": 1, "updated_at": 1 }"#,
            vec!["Web3Wallet.verification does not say what kind of object it is"],
        ),
        (
            "Web3Wallet",
            r#"{ "object": "web3_wallet", "web3_wallet": "0x", "verification": { "object": "verification_otp" },
                 "created_at": 1, "updated_at": 1 }"#,
            vec!["Web3Wallet.verification is a verification_otp"],
        ),
    ] {
        assert_eq!(gaps(schema, json), expected.into_iter().map(str::to_owned).collect(), "{json}");
    }
    assert!(gaps("SAMLAccountConnection", "{}").contains("SAMLAccountConnection.domain and domains are left out"));
}
