//! [`SearchText`]: all searchable texts of a user in one string.

use super::record::Record;

/// All searchable texts of a user in lower case, each followed by a line feed.
///
/// A search scans every user, and the fields of a user are scattered in memory. This string is contiguous and already
/// in lower case. A query that does not occur in it does not match the user.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SearchText(Box<str>);

impl SearchText {
    pub(super) fn of(record: &Record) -> Self {
        let user = &record.user;
        let emails = user.email_addresses.iter().map(|email| &*email.email_address);
        let phones = user.phone_numbers.iter().map(|phone| &*phone.phone_number);
        let wallets = user.web3_wallets.iter().map(|wallet| &*wallet.web3_wallet);
        let others = [Some(user.id.as_str()), user.username.as_deref()].into_iter().flatten();
        let texts = emails.chain(phones).chain(wallets).chain(others);
        // Joined with a space, because a query with a space is matched against the full name. Lower-casing the names
        // separately is correct: it depends on context within a word only.
        let names = [user.first_name.as_deref(), user.last_name.as_deref()];

        let length = |text: &str| text.len() + 1;
        let capacity =
            texts.clone().map(length).sum::<usize>() + names.into_iter().flatten().map(length).sum::<usize>();
        let mut all = String::with_capacity(capacity);
        for text in texts {
            push_lower(&mut all, text);
            all.push('\n');
        }
        for (index, name) in names.into_iter().flatten().enumerate() {
            if index > 0 {
                all.push(' ');
            }
            push_lower(&mut all, name);
        }
        if names.iter().any(Option::is_some) {
            all.push('\n');
        }
        Self(all.into())
    }

    /// Updates the text after a change of the user.
    pub(super) fn update(&mut self, record: &Record) {
        let now = Self::of(record);
        if *self != now {
            *self = now;
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

fn push_lower(all: &mut String, text: &str) {
    if text.is_ascii() {
        let start = all.len();
        all.push_str(text);
        all[start..].make_ascii_lowercase();
    } else {
        all.push_str(&text.to_lowercase());
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::User;

    #[test]
    fn search_text_contains_all_texts_in_lower_case() {
        let json = r#"{
            "id": "user_A", "username": "Ada", "first_name": "ΟΔΥΣΣΕΎΣ", "last_name": "Σ İ",
            "email_addresses": [{ "email_address": "A@x.test" }, { "email_address": "É@x.test" }],
            "phone_numbers": [{ "phone_number": "+15550100" }],
            "web3_wallets": [{ "web3_wallet": "0xAB" }]
        }"#;
        let user: User = serde_json::from_str(json).unwrap();
        let full_name = user.full_name().unwrap().to_lowercase();
        let text = SearchText::of(&Record::new(user, Timestamp::UNIX_EPOCH));
        assert_eq!(&*text.0, format!("a@x.test\né@x.test\n+15550100\n0xab\nuser_a\nada\n{full_name}\n"));
    }

    #[test]
    fn search_text_has_no_leading_space_without_a_first_name() {
        let mut user = User::new("user_1".parse().unwrap());
        user.last_name = Some("Lovelace".into());
        let text = SearchText::of(&Record::new(user, Timestamp::UNIX_EPOCH));
        assert_eq!(&*text.0, "user_1\nlovelace\n");
    }
}
