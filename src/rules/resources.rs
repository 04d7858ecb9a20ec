//! OAuth tokens, organization memberships and invitations, and trusted devices.

use super::{Context, rejection};
use crate::account::{Account, Resources};
use crate::error::{Result, codes};
use crate::model::{
    DeviceStatus, InvitationQuery, OAuthAccessToken, OAuthProvider, OrganizationInvitation, OrganizationMembership,
    Page, Paginated, TrustedDevice, TrustedDeviceId,
};

pub(crate) fn oauth_access_tokens(
    account: &Account,
    provider: &OAuthProvider,
    page: &Page,
    context: Context<'_>,
) -> Result<Vec<OAuthAccessToken>> {
    let tokens = resources(account, |all| &all.oauth_tokens);
    let tokens: Vec<_> = tokens.iter().filter(|token| *provider == *token.provider).collect();
    if tokens.iter().any(|token| token.expires_at.is_some_and(|at| at <= context.now)) {
        let message = "the token has expired and cannot be refreshed";
        return Err(rejection::invalid(codes::OAUTH_MISSING_REFRESH_TOKEN, message));
    }
    // Without `limit` and `offset` the service does not paginate.
    if *page == Page::default() {
        return Ok(tokens.into_iter().cloned().collect());
    }
    Ok(paginate(tokens, page).data)
}

pub(crate) fn organization_memberships(account: &Account, page: &Page) -> Paginated<OrganizationMembership> {
    paginate(resources(account, |all| &all.memberships).iter().collect(), page)
}

pub(crate) fn organization_invitations(
    account: &Account,
    query: &InvitationQuery,
) -> Paginated<OrganizationInvitation> {
    let invitations = resources(account, |all| &all.invitations).iter();
    let wanted = |invitation: &&OrganizationInvitation| query.status.is_none() || invitation.status == query.status;
    paginate(invitations.filter(wanted).collect(), &query.page)
}

/// Fails if trusted devices are disabled.
pub(crate) fn check_trusted_devices(context: Context<'_>) -> Result<()> {
    if context.settings.trusted_devices {
        return Ok(());
    }
    Err(rejection::forbidden(codes::FEATURE_NOT_ENABLED, "trusted devices are disabled"))
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
    let mut devices = account.resources_mut().trusted_devices.iter_mut();
    let device = devices.find(|device| device.id == *device_id && device.status == DeviceStatus::Active);
    let device = device.ok_or_else(|| rejection::not_found("trusted device", device_id.as_str()))?;
    device.status = DeviceStatus::Revoked;
    device.revoked_at = Some(context.now);
    device.updated_at = Some(context.now);
    Ok(device.clone())
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
