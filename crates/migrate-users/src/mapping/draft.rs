//! [`Draft`]: collects the fields of a row, and converts them to a new user.

use jiff::Timestamp;
use secrecy::SecretString;
use user_directory::model::IdentifierStatus;
use user_directory::{NewUser, Text};

use super::contacts::{Contacts, email};
use super::credentials::{Credential, Credentials, PasswordRules};
use super::fields::Field;
use super::names;
use super::phones::PhoneFormat;
use super::times::Unit;
use super::value::Value;
use crate::rejects::Rejection;

/// The note for a password whose hasher Clerk does not support.
pub const UNSUPPORTED_PASSWORD: &str = "passwords with a hash format that Clerk cannot import";
/// The reason to skip the rows of deleted users.
pub const DELETED: &str = "deleted";
/// The note for times that were removed because they are malformed.
pub const INVALID_TIME: &str = "malformed times (created_at, legal_accepted_at)";

/// The note for full names that were removed because they are an identifier.
pub const IDENTIFIER_AS_NAME: &str = "full names that are the email address, phone number or username of the user";

/// Returns the note for values of an optional field that were removed because they are invalid.
pub fn invalid_optional(field: &str) -> &'static str {
    Field::named(field).and_then(|field| field.note_for_invalid).unwrap_or("invalid values")
}

/// The rules for converting drafts to users.
#[derive(Debug, Clone)]
pub struct Rules {
    pub passwords: PasswordRules,
    pub phones: PhoneFormat,
    /// The status of email addresses whose row has no verification field.
    pub email_status: IdentifierStatus,
    /// The status of phone numbers whose row has no verification field.
    pub phone_status: IdentifierStatus,
    /// The current time, which determines whether temporary bans have ended and which times are in the future.
    pub now: Timestamp,
}

/// Collects the fields of a row.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub user: NewUser,
    pub emails: Contacts,
    pub phones: Contacts,
    pub credentials: Credentials,
    pub full_name: Option<String>,
    /// Whether one of the row's fields for bans is set. If the row has none, the default in `user` applies.
    pub banned: Option<bool>,
    /// Whether one of the row's fields for locks is set. If the row has none, the default in `user` applies.
    pub locked: Option<bool>,
    /// The time of the ban, if the row contains it.
    pub banned_at: Option<Timestamp>,
    /// The time of the lock, if the row contains it.
    pub locked_at: Option<Timestamp>,
    /// The end of a ban. The user is banned if the time is in the future.
    pub banned_until: Option<Timestamp>,
    /// The end of a ban that is set by another field.
    pub ban_expires: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
    /// The digest of the password, if it comes from another file.
    pub joined_digest: Option<SecretString>,
    /// Whether the user signs in with an identity provider and has no password.
    pub is_federated: bool,
    /// The reason why the row is rejected, if its fields contradict each other.
    pub rejection: Option<Rejection>,
    /// The reason why the row is skipped, such as `deleted`.
    pub skipped: Option<&'static str>,
    /// The kinds of data that are changed or not imported.
    pub notes: Vec<&'static str>,
}

impl Draft {
    pub fn set(&mut self, field: &Field, value: &Value, unit: Option<Unit>) -> Result<(), Rejection> {
        field.set(self, value, unit).or_else(|expected| {
            if let Some(note) = field.note_for_invalid {
                self.note(note);
                return Ok(());
            }
            Err(Rejection::new("invalid_value", format!("{} must be {expected}", field.name)).param(field.name))
        })
    }

    /// Marks the row as skipped if it has a deletion time.
    ///
    /// # Errors
    ///
    /// Rejects a row with a deletion time in the future. It may be a scheduled deletion, or a placeholder for a missing
    /// value, such as the last day of the year 9999.
    pub fn skip_deleted(&mut self, now: Timestamp) -> Result<(), Rejection> {
        match self.deleted_at {
            Some(time) if time > now => {
                let reason = "deleted_at is in the future; use --null VALUE if the value means that the user is not \
                              deleted, or --ignore deleted_at to import all users";
                Err(Rejection::new("invalid_value", reason).param("deleted_at"))
            }
            Some(_) => {
                self.skipped = Some(DELETED);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Rejects a time of a ban, a lock or a verification in the future, which may be a placeholder for a missing value.
    pub fn check_times(&self, now: Timestamp) -> Result<(), Rejection> {
        let unverified = "the identifier is not verified";
        for (time, name, event, meaning) in [
            (
                self.banned_at,
                "banned",
                "the time of the ban",
                "the user is not banned, or --map NAME=banned_until if it is the end of a ban",
            ),
            (self.locked_at, "locked", "the time of the lock", "the user is not locked"),
            (self.emails.verified_at(), "email_verified", "email_verified", unverified),
            (self.phones.verified_at(), "phone_number_verified", "phone_number_verified", unverified),
        ] {
            if time.is_some_and(|time| time > now) {
                let reason = format!("{event} is in the future; use --null VALUE if the value means that {meaning}");
                return Err(Rejection::new("invalid_value", reason).param(name));
            }
        }
        Ok(())
    }

    /// Makes the ban and the lock of this draft the defaults of rows without fields for them.
    pub fn make_default(&mut self) {
        self.user.banned = self.banned.take().or(self.user.banned);
        self.user.locked = self.locked.take().or(self.user.locked);
    }

    /// Returns whether the user is banned, or `None` if neither the row nor a default states it.
    pub fn is_banned(&self, now: Timestamp) -> Option<bool> {
        let is_over = |end: Option<Timestamp>| end.map(|end| end <= now);
        match (is_over(self.banned_until), is_over(self.ban_expires)) {
            (Some(false), _) => Some(true),
            (_, Some(true)) => Some(false),
            (Some(true), _) => Some(self.banned.unwrap_or(false)),
            (None, _) => self.banned.or(self.user.banned),
        }
    }

    pub fn note(&mut self, note: &'static str) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Returns the user and the notes, or an error if fields contradict each other.
    pub fn finish(mut self, rules: &Rules) -> Result<(NewUser, Vec<&'static str>), Rejection> {
        self.check_times(rules.now)?;
        self.finish_names();
        // `false` is the default, and is omitted because some plans reject these parameters.
        let is_true = |flag: &bool| *flag;
        self.user.banned = self.is_banned(rules.now).filter(is_true);
        self.user.locked = self.locked.or(self.user.locked).filter(is_true);
        let banned_until = self.banned_until.is_some_and(|until| until > rules.now);
        let mut notes = self.notes;
        if banned_until || (self.ban_expires.is_some() && self.user.banned == Some(true)) {
            notes.push("the end of a ban");
        }
        let mut user = self.user;
        for (address, status) in
            self.emails.finish("email_address_identification_status", rules.email_status, |address| email(&address))?
        {
            user = match status {
                IdentifierStatus::Verified => user.email_address(address),
                _ => user.reserved_email_address(address),
            };
        }
        let normalize = |phone: String| rules.phones.normalize(&phone);
        for (phone, status) in
            self.phones.finish("phone_number_identification_status", rules.phone_status, normalize)?
        {
            user = match status {
                IdentifierStatus::Verified => user.phone_number(phone),
                _ => user.reserved_phone_number(phone),
            };
        }
        match self.credentials.finish(&rules.passwords)? {
            Credential::Password(password) => user.password = Some(password),
            Credential::Unsupported => notes.push(UNSUPPORTED_PASSWORD),
            Credential::None => {}
        }
        // Users without a password sign in with a code or an identity provider, or reset the password.
        if user.password.is_none() && user.skip_password_requirement.is_none() {
            user.skip_password_requirement = Some(true);
        }
        Ok((user, notes))
    }

    fn finish_names(&mut self) {
        // Auth0 and WordPress write the email address, the phone number or the username as the name of a user without
        // one. A name that differs from the username by case or has a space, such as `Ada`, was written by the user.
        let is_username = |name: &str| {
            !name.contains(char::is_whitespace)
                && self.user.username.as_deref().is_some_and(|username| username == name)
        };
        let is_identifier =
            |name: &str| self.emails.contains(name) || self.phones.contains(name) || is_username(name.trim());
        let full_name = self.full_name.take();
        if let Some(full_name) = full_name.as_deref().filter(|name| !is_identifier(name)) {
            let full_name = names::without_discriminator(full_name);
            let (first, last) =
                names::complete(full_name, self.user.first_name.as_deref(), self.user.last_name.as_deref());
            let (first, last) = (first.map(Text::from), last.map(Text::from));
            self.user.first_name = self.user.first_name.take().or(first);
            self.user.last_name = self.user.last_name.take().or(last);
        } else if full_name.is_some() && self.user.first_name.is_none() {
            self.note(IDENTIFIER_AS_NAME);
        }
        for name in [&mut self.user.first_name, &mut self.user.last_name] {
            if let Some(text) = name {
                let shorter = names::without_discriminator(text);
                if shorter.len() != text.len() {
                    *name = Some(shorter.into());
                }
            }
        }
        if let Some(locale) = self.user.locale.take() {
            self.user.locale = names::language_tag(&locale).map(Text::from);
            if self.user.locale.is_none() {
                self.note(invalid_optional("locale"));
            }
        }
    }
}
