//! Methods that load users unchanged.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use serde_json::value::RawValue;

use super::StoreUserDirectory;
use crate::account::{Account, Identifier};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Text, User, UserId, lenient};
use crate::rules::rejection;
use crate::rules::seed::{self, exists};
use crate::store::{Commit, CommitError, Position, UserStore};

/// Methods that load users unchanged.
impl<S: UserStore + ?Sized> StoreUserDirectory<S> {
    /// Adds users unchanged, such as users returned by another directory.
    ///
    /// Either all users are added, or none.
    ///
    /// A [`User`] contains no password, TOTP secret or backup codes. If `password_enabled` is set, every password is
    /// therefore incorrect until [`update`](crate::UserDirectory::update) sets a new one.
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
    /// Returns [`Conflict`](crate::ErrorKind::Conflict) if the id or an identifier of a user already exists.
    pub async fn load(&self, users: impl IntoIterator<Item = User>) -> Result<()> {
        let now = self.now();
        let accounts: Vec<_> = users.into_iter().map(|user| Account::new(user, now)).collect();
        check_duplicates(&accounts)?;
        // In the order of creation, so that accounts with the same creation time keep their order. The sort is stable.
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
                    self.check_free(&accounts).await?;
                    retries.wait().await?;
                }
                Err(CommitError::Stale) => retries.wait().await?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Adds users from JSON in the API's format, and returns the number of added users.
    ///
    /// `json` is either an array, such as the response to `GET /users`, or a sequence of objects, such as JSON Lines.
    /// Either all users are added, or none. As with [`load`](Self::load), passwords must be set afterwards.
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
    /// assert_eq!(error.to_string(), "invalid response: user 2: the field `id` is missing at line 1 column 23");
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Returns one of these errors:
    ///
    /// - [`Decode`](crate::ErrorKind::Decode) if the text is not valid JSON, or an element is not a user. The message
    ///   contains the number of the element, starting at 1.
    /// - [`Conflict`](crate::ErrorKind::Conflict) if the id or an identifier of a user already exists.
    pub async fn load_json(&self, json: &str) -> Result<usize> {
        let elements: serde_json::Result<Vec<&RawValue>> = if json.trim_start().starts_with('{') {
            serde_json::Deserializer::from_str(json).into_iter().collect()
        } else {
            serde_json::from_str(json)
        };
        let elements = elements.map_err(|error| Error::decode(&error))?;
        let users = elements.iter().enumerate().map(|(index, element)| parse_numbered_user(index, element.get()));
        self.load_all(users.collect::<Result<_>>()?).await
    }

    /// Adds users from JSON Lines, and returns the number of added users.
    ///
    /// Unlike [`load_json`](Self::load_json), this method does not read the whole text into memory. Blank lines are
    /// skipped.
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
    /// - [`Decode`](crate::ErrorKind::Decode) if reading fails, or a line is not a user. The message contains the
    ///   number of the user, starting at 1.
    /// - [`Conflict`](crate::ErrorKind::Conflict) if the id or an identifier of a user already exists.
    pub async fn load_json_lines(&self, mut lines: impl BufRead + Send) -> Result<usize> {
        let (mut users, mut line) = (Vec::new(), String::new());
        let unreadable = |error| Error::new(ErrorKind::Decode).with_message("cannot read the users").with_source(error);
        while lines.read_line(&mut line).map_err(unreadable)? > 0 {
            if !line.trim().is_empty() {
                users.push(parse_numbered_user(users.len(), &line)?);
            }
            line.clear();
        }
        self.load_all(users).await
    }

    async fn load_all(&self, users: Vec<User>) -> Result<usize> {
        let count = users.len();
        self.load(users).await?;
        Ok(count)
    }

    /// Fails if an id or an identifier of the accounts belongs to a user of the store.
    async fn check_free(&self, accounts: &[Account]) -> Result<()> {
        let ids: Vec<UserId> = accounts.iter().map(|account| account.user.id.clone()).collect();
        let existing = self.store.load(&ids).await?;
        let existing: HashSet<_> = existing.iter().map(|account| account.id()).collect();
        let claims: Vec<_> = accounts.iter().flat_map(Account::exclusive_identifiers).collect();
        let taken = self.taken(&claims, None).await?;
        for (index, account) in accounts.iter().enumerate() {
            if existing.contains(&account.user.id) {
                return Err(conflict(index, "id"));
            }
            if let Some(identifier) = account.exclusive_identifiers().find(|identifier| taken.contains(identifier)) {
                return Err(conflict(index, identifier.kind().as_str()));
            }
        }
        Ok(())
    }

    /// Adds the user unchanged, or replaces the user with the same id.
    ///
    /// Returns `true` if a user was replaced.
    ///
    /// A [`User`] contains no password, TOTP secret or backup codes. When a user is replaced, the stored ones are kept
    /// if the new user's `password_enabled`, `totp_enabled` or `backup_code_enabled`, respectively, is `true`.
    /// Resources that a [`User`] does not contain, such as trusted devices and billing credit, are also kept.
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
    /// Returns [`Conflict`](crate::ErrorKind::Conflict) if an identifier belongs to another user.
    pub async fn upsert(&self, user: User) -> Result<bool> {
        let id = user.id.clone();
        let new = Account::new(user, self.now());
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

    /// Deletes all users.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    pub async fn clear(&self) -> Result<()> {
        self.store.clear().await
    }
}

/// Creates an error about a user of a list. Users are numbered from 1.
fn conflict(index: usize, param_name: &'static str) -> Error {
    exists(param_name).with_message(format!("user {}", index + 1))
}

/// Fails if two accounts have the same id or own the same identifier.
fn check_duplicates(accounts: &[Account]) -> Result<()> {
    let mut ids = HashMap::new();
    let mut owners: HashMap<Identifier<'_>, usize> = HashMap::new();
    for (index, account) in accounts.iter().enumerate() {
        if ids.insert(&account.user.id, index).is_some() {
            return Err(conflict(index, "id"));
        }
        for identifier in account.exclusive_identifiers() {
            let param_name = identifier.kind().as_str();
            if owners.insert(identifier, index).is_some_and(|other| other != index) {
                return Err(conflict(index, param_name));
            }
        }
    }
    Ok(())
}

/// Parses one user of a list. An error contains its number, starting at 1.
fn parse_numbered_user(index: usize, json: &str) -> Result<User> {
    parse_user(json).map_err(|why| Error::new(ErrorKind::Decode).with_message(format!("user {}: {why}", index + 1)))
}

/// Parses a user in the format of the API. The error contains no values of the document, which may be secret.
fn parse_user(json: &str) -> Result<User, String> {
    #[derive(serde::Deserialize)]
    struct Tagged {
        object: Option<Text>,
    }

    let why = |error: serde_json::Error| Error::decode_of(&error, json).message().unwrap_or_default().to_owned();
    let user = lenient::document(json).map_err(why)?;
    // Checked here, because decoding a `User` ignores the type of the object.
    let tagged: Tagged = serde_json::from_str(json).map_err(why)?;
    if tagged.object.is_some_and(|object| object != "user") {
        return Err("the object is not a user".to_owned());
    }
    Ok(user)
}
