//! The identifiers of users, with the normalization that directories apply.

use user_directory::store::{Identifier, IdentifierKind};

pub fn email(value: &str) -> Identifier<'static> {
    Identifier::new(IdentifierKind::EmailAddress, value.trim()).into_owned()
}

pub fn phone(value: &str) -> Identifier<'static> {
    Identifier::new(IdentifierKind::PhoneNumber, &value.replace([' ', '-', '.', '(', ')'], "")).into_owned()
}

pub fn username(value: &str) -> Identifier<'static> {
    Identifier::new(IdentifierKind::Username, value.trim()).into_owned()
}

/// Returns whether the settings of an instance can allow all characters of a username.
pub fn can_be_username(value: &str) -> bool {
    let is_allowed = |character: char| character.is_ascii_alphanumeric() || "_-^$!.`#+~'".contains(character);
    value.contains(|character: char| character.is_ascii_alphabetic()) && value.trim().chars().all(is_allowed)
}

pub fn wallet(value: &str) -> Identifier<'static> {
    Identifier::new(IdentifierKind::Web3Wallet, value).into_owned()
}

pub fn external_id(value: &str) -> Identifier<'static> {
    Identifier::new(IdentifierKind::ExternalId, value).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_and_usernames_are_compared_by_case_folding_and_composition() {
        for (this, other) in
            [("straße@x.test", " STRASSE@x.test"), ("É@x.test", "e\u{301}@x.test"), ("ΑΣ@x.test", "ας@x.test")]
        {
            assert_eq!(email(this), email(other));
            assert_eq!(username(this), username(other));
            assert_ne!(email(this), username(this));
        }
        assert_eq!(phone("+1 (555) 010-0001"), phone("+15550100001"));
    }

    #[test]
    fn can_be_username_accepts_the_extended_characters() {
        assert!(["ada_1", "Ada-Lovelace", "ada.l+1", " ada "].into_iter().all(can_be_username));
        assert!(!["bad name", "(none)", "1234", "adá", "a@example.com", ""].into_iter().any(can_be_username));
    }
}
