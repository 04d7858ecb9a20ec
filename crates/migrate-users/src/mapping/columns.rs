//! The columns and keys of a file: the field to which each of them maps.

use std::collections::HashSet;
use std::rc::Rc;

use super::fields::{Field, FieldRef, normalized};
use super::{Mapping, exported};
use crate::rejects::Rejection;

/// The use of a column or key.
#[derive(Clone)]
pub(super) enum Use {
    Field(FieldRef),
    /// Ignored by an option, or used as the external id.
    Ignored,
    /// Ignored because Clerk cannot store it, or because all unknown names are ignored.
    NoPlace,
    Unknown,
}

/// A column or key and its use.
#[derive(Clone)]
pub(super) struct NameUse {
    pub(super) name: Rc<str>,
    pub(super) r#use: Use,
}

impl Mapping {
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
        let is_known = |name: &str| self.source.ignored.contains(&name) || exported::is_field(name);
        // Rows with unknown keys are rejected, unless their values are stored in metadata.
        let is_dropped = |r#use: &Use| match r#use {
            Use::NoPlace => true,
            Use::Unknown => self.unknown_into.is_some(),
            Use::Field(_) | Use::Ignored => false,
        };
        let uses = self.uses.borrow();
        let mut names: Vec<_> = uses
            .iter()
            .filter(|(_, used)| is_dropped(&used.r#use))
            .map(|(name, _)| (name, normalized(name)))
            .filter(|(_, normalized)| refers_to_verification(normalized) && !is_known(normalized))
            .collect();
        names.sort_unstable();
        names.first().map(|(name, _)| (*name).clone())
    }

    pub(super) fn resolve(&self, name: &str) -> NameUse {
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
            let hint = "check that the first line is a header, remove the lines before it, and check --delimiter";
            return Err(Rejection::new("unknown_field", format!("all {number} columns are unknown; {hint}")));
        }
        if unknown.is_empty() { Ok(()) } else { Err(unknown_names(&unknown)) }
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
}

/// Returns whether a normalized name refers to a verification. Tokens and the times at which they were sent do not
/// indicate whether it has succeeded.
fn refers_to_verification(name: &str) -> bool {
    const PARTICIPLES: [&str; 4] = ["verified", "confirmed", "validated", "activated"];
    const PARTS: [&str; 4] = ["verif", "confirm", "email_status", "phone_status"];
    const WORDS: [&str; 3] = ["valid", "validation", "activation"];
    const ENDS: [&str; 9] =
        ["_token", "_sent_at", "_code", "_key", "_url", "_hash", "_until", "_attempts", "_expires_at"];
    let contains = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let has_word = || name.split('_').any(|word| WORDS.contains(&word));
    contains(&PARTICIPLES) || (contains(&PARTS) || has_word()) && !ENDS.iter().any(|end| name.ends_with(end))
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
        ] {
            assert!(refers_to_verification(name), "{name}");
        }
        for name in ["confirmation_token", "confirmation_sent_at", "verification_code", "valid_until", "invalid_logins"]
        {
            assert!(!refers_to_verification(name), "{name}");
        }
    }
}
