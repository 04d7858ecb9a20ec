//! [`Mapping`]: converts rows to new users.

mod candidate;
mod columns;
mod contacts;
mod credentials;
pub mod digests;
pub mod draft;
mod exported;
mod external_ids;
pub mod fields;
mod joined;
mod names;
mod password_names;
mod passwords;
mod phones;
mod times;
pub mod value;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use clap::ValueEnum;
use jiff::Timestamp;
use serde_json::value::RawValue;
use user_directory::model::IdentifierStatus;
use user_directory::{Metadata, NewUser, Text};

pub use candidate::{Candidate, Row};
pub use contacts::VerificationField;
pub use credentials::{FirebaseParameters, PasswordRules, is_redacted};
pub use draft::{DELETED, Rules};
pub use joined::JoinedPasswords;
pub use phones::{Country, PhoneFormat, WithoutPlus};

use crate::Failure;
use crate::reading::object::Object;
use crate::reading::{Line, NullWords, raw};
use crate::rejects::Rejection;
use crate::sources::{Members, Source, Verification};
use columns::{NameUse, Use, unknown_names};
use draft::Draft;
use fields::{Contacts, Field, FieldRef, normalized};
use passwords::check_published;
use value::Value;

/// The note for an ignored status.
const IGNORED_STATUS: &str =
    "a status such as banned, locked or deleted; write it to a column or key named banned, locked or deleted";
/// The note for values of `--unknown-into` that were dropped.
const KEY_EXISTS: &str = "unknown columns or keys that the user's metadata already contains";

/// The kinds of verification fields in rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct VerificationFields {
    pub emails: VerificationField,
    pub phones: VerificationField,
}

/// The numbers of values with a word for a missing value, in addition to [`Line::null_literals`].
#[derive(Debug, Clone, Copy, Default)]
pub struct NullCounts {
    /// The number of values that are treated as missing.
    pub replaced: u64,
    /// The number of values that may mean a missing value, but are kept.
    pub kept: u64,
}

/// The metadata in which the values of unknown columns and keys are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UnknownInto {
    /// Metadata that only the backend can read and change
    #[value(name = "private_metadata")]
    Private,
    /// Metadata that clients can read
    #[value(name = "public_metadata")]
    Public,
    /// Metadata that clients can read and change
    #[value(name = "unsafe_metadata")]
    Unsafe,
}

/// The AWS Cognito user pool in which Clerk verifies passwords.
#[derive(Debug, Clone)]
pub struct Cognito {
    pub user_pool: String,
    pub client: String,
}

/// The mapping from the columns or keys of a file to fields.
pub struct Mapping {
    source: &'static Source,
    /// The fields of `--map`, by normalized column or key.
    renamed: HashMap<String, FieldRef>,
    /// The normalized columns and keys of `--ignore`.
    ignored: HashSet<String>,
    /// The default values of `--set`.
    base: Draft,
    /// The normalized column or key that contains the external id if the row has no field `external_id`.
    external_id_from: Option<String>,
    pub ignore_unknown: bool,
    pub unknown_into: Option<UnknownInto>,
    pub cognito: Option<Cognito>,
    pub joined: Option<JoinedPasswords>,
    pub rules: Rules,
    /// The columns and keys that were resolved.
    uses: RefCell<HashMap<String, Rc<NameUse>>>,
    /// The number of values with surrounding whitespace.
    trimmed: Cell<u64>,
    pub null_words: NullWords,
    null_counts: Cell<NullCounts>,
    /// The verification fields of all rows that were read, including rejected rows.
    verification_fields: Cell<VerificationFields>,
    /// The verification fields of the whole file.
    pub file_verification_fields: VerificationFields,
}

/// The columns or keys of a row that do not map to a field.
#[derive(Default)]
struct Rest<'a> {
    ignored: Vec<Rc<str>>,
    /// The names and values to store in metadata.
    stored: Vec<(Cow<'a, str>, &'a RawValue)>,
    unknown: Vec<Rc<str>>,
}

impl Mapping {
    /// Creates the mapping of a system. `now` determines whether temporary bans have ended and which times are in the
    /// future.
    pub fn new(source: &'static Source, now: Timestamp) -> Self {
        let default_status = |verification| match verification {
            Verification::Verified => IdentifierStatus::Verified,
            Verification::Unverified | Verification::Undecided => IdentifierStatus::Reserved,
        };
        let (email_status, phone_status) =
            (default_status(source.verification), default_status(source.phone_verification()));
        let phones = PhoneFormat { without_plus: source.phones_without_plus, country: None };
        Self {
            source,
            renamed: HashMap::new(),
            ignored: HashSet::new(),
            base: Draft::default(),
            external_id_from: None,
            ignore_unknown: false,
            unknown_into: None,
            cognito: None,
            joined: None,
            rules: Rules { passwords: PasswordRules::default(), phones, email_status, phone_status, now },
            uses: RefCell::default(),
            trimmed: Cell::new(0),
            null_words: NullWords::default(),
            null_counts: Cell::default(),
            verification_fields: Cell::default(),
            file_verification_fields: VerificationFields::default(),
        }
    }

    pub fn source(&self) -> &'static Source {
        self.source
    }

    /// Returns the number of values whose surrounding whitespace was removed since the last call.
    pub fn take_trimmed(&self) -> u64 {
        self.trimmed.take()
    }

    /// Returns the numbers of values with a word for a missing value since the last call.
    pub fn take_null_counts(&self) -> NullCounts {
        self.null_counts.take()
    }

    /// Returns the verification fields of the rows that were read since the last call.
    pub fn take_verification_fields(&self) -> VerificationFields {
        self.verification_fields.take()
    }

    /// Maps a column or key to a field, given as `name=field` or `name=field:unit`.
    pub fn map(&mut self, renaming: &str) -> Result<(), Failure> {
        let (name, field) = renaming.rsplit_once('=').ok_or("--map: must be NAME=FIELD")?;
        let field = FieldRef::parse(field).map_err(|problem| format!("--map: {problem}"))?;
        self.renamed.insert(normalized(name), field);
        Ok(())
    }

    /// Ignores a column or key.
    pub fn ignore(&mut self, name: &str) {
        self.ignored.insert(normalized(name));
    }

    /// Adds a default value, given as `field=value`.
    pub fn set(&mut self, setting: &str) -> Result<(), Failure> {
        let (name, text) = setting.split_once('=').ok_or("--set: must be FIELD=VALUE")?;
        let FieldRef { field, unit } = FieldRef::parse(name).map_err(|problem| format!("--set: {problem}"))?;
        let value = Value::of_text(text.to_owned()).ok_or("--set: must be FIELD=VALUE")?;
        field.note_verification_field(&mut self.base, false);
        let set = self.base.set(field, &value, unit).and_then(|()| self.base.check_times(self.rules.now));
        set.map_err(|rejection| format!("--set: {}", rejection.reason))?;
        self.base.make_default();
        let is_malformed_locale =
            field.name == "locale" && value.text().is_ok_and(|locale| names::language_tag(&locale).is_none());
        // In a row, such a value would be dropped.
        if is_malformed_locale || !self.base.notes.is_empty() {
            return Err(format!("--set: {} is malformed", field.name).into());
        }
        Ok(())
    }

    /// Uses a column or key as the external id.
    pub fn set_external_id_from(&mut self, name: &str) {
        self.external_id_from = Some(normalized(name));
    }

    /// Converts a row to a user.
    pub fn read(&self, line: &Line) -> Result<Row, Rejection> {
        match (&line.malformed, line.skipped) {
            (Some(malformed), _) => Err(malformed.clone()),
            (None, Some(reason)) => Ok(Row::Skipped(reason)),
            (None, None) => self.read_json(&line.json),
        }
    }

    fn read_json(&self, json: &RawValue) -> Result<Row, Rejection> {
        let invalid = |_| Rejection::new("malformed", "the row is not a JSON object");
        let Object(members) = serde_json::from_str(json.get()).map_err(invalid)?;
        self.check_once(members.iter().map(|(name, _)| name.as_ref()))?;
        if exported::is_sdk_user(&members) {
            let json = exported::from_sdk(json)?;
            let Object(members) = serde_json::from_str(json.get()).map_err(invalid)?;
            return self.read_exported(members);
        }
        if exported::is_exported(&members) {
            return self.read_exported(members);
        }
        let chosen = self.chosen_external_id(&members);
        let mut members = (self.source.unnest)(members)?;
        self.check_several_rows(members.iter().map(|(name, _)| name.as_ref()))?;
        self.replace_null_words(&mut members);
        if members.iter().all(|(_, json)| Value::of(json).is_none()) {
            return Ok(Row::Skipped("empty"));
        }
        if let Some(reason) = (self.source.skip)(&members) {
            return Ok(Row::Skipped(reason));
        }
        let mut draft = self.base.clone();
        draft.user.external_id = chosen.map(Text::from).or(draft.user.external_id);
        let rest = self.fill(&mut draft, &members);
        if draft.skipped.is_none() && rest.is_ok() {
            self.complete(&members, &mut draft)?;
        }
        self.finish(draft, &members, rest, |_| Vec::new())
    }

    /// Replaces the words of `--null` with `null`, and counts other words that may mean a missing value.
    fn replace_null_words(&self, members: &mut Members<'_>) {
        let mut counts = self.null_counts.get();
        for (_, json) in members {
            // The word of `--null` can be a number.
            let value: &RawValue = json;
            let text = match value.get().as_bytes() {
                [b'"', ..] => string(value.get()),
                [b'-' | b'0'..=b'9', ..] => value.get().into(),
                _ => continue,
            };
            if self.null_words.is_given(text.trim()) {
                counts.replaced += 1;
                *json = RawValue::NULL;
            } else if self.null_words.may_be_null(text.trim()) {
                counts.kept += 1;
            }
        }
        self.null_counts.set(counts);
    }

    /// Sets the fields of a draft. Returns the first error only after all fields are set, because errors from skipped
    /// rows are ignored.
    fn fill<'a>(&self, draft: &mut Draft, members: &Members<'a>) -> Result<Rest<'a>, Rejection> {
        let (mut rest, mut seen, mut error) = (Rest::default(), Vec::new(), None);
        for (name, json) in members {
            let used = self.resolve(name);
            let value = Value::of(json);
            if let Use::Field(FieldRef { field, .. }) = used.r#use {
                field.note_verification_field(draft, value.is_none());
            }
            let Some(value) = value else { continue };
            if used.is_status && !matches!(used.r#use, Use::Field(_) | Use::Ignored) && prevents_sign_in(&value) {
                draft.note(IGNORED_STATUS);
            }
            match used.r#use {
                Use::Field(FieldRef { field, unit }) => {
                    if value.has_surrounding_blanks() && field.name != "password" {
                        self.trimmed.set(self.trimmed.get() + 1);
                    }
                    let source = field.source_of(name);
                    if seen.contains(&source) {
                        let reason = format!("two keys map to {}; use --ignore for one of them", field.name);
                        error = error.or(Some(Rejection::new("ambiguous_field", reason).param(field.name)));
                    }
                    seen.push(source);
                    let checked = check_published(name, field, &value);
                    let set = draft.set(field, &value, unit).map_err(|rejection| of_column(name, field, rejection));
                    error = error.or(checked.and(set).err());
                }
                Use::Ignored => {}
                // The value can be a secret, such as a token, so it is not stored in metadata.
                Use::NotSupported => rest.ignored.push(Rc::clone(&used.name)),
                Use::NoPlace | Use::Unknown => match used.unmapped_password(&value) {
                    Some(rejection) => error = error.or(Some(rejection)),
                    None if self.unknown_into.is_some() => rest.stored.push((name.clone(), *json)),
                    None if matches!(used.r#use, Use::NoPlace) => rest.ignored.push(Rc::clone(&used.name)),
                    None => rest.unknown.push(Rc::clone(&used.name)),
                },
            }
        }
        error = error.or(draft.skip_deleted(self.rules.now).err());
        let VerificationFields { emails, phones } = self.verification_fields.get();
        self.verification_fields.set(VerificationFields {
            emails: emails.max(draft.emails.verification_field()),
            phones: phones.max(draft.phones.verification_field()),
        });
        if let Some(error) = error {
            return Err(error);
        }
        if rest.unknown.is_empty() {
            return Ok(rest);
        }
        let unknown: Vec<_> = rest.unknown.iter().map(AsRef::as_ref).collect();
        Err(unknown_names(&unknown))
    }

    /// Sets the fields that depend on multiple members or on another file.
    fn complete(&self, members: &Members<'_>, draft: &mut Draft) -> Result<(), Rejection> {
        (self.source.complete)(members, draft, &self.ignored);
        if let Some(rejection) = draft.rejection.take() {
            return Err(rejection);
        }
        self.join_password(members, draft)?;
        if let (Some(Cognito { user_pool, client }), None) = (&self.cognito, &draft.credentials.digest)
            && !draft.is_federated
        {
            let name = member_text(members, "cognito:username").ok_or_else(|| {
                Rejection::new("invalid_value", "the row has no username, which Cognito requires to verify passwords")
            })?;
            draft.credentials.digest = Some(format!("awscognito#{user_pool}#{client}#{name}").into());
        }
        Ok(())
    }

    /// Adds empty verification fields to a row without them, if other rows of the file have them. In a rejects file,
    /// they indicate that the identifiers of the row are not verified.
    pub fn with_flags(&self, row: Box<RawValue>) -> Box<RawValue> {
        let Ok(Object(mut members)) = serde_json::from_str(row.get()) else { return row };
        let (number, null) = (members.len(), raw(&()));
        let is_flag = |name: &str, contacts| match self.resolve(name).r#use {
            Use::Field(FieldRef { field, .. }) => field.is_flag_of(contacts),
            _ => false,
        };
        let VerificationFields { emails, phones } = self.file_verification_fields;
        for (field, contacts, name) in
            [(emails, Contacts::Emails, "email_verified"), (phones, Contacts::Phones, "phone_number_verified")]
        {
            if field == VerificationField::Flag && !members.iter().any(|(name, _)| is_flag(name, contacts)) {
                members.push((name.into(), &null));
            }
        }
        if members.len() == number { row.clone() } else { raw(&Object(members)) }
    }

    fn finish(
        &self,
        draft: Draft,
        members: &Members<'_>,
        rest: Result<Rest<'_>, Rejection>,
        more_notes: impl FnOnce(&NewUser) -> Vec<&'static str>,
    ) -> Result<Row, Rejection> {
        if let Some(reason) = draft.skipped {
            return Ok(Row::Skipped(reason));
        }
        let rest = rest?;
        let has_padded_password = draft.credentials.has_padded_password();
        let joined_digest = draft.joined_digest.clone();
        let (has_emails, has_phones) = (!draft.emails.is_empty(), !draft.phones.is_empty());
        let is_banned = draft.is_banned(self.rules.now);
        let (mut new_user, mut notes) = draft.finish(&self.rules)?;
        notes.extend(more_notes(&new_user));
        if self.store_rest(&mut new_user, &rest.stored)? {
            notes.push(KEY_EXISTS);
        }
        let own = new_user.external_id.take();
        let has_own = own.is_some();
        let external_id = self.required_external_id(own, members)?;
        if !has_own && exported::is_exported(members) {
            notes.push("the user id, which becomes the external id");
        }
        let new_user = new_user.external_id(external_id.clone());
        Ok(Row::User(Box::new(Candidate {
            external_id,
            new_user,
            is_banned,
            notes,
            ignored: rest.ignored,
            joined_digest,
            has_padded_password,
            has_emails,
            has_phones,
        })))
    }

    /// Stores values without a field in metadata. Existing metadata with the same key takes precedence. Returns whether
    /// there is any.
    fn store_rest(&self, new_user: &mut NewUser, rest: &Members<'_>) -> Result<bool, Rejection> {
        let Some(into) = self.unknown_into.filter(|_| !rest.is_empty()) else { return Ok(false) };
        let metadata = match into {
            UnknownInto::Private => &mut new_user.metadata.private,
            UnknownInto::Public => &mut new_user.metadata.public,
            UnknownInto::Unsafe => &mut new_user.metadata.r#unsafe,
        };
        let unknown: Result<Metadata, _> = raw(&Object(rest.clone())).get().parse();
        let unknown = unknown.map_err(|_| Rejection::new("invalid_value", "unknown values are not valid metadata"))?;
        let Object(existing) = serde_json::from_str(metadata.as_json()).unwrap_or_else(|_| Object(Vec::new()));
        let has_same_key = rest.iter().any(|(name, _)| existing.iter().any(|(other, _)| other == name));
        *metadata = unknown.merge(metadata);
        Ok(has_same_key)
    }
}

/// Returns whether a value of a status means that the user is banned, locked or deleted.
fn prevents_sign_in(status: &Value) -> bool {
    let words = [
        "banned",
        "blocked",
        "suspended",
        "disabled",
        "deactivated",
        "inactive",
        "locked",
        "deleted",
        "removed",
        "closed",
        "terminated",
        "archived",
    ];
    words.contains(&status.as_str().trim().to_lowercase().as_str())
}

/// Adds the name of the column or key to the reason for an invalid value.
fn of_column(name: &str, field: &Field, rejection: Rejection) -> Rejection {
    if normalized(name) == field.name {
        return rejection;
    }
    Rejection { reason: format!("{name}: {}", rejection.reason), ..rejection }
}

/// Returns the value of a JSON string, which is borrowed if it has no escape sequences.
fn string(json: &str) -> Cow<'_, str> {
    let owned = || serde_json::from_str::<String>(json).unwrap_or_default();
    serde_json::from_str::<&str>(json).map_or_else(|_| owned().into(), Cow::Borrowed)
}

/// Returns a member as text: a string, a number, the first element of a list, or an id in the JSON of MongoDB, such as
/// `{"$oid":"…"}`.
pub fn member_text(members: &Members<'_>, name: &str) -> Option<String> {
    let (_, json) = members.iter().find(|(other, _)| normalized(other) == name)?;
    let value = Value::of(json)?;
    match json.get().as_bytes().first()? {
        // Only JSON lists are split: `auth0|1` is one id.
        b'[' => value.texts().ok()?.into_iter().next(),
        b'{' => ["$oid", "$uuid", "$numberLong"].iter().find_map(|name| value.member(name)),
        _ => value.text().ok(),
    }
}

#[cfg(test)]
mod tests;
