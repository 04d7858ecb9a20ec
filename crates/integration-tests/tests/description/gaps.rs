//! Validation of values against the API description.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::described::{Field, SCHEMAS, Shape, Success};

/// The gaps found in values, and the fields with a value.
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
                let elements = value.as_array().unwrap_or_else(|| panic!("not a list: {value}"));
                for element in elements {
                    self.object(&success.schema, element);
                }
            }
        }
    }

    pub(crate) fn object(&mut self, name: &str, value: &Value) {
        let schema = &SCHEMAS[name];
        let Some(value) = value.as_object() else {
            self.gaps.insert(format!("{name} is not an object"));
            return;
        };
        for (key, field) in &schema.fields {
            match value.get(key) {
                Some(value) => self.field(&format!("{name}.{key}"), field, value),
                None if field.required => _ = self.gaps.insert(format!("{name}.{key}is missing")),
                None => {}
            }
        }
        if !schema.either.is_empty() && !schema.either.iter().any(|key| value.contains_key(key)) {
            self.gaps.insert(format!("{name}.{}are missing", schema.either.join(" and ")));
        }
        for key in value.keys().filter(|key| !schema.open && !schema.fields.contains_key(*key)) {
            self.gaps.insert(format!("{name}.{key}is not in the description"));
        }
    }

    fn field(&mut self, name: &str, field: &Field, value: &Value) {
        if !field.accepts(value) {
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

    /// Checks an object against its schema. If there are several, its `object` names the schema.
    fn one_of(&mut self, name: &str, schemas: &[String], value: &Value) {
        let kind = value.as_object().and_then(|value: &Map<String, Value>| value.get("object")?.as_str());
        match (schemas, kind) {
            ([schema], _) => self.object(schema, value),
            (_, None) => _ = self.gaps.insert(format!("{name}has no `object`")),
            (schemas, Some(kind)) if schemas.iter().any(|schema| schema == kind) => self.object(kind, value),
            (_, Some(kind)) => _ = self.gaps.insert(format!("{name} is a {kind}")),
        }
    }
}

#[test]
fn report_finds_gaps() {
    let gaps = |schema: &str, json: &str| Report::of(schema, &serde_json::from_str(json).unwrap()).gaps;
    for (schema, json, expected) in [
        ("TotalCount", r#"{ "object": "total_count", "total_count": 1 }"#, vec![]),
        ("TotalCount", r#"{ "object": "total_count" }"#, vec!["TotalCount.total_countis missing"]),
        ("TotalCount", r#"{ "object": "total_count", "total_count": null }"#, vec!["TotalCount.total_count is null"]),
        ("TotalCount", r#"{ "object": "total_count", "total_count": 1.5 }"#, vec!["TotalCount.total_count is 1.5"]),
        ("TotalCount", r#"{ "object": "count", "total_count": 1 }"#, vec!["TotalCount.object is \"count\""]),
        (
            "TotalCount",
            r#"{ "object": "total_count", "total_count": 1, "x": null }"#,
            vec!["TotalCount.xis not in the description"],
        ),
        ("TotalCount", "[]", vec!["TotalCount is not an object"]),
        (
            "ClerkErrors",
            r#"{ "errors": [{ "code": "a", "message": "b" }], "meta": null }"#,
            vec!["ClerkError.long_messageis missing", "ClerkErrors.meta is null"],
        ),
        (
            "CommerceCreditLedgerResponse",
            r#"{ "object": "", "id": "", "payer_id": "", "amount": {}, "source_type": "", "source_id": "",
                 "created_at": "now" }"#,
            vec![
                "CommerceCreditLedgerResponse.created_at is \"now\"",
                "CommerceMoneyResponse.amountis missing",
                "CommerceMoneyResponse.amount_formattedis missing",
                "CommerceMoneyResponse.currencyis missing",
                "CommerceMoneyResponse.currency_symbolis missing",
            ],
        ),
        (
            "Web3Wallet",
            r#"{ "object": "web3_wallet", "web3_wallet": "0x", "verification": {}, "created_at": 1, "updated_at": 1 }"#,
            vec!["Web3Wallet.verificationhas no `object`"],
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
    assert!(gaps("SAMLAccountConnection", "{}").contains("SAMLAccountConnection.domain and domainsare missing"));
}
