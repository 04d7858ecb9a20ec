//! Identifiers that distinguish users: between lines, and between a line and an existing user.

use std::collections::HashMap;

use user_directory::ext::Ensured;
use user_directory::model::NewIdentifier;
use user_directory::{NewUser, Text, User};

use crate::recipe::Candidate;
use crate::rejects::Rejection;

/// An identifier and its kind, normalized: case and the grouping of phone numbers are ignored.
type Identifier = (&'static str, String);

fn identifiers<'a>(
    emails: impl Iterator<Item = &'a Text>,
    phones: impl Iterator<Item = &'a Text>,
    wallets: impl Iterator<Item = &'a Text>,
    username: Option<&'a Text>,
) -> Vec<Identifier> {
    let folded = |name, value: &Text| (name, value.trim().to_lowercase());
    let grouping = [' ', '-', '.', '(', ')'];
    let phones = phones.map(|phone| ("phone_number", phone.replace(grouping, "")));
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

/// Rejects an existing user with the external id of a line if they share no other identifier.
pub fn check_found(candidate: &Candidate, ensured: &Ensured) -> Result<(), Rejection> {
    let Ensured::Found(user) = ensured else { return Ok(()) };
    let (wanted, found) = (of_new(&candidate.new_user), of_user(user));
    if wanted.is_empty() || wanted.iter().any(|identifier| found.contains(identifier)) {
        return Ok(());
    }
    let reason = format!("{} has the external id, and none of the line's identifiers", user.id);
    Err(Rejection::new("external_id_taken", reason).of("external_id"))
}

/// The identifiers of all lines, to reject a line with an identifier of another one independent of timing.
#[derive(Debug, Default)]
pub struct Seen(HashMap<Identifier, u64>);

impl Seen {
    pub fn check(&mut self, number: u64, candidate: &Candidate) -> Result<(), Rejection> {
        // External ids are case-sensitive.
        let mut keys = vec![("external_id", candidate.external_id.to_string())];
        keys.extend(of_new(&candidate.new_user));
        if let Some((line, name)) = keys.iter().find_map(|key| Some((self.0.get(key)?, key.0))) {
            let reason = format!("the {name} is that of line {line} too");
            return Err(Rejection::new("duplicate", reason).of(name));
        }
        self.0.extend(keys.into_iter().map(|key| (key, number)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use user_directory::model::{EmailAddress, PhoneNumber};

    use super::*;
    use crate::recipe::Recipe;
    use crate::source::Line;

    fn read(json: &str) -> Candidate {
        let line = Line { number: 1, json: serde_json::from_str(json).unwrap(), unreadable: None };
        Recipe::new("id").read(&line).unwrap()
    }

    #[test]
    fn duplicate_identifier_is_rejected() {
        let mut seen = Seen::default();
        let mut check = |number, json| {
            let rejection = seen.check(number, &read(json)).err()?;
            Some((rejection.param.unwrap(), rejection.reason))
        };
        assert_eq!(check(1, r#"{"id":"a","email":"ada@example.com","username":"ada.l"}"#), None);
        let email = ("email_address".to_owned(), "the email_address is that of line 1 too".to_owned());
        assert_eq!(check(2, r#"{"id":"b","email":"ADA@example.com"}"#), Some(email));
        assert_eq!(check(3, r#"{"id":"a"}"#).unwrap().0, "external_id");
        assert_eq!(check(4, r#"{"id":"A","phone":"+15550100001"}"#), None);
        assert_eq!(
            check(5, r#"{"id":"b","phone":"+15550100001"}"#).unwrap().1,
            "the phone_number is that of line 4 too"
        );
        assert_eq!(check(6, r#"{"id":"b"}"#), None, "a line that was refused has nothing");
    }

    #[test]
    fn user_without_a_common_identifier_is_rejected() {
        let mut user = User::new("user_1".parse().unwrap());
        user.username = Some("ada.lovelace".into());
        user.email_addresses = vec![EmailAddress::new("ada@example.com")];
        user.phone_numbers = vec![PhoneNumber::new("+15550100001")];
        for (json, is_taken) in [
            (r#"{"id":"a"}"#, false),
            (r#"{"id":"a","email":["new@example.com","Ada@Example.com"]}"#, false),
            (r#"{"id":"a","username":"ADA.lovelace","email":"new@example.com"}"#, false),
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
