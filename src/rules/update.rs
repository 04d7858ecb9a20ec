//! `update`.

use super::rejection::{self, attribute_off, invalid_params, param_detail};
use super::settings::{Attribute, Requirement};
use super::{Context, TakenIdentifiers, contacts, images, passwords, second_factors, totp, validation};
use crate::account::{Account, Identifier, IdentifierKind, timestamps};
use crate::error::{Error, ErrorDetail, ErrorKind, Result, codes};
use crate::model::{EmailAddress, PasswordDigest, Patch, PhoneNumber, Text, User, UserUpdate, Web3Wallet};

/// Returns the identifiers that the update sets and that must be unique.
pub(crate) fn claims(update: &UserUpdate) -> Vec<Identifier<'_>> {
    let mut claims = Vec::new();
    if let Patch::Set(username) = &update.username
        && !username.is_empty()
    {
        claims.push(Identifier::new(IdentifierKind::Username, username));
    }
    if let Patch::Set(external_id) = &update.external_id {
        claims.push(Identifier::new(IdentifierKind::ExternalId, external_id));
    }
    claims
}

/// Validates an update.
///
/// `taken` contains the [`claims`] that belong to other users.
pub(crate) fn check(
    account: &Account,
    update: &UserUpdate,
    taken: &TakenIdentifiers,
    context: Context<'_>,
) -> Result<()> {
    if let Patch::Set(image) = &update.profile_image_id {
        images::check_image_id(image)?;
    }
    check_directory(account, &changed_attributes(update), context)?;
    check_last_identification(account, update)?;
    let mut errors = check_attributes(update, context);
    if let Patch::Set(name) = &update.first_name {
        errors.extend(validation::name("first_name", name).err());
    }
    if let Patch::Set(name) = &update.last_name {
        errors.extend(validation::name("last_name", name).err());
    }
    if let Patch::Set(locale) = &update.locale {
        errors.extend(validation::locale(locale).err());
    }
    if let Patch::Set(timezone) = &update.timezone {
        errors.extend(validation::timezone(timezone).err());
    }
    if let Patch::Set(username) = &update.username
        && !username.is_empty()
    {
        errors.extend(validation::username(username, context.settings).err());
        errors.extend(check_taken(taken, IdentifierKind::Username, username).err());
    }
    if let Patch::Set(external_id) = &update.external_id {
        errors.extend(validation::external_id(external_id).err());
        errors.extend(check_taken(taken, IdentifierKind::ExternalId, external_id).err());
    }
    if let Patch::Set(secret) = &update.totp_secret {
        errors.extend(totp::check_secret(secret).err());
    }
    errors.extend(update.backup_codes.iter().filter_map(|codes| second_factors::check_backup_codes(codes).err()));
    let skip = update.skip_password_checks == Some(true);
    let identifiers = identifiers_of(&account.user, update);
    errors.extend(passwords::check_password(update.password.as_ref(), &identifiers, skip, context));
    errors.extend(check_primaries(&account.user, update));
    invalid_params(errors)
}

/// Returns the attributes that an update changes, and their parameters.
fn changed_attributes(update: &UserUpdate) -> Vec<(&'static str, Attribute)> {
    let changes = [
        ("primary_email_address_id", Attribute::EmailAddress, !update.primary_email_address_id.is_keep()),
        ("primary_phone_number_id", Attribute::PhoneNumber, !update.primary_phone_number_id.is_keep()),
        ("primary_web3_wallet_id", Attribute::Web3Wallet, !update.primary_web3_wallet_id.is_keep()),
        ("username", Attribute::Username, !update.username.is_keep()),
        ("first_name", Attribute::FirstName, !update.first_name.is_keep()),
        ("last_name", Attribute::LastName, !update.last_name.is_keep()),
        ("password", Attribute::Password, update.password.is_some()),
    ];
    changes.into_iter().filter(|(_, _, changed)| *changed).map(|(name, attribute, _)| (name, attribute)).collect()
}

/// Returns an error if the user's SCIM directory manages an attribute that the update changes.
pub(super) fn check_directory(
    account: &Account,
    changed: &[(&'static str, Attribute)],
    context: Context<'_>,
) -> Result<()> {
    let managed = &context.settings.directory_managed;
    let details: Vec<_> = changed
        .iter()
        .filter(|(_, attribute)| account.user.scim.is_some() && managed.contains(attribute))
        .map(|(param_name, _)| rejection::attribute_managed_by_scim(param_name))
        .collect();
    if details.is_empty() { Ok(()) } else { Err(Error::rejected(ErrorKind::Conflict, details)) }
}

/// Returns an error if the update removes a username that is the user's last identification.
fn check_last_identification(account: &Account, update: &UserUpdate) -> Result<()> {
    if account.user.username.is_none() || !removes(&update.username) {
        return Ok(());
    }
    contacts::check_remaining(account, 1)
}

/// Checks the username and the names against the requirements of the instance.
///
/// Returns an error for each disabled attribute that the update sets, and a single error for all required attributes
/// that it removes.
fn check_attributes(update: &UserUpdate, context: Context<'_>) -> Vec<ErrorDetail> {
    let texts = [
        (Attribute::Username, &update.username),
        (Attribute::FirstName, &update.first_name),
        (Attribute::LastName, &update.last_name),
    ];
    let requirement = |attribute| context.settings.requirement(attribute);
    let off = texts
        .iter()
        .filter(|(attribute, text)| requirement(*attribute) == Requirement::Off && !text.is_keep() && !removes(text));
    let mut errors: Vec<_> = off.map(|(attribute, _)| attribute_off(attribute.as_str(), *attribute)).collect();
    let removed = texts
        .iter()
        .filter(|(attribute, text)| requirement(*attribute) == Requirement::Required && removes(text))
        .map(|(attribute, _)| *attribute);
    let removed: Vec<_> = removed.collect();
    if !removed.is_empty() {
        errors.push(rejection::data_missing(&removed));
    }
    errors
}

/// Returns `true` if the patch removes the text. Empty text counts as removal.
fn removes(patch: &Patch<Text>) -> bool {
    match patch {
        Patch::Keep => false,
        Patch::Clear => true,
        Patch::Set(text) => text.is_empty(),
    }
}

fn check_taken(taken: &TakenIdentifiers, kind: IdentifierKind, value: &str) -> Result<(), ErrorDetail> {
    let identifier = Identifier::new(kind, value);
    if taken.contains(&identifier) { Err(rejection::taken(&identifier)) } else { Ok(()) }
}

/// Returns the user's identifiers after the update. The password must differ from them.
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

/// Checks a new primary identifier. `verified` is `None` if the user has no such identifier.
fn check_primary(param_name: &'static str, verified: Option<bool>) -> Option<ErrorDetail> {
    match verified {
        None => Some(rejection::resource_missing(param_name)),
        Some(false) => {
            let long = "This identification needs to be verified before you can perform this action.";
            Some(param_detail(codes::FORM_VERIFICATION_NEEDED, param_name, "is unverified", long))
        }
        Some(true) => None,
    }
}

/// Applies a valid update.
pub(crate) fn apply(
    account: &mut Account,
    update: &UserUpdate,
    password: Option<PasswordDigest>,
    context: Context<'_>,
) {
    passwords::set_password(account, password, context);
    let user = &mut account.user;
    let update = update.clone();
    update.external_id.apply_to(&mut user.external_id);
    update.first_name.apply_to(&mut user.first_name);
    update.last_name.apply_to(&mut user.last_name);
    update.locale.apply_to(&mut user.locale);
    update.timezone.apply_to(&mut user.timezone);
    update.username.apply_to(&mut user.username);
    // An empty username removes the username.
    user.username.take_if(|username| username.is_empty());
    update.primary_email_address_id.apply_to(&mut user.primary_email_address_id);
    update.primary_phone_number_id.apply_to(&mut user.primary_phone_number_id);
    update.primary_web3_wallet_id.apply_to(&mut user.primary_web3_wallet_id);
    update.legal_accepted_at.apply_to(&mut user.legal_accepted_at);
    match update.profile_image_id {
        Patch::Keep => {}
        Patch::Clear => images::clear_image(user),
        Patch::Set(image) => images::set_image(user, &image),
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
    timestamps::truncate_optional(&mut user.legal_accepted_at);
    timestamps::truncate_optional(&mut user.created_at);
    let factors_change = !update.totp_secret.is_keep() || update.backup_codes.is_some();
    if !update.totp_secret.is_keep() {
        update.totp_secret.apply_to(&mut account.totp_secret);
        account.user.totp_enabled = account.totp_secret.is_some();
    }
    if let Some(codes) = update.backup_codes {
        account.user.backup_code_enabled = !codes.is_empty();
        account.backup_codes = codes;
    }
    // This is called once, so that replacing one factor with another does not disable and reenable two-factor
    // authentication. It is skipped for other updates, because the secrets of a loaded user are unknown.
    if factors_change {
        second_factors::refresh_second_factors(account, context);
    }
    account.user.updated_at = Some(context.now);
}

/// Applies a patch to a flag. `Clear` resets the flag to the default value for new users.
fn apply_flag(field: &mut bool, patch: &Patch<bool>, default: bool) {
    match patch {
        Patch::Keep => {}
        Patch::Clear => *field = default,
        Patch::Set(value) => *field = *value,
    }
}

#[cfg(test)]
mod tests;
