//! Seeding: changes that no operation can make.

use std::collections::HashSet;

use jiff::Timestamp;

use super::password_hash::looks_like_digest;
use super::rejection::param_detail;
use super::second_factors::{check_backup_codes, refresh_second_factors};
use super::{Context, IdGenerator, billing, contacts, free_id, new_id, passwords, rejection, resources, totp};
use crate::account::{Account, Identifier, IdentifierKind, timestamps};
use crate::error::{Error, ErrorDetail, ErrorKind, Result, codes};
use crate::model::billing::Subscription;
use crate::model::{
    BackupCode, ExternalAccount, InvitationStatus, NewPassword, OAuthAccessToken, OrganizationId,
    OrganizationInvitation, OrganizationMembership, Passkey, PasskeyId, PasswordDigest, PhoneNumberId,
    ScimProvisioning, TotpSecret, TrustedDevice, User, Verification, Web3WalletId,
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
    if let Some(added) = provider_user(&external)
        && account.user.external_accounts.iter().filter_map(provider_user).any(|existing| existing == added)
    {
        return Err(already_exists("external_account"));
    }
    account.user.external_accounts.push(external);
    timestamps::truncate(&mut account.user);
    account.user.updated_at = Some(context.now);
    Ok(())
}

/// Returns the provider and the user's id at the provider, or `None` if the id is unknown.
fn provider_user(external: &ExternalAccount) -> Option<Identifier<'static>> {
    let ExternalAccount { provider, provider_user_id, .. } = external;
    (!provider_user_id.is_empty()).then(|| Identifier::provider_user(provider, provider_user_id))
}

/// Adds a token. Missing ids are copied from the external account that the token belongs to.
pub(crate) fn add_oauth_access_token(account: &mut Account, mut token: OAuthAccessToken) {
    let accounts = account.user.external_accounts.iter().filter(|external| contacts::has_token(external, &token));
    // An account with the same provider user id takes precedence over an account whose id is unknown.
    if let Some(external) = accounts.min_by_key(|external| external.provider_user_id != token.provider_user_id) {
        token.external_account_id.get_or_insert_with(|| external.id_to_delete().clone());
        if token.provider_user_id.is_empty() {
            token.provider_user_id.clone_from(&external.provider_user_id);
        }
    }
    account.resources_mut().oauth_tokens.push(token);
}

pub(crate) fn add_organization_membership(account: &mut Account, mut membership: OrganizationMembership) -> Result<()> {
    let memberships = account.resources.as_ref().map_or(&[][..], |all| &all.memberships);
    check_id(memberships, |other| other.id == membership.id)?;
    check_not_a_member(account, &membership.organization.id)?;
    timestamps::truncate_membership(&mut membership);
    account.resources_mut().memberships.push(membership);
    Ok(())
}

/// Returns an error if the user is a member of the organization.
fn check_not_a_member(account: &Account, organization: &OrganizationId) -> Result<()> {
    if account.organization_ids().any(|id| id == organization) {
        return Err(rejection::already_a_member(&account.user.id, organization));
    }
    Ok(())
}

pub(crate) fn add_organization_invitation(
    account: &mut Account,
    mut invitation: OrganizationInvitation,
    context: Context<'_>,
) -> Result<()> {
    let invitations = account.resources.as_ref().map_or(&[][..], |all| &all.invitations);
    check_id(invitations, |other| other.id == invitation.id)?;
    if let Some(organization) = pending_organization(&invitation, context) {
        check_not_a_member(account, organization)?;
        let email = Identifier::new(IdentifierKind::EmailAddress, &invitation.email_address);
        let is_same = |other: &OrganizationInvitation| {
            pending_organization(other, context) == Some(organization)
                && Identifier::new(IdentifierKind::EmailAddress, &other.email_address) == email
        };
        if invitations.iter().any(is_same) {
            return Err(rejection::invitation_not_unique());
        }
    }
    timestamps::truncate_invitation(&mut invitation);
    account.resources_mut().invitations.push(invitation);
    Ok(())
}

/// Returns the organization of a pending invitation, or `None` if it is unknown or the invitation is not pending.
fn pending_organization<'i>(
    invitation: &'i OrganizationInvitation,
    context: Context<'_>,
) -> Option<&'i OrganizationId> {
    let is_pending = resources::invitation_status(invitation, context.now) == Some(InvitationStatus::Pending);
    let public_data = || invitation.public_organization_data.as_ref().map(|data| &data.id);
    invitation.organization_id.as_ref().or_else(public_data).filter(|_| is_pending)
}

pub(crate) fn add_trusted_device(account: &mut Account, mut device: TrustedDevice) -> Result<()> {
    let devices = account.resources.as_ref().map_or(&[][..], |all| &all.trusted_devices);
    check_id(devices, |other| other.id == device.id)?;
    timestamps::truncate_trusted_device(&mut device);
    account.resources_mut().trusted_devices.push(device);
    Ok(())
}

pub(crate) fn set_billing_subscription(
    account: &mut Account,
    mut subscription: Subscription,
    context: Context<'_>,
) -> Result<()> {
    if subscription.payer_id.is_none() {
        subscription.payer_id = Some(billing::payer_id(account, context)?);
    }
    subscription.instance_id.get_or_insert_with(|| context.settings.id());
    timestamps::truncate_subscription(&mut subscription);
    account.resources_mut().subscription = Some(subscription);
    Ok(())
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
    let identifications = contacts::identifications(&account.user);
    let reserved = account.user.phone_numbers.iter().filter(|phone| phone.reserved_for_second_factor).count();
    let mut phones = account.user.phone_numbers.iter_mut();
    let phone = phones.find(|phone| phone.id.as_ref() == Some(id));
    let phone = phone.ok_or_else(|| rejection::not_found("phone_number", id.as_str()))?;
    if !phone.reserved_for_second_factor && identifications == 1 {
        return Err(rejection::last_identification_as_second_factor());
    }
    phone.reserved_for_second_factor = true;
    phone.default_second_factor |= reserved == 0;
    refresh_second_factors(account, context);
    Ok(())
}

pub(crate) fn record_sign_in(account: &mut Account, at: Timestamp) {
    account.user.last_sign_in_at = Some(at);
    account.user.last_active_at = Some(at);
    timestamps::truncate(&mut account.user);
}

pub(crate) fn set_managed_by_scim(account: &mut Account, directory_id: &str) -> Result<()> {
    if directory_id.is_empty() {
        return Err(rejection::invalid_param(codes::FORM_PARAM_MISSING, "directory_id", "is missing"));
    }
    let mut scim = ScimProvisioning::new(directory_id);
    scim.directory_enabled = true;
    account.user.scim = Some(scim);
    Ok(())
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

/// Checks that the organization memberships and the external accounts of a loaded user are unique.
///
/// Returns an error if multiple memberships have the same organization, or if multiple external accounts have the same
/// provider and provider user id.
pub(crate) fn check_unique(account: &Account) -> Result<(), ErrorDetail> {
    let mut organizations = HashSet::new();
    if let Some(id) = account.organization_ids().find(|id| !organizations.insert(*id)) {
        let long = format!("organization_memberships contains several memberships in the organization {id}");
        return Err(exists("organization_memberships").with_long_message(long));
    }
    let mut provider_users = HashSet::new();
    if account.user.external_accounts.iter().filter_map(provider_user).any(|user| !provider_users.insert(user)) {
        let long = "external_accounts contains several accounts with the same provider and provider_user_id";
        return Err(exists("external_accounts").with_long_message(long));
    }
    Ok(())
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

/// Adds missing ids to the identifiers and passkeys of a loaded user.
///
/// The generator must have [observed](observe_ids) the ids of all users.
pub(crate) fn add_missing_ids(user: &mut User, ids: &dyn IdGenerator) -> Result<()> {
    for email in user.email_addresses.iter_mut().filter(|email| email.id.is_none()) {
        email.id = Some(new_id(ids, "idn")?);
    }
    for phone in user.phone_numbers.iter_mut().filter(|phone| phone.id.is_none()) {
        phone.id = Some(new_id(ids, "idn")?);
    }
    for wallet in user.web3_wallets.iter_mut().filter(|wallet| wallet.id.is_none()) {
        wallet.id = Some(new_id(ids, "idn")?);
    }
    for passkey in user.passkeys.iter_mut().filter(|passkey| passkey.id.is_none()) {
        passkey.id = Some(new_id(ids, "idn")?);
    }
    Ok(())
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

/// Creates an error detail for an id or an identifier that already exists.
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
