//! [`Recipe`]: how a line is converted to a new user.

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
    pub left_behind: Vec<&'static str>,
}

/// The mapping of names in a file.
#[derive(Debug, Default)]
pub struct Recipe {
    /// Names that are mapped to a field.
    renamed: HashMap<String, String>,
    ignored: HashSet<String>,
    /// Default values.
    base: Draft,
    /// The column or key with the external id of lines without one.
    external_id_from: String,
}

/// The meaning of a name.
enum Meaning {
    Field(&'static Field),
    /// Ignored.
    Nothing,
    Unknown,
}

impl Recipe {
    /// Creates a recipe that reads the external id from `external_id` or `external_id_from`.
    pub fn new(external_id_from: &str) -> Self {
        Self { external_id_from: normalized(external_id_from), ..Self::default() }
    }

    /// Adds a mapping `theirs=ours`.
    pub fn map(&mut self, renaming: &str) -> Result<(), Failure> {
        let (theirs, ours) = renaming.split_once('=').ok_or("--map: write theirs=ours")?;
        let field = Field::named(ours).ok_or_else(|| format!("--map: there is no field {ours}"))?;
        self.renamed.insert(normalized(theirs), field.name.to_owned());
        Ok(())
    }

    /// Ignores a column or key.
    pub fn ignore(&mut self, name: &str) {
        self.ignored.insert(normalized(name));
    }

    /// Adds a default `field=value`.
    pub fn set(&mut self, setting: &str) -> Result<(), Failure> {
        let (name, text) = setting.split_once('=').ok_or("--set: write field=value")?;
        let field = Field::named(name).ok_or_else(|| format!("--set: there is no field {name}"))?;
        let value = Value::of_text(text.to_owned()).ok_or("--set: write field=value")?;
        self.base.set(field, &value).map_err(|rejection| format!("--set: {}", rejection.reason))?;
        Ok(())
    }

    fn meaning(&self, name: &str) -> Meaning {
        let name = normalized(name);
        match Field::named(self.renamed.get(&name).unwrap_or(&name)) {
            _ if self.ignored.contains(&name) => Meaning::Nothing,
            Some(field) => Meaning::Field(field),
            None if name == self.external_id_from => Meaning::Nothing,
            None => Meaning::Unknown,
        }
    }

    fn ignores(&self, name: &str) -> bool {
        self.ignored.contains(&normalized(name))
    }

    /// Checks the header of a table. If no column is known, the first line may be a user, so it is not printed.
    pub fn check_columns(&self, names: &[&str]) -> Result<(), Rejection> {
        if names.iter().all(|name| matches!(self.meaning(name), Meaning::Unknown)) {
            let number = names.len();
            let ask = "does the table begin with a line of names, and is --delimiter right?";
            return Err(Rejection::new("unknown_field", format!("none of the {number} columns is known: {ask}")));
        }
        self.check_names(names.iter().copied())
    }

    /// Checks that no name is duplicated, except ignored ones.
    fn check_once<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<(), Rejection> {
        let mut seen = HashSet::new();
        match names.filter(|name| !self.ignores(name)).find(|name| !seen.insert(normalized(name))) {
            Some(name) => Err(Rejection::new("ambiguous_field", format!("{name} is there twice")).of(name)),
            None => Ok(()),
        }
    }

    /// Checks that each name is known, and that no two names mean the same field.
    fn check_names<'a>(&self, names: impl Iterator<Item = &'a str> + Clone) -> Result<(), Rejection> {
        self.check_once(names.clone())?;
        let (mut seen, mut unknown) = (HashSet::new(), Vec::new());
        for name in names {
            match self.meaning(name) {
                Meaning::Field(field) if !seen.insert(field.name) => {
                    let reason = format!("two names mean {}: give --ignore for one of them", field.name);
                    return Err(Rejection::new("ambiguous_field", reason).of(field.name));
                }
                Meaning::Field(_) | Meaning::Nothing => {}
                Meaning::Unknown => unknown.push(name),
            }
        }
        let Some(first) = unknown.first() else { return Ok(()) };
        let reason = format!("not known: {}; give --map NAME=… or --ignore NAME for each", unknown.join(", "));
        Err(Rejection::new("unknown_field", reason).of(*first))
    }

    /// Converts a line to a user.
    pub fn read(&self, line: &Line) -> Result<Candidate, Rejection> {
        if let Some(unreadable) = &line.unreadable {
            return Err(unreadable.clone());
        }
        let unreadable = |_| Rejection::new("unreadable", "the line is not a JSON object");
        let Object(values) = serde_json::from_str(line.json.get()).map_err(unreadable)?;
        let names = values.iter().map(|(name, _)| name.as_str());
        let (new_user, left_behind) = if is_exported(&values) {
            self.check_once(names)?;
            let user = self.exported_user(&values)?;
            (exported::apply(&user, self.base.clone().finish()?), exported::left_behind(&user))
        } else {
            self.check_names(names)?;
            let mut draft = self.base.clone();
            for (name, json) in &values {
                if let (Meaning::Field(field), Some(value)) = (self.meaning(name), Value::of(json)) {
                    draft.set(field, &value)?;
                }
            }
            (draft.finish()?, Vec::new())
        };
        self.with_external_id(new_user, left_behind, &values)
    }

    /// Converts an exported user, without ignored fields.
    fn exported_user(&self, values: &[(String, &RawValue)]) -> Result<User, Rejection> {
        let kept = values.iter().filter(|(name, _)| !self.ignores(name)).cloned().collect();
        let user = serde_json::from_str(raw(&Object(kept)).get());
        user.map_err(|_| Rejection::new("unreadable", "the line is not a whole user").of("id"))
    }

    fn with_external_id(
        &self,
        mut new_user: NewUser,
        left_behind: Vec<&'static str>,
        values: &[(String, &RawValue)],
    ) -> Result<Candidate, Rejection> {
        let elsewhere = || {
            let (_, json) = values.iter().find(|(name, _)| normalized(name) == self.external_id_from)?;
            let value = Value::of(json)?;
            // Only JSON lists are split: `auth0|1` is one id.
            let first =
                if json.get().starts_with('[') { value.texts().ok()?.into_iter().next() } else { value.text().ok() };
            first.map(Text::from)
        };
        let own = new_user.external_id.take().filter(|external_id| !external_id.trim().is_empty());
        let Some(external_id) = own.or_else(elsewhere) else {
            let reason = "without an external id a user cannot be found again: give --external-id-from NAME";
            return Err(Rejection::new("no_external_id", reason).of("external_id"));
        };
        let new_user = new_user.external_id(external_id.clone());
        Ok(Candidate { external_id, new_user, left_behind })
    }
}

fn is_exported(values: &[(String, &RawValue)]) -> bool {
    values.iter().any(|(name, json)| name == "object" && json.get() == r#""user""#)
}

/// Returns whether a line is an exported user in the API's format.
pub fn is_of_export(line: &Line) -> bool {
    serde_json::from_str(line.json.get()).is_ok_and(|Object(values)| is_exported(&values))
}

#[cfg(test)]
mod tests {
    use user_directory::model::{NewPassword, PasswordHasher};

    use super::*;

    fn line(json: &str) -> Line {
        Line { number: 1, json: serde_json::from_str(json).unwrap(), unreadable: None }
    }

    fn recipe(configure: impl FnOnce(&mut Recipe) -> Result<(), Failure>) -> Recipe {
        let mut recipe = Recipe::new("id");
        configure(&mut recipe).unwrap();
        recipe
    }

    fn read(json: &str) -> Result<Candidate, Rejection> {
        Recipe::new("id").read(&line(json))
    }

    #[test]
    fn body_of_create_is_read_completely() {
        let read = read(
            r#"{"external_id":"e1","first_name":"Ada","last_name":"Lovelace","locale":"en-GB","username":"ada.lovelace",
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
            .username("ada.lovelace")
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
    fn unknown_names_are_mapped_ignored_or_rejected() {
        let recipe = recipe(|recipe| {
            recipe.map("Kundennummer=external_id")?;
            recipe.map("vorname=first_name")?;
            recipe.ignore("Shoe Size");
            recipe.set("password_hasher=bcrypt")
        });
        let json = r#"{"kundennummer":42,"Vorname":"Ada","shoe_size":"38","passwordHash":"$2a$10$x"}"#;
        let new = recipe.read(&line(json)).unwrap().new_user;
        assert_eq!((new.external_id.as_deref(), new.first_name.as_deref()), (Some("42"), Some("Ada")));
        assert!(
            matches!(new.password, Some(NewPassword::Digest(digest)) if *digest.hasher() == PasswordHasher::Bcrypt)
        );

        let rejection = recipe.read(&line(r#"{"external_id":"1","pasword":"x"}"#)).unwrap_err();
        assert_eq!((rejection.code.as_str(), rejection.param.as_deref()), ("unknown_field", Some("pasword")));
        let rejection = recipe.check_names(["email", "Email Address"].into_iter()).unwrap_err();
        assert_eq!((rejection.code.as_str(), rejection.param.as_deref()), ("ambiguous_field", Some("email_address")));
        for (wrong, told) in [("a", "write theirs=ours"), ("a=shoe_size", "there is no field shoe_size")] {
            let error = Recipe::new("id").map(wrong).unwrap_err().to_string();
            assert!(error.ends_with(told), "{error}");
        }
        let error = Recipe::new("id").set("banned=secret").unwrap_err().to_string();
        assert_eq!(error, "--set: banned must be true or false");
    }

    #[test]
    fn table_without_header_is_rejected_without_printing_a_user() {
        let recipe = Recipe::new("id");
        let rejection = recipe.check_columns(&["7", "ada@example.com", "7"]).unwrap_err();
        assert!(rejection.reason.starts_with("none of the 3 columns is known: does the table begin"), "{rejection:?}");
        assert!(rejection.param.is_none());
        let rejection = recipe.check_columns(&["id", "pets"]).unwrap_err();
        assert!(rejection.reason.starts_with("not known: pets;"), "{rejection:?}");
        assert!(recipe.check_columns(&["id"]).is_ok());
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
        let recipe = recipe(|recipe| {
            recipe.ignore("notes");
            Ok(())
        });
        assert!(recipe.read(&line(r#"{"id":"1","notes":"a","notes":"b"}"#)).is_ok());
    }

    #[test]
    fn ignored_fields_of_exported_users_are_dropped() {
        let recipe = recipe(|recipe| {
            recipe.ignore("Public Metadata");
            recipe.ignore("username");
            recipe.set(r#"public_metadata={"from":"old"}"#)?;
            recipe.set(r#"private_metadata={"from":"old"}"#)
        });
        let json = r#"{"object":"user","id":"user_1","username":"ada","first_name":"Ada","public_metadata":{"a":1}}"#;
        let new = recipe.read(&line(json)).unwrap().new_user;
        assert_eq!((new.username, new.first_name.as_deref()), (None, Some("Ada")));
        assert_eq!(new.metadata.public.as_json(), r#"{"from":"old"}"#);
        assert_eq!(new.metadata.private.as_json(), r#"{"from":"old"}"#);
    }

    #[test]
    fn every_hasher_is_passed_on() {
        let hashers = "argon2i argon2id awscognito bcrypt bcrypt_peppered bcrypt_sha256_django ldap_ssha md5 md5_phpass \
                       md5_salted pbkdf2_sha1 pbkdf2_sha256 pbkdf2_sha256_django pbkdf2_sha512 pbkdf2_sha512_hex phpass \
                       scrypt_firebase scrypt_werkzeug sha256 sha256_salted sha512_symfony of_next_year";
        for hasher in hashers.split(' ').filter(|hasher| !hasher.is_empty()) {
            let json = format!(r#"{{"id":"1","password_digest":"the digest","password_hasher":"{hasher}"}}"#);
            let candidate = read(&json).unwrap();
            assert!(!format!("{candidate:?}").contains("the digest"));
            let Some(NewPassword::Digest(digest)) = candidate.new_user.password else { panic!("{hasher}") };
            assert_eq!((digest.hasher().as_str(), digest.expose_secret()), (hasher, "the digest"));
            let known = !matches!(digest.hasher(), PasswordHasher::Other(_));
            assert_eq!(known, hasher != "of_next_year", "{hasher}");
        }
    }

    #[test]
    fn external_id_is_read_from_the_line_or_from_another_key() {
        let from_email = Recipe::new("email");
        for (recipe, json, expected) in [
            (&Recipe::new("id"), r#"{"external_id":"own","id":"other"}"#, Some("own")),
            (&Recipe::new("id"), r#"{"external_id":"","id":7}"#, Some("7")),
            (&Recipe::new("id"), r#"{"id":"auth0|1"}"#, Some("auth0|1")),
            (&Recipe::new("id"), r#"{"id":"a;b"}"#, Some("a;b")),
            (&Recipe::new("id"), r#"{"object":"user","id":"user_1"}"#, Some("user_1")),
            (&Recipe::new("id"), r#"{"object":"user","id":"user_1","external_id":"own"}"#, Some("own")),
            (&Recipe::new("id"), r#"{"email":"ada@example.com"}"#, None),
            (&from_email, r#"{"email":"ada@example.com"}"#, Some("ada@example.com")),
            (&from_email, r#"{"email":["ada@example.com","a@example.com"]}"#, Some("ada@example.com")),
        ] {
            let read = recipe.read(&line(json));
            assert_eq!(read.as_ref().ok().map(|candidate| &*candidate.external_id), expected, "{json}");
            if let Err(rejection) = read {
                assert_eq!(rejection.code, "no_external_id");
            }
        }
    }
}
