//! Compares identifiers of lines with those of other lines and of existing users.

use std::collections::HashMap;

use user_directory::ext::Ensured;
use user_directory::model::NewIdentifier;
use user_directory::{NewUser, Text, User};

use crate::mapping::Candidate;
use crate::rejects::Rejection;

/// The type and the normalized value of an identifier. Case and separators in phone numbers are ignored.
type Identifier = (&'static str, String);

fn identifiers<'a>(
    emails: impl Iterator<Item = &'a Text>,
    phones: impl Iterator<Item = &'a Text>,
    wallets: impl Iterator<Item = &'a Text>,
    username: Option<&'a Text>,
) -> Vec<Identifier> {
    let folded = |name, value: &Text| (name, value.trim().to_lowercase());
    let separators = [' ', '-', '.', '(', ')'];
    let phones = phones.map(|phone| ("phone_number", phone.replace(separators, "")));
    let emails = emails.map(|email| folded("email_address", email));
    let wallets = wallets.map(|wallet| folded("web3_wallet", wallet));
    emails.chain(phones).chain(wallets).chain(username.map(|name| folded("username", name))).collect()
}

fn of_new(new: &NewUser) -> Vec<Identifier> {
    identifiers(
        new.email_addresses.iter().map(NewIdentifier::value),
        new.phone_numbers.iter().map(NewIdentifier::value),
        new.web3_wallets.iter(),
        new.username.as_ref(),
    )
}

fn of_user(user: &User) -> Vec<Identifier> {
    identifiers(
        user.email_addresses.iter().map(|email| &email.email_address),
        user.phone_numbers.iter().map(|phone| &phone.phone_number),
        user.web3_wallets.iter().map(|wallet| &wallet.web3_wallet),
        user.username.as_ref(),
    )
}

/// Rejects a line if an existing user has its external id but none of its other identifiers.
pub fn check_found(candidate: &Candidate, ensured: &Ensured) -> Result<(), Rejection> {
    let Ensured::Found(user) = ensured else { return Ok(()) };
    let (expected, found) = (of_new(&candidate.new_user), of_user(user));
    if expected.is_empty() || expected.iter().any(|identifier| found.contains(identifier)) {
        return Ok(());
    }
    let reason = format!("{} has this external id, but none of the other identifiers", user.id);
    Err(Rejection::new("external_id_taken", reason).param("external_id"))
}

/// The identifiers of all lines. Of two lines with the same identifier, the second one is rejected, independent of the
/// order in which concurrent lines complete.
#[derive(Debug, Default)]
pub struct Seen(HashMap<Identifier, u64>);

impl Seen {
    pub fn check(&mut self, number: u64, candidate: &Candidate) -> Result<(), Rejection> {
        // External ids are case-sensitive.
        let mut keys = vec![("external_id", candidate.external_id.to_string())];
        keys.extend(of_new(&candidate.new_user));
        if let Some((line, name)) = keys.iter().find_map(|key| Some((self.0.get(key)?, key.0))) {
            let reason = format!("the {name} is a duplicate of line {line}");
            return Err(Rejection::new("duplicate", reason).param(name));
        }
        self.0.extend(keys.into_iter().map(|key| (key, number)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use user_directory::model::{EmailAddress, PhoneNumber};

    use super::*;
    use crate::mapping::Mapping;
    use crate::source::Line;

    fn read(json: &str) -> Candidate {
        let line = Line { number: 1, json: serde_json::from_str(json).unwrap(), malformed: None };
        Mapping::new("id").read(&line).unwrap()
    }

    #[test]
    fn seen_rejects_a_duplicate_identifier() {
        let mut seen = Seen::default();
        let mut check = |number, json| {
            let rejection = seen.check(number, &read(json)).err()?;
            Some((rejection.param.unwrap(), rejection.reason))
        };
        assert_eq!(check(1, r#"{"id":"a","email":"ada@example.com","username":"ada.l"}"#), None);
        let email = ("email_address".to_owned(), "the email_address is a duplicate of line 1".to_owned());
        assert_eq!(check(2, r#"{"id":"b","email":"ADA@example.com"}"#), Some(email));
        assert_eq!(check(3, r#"{"id":"a"}"#).unwrap().0, "external_id");
        assert_eq!(check(4, r#"{"id":"A","phone":"+15550100001"}"#), None);
        assert_eq!(
            check(5, r#"{"id":"b","phone":"+15550100001"}"#).unwrap().1,
            "the phone_number is a duplicate of line 4"
        );
        assert_eq!(check(6, r#"{"id":"b"}"#), None, "identifiers of a rejected line are not recorded");
    }

    #[test]
    fn check_found_rejects_a_user_without_a_common_identifier() {
        let mut user = User::new("user_1".parse().unwrap());
        user.username = Some("ada_lovelace".into());
        user.email_addresses = vec![EmailAddress::new("ada@example.com")];
        user.phone_numbers = vec![PhoneNumber::new("+15550100001")];
        for (json, is_taken) in [
            (r#"{"id":"a"}"#, false),
            (r#"{"id":"a","email":["new@example.com","Ada@Example.com"]}"#, false),
            (r#"{"id":"a","username":"ADA_lovelace","email":"new@example.com"}"#, false),
            (r#"{"id":"a","phone":"+1 555 0100001"}"#, false),
            (r#"{"id":"a","email":"grace@example.com"}"#, true),
            (r#"{"id":"a","username":"ada@example.com"}"#, true),
            (r#"{"id":"a","web3_wallet":"0x1"}"#, true),
        ] {
            let candidate = read(json);
            assert!(check_found(&candidate, &Ensured::Created(user.clone())).is_ok());
            let code = check_found(&candidate, &Ensured::Found(user.clone())).err().map(|rejection| rejection.code);
            assert_eq!(code.as_deref(), is_taken.then_some("external_id_taken"), "{json}");
        }
    }
}
