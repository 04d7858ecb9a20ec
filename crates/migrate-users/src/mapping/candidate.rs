//! [`Candidate`] and [`Row`]: the results of converting a row.

use std::rc::Rc;

use secrecy::SecretString;
use user_directory::{NewUser, Text};

/// A new user with an external id.
#[derive(Debug)]
pub struct Candidate {
    pub external_id: Text,
    pub new_user: NewUser,
    /// Whether the user is banned, or `None` if neither the row nor a default states it.
    pub is_banned: Option<bool>,
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

impl Candidate {
    /// Creates a candidate without notes.
    #[cfg(test)]
    pub fn new(external_id: &str, new_user: NewUser) -> Self {
        Self {
            external_id: external_id.into(),
            new_user,
            is_banned: None,
            notes: Vec::new(),
            ignored: Vec::new(),
            joined_digest: None,
            has_padded_password: false,
            has_emails: true,
            has_phones: true,
        }
    }

    pub fn note_all(&mut self, notes: Vec<&'static str>) {
        for note in notes {
            self.note(note);
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
