//! [`Fixture`].

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

/// A user's resource or state that no [`UserDirectory`] operation can create.
///
/// The suite generates unique ids for resources.
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
    /// An OAuth access token that does not expire.
    OAuthAccessToken(OAuthAccessToken),
    /// A membership in an organization that has no other members.
    OrganizationMembership(Box<OrganizationMembership>),
    /// An invitation to an organization.
    OrganizationInvitation(Box<OrganizationInvitation>),
    /// An active trusted device.
    TrustedDevice(TrustedDevice),
    /// A billing subscription, which replaces the previous one.
    Subscription(Box<Subscription>),
    /// A sign-in at this time. The sign-in also sets the time of the last activity.
    SignIn(Timestamp),
    /// A phone number of the user that is reserved as a second factor.
    SecondFactor(PhoneNumberId),
    /// Whether the user is managed by a SCIM directory.
    ManagedByScim(bool),
}

impl Resource {
    /// Returns the name of the resource with an article, such as `a passkey`.
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
    /// Calls fail before they change anything.
    BeforeWork,
    /// Calls take effect, but their results are lost.
    AfterWork,
}

/// Creates users for the suite, and seeds state that no [`UserDirectory`] operation can create.
///
/// All methods have default implementations. `()` is a fixture that uses them. For examples, see [Writing a
/// fixture](crate::conformance#writing-a-fixture).
///
/// # Errors
///
/// If a method returns [`Failure::cannot_seed`], or an error that is listed under [Not
/// applicable](crate::conformance#not-applicable), the behavior is not applicable. If a method returns any other
/// failure, the behavior fails.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// Returns a new user that the directory accepts. By default, the user has an email address.
    ///
    /// Override this method if the directory requires other fields or does not support email addresses. Generate unique
    /// values with `context`. Behaviors overwrite the fields that they test.
    fn new_user(&self, context: &Context<'_>) -> NewUser {
        NewUser::new().email_address(context.email_address()).skip_password_requirement(true)
    }

    /// Creates a user for a behavior. By default, calls `create` on the directory under test.
    ///
    /// Override this method if the directory is read-only. The behaviors for `create` call this method only to create
    /// users other than the one under test.
    async fn create_user(&self, directory: &dyn UserDirectory, new_user: &NewUser) -> Outcome<User> {
        Ok(directory.create(new_user).await?)
    }

    /// Deletes a user that a behavior created. By default, calls `delete` on the directory under test.
    ///
    /// Override this method if the directory is read-only. The behaviors for `delete` call this method only to clean
    /// up.
    async fn delete_user(&self, directory: &dyn UserDirectory, user_id: &UserId) -> Outcome {
        directory.delete(user_id).await?;
        Ok(())
    }

    /// Adds a resource to a user, so that the directory returns it.
    async fn seed(&self, _user_id: &UserId, resource: Resource) -> Outcome {
        Err(Failure::cannot_seed(resource.name()))
    }

    /// Advances the directory's clock without waiting.
    async fn advance_clock(&self, _by: Duration) -> Outcome {
        Err(Failure::cannot_seed("the passing of time"))
    }

    /// Returns the current time of the directory's clock, accurate to the second.
    ///
    /// The suite uses the time to generate TOTP codes.
    async fn now(&self) -> Outcome<Timestamp> {
        Err(Failure::cannot_seed("the current time of the directory"))
    }

    /// Starts an outage (`Some`) or ends it (`None`).
    ///
    /// During an outage, every call to the service behind the directory must fail, for example with
    /// [`Unavailable`](crate::ErrorKind::Unavailable). If the outage is [`AfterWork`](Outage::AfterWork), errors
    /// from writes must have an [unknown outcome](crate::Error::is_outcome_unknown). The suite does not call other
    /// methods of the fixture during an outage.
    async fn set_outage(&self, _outage: Option<Outage>) -> Outcome {
        Err(Failure::cannot_seed("an outage"))
    }
}

/// A fixture with the default implementations.
#[async_trait]
impl Fixture for () {}
