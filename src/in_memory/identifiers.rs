//! The index of what users can be looked up by.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use super::record::Record;
use crate::model::Text;

/// What a value identifies a user as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    EmailAddress,
    PhoneNumber,
    Username,
    Web3Wallet,
    ExternalId,
    /// A user at an OAuth provider.
    ProviderUser,
}

/// A value under which users are found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key(Kind, Text);

impl Key {
    /// Identifiers are the same whatever their case, but for external ids, which are somebody else's.
    pub(super) fn new(kind: Kind, value: &str) -> Self {
        match kind {
            Kind::ExternalId | Kind::PhoneNumber | Kind::ProviderUser => Self(kind, value.into()),
            Kind::EmailAddress | Kind::Username | Kind::Web3Wallet => {
                if value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b.is_ascii_punctuation()) {
                    Self(kind, value.into())
                } else {
                    Self(kind, value.to_lowercase().into())
                }
            }
        }
    }

    /// What the API calls it.
    pub(super) fn param_name(&self) -> &'static str {
        match self.0 {
            Kind::EmailAddress => "email_address",
            Kind::PhoneNumber => "phone_number",
            Kind::Username => "username",
            Kind::Web3Wallet => "web3_wallet",
            Kind::ExternalId => "external_id",
            Kind::ProviderUser => "external_account",
        }
    }

    /// The key of a user at an OAuth provider. A provider's name has no line feed.
    pub(super) fn provider_user(provider: &str, provider_user_id: &str) -> Self {
        Self(Kind::ProviderUser, format!("{provider}\n{provider_user_id}").into())
    }
}

/// Almost always one; several users may have the same address as long as it is neither verified nor reserved.
#[derive(Debug)]
enum Owners {
    One(usize),
    /// A set, because a whole company can share an address.
    Many(BTreeSet<usize>),
}

/// Which users have which identifiers.
#[derive(Debug, Default)]
pub(super) struct Identifiers(HashMap<Key, Owners>);

impl Identifiers {
    /// The users who have this identifier, verified or not.
    pub(super) fn owners(&self, key: &Key) -> impl Iterator<Item = usize> + '_ {
        let (one, many) = match self.0.get(key) {
            None => (None, None),
            Some(Owners::One(owner)) => (Some(*owner), None),
            Some(Owners::Many(owners)) => (None, Some(owners)),
        };
        one.into_iter().chain(many.into_iter().flatten().copied())
    }

    pub(super) fn add(&mut self, record: &Record, owner: usize) {
        for key in keys(record) {
            match self.0.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(Owners::One(owner));
                }
                Entry::Occupied(mut entry) => match entry.get_mut() {
                    Owners::One(other) if *other != owner => {
                        let owners = BTreeSet::from([*other, owner]);
                        entry.insert(Owners::Many(owners));
                    }
                    Owners::One(_) => {}
                    Owners::Many(owners) => {
                        owners.insert(owner);
                    }
                },
            }
        }
    }

    pub(super) fn remove(&mut self, record: &Record, owner: usize) {
        for key in keys(record) {
            let empty = match self.0.get_mut(&key) {
                None => false,
                Some(Owners::One(other)) => *other == owner,
                Some(Owners::Many(owners)) => {
                    owners.remove(&owner);
                    owners.is_empty()
                }
            };
            if empty {
                self.0.remove(&key);
            }
        }
    }
}

/// Everything under which a user is found. An empty value is one that is not known, and identifies nobody.
pub(super) fn keys(record: &Record) -> impl Iterator<Item = Key> + '_ {
    let user = &record.user;
    let emails = user.email_addresses.iter().map(|email| (Kind::EmailAddress, &email.email_address));
    let phones = user.phone_numbers.iter().map(|phone| (Kind::PhoneNumber, &phone.phone_number));
    let wallets = user.web3_wallets.iter().map(|wallet| (Kind::Web3Wallet, &wallet.web3_wallet));
    let username = user.username.iter().map(|username| (Kind::Username, username));
    let external_id = user.external_id.iter().map(|external_id| (Kind::ExternalId, external_id));
    let values = emails.chain(phones).chain(wallets).chain(username).chain(external_id);
    let values = values.filter(|(_, value)| !value.is_empty()).map(|(kind, value)| Key::new(kind, value));
    let accounts = user.external_accounts.iter().filter(|account| !account.provider_user_id.is_empty());
    let provider_users = accounts.map(|account| Key::provider_user(&account.provider, &account.provider_user_id));
    values.chain(provider_users)
}

/// Whether `record` holds this identifier so that no other user can have it: it is verified or reserved.
pub(super) fn claims(record: &Record, key: &Key) -> bool {
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
        Kind::Username | Kind::Web3Wallet | Kind::ExternalId | Kind::ProviderUser => true,
    }
}
