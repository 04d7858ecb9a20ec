//! The in-memory directory as a fixture, for itself or for a directory that wraps it.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::check::Outcome;
use super::fixture::{Fixture, Resource};
use crate::in_memory::InMemoryUserDirectory;
use crate::model::UserId;

#[async_trait]
impl Fixture for InMemoryUserDirectory {
    async fn seed(&self, user_id: &UserId, resource: Resource) -> Outcome {
        match resource {
            Resource::Passkey(passkey) => drop(self.add_passkey(user_id, passkey)?),
            Resource::ExternalAccount(account) => drop(self.add_external_account(user_id, *account)?),
            Resource::OAuthAccessToken(token) => self.add_oauth_access_token(user_id, token)?,
            Resource::OrganizationMembership(membership) => {
                drop(self.add_organization_membership(user_id, *membership)?);
            }
            Resource::OrganizationInvitation(invitation) => {
                drop(self.add_organization_invitation(user_id, *invitation)?);
            }
            Resource::TrustedDevice(device) => drop(self.add_trusted_device(user_id, device)?),
            Resource::Subscription(subscription) => self.set_billing_subscription(user_id, *subscription)?,
            Resource::SignIn(at) => self.record_sign_in(user_id, at)?,
            Resource::SecondFactor(phone_number_id) => self.reserve_for_second_factor(user_id, &phone_number_id)?,
            Resource::ManagedByScim(true) => self.set_managed_by_scim(user_id, "scim_1")?,
            Resource::ManagedByScim(false) => self.clear_managed_by_scim(user_id)?,
        }
        Ok(())
    }

    async fn advance_clock(&self, by: Duration) -> Outcome {
        InMemoryUserDirectory::advance_clock(self, by);
        Ok(())
    }

    async fn now(&self) -> Outcome<Timestamp> {
        Ok(InMemoryUserDirectory::now(self))
    }
}
