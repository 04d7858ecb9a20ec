//! Implements [`Fixture`] for store-backed directories.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::check::Outcome;
use super::fixture::{Fixture, Resource};
use crate::model::UserId;
use crate::store::UserStore;
use crate::store_directory::StoreUserDirectory;

#[async_trait]
impl<S: UserStore + ?Sized> Fixture for StoreUserDirectory<S> {
    async fn seed(&self, user_id: &UserId, resource: Resource) -> Outcome {
        match resource {
            Resource::Passkey(passkey) => drop(self.add_passkey(user_id, passkey).await?),
            Resource::ExternalAccount(account) => drop(self.add_external_account(user_id, *account).await?),
            Resource::OAuthAccessToken(token) => self.add_oauth_access_token(user_id, token).await?,
            Resource::OrganizationMembership(membership) => {
                drop(self.add_organization_membership(user_id, *membership).await?);
            }
            Resource::OrganizationInvitation(invitation) => {
                drop(self.add_organization_invitation(user_id, *invitation).await?);
            }
            Resource::TrustedDevice(device) => drop(self.add_trusted_device(user_id, device).await?),
            Resource::Subscription(subscription) => self.set_billing_subscription(user_id, *subscription).await?,
            Resource::SignIn(at) => self.record_sign_in(user_id, at).await?,
            Resource::SecondFactor(phone_number_id) => {
                self.reserve_for_second_factor(user_id, &phone_number_id).await?;
            }
            Resource::ManagedByScim(true) => self.set_managed_by_scim(user_id, "scim_1").await?,
            Resource::ManagedByScim(false) => self.clear_managed_by_scim(user_id).await?,
        }
        Ok(())
    }

    async fn advance_clock(&self, by: Duration) -> Outcome {
        StoreUserDirectory::advance_clock(self, by);
        Ok(())
    }

    async fn now(&self) -> Outcome<Timestamp> {
        Ok(StoreUserDirectory::now(self))
    }
}
