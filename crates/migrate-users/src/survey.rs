//! [`Survey`]: the first pass over a file, which finds out what an import would do before anything is written.

use std::collections::BTreeMap;
use std::rc::Rc;

use user_directory::model::IdentifierStatus;

use crate::Failure;
use crate::claims::{Claims, Hashes};
use crate::finished::Finished;
use crate::journal::Journal;
use crate::mapping::{Mapping, NullCounts, Row, Sign, Signs};
use crate::problems::Problems;
use crate::reading::{Input, Position};
use crate::sources::Verification;
use crate::stop::Stop;

/// The decision of the user of this program about identifiers of files that say nothing about verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    AssumeVerified,
    Unverified,
}

impl Decision {
    fn status(self) -> IdentifierStatus {
        match self {
            Self::AssumeVerified => IdentifierStatus::Verified,
            Self::Unverified => IdentifierStatus::Reserved,
        }
    }
}

/// The contents of a file.
#[derive(Debug, Default)]
pub struct Survey {
    pub rows: u64,
    pub users: u64,
    /// Rows that are not users to import, by reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// Rows that the mapping rejects.
    pub problems: Problems,
    /// The names of values that are not imported, with the number of rows.
    pub ignored: BTreeMap<Rc<str>, u64>,
    pub null_literals: u64,
    pub trimmed: u64,
    padded_passwords: u64,
    banned: u64,
    locked: u64,
    /// Values with a word that may mean a missing value.
    null_like: u64,
    /// The fields about verification of all rows.
    signs: Signs,
    has_emails: bool,
    has_phones: bool,
    /// The number of users with email addresses or phone numbers, and the first one.
    contacts: Option<(u64, Position)>,
    /// Whether the decision about verification has no effect.
    is_decision_unused: bool,
    hashes: Hashes,
    /// The rows that an earlier run imported, except those that have an identifier of another row.
    pub finished: Finished,
}

impl Survey {
    /// Reads a file, and looks up its rows in the journal of earlier runs. Fails if the file cannot be read as a whole.
    pub fn of(input: &Input, mapping: &Mapping, journal: Option<&Journal>, stop: &Stop) -> Result<Self, Failure> {
        let mut survey = Self::default();
        mapping.take_trimmed();
        mapping.take_null_counts();
        mapping.take_signs();
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
                    if candidate.has_emails || candidate.has_phones {
                        survey.contacts.get_or_insert((0, line.position)).0 += 1;
                    }
                    survey.hashes.add(&candidate);
                    if journal.is_some_and(|journal| journal.find(&candidate.external_id, &line) == Some(true)) {
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
        survey.signs = mapping.take_signs();
        Ok(survey)
    }

    /// Determines the status of identifiers about which their row says nothing. If other rows have a flag for identifiers
    /// of the same type, they are not verified. A decision applies to the types about which no row says anything.
    ///
    /// # Errors
    ///
    /// Fails if nothing in the file says whether its identifiers are verified, and the decision is missing. Also fails if
    /// a confirmation may be that of a phone number.
    pub fn decide(&mut self, mapping: &mut Mapping, decision: Option<Decision>) -> Result<(), Failure> {
        let (source, Signs { emails, phones }) = (mapping.source(), self.signs);
        mapping.signs_of_file = self.signs;
        let types = [
            (emails, self.has_emails, source.verification, &mut mapping.rules.email_status),
            (phones, self.has_phones, source.phone_verification(), &mut mapping.rules.phone_status),
        ];
        let has_sign = emails.max(phones) > Sign::None;
        let (mut is_undecided, mut is_used) = (false, false);
        for (sign, has_values, verification, status) in types {
            match (sign, decision) {
                (Sign::Flag, _) => *status = IdentifierStatus::Reserved,
                (Sign::List, _) => {}
                (Sign::None, Some(decision)) => {
                    *status = decision.status();
                    is_used |= has_values;
                }
                (Sign::None, None) => {
                    is_undecided |= has_values && verification == Verification::Undecided && !has_sign;
                }
            }
        }
        if let Some(name) = mapping.ambiguous_confirmation() {
            return Err(format!(
                "{name} may be the time at which a phone number was confirmed, because the file has fields for phone \
                 numbers; use --map {name}=email_verified if it is always the time at which the email address was \
                 confirmed, and otherwise --ignore {name}"
            )
            .into());
        }
        self.is_decision_unused = decision.is_some() && !is_used && (self.has_emails || self.has_phones);
        let Some((users, first)) = self.contacts.filter(|_| is_undecided) else { return Ok(()) };
        Err(format!(
            "nothing in the file says whether the email addresses and phone numbers of {users} users are verified (the \
             first on {first}); use --unverified to reserve them for these users, --assume-verified if the old \
             system verified all of them, or --map NAME=email_verified. A person who registered another person's \
             address must not own it after the import"
        )
        .into())
    }

    /// Reads the rows whose identifiers occur several times.
    pub fn claims(&mut self, input: &Input, mapping: &Mapping) -> Result<Claims, Failure> {
        let repeated = std::mem::take(&mut self.hashes).repeated();
        let mut claims = Claims::default();
        if repeated.is_empty() {
            return Ok(claims);
        }
        for line in input.lines()? {
            let line = line?;
            if let Ok(Row::User(candidate)) = mapping.read(&line)
                && claims.note(line.position, &candidate, &repeated)
            {
                // The import decides which of the rows with the identifier is a duplicate.
                self.finished.remove(line.position);
            }
        }
        Ok(claims)
    }

    /// Returns what is unusual about the contents, one sentence per line.
    pub fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        if self.null_literals > 0 {
            notices.push(format!(
                "{} values with a word for a missing value, such as NULL or [NULL], are empty",
                self.null_literals
            ));
        }
        if self.null_like > 0 {
            notices.push(format!(
                "{} values have a word such as NaN or undefined, or NULL in JSON, which is kept; if it means a missing \
                 value, use --null WORD",
                self.null_like
            ));
        }
        for (users, state) in [(self.banned, "banned"), (self.locked, "locked")] {
            if users > 0 {
                notices.push(format!("{users} users are imported as {state}"));
            }
        }
        if self.trimmed > 0 {
            notices.push(format!("surrounding blanks of {} values are removed", self.trimmed));
        }
        if self.padded_passwords > 0 {
            notices
                .push(format!("{} plaintext passwords have surrounding blanks, which are kept", self.padded_passwords));
        }
        if self.is_decision_unused {
            notices.push(
                "--unverified and --assume-verified have no effect, because the file says what is verified".to_owned(),
            );
        }
        for (reason, rows) in &self.skipped {
            notices.push(format!("{rows} rows are skipped, because they are {reason}"));
        }
        if !self.ignored.is_empty() {
            let names: Vec<_> = self.ignored.iter().map(|(name, rows)| format!("{name} ({rows})")).collect();
            notices.push(format!("ignored, with the number of users: {}", names.join(", ")));
        }
        notices
    }
}
