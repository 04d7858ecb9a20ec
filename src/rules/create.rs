//! `create`.

use std::collections::HashSet;

use super::rejection::{self, attribute_off, invalid_params, param_detail};
use super::settings::{Attribute, InstanceSettings, Requirement};
use super::{Context, TakenIdentifiers, bans_and_locks, contacts, new_id, passwords, second_factors, totp, validation};
use crate::account::{Account, Identifier, IdentifierKind, Lock};
use crate::error::{Error, ErrorDetail, Result, codes};
use crate::model::{NewIdentifier, NewUser, PasswordDigest, Text, User, UserId, Verification, Web3Wallet};

/// Returns the identifiers of a new user that must be unique, in the order of the conflict errors.
pub(crate) fn claims(new: &NewUser) -> impl Iterator<Item = Identifier<'_>> {
    use IdentifierKind as Kind;
    let emails = new.email_addresses.iter().map(|email| Identifier::new(Kind::EmailAddress, email.value()));
    let phones = new.phone_numbers.iter().map(|phone| Identifier::new(Kind::PhoneNumber, phone.value()));
    let wallets = new.web3_wallets.iter().map(|wallet| Identifier::new(Kind::Web3Wallet, wallet));
    let username = username(new).into_iter().map(|username| Identifier::new(Kind::Username, username));
    let external_id = new.external_id.iter().map(|external_id| Identifier::new(Kind::ExternalId, external_id));
    emails.chain(phones).chain(wallets).chain(username).chain(external_id)
}

/// Returns the username, or `None` if it is empty. Updates also treat an empty username as missing.
fn username(new: &NewUser) -> Option<&Text> {
    new.username.as_ref().filter(|username| !username.is_empty())
}

/// Returns an error if a list has too many values. Called first, because the other checks process every value.
pub(crate) fn check_sizes(new: &NewUser) -> Result<()> {
    let lists = [
        ("email_address", new.email_addresses.len()),
        ("phone_number", new.phone_numbers.len()),
        ("web3_wallet", new.web3_wallets.len()),
        ("backup_codes", new.backup_codes.len()),
    ];
    invalid_params(lists.into_iter().filter_map(|(name, length)| validation::list(name, length).err()).collect())
}

/// Validates a new user whose lists have passed [`check_sizes`].
///
/// `taken` contains the [`claims`] that belong to other users.
pub(crate) fn check(new: &NewUser, taken: &TakenIdentifiers, context: Context<'_>) -> Result<()> {
    let mut errors = errors_of(new, context);
    errors.extend(conflicts(new, taken));
    invalid_params(errors)
}

/// Returns an error if the request uses a disabled feature.
pub(crate) fn check_features(new: &NewUser, context: Context<'_>) -> Result<()> {
    if new.banned == Some(true) {
        bans_and_locks::check_bans(context)?;
    }
    if new.locked == Some(true) {
        bans_and_locks::check_lockout(context)?;
    }
    Ok(())
}

/// Creates the error for exceeding the maximum number of users.
pub(crate) fn quota_exceeded(context: Context<'_>) -> Error {
    rejection::quota_exceeded(context.settings.max_users.unwrap_or_default())
}

/// Returns `true` if the request sets the attribute.
fn has(new: &NewUser, attribute: Attribute) -> bool {
    match attribute {
        Attribute::EmailAddress => !new.email_addresses.is_empty(),
        Attribute::PhoneNumber => !new.phone_numbers.is_empty(),
        Attribute::Username => username(new).is_some(),
        Attribute::Web3Wallet => !new.web3_wallets.is_empty(),
        Attribute::Password => new.password.is_some(),
        Attribute::FirstName => new.first_name.as_ref().is_some_and(|name| !name.is_empty()),
        Attribute::LastName => new.last_name.as_ref().is_some_and(|name| !name.is_empty()),
    }
}

/// Returns an error for each invalid field. Does not check the uniqueness of identifiers.
fn errors_of(new: &NewUser, context: Context<'_>) -> Vec<ErrorDetail> {
    // `check_password` returns the error for a disabled password.
    let is_off = |attribute: &Attribute| {
        *attribute != Attribute::Password
            && context.settings.requirement(*attribute) == Requirement::Off
            && has(new, *attribute)
    };
    let off = Attribute::ALL.into_iter().filter(is_off);
    let mut errors: Vec<_> = off.map(|attribute| attribute_off(attribute.as_str(), attribute)).collect();
    let emails = || new.email_addresses.iter().map(NewIdentifier::value);
    let phones = || new.phone_numbers.iter().map(NewIdentifier::value);
    errors.extend(emails().filter_map(|email| validation::email_address(email).err()));
    errors.extend(phones().filter_map(|phone| validation::phone_number(phone).err()));
    errors.extend(new.web3_wallets.iter().filter_map(|wallet| validation::web3_wallet(wallet).err()));
    errors.extend(username(new).and_then(|username| validation::username(username, context.settings).err()));
    errors.extend(new.external_id.iter().filter_map(|external_id| validation::external_id(external_id).err()));
    errors.extend(new.first_name.iter().filter_map(|name| validation::name("first_name", name).err()));
    errors.extend(new.last_name.iter().filter_map(|name| validation::name("last_name", name).err()));
    errors.extend(new.locale.iter().filter_map(|locale| validation::locale(locale).err()));
    errors.extend(new.timezone.iter().filter_map(|timezone| validation::timezone(timezone).err()));
    for (param_name, metadata) in [
        ("public_metadata", &new.metadata.public),
        ("private_metadata", &new.metadata.private),
        ("unsafe_metadata", &new.metadata.r#unsafe),
    ] {
        errors.extend(validation::metadata(param_name, metadata).err());
    }
    let skip = new.skip_password_checks == Some(true);
    errors.extend(passwords::check_password(new.password.as_ref(), &identifiers_of(new), skip, context));
    errors.extend(new.totp_secret.iter().filter_map(|secret| totp::check_secret(secret).err()));
    errors.extend(second_factors::check_backup_codes(&new.backup_codes).err());
    errors.extend(check_requirements(new, context).err());
    errors.extend(check_identification(new, context).err());
    errors
}

/// Returns an error if required attributes are missing.
fn check_requirements(new: &NewUser, context: Context<'_>) -> Result<(), ErrorDetail> {
    let skips_password = new.skip_password_requirement == Some(true);
    let needs_password = is_password_only_way(context.settings);
    let is_skipped = |attribute| match attribute {
        Attribute::Password => skips_password && !needs_password,
        _ => new.skip_user_requirement == Some(true),
    };
    let is_missing = |attribute: &Attribute| {
        context.settings.requirement(*attribute) == Requirement::Required
            && !has(new, *attribute)
            && !is_skipped(*attribute)
    };
    let missing: Vec<_> = Attribute::ALL.into_iter().filter(is_missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let detail = rejection::data_missing(&missing);
    let is_ignored = skips_password && missing.contains(&Attribute::Password);
    Err(if is_ignored { rejection::password_is_only_way(detail) } else { detail })
}

/// Returns `true` if email addresses, phone numbers, wallets and OAuth providers are all disabled.
///
/// A password is then the only way to sign in, and Clerk does not allow skipping the password requirement.
fn is_password_only_way(settings: &InstanceSettings) -> bool {
    const OTHERS: [Attribute; 3] = [Attribute::EmailAddress, Attribute::PhoneNumber, Attribute::Web3Wallet];
    OTHERS.into_iter().all(|attribute| settings.requirement(attribute) == Requirement::Off)
        && settings.oauth_providers.as_ref().is_some_and(Vec::is_empty)
}

/// Returns an error if the requirements are skipped for a user without any identifier, who could not sign in.
fn check_identification(new: &NewUser, context: Context<'_>) -> Result<(), ErrorDetail> {
    const IDENTIFIERS: [Attribute; 4] =
        [Attribute::EmailAddress, Attribute::PhoneNumber, Attribute::Username, Attribute::Web3Wallet];
    if new.skip_user_requirement != Some(true) || IDENTIFIERS.into_iter().any(|attribute| has(new, attribute)) {
        return Ok(());
    }
    let is_enabled = |attribute: &Attribute| context.settings.requirement(*attribute) != Requirement::Off;
    let enabled: Vec<_> = IDENTIFIERS.into_iter().filter(is_enabled).collect();
    Err(rejection::identifier_missing(&IDENTIFIERS, &enabled))
}

/// Creates the account for a valid request.
pub(crate) fn account(
    id: UserId,
    new: &NewUser,
    password: Option<PasswordDigest>,
    context: Context<'_>,
) -> Result<Account> {
    let now = context.now;
    let mut user = User::new(id);
    user.external_id.clone_from(&new.external_id);
    user.first_name.clone_from(&new.first_name);
    user.last_name.clone_from(&new.last_name);
    user.locale.clone_from(&new.locale);
    user.timezone.clone_from(&new.timezone);
    user.username = username(new).cloned();
    user.public_metadata = new.metadata.public.clone();
    user.private_metadata = new.metadata.private.clone();
    user.unsafe_metadata = new.metadata.r#unsafe.clone();
    // Exact capacities save memory, because a growing `Vec` starts with a capacity of four.
    user.email_addresses.reserve_exact(new.email_addresses.len());
    user.phone_numbers.reserve_exact(new.phone_numbers.len());
    user.web3_wallets.reserve_exact(new.web3_wallets.len());
    for email in &new.email_addresses {
        user.email_addresses.push(contacts::new_email_address(email.value(), email.status(), context)?);
    }
    for phone in &new.phone_numbers {
        user.phone_numbers.push(contacts::new_phone_number(phone.value(), phone.status(), context)?);
    }
    for wallet in &new.web3_wallets {
        let mut created = Web3Wallet::new(wallet);
        created.id = Some(new_id(context.ids, "idn")?);
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
    let mut account = Account::new(user, now);
    if new.locked == Some(true) {
        account.lock = Some(Lock::starting(now, context.settings.lockout_duration));
    }
    passwords::set_password(&mut account, password, context);
    account.totp_secret.clone_from(&new.totp_secret);
    account.backup_codes.clone_from(&new.backup_codes);
    second_factors::refresh_second_factors(&mut account, context);
    Ok(account)
}

/// Returns the identifiers that must differ from the password.
fn identifiers_of(new: &NewUser) -> Vec<&str> {
    let emails = new.email_addresses.iter().map(|email| email.value().as_str());
    let phones = new.phone_numbers.iter().map(|phone| phone.value().as_str());
    let wallets = new.web3_wallets.iter().map(|wallet| &**wallet);
    emails.chain(phones).chain(wallets).chain(username(new).map(Text::as_str)).collect()
}

/// Returns an error for each identifier that belongs to another user or occurs more than once.
fn conflicts(new: &NewUser, taken: &TakenIdentifiers) -> Vec<ErrorDetail> {
    let mut seen = HashSet::new();
    let mut errors = Vec::new();
    for identifier in claims(new) {
        if seen.contains(&identifier) {
            let name = identifier.kind().as_str();
            let long = format!("{name} contains duplicate values");
            errors.push(param_detail(codes::FORM_PARAM_DUPLICATE, name, "duplicate values", long));
        } else if taken.contains(&identifier) {
            errors.push(rejection::taken(&identifier));
        }
        seen.insert(identifier);
    }
    errors
}

#[cfg(test)]
mod tests;
