//! `update`.

use jiff::Timestamp;

use super::identifiers::{Key, Kind};
use super::record::Record;
use super::rejection::{self, invalid_params, param};
use super::store::Store;
use super::{Inner, clock, credentials, profile, rules, totp};
use crate::error::{ErrorDetail, Result, codes};
use crate::model::{EmailAddress, Patch, PhoneNumber, User, UserId, UserUpdate, Web3Wallet};

impl Inner {
    pub(super) async fn update(&self, id: &UserId, update: &UserUpdate) -> Result<User> {
        update.validate()?;
        if update.password.is_some() {
            // Checked before hashing, which is slow, and again below, because the user may change in the meantime.
            self.check_update(id, update, &self.read())?;
        }
        let password = self.digest_of(update.password.as_ref()).await?;
        let mut store = self.write();
        let now = self.now();
        self.check_update(id, update, &store)?;
        let updated = store.edit(id, |record| {
            credentials::set_password(record, password, now);
            apply(record, update, now);
            record.user.updated_at = Some(now);
            record.view(now, &self.settings)
        });
        updated.ok_or_else(|| super::no_user(id))
    }

    /// Validates an update.
    fn check_update(&self, id: &UserId, update: &UserUpdate, store: &Store) -> Result<()> {
        let record = store.get(id).ok_or_else(|| super::no_user(id))?;
        if let Patch::Set(image) = &update.profile_image_id {
            profile::check_image_id(image)?;
        }
        let mut errors = Vec::new();
        if let Patch::Set(name) = &update.first_name {
            errors.extend(rules::name("first_name", name).err());
        }
        if let Patch::Set(name) = &update.last_name {
            errors.extend(rules::name("last_name", name).err());
        }
        if let Patch::Set(locale) = &update.locale {
            errors.extend(rules::locale(locale).err());
        }
        if let Patch::Set(username) = &update.username
            && !username.is_empty()
        {
            errors.extend(rules::username(username).err());
            errors.extend(taken(store, id, Kind::Username, username).err());
        }
        if let Patch::Set(external_id) = &update.external_id {
            errors.extend(rules::external_id(external_id).err());
            errors.extend(taken(store, id, Kind::ExternalId, external_id).err());
        }
        if let Patch::Set(secret) = &update.totp_secret {
            errors.extend(totp::check_secret(secret).err());
        }
        let skip = update.skip_password_checks == Some(true);
        errors.extend(self.check_password(update.password.as_ref(), &identifiers_of(&record.user, update), skip).err());
        errors.extend(check_primaries(&record.user, update));
        invalid_params(errors)
    }
}

fn taken(store: &Store, id: &UserId, kind: Kind, value: &str) -> Result<(), ErrorDetail> {
    let key = Key::new(kind, value);
    if store.is_taken(&key, Some(id)) { Err(rejection::taken(&key)) } else { Ok(()) }
}

/// Returns the identifiers after the update, which a password must not be equal to.
fn identifiers_of<'a>(user: &'a User, update: &'a UserUpdate) -> Vec<&'a str> {
    let emails = user.email_addresses.iter().map(|email| &*email.email_address);
    let phones = user.phone_numbers.iter().map(|phone| &*phone.phone_number);
    let wallets = user.web3_wallets.iter().map(|wallet| &*wallet.web3_wallet);
    let username = match &update.username {
        Patch::Keep => user.username.as_deref(),
        Patch::Clear => None,
        Patch::Set(username) => Some(&**username),
    };
    emails.chain(phones).chain(wallets).chain(username).collect()
}

/// Checks that each new primary identifier belongs to the user and is verified.
fn check_primaries(user: &User, update: &UserUpdate) -> Vec<ErrorDetail> {
    let email = match &update.primary_email_address_id {
        Patch::Set(id) => {
            let email = user.email_addresses.iter().find(|email| email.id.as_ref() == Some(id));
            check_primary("primary_email_address_id", email.map(EmailAddress::is_verified))
        }
        _ => None,
    };
    let phone = match &update.primary_phone_number_id {
        Patch::Set(id) => {
            let phone = user.phone_numbers.iter().find(|phone| phone.id.as_ref() == Some(id));
            check_primary("primary_phone_number_id", phone.map(PhoneNumber::is_verified))
        }
        _ => None,
    };
    let wallet = match &update.primary_web3_wallet_id {
        Patch::Set(id) => {
            let wallet = user.web3_wallets.iter().find(|wallet| wallet.id.as_ref() == Some(id));
            check_primary("primary_web3_wallet_id", wallet.map(Web3Wallet::is_verified))
        }
        _ => None,
    };
    email.into_iter().chain(phone).chain(wallet).collect()
}

/// `verified` is `None` if the user has no such identifier.
fn check_primary(param_name: &'static str, verified: Option<bool>) -> Option<ErrorDetail> {
    match verified {
        None => Some(param(codes::FORM_RESOURCE_NOT_FOUND, param_name, "does not belong to the user")),
        Some(false) => Some(param(codes::FORM_VERIFICATION_NEEDED, param_name, "is not verified")),
        Some(true) => None,
    }
}

fn apply(record: &mut Record, update: &UserUpdate, now: Timestamp) {
    let user = &mut record.user;
    let update = update.clone();
    update.external_id.apply_to(&mut user.external_id);
    update.first_name.apply_to(&mut user.first_name);
    update.last_name.apply_to(&mut user.last_name);
    update.locale.apply_to(&mut user.locale);
    update.username.apply_to(&mut user.username);
    // An empty username removes the username.
    user.username.take_if(|username| username.is_empty());
    update.primary_email_address_id.apply_to(&mut user.primary_email_address_id);
    update.primary_phone_number_id.apply_to(&mut user.primary_phone_number_id);
    update.primary_web3_wallet_id.apply_to(&mut user.primary_web3_wallet_id);
    update.legal_accepted_at.apply_to(&mut user.legal_accepted_at);
    match update.profile_image_id {
        Patch::Keep => {}
        Patch::Clear => profile::clear_image(user),
        Patch::Set(image) => profile::set_image(user, &image),
    }
    match update.create_organizations_limit {
        Patch::Keep => {}
        Patch::Clear => user.create_organizations_limit = None,
        Patch::Set(limit) => user.create_organizations_limit = Some(limit.into()),
    }
    apply_flag(&mut user.delete_self_enabled, &update.delete_self_enabled, true);
    apply_flag(&mut user.create_organization_enabled, &update.create_organization_enabled, true);
    apply_flag(&mut user.bypass_client_trust, &update.bypass_client_trust, false);
    if let Patch::Set(at) = update.created_at {
        user.created_at = Some(at);
    }
    clock::cut(&mut user.legal_accepted_at);
    clock::cut(&mut user.created_at);
    let factors_change = !update.totp_secret.is_keep() || update.backup_codes.is_some();
    if !update.totp_secret.is_keep() {
        update.totp_secret.apply_to(&mut record.totp_secret);
        record.user.totp_enabled = record.totp_secret.is_some();
    }
    if let Some(codes) = update.backup_codes {
        record.user.backup_code_enabled = !codes.is_empty();
        record.backup_codes = codes;
    }
    // Called once, so that replacing one factor by another does not disable and re-enable two-factor authentication.
    // Skipped for other updates, because the secrets of a loaded user are unknown.
    if factors_change {
        credentials::refresh_second_factors(record, now);
    }
}

/// Applies a patch to a flag. Clearing resets the flag to the default of a new user.
fn apply_flag(field: &mut bool, patch: &Patch<bool>, default: bool) {
    match patch {
        Patch::Keep => {}
        Patch::Clear => *field = default,
        Patch::Set(value) => *field = *value,
    }
}
