//! Replaces and deletes identifiers, and deletes passkeys and external accounts.

use super::rejection::{self, attribute_off, invalid_params};
use super::settings::{Attribute, Requirement};
use super::update::check_directory;
use super::{Context, TakenIdentifiers, new_id, second_factors, validation};
use crate::account::{Account, Identifier, IdentifierKind, provider_name};
use crate::error::{ErrorDetail, Result, codes};
use crate::model::{
    DeletedObject, EmailAddress, EmailAddressReplacement, ExternalAccount, ExternalAccountId, IdentifierStatus,
    OAuthAccessToken, PasskeyId, PhoneNumber, PhoneNumberReplacement, User, Verification, Web3WalletId,
};

/// Returns the identifier that the user owns exclusively after the replacement, if any.
pub(crate) fn email_address_claim(replacement: &EmailAddressReplacement) -> Option<Identifier<'_>> {
    let status = replacement.identification_status.unwrap_or_default();
    claim(IdentifierKind::EmailAddress, &replacement.email_address, status)
}

/// Returns the identifier that the user owns exclusively after the replacement, if any.
pub(crate) fn phone_number_claim(replacement: &PhoneNumberReplacement) -> Option<Identifier<'_>> {
    let status = replacement.identification_status.unwrap_or_default();
    claim(IdentifierKind::PhoneNumber, &replacement.phone_number, status)
}

fn claim(kind: IdentifierKind, value: &str, status: IdentifierStatus) -> Option<Identifier<'_>> {
    (status != IdentifierStatus::Unverified).then(|| Identifier::new(kind, value))
}

pub(crate) fn replace_email_address(
    account: &mut Account,
    replacement: &EmailAddressReplacement,
    taken: &TakenIdentifiers,
    context: Context<'_>,
) -> Result<EmailAddress> {
    check_directory(account, &[("email_address", Attribute::EmailAddress)], context)?;
    let well_formed = validation::email_address(&replacement.email_address);
    let valid = check_enabled(Attribute::EmailAddress, context).and(well_formed);
    check_replacement(email_address_claim(replacement), taken, valid)?;
    if account.user.email_addresses.iter().any(|email| !email.linked_to.is_empty()) {
        let long = "This email address is linked to one or more Connected Accounts. Remove the Connected Account \
                    before deleting this email address.";
        let message = "Deleting a linked email address is not allowed";
        return Err(rejection::invalid(codes::DELETE_LINKED_IDENTIFICATION_DISALLOWED, message, long));
    }
    let status = replacement.identification_status.unwrap_or_default();
    let email = new_email_address(&replacement.email_address, status, context)?;
    account.user.primary_email_address_id.clone_from(&email.id);
    account.user.email_addresses = vec![email.clone()].into();
    account.user.updated_at = Some(context.now);
    Ok(email)
}

pub(crate) fn replace_phone_number(
    account: &mut Account,
    replacement: &PhoneNumberReplacement,
    taken: &TakenIdentifiers,
    context: Context<'_>,
) -> Result<PhoneNumber> {
    check_directory(account, &[("phone_number", Attribute::PhoneNumber)], context)?;
    let well_formed = validation::phone_number(&replacement.phone_number);
    let valid = check_enabled(Attribute::PhoneNumber, context).and(well_formed);
    check_replacement(phone_number_claim(replacement), taken, valid)?;
    let status = replacement.identification_status.unwrap_or_default();
    let phone = new_phone_number(&replacement.phone_number, status, context)?;
    if account.user.phone_numbers.iter().any(|phone| phone.reserved_for_second_factor) {
        second_factors::disable_second_factors(account, context);
    }
    account.user.primary_phone_number_id.clone_from(&phone.id);
    account.user.phone_numbers = vec![phone.clone()].into();
    account.user.updated_at = Some(context.now);
    Ok(phone)
}

pub(crate) fn delete_passkey(account: &mut Account, id: &PasskeyId, context: Context<'_>) -> Result<DeletedObject> {
    if !remove_first(&mut account.user.passkeys, |passkey| passkey.id.as_ref() == Some(id)) {
        return Err(rejection::not_found("passkey", id.as_str()));
    }
    account.user.updated_at = Some(context.now);
    Ok(DeletedObject::new("passkey", id.as_str()))
}

pub(crate) fn delete_web3_wallet(
    account: &mut Account,
    id: &Web3WalletId,
    context: Context<'_>,
) -> Result<DeletedObject> {
    if !account.user.web3_wallets.iter().any(|wallet| wallet.id.as_ref() == Some(id)) {
        return Err(rejection::not_found("web3_wallet", id.as_str()));
    }
    check_directory(account, &[("web3_wallet", Attribute::Web3Wallet)], context)?;
    check_remaining(account, 1)?;
    if account.user.web3_wallets.len() == 1
        && context.settings.requirement(Attribute::Web3Wallet) == Requirement::Required
    {
        return Err(rejection::last_required_identification(Attribute::Web3Wallet));
    }
    let user = &mut account.user;
    user.web3_wallets.retain(|wallet| wallet.id.as_ref() != Some(id));
    if user.primary_web3_wallet_id.as_ref() == Some(id) {
        let next = user.web3_wallets.iter().find(|wallet| wallet.is_verified());
        user.primary_web3_wallet_id = next.and_then(|wallet| wallet.id.clone());
    }
    user.updated_at = Some(context.now);
    Ok(DeletedObject::new("web3_wallet", id.as_str()))
}

pub(crate) fn delete_external_account(
    account: &mut Account,
    id: &ExternalAccountId,
    context: Context<'_>,
) -> Result<DeletedObject> {
    let index = account.user.external_accounts.iter().position(|external| external.id_to_delete() == id);
    let Some(index) = index else {
        let long = "The External Account was not found.";
        return Err(rejection::missing(codes::EXTERNAL_ACCOUNT_NOT_FOUND, "Invalid external account", long));
    };
    check_remaining(account, 1)?;
    let user = &mut account.user;
    let external = user.external_accounts.remove(index);
    // The identifiers from the external account are kept, but are no longer linked to it.
    let is_link = |link: &str| {
        link == external.id.as_str()
            || external.identification_id.as_ref().is_some_and(|id| *id == link)
            || external.external_account_id.as_ref().is_some_and(|id| *id == link)
    };
    let emails = user.email_addresses.iter_mut().map(|email| &mut email.linked_to);
    let phones = user.phone_numbers.iter_mut().map(|phone| &mut phone.linked_to);
    emails.chain(phones).for_each(|links| links.retain(|link| !is_link(link.id.as_str())));
    user.updated_at = Some(context.now);
    if let Some(resources) = &mut account.resources {
        let others = &account.user.external_accounts;
        // A token without an id can belong to multiple accounts.
        let is_kept = |token: &OAuthAccessToken| {
            !has_token(&external, token) || others.iter().any(|other| has_token(other, token))
        };
        resources.oauth_tokens.retain(is_kept);
    }
    Ok(DeletedObject::new("external_account", id.as_str()))
}

/// Returns an error unless the user has more than `removed` identifications.
pub(super) fn check_remaining(account: &Account, removed: usize) -> Result<()> {
    if identifications(&account.user) > removed { Ok(()) } else { Err(rejection::last_identification()) }
}

/// Returns the number of the user's identifications. Phone numbers that are second factors do not count.
pub(super) fn identifications(user: &User) -> usize {
    user.email_addresses.len()
        + user.phone_numbers.iter().filter(|phone| !phone.reserved_for_second_factor).count()
        + user.web3_wallets.len()
        + usize::from(user.username.is_some())
        + user.external_accounts.len()
        + user.saml_accounts.len()
        + user.enterprise_accounts.len()
}

/// Returns `true` if a token can belong to an external account.
///
/// A token with an id must have one of the account's ids. A token without an id must have the account's provider, and
/// the same provider user id unless one of the two is unknown.
pub(super) fn has_token(external: &ExternalAccount, token: &OAuthAccessToken) -> bool {
    match &token.external_account_id {
        Some(id) => *id == external.id || external.external_account_id.as_ref() == Some(id),
        None => {
            provider_name(&external.provider) == provider_name(&token.provider)
                && (token.provider_user_id.is_empty()
                    || external.provider_user_id.is_empty()
                    || token.provider_user_id == external.provider_user_id)
        }
    }
}

/// Returns an error if the attribute is disabled.
fn check_enabled(attribute: Attribute, context: Context<'_>) -> Result<(), ErrorDetail> {
    match context.settings.requirement(attribute) {
        Requirement::Off => Err(attribute_off(attribute.as_str(), attribute)),
        Requirement::Optional | Requirement::Required => Ok(()),
    }
}

/// Removes the first element that satisfies `is`. Returns `true` if an element was removed.
fn remove_first<T>(list: &mut Vec<T>, is: impl Fn(&T) -> bool) -> bool {
    let index = list.iter().position(is);
    index.map(|index| list.remove(index)).is_some()
}

pub(super) fn new_email_address(value: &str, status: IdentifierStatus, context: Context<'_>) -> Result<EmailAddress> {
    let mut email = EmailAddress::new(value);
    email.id = Some(new_id(context.ids, "idn")?);
    (email.reserved, email.verification) = status_of(status);
    (email.created_at, email.updated_at) = (Some(context.now), Some(context.now));
    Ok(email)
}

pub(super) fn new_phone_number(value: &str, status: IdentifierStatus, context: Context<'_>) -> Result<PhoneNumber> {
    let mut phone = PhoneNumber::new(value);
    phone.id = Some(new_id(context.ids, "idn")?);
    (phone.reserved, phone.verification) = status_of(status);
    (phone.created_at, phone.updated_at) = (Some(context.now), Some(context.now));
    Ok(phone)
}

fn status_of(status: IdentifierStatus) -> (bool, Option<Verification>) {
    match status {
        IdentifierStatus::Verified => (false, Some(Verification::by_admin())),
        IdentifierStatus::Reserved => (true, None),
        IdentifierStatus::Unverified => (false, None),
    }
}

/// Checks the format and the uniqueness of a new identifier.
///
/// `claim` is `None` if the identifier need not be unique.
fn check_replacement(
    claim: Option<Identifier<'_>>,
    taken: &TakenIdentifiers,
    well_formed: Result<(), ErrorDetail>,
) -> Result<()> {
    let exists = claim.filter(|claim| taken.contains(claim)).map(|claim| rejection::taken(&claim));
    invalid_params(well_formed.err().into_iter().chain(exists).collect())
}

#[cfg(test)]
mod tests;
