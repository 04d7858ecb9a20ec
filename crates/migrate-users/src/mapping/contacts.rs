//! [`Contacts`]: the email addresses or the phone numbers of a row, and whether they are verified.

use jiff::Timestamp;
use user_directory::model::IdentifierStatus;

use super::times::{TimeError, event_time, latest_meaning, time};
use super::value::{Expected, Value};
use crate::identifiers;
use crate::rejects::Rejection;

/// A kind of verification field in a row or a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum VerificationField {
    #[default]
    None,
    /// A list of verified values, of unverified values, or of statuses. It does not affect other values.
    List,
    /// A field that determines whether all values of a row are verified. If it is empty or absent, they are not
    /// verified.
    Flag,
}

/// Collects the email addresses or phone numbers of a row.
#[derive(Debug, Clone, Default)]
pub struct Contacts {
    /// The values. A value has a status if its field determines it.
    values: Vec<(String, Option<IdentifierStatus>)>,
    primary: Option<String>,
    /// The statuses of the values, if the row lists them separately.
    statuses: Option<Vec<IdentifierStatus>>,
    /// Whether the values are verified, if the row has a field such as `email_verified`.
    verified: Option<bool>,
    /// The time of the verification, if the row contains it.
    verified_at: Option<Timestamp>,
    /// The kind of verification field that the row has. The field may be empty.
    verification_field: VerificationField,
}

/// Returns the expected type of a verification field.
fn not_verification(value: &Value) -> Expected {
    match time(value, None) {
        Err(TimeError::Days) => {
            "true, false or the time of the verification, but is a number of days, as spreadsheets store times; format \
             the cells as yyyy-mm-dd hh:mm:ss before you export them"
        }
        _ => "true, false or the time of the verification, such as 2024-01-15T10:30:00Z or 2024-01-15 10:30:00 UTC",
    }
}

/// Converts an email address, which can be a link. Other text that is not an email address is returned unchanged, so that
/// the directory rejects it.
///
/// # Errors
///
/// Rejects multiple addresses that are not separated.
pub fn email(text: &str) -> Result<String, Rejection> {
    let link = text.split_at_checked(7).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("mailto:"));
    // The parameters of a link, such as the subject, are not part of the address.
    let text = link.map_or(text, |(_, address)| address.split('?').next().unwrap_or_default());
    // A quoted name can contain spaces.
    let is_other = |character: char| character.is_whitespace() || character == '<';
    if !text.starts_with('"') && text.contains('@') && text.contains(is_other) {
        let reason = "must be an email address without a name; separate several addresses with a comma, a semicolon, | \
                      or a line feed, or write a JSON list";
        return Err(Rejection::new("invalid_value", format!("email_address {reason}")).param("email_address"));
    }
    Ok(text.to_owned())
}

impl Contacts {
    pub fn add(&mut self, value: &Value, status: Option<IdentifierStatus>) -> Result<(), Expected> {
        self.values.extend(value.texts()?.into_iter().map(|value| (value, status)));
        Ok(())
    }

    pub fn set_primary(&mut self, value: &Value) -> Result<(), Expected> {
        self.primary = Some(value.text()?);
        Ok(())
    }

    /// Records that the row has a verification field.
    pub fn note_verification_field(&mut self, verification_field: VerificationField) {
        self.verification_field = self.verification_field.max(verification_field);
    }

    pub fn verification_field(&self) -> VerificationField {
        self.verification_field
    }

    /// Returns whether the text is one of the values.
    pub fn contains(&self, text: &str) -> bool {
        let mut values = self.values.iter().map(|(value, _)| value).chain(&self.primary);
        values.any(|value| identifiers::email(value) == identifiers::email(text.trim()))
    }

    /// Returns the field about verification, without the values.
    pub fn only_flag(&self) -> Self {
        Self {
            verified: self.verified,
            verified_at: self.verified_at,
            verification_field: self.verification_field,
            ..Self::default()
        }
    }

    /// Returns whether the row has a field such as `email_verified` that is `false` or empty.
    pub fn is_flagged_unverified(&self) -> bool {
        self.verification_field == VerificationField::Flag && self.verified != Some(true)
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.primary.is_none()
    }

    /// Sets whether all values are verified. The value is a boolean or the time of the verification.
    pub fn set_verified(&mut self, value: &Value) -> Result<(), Expected> {
        if let Ok(is_verified) = value.boolean() {
            self.verified = Some(is_verified);
        } else {
            self.verified_at = match event_time(value) {
                Ok(time) => time,
                // Only whether the time is in the past matters.
                Err(_) => latest_meaning(value.as_str()).map_err(|_| not_verification(value))?,
            };
            self.verified = Some(self.verified_at.is_some());
        }
        Ok(())
    }

    /// Returns the time of the verification.
    pub fn verified_at(&self) -> Option<Timestamp> {
        self.verified_at
    }

    pub fn set_statuses(&mut self, value: &Value) -> Result<(), Expected> {
        let status = |status: &String| match status.as_str() {
            "verified" => Ok(IdentifierStatus::Verified),
            "reserved" => Ok(IdentifierStatus::Reserved),
            _ => Err("a list of verified or reserved"),
        };
        self.statuses = Some(value.texts()?.iter().map(status).collect::<Result<_, _>>()?);
        Ok(())
    }

    /// Returns the values without duplicates, with their statuses. The primary value is the first, followed by the
    /// verified values.
    ///
    /// Values without a status of their own are verified or reserved according to the verification field. If the row has
    /// no such field, they have the `default_status`. If the field is `false` or empty, a value is reserved even if
    /// another field lists it as verified.
    ///
    /// `normalize` converts values to the notation in which they are compared and imported.
    pub fn finish(
        mut self,
        status_name: &'static str,
        default_status: IdentifierStatus,
        normalize: impl Fn(String) -> Result<String, Rejection>,
    ) -> Result<Vec<(String, IdentifierStatus)>, Rejection> {
        let is_unverified = self.is_flagged_unverified();
        if let Some(statuses) = self.statuses {
            if statuses.len() != self.values.len() {
                let reason = format!("{status_name} must have one value for each identifier");
                return Err(Rejection::new("invalid_value", reason).param(status_name));
            }
            self.values.iter_mut().zip(statuses).for_each(|(value, status)| value.1 = Some(status));
        }
        let default_status = if self.verified == Some(true) { IdentifierStatus::Verified } else { default_status };
        if let Some(primary) = self.primary.take() {
            let primary = normalize(primary)?;
            self.primary = Some(primary.clone());
            self.values.insert(0, (primary, None));
        }
        let without_own = is_unverified.then_some(IdentifierStatus::Reserved);
        // Case folding does not change phone numbers.
        let is_same = |this: &str, other: &str| identifiers::email(this) == identifiers::email(other);
        let mut values: Vec<(String, Option<IdentifierStatus>)> = Vec::new();
        for (value, status) in self.values {
            let (value, status) = (normalize(value)?, status.or(without_own));
            match values.iter_mut().find(|(other, _)| is_same(other, &value)) {
                // If the fields contradict each other, the value is reserved.
                Some((_, known)) => match (*known, status) {
                    (Some(IdentifierStatus::Reserved), _) | (_, None) => {}
                    _ => *known = status,
                },
                None => values.push((value, status)),
            }
        }
        // If the field marks a value that is not listed, this value is reserved now. Otherwise, it contradicts the list.
        if is_unverified && values.iter().all(|(_, status)| *status == Some(IdentifierStatus::Verified)) {
            for (_, status) in &mut values {
                *status = Some(IdentifierStatus::Reserved);
            }
        }
        let mut values: Vec<_> =
            values.into_iter().map(|(value, status)| (value, status.unwrap_or(default_status))).collect();
        // The first value becomes the primary one. The sort is stable.
        let is_primary = |value: &str| self.primary.as_ref().is_some_and(|primary| is_same(primary, value));
        values.sort_by_key(|(value, status)| (!is_primary(value), *status == IdentifierStatus::Reserved));
        Ok(values)
    }
}
