//! OAuth tokens, organization memberships and invitations, and trusted devices.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::{Context, rejection};
use crate::account::{Account, Resources};
use crate::error::{Result, codes};
use crate::model::{
    DeviceStatus, InvitationQuery, InvitationStatus, OAuthAccessToken, OAuthProvider, OrganizationInvitation,
    OrganizationMembership, Page, Paginated, TrustedDevice, TrustedDeviceId, UserFilter,
};

pub(crate) fn oauth_access_tokens(
    account: &Account,
    provider: &OAuthProvider,
    page: &Page,
    context: Context<'_>,
) -> Result<Vec<OAuthAccessToken>> {
    check_provider(provider, context)?;
    let tokens = resources(account, |all| &all.oauth_tokens);
    let tokens: Vec<_> = tokens.iter().filter(|token| *provider == *token.provider).collect();
    if tokens.iter().any(|token| token.expires_at.is_some_and(|at| at <= context.now)) {
        let long = "The current access token has expired and we cannot refresh it, because the authorization server \
                    hasn't provided us with a refresh token";
        let message = "Cannot refresh OAuth access token";
        return Err(rejection::invalid(codes::OAUTH_MISSING_REFRESH_TOKEN, message, long));
    }
    // Clerk paginates only on request.
    if *page == Page::default() {
        return Ok(tokens.into_iter().cloned().collect());
    }
    Ok(paginate(tokens, page).data)
}

/// Returns an error if the OAuth provider of a filter is unknown.
///
/// A disabled provider is accepted, because users keep their external accounts when a provider is disabled.
pub(crate) fn check_filter(filter: &UserFilter) -> Result<()> {
    filter.provider_users.as_ref().map_or(Ok(()), |users| check_known(&users.provider))
}

fn check_known(provider: &OAuthProvider) -> Result<()> {
    if provider.is_known() { Ok(()) } else { Err(rejection::unsupported_provider(provider)) }
}

/// Returns an error if the OAuth provider is unknown or not enabled.
fn check_provider(provider: &OAuthProvider, context: Context<'_>) -> Result<()> {
    check_known(provider)?;
    match &context.settings.oauth_providers {
        Some(enabled) if !enabled.contains(provider) => Err(rejection::provider_disabled()),
        _ => Ok(()),
    }
}

/// Returns an error if organizations are disabled.
pub(crate) fn check_organizations(context: Context<'_>) -> Result<()> {
    if context.settings.organizations { Ok(()) } else { Err(rejection::organizations_disabled()) }
}

pub(crate) fn organization_memberships(account: &Account, page: &Page) -> Paginated<OrganizationMembership> {
    let memberships = resources(account, |all| &all.memberships).iter();
    paginate(newest_first(memberships, |membership| membership.created_at), page)
}

pub(crate) fn organization_invitations(
    account: &Account,
    query: &InvitationQuery,
    context: Context<'_>,
) -> Paginated<OrganizationInvitation> {
    let invitations = resources(account, |all| &all.invitations).iter();
    let wanted = |invitation: &&OrganizationInvitation| {
        query.status.is_none() || invitation_status(invitation, context.now) == query.status
    };
    let mut page = paginate(newest_first(invitations.filter(wanted), |invitation| invitation.created_at), &query.page);
    for invitation in &mut page.data {
        invitation.status = invitation_status(invitation, context.now);
    }
    page
}

/// Returns the status of an invitation at the given time. A pending invitation expires at `expires_at`.
pub(super) fn invitation_status(invitation: &OrganizationInvitation, now: Timestamp) -> Option<InvitationStatus> {
    match &invitation.status {
        Some(InvitationStatus::Pending) if invitation.expires_at.is_some_and(|at| at <= now) => {
            Some(InvitationStatus::Expired)
        }
        status => status.clone(),
    }
}

/// Returns an error if trusted devices are disabled.
pub(crate) fn check_trusted_devices(context: Context<'_>) -> Result<()> {
    if context.settings.trusted_devices { Ok(()) } else { Err(rejection::feature_disabled("trusted_devices")) }
}

pub(crate) fn trusted_devices(account: &Account) -> Paginated<TrustedDevice> {
    let devices = resources(account, |all| &all.trusted_devices).iter();
    let active: Vec<_> = devices.filter(|device| device.status == DeviceStatus::Active).cloned().collect();
    let total_count = active.len() as u64;
    Paginated::new(active, total_count)
}

pub(crate) fn revoke_trusted_device(
    account: &mut Account,
    device_id: &TrustedDeviceId,
    context: Context<'_>,
) -> Result<TrustedDevice> {
    let devices = account.resources.as_mut().map_or(&mut [][..], |all| &mut all.trusted_devices);
    let device = devices.iter_mut().find(|device| device.id == *device_id && device.status == DeviceStatus::Active);
    let device = device.ok_or_else(|| rejection::not_found("trusted device", device_id.as_str()))?;
    device.status = DeviceStatus::Revoked;
    device.revoked_at = Some(context.now);
    device.updated_at = Some(context.now);
    Ok(device.clone())
}

/// Sorts resources by creation time, newest first. Of resources with the same time, the last one added comes first.
fn newest_first<'a, T>(
    resources: impl DoubleEndedIterator<Item = &'a T>,
    created_at: impl Fn(&T) -> Option<Timestamp>,
) -> Vec<&'a T> {
    let mut sorted: Vec<_> = resources.rev().collect();
    sorted.sort_by_key(|resource| Reverse(created_at(resource)));
    sorted
}

/// Returns one kind of a user's resources.
fn resources<'a, T>(account: &'a Account, kind: impl FnOnce(&'a Resources) -> &'a Vec<T>) -> &'a [T] {
    account.resources.as_deref().map_or(&[], |all| kind(all))
}

fn paginate<T: Clone>(all: Vec<&T>, page: &Page) -> Paginated<T> {
    let total_count = all.len() as u64;
    let (offset, limit) = page.bounds();
    Paginated::new(all.into_iter().skip(offset).take(limit).cloned().collect(), total_count)
}

#[cfg(test)]
mod tests;
