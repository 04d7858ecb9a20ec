//! The index of unique and shared identifiers.

use std::borrow::Cow;
use std::collections::hash_map::{Entry, RandomState};
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use super::record::Record;

/// The kind of an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Id,
    EmailAddress,
    PhoneNumber,
    Username,
    Web3Wallet,
    ExternalId,
    /// A user id of an OAuth provider.
    ProviderUser,
}

/// An identifier by which users are found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key<'a>(Kind, Cow<'a, str>);

impl<'a> Key<'a> {
    /// Creates a key. Keys of email addresses, usernames and wallets are case-insensitive.
    pub(super) fn new(kind: Kind, value: &'a str) -> Self {
        match kind {
            Kind::Id | Kind::ExternalId | Kind::PhoneNumber | Kind::ProviderUser => Self(kind, value.into()),
            Kind::EmailAddress | Kind::Username | Kind::Web3Wallet => {
                if value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b.is_ascii_punctuation()) {
                    Self(kind, value.into())
                } else {
                    Self(kind, value.to_lowercase().into())
                }
            }
        }
    }

    /// Returns the name of the API parameter.
    pub(super) fn param_name(&self) -> &'static str {
        match self.0 {
            Kind::Id => "id",
            Kind::EmailAddress => "email_address",
            Kind::PhoneNumber => "phone_number",
            Kind::Username => "username",
            Kind::Web3Wallet => "web3_wallet",
            Kind::ExternalId => "external_id",
            Kind::ProviderUser => "external_account",
        }
    }

    /// Creates the key of a user at an OAuth provider. The line feed cannot occur in the name of a provider.
    pub(super) fn provider_user(provider: &str, provider_user_id: &str) -> Self {
        Self(Kind::ProviderUser, format!("{provider}\n{provider_user_id}").into())
    }

    pub(super) fn into_owned(self) -> Key<'static> {
        Key(self.0, self.1.into_owned().into())
    }
}

/// A hash of a key. Different keys may have the same hash.
pub(super) type Fingerprint = u64;

/// Maps the fingerprints of identifiers to users. The identifiers themselves are stored in the users only.
#[derive(Debug, Default)]
pub(super) struct Identifiers {
    /// Randomly seeded, so that callers cannot construct colliding identifiers.
    hasher: RandomState,
    slots: HashMap<Fingerprint, usize, BuildHasherDefault<IdentityHasher>>,
    /// Further slots of a fingerprint that several users share. An unverified address may be shared by many users, so
    /// lookups and removals must be fast here too.
    more_slots: BTreeSet<(Fingerprint, usize)>,
}

impl Identifiers {
    pub(super) fn fingerprint(&self, key: &Key<'_>) -> Fingerprint {
        self.hasher.hash_one(key)
    }

    /// Returns the fingerprints of all identifiers of a user.
    pub(super) fn fingerprints(&self, record: &Record) -> Vec<Fingerprint> {
        keys(record).map(|key| self.fingerprint(&key)).collect()
    }

    /// Returns the slots of all users who have an identifier with this fingerprint. The caller must compare the
    /// identifier itself.
    pub(super) fn slots(&self, fingerprint: Fingerprint) -> impl Iterator<Item = usize> + '_ {
        let more = self.more_slots.range((fingerprint, 0)..=(fingerprint, usize::MAX)).map(|(_, slot)| *slot);
        self.slots.get(&fingerprint).copied().into_iter().chain(more)
    }

    pub(super) fn add(&mut self, fingerprints: &[Fingerprint], slot: usize) {
        for fingerprint in fingerprints {
            match self.slots.entry(*fingerprint) {
                Entry::Vacant(entry) => {
                    entry.insert(slot);
                }
                // A user may have the same identifier twice.
                Entry::Occupied(entry) if *entry.get() == slot => {}
                Entry::Occupied(_) => {
                    self.more_slots.insert((*fingerprint, slot));
                }
            }
        }
    }

    pub(super) fn remove(&mut self, fingerprints: &[Fingerprint], slot: usize) {
        for fingerprint in fingerprints {
            match self.slots.entry(*fingerprint) {
                Entry::Occupied(mut entry) if *entry.get() == slot => {
                    let next = self.more_slots.range((*fingerprint, 0)..=(*fingerprint, usize::MAX)).next().copied();
                    if let Some(next) = next {
                        self.more_slots.remove(&next);
                        entry.insert(next.1);
                    } else {
                        entry.remove();
                    }
                }
                _ => {
                    self.more_slots.remove(&(*fingerprint, slot));
                }
            }
        }
    }
}

/// Uses a fingerprint, which is already a hash, as its own hash.
#[derive(Debug, Default)]
struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, fingerprint: u64) {
        self.0 = fingerprint;
    }
}

/// Returns the keys of all identifiers of a user. Empty values are unknown and therefore skipped.
pub(super) fn keys(record: &Record) -> impl Iterator<Item = Key<'_>> {
    let user = &record.user;
    let id = std::iter::once((Kind::Id, user.id.as_str()));
    let emails = user.email_addresses.iter().map(|email| (Kind::EmailAddress, &*email.email_address));
    let phones = user.phone_numbers.iter().map(|phone| (Kind::PhoneNumber, &*phone.phone_number));
    let wallets = user.web3_wallets.iter().map(|wallet| (Kind::Web3Wallet, &*wallet.web3_wallet));
    let username = user.username.iter().map(|username| (Kind::Username, &**username));
    let external_id = user.external_id.iter().map(|external_id| (Kind::ExternalId, &**external_id));
    let values = id.chain(emails).chain(phones).chain(wallets).chain(username).chain(external_id);
    let values = values.filter(|(_, value)| !value.is_empty()).map(|(kind, value)| Key::new(kind, value));
    let accounts = user.external_accounts.iter().filter(|account| !account.provider_user_id.is_empty());
    let provider_users = accounts.map(|account| Key::provider_user(&account.provider, &account.provider_user_id));
    values.chain(provider_users)
}

/// Returns `true` if the user has this identifier exclusively. Email addresses and phone numbers are exclusive only if
/// they are verified or reserved.
pub(super) fn claims(record: &Record, key: &Key<'_>) -> bool {
    let user = &record.user;
    let is = |kind, value: &str| *key == Key::new(kind, value);
    match key.0 {
        Kind::EmailAddress => user
            .email_addresses
            .iter()
            .any(|email| (email.reserved || email.is_verified()) && is(Kind::EmailAddress, &email.email_address)),
        Kind::PhoneNumber => user
            .phone_numbers
            .iter()
            .any(|phone| (phone.reserved || phone.is_verified()) && is(Kind::PhoneNumber, &phone.phone_number)),
        Kind::Id | Kind::Username | Kind::Web3Wallet | Kind::ExternalId | Kind::ProviderUser => has(record, key),
    }
}

/// Returns `true` if the user has this identifier.
pub(super) fn has(record: &Record, key: &Key<'_>) -> bool {
    keys(record).any(|other| other == *key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn add_and_remove_support_shared_identifiers() {
        let mut identifiers = Identifiers::default();
        let slots = |identifiers: &Identifiers| identifiers.slots(7).collect::<BTreeSet<_>>();
        for slot in [3, 1, 2, 1] {
            // Slot 1 is added twice.
            identifiers.add(&[7, 7], slot);
        }
        identifiers.add(&[8], 9);
        assert_eq!(slots(&identifiers), BTreeSet::from([1, 2, 3]));
        assert_eq!(identifiers.slots(7).count(), 3);
        for (slot, left) in [(3, vec![1, 2]), (2, vec![1]), (5, vec![1]), (1, vec![])] {
            identifiers.remove(&[7, 7], slot);
            assert_eq!(slots(&identifiers), left.into_iter().collect());
        }
        assert_eq!(identifiers.slots(8).collect::<Vec<_>>(), [9]);
        assert!(identifiers.slots.len() == 1 && identifiers.more_slots.is_empty());
    }

    #[test]
    fn fingerprints_differ_by_kind_and_ignore_case_of_usernames() {
        let identifiers = Identifiers::default();
        let fingerprint = |kind| identifiers.fingerprint(&Key::new(kind, "ada"));
        assert_ne!(fingerprint(Kind::Username), fingerprint(Kind::ExternalId));
        assert_eq!(fingerprint(Kind::Username), identifiers.fingerprint(&Key::new(Kind::Username, "ADA")));
        assert_ne!(fingerprint(Kind::ExternalId), identifiers.fingerprint(&Key::new(Kind::ExternalId, "ADA")));
    }
}
