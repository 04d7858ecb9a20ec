//! Methods that seed state which the port cannot create.

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;

use super::credentials::refresh_second_factors;
use super::identifiers::{Key, claims, keys};
use super::record::Record;
use super::rejection;
use super::store::Store;
use super::{InMemoryUserDirectory, clock, no_user};
use crate::error::{Error, ErrorKind, Result, codes};
use crate::model::billing::Subscription;
use crate::model::{
    ExternalAccount, ExternalAccountId, OAuthAccessToken, OrganizationInvitation, OrganizationInvitationId,
    OrganizationMembership, OrganizationMembershipId, Passkey, PasskeyId, PhoneNumberId, ScimProvisioning, Text,
    TrustedDevice, TrustedDeviceId, User, UserId, Verification, Web3WalletId, lenient,
};

/// Seeding: methods that create state which the port cannot create.
impl InMemoryUserDirectory {
    /// Adds users as they are, such as users returned by another directory. If one user cannot be added, none is.
    ///
    /// A [`User`] contains no password, TOTP secret or backup codes. The password of a loaded user with
    /// `password_enabled` cannot be verified until [`update`](crate::UserDirectory::update) sets one: every
    /// password is incorrect.
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
    /// [`Conflict`](crate::ErrorKind::Conflict) if the id or an identifier of a user is taken.
    pub fn load(&self, users: impl IntoIterator<Item = User>) -> Result<()> {
        let now = self.inner.now();
        // Consumed before the lock is taken: the caller's iterator may call the directory or panic.
        let mut records: Vec<_> = users.into_iter().map(|user| Record::new(user, now)).collect();
        let mut store = self.inner.write();
        check_free(&records, &store)?;
        // Searches run in the order of creation, so storing records in this order gives sequential memory access.
        // The sort is stable.
        records.sort_by_cached_key(Record::position);
        for record in records {
            self.inner.observe_ids(&record.user);
            store.insert(record);
        }
        Ok(())
    }

    /// Adds users from JSON in the format of the API and returns their number.
    ///
    /// The text is either an array, such as the response to `GET /users`, or a sequence of objects, such as JSON Lines.
    /// If one user cannot be added, none is. Passwords are handled as in [`load`](Self::load).
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
    /// - [`Decode`](crate::ErrorKind::Decode) if the text is not JSON or an element is not a user. The message
    ///   contains the number of the element, starting at 1.
    /// - [`Conflict`](crate::ErrorKind::Conflict) if the id or an identifier of a user is taken.
    pub fn load_json(&self, json: &str) -> Result<usize> {
        let elements: serde_json::Result<Vec<&RawValue>> = if json.trim_start().starts_with('{') {
            serde_json::Deserializer::from_str(json).into_iter().collect()
        } else {
            serde_json::from_str(json)
        };
        let elements = elements.map_err(|error| Error::decode(&error))?;
        let users = elements.iter().enumerate().map(|(index, element)| parse_numbered_user(index, element.get()));
        self.load_all(users.collect::<Result<_>>()?)
    }

    /// Adds users from JSON Lines and returns their number.
    ///
    /// Unlike [`load_json`](Self::load_json), this method does not hold the whole text in memory. Blank lines are
    /// skipped.
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
    /// - [`Decode`](crate::ErrorKind::Decode) if reading fails or a line is not a user. The message contains the
    ///   number of the user, starting at 1.
    /// - [`Conflict`](crate::ErrorKind::Conflict) if the id or an identifier of a user is taken.
    pub fn load_json_lines(&self, mut lines: impl BufRead) -> Result<usize> {
        let (mut users, mut line) = (Vec::new(), String::new());
        let unreadable = |error| Error::new(ErrorKind::Decode).with_message("cannot read the users").with_source(error);
        while lines.read_line(&mut line).map_err(unreadable)? > 0 {
            if !line.trim().is_empty() {
                users.push(parse_numbered_user(users.len(), &line)?);
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

    /// Returns the number of users.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.read().len()
    }

    /// Returns `true` if the directory has no users.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Deletes all users.
    pub fn clear(&self) {
        self.inner.write().clear();
    }

    /// Returns the current time of the directory: the time of its clock plus the
    /// [offset](Self::clock_offset).
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.now()
    }

    /// Advances the directory's time: locks and tokens expire, and TOTP codes change.
    ///
    /// The offset is added to the time of the clock, so this works with every [`Clock`](crate::time::Clock), including the
    /// system clock. The time saturates at [`Timestamp::MAX`]. To control the time completely, use a
    /// [`ManualClock`](crate::time::ManualClock).
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
        let mut offset = self.inner.clock_offset.write().unwrap_or_else(PoisonError::into_inner);
        *offset = offset.saturating_add(by);
    }

    /// Returns the total duration by which [`advance_clock`](Self::advance_clock) has advanced the time.
    #[must_use]
    pub fn clock_offset(&self) -> SignedDuration {
        *self.inner.clock_offset.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resets the [offset](Self::clock_offset) to zero.
    pub fn reset_clock(&self) {
        *self.inner.clock_offset.write().unwrap_or_else(PoisonError::into_inner) = SignedDuration::ZERO;
    }

    /// Adds a passkey. If the passkey has no id, one is generated.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    /// - [`Conflict`](crate::ErrorKind::Conflict) with the code `form_identifier_exists` if the user already has a
    ///   passkey with this id.
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
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    /// - [`Conflict`](crate::ErrorKind::Conflict) with the code `form_identifier_exists` if the account belongs to
    ///   another user, or this user already has an account with this id.
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

    /// Adds an OAuth access token.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    pub fn add_oauth_access_token(&self, user_id: &UserId, token: OAuthAccessToken) -> Result<()> {
        self.seed(user_id, |record| record.resources_mut().oauth_tokens.push(token))
    }

    /// Adds a user to an organization.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    /// - [`Conflict`](crate::ErrorKind::Conflict) with the code `form_identifier_exists` if the user already has a
    ///   membership with this id.
    pub fn add_organization_membership(
        &self,
        user_id: &UserId,
        membership: OrganizationMembership,
    ) -> Result<OrganizationMembershipId> {
        let id = membership.id.clone();
        self.inner.try_edit(user_id, |record, _| {
            let memberships = &mut record.resources_mut().memberships;
            check_id(memberships, |other| other.id == id)?;
            memberships.push(membership);
            Ok(id)
        })
    }

    /// Invites a user to an organization.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    /// - [`Conflict`](crate::ErrorKind::Conflict) with the code `form_identifier_exists` if the user already has an
    ///   invitation with this id.
    pub fn add_organization_invitation(
        &self,
        user_id: &UserId,
        invitation: OrganizationInvitation,
    ) -> Result<OrganizationInvitationId> {
        let id = invitation.id.clone();
        self.inner.try_edit(user_id, |record, _| {
            let invitations = &mut record.resources_mut().invitations;
            check_id(invitations, |other| other.id == id)?;
            invitations.push(invitation);
            Ok(id)
        })
    }

    /// Adds a trusted device.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    /// - [`Conflict`](crate::ErrorKind::Conflict) with the code `form_identifier_exists` if the user already has a
    ///   device with this id.
    pub fn add_trusted_device(&self, user_id: &UserId, device: TrustedDevice) -> Result<TrustedDeviceId> {
        let id = device.id.clone();
        self.inner.try_edit(user_id, |record, _| {
            let trusted_devices = &mut record.resources_mut().trusted_devices;
            check_id(trusted_devices, |other| other.id == id)?;
            trusted_devices.push(device);
            Ok(id)
        })
    }

    /// Sets the billing subscription of a user, replacing the previous one.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    pub fn set_billing_subscription(&self, user_id: &UserId, subscription: Subscription) -> Result<()> {
        self.seed(user_id, |record| record.resources_mut().subscription = Some(subscription))
    }

    /// Sets the verification of a wallet. `None` makes the wallet unverified.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if the user or the wallet does not exist.
    pub fn set_web3_wallet_verification(
        &self,
        user_id: &UserId,
        wallet_id: &Web3WalletId,
        verification: Option<Verification>,
    ) -> Result<()> {
        self.inner.try_edit(user_id, |record, _| {
            let mut wallets = record.user.web3_wallets.iter_mut();
            let wallet = wallets.find(|wallet| wallet.id.as_ref() == Some(wallet_id));
            let wallet = wallet.ok_or_else(|| rejection::not_found("web3_wallet", wallet_id.as_str()))?;
            wallet.verification = verification;
            clock::cut_off(&mut record.user);
            Ok(())
        })
    }

    /// Reserves a phone number as a second factor (SMS codes).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if the user or the phone number does not exist.
    pub fn reserve_for_second_factor(&self, user_id: &UserId, phone_number_id: &PhoneNumberId) -> Result<()> {
        self.inner.try_edit(user_id, |record, now| {
            let first = !record.user.phone_numbers.iter().any(|phone| phone.reserved_for_second_factor);
            let mut phones = record.user.phone_numbers.iter_mut();
            let phone = phones.find(|phone| phone.id.as_ref() == Some(phone_number_id));
            let phone = phone.ok_or_else(|| rejection::not_found("phone_number", phone_number_id.as_str()))?;
            phone.reserved_for_second_factor = true;
            phone.default_second_factor |= first;
            refresh_second_factors(record, now);
            Ok(())
        })
    }

    /// Sets the time of the last sign-in and of the last activity to `at`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    pub fn record_sign_in(&self, user_id: &UserId, at: Timestamp) -> Result<()> {
        self.seed(user_id, |record| {
            record.user.last_sign_in_at = Some(at);
            record.user.last_active_at = Some(at);
            clock::cut_off(&mut record.user);
        })
    }

    /// Marks a user as managed by a SCIM directory. Such a user cannot be deleted.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
    pub fn set_managed_by_scim(&self, user_id: &UserId, directory_id: &str) -> Result<()> {
        let scim = ScimProvisioning::new(directory_id);
        self.seed(user_id, |record| record.user.scim = Some(scim))
    }

    /// Reverts [`set_managed_by_scim`](Self::set_managed_by_scim), so that the user can be deleted again.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if the user does not exist.
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
        self.seed(user_id, |record| record.user.scim = None)
    }

    /// Changes a user without changing `updated_at`, because the change does not come from the API.
    fn seed(&self, user_id: &UserId, change: impl FnOnce(&mut Record)) -> Result<()> {
        self.inner.try_edit(user_id, |record, _| {
            change(record);
            Ok(())
        })
    }
}

fn exists(param_name: &'static str) -> Error {
    rejection::invalid_param(codes::FORM_IDENTIFIER_EXISTS, param_name, "already exists")
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

/// Fails if an element with the id exists.
fn check_id<T>(list: &[T], has_id: impl Fn(&T) -> bool) -> Result<()> {
    if list.iter().any(has_id) { Err(exists("id")) } else { Ok(()) }
}

/// Fails if two of the records, or a record and a user in `store`, have the same unique identifier.
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
