//! [`Matcher`]: the only place that defines how filters combine.

use std::collections::HashSet;

use jiff::Timestamp;
use memchr::memchr2_iter;
use memchr::memmem::Finder;

use super::identifiers::{Key, Kind, keys};
use super::record::Record;
use super::store::Slot;
use crate::model::{Selection, Text, User, UserFilter, UserId};

/// A [`UserFilter`] that is preprocessed to match many users.
#[derive(Debug)]
pub(super) struct Matcher {
    filter: UserFilter,
    /// The union of the four identifier filters, which are combined with OR.
    identifiers: Option<HashSet<Key<'static>>>,
    provider_users: Option<HashSet<Key<'static>>>,
    query: Option<Needle>,
    email_address_query: Option<Needle>,
    phone_number_query: Option<Needle>,
    username_query: Option<Needle>,
    name_query: Option<Needle>,
    /// Lower-case texts that must occur in the [`SearchText`](super::search_text::SearchText) of a match.
    finders: Vec<Finder<'static>>,
    /// Whether `finders` alone decide, because the filter has nothing but `query`.
    text_decides: bool,
}

impl Matcher {
    pub(super) fn new(filter: &UserFilter) -> Self {
        let lists = [
            (Kind::EmailAddress, &filter.email_addresses),
            (Kind::PhoneNumber, &filter.phone_numbers),
            (Kind::Username, &filter.usernames),
            (Kind::Web3Wallet, &filter.web3_wallets),
        ];
        let identifiers = lists.iter().any(|(_, list)| list.is_some()).then(|| {
            let values = lists.iter().flat_map(|(kind, list)| list.iter().flatten().map(|value| (*kind, value)));
            values.map(|(kind, value)| Key::new(kind, value).into_owned()).collect()
        });
        let provider_users = filter.provider_users.as_ref().map(|users| {
            users.provider_user_ids.iter().map(|id| Key::provider_user(users.provider.as_str(), id)).collect()
        });
        let needle = |query: &Option<Text>| query.as_deref().map(Needle::new);
        let queries = [
            &filter.query,
            &filter.email_address_query,
            &filter.phone_number_query,
            &filter.username_query,
            &filter.name_query,
        ];
        let needles = queries.into_iter().flatten().map(|query| query.to_lowercase());
        let query_alone = |query: &Text| *filter == UserFilter { query: Some(query.clone()), ..UserFilter::default() };
        // A query with a line feed could match across two texts of the search text.
        let text_decides = |query: &Text| !query.contains('\n') && query_alone(query);
        Self {
            finders: needles.map(|needle| Finder::new(&needle).into_owned()).collect(),
            text_decides: filter.query.as_ref().is_some_and(text_decides),
            identifiers,
            provider_users,
            query: needle(&filter.query),
            email_address_query: needle(&filter.email_address_query),
            phone_number_query: needle(&filter.phone_number_query),
            username_query: needle(&filter.username_query),
            name_query: needle(&filter.name_query),
            filter: filter.clone(),
        }
    }

    /// Returns `true` if every user matches.
    pub(super) fn matches_all(&self) -> bool {
        self.filter == UserFilter::default()
    }

    /// Returns the ids that a match must be among, if the filter restricts them.
    pub(super) fn required_ids(&self) -> Option<&[UserId]> {
        self.filter.user_ids.include.as_deref()
    }

    /// Returns `true` if an index yields all candidates.
    pub(super) fn is_indexed(&self) -> bool {
        self.required_ids().is_some() || self.required_keys().is_some()
    }

    /// Returns identifiers of which a match must have at least one, if the filter restricts them.
    pub(super) fn required_keys(&self) -> Option<Vec<Key<'_>>> {
        let external_ids = self.filter.external_ids.include.as_ref();
        let external_ids = || external_ids.map(|ids| ids.iter().map(|id| Key::new(Kind::ExternalId, id)).collect());
        let some = self.identifiers.as_ref().or(self.provider_users.as_ref());
        some.map(|keys| keys.iter().cloned().collect()).or_else(external_ids)
    }

    /// Like [`matches`](Self::matches), but faster during a scan: the search text rules out most users.
    pub(super) fn finds(&self, slot: &Slot) -> bool {
        let text = slot.text.as_bytes();
        self.finders.iter().all(|finder| finder.find(text).is_some())
            && (self.text_decides || self.matches(&slot.record))
    }

    /// Reads the cache lines that [`finds`](Self::finds) will read, to load them into the CPU cache.
    pub(super) fn touch(&self, slot: &Slot) -> u8 {
        if self.finders.is_empty() {
            return u8::from(slot.record.user.banned);
        }
        let text = slot.text.as_bytes();
        let line =
            |number: usize| text.get((64 * number).min(text.len().saturating_sub(1))).copied().unwrap_or_default();
        line(0) ^ line(1) ^ line(2)
    }

    pub(super) fn matches(&self, record: &Record) -> bool {
        let user = &record.user;
        let has_one_of = |wanted: &HashSet<Key<'static>>| keys(record).any(|key| wanted.contains(&key));
        self.identifiers.as_ref().is_none_or(has_one_of)
            && self.provider_users.as_ref().is_none_or(has_one_of)
            && selects(&self.filter.user_ids, |id| *id == user.id)
            && selects(&self.filter.external_ids, |id| user.external_id.as_ref() == Some(id))
            && self.is_in_organizations(record)
            && self.filter.banned.is_none_or(|banned| banned == user.banned)
            && self.is_in_time(user)
            && self.matches_queries(user)
    }

    fn is_in_organizations(&self, record: &Record) -> bool {
        let memberships = record.resources.as_ref().map_or(&[][..], |resources| &resources.memberships);
        selects(&self.filter.organization_ids, |id| {
            memberships.iter().any(|membership| membership.organization.id == *id)
        })
    }

    fn is_in_time(&self, user: &User) -> bool {
        let filter = &self.filter;
        let before =
            |at: Option<Timestamp>, bound: Option<Timestamp>| bound.is_none_or(|bound| at.is_some_and(|at| at < bound));
        let after =
            |at: Option<Timestamp>, bound: Option<Timestamp>| bound.is_none_or(|bound| at.is_some_and(|at| at > bound));
        before(user.created_at, filter.created_at_before)
            && after(user.created_at, filter.created_at_after)
            && before(user.last_active_at, filter.last_active_at_before)
            && after(user.last_active_at, filter.last_active_at_after)
            && filter.last_active_at_since.is_none_or(|bound| user.last_active_at.is_some_and(|at| at >= bound))
            && before(user.last_sign_in_at, filter.last_sign_in_at_before)
            && after(user.last_sign_in_at, filter.last_sign_in_at_after)
    }

    fn matches_queries(&self, user: &User) -> bool {
        let emails = |needle: &Needle| user.email_addresses.iter().any(|email| needle.is_in(&email.email_address));
        let phones = |needle: &Needle| user.phone_numbers.iter().any(|phone| needle.is_in(&phone.phone_number));
        let wallets = |needle: &Needle| user.web3_wallets.iter().any(|wallet| needle.is_in(&wallet.web3_wallet));
        let username = |needle: &Needle| user.username.as_deref().is_some_and(|username| needle.is_in(username));
        let names = |needle: &Needle| {
            [&user.first_name, &user.last_name].into_iter().flatten().any(|name| needle.is_in(name))
                || needle.spans_words() && user.full_name().is_some_and(|name| needle.is_in(&name))
        };
        let anything = |needle: &Needle| {
            emails(needle)
                || names(needle)
                || username(needle)
                || phones(needle)
                || needle.is_in(user.id.as_str())
                || wallets(needle)
        };
        self.query.as_ref().is_none_or(anything)
            && self.email_address_query.as_ref().is_none_or(emails)
            && self.phone_number_query.as_ref().is_none_or(phones)
            && self.username_query.as_ref().is_none_or(username)
            && self.name_query.as_ref().is_none_or(names)
    }
}

/// Returns `true` if a selection includes a value and does not exclude it.
fn selects<T>(selection: &Selection<T>, is: impl Fn(&T) -> bool) -> bool {
    selection.include.as_ref().is_none_or(|values| values.iter().any(&is)) && !selection.exclude.iter().any(&is)
}

/// A text for case-insensitive substring searches.
#[derive(Debug)]
struct Needle {
    lower: String,
    is_ascii: bool,
}

impl Needle {
    fn new(text: &str) -> Self {
        Self { lower: text.to_lowercase(), is_ascii: text.is_ascii() }
    }

    /// Returns `true` if the text may span a first and a last name.
    fn spans_words(&self) -> bool {
        self.lower.contains(' ')
    }

    fn is_in(&self, text: &str) -> bool {
        // Unicode lower-casing can change the length and allocates, so it is used only for non-ASCII text.
        if !self.is_ascii || !text.is_ascii() {
            return text.to_lowercase().contains(&self.lower);
        }
        let (needle, text) = (self.lower.as_bytes(), text.as_bytes());
        let Some(first) = needle.first() else { return true };
        let Some(last_start) = text.len().checked_sub(needle.len()) else { return false };
        memchr2_iter(*first, first.to_ascii_uppercase(), &text[..=last_start])
            .any(|start| text[start..start + needle.len()].eq_ignore_ascii_case(needle))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use fastrand::Rng;

    use super::*;
    use crate::in_memory::search_text::SearchText;
    use crate::model::{EmailAddress, PhoneNumber, Text, Web3Wallet};

    /// Returns a text with characters whose lower case is longer or depends on context, and with separators.
    fn text(random: &mut Rng) -> Text {
        let pieces = ["a", "A", "ada", "Σ", "ΑΣ", "σ", "ς", "İ", "K", "ß", "é", "É", " ", "'", ".", "@", "\n", "1"];
        let number = random.usize(..5);
        (0..number).map(|_| pieces[random.usize(..pieces.len())]).collect::<String>().into()
    }

    /// Returns a text with this probability.
    fn maybe(random: &mut Rng, probability: f64) -> Option<Text> {
        (random.f64() < probability).then(|| text(random))
    }

    fn user(random: &mut Rng) -> User {
        let mut user = User::new("user_A".parse().unwrap());
        user.first_name = maybe(random, 0.5);
        user.last_name = maybe(random, 0.5);
        user.username = maybe(random, 0.5);
        user.email_addresses.extend(maybe(random, 0.5).map(EmailAddress::new));
        user.phone_numbers.extend(maybe(random, 0.5).map(PhoneNumber::new));
        user.web3_wallets.extend(maybe(random, 0.5).map(Web3Wallet::new));
        user
    }

    fn filter(random: &mut Rng) -> UserFilter {
        let mut filter = UserFilter::new();
        filter.query = maybe(random, 0.5);
        filter.email_address_query = maybe(random, 0.2);
        filter.phone_number_query = maybe(random, 0.2);
        filter.username_query = maybe(random, 0.2);
        filter.name_query = maybe(random, 0.2);
        filter.banned = (random.f64() < 0.1).then(|| random.bool());
        filter
    }

    #[test]
    fn finds_agrees_with_matches() {
        let mut random = Rng::with_seed(20_260_512);
        let mut found = 0;
        for _ in 0..20_000 {
            let record = Arc::new(Record::new(user(&mut random), Timestamp::UNIX_EPOCH));
            let slot = Slot { text: SearchText::of(&record), record };
            let filter = filter(&mut random);
            let matcher = Matcher::new(&filter);
            let finds = matcher.finds(&slot);
            assert_eq!(finds, matcher.matches(&slot.record), "{:?} {filter:?}", slot.record.user);
            found += usize::from(finds);
        }
        assert!((2_000..18_000).contains(&found), "{found} of 20,000 searches find the user");
    }

    #[test]
    fn needle_matches_case_insensitively() {
        for (needle, text, found) in [
            ("ello", "HELLO@example.com", true),
            ("HELLO", "hello", true),
            ("hello!", "hello", false),
            ("", "anything", true),
            ("é", "ÉCLAIR", true),
            ("ss", "Straße", false),
            ("o", "", false),
            ("lo", "hello", true),
            ("aab", "aaab", true),
        ] {
            assert_eq!(Needle::new(needle).is_in(text), found, "{needle:?} in {text:?}");
        }
    }
}
