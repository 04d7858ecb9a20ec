//! [`Ensured`] and the implementation of `ensure`.

use crate::directory::UserDirectory;
use crate::error::{InputRule, Result};
use crate::model::{NewUser, User, UserFilter};
use crate::operation::Operation;

use super::found;

/// The result of [`UserDirectoryExt::ensure`](crate::UserDirectoryExt::ensure).
///
/// ```
/// use user_directory::ext::Ensured;
/// use user_directory::{InMemoryUserDirectory, NewUser, UserDirectoryExt};
///
/// # tokio_test::block_on(async {
/// # let directory = InMemoryUserDirectory::new();
/// let ada = NewUser::new().external_id("customer-4711").email_address("ada@example.com");
/// let ada = ada.skip_password_requirement(true);
/// let greeting = match directory.ensure(&ada).await? {
///     Ensured::Created(_) => "welcome",
///     Ensured::Found(_) => "welcome back",
/// };
/// assert_eq!(greeting, "welcome");
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Ensured {
    /// The user was created.
    Created(User),
    /// A user with the requested external id was found.
    ///
    /// If the response to a create request was lost, the user may have been created by this call.
    Found(User),
}

impl Ensured {
    /// Returns `true` if this call is known to have created the user.
    #[must_use]
    pub fn is_created(&self) -> bool {
        matches!(self, Self::Created(_))
    }

    /// Returns the user.
    #[must_use]
    pub fn user(&self) -> &User {
        match self {
            Self::Created(user) | Self::Found(user) => user,
        }
    }

    /// Returns the user, consuming `self`.
    #[must_use]
    pub fn into_user(self) -> User {
        match self {
            Self::Created(user) | Self::Found(user) => user,
        }
    }
}

pub(super) async fn ensure<D: UserDirectory + ?Sized>(directory: &D, new_user: &NewUser) -> Result<Ensured> {
    let Some(external_id) = new_user.external_id.as_ref().filter(|id| !id.is_empty()) else {
        let error = InputRule::ExternalId.violated_by("external_id");
        return Err(error.with_operation(Operation::Create));
    };
    let error = match directory.create(new_user).await {
        Ok(user) => return Ok(Ensured::Created(user)),
        Err(error) => error,
    };
    // The user is looked up after any conflict: if the external id and another identifier are both taken, the service
    // may report only the other identifier.
    if !error.is_conflict() && !error.is_outcome_unknown() {
        return Err(error);
    }
    match found::first(directory, UserFilter::new().external_id(external_id.clone())).await {
        Ok(Some(user)) => Ok(Ensured::Found(user)),
        Ok(None) => Err(error),
        Err(lookup) if error.is_outcome_unknown() => Err(lookup.with_earlier_outcome_unknown()),
        Err(lookup) => Err(lookup),
    }
}
