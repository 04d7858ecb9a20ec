//! [`Document`]: an account as JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use super::{Account, Credit, Lock, Resources};
use crate::error::{Error, ErrorKind};
use crate::model::billing::{CreditLedgerEntry, Money, Subscription};
use crate::model::lenient::{self, rfc3339};
use crate::model::{
    BackupCode, ExternalAccountId, Metadata, OAuthAccessToken, OAuthToken, OrganizationInvitation,
    OrganizationMembership, PasswordDigest, PayerId, Text, TotpSecret, TrustedDevice, User,
};

/// An [`Account`] as JSON, for stores that save accounts as documents.
///
/// The fields require different levels of protection:
///
/// - [`json`](Self::json) contains no secrets except [ticket URLs](crate::model::TicketUrl) and
///   [verification](crate::model::Verification) nonces.
/// - Access to [`password`](Self::password) should be more restricted than access to `json`.
/// - [`secrets`](Self::secrets) must be encrypted at rest.
///
/// `Debug` output contains none of these values.
///
/// ```
/// use user_directory::jiff::Timestamp;
/// use user_directory::store::{Account, Document};
/// use user_directory::{User, UserId};
///
/// let account = Account::new(User::new(UserId::new("user_1")?), Timestamp::now());
/// let document = Document::of(&account)?;
/// assert!(document.secrets.is_none());
/// assert_eq!(document.into_account()?, account);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Document {
    /// The user, the lock and the resources as a single-line JSON object.
    pub json: String,
    /// The password digest.
    pub password: Option<PasswordDigest>,
    /// The TOTP secret, the backup codes and the OAuth tokens, or `None` if there are none.
    ///
    /// The value is an unencrypted JSON object. `Zeroizing` is a type from the `zeroize` crate. It dereferences to
    /// `String` and implements `From<String>`.
    pub secrets: Option<Zeroizing<String>>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").finish_non_exhaustive()
    }
}

/// An error that occurs while encoding or decoding a [`Document`].
///
/// The message contains no account data, because the conversion from `serde_json::Error` removes values. A store that
/// embeds documents in its own JSON can use this conversion for its errors, too.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the document of an account is malformed: {0}")]
pub struct DocumentError(Cow<'static, str>);

impl From<serde_json::Error> for DocumentError {
    fn from(error: serde_json::Error) -> Self {
        Self(Error::decode(&error).message().unwrap_or_default().to_owned().into())
    }
}

impl From<DocumentError> for Error {
    fn from(error: DocumentError) -> Self {
        Self::new(ErrorKind::Decode).with_message(error.to_string())
    }
}

impl Document {
    /// Encodes an account.
    ///
    /// # Errors
    ///
    /// Returns an error if the account cannot be serialized.
    pub fn of(account: &Account) -> Result<Self, DocumentError> {
        // Destructured without `..`, so that a new field is a compile error here.
        let Account { user, lock, password, totp_secret, backup_codes, resources } = account;
        let resources = resources.as_deref();
        let phones = &user.phone_numbers;
        let phone_codes = phones.iter().any(|phone| !phone.backup_codes.is_empty());
        let tokens = resources.map_or(&[][..], |resources| &resources.oauth_tokens);
        let has_secrets = totp_secret.is_some() || !backup_codes.is_empty() || phone_codes || !tokens.is_empty();
        let secrets = has_secrets.then(|| SavedSecrets {
            totp_secret: totp_secret.as_ref().map(|secret| Cow::Borrowed(secret.expose_secret())),
            backup_codes: codes(backup_codes),
            phone_backup_codes: if phone_codes {
                phones.iter().map(|phone| codes(&phone.backup_codes)).collect()
            } else {
                Vec::new()
            },
            oauth_tokens: tokens.iter().map(SavedTokenSecrets::from).collect(),
        });
        let saved = Saved {
            user: Cow::Borrowed(user),
            lock: lock.map(|lock| match lock {
                Lock::Until(at) => SavedLock::Until(at.to_string()),
                Lock::Forever => SavedLock::Forever,
            }),
            resources: resources.map(SavedResources::from),
        };
        Ok(Self {
            json: serde_json::to_string(&saved)?,
            password: password.clone(),
            secrets: secrets.map(|secrets| serde_json::to_string(&secrets).map(Zeroizing::new)).transpose()?,
        })
    }

    /// Decodes the account.
    ///
    /// # Errors
    ///
    /// Returns an error if the document is malformed.
    pub fn into_account(self) -> Result<Account, DocumentError> {
        let Saved { user, lock, resources } = lenient::document(&self.json)?;
        let secrets = self.secrets.as_deref().map(|secrets| serde_json::from_str(secrets)).transpose()?;
        let SavedSecrets { totp_secret, backup_codes, phone_backup_codes, oauth_tokens } = secrets.unwrap_or_default();
        let mut user = user.into_owned();
        if !phone_backup_codes.is_empty() {
            if phone_backup_codes.len() != user.phone_numbers.len() {
                return Err(DocumentError(
                    "the number of backup code lists differs from the number of phone numbers".into(),
                ));
            }
            for (phone, codes) in user.phone_numbers.iter_mut().zip(phone_backup_codes) {
                phone.backup_codes = codes.into_iter().map(secret).collect();
            }
        }
        let lock = lock.map(|lock| match lock {
            SavedLock::Until(at) => {
                at.parse().map(Lock::Until).map_err(|_| DocumentError("the end of the lock is not a time".into()))
            }
            SavedLock::Forever => Ok(Lock::Forever),
        });
        Ok(Account {
            user,
            lock: lock.transpose()?,
            password: self.password,
            totp_secret: totp_secret.map(secret::<TotpSecret>),
            backup_codes: backup_codes.into_iter().map(secret).collect(),
            resources: resources.map(|resources| resources.into_resources(oauth_tokens)).transpose()?.map(Box::new),
        })
    }
}

type Secret<'a> = Cow<'a, str>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved<'a> {
    user: Cow<'a, User>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lock: Option<SavedLock>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resources: Option<SavedResources<'a>>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedSecrets<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    totp_secret: Option<Secret<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    backup_codes: Vec<Secret<'a>>,
    /// The backup codes of each phone number, which the model does not serialize.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    phone_backup_codes: Vec<Vec<Secret<'a>>>,
    /// The secrets of each OAuth token, in the order of the tokens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    oauth_tokens: Vec<SavedTokenSecrets<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedTokenSecrets<'a> {
    token: Secret<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<Secret<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_secret: Option<Secret<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SavedLock {
    /// An RFC 3339 time, because timestamps of the API have only millisecond precision.
    Until(String),
    Forever,
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
    #[serde(with = "rfc3339")]
    expires_at: Option<Timestamp>,
    provider: Text,
    public_metadata: Metadata,
    label: Option<Text>,
    scopes: Cow<'a, [Text]>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedCredit<'a> {
    payer_id: PayerId,
    balance: Cow<'a, Money>,
    /// The entries by idempotency key. The map is ordered, so the output is deterministic.
    ledger: BTreeMap<Cow<'a, str>, Cow<'a, CreditLedgerEntry>>,
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

impl SavedResources<'_> {
    fn into_resources(self, token_secrets: Vec<SavedTokenSecrets<'_>>) -> Result<Resources, DocumentError> {
        let Self { oauth_tokens, memberships, invitations, trusted_devices, subscription, credit } = self;
        if oauth_tokens.len() != token_secrets.len() {
            return Err(DocumentError("the secrets of the OAuth tokens are incomplete".into()));
        }
        let oauth_tokens = oauth_tokens.into_iter().zip(token_secrets);
        Ok(Resources {
            oauth_tokens: oauth_tokens.map(|(token, secrets)| token.into_token(secrets)).collect(),
            memberships: memberships.into_owned().into(),
            invitations: invitations.into_owned(),
            trusted_devices: trusted_devices.into_owned(),
            subscription: subscription.map(Cow::into_owned),
            credit: credit.map(Credit::from),
        })
    }
}

impl<'a> From<&'a OAuthAccessToken> for SavedTokenSecrets<'a> {
    fn from(token: &'a OAuthAccessToken) -> Self {
        fn exposed(token: &OAuthToken) -> Secret<'_> {
            Cow::Borrowed(token.expose_secret())
        }
        Self {
            token: exposed(&token.token),
            id_token: token.id_token.as_ref().map(exposed),
            token_secret: token.token_secret.as_ref().map(exposed),
        }
    }
}

impl<'a> From<&'a OAuthAccessToken> for SavedToken<'a> {
    fn from(token: &'a OAuthAccessToken) -> Self {
        let OAuthAccessToken {
            external_account_id,
            provider_user_id,
            token: _,
            expires_at,
            provider,
            public_metadata,
            label,
            scopes,
            id_token: _,
            token_secret: _,
        } = token;
        Self {
            external_account_id: external_account_id.clone(),
            provider_user_id: provider_user_id.clone(),
            expires_at: *expires_at,
            provider: provider.clone(),
            public_metadata: public_metadata.clone(),
            label: label.clone(),
            scopes: Cow::Borrowed(scopes),
        }
    }
}

impl SavedToken<'_> {
    fn into_token(self, secrets: SavedTokenSecrets<'_>) -> OAuthAccessToken {
        OAuthAccessToken {
            external_account_id: self.external_account_id,
            provider_user_id: self.provider_user_id,
            token: secret(secrets.token),
            expires_at: self.expires_at,
            provider: self.provider,
            public_metadata: self.public_metadata,
            label: self.label,
            scopes: self.scopes.into_owned(),
            id_token: secrets.id_token.map(secret),
            token_secret: secrets.token_secret.map(secret),
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
