//! OAuth tokens, organization memberships and invitations, and trusted devices.

use super::Inner;
use super::record::{Record, Resources};
use super::rejection;
use crate::error::{Result, codes};
use crate::model::{
    DeviceStatus, InvitationQuery, OAuthAccessToken, OAuthProvider, OrganizationInvitation, OrganizationMembership,
    Page, Paginated, TrustedDevice, TrustedDeviceId, UserId,
};

impl Inner {
    pub(super) fn oauth_access_tokens(
        &self,
        id: &UserId,
        provider: &OAuthProvider,
        page: &Page,
    ) -> Result<Vec<OAuthAccessToken>> {
        page.validate()?;
        let record = self.record(id)?;
        let tokens = resources(&record, |all| &all.oauth_tokens);
        let tokens: Vec<_> = tokens.iter().filter(|token| *provider == *token.provider).collect();
        if tokens.iter().any(|token| token.expires_at.is_some_and(|at| at <= self.now())) {
            let message = "the token has expired and cannot be refreshed";
            return Err(rejection::invalid(codes::OAUTH_MISSING_REFRESH_TOKEN, message));
        }
        // Without `limit` and `offset` the service does not paginate.
        if *page == Page::default() {
            return Ok(tokens.into_iter().cloned().collect());
        }
        Ok(paginate(tokens, page).data)
    }

    pub(super) fn organization_memberships(
        &self,
        id: &UserId,
        page: &Page,
    ) -> Result<Paginated<OrganizationMembership>> {
        page.validate()?;
        let record = self.record(id)?;
        Ok(paginate(resources(&record, |all| &all.memberships).iter().collect(), page))
    }

    pub(super) fn organization_invitations(
        &self,
        id: &UserId,
        query: &InvitationQuery,
    ) -> Result<Paginated<OrganizationInvitation>> {
        query.validate()?;
        let record = self.record(id)?;
        let invitations = resources(&record, |all| &all.invitations).iter();
        let wanted = |invitation: &&OrganizationInvitation| query.status.is_none() || invitation.status == query.status;
        Ok(paginate(invitations.filter(wanted).collect(), &query.page))
    }

    pub(super) fn trusted_devices(&self, id: &UserId) -> Result<Paginated<TrustedDevice>> {
        self.check_trusted_devices()?;
        let record = self.record(id)?;
        let devices = resources(&record, |all| &all.trusted_devices).iter();
        let active: Vec<_> = devices.filter(|device| device.status == DeviceStatus::Active).cloned().collect();
        let total_count = active.len() as u64;
        Ok(Paginated::new(active, total_count))
    }

    pub(super) fn revoke_trusted_device(&self, id: &UserId, device_id: &TrustedDeviceId) -> Result<TrustedDevice> {
        self.check_trusted_devices()?;
        self.try_edit(id, |record, now| {
            let mut devices = record.resources_mut().trusted_devices.iter_mut();
            let device = devices.find(|device| device.id == *device_id && device.status == DeviceStatus::Active);
            let device = device.ok_or_else(|| rejection::not_found("trusted device", device_id.as_str()))?;
            device.status = DeviceStatus::Revoked;
            device.revoked_at = Some(now);
            device.updated_at = Some(now);
            Ok(device.clone())
        })
    }

    fn check_trusted_devices(&self) -> Result<()> {
        if self.settings.trusted_devices {
            return Ok(());
        }
        Err(rejection::forbidden(codes::FEATURE_NOT_ENABLED, "trusted devices are disabled"))
    }
}

/// Returns one kind of a user's resources.
fn resources<'a, T>(record: &'a Record, kind: impl FnOnce(&'a Resources) -> &'a Vec<T>) -> &'a [T] {
    record.resources.as_deref().map_or(&[], |all| kind(all))
}

fn paginate<T: Clone>(all: Vec<&T>, page: &Page) -> Paginated<T> {
    let total_count = all.len() as u64;
    let (offset, limit) = page.bounds();
    Paginated::new(all.into_iter().skip(offset).take(limit).cloned().collect(), total_count)
}
