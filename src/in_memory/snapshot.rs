//! Persistence of a directory: change tracking, and the JSON format of complete records.
//!
//! The emulator stores its state file with it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::InMemoryUserDirectory;
pub use super::record::Record;
use super::record::{Credit, Lock, Resources};
use super::store::Store;
use crate::error::Error;
use crate::model::billing::{CreditLedgerEntry, Money, Subscription};
use crate::model::lenient::rfc3339;
use crate::model::{
    BackupCode, ExternalAccountId, Metadata, OAuthAccessToken, OAuthToken, OrganizationInvitation,
    OrganizationMembership, PasswordDigest, PasswordHasher, PayerId, Text, TotpSecret, TrustedDevice, User, UserId,
};

/// The id of a changed user, and its record or `None` if it was deleted.
pub type Change = (UserId, Option<Arc<Record>>);

/// Users that can be restored into an empty directory.
#[derive(Debug, Default)]
pub struct PreparedUsers(Store);

impl PreparedUsers {
    /// Prepares records. Returns `None` if two of them have the same id or position.
    #[must_use]
    pub fn new(records: Vec<Arc<Record>>) -> Option<Self> {
        let mut store = Store::default();
        records.into_iter().all(|record| store.restore(record)).then_some(Self(store))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    /// Returns all records, in the order of creation.
    #[must_use]
    pub fn records(&self) -> Vec<Arc<Record>> {
        all_records(&self.0)
    }
}

/// Tracks the changes of a directory until it is dropped.
#[derive(Debug)]
pub struct ChangeTracker(InMemoryUserDirectory);

impl ChangeTracker {
    /// Starts tracking. Returns `None` if the directory has a tracker, because each change is returned only once.
    #[must_use]
    pub fn new(directory: &InMemoryUserDirectory) -> Option<Self> {
        let started = directory.inner.write().track_changes();
        started.then(|| Self(directory.clone()))
    }

    /// Adds users to the directory without marking them as changed. Returns `false`, and adds none, if neither `users` nor
    /// the directory is empty.
    #[must_use]
    pub fn restore(&self, users: PreparedUsers) -> bool {
        users.records().iter().for_each(|record| self.0.inner.observe_ids(&record.user));
        self.0.inner.write().adopt(users.0)
    }

    /// Returns the changes since the last call. The snapshot is atomic.
    #[must_use]
    pub fn take_changes(&self) -> Vec<Change> {
        self.0.inner.write().take_changes()
    }

    /// Marks the users as changed again, after their changes could not be saved.
    pub fn mark_changed(&self, changes: &[Change]) {
        self.0.inner.write().note_changes(changes.iter().map(|(id, _)| id));
    }

    /// Returns the records of all users, in the order of creation.
    #[must_use]
    pub fn records(&self) -> Vec<Arc<Record>> {
        records(&self.0)
    }
}

impl Drop for ChangeTracker {
    fn drop(&mut self) {
        self.0.inner.write().stop_tracking();
    }
}

/// Returns the records of all users, in the order of creation.
#[must_use]
pub fn records(directory: &InMemoryUserDirectory) -> Vec<Arc<Record>> {
    all_records(&directory.inner.read())
}

fn all_records(store: &Store) -> Vec<Arc<Record>> {
    let chunks = store.walk(None, false, usize::MAX);
    chunks.into_iter().flat_map(|(_, slots)| slots).map(|slot| Arc::clone(&slot.record)).collect()
}

impl Record {
    /// Writes the complete record as JSON, including its secrets.
    pub fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(out, &Saved::from(self))
    }

    /// Reads a record that [`write`](Self::write) wrote. The error message contains no data of the record.
    pub fn read(json: &str) -> Result<Self, String> {
        let saved: Saved = serde_json::from_str(json).map_err(|error| json_error_message(&error))?;
        let record = saved.into_record()?;
        // The models ignore unknown fields and values. Here that would lose data silently.
        let mut known = Vec::with_capacity(json.len());
        record.write(&mut known).map_err(|error| json_error_message(&error))?;
        let known = str::from_utf8(&known).map_err(|_| "the record is not UTF-8")?;
        if covers(known, json) {
            Ok(record)
        } else {
            Err("a field or value is not supported by this version".to_owned())
        }
    }

    #[must_use]
    pub fn id(&self) -> &UserId {
        &self.user.id
    }

    /// Sorts records in the order of creation.
    pub fn sort(records: &mut [Arc<Self>]) {
        records.sort_unstable_by_key(|record| record.position());
    }
}

/// Returns the message of an error without its position, because the caller reports the line of the file.
#[must_use]
pub fn json_error_message(error: &serde_json::Error) -> String {
    let error = Error::decode(error);
    let text = error.message().unwrap_or_default();
    text.rsplit_once(" at line ").map_or(text, |(message, _)| message).to_owned()
}

/// Returns `true` if `written` contains all fields and values of `read`. It may contain further fields, which are newer
/// than the document.
fn covers(written: &str, read: &str) -> bool {
    // The usual case. It includes all metadata, so that deep nesting does not lead to deep recursion.
    if written == read || read == "null" {
        return true;
    }
    if let (Ok(written), Ok(read)) = (object(written), object(read)) {
        return read.iter().all(|(key, value)| match written.get(key) {
            Some(written) => covers(written.get(), value.get()),
            None => value.get() == "null",
        });
    }
    let (Ok(written), Ok(read)) = (array(written), array(read)) else { return false };
    written.len() == read.len() && written.iter().zip(&read).all(|(written, read)| covers(written.get(), read.get()))
}

fn object(json: &str) -> serde_json::Result<BTreeMap<String, &RawValue>> {
    serde_json::from_str(json)
}

fn array(json: &str) -> serde_json::Result<Vec<&RawValue>> {
    serde_json::from_str(json)
}

type Secret<'a> = Cow<'a, str>;

/// The JSON format of a record. Unlike the models' `Serialize`, which writes responses, it includes the secrets.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved<'a> {
    sequence: u64,
    user: Cow<'a, User>,
    /// The backup codes of each phone number, which the model does not serialize.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    phone_backup_codes: Vec<Vec<Secret<'a>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lock: Option<SavedLock>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<SavedDigest<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    totp_secret: Option<Secret<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    backup_codes: Vec<Secret<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resources: Option<SavedResources<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SavedLock {
    /// An RFC 3339 time, because the API's times have only milliseconds.
    Until(String),
    Forever,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedDigest<'a> {
    hasher: PasswordHasher,
    digest: Secret<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedResources<'a> {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    oauth_tokens: Vec<SavedToken<'a>>,
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    memberships: Cow<'a, [OrganizationMembership]>,
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    invitations: Cow<'a, [OrganizationInvitation]>,
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    trusted_devices: Cow<'a, [TrustedDevice]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subscription: Option<Cow<'a, Subscription>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    credit: Option<SavedCredit<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedToken<'a> {
    external_account_id: Option<ExternalAccountId>,
    provider_user_id: Text,
    token: Secret<'a>,
    #[serde(with = "rfc3339")]
    expires_at: Option<Timestamp>,
    provider: Text,
    public_metadata: Metadata,
    label: Option<Text>,
    scopes: Cow<'a, [Text]>,
    id_token: Option<Secret<'a>>,
    token_secret: Option<Secret<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedCredit<'a> {
    payer_id: PayerId,
    balance: Cow<'a, Money>,
    /// The entries by idempotency key. The map is ordered, so the output is deterministic.
    ledger: BTreeMap<Cow<'a, str>, Cow<'a, CreditLedgerEntry>>,
}

// The conversions below destructure without `..`, so that a new field of a record is a compile error here.

impl<'a> From<&'a Record> for Saved<'a> {
    fn from(record: &'a Record) -> Self {
        let Record { user, sequence, lock, password, totp_secret, backup_codes, resources } = record;
        let phones = &user.phone_numbers;
        let with_codes = phones.iter().any(|phone| !phone.backup_codes.is_empty());
        let phone_backup_codes = phones.iter().filter(|_| with_codes).map(|phone| codes(&phone.backup_codes)).collect();
        Self {
            sequence: *sequence,
            user: Cow::Borrowed(user),
            phone_backup_codes,
            lock: lock.map(|lock| match lock {
                Lock::Until(at) => SavedLock::Until(at.to_string()),
                Lock::Forever => SavedLock::Forever,
            }),
            password: password.as_ref().map(|digest| SavedDigest {
                hasher: digest.hasher().clone(),
                digest: Cow::Borrowed(digest.expose_secret()),
            }),
            totp_secret: totp_secret.as_ref().map(|secret| Cow::Borrowed(secret.expose_secret())),
            backup_codes: codes(backup_codes),
            resources: resources.as_deref().map(SavedResources::from),
        }
    }
}

impl Saved<'_> {
    fn into_record(self) -> Result<Record, String> {
        let Self { sequence, user, phone_backup_codes, lock, password, totp_secret, backup_codes, resources } = self;
        let mut user = user.into_owned();
        if !phone_backup_codes.is_empty() {
            if phone_backup_codes.len() != user.phone_numbers.len() {
                return Err("the numbers of phone numbers and of their lists of backup codes differ".to_owned());
            }
            for (phone, codes) in user.phone_numbers.iter_mut().zip(phone_backup_codes) {
                phone.backup_codes = codes.into_iter().map(secret).collect();
            }
        }
        let lock = lock.map(|lock| match lock {
            SavedLock::Until(at) => {
                at.parse().map(Lock::Until).map_err(|_| "the end of the lock is not a time".to_owned())
            }
            SavedLock::Forever => Ok(Lock::Forever),
        });
        Ok(Record {
            user,
            sequence,
            lock: lock.transpose()?,
            password: password.map(|SavedDigest { hasher, digest }| PasswordDigest::new(hasher, digest)),
            totp_secret: totp_secret.map(secret::<TotpSecret>),
            backup_codes: backup_codes.into_iter().map(secret).collect(),
            resources: resources.map(|resources| Box::new(resources.into())),
        })
    }
}

fn codes(codes: &[BackupCode]) -> Vec<Secret<'_>> {
    codes.iter().map(|code| Cow::Borrowed(code.expose_secret())).collect()
}

fn secret<T: From<String>>(secret: Secret<'_>) -> T {
    secret.into_owned().into()
}

impl<'a> From<&'a Resources> for SavedResources<'a> {
    fn from(resources: &'a Resources) -> Self {
        let Resources { oauth_tokens, memberships, invitations, trusted_devices, subscription, credit } = resources;
        Self {
            oauth_tokens: oauth_tokens.iter().map(SavedToken::from).collect(),
            memberships: Cow::Borrowed(memberships),
            invitations: Cow::Borrowed(invitations),
            trusted_devices: Cow::Borrowed(trusted_devices),
            subscription: subscription.as_ref().map(Cow::Borrowed),
            credit: credit.as_ref().map(SavedCredit::from),
        }
    }
}

impl From<SavedResources<'_>> for Resources {
    fn from(saved: SavedResources<'_>) -> Self {
        let SavedResources { oauth_tokens, memberships, invitations, trusted_devices, subscription, credit } = saved;
        Self {
            oauth_tokens: oauth_tokens.into_iter().map(OAuthAccessToken::from).collect(),
            memberships: memberships.into_owned(),
            invitations: invitations.into_owned(),
            trusted_devices: trusted_devices.into_owned(),
            subscription: subscription.map(Cow::into_owned),
            credit: credit.map(Credit::from),
        }
    }
}

impl<'a> From<&'a OAuthAccessToken> for SavedToken<'a> {
    fn from(token: &'a OAuthAccessToken) -> Self {
        fn exposed(token: &OAuthToken) -> Secret<'_> {
            Cow::Borrowed(token.expose_secret())
        }
        let OAuthAccessToken {
            external_account_id,
            provider_user_id,
            token,
            expires_at,
            provider,
            public_metadata,
            label,
            scopes,
            id_token,
            token_secret,
        } = token;
        Self {
            external_account_id: external_account_id.clone(),
            provider_user_id: provider_user_id.clone(),
            token: exposed(token),
            expires_at: *expires_at,
            provider: provider.clone(),
            public_metadata: public_metadata.clone(),
            label: label.clone(),
            scopes: Cow::Borrowed(scopes),
            id_token: id_token.as_ref().map(exposed),
            token_secret: token_secret.as_ref().map(exposed),
        }
    }
}

impl From<SavedToken<'_>> for OAuthAccessToken {
    fn from(saved: SavedToken<'_>) -> Self {
        Self {
            external_account_id: saved.external_account_id,
            provider_user_id: saved.provider_user_id,
            token: secret(saved.token),
            expires_at: saved.expires_at,
            provider: saved.provider,
            public_metadata: saved.public_metadata,
            label: saved.label,
            scopes: saved.scopes.into_owned(),
            id_token: saved.id_token.map(secret),
            token_secret: saved.token_secret.map(secret),
        }
    }
}

impl<'a> From<&'a Credit> for SavedCredit<'a> {
    fn from(credit: &'a Credit) -> Self {
        let Credit { payer_id, balance, ledger } = credit;
        Self {
            payer_id: payer_id.clone(),
            balance: Cow::Borrowed(balance),
            ledger: ledger.iter().map(|(key, entry)| (Cow::Borrowed(key.as_str()), Cow::Borrowed(entry))).collect(),
        }
    }
}

impl From<SavedCredit<'_>> for Credit {
    fn from(saved: SavedCredit<'_>) -> Self {
        let SavedCredit { payer_id, balance, ledger } = saved;
        Self {
            payer_id,
            balance: balance.into_owned(),
            ledger: ledger.into_iter().map(|(key, entry)| (key.into_owned(), entry.into_owned())).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
