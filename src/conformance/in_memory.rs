//! The in-memory directory as a fixture, of itself or of what is in front of it.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::check::Outcome;
use super::fixture::{Belonging, Fixture};
use crate::in_memory::InMemoryUserDirectory;
use crate::model::UserId;

#[async_trait]
impl Fixture for InMemoryUserDirectory {
    async fn give(&self, user_id: &UserId, belonging: Belonging) -> Outcome {
        match belonging {
            Belonging::Passkey(passkey) => drop(self.add_passkey(user_id, passkey)?),
            Belonging::ExternalAccount(account) => drop(self.add_external_account(user_id, *account)?),
            Belonging::OAuthAccessToken(token) => self.add_oauth_access_token(user_id, token)?,
            Belonging::OrganizationMembership(membership) => {
                drop(self.add_organization_membership(user_id, *membership)?);
            }
            Belonging::OrganizationInvitation(invitation) => {
                drop(self.add_organization_invitation(user_id, *invitation)?);
            }
            Belonging::TrustedDevice(device) => drop(self.add_trusted_device(user_id, device)?),
            Belonging::Subscription(subscription) => self.set_billing_subscription(user_id, *subscription)?,
            Belonging::SignIn(at) => self.record_sign_in(user_id, at)?,
            Belonging::SecondFactor(phone_number_id) => self.reserve_for_second_factor(user_id, &phone_number_id)?,
            Belonging::ManagedByScim(true) => self.set_managed_by_scim(user_id, "scim_1")?,
            Belonging::ManagedByScim(false) => self.clear_managed_by_scim(user_id)?,
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
