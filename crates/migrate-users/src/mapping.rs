//! [`Mapping`]: converts lines to new users.

use std::collections::{HashMap, HashSet};

use serde_json::value::RawValue;
use user_directory::{NewUser, Text, User};

use crate::Failure;
use crate::exported;
use crate::fields::{Draft, Field, normalized};
use crate::object::Object;
use crate::rejects::Rejection;
use crate::source::{Line, raw};
use crate::value::Value;

/// A new user with an external id.
#[derive(Debug)]
pub struct Candidate {
    pub external_id: Text,
    pub new_user: NewUser,
    /// The fields of an exported user that cannot be imported.
    pub not_imported: Vec<&'static str>,
}

/// The mapping from the columns or keys of a file to fields.
#[derive(Debug, Default)]
pub struct Mapping {
    /// Columns and keys that are mapped to a field.
    renamed: HashMap<String, String>,
    ignored: HashSet<String>,
    /// Default values.
    base: Draft,
    /// The column or key that contains the external id if the field does not exist.
    external_id_from: String,
}

/// The use of a column or key.
enum Column {
    Field(&'static Field),
    Ignored,
    Unknown,
}

impl Mapping {
    /// Creates a mapping with the external id in `external_id` or, if absent, in `external_id_from`.
    pub fn new(external_id_from: &str) -> Self {
        Self { external_id_from: normalized(external_id_from), ..Self::default() }
    }

    /// Maps a column or key to a field, given as `name=field`.
    pub fn map(&mut self, renaming: &str) -> Result<(), Failure> {
        let (name, field) = renaming.split_once('=').ok_or("--map: must be NAME=FIELD")?;
        let field = Field::named(field).ok_or_else(|| format!("--map: unknown field {field}"))?;
        self.renamed.insert(normalized(name), field.name.to_owned());
        Ok(())
    }

    /// Ignores a column or key.
    pub fn ignore(&mut self, name: &str) {
        self.ignored.insert(normalized(name));
    }

    /// Adds a default value, given as `field=value`.
    pub fn set(&mut self, setting: &str) -> Result<(), Failure> {
        let (name, text) = setting.split_once('=').ok_or("--set: must be FIELD=VALUE")?;
        let field = Field::named(name).ok_or_else(|| format!("--set: unknown field {name}"))?;
        let value = Value::of_text(text.to_owned()).ok_or("--set: must be FIELD=VALUE")?;
        self.base.set(field, &value).map_err(|rejection| format!("--set: {}", rejection.reason))?;
        Ok(())
    }

    fn column(&self, name: &str) -> Column {
        let name = normalized(name);
        match Field::named(self.renamed.get(&name).unwrap_or(&name)) {
            _ if self.ignored.contains(&name) => Column::Ignored,
            Some(field) => Column::Field(field),
            None if name == self.external_id_from => Column::Ignored,
            None => Column::Unknown,
        }
    }

    fn ignores(&self, name: &str) -> bool {
        self.ignored.contains(&normalized(name))
    }

    /// Checks the header of a table. If all columns are unknown, the first line may be a user, so it is not printed.
    pub fn check_columns(&self, names: &[&str]) -> Result<(), Rejection> {
        if names.iter().all(|name| matches!(self.column(name), Column::Unknown)) {
            let number = names.len();
            let hint = "check that the first line is a header, and check --delimiter";
            return Err(Rejection::new("unknown_field", format!("all {number} columns are unknown; {hint}")));
        }
        self.check_names(names.iter().copied())
    }

    /// Checks that no name is duplicated, except ignored ones.
    fn check_once<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<(), Rejection> {
        let mut seen = HashSet::new();
        match names.filter(|name| !self.ignores(name)).find(|name| !seen.insert(normalized(name))) {
            Some(name) => Err(Rejection::new("ambiguous_field", format!("{name} is a duplicate")).param(name)),
            None => Ok(()),
        }
    }

    /// Checks that each name is known, and that no two names map to the same field.
    fn check_names<'a>(&self, names: impl Iterator<Item = &'a str> + Clone) -> Result<(), Rejection> {
        self.check_once(names.clone())?;
        let (mut seen, mut unknown) = (HashSet::new(), Vec::new());
        for name in names {
            match self.column(name) {
                Column::Field(field) if !seen.insert(field.name) => {
                    let reason = format!("two columns or keys map to {}; use --ignore for one of them", field.name);
                    return Err(Rejection::new("ambiguous_field", reason).param(field.name));
                }
                Column::Field(_) | Column::Ignored => {}
                Column::Unknown => unknown.push(name),
            }
        }
        let Some(first) = unknown.first() else { return Ok(()) };
        let reason = format!("unknown: {}; use --map NAME=FIELD or --ignore NAME for each", unknown.join(", "));
        Err(Rejection::new("unknown_field", reason).param(*first))
    }

    /// Converts a line to a user.
    pub fn read(&self, line: &Line) -> Result<Candidate, Rejection> {
        if let Some(malformed) = &line.malformed {
            return Err(malformed.clone());
        }
        let invalid = |_| Rejection::new("malformed", "the line is not a JSON object");
        let Object(values) = serde_json::from_str(line.json.get()).map_err(invalid)?;
        let names = values.iter().map(|(name, _)| name.as_str());
        let (new_user, not_imported) = if is_exported(&values) {
            self.check_once(names)?;
            let user = self.exported_user(&values)?;
            (exported::apply(&user, self.base.clone().finish()?), exported::not_imported(&user))
        } else {
            self.check_names(names)?;
            let mut draft = self.base.clone();
            for (name, json) in &values {
                if let (Column::Field(field), Some(value)) = (self.column(name), Value::of(json)) {
                    draft.set(field, &value)?;
                }
            }
            (draft.finish()?, Vec::new())
        };
        self.with_external_id(new_user, not_imported, &values)
    }

    /// Converts an exported user, without ignored fields.
    fn exported_user(&self, values: &[(String, &RawValue)]) -> Result<User, Rejection> {
        let kept = values.iter().filter(|(name, _)| !self.ignores(name)).cloned().collect();
        let user = serde_json::from_str(raw(&Object(kept)).get());
        user.map_err(|_| Rejection::new("malformed", "the line is not a valid user").param("id"))
    }

    fn with_external_id(
        &self,
        mut new_user: NewUser,
        not_imported: Vec<&'static str>,
        values: &[(String, &RawValue)],
    ) -> Result<Candidate, Rejection> {
        let from_other_key = || {
            let (_, json) = values.iter().find(|(name, _)| normalized(name) == self.external_id_from)?;
            let value = Value::of(json)?;
            // Only JSON lists are split: `auth0|1` is one id.
            let first =
                if json.get().starts_with('[') { value.texts().ok()?.into_iter().next() } else { value.text().ok() };
            first.map(Text::from)
        };
        let own = new_user.external_id.take().filter(|external_id| !external_id.trim().is_empty());
        let Some(external_id) = own.or_else(from_other_key) else {
            let reason = "the line has no external id; use --external-id-from NAME";
            return Err(Rejection::new("no_external_id", reason).param("external_id"));
        };
        let new_user = new_user.external_id(external_id.clone());
        Ok(Candidate { external_id, new_user, not_imported })
    }
}

fn is_exported(values: &[(String, &RawValue)]) -> bool {
    values.iter().any(|(name, json)| name == "object" && json.get() == r#""user""#)
}

/// Returns whether a line is an exported user in the format of the API.
pub fn is_exported_user(line: &Line) -> bool {
    serde_json::from_str(line.json.get()).is_ok_and(|Object(values)| is_exported(&values))
}

#[cfg(test)]
mod tests {
    use user_directory::model::{NewPassword, PasswordHasher};

    use super::*;

    fn line(json: &str) -> Line {
        Line { number: 1, json: serde_json::from_str(json).unwrap(), malformed: None }
    }

    fn mapping(configure: impl FnOnce(&mut Mapping) -> Result<(), Failure>) -> Mapping {
        let mut mapping = Mapping::new("id");
        configure(&mut mapping).unwrap();
        mapping
    }

    fn read(json: &str) -> Result<Candidate, Rejection> {
        Mapping::new("id").read(&line(json))
    }

    #[test]
    fn read_accepts_all_parameters_of_create() {
        let read = read(
            r#"{"external_id":"e1","first_name":"Ada","last_name":"Lovelace","locale":"en-GB",
                "timezone":"Europe/London","username":"ada_lovelace",
                "email_address":["ada@example.com","a@example.com"],
                "email_address_identification_status":["verified","reserved"],
                "phone_number":["+15550100001"],"web3_wallet":["0x1"],"password":"a long passphrase",
                "skip_password_checks":true,"totp_secret":"JBSWY3DP","backup_codes":["one","two"],
                "public_metadata":{"big":123456789012345678901},"private_metadata":{"a":1},"unsafe_metadata":{"b":2},
                "created_at":"2020-01-01T00:00:00Z","legal_accepted_at":null,"delete_self_enabled":false,
                "create_organizations_limit":3,"banned":false}"#,
        );
        let new = read.unwrap().new_user;
        let expected = NewUser::new()
            .external_id("e1")
            .first_name("Ada")
            .last_name("Lovelace")
            .locale("en-GB")
            .timezone("Europe/London")
            .username("ada_lovelace")
            .email_address("ada@example.com")
            .reserved_email_address("a@example.com")
            .phone_number("+15550100001")
            .web3_wallet("0x1")
            .password(user_directory::Password::new("a long passphrase"))
            .skip_password_checks(true)
            .totp_secret("JBSWY3DP")
            .backup_codes(["one", "two"])
            .public_metadata(r#"{"big":123456789012345678901}"#.parse().unwrap())
            .private_metadata(r#"{"a":1}"#.parse().unwrap())
            .unsafe_metadata(r#"{"b":2}"#.parse().unwrap())
            .created_at("2020-01-01T00:00:00Z".parse().unwrap())
            .delete_self_enabled(false)
            .create_organizations_limit(3)
            .banned(false);
        assert_eq!(new, expected);
        assert_eq!(new.metadata.public.as_json(), r#"{"big":123456789012345678901}"#);
    }

    #[test]
    fn unknown_names_are_rejected_unless_mapped_or_ignored() {
        let mapping = mapping(|mapping| {
            mapping.map("Kundennummer=external_id")?;
            mapping.map("vorname=first_name")?;
            mapping.ignore("Shoe Size");
            mapping.set("password_hasher=bcrypt")
        });
        let json = r#"{"kundennummer":42,"Vorname":"Ada","shoe_size":"38","passwordHash":"$2a$10$x"}"#;
        let new = mapping.read(&line(json)).unwrap().new_user;
        assert_eq!((new.external_id.as_deref(), new.first_name.as_deref()), (Some("42"), Some("Ada")));
        assert!(
            matches!(new.password, Some(NewPassword::Digest(digest)) if *digest.hasher() == PasswordHasher::Bcrypt)
        );

        let rejection = mapping.read(&line(r#"{"external_id":"1","pasword":"x"}"#)).unwrap_err();
        assert_eq!((rejection.code.as_str(), rejection.param.as_deref()), ("unknown_field", Some("pasword")));
        let rejection = mapping.check_names(["email", "Email Address"].into_iter()).unwrap_err();
        assert_eq!((rejection.code.as_str(), rejection.param.as_deref()), ("ambiguous_field", Some("email_address")));
        for (invalid, message) in [("a", "must be NAME=FIELD"), ("a=shoe_size", "unknown field shoe_size")] {
            let error = Mapping::new("id").map(invalid).unwrap_err().to_string();
            assert!(error.ends_with(message), "{error}");
        }
        let error = Mapping::new("id").set("banned=secret").unwrap_err().to_string();
        assert_eq!(error, "--set: banned must be true or false");
    }

    #[test]
    fn check_columns_does_not_print_the_first_line_of_a_table_without_header() {
        let mapping = Mapping::new("id");
        let rejection = mapping.check_columns(&["7", "ada@example.com", "7"]).unwrap_err();
        assert!(rejection.reason.starts_with("all 3 columns are unknown; check that"), "{rejection:?}");
        assert!(rejection.param.is_none());
        let rejection = mapping.check_columns(&["id", "pets"]).unwrap_err();
        assert!(rejection.reason.starts_with("unknown: pets;"), "{rejection:?}");
        assert!(mapping.check_columns(&["id"]).is_ok());
    }

    #[test]
    fn duplicate_key_is_rejected_unless_ignored() {
        for (json, param) in [
            (r#"{"id":"1","id":"2"}"#, "id"),
            (r#"{"id":"1","email":"a@example.com","email":"b@example.com"}"#, "email"),
            (r#"{"object":"user","id":"1","first_name":"Ada","first_name":"Grace"}"#, "first_name"),
        ] {
            let rejection = read(json).unwrap_err();
            assert_eq!(
                (rejection.code.as_str(), rejection.param.as_deref()),
                ("ambiguous_field", Some(param)),
                "{json}"
            );
        }
        let mapping = mapping(|mapping| {
            mapping.ignore("notes");
            Ok(())
        });
        assert!(mapping.read(&line(r#"{"id":"1","notes":"a","notes":"b"}"#)).is_ok());
    }

    #[test]
    fn ignored_fields_of_exported_users_are_dropped() {
        let mapping = mapping(|mapping| {
            mapping.ignore("Public Metadata");
            mapping.ignore("username");
            mapping.set(r#"public_metadata={"from":"old"}"#)?;
            mapping.set(r#"private_metadata={"from":"old"}"#)
        });
        let json = r#"{"object":"user","id":"user_1","username":"ada","first_name":"Ada","public_metadata":{"a":1}}"#;
        let new = mapping.read(&line(json)).unwrap().new_user;
        assert_eq!((new.username, new.first_name.as_deref()), (None, Some("Ada")));
        assert_eq!(new.metadata.public.as_json(), r#"{"from":"old"}"#);
        assert_eq!(new.metadata.private.as_json(), r#"{"from":"old"}"#);
    }

    #[test]
    fn every_password_hasher_is_supported() {
        let hashers = "argon2i argon2id awscognito bcrypt bcrypt_peppered bcrypt_sha256_django ldap_ssha md5 md5_phpass \
                       md5_salted pbkdf2_sha1 pbkdf2_sha256 pbkdf2_sha256_django pbkdf2_sha512 pbkdf2_sha512_hex phpass \
                       scrypt_firebase scrypt_werkzeug sha256 sha256_salted sha512_symfony future_hasher";
        for hasher in hashers.split(' ').filter(|hasher| !hasher.is_empty()) {
            let json = format!(r#"{{"id":"1","password_digest":"the digest","password_hasher":"{hasher}"}}"#);
            let candidate = read(&json).unwrap();
            assert!(!format!("{candidate:?}").contains("the digest"));
            let Some(NewPassword::Digest(digest)) = candidate.new_user.password else { panic!("{hasher}") };
            assert_eq!((digest.hasher().as_str(), digest.expose_secret()), (hasher, "the digest"));
            let known = !matches!(digest.hasher(), PasswordHasher::Other(_));
            assert_eq!(known, hasher != "future_hasher", "{hasher}");
        }
    }

    #[test]
    fn external_id_is_read_from_the_line_or_from_another_key() {
        let from_email = Mapping::new("email");
        for (mapping, json, expected) in [
            (&Mapping::new("id"), r#"{"external_id":"own","id":"other"}"#, Some("own")),
            (&Mapping::new("id"), r#"{"external_id":"","id":7}"#, Some("7")),
            (&Mapping::new("id"), r#"{"id":"auth0|1"}"#, Some("auth0|1")),
            (&Mapping::new("id"), r#"{"id":"a;b"}"#, Some("a;b")),
            (&Mapping::new("id"), r#"{"object":"user","id":"user_1"}"#, Some("user_1")),
            (&Mapping::new("id"), r#"{"object":"user","id":"user_1","external_id":"own"}"#, Some("own")),
            (&Mapping::new("id"), r#"{"email":"ada@example.com"}"#, None),
            (&from_email, r#"{"email":"ada@example.com"}"#, Some("ada@example.com")),
            (&from_email, r#"{"email":["ada@example.com","a@example.com"]}"#, Some("ada@example.com")),
        ] {
            let read = mapping.read(&line(json));
            assert_eq!(read.as_ref().ok().map(|candidate| &*candidate.external_id), expected, "{json}");
            if let Err(rejection) = read {
                assert_eq!(rejection.code, "no_external_id");
            }
        }
    }
}
