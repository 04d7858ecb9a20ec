//! What the port cannot create: named methods that put a directory into the state that a test needs.

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;

use super::credentials::second_factors_changed;
use super::identifiers::{Key, claims, keys};
use super::record::Record;
use super::refusal;
use super::store::Store;
use super::{InMemoryUserDirectory, clock, no_user};
use crate::error::{Error, ErrorKind, Result, codes};
use crate::model::billing::Subscription;
use crate::model::{
    ExternalAccount, ExternalAccountId, OAuthAccessToken, OrganizationInvitation, OrganizationInvitationId,
    OrganizationMembership, OrganizationMembershipId, Passkey, PasskeyId, PhoneNumberId, ScimUserMetadata, Text,
    TrustedDevice, TrustedDeviceId, User, UserId, Verification, Web3WalletId, lenient,
};

/// What the port cannot create.
///
/// Each method fails with [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
impl InMemoryUserDirectory {
    /// Takes users over as they are, such as users that another directory answered: all of them or, if one cannot be
    /// taken, none.
    ///
    /// Their passwords, TOTP secrets and backup codes are not in them. A user whose `password_enabled` is set has a
    /// password that no password matches until [`update`](crate::UserDirectory::update) sets one.
    ///
    /// ```
    /// use user_directory::{InMemoryUserDirectory, User, UserDirectory, UserFilter};
    ///
    /// # tokio_test::block_on(async {
    /// let users: Vec<User> = serde_json::from_str(r#"[{ "id": "user_1" }, { "id": "user_2" }]"#)?;
    /// let directory = InMemoryUserDirectory::new();
    /// directory.load(users)?;
    /// assert_eq!(directory.count(&UserFilter::new()).await?, 2);
    /// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`Conflict`](crate::ErrorKind::Conflict) if a user's id or identifier is taken.
    pub fn load(&self, users: impl IntoIterator<Item = User>) -> Result<()> {
        let now = self.inner.now();
        // Before the lock is taken, because the iterator is the caller's: it may ask the directory, or panic.
        let mut records: Vec<_> = users.into_iter().map(|user| Record::new(user, now)).collect();
        let mut store = self.inner.write();
        check_free(&records, &store)?;
        // So that a search, which goes by time, goes through the memory from one end to the other. Those of the same time
        // stay in order.
        records.sort_by_cached_key(Record::position);
        for record in records {
            self.inner.observe_ids(&record.user);
            store.insert(record);
        }
        Ok(())
    }

    /// Takes users over from JSON as the API writes them: an array, such as a saved answer of `GET /users`, or one user
    /// after another, such as a file with a user a line. All of them or, if one cannot be taken, none. Answers how many
    /// there were.
    ///
    /// What [`load`](Self::load) says of passwords holds here too.
    ///
    /// ```
    /// use user_directory::{InMemoryUserDirectory, UserDirectory, UserFilter};
    ///
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let users = r#"[
    ///     { "object": "user", "id": "user_1", "username": "ada.lovelace" },
    ///     { "object": "user", "id": "user_2", "username": "grace.hopper" }
    /// ]"#;
    /// assert_eq!(directory.load_json(users)?, 2);
    /// assert_eq!(directory.count(&UserFilter::new().username("ada.lovelace")).await?, 1);
    ///
    /// let error = directory.load_json(r#"[{ "id": "user_3" }, { "username": "linus" }]"#).unwrap_err();
    /// assert_eq!(error.to_string(), "invalid response: user 2: the field `id` is missing at line 1 column 23");
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`Decode`](crate::ErrorKind::Decode) if it is not JSON or an element is no user, whose number, counted from 1,
    /// the message says; [`Conflict`](crate::ErrorKind::Conflict) if a user's id or identifier is taken.
    pub fn load_json(&self, json: &str) -> Result<usize> {
        let elements: serde_json::Result<Vec<&RawValue>> = if json.trim_start().starts_with('{') {
            serde_json::Deserializer::from_str(json).into_iter().collect()
        } else {
            serde_json::from_str(json)
        };
        let elements = elements.map_err(|error| Error::decode(&error))?;
        let users = elements.iter().enumerate().map(|(index, element)| numbered_user(index, element.get()));
        self.load_all(users.collect::<Result<_>>()?)
    }

    /// Takes users over from a file with a user a line, as [`load_json`](Self::load_json) does, but without holding all
    /// of the text in memory. Lines without anything are passed over.
    ///
    /// ```
    /// use std::io::BufReader;
    /// use user_directory::InMemoryUserDirectory;
    ///
    /// let file = "{\"id\":\"user_1\"}\n{\"id\":\"user_2\"}\n";
    /// let directory = InMemoryUserDirectory::new();
    /// assert_eq!(directory.load_json_lines(BufReader::new(file.as_bytes()))?, 2);
    /// # Ok::<(), user_directory::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Decode`](crate::ErrorKind::Decode) if a line cannot be read or is no user, whose number, counted from 1, the
    /// message says; [`Conflict`](crate::ErrorKind::Conflict) if a user's id or identifier is taken.
    pub fn load_json_lines(&self, mut lines: impl BufRead) -> Result<usize> {
        let (mut users, mut line) = (Vec::new(), String::new());
        let unreadable =
            |error| Error::new(ErrorKind::Decode).with_message("the users cannot be read").with_source(error);
        while lines.read_line(&mut line).map_err(unreadable)? > 0 {
            if !line.trim().is_empty() {
                users.push(numbered_user(users.len(), &line)?);
            }
            line.clear();
        }
        self.load_all(users)
    }

    fn load_all(&self, users: Vec<User>) -> Result<usize> {
        let count = users.len();
        self.load(users)?;
        Ok(count)
    }

    /// How many users there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.read().len()
    }

    /// Whether there are no users.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Deletes every user.
    pub fn clear(&self) {
        self.inner.write().clear();
    }

    /// The time as the directory sees it: its clock's, and as much later as
    /// [`advance_clock`](Self::advance_clock) has moved it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.now()
    }

    /// Lets time pass: locks expire, codes of authenticator apps change, tokens run out. At the end of time it stops.
    ///
    /// The directory's own view of its clock is moved, so this works with every [`Clock`](crate::time::Clock), that of the
    /// system too. To be in full control of the time, use a [`ManualClock`](crate::time::ManualClock).
    ///
    /// ```
    /// use std::time::Duration;
    /// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
    ///
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let id = directory.create(&NewUser::new().username("ada.lovelace").locked(true)).await?.id;
    /// assert!(directory.get(&id).await?.locked);
    ///
    /// directory.advance_clock(Duration::from_secs(3600));
    /// assert!(!directory.get(&id).await?.locked);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn advance_clock(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        let mut ahead = self.inner.ahead.write().unwrap_or_else(PoisonError::into_inner);
        *ahead = ahead.saturating_add(by);
    }

    /// How far [`advance_clock`](Self::advance_clock) has moved the time.
    #[must_use]
    pub fn clock_offset(&self) -> SignedDuration {
        *self.inner.ahead.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes back what [`advance_clock`](Self::advance_clock) did: the time is the clock's again.
    pub fn reset_clock(&self) {
        *self.inner.ahead.write().unwrap_or_else(PoisonError::into_inner) = SignedDuration::ZERO;
    }

    /// Adds a passkey, under its own id if it has one.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user,
    /// [`Conflict`](crate::ErrorKind::Conflict) (422 `form_identifier_exists`) if the user has a passkey of that id.
    pub fn add_passkey(&self, user_id: &UserId, mut passkey: Passkey) -> Result<PasskeyId> {
        self.inner.try_edit(user_id, |record, now| {
            let passkeys = &mut record.user.passkeys;
            let is_taken = |id: &PasskeyId| passkeys.iter().any(|passkey| passkey.id.as_ref() == Some(id));
            let id = match passkey.id.take() {
                Some(id) if is_taken(&id) => return Err(exists("id")),
                Some(id) => {
                    self.inner.ids.observe(id.as_str());
                    id
                }
                None => self.inner.free_id("idn", passkeys.len(), is_taken)?,
            };
            passkey.id = Some(id.clone());
            passkeys.push(passkey);
            clock::cut_off(&mut record.user);
            record.user.updated_at = Some(now);
            Ok(id)
        })
    }

    /// Adds an account at an OAuth provider.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user,
    /// [`Conflict`](crate::ErrorKind::Conflict) (422 `form_identifier_exists`) if another user has that account, or this
    /// one has an account of that id.
    pub fn add_external_account(&self, user_id: &UserId, account: ExternalAccount) -> Result<ExternalAccountId> {
        let id = account.id.clone();
        let mut store = self.inner.write();
        let now = self.inner.now();
        let record = store.get(user_id).ok_or_else(|| no_user(user_id))?;
        let key = Key::provider_user(&account.provider, &account.provider_user_id);
        if !account.provider_user_id.is_empty() && store.is_taken(&key, Some(user_id)) {
            return Err(exists("external_account"));
        }
        check_id(&record.user.external_accounts, |other| other.id == id)?;
        store.edit(user_id, |record| {
            record.user.external_accounts.push(account);
            clock::cut_off(&mut record.user);
            record.user.updated_at = Some(now);
        });
        Ok(id)
    }

    /// Adds a token at an OAuth provider.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    pub fn add_oauth_access_token(&self, user_id: &UserId, token: OAuthAccessToken) -> Result<()> {
        self.arrange(user_id, |record| record.belongings_mut().oauth_tokens.push(token))
    }

    /// Makes a user a member of an organization.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user,
    /// [`Conflict`](crate::ErrorKind::Conflict) (422 `form_identifier_exists`) if the user has a membership of that id.
    pub fn add_organization_membership(
        &self,
        user_id: &UserId,
        membership: OrganizationMembership,
    ) -> Result<OrganizationMembershipId> {
        let id = membership.id.clone();
        self.inner.try_edit(user_id, |record, _| {
            let memberships = &mut record.belongings_mut().memberships;
            check_id(memberships, |other| other.id == id)?;
            memberships.push(membership);
            Ok(id)
        })
    }

    /// Invites a user to an organization.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user,
    /// [`Conflict`](crate::ErrorKind::Conflict) (422 `form_identifier_exists`) if the user has an invitation of that id.
    pub fn add_organization_invitation(
        &self,
        user_id: &UserId,
        invitation: OrganizationInvitation,
    ) -> Result<OrganizationInvitationId> {
        let id = invitation.id.clone();
        self.inner.try_edit(user_id, |record, _| {
            let invitations = &mut record.belongings_mut().invitations;
            check_id(invitations, |other| other.id == id)?;
            invitations.push(invitation);
            Ok(id)
        })
    }

    /// Enrols a device.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user,
    /// [`Conflict`](crate::ErrorKind::Conflict) (422 `form_identifier_exists`) if the user has a device of that id.
    pub fn add_trusted_device(&self, user_id: &UserId, device: TrustedDevice) -> Result<TrustedDeviceId> {
        let id = device.id.clone();
        self.inner.try_edit(user_id, |record, _| {
            let trusted_devices = &mut record.belongings_mut().trusted_devices;
            check_id(trusted_devices, |other| other.id == id)?;
            trusted_devices.push(device);
            Ok(id)
        })
    }

    /// Subscribes a user to something, in the place of what there was.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    pub fn set_billing_subscription(&self, user_id: &UserId, subscription: Subscription) -> Result<()> {
        self.arrange(user_id, |record| record.belongings_mut().subscription = Some(subscription))
    }

    /// Sets how, and whether, a wallet was verified.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user or wallet.
    pub fn set_web3_wallet_verification(
        &self,
        user_id: &UserId,
        wallet_id: &Web3WalletId,
        verification: Option<Verification>,
    ) -> Result<()> {
        self.inner.try_edit(user_id, |record, _| {
            let mut wallets = record.user.web3_wallets.iter_mut();
            let wallet = wallets.find(|wallet| wallet.id.as_ref() == Some(wallet_id));
            let wallet = wallet.ok_or_else(|| refusal::not_found("web3_wallet", wallet_id.as_str()))?;
            wallet.verification = verification;
            clock::cut_off(&mut record.user);
            Ok(())
        })
    }

    /// Makes codes to a phone number a second factor, as a user does.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user or phone number.
    pub fn reserve_for_second_factor(&self, user_id: &UserId, phone_number_id: &PhoneNumberId) -> Result<()> {
        self.inner.try_edit(user_id, |record, now| {
            let first = !record.user.phone_numbers.iter().any(|phone| phone.reserved_for_second_factor);
            let mut phones = record.user.phone_numbers.iter_mut();
            let phone = phones.find(|phone| phone.id.as_ref() == Some(phone_number_id));
            let phone = phone.ok_or_else(|| refusal::not_found("phone_number", phone_number_id.as_str()))?;
            phone.reserved_for_second_factor = true;
            phone.default_second_factor |= first;
            second_factors_changed(record, now);
            Ok(())
        })
    }

    /// Records a sign-in, and with it activity, at this time.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    pub fn record_sign_in(&self, user_id: &UserId, at: Timestamp) -> Result<()> {
        self.arrange(user_id, |record| {
            record.user.last_sign_in_at = Some(at);
            record.user.last_active_at = Some(at);
            clock::cut_off(&mut record.user);
        })
    }

    /// Marks a user as managed by a directory (SCIM), so that it cannot be deleted.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    pub fn set_managed_by_scim(&self, user_id: &UserId, directory_id: &str) -> Result<()> {
        let scim = ScimUserMetadata::new(directory_id);
        self.arrange(user_id, |record| record.user.scim = Some(scim))
    }

    /// Takes the mark of [`set_managed_by_scim`](Self::set_managed_by_scim) away, so that the user can be deleted again.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such user.
    ///
    /// ```
    /// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectory};
    ///
    /// # tokio_test::block_on(async {
    /// let directory = InMemoryUserDirectory::new();
    /// let id = directory.create(&NewUser::new().username("ada.lovelace")).await?.id;
    /// directory.set_managed_by_scim(&id, "scim_1")?;
    /// assert!(directory.delete(&id).await.unwrap_err().is_conflict());
    ///
    /// directory.clear_managed_by_scim(&id)?;
    /// assert!(directory.delete(&id).await?.deleted);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn clear_managed_by_scim(&self, user_id: &UserId) -> Result<()> {
        self.arrange(user_id, |record| record.user.scim = None)
    }

    /// Changes something that nobody did through the API, so that the user's time of change stays.
    fn arrange(&self, user_id: &UserId, change: impl FnOnce(&mut Record)) -> Result<()> {
        self.inner.try_edit(user_id, |record, _| {
            change(record);
            Ok(())
        })
    }
}

fn exists(param_name: &'static str) -> Error {
    refusal::invalid(codes::FORM_IDENTIFIER_EXISTS, param_name, "exists already")
}

/// A user of many, whose number is said if it is none.
fn numbered_user(index: usize, json: &str) -> Result<User> {
    user(json).map_err(|why| Error::new(ErrorKind::Decode).with_message(format!("user {}: {why}", index + 1)))
}

/// A user as the API writes it, or why it is none, in words that hold nothing of the document.
fn user(json: &str) -> Result<User, String> {
    #[derive(serde::Deserialize)]
    struct Tagged {
        object: Option<Text>,
    }

    let why = |error: serde_json::Error| Error::decode_of(&error, json).message().unwrap_or_default().to_owned();
    let user = lenient::document(json).map_err(why)?;
    // Asked for here, because a user's own decoding passes over the kind of object.
    let tagged: Tagged = serde_json::from_str(json).map_err(why)?;
    if tagged.object.is_some_and(|object| object != "user") {
        return Err("the object is something else".to_owned());
    }
    Ok(user)
}

/// Whether an id is free among things of one kind.
fn check_id<T>(list: &[T], is_it: impl Fn(&T) -> bool) -> Result<()> {
    if list.iter().any(is_it) { Err(exists("id")) } else { Ok(()) }
}

/// Whether users who are loaded have nothing that another one has, be it there already or one of them.
fn check_free(records: &[Record], store: &Store) -> Result<()> {
    let mut claimed = HashMap::new();
    for (index, record) in records.iter().enumerate() {
        for key in keys(record).filter(|key| claims(record, key)) {
            let param_name = key.param_name();
            if store.is_taken(&key, None) || claimed.insert(key, index).is_some_and(|other| other != index) {
                return Err(exists(param_name).with_message(format!("user {}", index + 1)));
            }
        }
    }
    Ok(())
}
