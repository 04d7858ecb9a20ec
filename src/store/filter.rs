//! [`AccountFilter`]: matches accounts against a filter.

use std::collections::HashSet;

use jiff::Timestamp;
use memchr::memchr2_iter;
use memchr::memmem::Finder;

use crate::account::{Account, Identifier, IdentifierKind, SearchText, full_name, is_plain_ascii, normalize};
use crate::model::{Selection, User, UserFilter, UserId};

/// A [`UserFilter`] prepared for matching many accounts.
///
/// A store that scans all accounts calls [`matches`](Self::matches) for each of them. A store with indexes translates
/// the [`filter`](Self::filter) into a database query. [`identifiers`](Self::identifiers),
/// [`excluded_external_ids`](Self::excluded_external_ids) and [`partial_matches`](Self::partial_matches) return the
/// identifiers and text queries of the filter in normalized form.
///
/// ```
/// use user_directory::jiff::Timestamp;
/// use user_directory::store::{Account, AccountFilter};
/// use user_directory::{User, UserFilter, UserId};
///
/// let mut user = User::new(UserId::new("user_1")?);
/// user.first_name = Some("Ada".into());
/// let account = Account::new(user, Timestamp::now());
/// assert!(AccountFilter::new(&UserFilter::new().query("ADA")).matches(&account));
/// assert!(!AccountFilter::new(&UserFilter::new().banned(true)).matches(&account));
/// # Ok::<(), user_directory::model::InvalidId>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct AccountFilter {
    filter: UserFilter,
    /// The union of the four identifier filters, which are combined with OR.
    identifiers: Option<HashSet<Identifier<'static>>>,
    provider_users: Option<HashSet<Identifier<'static>>>,
    external_ids: Option<HashSet<Identifier<'static>>>,
    query: Option<Needle>,
    email_address_query: Option<Needle>,
    phone_number_query: Option<Needle>,
    username_query: Option<Needle>,
    name_query: Option<Needle>,
    /// Folded texts that occur in the [`SearchText`] of every match.
    finders: Vec<Finder<'static>>,
}

impl AccountFilter {
    /// Prepares a filter.
    #[must_use]
    pub fn new(filter: &UserFilter) -> Self {
        use IdentifierKind as Kind;
        let lists = [
            (Kind::EmailAddress, &filter.email_addresses),
            (Kind::PhoneNumber, &filter.phone_numbers),
            (Kind::Username, &filter.usernames),
            (Kind::Web3Wallet, &filter.web3_wallets),
        ];
        let identifiers = lists.iter().any(|(_, list)| list.is_some()).then(|| {
            let values = lists.iter().flat_map(|(kind, list)| list.iter().flatten().map(|value| (*kind, value)));
            values.map(|(kind, value)| Identifier::new(kind, value).into_owned()).collect()
        });
        let provider_users = filter.provider_users.as_ref().map(|users| {
            users.provider_user_ids.iter().map(|id| Identifier::provider_user(users.provider.as_str(), id)).collect()
        });
        let external_ids = filter
            .external_ids
            .include
            .as_ref()
            .map(|ids| ids.iter().map(|id| Identifier::new(Kind::ExternalId, id).into_owned()).collect());
        let [query, email_address_query, phone_number_query, username_query, name_query] = [
            &filter.query,
            &filter.email_address_query,
            &filter.phone_number_query,
            &filter.username_query,
            &filter.name_query,
        ]
        .map(|query| query.as_deref().map(Needle::new));
        let needles = [&query, &email_address_query, &phone_number_query, &username_query, &name_query];
        let finders = needles.into_iter().flatten().map(|needle| Finder::new(&needle.folded).into_owned());
        Self {
            finders: finders.collect(),
            identifiers,
            provider_users,
            external_ids,
            query,
            email_address_query,
            phone_number_query,
            username_query,
            name_query,
            filter: filter.clone(),
        }
    }

    /// Returns the original filter.
    #[must_use]
    pub fn filter(&self) -> &UserFilter {
        &self.filter
    }

    /// Returns `true` if the filter is empty and therefore matches every account.
    #[must_use]
    pub fn matches_all(&self) -> bool {
        self.filter == UserFilter::default()
    }

    /// Returns the included user ids, or `None` if the filter includes all ids.
    #[must_use]
    pub fn user_ids(&self) -> Option<&[UserId]> {
        self.filter.user_ids.include.as_deref()
    }

    /// Returns the included identifiers, grouped into sets.
    ///
    /// A matching account has at least one identifier from each set. There is one set for email addresses, phone
    /// numbers, usernames and wallets, one for external ids, and one for user ids at an OAuth provider. A set is
    /// omitted if the filter does not restrict identifiers of these kinds.
    pub fn identifiers(&self) -> impl Iterator<Item = &HashSet<Identifier<'static>>> {
        [&self.identifiers, &self.external_ids, &self.provider_users].into_iter().flatten()
    }

    /// Returns the excluded external ids.
    pub fn excluded_external_ids(&self) -> impl Iterator<Item = Identifier<'_>> {
        self.filter.external_ids.exclude.iter().map(|id| Identifier::new(IdentifierKind::ExternalId, id))
    }

    /// Returns the text queries in normalized form.
    #[must_use]
    pub fn partial_matches(&self) -> PartialMatches<'_> {
        fn folded(needle: Option<&Needle>) -> Option<&str> {
            needle.map(|needle| &*needle.folded)
        }
        PartialMatches {
            query: folded(self.query.as_ref()),
            email_address: folded(self.email_address_query.as_ref()),
            phone_number: folded(self.phone_number_query.as_ref()),
            username: folded(self.username_query.as_ref()),
            name: folded(self.name_query.as_ref()),
        }
    }

    /// Returns `false` only if no account with this search text can match.
    ///
    /// This check is a fast prefilter for [`matches`](Self::matches).
    #[must_use]
    pub fn may_match(&self, text: &SearchText) -> bool {
        let text = text.as_str().as_bytes();
        self.finders.iter().all(|finder| finder.find(text).is_some())
    }

    /// Returns `true` if the filter sets no field other than [`query`](UserFilter::query).
    ///
    /// For such filters, [`may_match`](Self::may_match) and [`matches`](Self::matches) return the same result.
    #[must_use]
    pub fn is_decided_by_search_text(&self) -> bool {
        self.filter == UserFilter { query: self.filter.query.clone(), ..UserFilter::default() }
    }

    /// Returns `true` if the account matches.
    #[must_use]
    pub fn matches(&self, account: &Account) -> bool {
        let user = &account.user;
        let has_one_of = |wanted: &HashSet<Identifier<'static>>| {
            account.identifiers().any(|(identifier, _)| wanted.contains(&identifier))
        };
        self.identifiers().all(has_one_of)
            && selects(&self.filter.user_ids, |id| *id == user.id)
            && !self.excluded_external_ids().any(|excluded| {
                user.external_id
                    .as_deref()
                    .is_some_and(|id| Identifier::new(IdentifierKind::ExternalId, id) == excluded)
            })
            && selects(&self.filter.organization_ids, |id| account.organization_ids().any(|other| other == id))
            && self.filter.banned.is_none_or(|banned| banned == user.banned)
            && self.is_in_time(user)
            && self.matches_queries(user)
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
            let names = [&user.first_name, &user.last_name].into_iter().flatten();
            names.filter(|name| !name.is_empty()).any(|name| needle.is_in(name))
                || needle.spans_words() && full_name(user).is_some_and(|name| needle.is_in(&name))
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

/// The normalized text queries of a filter.
///
/// An account matches a query if the corresponding text contains the query and is not empty. For example, an account
/// without email addresses never matches an email address query, even if the query is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartialMatches<'a> {
    /// The query for [`Account::search_text`].
    pub query: Option<&'a str>,
    /// The query for [`Account::email_address_text`].
    pub email_address: Option<&'a str>,
    /// The query for [`Account::phone_number_text`].
    pub phone_number: Option<&'a str>,
    /// The query for [`Account::username_text`].
    pub username: Option<&'a str>,
    /// The query for [`Account::name_text`].
    pub name: Option<&'a str>,
}

/// Returns `true` if a selection includes a value and does not exclude it.
fn selects<T>(selection: &Selection<T>, is: impl Fn(&T) -> bool) -> bool {
    selection.include.as_ref().is_none_or(|values| values.iter().any(&is)) && !selection.exclude.iter().any(&is)
}

/// A text for case-insensitive substring searches.
#[derive(Debug, Clone)]
struct Needle {
    folded: String,
    is_plain_ascii: bool,
}

impl Needle {
    fn new(text: &str) -> Self {
        let folded = normalize(text);
        Self { is_plain_ascii: is_plain_ascii(text), folded }
    }

    /// Returns `true` if the text may span a first and a last name.
    fn spans_words(&self) -> bool {
        self.folded.contains(' ')
    }

    fn is_in(&self, text: &str) -> bool {
        // Folding can change the length and allocates, so it is used only for text that needs it.
        if !self.is_plain_ascii || !is_plain_ascii(text) {
            return normalize(text).contains(&self.folded);
        }
        let (needle, text) = (self.folded.as_bytes(), text.as_bytes());
        let Some(first) = needle.first() else { return true };
        let Some(last_start) = text.len().checked_sub(needle.len()) else { return false };
        memchr2_iter(*first, first.to_ascii_uppercase(), &text[..=last_start])
            .any(|start| text[start..start + needle.len()].eq_ignore_ascii_case(needle))
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;
    use crate::model::{EmailAddress, PhoneNumber, Text, Web3Wallet};

    /// Returns a string with characters whose lower case is longer or depends on context, and with separators.
    fn text(random: &mut Rng) -> Text {
        let pieces = ["a", "A", "ada", "Σ", "ΑΣ", "σ", "ς", "İ", "K", "ß", "é", "É", " ", "'", ".", "@", "\n", "1"];
        let number = random.usize(..5);
        (0..number).map(|_| pieces[random.usize(..pieces.len())]).collect::<String>().into()
    }

    /// Returns a string with the given probability.
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
    fn matches_agrees_with_the_texts_of_the_account() {
        let mut random = Rng::with_seed(20_260_512);
        let mut found = 0;
        for _ in 0..20_000 {
            let account = Account::new(user(&mut random), Timestamp::UNIX_EPOCH);
            let filter = filter(&mut random);
            let prepared = AccountFilter::new(&filter);
            let (may_match, matches) = (prepared.may_match(&account.search_text()), prepared.matches(&account));
            assert!(may_match || !matches, "{:?} {filter:?}", account.user);
            if prepared.is_decided_by_search_text() {
                assert_eq!(may_match, matches, "{:?} {filter:?}", account.user);
            }
            let partial = prepared.partial_matches();
            let is_in = |needle: Option<&str>, text: &str| {
                needle.is_none_or(|needle| !text.is_empty() && text.contains(needle))
            };
            let by_text = is_in(partial.query, account.search_text().as_str())
                && is_in(partial.email_address, &account.email_address_text())
                && is_in(partial.phone_number, &account.phone_number_text())
                && is_in(partial.username, &account.username_text())
                && is_in(partial.name, &account.name_text())
                && filter.banned.is_none_or(|banned| banned == account.user.banned);
            assert_eq!(by_text, matches, "{:?} {filter:?}", account.user);
            found += usize::from(matches);
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
            ("ss", "Straße", true),
            ("STRASSE", "Straße", true),
            ("ΣΑΣ", "σας", true),
            ("É", "cafe\u{301}", true),
            ("e", "é", false),
            ("o", "", false),
            ("lo", "hello", true),
            ("aab", "aaab", true),
        ] {
            assert_eq!(Needle::new(needle).is_in(text), found, "{needle:?} in {text:?}");
        }
    }

    #[test]
    fn external_ids_are_included_and_excluded_by_the_same_comparison() {
        let mut user = User::new("user_1".parse().unwrap());
        // PostgreSQL does not store NUL, so identifiers replace it.
        user.external_id = Some("a\0".into());
        let account = Account::new(user, Timestamp::UNIX_EPOCH);
        let filter = UserFilter::new;
        assert!(AccountFilter::new(&filter().external_id("a\u{FFFD}")).matches(&account));
        assert!(!AccountFilter::new(&filter().exclude_external_ids(["a\u{FFFD}"])).matches(&account));
        assert!(AccountFilter::new(&filter().exclude_external_ids(["A\0"])).matches(&account));
    }
}
