//! [`SeedUser`]: a user in JSON, including the secrets that a [`User`] does not contain.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use crate::error::Error;
use crate::model::{BackupCode, NewPassword, Password, PasswordDigest, Text, TotpSecret, User, lenient};

/// A user in the API's format, with secrets as in a `POST /users` request.
pub(super) struct SeedUser {
    pub(super) user: User,
    pub(super) password: Option<NewPassword>,
    pub(super) totp_secret: Option<TotpSecret>,
    pub(super) backup_codes: Vec<BackupCode>,
}

/// The fields that a [`User`] does not have, and those whose default is `true` for a new user.
#[derive(serde::Deserialize)]
struct Others {
    password: Option<Password>,
    password_digest: Option<String>,
    password_hasher: Option<Text>,
    totp_secret: Option<TotpSecret>,
    backup_codes: Option<Vec<BackupCode>>,
    delete_self_enabled: Option<Value>,
    create_organization_enabled: Option<Value>,
}

/// The reason why a user cannot be parsed. It contains no values from the JSON, because they can be secret.
#[derive(Debug, PartialEq)]
pub(super) enum Invalid {
    /// A value is invalid. The text contains its position.
    Value(String),
    /// Fields are unknown, or a field requires another field that is missing.
    Fields(String),
}

impl SeedUser {
    /// Parses a user. The error contains no values from the JSON, because they can be secret.
    pub(super) fn parse(json: &str) -> Result<Self, Invalid> {
        let why = |error: serde_json::Error| {
            Invalid::Value(Error::decode_of(&error, json).message().unwrap_or_default().to_owned())
        };
        let mut user: User = lenient::strict_document(json).map_err(why)?;
        let others: Others = serde_json::from_str(json).map_err(why)?;
        // Like `null`, an empty string is absent.
        let is_absent = |value: Option<Value>| value.is_none_or(|value| value == "");
        user.delete_self_enabled |= is_absent(others.delete_self_enabled);
        user.create_organization_enabled |= is_absent(others.create_organization_enabled);
        // Unknown top-level fields are checked here, because the secrets are not fields of a `User`.
        let UnknownFields(unknown) = serde_json::from_str(json).map_err(why)?;
        if !unknown.is_empty() {
            let mut known = [field_names::<User>(), field_names::<Others>()].concat();
            known.sort_unstable();
            let (unknown, known) = (unknown.join(", "), known.join(", "));
            return Err(Invalid::Fields(format!("unknown field: {unknown}; known fields: {known}")));
        }
        let password = match (others.password, others.password_digest, others.password_hasher) {
            // A plaintext password takes precedence over a digest.
            (Some(password), _, _) => Some(password.into()),
            (None, Some(digest), Some(hasher)) => Some(PasswordDigest::new(hasher.as_str().into(), digest).into()),
            (None, Some(_), None) => {
                return Err(Invalid::Fields("password_digest requires password_hasher".to_owned()));
            }
            (None, None, Some(_)) => {
                return Err(Invalid::Fields("password_hasher requires password_digest".to_owned()));
            }
            (None, None, None) => None,
        };
        Ok(Self {
            user,
            password,
            totp_secret: others.totp_secret,
            backup_codes: others.backup_codes.unwrap_or_default(),
        })
    }
}

/// The names of fields that neither [`User`] nor [`Others`] has.
struct UnknownFields(Vec<String>);

impl<'de> Deserialize<'de> for UnknownFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Vec<String>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Vec<String>, A::Error> {
                let known = [field_names::<User>(), field_names::<Others>()];
                let mut unknown = Vec::new();
                while let Some((name, IgnoredAny)) = object.next_entry::<String, _>()? {
                    if !known.iter().any(|names| names.contains(&name.as_str())) {
                        unknown.push(name);
                    }
                }
                Ok(unknown)
            }
        }

        deserializer.deserialize_map(Names).map(Self)
    }
}

/// Returns the names of the fields of a struct.
fn field_names<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    struct Names<'a>(&'a mut &'static [&'static str]);

    impl<'de> Deserializer<'de> for Names<'_> {
        type Error = serde::de::value::Error;

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            *self.0 = fields;
            self.deserialize_any(visitor)
        }

        /// Returns an error, because there is no value to deserialize.
        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
            Err(Self::Error::custom("no value"))
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    let mut names: &'static [&'static str] = &[];
    drop(T::deserialize(Names(&mut names)));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the reason why a user cannot be parsed, or an empty string.
    fn why(json: &str) -> String {
        match SeedUser::parse(json).err() {
            Some(Invalid::Value(why) | Invalid::Fields(why)) => why,
            None => String::new(),
        }
    }

    #[test]
    fn parse_reads_secrets() {
        let json = r#"{"object":"user","id":"user_1","password":"a","password_digest":"b","password_hasher":"bcrypt",
            "totp_secret":"c","backup_codes":["d","e"]}"#;
        let seed = SeedUser::parse(json).unwrap();
        assert!(matches!(seed.password, Some(NewPassword::Plain(password)) if password.expose_secret() == "a"));
        assert_eq!(seed.totp_secret.unwrap().expose_secret(), "c");
        assert_eq!(seed.backup_codes.len(), 2);
        let json = r#"{"id":"user_1","password":null,"password_digest":"b","password_hasher":"bcrypt"}"#;
        assert!(matches!(SeedUser::parse(json).unwrap().password, Some(NewPassword::Digest(_))));
    }

    #[test]
    fn parse_sets_absent_permissions() {
        for (value, expected) in
            [(None, true), (Some("null"), true), (Some(r#""""#), true), (Some("true"), true), (Some("false"), false)]
        {
            for name in ["delete_self_enabled", "create_organization_enabled"] {
                let field = value.map(|value| format!(r#","{name}":{value}"#)).unwrap_or_default();
                let user = SeedUser::parse(&format!(r#"{{"id":"user_1"{field}}}"#)).unwrap().user;
                let is_self = name == "delete_self_enabled";
                let (this, other) = (user.delete_self_enabled, user.create_organization_enabled);
                assert_eq!(
                    (this, other),
                    if is_self { (expected, true) } else { (true, expected) },
                    "{name}: {value:?}"
                );
            }
        }
    }

    #[test]
    fn parse_accepts_every_field_of_a_user() {
        let mut user = serde_json::to_value(User::new("user_1".parse().unwrap())).unwrap();
        for name in field_names::<User>() {
            user.as_object_mut().unwrap().entry(*name).or_insert_with(|| serde_json::Value::Null);
        }
        assert!(field_names::<User>().contains(&"unsafe_metadata"));
        assert!(SeedUser::parse(&user.to_string()).is_ok());
    }

    #[test]
    fn parse_rejects_unknown_fields_by_name_and_incomplete_digests() {
        for (json, why) in [
            (r#"{"id":"user_1","passwd":"secret","nickname":null}"#, "unknown field: passwd, nickname; known fields: "),
            (r#"{"id":"user_1","emailAddresses":[]}"#, "unknown field: emailAddresses; known fields: backup_code"),
            (r#"{"id":"user_1","password_digest":"secret"}"#, "password_digest requires password_hasher"),
            (r#"{"id":"user_1","password_hasher":"bcrypt"}"#, "password_hasher requires password_digest"),
            (r#"{"id":"user_1","password":7}"#, "a value has the wrong type at `password`, line 1 column 27"),
            (
                r#"{"id":"user_1","email_addresses":[{"email":"secret"}]}"#,
                "the field is unknown at `email_addresses[0].email`, line 1 column 51",
            ),
        ] {
            assert!(self::why(json).starts_with(why), "{json}: {}", self::why(json));
        }
        let unknown = why(r#"{"id":"user_1","passwd":"secret"}"#);
        assert!(unknown.contains(", first_name, ") && unknown.contains(", password_digest, "), "{unknown}");
    }

    #[test]
    fn parse_rejects_values_that_would_be_ignored() {
        const TIME: &str =
            "milliseconds since the Unix epoch, or a time in RFC 3339 format, in the years -9999 to 9999";
        const ID: &str = "an id, which is not empty and contains no `/`, `\\`, `?`, `#` or `%`";
        const LIMIT: &str = "an integer from 0 to 18446744073709551615";

        for (field, path, expected) in [
            (r#""banned":"secret""#, "banned", "a boolean"),
            (r#""banned":[1,{"a":2}]"#, "banned", "a boolean"),
            (r#""username":{}"#, "username", "text"),
            (r#""created_at":"secret""#, "created_at", TIME),
            (r#""created_at":99999999999999999"#, "created_at", TIME),
            (r#""create_organizations_limit":-1"#, "create_organizations_limit", LIMIT),
            (r#""primary_email_address_id":"a/b""#, "primary_email_address_id", ID),
            (r#""email_addresses":"secret""#, "email_addresses", "a list"),
            (r#""email_addresses":["secret"]"#, "email_addresses[0]", "an object"),
            (r#""email_addresses":[{"reserved":"secret"}]"#, "email_addresses[0].reserved", "a boolean"),
            (r#""email_addresses":[{},{"linked_to":[7]}]"#, "email_addresses[1].linked_to[0]", "an object"),
            (r#""external_accounts":[{"id":""}]"#, "external_accounts[0].id", ID),
            (r#""scim":7"#, "scim", "an object"),
        ] {
            for end in ["", r#","first_name":"Ada""#] {
                let json = format!(r#"{{"id":"user_1",{field}{end}}}"#);
                let start = format!("invalid value: expected {expected} at `{path}`, line 1 ");
                assert!(why(&json).starts_with(&start), "{json}: {}", why(&json));
            }
        }
        for (field, path) in [
            (r#""public_metadata":"secret""#, "public_metadata"),
            (r#""saml_accounts":[{"id":"a","public_metadata":[]}]"#, "saml_accounts[0].public_metadata"),
        ] {
            let why = why(&format!(r#"{{"id":"user_1",{field}}}"#));
            assert!(why.starts_with(&format!("a value has the wrong type at `{path}`, ")), "{field}: {why}");
        }
        let why = why(r#"{"id":"user_1","external_accounts":[{"provider":"oauth_google"}]}"#);
        assert!(why.starts_with("the field `id` is missing at `external_accounts[0]`, "), "{why}");
    }

    #[test]
    fn parse_rejects_unknown_fields_of_nested_objects() {
        for (field, path) in [
            (
                r#""email_addresses":[{"object":"email_address","id":"a"},{"address":null}]"#,
                "email_addresses[1].address",
            ),
            (r#""phone_numbers":[{"verification":{"state" : {"a":1}}}]"#, "phone_numbers[0].verification.state"),
            (r#""scim":{"directory_id":"a","x\u0079z":[1]}"#, "scim.xyz"),
        ] {
            let json = format!(r#"{{"id":"user_1",{field}}}"#);
            let why = why(&json);
            assert!(why.starts_with(&format!("the field is unknown at `{path}`, ")), "{json}: {why}");
        }
    }

    #[test]
    fn parse_accepts_absent_values_and_types_of_objects() {
        for field in [
            r#""email_addresses":[null,{"object":"email_address","email_address":"a@b.cd","verification":null}]"#,
            r#""username":7,"banned":1"#,
            r#""username":"","banned":"","create_organizations_limit":"3","created_at":1700000000000.5"#,
            r#""email_addresses":[{"object" : 7}],"public_metadata":{"object":{"any":["thing"]}}"#,
            r#""saml_accounts":null,"public_metadata":null,"scim":null"#,
        ] {
            let json = format!(r#"{{"id":"user_1",{field}}}"#);
            assert_eq!(why(&json), "", "{json}");
        }
    }
}
