//! Converts accounts to rows, and rows to accounts.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use user_directory::Result;
use user_directory::model::{OrderField, PasswordDigest, PasswordHasher};
use user_directory::store::{Account, Document, Identifier, OrderKey, Position, StoredAccount};

use crate::driver::Row;
use crate::encryption::EncryptionKeys;
use crate::sql::Value;

/// The columns that [`read`] expects. They are in the `users` table, which has the alias `u`.
pub(crate) const ACCOUNT_COLUMNS: &str =
    "u.sequence, u.version, u.user_id, u.password_hasher, u.password_digest, u.secrets_key_id, u.secrets, u.document";

/// The columns of the `users` table whose values [`user_values`] returns.
pub(crate) const USER_COLUMNS: [&str; 18] = [
    "user_id",
    "version",
    "external_id",
    "username",
    "first_name",
    "last_name",
    "primary_email_address",
    "primary_phone_number",
    "banned",
    "created_at",
    "updated_at",
    "last_active_at",
    "last_sign_in_at",
    "password_hasher",
    "password_digest",
    "secrets_key_id",
    "secrets",
    "document",
];

/// The columns of the `search` table whose values [`search_values`] returns.
pub(crate) const SEARCH_COLUMNS: [&str; 15] = [
    "creation_order",
    "banned",
    "updated_at",
    "last_active_at",
    "last_sign_in_at",
    "first_name",
    "last_name",
    "username",
    "email_address",
    "phone_number",
    "web3_wallet",
    "email_address_text",
    "phone_number_text",
    "name_text",
    "search_text",
];

/// The maximum length of a stored identifier in bytes. Longer identifiers are stored as digests, because PostgreSQL
/// limits index entries to 2,704 bytes.
const MAX_IDENTIFIER_BYTES: usize = 1024;

/// Returns the values of [`USER_COLUMNS`].
pub(crate) fn user_values(account: &Account, version: u64, keys: &EncryptionKeys) -> Result<Vec<Value>> {
    let user = &account.user;
    let document = Document::of(account)?;
    let secrets = document.secrets.as_deref().map(|secrets| keys.encrypt(user.id.as_str(), secrets)).transpose()?;
    let (key_id, secrets) = secrets.unzip();
    let password = document.password.as_ref();
    Ok(vec![
        user.id.as_str().into(),
        version.cast_signed().into(),
        text(user.external_id.as_deref()),
        text(user.username.as_deref()),
        text(user.first_name.as_deref()),
        text(user.last_name.as_deref()),
        text(user.primary_email_address().map(|email| &*email.email_address)),
        text(user.primary_phone_number().map(|phone| &*phone.phone_number)),
        user.banned.into(),
        time(user.created_at),
        time(user.updated_at),
        time(user.last_active_at),
        time(user.last_sign_in_at),
        text(password.map(|password| password.hasher().as_str())),
        text(password.map(PasswordDigest::expose_secret)),
        key_id.into(),
        secrets.into(),
        document.json.into(),
    ])
}

/// Returns the values of [`SEARCH_COLUMNS`].
pub(crate) fn search_values(account: &Account) -> Vec<Value> {
    let user = &account.user;
    let key = |field| match OrderKey::of(account, field) {
        Some(OrderKey::Text(text)) => Value::Text(Some(text)),
        _ => Value::Text(None),
    };
    vec![
        creation_order(Position::new(user.created_at, 0)).into(),
        user.banned.into(),
        time(user.updated_at),
        time(user.last_active_at),
        time(user.last_sign_in_at),
        key(OrderField::FirstName),
        key(OrderField::LastName),
        key(OrderField::Username),
        key(OrderField::EmailAddress),
        key(OrderField::PhoneNumber),
        key(OrderField::Web3Wallet),
        account.email_address_text().into(),
        account.phone_number_text().into(),
        account.name_text().into(),
        account.search_text().as_str().into(),
    ]
}

/// Returns the user's rows of the `identifiers` table.
///
/// Each key contains the kind and the value of an identifier. The entry is `true` if the user owns the identifier
/// exclusively.
pub(crate) fn identifiers(account: &Account) -> BTreeMap<(&'static str, String), bool> {
    let mut rows = BTreeMap::new();
    for (identifier, exclusive) in account.identifiers() {
        // A user can have the same identifier twice.
        *rows.entry((identifier.kind().as_str(), identifier_value(&identifier).into_owned())).or_default() |= exclusive;
    }
    rows
}

/// Returns the stored form of an identifier's value.
pub(crate) fn identifier_value<'a>(identifier: &'a Identifier<'_>) -> Cow<'a, str> {
    let value = identifier.value();
    if value.len() <= MAX_IDENTIFIER_BYTES {
        return value.into();
    }
    let hex =
        Sha256::digest(value.as_bytes()).iter().fold("sha256:".to_owned(), |hex, byte| format!("{hex}{byte:02x}"));
    hex.into()
}

/// Returns the ids of the user's organizations, for the `memberships` table.
pub(crate) fn organization_ids(account: &Account) -> BTreeSet<&str> {
    account.organization_ids().map(user_directory::model::OrganizationId::as_str).collect()
}

/// Returns the value of the `creation_order` column.
pub(crate) fn creation_order(position: Position) -> i64 {
    position.created_at().as_millisecond()
}

fn time(at: Option<Timestamp>) -> Value {
    at.map(Timestamp::as_millisecond).into()
}

fn text(text: Option<&str>) -> Value {
    // PostgreSQL cannot store NUL characters.
    text.map(|text| if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text.to_owned() }).into()
}

/// Reads an account from a row that has the [`ACCOUNT_COLUMNS`].
pub(crate) fn read(row: &Row, keys: &EncryptionKeys) -> Result<Arc<StoredAccount>> {
    let (sequence, version) = (row.int(0)?, row.int(1)?);
    let user_id = row.text(2)?;
    let password = match (row.optional_text(3)?, row.optional_text(4)?) {
        (Some(hasher), Some(digest)) => Some(PasswordDigest::new(PasswordHasher::from(hasher), digest)),
        _ => None,
    };
    let secrets = match (row.optional_text(5)?, row.optional_bytes(6)?) {
        (Some(key_id), Some(encrypted)) => Some(keys.decrypt(user_id, key_id, encrypted)?),
        _ => None,
    };
    let document = Document { json: row.text(7)?.to_owned(), password, secrets };
    let account = document.into_account()?;
    Ok(Arc::new(StoredAccount::new(account, version.cast_unsigned(), sequence.cast_unsigned())))
}
