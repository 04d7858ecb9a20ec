//! [`Fixture`]: what a test needs and no operation of the port creates.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::check::{Failure, Outcome};
use crate::model::billing::Subscription;
use crate::model::{
    ExternalAccount, OAuthAccessToken, OrganizationInvitation, OrganizationMembership, Passkey, PhoneNumberId,
    TrustedDevice, UserId,
};

/// Something of a user that no operation of the port creates.
///
/// Things that have an id come with one that nothing else has.
///
/// ```
/// use user_directory::conformance::Belonging;
/// use user_directory::jiff::Timestamp;
///
/// assert_eq!(Belonging::SignIn(Timestamp::UNIX_EPOCH).name(), "a recorded sign-in");
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Belonging {
    /// A passkey.
    Passkey(Passkey),
    /// An account at an OAuth provider.
    ExternalAccount(Box<ExternalAccount>),
    /// A token of an OAuth provider. It does not expire.
    OAuthAccessToken(OAuthAccessToken),
    /// A membership of an organization that nobody else is a member of.
    OrganizationMembership(Box<OrganizationMembership>),
    /// An invitation to an organization.
    OrganizationInvitation(Box<OrganizationInvitation>),
    /// An active device.
    TrustedDevice(TrustedDevice),
    /// A subscription, in the place of the one that there is.
    Subscription(Box<Subscription>),
    /// A sign-in at this time, which is also the time of the last activity.
    SignIn(Timestamp),
    /// The reservation of one of the user's phone numbers for a second factor.
    SecondFactor(PhoneNumberId),
    /// The mark that a directory (SCIM) manages the user (`true`), or no longer does.
    ManagedByScim(bool),
}

impl Belonging {
    /// What it is, with an article: `a passkey`.
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

/// What a test needs and no operation of the port creates.
///
/// Every method says by default that it cannot; the behaviours that need it are then not applicable. `()` is a fixture
/// that can arrange nothing. [The module](crate::conformance#writing-a-fixture) has an example.
///
/// # Errors
///
/// A method that cannot arrange something fails with [`Failure::cannot_arrange`]; any other failure is one of the
/// behaviour. An [`Error`](crate::Error) becomes one with `?`.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// Gives a user something, so that the directory answers it.
    async fn give(&self, _user_id: &UserId, belonging: Belonging) -> Outcome {
        Err(Failure::cannot_arrange(belonging.name()))
    }

    /// Lets time pass for the directory, without waiting.
    async fn advance_clock(&self, _by: Duration) -> Outcome {
        Err(Failure::cannot_arrange("the passing of time"))
    }

    /// The time of the directory, to the second: what its authenticator apps show depends on it.
    async fn now(&self) -> Outcome<Timestamp> {
        Err(Failure::cannot_arrange("the time of the directory"))
    }
}

/// Can arrange nothing.
#[async_trait]
impl Fixture for () {}
