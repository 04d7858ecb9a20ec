//! The columns and keys of a file: the field to which each of them maps.

use std::collections::HashSet;
use std::rc::Rc;

use super::fields::{Field, FieldRef, normalized};
use super::password_names::PasswordName;
use super::{Mapping, exported};
use crate::rejects::Rejection;

/// The use of a column or key.
pub(super) enum Use {
    Field(FieldRef),
    /// Ignored by an option, or used as the external id.
    Ignored,
    /// Ignored because it belongs to the format of the system, but Clerk cannot store it.
    NotSupported,
    /// Ignored because all unknown names are ignored.
    NoPlace,
    Unknown,
}

/// A column or key and its use. It is determined only once for each name.
pub(super) struct NameUse {
    pub(super) name: Rc<str>,
    pub(super) r#use: Use,
    /// Whether the column is [`Source::several_rows`](crate::sources::Source::several_rows), and is not ignored.
    pub(super) is_of_several_rows: bool,
    /// Whether the values are statuses that may mean that the user is banned, locked or deleted.
    pub(super) is_status: bool,
    /// The kind of values if the name is that of a password or a hash.
    pub(super) password: Option<PasswordName>,
}

impl Mapping {
    /// Ignores all columns and keys that are unknown.
    pub fn ignore_all_unknown(&mut self) {
        self.ignore_unknown = true;
        // The use of each column is cached.
        self.uses.get_mut().clear();
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
    /// system ignores it, or it is a field of users of the API.
    pub fn ignored_verification(&self) -> Option<String> {
        // Rows with unknown keys are rejected, unless their values are stored in metadata.
        let is_dropped = |r#use: &Use| match r#use {
            Use::NoPlace => true,
            Use::Unknown => self.unknown_into.is_some(),
            Use::Field(_) | Use::Ignored | Use::NotSupported => false,
        };
        let uses = self.uses.borrow();
        let refers_to_verification = |name: &str| {
            let name = normalized(name);
            refers_to_verification(&name) && !exported::is_field(&name)
        };
        let ignored = uses.iter().filter(|(_, used)| is_dropped(&used.r#use));
        ignored.map(|(name, _)| name).filter(|name| refers_to_verification(name)).min().cloned()
    }

    pub(super) fn resolve(&self, name: &str) -> Rc<NameUse> {
        if let Some(known) = self.uses.borrow().get(name) {
            return Rc::clone(known);
        }
        let normalized = normalized(name);
        let r#use = self.resolve_normalized(&normalized);
        let is_several = self.source.several_rows.is_some_and(|(several, _)| several == normalized);
        let resolved = Rc::new(NameUse {
            name: name.into(),
            is_of_several_rows: is_several && matches!(r#use, Use::NoPlace),
            r#use,
            is_status: matches!(normalized.as_str(), "status" | "account_status" | "user_status" | "state"),
            password: PasswordName::of(&normalized),
        });
        self.uses.borrow_mut().insert(name.to_owned(), Rc::clone(&resolved));
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
            return Use::NotSupported;
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
        self.check_several_rows(names.iter().copied())?;
        let (mut seen, mut unknown) = (HashSet::new(), Vec::new());
        for name in &names {
            match &self.resolve(name).r#use {
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
            let hint = "check that the first line is a header, remove the lines before it, and check --delimiter";
            return Err(Rejection::new("unknown_field", format!("all {number} columns are unknown; {hint}")));
        }
        if unknown.is_empty() { Ok(()) } else { Err(unknown_names(&unknown)) }
    }

    /// Rejects tables that have multiple rows for each user.
    pub(super) fn check_several_rows<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> Result<(), Rejection> {
        match self.source.several_rows {
            Some((name, advice)) if names.any(|name| self.resolve(name).is_of_several_rows) => {
                Err(Rejection::new("several_rows", advice).param(name))
            }
            _ => Ok(()),
        }
    }

    /// Rejects duplicate names, except ignored names.
    pub(super) fn check_once<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<(), Rejection> {
        let mut names: Vec<_> = names.collect();
        names.sort_unstable();
        let mut duplicates = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
        match duplicates.find(|name| !self.ignored.contains(&normalized(name))) {
            Some(name) => {
                let reason = format!("{name} occurs several times; rename all but one, or use --ignore for all");
                Err(Rejection::new("ambiguous_field", reason).param(name))
            }
            None => Ok(()),
        }
    }

    /// Returns the column or key `confirmed_at` if it may refer to a phone number, and no option maps or ignores it.
    ///
    /// Devise confirms only email addresses, so the name is ambiguous if the file has a field for phone numbers. In
    /// Supabase, it is the time at which the email address or the phone number was first confirmed. It is ambiguous if
    /// the file has neither `email_confirmed_at` nor `phone_confirmed_at`, which take precedence.
    pub fn ambiguous_confirmation(&self) -> Option<String> {
        let uses = self.uses.borrow();
        let is_phone = |(name, used): (&String, &Rc<NameUse>)| {
            let field = match used.r#use {
                Use::Field(FieldRef { field, .. }) => Some(field),
                _ => None,
            };
            field.or_else(|| Field::named(name)).is_some_and(Field::is_phone)
        };
        let is_precise = |name: &String| matches!(&*normalized(name), "email_confirmed_at" | "phone_confirmed_at");
        let is_ambiguous = |used: &NameUse| match used.r#use {
            Use::Field(_) => !self.renamed.contains_key("confirmed_at") && uses.iter().any(is_phone),
            Use::NotSupported => !uses.keys().any(is_precise),
            Use::Ignored | Use::NoPlace | Use::Unknown => false,
        };
        let mut names = uses.iter().filter(|(name, _)| normalized(name) == "confirmed_at");
        names.find(|(_, used)| is_ambiguous(used)).map(|(name, _)| name.clone())
    }
}

/// Returns whether a normalized name refers to a verification. Tokens, the times at which they were sent, and names with
/// these endings do not indicate whether it has succeeded.
fn refers_to_verification(name: &str) -> bool {
    const PARTS: [&str; 6] = ["verif", "confirm", "validated", "activated", "email_status", "phone_status"];
    const WORDS: [&str; 3] = ["valid", "validation", "activation"];
    const ENDS: [&str; 11] =
        ["_token", "_sent_at", "_code", "_key", "_url", "_hash", "_until", "_attempts", "_expires_at", "_from", "_ip"];
    let has_part = || PARTS.iter().any(|part| name.contains(part));
    let has_word = || name.split('_').any(|word| WORDS.contains(&word));
    !name.contains("password") && !ENDS.iter().any(|end| name.ends_with(end)) && (has_part() || has_word())
}

pub(super) fn unknown_names(names: &[&str]) -> Rejection {
    let reason = format!(
        "unknown columns or keys: {}; use --map NAME=FIELD or --ignore NAME for each, --ignore-unknown, or \
         --unknown-into private_metadata",
        names.join(", ")
    );
    Rejection::new("unknown_field", reason).param(*names.first().unwrap_or(&""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refers_to_verification_ignores_tokens() {
        for name in [
            "is_verified",
            "verification_status",
            "email_verification",
            "email_status",
            "email_valid",
            "confirmation",
            "unconfirmed_email",
            "verified_by",
            "account_activated",
        ] {
            assert!(refers_to_verification(name), "{name}");
        }
        for name in [
            "confirmation_token",
            "confirmation_sent_at",
            "verification_code",
            "valid_until",
            "valid_from",
            "invalid_logins",
            "password_confirmation",
            "last_verified_ip",
        ] {
            assert!(!refers_to_verification(name), "{name}");
        }
    }
}
