//! Implements [`Fixture`] for directories with injected faults.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::check::Outcome;
use super::context::Context;
use super::fixture::{Fixture, Outage, Resource};
use crate::decorators::{Fault, FaultyUserDirectory};
use crate::directory::UserDirectory;
use crate::error::ErrorKind;
use crate::model::{NewUser, User, UserId};

/// Delegates to the wrapped fixture, and adds support for outages.
///
/// Ending an outage calls [`clear_faults`](FaultyUserDirectory::clear_faults), which also removes all other faults.
///
/// ```
/// # #[cfg(feature = "cache")]
/// # tokio_test::block_on(async {
/// use user_directory::conformance::Suite;
/// use user_directory::decorators::{CachePolicy, CachedUserDirectory, FaultyUserDirectory};
/// use user_directory::{InMemoryUserDirectory, Operation};
///
/// let service = FaultyUserDirectory::new(InMemoryUserDirectory::permissive());
/// let cached = CachedUserDirectory::new(service.clone(), CachePolicy::default());
/// let report = Suite::new(&cached).fixture(&service).operation(Operation::Unban).run().await;
/// report.assert_conformant();
/// # });
/// ```
#[async_trait]
impl<D: Fixture> Fixture for FaultyUserDirectory<D> {
    fn new_user(&self, context: &Context<'_>) -> NewUser {
        self.inner().new_user(context)
    }

    async fn create_user(&self, directory: &dyn UserDirectory, new_user: &NewUser) -> Outcome<User> {
        self.inner().create_user(directory, new_user).await
    }

    async fn delete_user(&self, directory: &dyn UserDirectory, user_id: &UserId) -> Outcome {
        self.inner().delete_user(directory, user_id).await
    }

    async fn seed(&self, user_id: &UserId, resource: Resource) -> Outcome {
        self.inner().seed(user_id, resource).await
    }

    async fn advance_clock(&self, by: Duration) -> Outcome {
        Fixture::advance_clock(self.inner(), by).await
    }

    async fn now(&self) -> Outcome<Timestamp> {
        Fixture::now(self.inner()).await
    }

    async fn set_outage(&self, outage: Option<Outage>) -> Outcome {
        match outage {
            Some(Outage::BeforeWork) => self.add_fault(Fault::kind(ErrorKind::Unavailable)),
            Some(Outage::AfterWork) => self.add_fault(Fault::kind(ErrorKind::Unavailable).after_work()),
            None => self.clear_faults(),
        }
        Ok(())
    }
}
