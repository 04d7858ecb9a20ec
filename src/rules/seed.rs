//! Changes for seeding that no operation can make.

use jiff::Timestamp;

use super::password_hash::looks_like_digest;
use super::rejection::param_detail;
use super::second_factors::{check_backup_codes, refresh_second_factors};
use super::{Context, IdGenerator, free_id, passwords, rejection, totp};
use crate::account::{Account, timestamps};
use crate::error::{Error, ErrorDetail, ErrorKind, Result, codes};
use crate::model::billing::Subscription;
use crate::model::{
    BackupCode, ExternalAccount, NewPassword, OrganizationInvitation, OrganizationMembership, Passkey, PasskeyId,
    PasswordDigest, PhoneNumberId, TotpSecret, TrustedDevice, User, Verification, Web3WalletId,
};

pub(crate) fn add_passkey(account: &mut Account, mut passkey: Passkey, context: Context<'_>) -> Result<PasskeyId> {
    let passkeys = &mut account.user.passkeys;
    let is_taken = |id: &PasskeyId| passkeys.iter().any(|passkey| passkey.id.as_ref() == Some(id));
    let id = match passkey.id.take() {
        Some(id) if is_taken(&id) => return Err(already_exists("id")),
        Some(id) => {
            context.ids.observe(id.as_str());
            id
        }
        None => free_id(context.ids, "idn", passkeys.len(), is_taken)?,
    };
    passkey.id = Some(id.clone());
    passkeys.push(passkey);
    timestamps::truncate(&mut account.user);
    account.user.updated_at = Some(context.now);
    Ok(id)
}

pub(crate) fn add_external_account(
    account: &mut Account,
    external: ExternalAccount,
    context: Context<'_>,
) -> Result<()> {
    check_id(&account.user.external_accounts, |other| other.id == external.id)?;
    account.user.external_accounts.push(external);
    timestamps::truncate(&mut account.user);
    account.user.updated_at = Some(context.now);
    Ok(())
}

pub(crate) fn add_organization_membership(account: &mut Account, mut membership: OrganizationMembership) -> Result<()> {
    let memberships = account.resources.as_ref().map_or(&[][..], |all| &all.memberships);
    check_id(memberships, |other| other.id == membership.id)?;
    let organization = &membership.organization.id;
    if memberships.iter().any(|other| other.organization.id == *organization) {
        let long_message = format!("The user already is a member of the organization {organization}.");
        let detail = exists("organization").with_long_message(long_message);
        return Err(Error::rejected(ErrorKind::Conflict, [detail]));
    }
    timestamps::truncate_membership(&mut membership);
    account.resources_mut().memberships.push(membership);
    Ok(())
}

pub(crate) fn add_organization_invitation(account: &mut Account, mut invitation: OrganizationInvitation) -> Result<()> {
    let invitations = account.resources.as_ref().map_or(&[][..], |all| &all.invitations);
    check_id(invitations, |other| other.id == invitation.id)?;
    timestamps::truncate_invitation(&mut invitation);
    account.resources_mut().invitations.push(invitation);
    Ok(())
}

pub(crate) fn add_trusted_device(account: &mut Account, mut device: TrustedDevice) -> Result<()> {
    let devices = account.resources.as_ref().map_or(&[][..], |all| &all.trusted_devices);
    check_id(devices, |other| other.id == device.id)?;
    timestamps::truncate_trusted_device(&mut device);
    account.resources_mut().trusted_devices.push(device);
    Ok(())
}

pub(crate) fn set_billing_subscription(account: &mut Account, mut subscription: Subscription) {
    timestamps::truncate_subscription(&mut subscription);
    account.resources_mut().subscription = Some(subscription);
}

pub(crate) fn set_web3_wallet_verification(
    account: &mut Account,
    id: &Web3WalletId,
    verification: Option<Verification>,
) -> Result<()> {
    let mut wallets = account.user.web3_wallets.iter_mut();
    let wallet = wallets.find(|wallet| wallet.id.as_ref() == Some(id));
    let wallet = wallet.ok_or_else(|| rejection::not_found("web3_wallet", id.as_str()))?;
    wallet.verification = verification;
    timestamps::truncate(&mut account.user);
    Ok(())
}

pub(crate) fn reserve_for_second_factor(account: &mut Account, id: &PhoneNumberId, context: Context<'_>) -> Result<()> {
    let first = !account.user.phone_numbers.iter().any(|phone| phone.reserved_for_second_factor);
    let mut phones = account.user.phone_numbers.iter_mut();
    let phone = phones.find(|phone| phone.id.as_ref() == Some(id));
    let phone = phone.ok_or_else(|| rejection::not_found("phone_number", id.as_str()))?;
    phone.reserved_for_second_factor = true;
    phone.default_second_factor |= first;
    refresh_second_factors(account, context);
    Ok(())
}

pub(crate) fn record_sign_in(account: &mut Account, at: Timestamp) {
    account.user.last_sign_in_at = Some(at);
    account.user.last_active_at = Some(at);
    timestamps::truncate(&mut account.user);
}

/// Replaces the data that a [`User`] contains. Other data is kept, except for secrets that the new user does not have.
pub(crate) fn replace(existing: &mut Account, new: Account) {
    let Account { user, lock, password: _, totp_secret: _, backup_codes: _, resources } = new;
    (existing.user, existing.lock) = (user, lock);
    if !existing.user.password_enabled {
        existing.password = None;
    }
    if !existing.user.totp_enabled {
        existing.totp_secret = None;
    }
    if !existing.user.backup_code_enabled {
        existing.backup_codes.clear();
    }
    if let Some(resources) = resources {
        existing.resources_mut().memberships = resources.memberships;
    }
}

/// Checks the secrets of a loaded user. The password policy does not apply.
pub(crate) fn check_secrets(
    password: Option<&NewPassword>,
    totp_secret: Option<&TotpSecret>,
    backup_codes: &[BackupCode],
    context: Context<'_>,
) -> Result<(), ErrorDetail> {
    if let Some(error) = passwords::check_password(password, &[], true, context).into_iter().next() {
        return Err(error);
    }
    if let Some(NewPassword::Plain(plain)) = password
        && looks_like_digest(plain.expose_secret())
    {
        let long = "password is a digest. A digest belongs in password_digest, next to its password_hasher.";
        return Err(param_detail(codes::FORM_PARAM_FORMAT_INVALID, "password", "is invalid", long));
    }
    check_backup_codes(backup_codes)?;
    // The message of the catalog does not contain the name of the field.
    let named = |detail: ErrorDetail| match detail.code() {
        codes::INVALID_TOTP_SECRET => detail.with_long_message("totp_secret must be base32"),
        _ => detail,
    };
    totp_secret.map_or(Ok(()), totp::check_secret).map_err(named)
}

/// Adds the secrets of a loaded user, and sets the fields that indicate them, such as `password_enabled`.
pub(crate) fn add_secrets(
    account: &mut Account,
    password: Option<PasswordDigest>,
    totp_secret: Option<TotpSecret>,
    backup_codes: Vec<BackupCode>,
    context: Context<'_>,
) {
    if password.is_some() {
        account.password = password;
        account.user.password_enabled = true;
    }
    if totp_secret.is_some() || !backup_codes.is_empty() {
        account.totp_secret = totp_secret;
        account.backup_codes = backup_codes;
        refresh_second_factors(account, context);
    }
}

/// Passes the ids of a loaded user to the generator.
pub(crate) fn observe_ids(user: &User, ids: &dyn IdGenerator) {
    let observe = |id: &str| ids.observe(id);
    observe(user.id.as_str());
    user.email_addresses.iter().filter_map(|email| email.id.as_ref()).for_each(|id| observe(id.as_str()));
    user.phone_numbers.iter().filter_map(|phone| phone.id.as_ref()).for_each(|id| observe(id.as_str()));
    user.web3_wallets.iter().filter_map(|wallet| wallet.id.as_ref()).for_each(|id| observe(id.as_str()));
    user.passkeys.iter().filter_map(|passkey| passkey.id.as_ref()).for_each(|id| observe(id.as_str()));
    user.external_accounts.iter().for_each(|account| observe(account.id.as_str()));
}

/// Creates a detail for an id or an identifier that already exists.
pub(crate) fn exists(param_name: &'static str) -> ErrorDetail {
    rejection::param(codes::FORM_IDENTIFIER_EXISTS, param_name, "already exists")
}

/// Creates an error for an id or an identifier that already exists.
pub(crate) fn already_exists(param_name: &'static str) -> Error {
    Error::rejected(ErrorKind::Conflict, [exists(param_name)])
}

/// Returns an error if an element already has the id.
fn check_id<T>(list: &[T], has_id: impl Fn(&T) -> bool) -> Result<()> {
    if list.iter().any(has_id) { Err(already_exists("id")) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
