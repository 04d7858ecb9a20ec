//! [`Survey`]: the first pass over a file, before anything is written.

use std::collections::BTreeMap;
use std::rc::Rc;

use user_directory::NewUser;
use user_directory::model::IdentifierStatus;

use crate::Failure;
use crate::claims::{Claims, Hashes};
use crate::counted::Counted;
use crate::finished::Finished;
use crate::journal::Journal;
use crate::mapping::{Mapping, NullCounts, Row, VerificationField, VerificationFields};
use crate::problems::Problems;
use crate::reading::{Input, Position};
use crate::sources::Verification;
use crate::stop::Stop;

/// The value of `--unverified` or `--assume-verified`, which set the status of email addresses and phone numbers in
/// files without verification fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerificationOption {
    AssumeVerified,
    Unverified,
}

impl VerificationOption {
    fn status(self) -> IdentifierStatus {
        match self {
            Self::AssumeVerified => IdentifierStatus::Verified,
            Self::Unverified => IdentifierStatus::Reserved,
        }
    }
}

/// The results of the first pass over a file.
#[derive(Debug, Default)]
pub struct Survey {
    pub rows: u64,
    pub users: u64,
    /// The number of skipped rows, by reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// The rows that the mapping rejects.
    pub problems: Problems,
    /// The number of users with a value in each ignored column or key.
    pub ignored: BTreeMap<Rc<str>, u64>,
    /// The number of values that are treated as missing.
    pub null_literals: u64,
    /// The number of values whose surrounding whitespace is removed.
    pub trimmed: u64,
    /// The number of plaintext passwords with surrounding whitespace.
    padded_passwords: u64,
    banned: u64,
    locked: u64,
    /// The number of values that may mean a missing value, but are kept.
    null_like: u64,
    /// The verification fields of all rows.
    verification_fields: VerificationFields,
    /// Whether [`Candidate::has_emails`](crate::mapping::Candidate::has_emails) is set for a row.
    has_emails: bool,
    /// Whether [`Candidate::has_phones`](crate::mapping::Candidate::has_phones) is set for a row.
    has_phones: bool,
    /// The number of users with email addresses or phone numbers in the format of the API, which has a status for each.
    with_statuses: u64,
    /// The number of users with email addresses or phone numbers, and the position of the first one.
    contacts: Option<(u64, Position)>,
    /// The names of `--map` and `--ignore` that do not occur in the file.
    unused_names: Vec<String>,
    /// Whether `--unverified` or `--assume-verified` is set, but has no effect.
    is_option_unused: bool,
    hashes: Hashes,
    /// The unchanged rows that an earlier run imported, except rows that share an identifier with another row.
    pub finished: Finished,
}

impl Survey {
    /// Reads a file, and looks up its rows in the journal of earlier runs.
    ///
    /// # Errors
    ///
    /// Returns an error if any part of the file cannot be read, or if the user stops the program.
    pub fn of(input: &Input, mapping: &Mapping, journal: Option<&Journal>, stop: &Stop) -> Result<Self, Failure> {
        let mut survey = Self::default();
        mapping.take_trimmed();
        mapping.take_null_counts();
        mapping.take_verification_fields();
        for line in input.lines()? {
            let line = line?;
            if stop.is_requested() {
                return Err("stopped before anything was written".into());
            }
            survey.rows += 1;
            survey.null_literals += u64::from(line.null_literals);
            match mapping.read(&line) {
                Ok(Row::User(candidate)) => {
                    survey.users += 1;
                    for name in &candidate.ignored {
                        match survey.ignored.get_mut(name) {
                            Some(rows) => *rows += 1,
                            None => drop(survey.ignored.insert(Rc::clone(name), 1)),
                        }
                    }
                    survey.padded_passwords += u64::from(candidate.has_padded_password);
                    survey.banned += u64::from(candidate.new_user.banned == Some(true));
                    survey.locked += u64::from(candidate.new_user.locked == Some(true));
                    survey.has_emails |= candidate.has_emails;
                    survey.has_phones |= candidate.has_phones;
                    let NewUser { email_addresses, phone_numbers, .. } = &candidate.new_user;
                    let has_statuses = !candidate.has_emails && !email_addresses.is_empty()
                        || !candidate.has_phones && !phone_numbers.is_empty();
                    survey.with_statuses += u64::from(has_statuses);
                    if candidate.has_emails || candidate.has_phones {
                        survey.contacts.get_or_insert((0, line.position)).0 += 1;
                    }
                    survey.hashes.add(&candidate);
                    if journal.is_some_and(|journal| journal.find(&candidate, &line) == Some(true)) {
                        survey.finished.insert(line.position);
                    }
                }
                Ok(Row::Skipped(reason)) => *survey.skipped.entry(reason).or_default() += 1,
                Err(rejection) => survey.problems.add(line.position, &rejection),
            }
        }
        survey.trimmed = mapping.take_trimmed();
        let NullCounts { replaced, kept } = mapping.take_null_counts();
        survey.null_literals += replaced;
        survey.null_like = kept;
        survey.verification_fields = mapping.take_verification_fields();
        survey.unused_names = mapping.unused_names();
        Ok(survey)
    }

    /// Determines the status of email addresses and phone numbers whose row has no verification field. If other rows
    /// have such a field for the same type, the status is reserved. If no row has one, `option` determines the status.
    /// If `option` is `None`, the system determines the status.
    ///
    /// # Errors
    ///
    /// Returns an error if the system requires an option and `option` is `None`. Also returns an error if the field
    /// `confirmed_at` may refer to a phone number.
    pub fn determine_statuses(
        &mut self,
        mapping: &mut Mapping,
        option: Option<VerificationOption>,
    ) -> Result<(), Failure> {
        let (source, VerificationFields { emails, phones }) = (mapping.source(), self.verification_fields);
        mapping.file_verification_fields = self.verification_fields;
        let types = [
            (emails, self.has_emails, source.verification, &mut mapping.rules.email_status),
            (phones, self.has_phones, source.phone_verification(), &mut mapping.rules.phone_status),
        ];
        let has_field = emails.max(phones) > VerificationField::None;
        let (mut is_undecided, mut is_used) = (false, false);
        for (field, has_values, verification, status) in types {
            match (field, option) {
                (VerificationField::Flag, _) => *status = IdentifierStatus::Reserved,
                (VerificationField::List, _) => {}
                (VerificationField::None, Some(option)) => {
                    *status = option.status();
                    is_used |= has_values;
                }
                (VerificationField::None, None) => {
                    is_undecided |= has_values && verification == Verification::Undecided && !has_field;
                }
            }
        }
        // Whether identifiers are verified although their row has no verification field.
        let is_assumed = match option {
            Some(VerificationOption::AssumeVerified) => true,
            Some(VerificationOption::Unverified) => self.with_statuses > 0,
            None => source.verification == Verification::Verified || self.with_statuses > 0,
        };
        if let Some(name) = mapping.ignored_verification().filter(|_| is_assumed) {
            return Err(format!(
                "{name} may indicate whether the identifiers are verified; use --map {name}=email_verified, --map \
                 {name}=phone_number_verified or --ignore {name}"
            )
            .into());
        }
        if let Some(name) = mapping.ambiguous_confirmation() {
            return Err(format!(
                "{name} may be the time at which a phone number was confirmed; use --map {name}=email_verified if it \
                 is always the time at which the email address was confirmed, and otherwise --ignore {name}"
            )
            .into());
        }
        self.is_option_unused =
            option.is_some() && !is_used && (self.has_emails || self.has_phones || self.with_statuses > 0);
        let Some((users, first)) = self.contacts.filter(|_| is_undecided) else { return Ok(()) };
        Err(format!(
            "the file does not indicate whether the email addresses and phone numbers of {} are verified (the first \
             on {first}); use --unverified to reserve them for these users, --assume-verified if the old system \
             verified all of them, or --map NAME=email_verified. With --assume-verified, a person who registered \
             another person's address owns it after the import",
            Counted(users, "user")
        )
        .into())
    }

    /// Returns the identifiers that occur in multiple rows. Reads the file a second time if there are any.
    pub fn claims(&mut self, input: &Input, mapping: &Mapping) -> Result<Claims, Failure> {
        let repeated = std::mem::take(&mut self.hashes).repeated();
        let mut claims = Claims::default();
        if repeated.is_empty() {
            return Ok(claims);
        }
        for line in input.lines()? {
            let line = line?;
            let is_finished = self.finished.contains(line.position);
            if let Ok(Row::User(candidate)) = mapping.read(&line)
                && claims.note(line.position, &candidate, &repeated, is_finished)
            {
                // The import must check whether the row is a duplicate.
                self.finished.remove(line.position);
            }
        }
        Ok(claims)
    }

    /// Returns a message for each unusual property of the file.
    pub fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        if self.null_literals > 0 {
            notices.push(format!(
                "treated as missing: {} with a word for a missing value, such as NULL or [NULL]",
                Counted(self.null_literals, "value")
            ));
        }
        if self.null_like > 0 {
            notices.push(format!(
                "kept: {} that may mean a missing value, such as NaN, undefined, or NULL in JSON; use --null WORD to \
                 treat such a word as missing",
                Counted(self.null_like, "value")
            ));
        }
        for (users, state) in [(self.banned, "banned"), (self.locked, "locked")] {
            if users > 0 {
                notices.push(format!("imported as {state}: {}", Counted(users, "user")));
            }
        }
        if self.trimmed > 0 {
            notices.push(format!("surrounding whitespace of {} is removed", Counted(self.trimmed, "value")));
        }
        if self.padded_passwords > 0 {
            let passwords = Counted(self.padded_passwords, "plaintext password");
            notices.push(format!("surrounding whitespace of {passwords} is kept"));
        }
        if self.is_option_unused {
            notices.push(
                "--unverified and --assume-verified have no effect, because the file or --set has verification fields"
                    .to_owned(),
            );
        }
        if !self.unused_names.is_empty() {
            let names = self.unused_names.join(", ");
            notices.push(format!("names in --map or --ignore that do not occur in the file: {names}"));
        }
        for (reason, rows) in &self.skipped {
            notices.push(format!("skipped: {} ({reason})", Counted(*rows, "row")));
        }
        if !self.ignored.is_empty() {
            let names: Vec<_> = self.ignored.iter().map(|(name, rows)| format!("{name} ({rows})")).collect();
            notices.push(format!("ignored columns or keys, with the number of users: {}", names.join(", ")));
        }
        notices
    }
}
