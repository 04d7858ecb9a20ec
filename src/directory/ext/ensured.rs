//! [`Ensured`]: a user who is there, and whether that is new.

use crate::directory::UserDirectory;
use crate::error::{Error, Result};
use crate::model::{NewUser, User, UserFilter};
use crate::operation::Operation;

use super::found;

/// What [`UserDirectoryExt::ensure`](crate::UserDirectoryExt::ensure) did.
///
/// ```
/// use user_directory::{Ensured, InMemoryUserDirectory, NewUser, UserDirectoryExt};
///
/// # tokio_test::block_on(async {
/// # let directory = InMemoryUserDirectory::new();
/// let ada = NewUser::new().external_id("customer-4711").email_address("ada@example.com");
/// match directory.ensure(&ada).await? {
///     Ensured::Created(user) => println!("welcome, {}", user.id),
///     Ensured::Found(user) => println!("{} was here before", user.id),
/// }
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Ensured {
    /// The user was created.
    Created(User),
    /// There was a user with the external id already, perhaps from an attempt whose answer was lost.
    Found(User),
}

impl Ensured {
    /// Whether the user was created, and the answer says so.
    #[must_use]
    pub fn is_created(&self) -> bool {
        matches!(self, Self::Created(_))
    }

    /// The user.
    #[must_use]
    pub fn user(&self) -> &User {
        match self {
            Self::Created(user) | Self::Found(user) => user,
        }
    }

    /// The user, to keep.
    #[must_use]
    pub fn into_user(self) -> User {
        match self {
            Self::Created(user) | Self::Found(user) => user,
        }
    }
}

pub(super) async fn ensure<D: UserDirectory + ?Sized>(directory: &D, new_user: &NewUser) -> Result<Ensured> {
    let Some(external_id) = new_user.external_id.as_ref().filter(|id| !id.is_empty()) else {
        let error = Error::invalid_input("external_id", "only a user with an external id can be found again");
        return Err(error.with_operation(Operation::Create));
    };
    let error = match directory.create(new_user).await {
        Ok(user) => return Ok(Ensured::Created(user)),
        Err(error) => error,
    };
    // A service may name the email address only, where the external id is taken too: every conflict is looked into.
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
