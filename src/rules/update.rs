//! `update`.

use super::rejection::{self, invalid_params, param};
use super::{Context, TakenIdentifiers, images, passwords, second_factors, totp, validation};
use crate::account::{Account, Identifier, IdentifierKind, timestamps};
use crate::error::{ErrorDetail, Result, codes};
use crate::model::{EmailAddress, PasswordDigest, Patch, PhoneNumber, User, UserUpdate, Web3Wallet};

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
/// `taken` contains those of the [`claims`] that belong to other users.
pub(crate) fn check(
    account: &Account,
    update: &UserUpdate,
    taken: &TakenIdentifiers,
    context: Context<'_>,
) -> Result<()> {
    if let Patch::Set(image) = &update.profile_image_id {
        images::check_image_id(image)?;
    }
    let mut errors = Vec::new();
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
        errors.extend(validation::username(username).err());
        errors.extend(check_taken(taken, IdentifierKind::Username, username).err());
    }
    if let Patch::Set(external_id) = &update.external_id {
        errors.extend(validation::external_id(external_id).err());
        errors.extend(check_taken(taken, IdentifierKind::ExternalId, external_id).err());
    }
    if let Patch::Set(secret) = &update.totp_secret {
        errors.extend(totp::check_secret(secret).err());
    }
    let skip = update.skip_password_checks == Some(true);
    let identifiers = identifiers_of(&account.user, update);
    errors.extend(passwords::check_password(update.password.as_ref(), &identifiers, skip, context).err());
    errors.extend(check_primaries(&account.user, update));
    invalid_params(errors)
}

fn check_taken(taken: &TakenIdentifiers, kind: IdentifierKind, value: &str) -> Result<(), ErrorDetail> {
    let identifier = Identifier::new(kind, value);
    if taken.contains(&identifier) { Err(rejection::taken(&identifier)) } else { Ok(()) }
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
    // Called once, so that replacing one factor by another does not disable and re-enable two-factor authentication.
    // Skipped for other updates, because the secrets of a loaded user are unknown.
    if factors_change {
        second_factors::refresh_second_factors(account, context);
    }
    account.user.updated_at = Some(context.now);
}

/// Applies a patch to a flag. Clearing resets the flag to the default of a new user.
fn apply_flag(field: &mut bool, patch: &Patch<bool>, default: bool) {
    match patch {
        Patch::Keep => {}
        Patch::Clear => *field = default,
        Patch::Set(value) => *field = *value,
    }
}

#[cfg(test)]
mod tests;
