//! [`Fixture`]: creates the users of the suite, and seeds state that no operation of the port creates.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::check::{Failure, Outcome};
use super::context::Context;
use crate::directory::UserDirectory;
use crate::model::billing::Subscription;
use crate::model::{
    ExternalAccount, NewUser, OAuthAccessToken, OrganizationInvitation, OrganizationMembership, Passkey, PhoneNumberId,
    TrustedDevice, User, UserId,
};

/// A resource or a state of a user that no operation of the port creates.
///
/// Its ids are unique.
///
/// ```
/// use user_directory::conformance::Resource;
/// use user_directory::jiff::Timestamp;
///
/// assert_eq!(Resource::SignIn(Timestamp::UNIX_EPOCH).name(), "a recorded sign-in");
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Resource {
    /// A passkey.
    Passkey(Passkey),
    /// An account at an OAuth provider.
    ExternalAccount(Box<ExternalAccount>),
    /// A token of an OAuth provider that does not expire.
    OAuthAccessToken(OAuthAccessToken),
    /// A membership of an organization that has no other members.
    OrganizationMembership(Box<OrganizationMembership>),
    /// An invitation to an organization.
    OrganizationInvitation(Box<OrganizationInvitation>),
    /// An active device.
    TrustedDevice(TrustedDevice),
    /// A subscription, which replaces the previous one.
    Subscription(Box<Subscription>),
    /// A sign-in at this time, which is also the time of the last activity.
    SignIn(Timestamp),
    /// The reservation of one of the user's phone numbers for a second factor.
    SecondFactor(PhoneNumberId),
    /// Whether the user is managed by a directory (SCIM).
    ManagedByScim(bool),
}

impl Resource {
    /// Returns the name with an article, such as `a passkey`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Passkey(_) => "a passkey",
            Self::ExternalAccount(_) => "an external account",
            Self::OAuthAccessToken(_) => "an OAuth access token",
            Self::OrganizationMembership(_) => "an organization membership",
            Self::OrganizationInvitation(_) => "an organization invitation",
            Self::TrustedDevice(_) => "a trusted device",
            Self::Subscription(_) => "a subscription",
            Self::SignIn(_) => "a recorded sign-in",
            Self::SecondFactor(_) => "a phone number reserved for a second factor",
            Self::ManagedByScim(_) => "a user managed by a directory",
        }
    }
}

/// The point at which a call fails during an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// Each call fails before it has changed anything.
    BeforeWork,
    /// Each call does its work, but its result is lost.
    AfterWork,
}

/// Creates the users of the suite, and seeds state that no operation of the port creates.
///
/// Every method has a default implementation. `()` is a fixture that uses all of them. See
/// [Writing a fixture](crate::conformance#writing-a-fixture) for examples.
///
/// # Errors
///
/// A method that does not support something returns [`Failure::cannot_seed`], and the behavior is not applicable. With
/// any other failure, the behavior fails, unless the failure is an [`Error`](crate::Error) that means that the
/// directory does not support something.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// Returns a user that the directory accepts. By default, it has an email address.
    ///
    /// Override this if users have other required fields, or no email address. Take unique values from `context`. A
    /// behavior changes the fields that it tests.
    fn new_user(&self, context: &Context<'_>) -> NewUser {
        NewUser::new().email_address(context.email_address())
    }

    /// Creates a user that a behavior needs, by default with `create` of the directory under test.
    ///
    /// Override this if the directory is read-only. Behaviors of `create` itself do not call this method.
    async fn create_user(&self, directory: &dyn UserDirectory, new_user: &NewUser) -> Outcome<User> {
        Ok(directory.create(new_user).await?)
    }

    /// Deletes a user after a behavior, by default with `delete` of the directory under test.
    ///
    /// Override this if the directory is read-only. Behaviors of `delete` itself do not call this method.
    async fn delete_user(&self, directory: &dyn UserDirectory, user_id: &UserId) -> Outcome {
        directory.delete(user_id).await?;
        Ok(())
    }

    /// Adds the resource to the user, so that the directory returns it.
    async fn seed(&self, _user_id: &UserId, resource: Resource) -> Outcome {
        Err(Failure::cannot_seed(resource.name()))
    }

    /// Advances the time of the directory, without waiting.
    async fn advance_clock(&self, _by: Duration) -> Outcome {
        Err(Failure::cannot_seed("the passing of time"))
    }

    /// Returns the time of the directory, to the second. The codes of authenticator apps depend on it.
    async fn now(&self) -> Outcome<Timestamp> {
        Err(Failure::cannot_seed("the current time of the directory"))
    }

    /// Starts an outage, or ends it (`None`).
    ///
    /// During an outage, every call to the service behind the directory fails with an error whose outcome is unknown,
    /// such as [`Unavailable`](crate::ErrorKind::Unavailable). The suite does not call the other methods during an outage.
    async fn set_outage(&self, _outage: Option<Outage>) -> Outcome {
        Err(Failure::cannot_seed("an outage"))
    }
}

/// Uses the default implementations.
#[async_trait]
impl Fixture for () {}
