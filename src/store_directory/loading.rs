//! Methods for loading, replacing and clearing users.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::StoreUserDirectory;
use super::core::Core;
use super::reads::read;
use super::seed_user::{Invalid, SeedUser};
use crate::account::{Account, Identifier};
use crate::error::{Error, ErrorDetail, ErrorKind, Result};
use crate::model::{User, UserId};
use crate::rules::rejection;
use crate::rules::seed::{self, exists};
use crate::store::{Commit, CommitError, Position, UserStore};

/// The byte order mark, which some programs write at the start of UTF-8 files.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Methods for loading, replacing and clearing users.
///
/// In addition to the documented errors, these methods can return errors from the store. They return
/// [`Locked`](crate::ErrorKind::Locked) if concurrent writes keep conflicting until the [retry
/// timeout](super::StoreUserDirectoryBuilder::retry_timeout) elapses.
impl<S: UserStore + ?Sized> StoreUserDirectory<S> {
    /// Adds users unchanged, such as users returned by another directory.
    ///
    /// Either all users are added, or none are. As in [`Account::new`](crate::store::Account::new), timestamps are
    /// truncated to milliseconds, and insignificant whitespace is removed from metadata.
    ///
    /// The users are not validated, except for these uniqueness constraints:
    ///
    /// - Ids, usernames, wallets, external ids and OAuth provider accounts must be unique.
    /// - Verified and reserved email addresses and phone numbers must be unique.
    /// - A user must not have multiple memberships in the same organization.
    ///
    /// Empty identifiers do not have to be unique. The [maximum number of
    /// users](crate::store_directory::InstanceSettings::max_users) is not enforced.
    ///
    /// A [`User`] contains no password. Therefore, if `password_enabled` is `true`,
    /// [`verify_password`](crate::UserDirectory::verify_password) returns `Incorrect` for every password until
    /// [`update`](crate::UserDirectory::update) sets a password. To add users with passwords, TOTP secrets and backup
    /// codes, use [`load_json`](Self::load_json).
    ///
    /// ```
    /// use user_directory::{InMemoryUserDirectory, User, UserDirectory, UserFilter};
    ///
    /// # tokio_test::block_on(async {
    /// let users: Vec<User> = serde_json::from_str(r#"[{ "id": "user_1" }, { "id": "user_2" }]"#)?;
    /// let directory = InMemoryUserDirectory::new();
    /// directory.load(users).await?;
    /// assert_eq!(directory.count(&UserFilter::new()).await?, 2);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Conflict`](crate::ErrorKind::Conflict) in these cases:
    ///
    /// - An id or an identifier is already in use, or belongs to more than one of the given users.
    /// - A user has multiple memberships in the same organization.
    /// - A user has multiple external accounts with the same provider and provider user id.
    pub async fn load(&self, users: impl IntoIterator<Item = User>) -> Result<()> {
        let now = self.now();
        self.core.load_accounts(users.into_iter().map(|user| Account::new(user, now)).collect(), &[]).await
    }

    /// Adds users from JSON in the API's format, and returns the number of users added.
    ///
    /// `json` is an array (such as the response to `GET /users`), a page (`{"data": […]}`), or a sequence of users or
    /// pages (such as JSON Lines). It can start with a byte order mark. Either all users are added, or none are.
    ///
    /// In addition to the fields of a [`User`], a user can have the secrets of a `POST /users` request: `password`,
    /// `password_digest` with `password_hasher`, `totp_secret` and `backup_codes`. The password is hashed, and takes
    /// precedence over a digest. A password that has the format of a digest is rejected. If `password_enabled` is
    /// `true` but the user has no password or digest, [`verify_password`](crate::UserDirectory::verify_password)
    /// returns `Incorrect` for every password, as with [`load`](Self::load).
    ///
    /// If an email address, a phone number, a wallet or a passkey has no id, one is generated. As with newly created
    /// users, `delete_self_enabled` and `create_organization_enabled` default to `true`.
    ///
    /// Unlike API responses, the JSON is decoded strictly: an unknown field, an invalid value or a missing required
    /// field is an error, including in nested objects. The error message contains the name of the field. There are a
    /// few exceptions:
    ///
    /// - Optional fields can be missing or `null`. They can also be empty strings, except for secrets and metadata.
    /// - As in API responses, a value of the wrong type is converted if the conversion is unambiguous. For example, a
    ///   numeric string is converted to an integer. Secrets and metadata are not converted.
    /// - Metadata can contain any fields.
    /// - Any object can contain an `object` field.
    /// - Google and Facebook accounts can contain fields that duplicate other fields, such as `google_id`.
    ///
    /// ```
    /// use user_directory::{InMemoryUserDirectory, UserDirectory, UserFilter};
    ///
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let users = r#"[
    ///     { "object": "user", "id": "user_1", "username": "ada_lovelace" },
    ///     { "object": "user", "id": "user_2", "username": "grace_hopper" }
    /// ]"#;
    /// assert_eq!(directory.load_json(users).await?, 2);
    /// assert_eq!(directory.count(&UserFilter::new().username("ada_lovelace")).await?, 1);
    ///
    /// let error = directory.load_json(r#"[{ "id": "user_3" }, { "username": "linus" }]"#).await.unwrap_err();
    /// assert_eq!(error.to_string(), "invalid response: user 2: the field `id` is missing at line 1 column 44");
    ///
    /// let error = directory.load_json(r#"[{ "id": "user_3", "banned": "yes" }]"#).await.unwrap_err();
    /// assert_eq!(error.message(), Some("user 1: invalid value: expected a boolean at `banned`, line 1 column 34"));
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Returns one of these errors:
    ///
    /// - [`Decode`](crate::ErrorKind::Decode) if the text is not valid JSON, or if a user cannot be decoded.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput) if a secret is invalid.
    /// - [`Conflict`](crate::ErrorKind::Conflict) in the same cases as for [`load`](Self::load).
    ///
    /// If the error relates to a single user, the message contains the user's number (starting at 1), and the line of
    /// the user or of the invalid value. Line and column numbers in the message are relative to the start of the text.
    pub async fn load_json(&self, json: &str) -> Result<usize> {
        let (users, lines) = parse_users(json)?;
        self.core.load_all(users, &lines).await
    }

    /// Adds users from JSON Lines, and returns the number of users added.
    ///
    /// Each line contains one user, which is decoded as in [`load_json`](Self::load_json). Blank lines are skipped.
    /// Reading `text` blocks the current thread. Either all users are added, or none are.
    ///
    /// ```
    /// use std::io::BufReader;
    /// use user_directory::InMemoryUserDirectory;
    ///
    /// # tokio_test::block_on(async {
    /// let file = "{\"id\":\"user_1\"}\n{\"id\":\"user_2\"}\n";
    /// let directory = InMemoryUserDirectory::new();
    /// assert_eq!(directory.load_json_lines(BufReader::new(file.as_bytes())).await?, 2);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Returns one of these errors:
    ///
    /// - [`Decode`](crate::ErrorKind::Decode) if reading fails, or if a line is not UTF-8 or cannot be decoded.
    /// - [`InvalidInput`](crate::ErrorKind::InvalidInput) if a secret is invalid.
    /// - [`Conflict`](crate::ErrorKind::Conflict) in the same cases as for [`load`](Self::load).
    ///
    /// If the error relates to a single user, the message contains the user's number (starting at 1) and line. Line and
    /// column numbers in the message are relative to the start of the text.
    pub async fn load_json_lines(&self, mut text: impl BufRead + Send) -> Result<usize> {
        let (mut users, mut lines) = (Vec::new(), Vec::new());
        let (mut bytes, mut line) = (Vec::new(), 1);
        let unreadable = |error| Error::new(ErrorKind::Decode).with_message("cannot read the users").with_source(error);
        while text.read_until(b'\n', &mut bytes).map_err(unreadable)? > 0 {
            let json = str::from_utf8(&bytes).map_err(|_| not_utf8(line))?;
            // A byte order mark is valid only at the start of the text. A line of JSON cannot begin with this
            // character, so it is safe to strip it from every line.
            let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
            if !json.trim().is_empty() {
                users.push(parse_numbered_user(users.len(), json, line, || 0)?);
                lines.push(line);
            }
            line += 1;
            bytes.clear();
        }
        self.core.load_all(users, &lines).await
    }

    /// Adds a user unchanged, or replaces the user with the same id.
    ///
    /// Returns `true` if a user was replaced.
    ///
    /// If a user is replaced, the following data of the existing user is kept:
    ///
    /// - the password, if the new user's `password_enabled` is `true`
    /// - the TOTP secret, if the new user's `totp_enabled` is `true`
    /// - the backup codes, if the new user's `backup_code_enabled` is `true`
    /// - the organization memberships, if the new user has none
    /// - resources that a [`User`] does not contain, such as trusted devices and billing credit
    ///
    /// ```
    /// use user_directory::{InMemoryUserDirectory, User, UserDirectory};
    ///
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let mut ada = User::new("user_1".parse()?);
    /// assert!(!directory.upsert(ada.clone()).await?);
    ///
    /// ada.first_name = Some("Ada".into());
    /// assert!(directory.upsert(ada.clone()).await?);
    /// assert_eq!(directory.get(&ada.id).await?.first_name.as_deref(), Some("Ada"));
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Conflict`](crate::ErrorKind::Conflict) if an identifier belongs to another user, or if the user has
    /// multiple memberships in the same organization or multiple external accounts with the same provider and provider
    /// user id.
    pub async fn upsert(&self, user: User) -> Result<bool> {
        self.core.upsert(user).await
    }

    /// Deletes all users and pending events.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    pub async fn clear(&self) -> Result<()> {
        self.store.clear().await
    }
}

impl Core {
    /// Adds accounts. `lines` contains the line number of each account, or is empty if they do not come from text.
    async fn load_accounts(&self, accounts: Vec<Account>, lines: &[usize]) -> Result<()> {
        check_duplicates(&accounts, lines)?;
        // Accounts are added in order of creation. The sort is stable, so that ties keep their order.
        let mut order: Vec<usize> = (0..accounts.len()).collect();
        order.sort_by_key(|index| Position::new(accounts[*index].user.created_at, 0));
        let mut retries = self.retries();
        loop {
            let mut commit = Commit::new();
            commit.insertions = order.iter().map(|index| accounts[*index].clone()).collect();
            match self.store.commit(commit).await {
                Ok(()) => {
                    for account in &accounts {
                        seed::observe_ids(&account.user, &*self.shared.ids);
                    }
                    return Ok(());
                }
                Err(CommitError::Taken) => {
                    self.check_free(&accounts, lines).await?;
                    retries.wait().await?;
                }
                Err(CommitError::Stale) => retries.wait().await?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn load_all(&self, users: Vec<SeedUser>, lines: &[usize]) -> Result<usize> {
        let ids = &*self.shared.ids;
        // Generated ids must differ from the ids of all users.
        for seed in &users {
            seed::observe_ids(&seed.user, ids);
        }
        let mut accounts = Vec::with_capacity(users.len());
        for (index, seed) in users.into_iter().enumerate() {
            let SeedUser { mut user, password, totp_secret, backup_codes } = seed;
            seed::add_missing_ids(&mut user, ids)?;
            let invalid = |detail| numbered(index, lines, ErrorKind::InvalidInput, detail);
            seed::check_secrets(password.as_ref(), totp_secret.as_ref(), &backup_codes, self.context())
                .map_err(invalid)?;
            let password = self.digest_of(password.as_ref()).await?;
            let mut account = Account::new(user, self.now());
            seed::add_secrets(&mut account, password, totp_secret, backup_codes, self.context());
            accounts.push(account);
        }
        let count = accounts.len();
        self.load_accounts(accounts, lines).await?;
        Ok(count)
    }

    /// Returns an error if an id or an identifier of the accounts belongs to a user in the store.
    async fn check_free(&self, accounts: &[Account], lines: &[usize]) -> Result<()> {
        let ids: Vec<UserId> = accounts.iter().map(|account| account.user.id.clone()).collect();
        let existing = read(self.store.load(&ids)).await?;
        let existing: HashSet<_> = existing.iter().map(|account| account.id()).collect();
        let claims: Vec<_> = accounts.iter().flat_map(Account::exclusive_identifiers).collect();
        let taken = self.taken(&claims, None).await?;
        for (index, account) in accounts.iter().enumerate() {
            if existing.contains(&account.user.id) {
                return Err(conflict(index, lines, "id", None));
            }
            if let Some(identifier) = account.exclusive_identifiers().find(|identifier| taken.contains(identifier)) {
                return Err(conflict(index, lines, identifier.kind().as_str(), None));
            }
        }
        Ok(())
    }

    async fn upsert(&self, user: User) -> Result<bool> {
        let id = user.id.clone();
        let new = Account::new(user, self.now());
        seed::check_unique(&new).map_err(|detail| Error::rejected(ErrorKind::Conflict, [detail]))?;
        let claims: Vec<_> = new.exclusive_identifiers().collect();
        let mut retries = self.retries();
        loop {
            let taken = self.taken(&claims, Some(&id)).await?;
            if let Some(identifier) = claims.iter().find(|identifier| taken.contains(identifier)) {
                return Err(Error::rejected(ErrorKind::Conflict, [rejection::taken(identifier)]));
            }
            let existing = self.find_account(&id).await?;
            let replaced = existing.is_some();
            let commit = if let Some(before) = existing {
                let mut account = before.account.clone();
                seed::replace(&mut account, new.clone());
                Commit::new().update(before, account)
            } else {
                Commit::new().insert(new.clone())
            };
            match self.store.commit(commit).await {
                Ok(()) => {
                    seed::observe_ids(&new.user, &*self.shared.ids);
                    return Ok(replaced);
                }
                Err(CommitError::Stale | CommitError::Taken) => retries.wait().await?,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Parses the users of [`load_json`](StoreUserDirectory::load_json), and returns them with their line numbers.
fn parse_users(json: &str) -> Result<(Vec<SeedUser>, Vec<usize>)> {
    let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
    check_beginning(json)?;
    let elements: serde_json::Result<Vec<&RawValue>> = if json.trim_start().starts_with('{') {
        let documents = serde_json::Deserializer::from_str(json).into_iter();
        documents
            .collect::<serde_json::Result<Vec<_>>>()
            .map(|documents| documents.into_iter().flat_map(elements_of).collect())
    } else {
        serde_json::from_str(json)
    };
    let elements = elements.map_err(|error| Error::decode(&error))?;
    let (mut users, mut lines) = (Vec::with_capacity(elements.len()), Vec::with_capacity(elements.len()));
    let (mut line, mut counted) = (1, 0);
    for element in elements {
        let start = element.get().as_ptr().addr() - json.as_ptr().addr();
        line += json[counted..start].matches('\n').count();
        counted = start;
        let before = || json[..start].rsplit('\n').next().map_or(0, str::len);
        users.push(parse_numbered_user(users.len(), element.get(), line, before)?);
        lines.push(line);
    }
    Ok((users, lines))
}

/// Returns the number of a user in a list, starting at 1, and its line if the user comes from text.
fn place(index: usize, lines: &[usize]) -> String {
    let line = lines.get(index).map(|line| format!(" (line {line})")).unwrap_or_default();
    format!("user {}{line}", index + 1)
}

/// Creates an error for one user in a list. The message contains the user's [`place`].
fn numbered(index: usize, lines: &[usize], kind: ErrorKind, detail: ErrorDetail) -> Error {
    let message = format!("{}: {}", place(index, lines), detail.long_message());
    Error::rejected(kind, [detail.with_long_message(message.clone())]).with_message(message)
}

/// Creates the error for an identifier that belongs to an earlier user in the list or to a user in the store.
fn conflict(index: usize, lines: &[usize], param_name: &'static str, owner: Option<usize>) -> Error {
    let owner = owner.map_or_else(|| "a user of the directory".to_owned(), |owner| place(owner, lines));
    let detail = exists(param_name).with_long_message(format!("{param_name} belongs to {owner}"));
    numbered(index, lines, ErrorKind::Conflict, detail)
}

/// Returns an error if two accounts have the same id or own the same identifier.
///
/// Also returns an error if an account has multiple memberships in an organization or multiple external accounts with
/// the same provider and provider user id.
fn check_duplicates(accounts: &[Account], lines: &[usize]) -> Result<()> {
    let mut ids = HashMap::new();
    let mut owners: HashMap<Identifier<'_>, usize> = HashMap::new();
    for (index, account) in accounts.iter().enumerate() {
        if let Some(owner) = ids.insert(&account.user.id, index) {
            return Err(conflict(index, lines, "id", Some(owner)));
        }
        seed::check_unique(account).map_err(|detail| numbered(index, lines, ErrorKind::Conflict, detail))?;
        for identifier in account.exclusive_identifiers() {
            let kind = identifier.kind();
            // An identifier can occur several times in one user.
            if let Some(owner) = owners.insert(identifier, index).filter(|owner| *owner != index) {
                return Err(conflict(index, lines, kind.as_str(), Some(owner)));
            }
        }
    }
    Ok(())
}

/// Returns an error if the text is empty or does not begin like JSON.
fn check_beginning(json: &str) -> Result<()> {
    let message = match json.trim_start().chars().next() {
        Some('[' | '{') => return Ok(()),
        Some(_) => "the text is not JSON; it must be a JSON array of users, or one JSON object per line",
        None => "the text is empty; it must be a JSON array of users, or one JSON object per line",
    };
    Err(Error::new(ErrorKind::Decode).with_message(message))
}

fn not_utf8(line: usize) -> Error {
    Error::new(ErrorKind::Decode).with_message(format!("line {line} is not UTF-8; save the text as UTF-8"))
}

/// Returns the elements of a page, or the document if it is not a page.
fn elements_of(document: &RawValue) -> Vec<&RawValue> {
    /// A page. It has no id, which distinguishes it from a user.
    #[derive(serde::Deserialize)]
    struct Page<'a> {
        id: Option<IgnoredAny>,
        #[serde(borrow)]
        data: Vec<&'a RawValue>,
    }

    match serde_json::from_str(document.get()) {
        Ok(Page { id: None, data }) => data,
        _ => vec![document],
    }
}

/// Returns `true` for an object such as `{"users": […]}`, which some programs export.
fn has_list_of_users(json: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Export {
        id: Option<IgnoredAny>,
        #[serde(rename = "users")]
        _users: Vec<IgnoredAny>,
    }
    serde_json::from_str(json).is_ok_and(|Export { id, .. }| id.is_none())
}

/// Parses one user of a list. `before` returns the number of bytes before the user in its line.
///
/// An error message contains the user's number, starting at 1, and the position of the error in the whole text.
fn parse_numbered_user(index: usize, json: &str, line: usize, before: impl FnOnce() -> usize) -> Result<SeedUser> {
    SeedUser::parse(json).map_err(|why| {
        if has_list_of_users(json) {
            let message = "the list `users` is unknown; the users must be in an array, or in a list `data`";
            return Error::new(ErrorKind::Decode).with_message(message);
        }
        // Whitespace in place of the text before the user changes only the position of the error.
        let padded = ["\n".repeat(line - 1), " ".repeat(before()), json.to_owned()].concat();
        let number = index + 1;
        Error::new(ErrorKind::Decode).with_message(match SeedUser::parse(&padded).err().unwrap_or(why) {
            Invalid::Value(why) => format!("user {number}: {why}"),
            Invalid::Fields(why) => format!("user {number} (line {line}): {why}"),
        })
    })
}
