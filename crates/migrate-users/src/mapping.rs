//! [`Mapping`]: converts rows to new users.

mod contacts;
mod credentials;
mod digests;
pub mod draft;
mod exported;
pub mod fields;
mod joined;
mod names;
mod phones;
mod times;
pub mod value;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use clap::ValueEnum;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::value::RawValue;
use user_directory::model::IdentifierStatus;
use user_directory::{Metadata, NewUser, Text, User};

pub use contacts::VerificationField;
pub use credentials::{FirebaseParameters, PasswordRules};
pub use draft::Rules;
pub use joined::JoinedPasswords;
pub use phones::{Country, PhoneFormat, WithoutPlus};

use crate::Failure;
use crate::reading::object::Object;
use crate::reading::{Line, NullWords, raw};
use crate::rejects::Rejection;
use crate::sources::{Members, Source, Verification};
use draft::Draft;
use fields::{Contacts, Field, FieldRef, normalized};
use value::{Value, is_converted_number};

/// A new user with an external id.
#[derive(Debug)]
pub struct Candidate {
    pub external_id: Text,
    pub new_user: NewUser,
    /// The kinds of data that are changed or not imported.
    pub notes: Vec<&'static str>,
    /// The names of the ignored columns or keys that have a value.
    pub ignored: Vec<Rc<str>>,
    /// The digest of the password, if it comes from another file.
    pub joined_digest: Option<SecretString>,
    /// Whether the plaintext password has surrounding whitespace.
    pub has_padded_password: bool,
    /// Whether the row has email addresses. `false` for users in the format of the API, which has a status for each.
    pub has_emails: bool,
    /// Whether the row has phone numbers. `false` for users in the format of the API, which has a status for each.
    pub has_phones: bool,
}

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

impl Candidate {
    /// Creates a candidate without notes.
    #[cfg(test)]
    pub fn new(external_id: &str, new_user: NewUser) -> Self {
        Self {
            external_id: external_id.into(),
            new_user,
            notes: Vec::new(),
            ignored: Vec::new(),
            joined_digest: None,
            has_padded_password: false,
            has_emails: true,
            has_phones: true,
        }
    }

    /// Adds a note, unless the candidate already has it.
    pub fn note(&mut self, note: &'static str) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// A converted row.
#[derive(Debug)]
pub enum Row {
    User(Box<Candidate>),
    /// The row is skipped for this reason, such as `deleted`.
    Skipped(&'static str),
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
    uses: RefCell<HashMap<String, NameUse>>,
    /// The number of values with surrounding whitespace.
    trimmed: Cell<u64>,
    pub null_words: NullWords,
    null_counts: Cell<NullCounts>,
    /// The verification fields of all rows that were read, including rejected rows.
    verification_fields: Cell<VerificationFields>,
    /// The verification fields of the whole file.
    pub file_verification_fields: VerificationFields,
}

/// The use of a column or key.
#[derive(Clone)]
enum Use {
    Field(FieldRef),
    /// Ignored by an option, or used as the external id.
    Ignored,
    /// Ignored because Clerk cannot store it, or because all unknown names are ignored.
    NoPlace,
    Unknown,
}

/// A column or key and its use.
#[derive(Clone)]
struct NameUse {
    name: Rc<str>,
    r#use: Use,
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

    /// Returns the column or key `confirmed_at` if it may refer to a phone number: a row has a field for phone numbers,
    /// and no option maps or ignores `confirmed_at`. Devise confirms only email addresses. In Supabase, it is the time
    /// at which the email address or the phone number was first confirmed.
    pub fn ambiguous_confirmation(&self) -> Option<String> {
        let uses = self.uses.borrow();
        let is_phone = |name: &String| {
            let field = match uses[name].r#use {
                Use::Field(FieldRef { field, .. }) => Some(field),
                _ => None,
            };
            field.or_else(|| Field::named(name)).is_some_and(Field::is_phone)
        };
        let is_ambiguous = |name: &&String| {
            let name_of_field = normalized(name);
            name_of_field == "confirmed_at"
                && !self.renamed.contains_key(&name_of_field)
                && matches!(uses[*name].r#use, Use::Field(_))
        };
        uses.keys().find(is_ambiguous).filter(|_| uses.keys().any(is_phone)).cloned()
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
        self.base.set(field, &value, unit).map_err(|rejection| format!("--set: {}", rejection.reason))?;
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

    /// Returns the names of `--map` and `--ignore` that do not occur in the rows that were read. They may be
    /// misspelled.
    pub fn unused_names(&self) -> Vec<String> {
        let used: HashSet<_> = self.uses.borrow().keys().map(|name| normalized(name)).collect();
        let mut unused: Vec<_> =
            self.renamed.keys().chain(&self.ignored).filter(|name| !used.contains(*name)).cloned().collect();
        unused.sort_unstable();
        unused
    }

    /// Returns a column or key that is ignored although its name refers to a verification, unless `--ignore` or the
    /// system ignores it.
    pub fn ignored_verification(&self) -> Option<String> {
        let words = ["verified", "confirmed", "validated", "activated"];
        let refers = |name: &str| words.iter().any(|word| name.contains(word));
        let uses = self.uses.borrow();
        let mut names: Vec<_> = uses
            .iter()
            .filter(|(_, used)| matches!(used.r#use, Use::NoPlace | Use::Unknown))
            .map(|(name, _)| name)
            .filter(|name| refers(&normalized(name)) && !self.source.ignored.contains(&normalized(name).as_str()))
            .collect();
        names.sort_unstable();
        names.first().map(|name| (*name).clone())
    }

    fn resolve(&self, name: &str) -> NameUse {
        if let Some(known) = self.uses.borrow().get(name) {
            return known.clone();
        }
        let resolved = NameUse { name: name.into(), r#use: self.resolve_normalized(&normalized(name)) };
        self.uses.borrow_mut().insert(name.to_owned(), resolved.clone());
        resolved
    }

    fn resolve_normalized(&self, name: &str) -> Use {
        let of_source = || {
            let (_, field) = self.source.fields.iter().find(|(other, _)| *other == name)?;
            FieldRef::parse(field).ok()
        };
        if self.ignored.contains(name) {
            return Use::Ignored;
        }
        if let Some(field) = self.renamed.get(name).copied().or_else(of_source) {
            return Use::Field(field);
        }
        if self.source.ignored.contains(&name) {
            return Use::NoPlace;
        }
        if let Some(field) = Field::named(name) {
            return Use::Field(FieldRef { field, unit: None });
        }
        if self.source.external_id.contains(&name) || self.external_id_from.as_deref() == Some(name) {
            return Use::Ignored;
        }
        if self.source.ignores_unknown || self.ignore_unknown { Use::NoPlace } else { Use::Unknown }
    }

    /// Checks the header of a CSV file. If all columns are unknown, the first line may be a user, so the error does not
    /// contain it.
    pub fn check_columns(&self, names: &[String]) -> Result<(), Rejection> {
        let names: Vec<_> = names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        self.check_once(names.iter().copied())?;
        if let Some(id) = self.external_id_from.as_ref().filter(|id| !names.iter().any(|name| normalized(name) == **id))
        {
            let reason = format!("--external-id-from: the table has no column {id}");
            return Err(Rejection::new("no_external_id", reason).param("external_id"));
        }
        if let Some((several, advice)) = self.source.several_rows
            && names.iter().any(|name| normalized(name) == several && matches!(self.resolve(name).r#use, Use::NoPlace))
        {
            return Err(Rejection::new("several_rows", advice).param(several));
        }
        let (mut seen, mut unknown) = (HashSet::new(), Vec::new());
        for name in &names {
            match self.resolve(name).r#use {
                Use::Field(FieldRef { field, .. }) if !seen.insert(field.source_of(name)) => {
                    let reason = format!("two columns map to {}; use --ignore for one of them", field.name);
                    return Err(Rejection::new("ambiguous_field", reason).param(field.name));
                }
                Use::Unknown if self.unknown_into.is_none() => unknown.push(*name),
                _ => {}
            }
        }
        if unknown.len() == names.len() {
            let number = names.len();
            let hint = "check that the first line is a header, and check --delimiter";
            return Err(Rejection::new("unknown_field", format!("all {number} columns are unknown; {hint}")));
        }
        if unknown.is_empty() { Ok(()) } else { Err(unknown_names(&unknown)) }
    }

    /// Rejects duplicate names, except ignored names.
    fn check_once<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<(), Rejection> {
        let mut names: Vec<_> = names.collect();
        names.sort_unstable();
        let mut duplicates = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
        match duplicates.find(|name| !self.ignored.contains(&normalized(name))) {
            Some(name) => {
                let reason = format!("{name} occurs several times; rename it, or use --ignore for all of them");
                Err(Rejection::new("ambiguous_field", reason).param(name))
            }
            None => Ok(()),
        }
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
            return self.read_exported(&members);
        }
        if exported::is_exported(&members) {
            return self.read_exported(&members);
        }
        let mut members = (self.source.unnest)(members)?;
        self.replace_null_words(&mut members);
        if members.iter().all(|(_, json)| Value::of(json).is_none()) {
            return Ok(Row::Skipped("empty"));
        }
        if let Some(reason) = (self.source.skip)(&members) {
            return Ok(Row::Skipped(reason));
        }
        let mut draft = self.base.clone();
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

    /// Sets the fields of a draft. Returns the first error only after all fields are set, because errors of skipped
    /// rows are ignored.
    fn fill<'a>(&self, draft: &mut Draft, members: &Members<'a>) -> Result<Rest<'a>, Rejection> {
        let (mut rest, mut seen, mut error) = (Rest::default(), Vec::new(), None);
        for (name, json) in members {
            let NameUse { name: shared, r#use } = self.resolve(name);
            let value = Value::of(json);
            if let Use::Field(FieldRef { field, .. }) = &r#use {
                field.note_verification_field(draft, value.is_none());
            }
            let Some(value) = value else { continue };
            match r#use {
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
                    error = error.or(draft.set(field, &value, unit).err());
                }
                Use::Ignored => {}
                Use::NoPlace | Use::Unknown if self.is_digest(name, &value) => {
                    let advice = if matches!(value, Value::Text(_)) {
                        format!("use --map {name}=password_digest if it is the hash of the user's password")
                    } else {
                        "write the hash to a key password_digest if it belongs to the user's password".to_owned()
                    };
                    let reason = format!(
                        "{name} contains a password hash, but is not mapped to a field; {advice}, and otherwise use \
                         --ignore {name}"
                    );
                    error = error.or(Some(Rejection::new("unmapped_digest", reason).param(name.as_ref())));
                }
                Use::NoPlace | Use::Unknown if self.unknown_into.is_some() => {
                    rest.stored.push((name.clone(), *json));
                }
                Use::NoPlace => rest.ignored.push(shared),
                Use::Unknown => rest.unknown.push(shared),
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

    /// Returns whether a value that is not mapped to a field contains a password hash. If it were ignored, the user
    /// would lose the password, and in metadata, clients could read the hash.
    fn is_digest(&self, name: &str, value: &Value) -> bool {
        digests::contains_digest(value.as_str()) && !self.source.ignored.contains(&normalized(name).as_str())
    }

    /// Sets the fields that depend on several members or on another file.
    fn complete(&self, members: &Members<'_>, draft: &mut Draft) -> Result<(), Rejection> {
        (self.source.complete)(members, draft);
        if let Some(rejection) = draft.rejection.take() {
            return Err(rejection);
        }
        if draft.credentials.digest.is_none()
            && let Some(joined) = &self.joined
        {
            draft.joined_digest = joined.digest_of(members)?;
            draft.credentials.digest.clone_from(&draft.joined_digest);
        }
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

    /// Converts a user in the format of the API. Keys that are not part of this format, such as secrets, and the keys
    /// of `--map` are mapped to fields.
    fn read_exported(&self, members: &Members<'_>) -> Result<Row, Rejection> {
        let is_kept = |name: &str| !self.ignored.contains(&normalized(name));
        let is_mapped = |name: &str| self.renamed.contains_key(&normalized(name));
        let kept = || members.iter().filter(|(name, _)| is_kept(name)).cloned();
        let is_field = |name: &str, json| exported::is_field(name) && exported::has_type_of_field(name, json);
        // A user needs an id, which is not imported, so its id can also be mapped.
        let is_own = |name: &str, json| name == "id" || is_field(name, json) && !is_mapped(name);
        let own: Vec<_> = kept().filter(|(name, json)| is_own(name, json)).collect();
        let others: Vec<_> = kept().filter(|(name, json)| is_mapped(name) || !is_field(name, json)).collect();
        let object = raw(&"user");
        let has_object = own.iter().any(|(name, _)| name == "object");
        let own = own.into_iter().chain((!has_object).then_some(("object".into(), &*object))).collect();
        let user: serde_json::Result<User> = serde_json::from_str(raw(&Object(own)).get());
        let user = user.map_err(|_| Rejection::new("malformed", "the row is not a valid user").param("id"))?;
        if let Some(name) = others.iter().find_map(|(name, _)| self.target_in(name, &user)) {
            let reason = format!("two keys map to {name}; use --ignore for one of them");
            return Err(Rejection::new("ambiguous_field", reason).param(name));
        }
        check_unit("created_at", user.created_at)?;
        check_unit("legal_accepted_at", user.legal_accepted_at)?;
        if !self.renamed.is_empty() || !self.ignored.is_empty() {
            // The names are recorded for `unused_names`.
            for (name, _) in members {
                self.resolve(name);
            }
        }
        let mut draft = Draft { credentials: self.base.credentials.clone(), ..Draft::default() };
        draft.user = exported::apply(&user, self.base.clone().finish(&self.rules)?.0);
        let rest = self.fill(&mut draft, &others);
        self.finish(draft, members, rest, |new| exported::not_imported(&user, new))
    }

    /// Returns the field that a name is mapped to, if the user has a value for it.
    fn target_in(&self, name: &str, user: &User) -> Option<&'static str> {
        let target = self.renamed.get(&normalized(name))?.field.name;
        let is_set = match target {
            "external_id" => user.external_id.is_some(),
            "first_name" => user.first_name.is_some(),
            "last_name" => user.last_name.is_some(),
            "username" => user.username.is_some(),
            "locale" => user.locale.is_some(),
            "timezone" => user.timezone.is_some(),
            "created_at" => user.created_at.is_some(),
            "legal_accepted_at" => user.legal_accepted_at.is_some(),
            "public_metadata" => !user.public_metadata.is_empty(),
            "private_metadata" => !user.private_metadata.is_empty(),
            "unsafe_metadata" => !user.unsafe_metadata.is_empty(),
            _ => false,
        };
        is_set.then_some(target)
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
        let (mut new_user, mut notes) = draft.finish(&self.rules)?;
        notes.extend(more_notes(&new_user));
        self.store_rest(&mut new_user, &rest.stored)?;
        let own = new_user.external_id.take().filter(|external_id| !external_id.trim().is_empty());
        let has_own = own.is_some();
        let external_id = own.or_else(|| self.external_id(members)).ok_or_else(|| {
            let reason = if let Some(name) = &self.external_id_from {
                format!("the row has no external id in external_id or {name}, as set by --external-id-from")
            } else {
                let names = self.source.external_id.join(", ");
                format!("the row has no external id in external_id, {names}; use --external-id-from NAME")
            };
            Rejection::new("no_external_id", reason).param("external_id")
        })?;
        if is_converted_number(&external_id) {
            let reason = "the external id is a number that a spreadsheet or another program has converted; export the ids \
                          as text";
            return Err(Rejection::new("converted_external_id", reason).param("external_id"));
        }
        if !has_own && exported::is_exported(members) {
            notes.push("the user id, which becomes the external id");
        }
        let new_user = new_user.external_id(external_id.clone());
        Ok(Row::User(Box::new(Candidate {
            external_id,
            new_user,
            notes,
            ignored: rest.ignored,
            joined_digest,
            has_padded_password,
            has_emails,
            has_phones,
        })))
    }

    /// Stores values without a field in metadata. Existing metadata with the same key takes precedence.
    fn store_rest(&self, new_user: &mut NewUser, rest: &Members<'_>) -> Result<(), Rejection> {
        let Some(into) = self.unknown_into.filter(|_| !rest.is_empty()) else { return Ok(()) };
        let metadata = match into {
            UnknownInto::Private => &mut new_user.metadata.private,
            UnknownInto::Public => &mut new_user.metadata.public,
            UnknownInto::Unsafe => &mut new_user.metadata.r#unsafe,
        };
        let unknown: Result<Metadata, _> = raw(&Object(rest.clone())).get().parse();
        let unknown = unknown.map_err(|_| Rejection::new("invalid_value", "unknown values are not valid metadata"))?;
        *metadata = unknown.merge(metadata);
        Ok(())
    }

    fn external_id(&self, members: &Members<'_>) -> Option<Text> {
        match &self.external_id_from {
            Some(name) => member_text(members, name),
            None => self.source.external_id.iter().find_map(|name| member_text(members, name)),
        }
        .map(Text::from)
    }
}

/// Rejects a time that is a number of seconds. The numbers of the API are milliseconds.
fn check_unit(name: &str, time: Option<Timestamp>) -> Result<(), Rejection> {
    if !time.is_some_and(times::is_in_seconds) {
        return Ok(());
    }
    let reason = format!("{name} must be a number of milliseconds, but is one of seconds");
    Err(Rejection::new("invalid_value", reason).param(name))
}

/// Returns the value of a JSON string, which is borrowed if it has no escape sequences.
fn string(json: &str) -> Cow<'_, str> {
    let owned = || serde_json::from_str::<String>(json).unwrap_or_default();
    serde_json::from_str::<&str>(json).map_or_else(|_| owned().into(), Cow::Borrowed)
}

fn unknown_names(names: &[&str]) -> Rejection {
    let reason = format!(
        "unknown: {}; use --map NAME=FIELD or --ignore NAME for each, --ignore-unknown, or --unknown-into \
         private_metadata",
        names.join(", ")
    );
    Rejection::new("unknown_field", reason).param(*names.first().unwrap_or(&""))
}

/// Returns a member as text: a string, a number, the first element of a list, or an id in the JSON of MongoDB, such as
/// `{"$oid":"…"}`.
fn member_text(members: &Members<'_>, name: &str) -> Option<String> {
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
