//! The supported fields, and how their values are parsed.

use user_directory::model::{BackupCode, PasswordDigest, PasswordHasher, TotpSecret};
use user_directory::{NewUser, Password};

use crate::rejects::Rejection;
use crate::value::{Expected, Value};

/// A field: a parameter of the API, or a field of common export formats.
pub struct Field {
    pub name: &'static str,
    aliases: &'static [&'static str],
    set: fn(&mut Draft, &Value) -> Result<(), Expected>,
}

impl Field {
    const fn new(name: &'static str, set: fn(&mut Draft, &Value) -> Result<(), Expected>) -> Self {
        Self { name, aliases: &[], set }
    }

    const fn or(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Returns the field for the name of a column or key.
    pub fn named(name: &str) -> Option<&'static Self> {
        let name = normalized(name);
        FIELDS.iter().find(|field| field.name == name || field.aliases.contains(&name.as_str()))
    }
}

/// Normalizes a name: `First Name`, `first-name` and `firstName` become `first_name`.
pub fn normalized(name: &str) -> String {
    let mut normalized = String::new();
    let mut after_lower = false;
    for character in name.trim().chars() {
        if character.is_uppercase() && after_lower {
            normalized.push('_');
        }
        after_lower = character.is_lowercase() || character.is_ascii_digit();
        match character {
            ' ' | '-' | '.' => normalized.push('_'),
            _ => normalized.extend(character.to_lowercase()),
        }
    }
    normalized
}

pub const FIELDS: &[Field] = &[
    Field::new("external_id", |draft, value| put(&mut draft.user.external_id, value.text())),
    Field::new("first_name", |draft, value| put(&mut draft.user.first_name, value.text()))
        .or(&["firstname", "given_name"]),
    Field::new("last_name", |draft, value| put(&mut draft.user.last_name, value.text())).or(&[
        "lastname",
        "family_name",
        "surname",
    ]),
    Field::new("locale", |draft, value| put(&mut draft.user.locale, value.text())),
    Field::new("timezone", |draft, value| put(&mut draft.user.timezone, value.text())),
    Field::new("username", |draft, value| put(&mut draft.user.username, value.text())).or(&["user_name", "login"]),
    Field::new("email_address", |draft, value| draft.emails.set(value)).or(&[
        "email",
        "e_mail",
        "emails",
        "email_addresses",
    ]),
    Field::new("email_address_identification_status", |draft, value| draft.emails.set_statuses(value)),
    Field::new("email_verified", |draft, value| put(&mut draft.emails.verified, value.boolean()))
        .or(&["email_address_verified"]),
    Field::new("primary_email_address", |draft, value| put(&mut draft.emails.primary, value.text())),
    Field::new("verified_email_addresses", |draft, value| draft.emails.add(value, false)),
    Field::new("unverified_email_addresses", |draft, value| draft.emails.add(value, true)),
    Field::new("phone_number", |draft, value| draft.phones.set(value)).or(&["phone", "phones", "phone_numbers"]),
    Field::new("phone_number_identification_status", |draft, value| draft.phones.set_statuses(value)),
    Field::new("phone_number_verified", |draft, value| put(&mut draft.phones.verified, value.boolean()))
        .or(&["phone_verified"]),
    Field::new("primary_phone_number", |draft, value| put(&mut draft.phones.primary, value.text())),
    Field::new("verified_phone_numbers", |draft, value| draft.phones.add(value, false)),
    Field::new("unverified_phone_numbers", |draft, value| draft.phones.add(value, true)),
    Field::new("web3_wallet", |draft, value| {
        draft.user.web3_wallets = value.texts()?.into_iter().map(Into::into).collect();
        Ok(())
    })
    .or(&["web3_wallets"]),
    Field::new("password", |draft, value| put(&mut draft.password, value.text().map(Password::new))),
    Field::new("password_digest", |draft, value| put(&mut draft.digest, value.text())).or(&["password_hash"]),
    Field::new("password_hasher", |draft, value| {
        put(&mut draft.hasher, value.text().map(|hasher| PasswordHasher::from(hasher.as_str())))
    }),
    Field::new("totp_secret", |draft, value| put(&mut draft.user.totp_secret, value.text().map(TotpSecret::new))),
    Field::new("backup_codes", |draft, value| {
        draft.user.backup_codes = value.texts()?.into_iter().map(BackupCode::new).collect();
        Ok(())
    }),
    Field::new("public_metadata", |draft, value| value.metadata().map(|read| draft.user.metadata.public = read)),
    Field::new("private_metadata", |draft, value| value.metadata().map(|read| draft.user.metadata.private = read)),
    Field::new("unsafe_metadata", |draft, value| value.metadata().map(|read| draft.user.metadata.r#unsafe = read)),
    Field::new("created_at", |draft, value| put(&mut draft.user.created_at, value.time())),
    Field::new("legal_accepted_at", |draft, value| put(&mut draft.user.legal_accepted_at, value.time())),
    Field::new("skip_legal_checks", |draft, value| put(&mut draft.user.skip_legal_checks, value.boolean())),
    Field::new("skip_password_checks", |draft, value| put(&mut draft.user.skip_password_checks, value.boolean())),
    Field::new("skip_password_requirement", |draft, value| {
        put(&mut draft.user.skip_password_requirement, value.boolean())
    }),
    Field::new("skip_user_requirement", |draft, value| put(&mut draft.user.skip_user_requirement, value.boolean())),
    Field::new("delete_self_enabled", |draft, value| put(&mut draft.user.delete_self_enabled, value.boolean())),
    Field::new("create_organization_enabled", |draft, value| {
        put(&mut draft.user.create_organization_enabled, value.boolean())
    }),
    Field::new("create_organizations_limit", |draft, value| {
        put(&mut draft.user.create_organizations_limit, value.number())
    }),
    Field::new("bypass_client_trust", |draft, value| put(&mut draft.user.bypass_client_trust, value.boolean())),
    Field::new("banned", |draft, value| put(&mut draft.user.banned, value.boolean())),
    Field::new("locked", |draft, value| put(&mut draft.user.locked, value.boolean())),
];

fn put<T, U: Into<T>>(field: &mut Option<T>, value: Result<U, Expected>) -> Result<(), Expected> {
    value.map(|value| *field = Some(value.into()))
}

/// Collects the fields of a new user.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub user: NewUser,
    emails: Identifiers,
    phones: Identifiers,
    password: Option<Password>,
    digest: Option<String>,
    hasher: Option<PasswordHasher>,
}

impl Draft {
    pub fn set(&mut self, field: &Field, value: &Value) -> Result<(), Rejection> {
        (field.set)(self, value).map_err(|expected| {
            Rejection::new("invalid_value", format!("{} must be {expected}", field.name)).param(field.name)
        })
    }

    /// Returns the user, or an error if fields contradict each other.
    pub fn finish(self) -> Result<NewUser, Rejection> {
        let Self { mut user, emails, phones, password, digest, hasher } = self;
        for (email, reserved) in emails.finish("email_address_identification_status")? {
            user = if reserved { user.reserved_email_address(email) } else { user.email_address(email) };
        }
        for (phone, reserved) in phones.finish("phone_number_identification_status")? {
            user = if reserved { user.reserved_phone_number(phone) } else { user.phone_number(phone) };
        }
        user = match (password, digest, hasher) {
            (Some(_), Some(_), _) => {
                let reason = "password and password_digest are mutually exclusive";
                return Err(Rejection::new("invalid_value", reason).param("password_digest"));
            }
            (None, Some(digest), Some(hasher)) => user.password(PasswordDigest::new(hasher, digest)),
            (None, Some(_), None) => {
                let reason = "password_digest requires password_hasher; use --set password_hasher=HASHER for all lines";
                return Err(Rejection::new("invalid_value", reason).param("password_hasher"));
            }
            (Some(password), None, _) => user.password(password),
            (None, None, _) => user,
        };
        Ok(user)
    }
}

/// Collects email addresses or phone numbers.
#[derive(Debug, Clone, Default)]
struct Identifiers {
    /// Each value, and whether it is reserved instead of verified.
    values: Vec<(String, bool)>,
    primary: Option<String>,
    /// The statuses of the values, if they are in a separate list.
    statuses: Option<Vec<bool>>,
    verified: Option<bool>,
}

impl Identifiers {
    fn set(&mut self, value: &Value) -> Result<(), Expected> {
        self.add(value, false)
    }

    fn add(&mut self, value: &Value, reserved: bool) -> Result<(), Expected> {
        // Verified identifiers come first, in any order of the fields, because the first one becomes the primary one.
        let verified = self.values.iter().take_while(|(_, reserved)| !reserved).count();
        let at = if reserved { self.values.len() } else { verified };
        self.values.splice(at..at, value.texts()?.into_iter().map(|value| (value, reserved)));
        Ok(())
    }

    fn set_statuses(&mut self, value: &Value) -> Result<(), Expected> {
        let status = |status: &String| match status.as_str() {
            "verified" => Ok(false),
            "reserved" => Ok(true),
            _ => Err("a list of verified or reserved"),
        };
        self.statuses = Some(value.texts()?.iter().map(status).collect::<Result<_, _>>()?);
        Ok(())
    }

    /// Returns the values without duplicates, the primary one first, and whether each is reserved.
    fn finish(mut self, status_name: &'static str) -> Result<Vec<(String, bool)>, Rejection> {
        if let Some(statuses) = self.statuses {
            if statuses.len() != self.values.len() {
                let reason = format!("{status_name} must have one value for each identifier");
                return Err(Rejection::new("invalid_value", reason).param(status_name));
            }
            self.values.iter_mut().zip(statuses).for_each(|(value, reserved)| value.1 = reserved);
        }
        if let Some(primary) = self.primary {
            let is_primary = |(value, _): &(String, bool)| value.eq_ignore_ascii_case(&primary);
            let known = self.values.iter().position(is_primary).map(|index| self.values.remove(index));
            self.values.insert(0, known.unwrap_or((primary, false)));
        }
        if self.verified == Some(false) {
            self.values.iter_mut().for_each(|value| value.1 = true);
        }
        let mut values: Vec<(String, bool)> = Vec::new();
        for value in self.values {
            if !values.iter().any(|other| other.0.eq_ignore_ascii_case(&value.0)) {
                values.push(value);
            }
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use user_directory::model::IdentifierStatus;

    fn draft(fields: &[(&str, &str)]) -> Draft {
        let mut draft = Draft::default();
        for (name, text) in fields {
            draft.set(Field::named(name).unwrap(), &Value::of_text((*text).to_owned()).unwrap()).unwrap();
        }
        draft
    }

    fn emails(fields: &[(&str, &str)]) -> Vec<(String, bool)> {
        let user = draft(fields).finish().unwrap();
        user.email_addresses
            .iter()
            .map(|email| (email.value().to_string(), email.status() == IdentifierStatus::Reserved))
            .collect()
    }

    #[test]
    fn field_names_and_aliases_are_unique() {
        let names = FIELDS.iter().flat_map(|field| field.aliases.iter().chain([&field.name]));
        let mut names: Vec<_> = names.collect();
        let number = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), number);
        assert!(names.iter().all(|name| normalized(name) == **name));
    }

    #[test]
    fn names_are_normalized() {
        for (name, field) in [
            ("firstName", "first_name"),
            ("First Name", "first_name"),
            ("EMAIL", "email_address"),
            ("emailAddress", "email_address"),
            ("password-hash", "password_digest"),
            ("createdAt", "created_at"),
            ("web3Wallet", "web3_wallet"),
        ] {
            assert_eq!(Field::named(name).map(|found| found.name), Some(field), "{name}");
        }
        assert!(Field::named("shoe_size").is_none());
    }

    #[test]
    fn primary_identifier_comes_first_without_duplicates() {
        let fields = [
            ("verified_email_addresses", "b@example.com|a@example.com"),
            ("unverified_email_addresses", "c@example.com"),
            ("primary_email_address", "A@example.com"),
            ("email", "B@example.com"),
        ];
        let found = emails(&fields);
        let found: Vec<_> = found.iter().map(|(value, reserved)| (value.as_str(), *reserved)).collect();
        assert_eq!(found, [("a@example.com", false), ("b@example.com", false), ("c@example.com", true)]);
    }

    #[test]
    fn unverified_identifiers_are_reserved() {
        for fields in [
            [("email", "a@example.com"), ("email_verified", "false")],
            [("email", "a@example.com"), ("email_address_identification_status", "reserved")],
            [("email_verified", "no"), ("primary_email_address", "a@example.com")],
        ] {
            assert_eq!(emails(&fields), [("a@example.com".to_owned(), true)], "{fields:?}");
        }
        assert!(!emails(&[("email", "a@example.com"), ("email_verified", "1")])[0].1);
    }

    #[test]
    fn finish_rejects_contradicting_fields() {
        for (fields, param) in [
            (&[("password", "secret one"), ("password_hash", "x"), ("password_hasher", "md5")][..], "password_digest"),
            (&[("password_hash", "x")], "password_hasher"),
            (
                &[("email", "a@example.com|b@example.com"), ("email_address_identification_status", "verified")],
                "email_address_identification_status",
            ),
        ] {
            let rejection = draft(fields).finish().unwrap_err();
            assert_eq!(rejection.param.as_deref(), Some(param));
        }
    }

    #[test]
    fn errors_do_not_contain_values() {
        let value = Value::of_text("hunter2".to_owned()).unwrap();
        let rejection = Draft::default().set(Field::named("banned").unwrap(), &value).unwrap_err();
        assert_eq!(rejection.reason, "banned must be true or false");
        let draft = draft(&[("password", "hunter2hunter2")]);
        assert!(!format!("{:?}", draft.finish().unwrap()).contains("hunter2"));
    }
}
