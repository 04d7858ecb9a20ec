//! The supported fields, and how their values are parsed.

use std::borrow::Cow;

use jiff::Timestamp;
use user_directory::NewUser;
use user_directory::model::{BackupCode, IdentifierStatus, PasswordHasher, TotpSecret};

use super::contacts::VerificationField;
use super::draft::{DELETED, Draft, INVALID_TIME};
use super::times::{TimeError, Unit, event_time, flag_or_time, time};
use super::value::{Expected, Value, is_invisible};

/// The type of identifier that a verification field refers to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Contacts {
    Emails,
    Phones,
}

type Set = fn(&mut Draft, &Value, Option<Unit>) -> Result<(), Expected>;

/// A field: a parameter of the API, or a field of common export formats.
pub struct Field {
    pub name: &'static str,
    aliases: &'static [&'static str],
    /// The note for invalid values of an optional field. They are dropped instead of rejecting the row.
    pub note_for_invalid: Option<&'static str>,
    /// Whether the field is a time, which can have a unit.
    pub is_time: bool,
    /// Whether the values of multiple columns or keys are combined: in one list, or in a flag that each of them can set.
    pub is_list: bool,
    /// The kind of verification field, if the field is one.
    verification: Option<(Contacts, VerificationField)>,
    set: Set,
}

impl Field {
    const fn new(name: &'static str, set: Set) -> Self {
        Self { name, aliases: &[], note_for_invalid: None, is_time: false, is_list: false, verification: None, set }
    }

    const fn or(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    const fn optional(mut self, note_for_invalid: &'static str) -> Self {
        self.note_for_invalid = Some(note_for_invalid);
        self
    }

    const fn time(mut self) -> Self {
        self.is_time = true;
        self
    }

    const fn list(mut self) -> Self {
        self.is_list = true;
        self
    }

    const fn verification(mut self, contacts: Contacts, field: VerificationField) -> Self {
        self.verification = Some((contacts, field));
        self
    }

    /// Records in a draft that the row has this field, if it is a verification field.
    pub fn note_verification_field(&self, draft: &mut Draft, is_empty: bool) {
        // The default status may be verified, but an empty status means that the identifiers are not verified.
        let kind = |kind| if is_empty && self.is_status() { VerificationField::Flag } else { kind };
        match self.verification {
            Some((Contacts::Emails, of_field)) => draft.emails.note_verification_field(kind(of_field)),
            Some((Contacts::Phones, of_field)) => draft.phones.note_verification_field(kind(of_field)),
            None => {}
        }
    }

    /// Returns whether the field determines whether all identifiers of this type in a row are verified.
    pub fn is_flag_of(&self, contacts: Contacts) -> bool {
        self.verification == Some((contacts, VerificationField::Flag))
    }

    /// Returns whether the field contains phone numbers or their verification.
    pub fn is_phone(&self) -> bool {
        self.name.contains("phone_number")
    }

    fn is_status(&self) -> bool {
        self.name.ends_with("_identification_status")
    }

    /// Returns the field for the name of a column or key.
    pub fn named(name: &str) -> Option<&'static Self> {
        let name = normalized(name);
        FIELDS.iter().find(|field| field.name == name || field.aliases.contains(&name.as_str()))
    }

    /// Returns a value that is equal for columns or keys that must not be combined: the normalized name if values of
    /// multiple names are combined, and otherwise the name of the field.
    pub fn source_of(&self, name: &str) -> Cow<'static, str> {
        if self.is_list { Cow::Owned(normalized(name)) } else { Cow::Borrowed(self.name) }
    }

    pub fn set(&self, draft: &mut Draft, value: &Value, unit: Option<Unit>) -> Result<(), Expected> {
        (self.set)(draft, value, unit)
    }
}

/// A field, and the unit of its numbers if it is a time.
#[derive(Clone, Copy)]
pub struct FieldRef {
    pub field: &'static Field,
    pub unit: Option<Unit>,
}

impl FieldRef {
    /// Parses `FIELD`, `FIELD:seconds` or `FIELD:milliseconds`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, unit) = text.split_once(':').map_or((text, None), |(name, unit)| (name, Some(unit)));
        let field =
            Field::named(name).ok_or_else(|| format!("unknown field {name}; see migrate-users import --help"))?;
        let unit = unit.map(|unit| Unit::named(unit).filter(|_| field.is_time).ok_or(unit)).transpose();
        let unit = unit.map_err(|unit| {
            format!("{unit} is not a unit of {name}; only times have units: seconds or milliseconds")
        })?;
        Ok(Self { field, unit })
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
            '\r' => {}
            _ if is_invisible(character) => {}
            '-' | '.' => normalized.push('_'),
            _ if character.is_whitespace() => normalized.push('_'),
            _ => normalized.extend(character.to_lowercase()),
        }
    }
    normalized
}

pub const FIELDS: &[Field] = &[
    Field::new("external_id", |draft, value, _| put(&mut draft.user.external_id, value.text())),
    Field::new("first_name", |draft, value, _| put(&mut draft.user.first_name, value.text()))
        .or(&["firstname", "given_name"])
        .optional("invalid first names"),
    Field::new("last_name", |draft, value, _| put(&mut draft.user.last_name, value.text()))
        .or(&["lastname", "family_name", "surname"])
        .optional("invalid last names"),
    Field::new("full_name", |draft, value, _| put(&mut draft.full_name, value.text()))
        .or(&["fullname", "display_name"])
        .optional("invalid full names"),
    Field::new("locale", |draft, value, _| put(&mut draft.user.locale, value.text())).optional("invalid locales"),
    Field::new("timezone", |draft, value, _| put(&mut draft.user.timezone, value.text()))
        .or(&["time_zone", "zoneinfo"])
        .optional("invalid time zones"),
    Field::new("username", |draft, value, _| put(&mut draft.user.username, value.text()))
        .or(&["user_name", "login"])
        .optional("invalid usernames"),
    Field::new("email_address", |draft, value, _| draft.emails.add(value, None))
        .or(&["email", "e_mail", "emails", "email_addresses"])
        .list(),
    Field::new("email_address_identification_status", |draft, value, _| draft.emails.set_statuses(value))
        .verification(Contacts::Emails, VerificationField::List),
    Field::new("email_verified", |draft, value, _| draft.emails.set_verified(value))
        .or(&[
            "email_address_verified",
            "email_confirmed",
            "email_verified_at",
            "email_confirmed_at",
            "confirmed_at",
            "is_email_verified",
        ])
        .verification(Contacts::Emails, VerificationField::Flag),
    Field::new("primary_email_address", |draft, value, _| draft.emails.set_primary(value)).or(&["primary_email"]),
    Field::new("verified_email_addresses", |draft, value, _| draft.emails.add(value, Some(IdentifierStatus::Verified)))
        .verification(Contacts::Emails, VerificationField::List)
        .list(),
    Field::new("unverified_email_addresses", |draft, value, _| {
        draft.emails.add(value, Some(IdentifierStatus::Reserved))
    })
    .verification(Contacts::Emails, VerificationField::List)
    .list(),
    Field::new("phone_number", |draft, value, _| draft.phones.add(value, None))
        .or(&["phone", "phones", "phone_numbers", "mobile", "telephone"])
        .list(),
    Field::new("phone_number_identification_status", |draft, value, _| draft.phones.set_statuses(value))
        .verification(Contacts::Phones, VerificationField::List),
    Field::new("phone_number_verified", |draft, value, _| draft.phones.set_verified(value))
        .or(&["phone_verified", "phone_number_confirmed", "phone_confirmed_at", "phone_verified_at"])
        .verification(Contacts::Phones, VerificationField::Flag),
    Field::new("primary_phone_number", |draft, value, _| draft.phones.set_primary(value)).or(&["primary_phone"]),
    Field::new("verified_phone_numbers", |draft, value, _| draft.phones.add(value, Some(IdentifierStatus::Verified)))
        .verification(Contacts::Phones, VerificationField::List)
        .list(),
    Field::new("unverified_phone_numbers", |draft, value, _| draft.phones.add(value, Some(IdentifierStatus::Reserved)))
        .verification(Contacts::Phones, VerificationField::List)
        .list(),
    Field::new("web3_wallet", |draft, value, _| {
        draft.user.web3_wallets.extend(value.texts()?.into_iter().map(Into::into));
        Ok(())
    })
    .or(&["web3_wallets"])
    .list(),
    Field::new("password", |draft, value, _| put(&mut draft.credentials.password, value.secret())),
    Field::new("password_digest", |draft, value, _| put(&mut draft.credentials.digest, value.text())).or(&[
        "password_hash",
        "encrypted_password",
        "hashed_password",
    ]),
    Field::new("password_hasher", |draft, value, _| {
        put(&mut draft.credentials.hasher, value.text().map(|hasher| hasher_named(&hasher)))
    }),
    Field::new("password_salt", |draft, value, _| put(&mut draft.credentials.salt, value.text())),
    Field::new("totp_secret", |draft, value, _| {
        put(&mut draft.user.totp_secret, value.text().map(|text| TotpSecret::new(totp_secret(&text))))
    }),
    Field::new("backup_codes", |draft, value, _| {
        draft.user.backup_codes = value.codes()?.into_iter().map(BackupCode::new).collect();
        Ok(())
    }),
    Field::new("public_metadata", |draft, value, _| value.metadata().map(|read| draft.user.metadata.public = read)),
    Field::new("private_metadata", |draft, value, _| value.metadata().map(|read| draft.user.metadata.private = read)),
    Field::new("unsafe_metadata", |draft, value, _| value.metadata().map(|read| draft.user.metadata.r#unsafe = read)),
    Field::new("created_at", |draft, value, unit| optional_time(draft, |user| &mut user.created_at, value, unit))
        .time(),
    Field::new("legal_accepted_at", |draft, value, unit| {
        optional_time(draft, |user| &mut user.legal_accepted_at, value, unit)
    })
    .time(),
    Field::new("skip_legal_checks", |draft, value, _| put(&mut draft.user.skip_legal_checks, value.boolean())),
    Field::new("skip_password_checks", |draft, value, _| put(&mut draft.user.skip_password_checks, value.boolean())),
    Field::new("skip_password_requirement", |draft, value, _| {
        put(&mut draft.user.skip_password_requirement, value.boolean())
    }),
    Field::new("skip_user_requirement", |draft, value, _| put(&mut draft.user.skip_user_requirement, value.boolean())),
    Field::new("delete_self_enabled", |draft, value, _| put(&mut draft.user.delete_self_enabled, value.boolean())),
    Field::new("create_organization_enabled", |draft, value, _| {
        put(&mut draft.user.create_organization_enabled, value.boolean())
    }),
    Field::new("create_organizations_limit", |draft, value, _| {
        put(&mut draft.user.create_organizations_limit, value.number())
    }),
    Field::new("bypass_client_trust", |draft, value, _| put(&mut draft.user.bypass_client_trust, value.boolean())),
    // Laravel and other systems write the time of the event, for example to `suspended_at`.
    Field::new("banned", |draft, value, _| flag_or_event(&mut draft.banned, &mut draft.banned_at, value))
        .or(&[
            "blocked",
            "disabled",
            "suspended",
            "deactivated",
            "is_banned",
            "is_blocked",
            "is_disabled",
            "is_suspended",
            "is_deactivated",
            "banned_at",
            "blocked_at",
            "disabled_at",
            "suspended_at",
            "deactivated_at",
        ])
        .time()
        .list(),
    Field::new("banned_until", |draft, value, unit| put_time(&mut draft.banned_until, value, unit)).time(),
    Field::new("ban_expires", |draft, value, unit| put_time(&mut draft.ban_expires, value, unit)).time(),
    Field::new("active", |draft, value, _| flag(&mut draft.banned, value.boolean().map(|active| !active)))
        .or(&["is_active", "enabled", "is_enabled"])
        .list(),
    // Devise writes the time at which the user was locked to `locked_at`.
    Field::new("locked", |draft, value, _| flag_or_event(&mut draft.locked, &mut draft.locked_at, value))
        .or(&["is_locked", "locked_at"])
        .time()
        .list(),
    Field::new("deleted_at", deleted_at).time(),
    Field::new("deleted", |draft, value, _| skip(draft, value.boolean(), DELETED)).or(&["is_deleted"]),
    Field::new("anonymous", |draft, value, _| skip(draft, value.boolean(), "anonymous")).or(&["is_anonymous"]),
];

/// Returns the secret of a key URI (`otpauth://totp/…?secret=…`), or a secret in groups or in lowercase, in the notation
/// of the API.
fn totp_secret(text: &str) -> String {
    let parameter = |pair: &str| pair.strip_prefix("secret=").map(str::to_owned);
    let of_uri = text.strip_prefix("otpauth://").and_then(|uri| uri.split(['?', '&', '#']).find_map(parameter));
    let secret = of_uri.unwrap_or_else(|| text.to_owned());
    secret.trim_end_matches("%3D").chars().filter(|c| !matches!(c, ' ' | '-')).collect::<String>().to_ascii_uppercase()
}

/// Returns the hasher with a name. The names of known hashers are case-insensitive.
fn hasher_named(name: &str) -> PasswordHasher {
    match PasswordHasher::from(name.to_ascii_lowercase().as_str()) {
        PasswordHasher::Other(_) => PasswordHasher::from(name),
        known => known,
    }
}

fn put<T, U: Into<T>>(field: &mut Option<T>, value: Result<U, Expected>) -> Result<(), Expected> {
    value.map(|value| *field = Some(value.into()))
}

fn put_time(field: &mut Option<Timestamp>, value: &Value, unit: Option<Unit>) -> Result<(), Expected> {
    *field = time(value, unit)?;
    Ok(())
}

/// Sets an optional time. A malformed time is dropped. A number without a unit, in another unit or of days is an error,
/// because all rows would lose their times.
fn optional_time(
    draft: &mut Draft,
    field: fn(&mut NewUser) -> &mut Option<Timestamp>,
    value: &Value,
    unit: Option<Unit>,
) -> Result<(), Expected> {
    match time(value, unit) {
        // `infinity` and the last days of the year 9999 are not times of an event.
        Ok(Some(time)) if time == Timestamp::MAX => draft.note(INVALID_TIME),
        Err(TimeError::Malformed) => draft.note(INVALID_TIME),
        Ok(time) => *field(&mut draft.user) = time,
        Err(error @ (TimeError::NoUnit | TimeError::OtherUnit(_) | TimeError::Days)) => return Err(error.into()),
    }
    Ok(())
}

/// Sets a flag that multiple fields can set. It is `true` if one of them is.
fn flag(flag: &mut Option<bool>, value: Result<bool, Expected>) -> Result<(), Expected> {
    *flag = Some(value? || *flag == Some(true));
    Ok(())
}

/// Sets a flag like [`flag`]. The value can also be the time of the event that sets it, of which the latest is kept.
fn flag_or_event(flag: &mut Option<bool>, at: &mut Option<Timestamp>, value: &Value) -> Result<(), Expected> {
    let (is_set, time) = flag_or_time(value)?;
    *at = time.max(*at);
    self::flag(flag, Ok(is_set))
}

/// Sets the time of the deletion. The value can also be a boolean.
fn deleted_at(draft: &mut Draft, value: &Value, unit: Option<Unit>) -> Result<(), Expected> {
    match value.boolean() {
        Ok(is_deleted) => return skip(draft, Ok(is_deleted), DELETED),
        Err(_) if unit.is_some() => draft.deleted_at = time(value, unit)?,
        Err(_) => draft.deleted_at = event_time(value)?,
    }
    Ok(())
}

fn skip(draft: &mut Draft, is_skipped: Result<bool, Expected>, reason: &'static str) -> Result<(), Expected> {
    if is_skipped? {
        draft.skipped = Some(reason);
    }
    Ok(())
}
