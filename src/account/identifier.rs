//! [`Identifier`]: a normalized value for looking up users.

use std::borrow::Cow;

use super::Account;
use crate::fold::fold;

/// The kind of an [`Identifier`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum IdentifierKind {
    /// An email address.
    EmailAddress,
    /// A phone number.
    PhoneNumber,
    /// A Web3 wallet address.
    Web3Wallet,
    /// A username.
    Username,
    /// An external id.
    ExternalId,
    /// A user id at an OAuth provider.
    ProviderUser,
}

impl IdentifierKind {
    /// Returns the name, such as `email_address`.
    ///
    /// If an identifier is rejected because it belongs to another user, this name is the error's
    /// [`param_name`](crate::Error::param_name).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmailAddress => "email_address",
            Self::PhoneNumber => "phone_number",
            Self::Web3Wallet => "web3_wallet",
            Self::Username => "username",
            Self::ExternalId => "external_id",
            Self::ProviderUser => "external_account",
        }
    }
}

/// A normalized value for looking up users, such as a username.
///
/// Two identifiers are equal if their kinds and normalized values are equal. Email addresses, usernames and Ethereum
/// addresses are case-insensitive: their values are normalized by decomposition (NFD), full Unicode case folding and
/// composition (NFC). In all values, NUL characters are replaced with U+FFFD.
///
/// ```
/// use user_directory::store::{Identifier, IdentifierKind};
///
/// let identifier = Identifier::new(IdentifierKind::Username, "Ada");
/// assert_eq!(identifier, Identifier::new(IdentifierKind::Username, "ada"));
/// assert_eq!(identifier.value(), "ada");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier<'a> {
    kind: IdentifierKind,
    value: Cow<'a, str>,
}

impl<'a> Identifier<'a> {
    /// Creates an identifier and normalizes its value.
    #[must_use]
    pub fn new(kind: IdentifierKind, value: &'a str) -> Self {
        use IdentifierKind as Kind;
        // Almost all values are already normalized. This loop has no branches, so it is vectorized.
        if value.bytes().fold(true, |all, byte| all & matches!(byte, b'!'..=b'@' | b'['..=b'~')) {
            return Self { kind, value: Cow::Borrowed(value) };
        }
        let value = match kind {
            Kind::ExternalId | Kind::PhoneNumber | Kind::ProviderUser => Cow::Borrowed(value),
            // Solana addresses are base58, in which case is significant. Ethereum addresses are hexadecimal.
            Kind::Web3Wallet if !value.starts_with("0x") => Cow::Borrowed(value),
            Kind::EmailAddress | Kind::Username | Kind::Web3Wallet => Cow::Owned(fold(value)),
        };
        // PostgreSQL does not store NUL.
        let value = if value.contains('\0') { Cow::Owned(value.replace('\0', "\u{FFFD}")) } else { value };
        Self { kind, value }
    }

    /// Creates an identifier for a user at an OAuth provider.
    #[must_use]
    pub fn provider_user(provider: &str, provider_user_id: &str) -> Identifier<'static> {
        // Filters have the prefix. The name of a provider contains no line feed.
        let value = ["oauth_", provider_name(provider), "\n", provider_user_id].concat();
        Identifier::new(IdentifierKind::ProviderUser, &value).into_owned()
    }

    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> IdentifierKind {
        self.kind
    }

    /// Returns the normalized value.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Converts the identifier to one that owns its value.
    #[must_use]
    pub fn into_owned(self) -> Identifier<'static> {
        Identifier { kind: self.kind, value: self.value.into_owned().into() }
    }
}

/// Returns the name of an OAuth provider without the prefix `oauth_`, which some exports omit.
pub(crate) fn provider_name(provider: &str) -> &str {
    provider.strip_prefix("oauth_").unwrap_or(provider)
}

impl Account {
    /// Returns the user's identifiers, each with a flag that indicates exclusive ownership.
    ///
    /// An identifier can occur more than once. The user owns it exclusively if any of its flags is `true`.
    ///
    /// Email addresses and phone numbers are exclusive if they are verified or reserved. All other identifiers are
    /// always exclusive. Empty values are skipped.
    pub fn identifiers(&self) -> impl Iterator<Item = (Identifier<'_>, bool)> {
        use IdentifierKind as Kind;
        let user = &self.user;
        let emails = user
            .email_addresses
            .iter()
            .map(|email| (Kind::EmailAddress, &*email.email_address, email.reserved || email.is_verified()));
        let phones = user
            .phone_numbers
            .iter()
            .map(|phone| (Kind::PhoneNumber, &*phone.phone_number, phone.reserved || phone.is_verified()));
        let wallets = user.web3_wallets.iter().map(|wallet| (Kind::Web3Wallet, &*wallet.web3_wallet, true));
        let username = user.username.iter().map(|username| (Kind::Username, &**username, true));
        let external_id = user.external_id.iter().map(|external_id| (Kind::ExternalId, &**external_id, true));
        let values = emails.chain(phones).chain(wallets).chain(username).chain(external_id);
        let values = values.filter(|(_, value, _)| !value.is_empty());
        let values = values.map(|(kind, value, exclusive)| (Identifier::new(kind, value), exclusive));
        let accounts = user.external_accounts.iter().filter(|account| !account.provider_user_id.is_empty());
        let provider_users =
            accounts.map(|account| (Identifier::provider_user(&account.provider, &account.provider_user_id), true));
        values.chain(provider_users)
    }

    /// Returns `true` if the fields that [`identifiers`](Self::identifiers) reads are equal in both accounts.
    ///
    /// This is faster than comparing identifiers, which have to be normalized first.
    #[cfg(feature = "in-memory")]
    pub(crate) fn has_same_identifiers(&self, other: &Self) -> bool {
        let (this, other) = (&self.user, &other.user);
        this.username == other.username
            && this.external_id == other.external_id
            && this.email_addresses == other.email_addresses
            && this.phone_numbers == other.phone_numbers
            && this.web3_wallets == other.web3_wallets
            && this.external_accounts == other.external_accounts
    }

    /// Returns the identifiers that the user owns exclusively.
    ///
    /// These are all identifiers except email addresses and phone numbers that are neither verified nor reserved.
    pub fn exclusive_identifiers(&self) -> impl Iterator<Item = Identifier<'_>> {
        self.identifiers().filter(|(_, exclusive)| *exclusive).map(|(identifier, _)| identifier)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::User;

    #[test]
    fn identifiers_differ_by_kind_and_ignore_the_case_of_usernames() {
        let identifier = |kind| Identifier::new(kind, "ada");
        assert_ne!(identifier(IdentifierKind::Username), identifier(IdentifierKind::ExternalId));
        assert_eq!(identifier(IdentifierKind::Username), Identifier::new(IdentifierKind::Username, "ADA"));
        assert_ne!(identifier(IdentifierKind::ExternalId), Identifier::new(IdentifierKind::ExternalId, "ADA"));
    }

    #[test]
    fn identifiers_of_email_addresses_and_usernames_are_folded() {
        for kind in [IdentifierKind::EmailAddress, IdentifierKind::Username] {
            for (this, other) in [("straße", "STRASSE"), ("ΑΣ", "ας"), ("e\u{301}", "É")] {
                assert_eq!(Identifier::new(kind, this), Identifier::new(kind, other), "{this}");
            }
        }
        assert_ne!(
            Identifier::new(IdentifierKind::ExternalId, "é"),
            Identifier::new(IdentifierKind::ExternalId, "e\u{301}")
        );
    }

    #[test]
    fn identifiers_skip_empty_values_and_mark_exclusive_ones() {
        let json = r#"{
            "id": "user_1", "username": "Ada", "external_id": "",
            "email_addresses": [
                { "email_address": "A@x.test", "verification": { "status": "verified", "strategy": "admin" } },
                { "email_address": "b@x.test" }, { "email_address": "c@x.test", "reserved": true }
            ],
            "external_accounts": [{ "id": "eac_1", "provider": "oauth_google", "provider_user_id": "G1" }]
        }"#;
        let user: User = serde_json::from_str(json).unwrap();
        let account = Account::new(user, Timestamp::UNIX_EPOCH);
        let found: Vec<_> = account
            .identifiers()
            .map(|(identifier, exclusive)| (identifier.kind().as_str(), identifier.value().to_owned(), exclusive))
            .collect();
        let expected = [
            ("email_address", "a@x.test", true),
            ("email_address", "b@x.test", false),
            ("email_address", "c@x.test", true),
            ("username", "ada", true),
            ("external_account", "oauth_google\nG1", true),
        ];
        assert_eq!(found, expected.map(|(kind, value, exclusive)| (kind, value.to_owned(), exclusive)));
    }

    #[test]
    fn only_ethereum_addresses_ignore_case() {
        let wallet = |value| Identifier::new(IdentifierKind::Web3Wallet, value);
        assert_eq!(
            wallet("0x52908400098527886E0F7030069857D2E4169EE7"),
            wallet("0x52908400098527886e0f7030069857d2e4169ee7")
        );
        let solana = "7S3P4HxJpyyigGzodYwHtCxZyUQe9JiBMHyRWXArAaKv";
        assert_eq!(wallet(solana).value(), solana);
        assert_ne!(wallet(solana), wallet("7s3P4HxJpyyigGzodYwHtCxZyUQe9JiBMHyRWXArAaKv"));
    }
}
