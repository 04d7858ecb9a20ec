//! The conformance suite on every decorator of this crate.

use std::time::Duration;

use integration_tests::conforms::assert_conforms;
use user_directory::conformance::{Fixture, Outcome, Resource};
use user_directory::decorators::{CachePolicy, CachedUserDirectory, FaultyUserDirectory, RecordingUserDirectory};
use user_directory::interceptor::{Call, Intercepted, Interceptor, OperationOutput};
use user_directory::jiff::Timestamp;
use user_directory::{InMemoryUserDirectory, Operation, Result, UserDirectory, UserId, async_trait};

#[tokio::test]
async fn recording_directory_conforms() {
    let directory = InMemoryUserDirectory::permissive();
    let users = RecordingUserDirectory::new(directory.clone());
    assert_conforms("RecordingUserDirectory", &users, &directory).await;
    for operation in Operation::ALL {
        assert!(users.times_called(*operation) > 0, "{operation}");
    }
}

#[tokio::test]
async fn faulty_directory_conforms_without_faults() {
    let directory = InMemoryUserDirectory::permissive();
    assert_conforms("FaultyUserDirectory", &FaultyUserDirectory::new(directory.clone()), &directory).await;
}

/// Seeds the wrapped directory, and invalidates the user in the cache, as a webhook would.
struct Invalidating {
    directory: InMemoryUserDirectory,
    users: CachedUserDirectory<InMemoryUserDirectory>,
}

#[async_trait]
impl Fixture for Invalidating {
    async fn seed(&self, user_id: &UserId, resource: Resource) -> Outcome {
        self.directory.seed(user_id, resource).await?;
        self.users.invalidate(user_id);
        Ok(())
    }

    async fn advance_clock(&self, by: Duration) -> Outcome {
        Fixture::advance_clock(&self.directory, by).await?;
        self.users.invalidate_all();
        Ok(())
    }

    async fn now(&self) -> Outcome<Timestamp> {
        Fixture::now(&self.directory).await
    }
}

/// Reads the users of each call first, so that the cache contains them before a write.
#[derive(Debug)]
struct Warm(CachedUserDirectory<InMemoryUserDirectory>);

impl Interceptor for Warm {
    async fn intercept<T: OperationOutput>(
        &self,
        call: &Call<'_>,
        next: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        for user_id in call.user_ids() {
            let _ = self.0.get(user_id).await;
        }
        next.await
    }
}

#[tokio::test]
async fn cached_directory_conforms() {
    let directory = InMemoryUserDirectory::permissive();
    let policy = CachePolicy::default().time_to_live(Duration::from_hours(24));
    let users = CachedUserDirectory::new(directory.clone(), policy);
    let fixture = Invalidating { directory, users: users.clone() };
    assert_conforms("CachedUserDirectory", &Intercepted::new(users.clone(), Warm(users.clone())), &fixture).await;
    assert!(users.stats().hits > 100, "{:?}", users.stats());
}
