//! [`SearchText`]: all searchable text of a user in one string.

use super::Account;
use crate::fold::fold;
use crate::model::{Text, User};

/// The normalized searchable text of a user, for case-insensitive substring searches.
///
/// The text contains the email addresses, phone numbers, Web3 wallets, user id, username and full name. The full name
/// consists of the first and last name, joined by a space.
///
/// Values are normalized by decomposition (NFD), full Unicode case folding and composition (NFC). Line feeds are
/// replaced with spaces, and NUL is replaced with U+FFFD.
///
/// Each value is followed by a line feed. A normalized query contains no line feeds, so it cannot match across values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText(Box<str>);

impl SearchText {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Methods that return the text that text queries search.
impl Account {
    /// Returns the user's searchable text.
    #[must_use]
    pub fn search_text(&self) -> SearchText {
        let user = &self.user;
        let full_name = full_name(user);
        let texts = user.email_addresses.iter().map(|email| &*email.email_address);
        let texts = texts.chain(user.phone_numbers.iter().map(|phone| &*phone.phone_number));
        let texts = texts.chain(user.web3_wallets.iter().map(|wallet| &*wallet.web3_wallet));
        let texts = texts.chain([user.id.as_str()]).chain(user.username.as_deref()).chain(full_name.as_deref());
        SearchText(joined(texts).into())
    }

    /// Returns `true` if the fields that [`search_text`](Self::search_text) reads are equal.
    #[cfg(feature = "in-memory")]
    pub(crate) fn has_same_search_text(&self, other: &Self) -> bool {
        self.has_same_identifiers(other)
            && self.user.first_name == other.user.first_name
            && self.user.last_name == other.user.last_name
    }

    /// Returns the normalized email addresses, each followed by a line feed.
    #[must_use]
    pub fn email_address_text(&self) -> String {
        joined(self.user.email_addresses.iter().map(|email| &*email.email_address))
    }

    /// Returns the normalized phone numbers, each followed by a line feed.
    #[must_use]
    pub fn phone_number_text(&self) -> String {
        joined(self.user.phone_numbers.iter().map(|phone| &*phone.phone_number))
    }

    /// Returns the normalized username, followed by a line feed.
    ///
    /// If the user has no username, the result is an empty string.
    #[must_use]
    pub fn username_text(&self) -> String {
        joined(self.user.username.as_deref().into_iter())
    }

    /// Returns the normalized first and last name, joined by a space and followed by a line feed.
    ///
    /// If the user has no name, the result is an empty string.
    #[must_use]
    pub fn name_text(&self) -> String {
        joined(full_name(&self.user).as_deref().into_iter())
    }
}

/// Returns the first and last name as they are stored, joined by a space. Empty names are skipped.
///
/// Unlike [`User::full_name`], this function keeps whitespace around a name, because a query may contain whitespace.
pub(crate) fn full_name(user: &User) -> Option<String> {
    let names = [&user.first_name, &user.last_name].into_iter().flatten().map(Text::as_str);
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

/// Normalizes and concatenates the strings, with a line feed after each.
fn joined<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> String {
    let mut all = String::with_capacity(texts.clone().map(|text| text.len() + 1).sum());
    for text in texts {
        if is_plain_ascii(text) {
            let start = all.len();
            all.push_str(text);
            all[start..].make_ascii_lowercase();
        } else {
            all.push_str(&normalize(text));
        }
        all.push('\n');
    }
    all
}

/// Returns `true` if normalizing the text only lowercases ASCII letters.
pub(crate) fn is_plain_ascii(text: &str) -> bool {
    text.is_ascii() && memchr::memchr2(b'\n', b'\0', text.as_bytes()).is_none()
}

/// Normalizes text for comparison: [folds](fold) it, and replaces line feeds with spaces and NUL with U+FFFD.
///
/// These characters are replaced because line feeds terminate the values in a [`SearchText`], and PostgreSQL cannot
/// store NUL.
pub(crate) fn normalize(text: &str) -> String {
    let folded = fold(text);
    if folded.contains(['\n', '\0']) { folded.replace('\n', " ").replace('\0', "\u{FFFD}") } else { folded }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::User;

    #[test]
    fn search_text_contains_all_texts_folded() {
        let json = r#"{
            "id": "user_A", "username": "Ada", "first_name": "ΟΔΥΣΣΕΎΣ", "last_name": "Σ İ",
            "email_addresses": [{ "email_address": "A@x.test" }, { "email_address": "É@x.test" }],
            "phone_numbers": [{ "phone_number": "+15550100" }],
            "web3_wallets": [{ "web3_wallet": "0xAB" }]
        }"#;
        let user: User = serde_json::from_str(json).unwrap();
        let text = Account::new(user, Timestamp::UNIX_EPOCH).search_text();
        assert_eq!(&*text.0, "a@x.test\né@x.test\n+15550100\n0xab\nuser_a\nada\nοδυσσεύσ σ i\u{307}\n");
    }

    #[test]
    fn search_text_has_no_leading_space_without_a_first_name() {
        let mut user = User::new("user_1".parse().unwrap());
        user.last_name = Some("Lovelace".into());
        let text = Account::new(user, Timestamp::UNIX_EPOCH).search_text();
        assert_eq!(&*text.0, "user_1\nlovelace\n");
    }
}
