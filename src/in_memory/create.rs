//! `create` and `delete`.

use jiff::Timestamp;

use super::identifiers::{Key, Kind};
use super::record::{self, Record};
use super::rejection::{self, invalid_params, param};
use super::store::Store;
use super::{Inner, contacts, credentials, rules, totp};
use crate::error::{ErrorDetail, Result, codes};
use crate::model::{
    DeletedObject, EmailAddress, NewIdentifier, NewPassword, NewUser, PasswordDigest, PhoneNumber, User, UserId,
    Verification, Web3Wallet,
};

impl Inner {
    pub(super) async fn create(&self, new_user: &NewUser) -> Result<User> {
        self.check_new(new_user)?;
        let password = self.digest_of(new_user.password.as_ref()).await?;
        let mut store = self.write();
        // Checked again, because another task may have created a user in the meantime.
        self.check_quota(&store)?;
        invalid_params(conflicts_of(new_user, &store))?;
        // Read under the lock, so that users are inserted in the order of their creation times.
        let now = self.now();
        let id = self.free_id("user", store.len(), |id| store.get(id).is_some())?;
        let record = self.new_record(id, new_user, password, now)?;
        let view = record.view(now, &self.settings);
        store.insert(record);
        Ok(view)
    }

    pub(super) fn delete(&self, id: &UserId) -> Result<DeletedObject> {
        let mut store = self.write();
        let record = store.get(id).ok_or_else(|| super::no_user(id))?;
        if record.user.scim.is_some() {
            return Err(rejection::managed_by_scim());
        }
        let mut deleted = DeletedObject::new("user", id.as_str());
        deleted.external_id.clone_from(&record.user.external_id);
        store.remove(id);
        Ok(deleted)
    }

    /// Validates a new user.
    fn check_new(&self, new: &NewUser) -> Result<()> {
        let settings = &self.settings;
        self.check_quota(&self.read())?;
        if new.banned == Some(true) && !settings.bans {
            return Err(rejection::payment_required("ban_user"));
        }
        if new.locked == Some(true) && !settings.lockout {
            return Err(rejection::forbidden(codes::FEATURE_NOT_ENABLED, "user lockout is disabled"));
        }
        let mut errors = Vec::new();
        let emails = || new.email_addresses.iter().map(NewIdentifier::value);
        let phones = || new.phone_numbers.iter().map(NewIdentifier::value);
        errors.extend(emails().filter_map(|email| rules::email_address(email).err()));
        errors.extend(phones().filter_map(|phone| rules::phone_number(phone).err()));
        errors.extend(new.web3_wallets.iter().filter_map(|wallet| rules::web3_wallet(wallet).err()));
        errors.extend(new.username.iter().filter_map(|username| rules::username(username).err()));
        errors.extend(new.external_id.iter().filter_map(|external_id| rules::external_id(external_id).err()));
        errors.extend(new.first_name.iter().filter_map(|name| rules::name("first_name", name).err()));
        errors.extend(new.last_name.iter().filter_map(|name| rules::name("last_name", name).err()));
        errors.extend(new.locale.iter().filter_map(|locale| rules::locale(locale).err()));
        for (param_name, metadata) in [
            ("public_metadata", &new.metadata.public),
            ("private_metadata", &new.metadata.private),
            ("unsafe_metadata", &new.metadata.r#unsafe),
        ] {
            errors.extend(rules::metadata(param_name, metadata).err());
        }
        let skip = new.skip_password_checks == Some(true);
        errors.extend(self.check_password(new.password.as_ref(), &identifiers_of(new), skip).err());
        errors.extend(new.totp_secret.iter().filter_map(|secret| totp::check_secret(secret).err()));
        self.check_requirements(new, &mut errors);
        // Conflicts are checked when the user is inserted. Checking them earlier is necessary only to report them along
        // with other errors, or to avoid hashing a password in vain.
        if !errors.is_empty() || new.password.is_some() {
            errors.extend(conflicts_of(new, &self.read()));
        }
        invalid_params(errors)
    }

    fn check_quota(&self, store: &Store) -> Result<()> {
        if self.settings.max_users.is_some_and(|max| store.len() >= max) {
            return Err(rejection::forbidden(codes::USER_QUOTA_EXCEEDED, "the user quota is exhausted"));
        }
        Ok(())
    }

    fn check_requirements(&self, new: &NewUser, errors: &mut Vec<ErrorDetail>) {
        if self.settings.require_identifier && identifiers_of(new).is_empty() && new.skip_user_requirement != Some(true)
        {
            let error = ErrorDetail::new(codes::FORM_DATA_MISSING).with_message("an identifier is required");
            errors.push(error.with_param_name("email_address"));
        }
        if self.settings.require_password && new.password.is_none() && new.skip_password_requirement != Some(true) {
            let error = ErrorDetail::new(codes::FORM_DATA_MISSING).with_message("a password is required");
            errors.push(error.with_param_name("password"));
        }
    }

    fn new_record(
        &self,
        id: UserId,
        new: &NewUser,
        password: Option<PasswordDigest>,
        now: Timestamp,
    ) -> Result<Record> {
        let mut user = User::new(id);
        user.external_id.clone_from(&new.external_id);
        user.first_name.clone_from(&new.first_name);
        user.last_name.clone_from(&new.last_name);
        user.locale.clone_from(&new.locale);
        user.username.clone_from(&new.username);
        user.public_metadata = new.metadata.public.clone();
        user.private_metadata = new.metadata.private.clone();
        user.unsafe_metadata = new.metadata.r#unsafe.clone();
        // Exact capacities save memory: a growing `Vec` starts with a capacity of four.
        user.email_addresses.reserve_exact(new.email_addresses.len());
        user.phone_numbers.reserve_exact(new.phone_numbers.len());
        user.web3_wallets.reserve_exact(new.web3_wallets.len());
        for email in &new.email_addresses {
            let mut created = EmailAddress::new(email.value());
            created.id = Some(self.new_id("idn")?);
            (created.reserved, created.verification) = contacts::status_of(email.status());
            (created.created_at, created.updated_at) = (Some(now), Some(now));
            user.email_addresses.push(created);
        }
        for phone in &new.phone_numbers {
            let mut created = PhoneNumber::new(phone.value());
            created.id = Some(self.new_id("idn")?);
            (created.reserved, created.verification) = contacts::status_of(phone.status());
            (created.created_at, created.updated_at) = (Some(now), Some(now));
            user.phone_numbers.push(created);
        }
        for wallet in &new.web3_wallets {
            let mut created = Web3Wallet::new(wallet);
            created.id = Some(self.new_id("idn")?);
            created.verification = Some(Verification::by_admin());
            (created.created_at, created.updated_at) = (Some(now), Some(now));
            user.web3_wallets.push(created);
        }
        user.primary_email_address_id = user.email_addresses.first().and_then(|email| email.id.clone());
        user.primary_phone_number_id = user.phone_numbers.first().and_then(|phone| phone.id.clone());
        user.primary_web3_wallet_id = user.web3_wallets.first().and_then(|wallet| wallet.id.clone());
        user.banned = new.banned == Some(true);
        user.delete_self_enabled = new.delete_self_enabled.unwrap_or(true);
        user.create_organization_enabled = new.create_organization_enabled.unwrap_or(true);
        user.create_organizations_limit = new.create_organizations_limit.map(u64::from);
        user.legal_accepted_at = new.legal_accepted_at;
        user.bypass_client_trust = new.bypass_client_trust == Some(true);
        user.created_at = Some(new.created_at.unwrap_or(now));
        user.updated_at = Some(now);
        let mut record = Record::new(user, now);
        if new.locked == Some(true) {
            record.lock = Some(record::lock(now, self.settings.lockout_duration));
        }
        credentials::set_password(&mut record, password, now);
        record.totp_secret.clone_from(&new.totp_secret);
        record.backup_codes.clone_from(&new.backup_codes);
        credentials::refresh_second_factors(&mut record, now);
        Ok(record)
    }
}

/// Returns the identifiers that a password must not be equal to.
fn identifiers_of(new: &NewUser) -> Vec<&str> {
    let emails = new.email_addresses.iter().map(|email| email.value().as_str());
    let phones = new.phone_numbers.iter().map(|phone| phone.value().as_str());
    let wallets = new.web3_wallets.iter().map(|wallet| &**wallet);
    emails.chain(phones).chain(wallets).chain(new.username.as_deref()).collect()
}

/// Returns an error for each identifier of a new user that is taken or duplicated.
fn conflicts_of(new: &NewUser, store: &Store) -> Vec<ErrorDetail> {
    let emails = new.email_addresses.iter().map(NewIdentifier::value);
    let phones = new.phone_numbers.iter().map(NewIdentifier::value);
    let mut errors = taken(Kind::EmailAddress, emails, store);
    errors.extend(taken(Kind::PhoneNumber, phones, store));
    errors.extend(taken(Kind::Web3Wallet, new.web3_wallets.iter(), store));
    errors.extend(taken(Kind::Username, new.username.iter(), store));
    errors.extend(taken(Kind::ExternalId, new.external_id.iter(), store));
    errors
}

/// Returns an error for each value that is taken or duplicated.
fn taken<'a>(kind: Kind, values: impl Iterator<Item = &'a crate::model::Text>, store: &Store) -> Vec<ErrorDetail> {
    let mut seen = Vec::new();
    let mut errors = Vec::new();
    for value in values {
        let key = Key::new(kind, value);
        if seen.contains(&key) {
            errors.push(param(codes::FORM_PARAM_DUPLICATE, key.param_name(), "is a duplicate"));
        } else if store.is_taken(&key, None) {
            errors.push(rejection::taken(&key));
        }
        seen.push(key);
    }
    errors
}

impl Inner {
    /// Validates the password of a new or updated user.
    pub(super) fn check_password(
        &self,
        password: Option<&NewPassword>,
        identifiers: &[&str],
        skip_checks: bool,
    ) -> Result<(), ErrorDetail> {
        match password {
            None => Ok(()),
            Some(_) if !self.settings.passwords => {
                Err(param(codes::FORM_PARAM_UNKNOWN, "password", "is not supported, because passwords are disabled"))
            }
            Some(NewPassword::Plain(password)) => {
                rules::password(password.expose_secret(), identifiers, skip_checks, &self.settings)
            }
            Some(NewPassword::Digest(digest)) => credentials::check_digest(digest),
        }
    }
}
