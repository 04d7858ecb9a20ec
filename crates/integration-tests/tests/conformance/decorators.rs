//! Each decorator around a directory that conforms.

use std::collections::HashSet;
use std::time::Duration;

use integration_tests::conforms::{assert_conforms, tell};
use user_directory::conformance::{Fixture, Outcome, Resource, Suite};
use user_directory::jiff::Timestamp;
use user_directory::{
    CachePolicy, CachedUserDirectory, Call, DeletedObject, FaultyUserDirectory, InMemoryUserDirectory, Intercepted,
    Interceptor, NewUser, Operation, OperationOutput, ReadOnlyUserDirectory, RecordingUserDirectory, Result, User,
    UserDirectory, UserFilter, UserId, async_trait,
};

/// Reads through a guard, and has the suite make and delete its users behind it.
#[derive(Debug)]
struct Prepared {
    guarded: ReadOnlyUserDirectory<RecordingUserDirectory<InMemoryUserDirectory>>,
    directory: InMemoryUserDirectory,
}

#[async_trait]
impl UserDirectory for Prepared {
    fn forward_to(&self) -> Option<&dyn UserDirectory> {
        Some(&self.guarded)
    }

    async fn create(&self, new_user: &NewUser) -> Result<User> {
        self.directory.create(new_user).await
    }

    async fn delete(&self, user_id: &UserId) -> Result<DeletedObject> {
        self.directory.delete(user_id).await
    }
}

#[tokio::test]
async fn read_only_conforms_as_far_as_it_goes() {
    let directory = InMemoryUserDirectory::new();
    let behind = RecordingUserDirectory::new(directory.clone());
    let guarded = ReadOnlyUserDirectory::new(behind.clone());

    // Without users there is little that it can be held to.
    let report = Suite::new(&guarded).fixture(&directory).run().await;
    report.assert_conformant();
    assert_eq!(report.passed().count(), 13, "{report}");

    let report = Suite::new(&Prepared { guarded, directory: directory.clone() }).fixture(&directory).run().await;
    report.assert_conformant();
    tell("ReadOnlyUserDirectory", &report);
    assert_eq!(report.passed().count(), 193, "{report}");
    for (behavior, why) in report.not_applicable() {
        assert!(why.to_string().contains("the directory is read-only"), "{behavior:?}: {why}");
    }

    let passed_on: HashSet<_> = behind.calls().iter().map(|call| call.operation).collect();
    let reads: HashSet<_> = Operation::ALL.iter().copied().filter(|operation| operation.is_read_only()).collect();
    assert_eq!(passed_on, reads);
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn recording_conforms() {
    let directory = InMemoryUserDirectory::new();
    let users = RecordingUserDirectory::new(directory.clone());
    assert_conforms("RecordingUserDirectory", &users, &directory).await;
    for operation in Operation::ALL {
        assert!(users.times_called(*operation) > 0, "{operation}");
    }
}

#[tokio::test]
async fn faulty_conforms_without_faults() {
    let directory = InMemoryUserDirectory::new();
    assert_conforms("FaultyUserDirectory", &FaultyUserDirectory::new(directory.clone()), &directory).await;
}

/// Arranges things behind the memory, and tells it so, as a webhook would.
struct Telling {
    directory: InMemoryUserDirectory,
    users: CachedUserDirectory<InMemoryUserDirectory>,
}

#[async_trait]
impl Fixture for Telling {
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

/// Reads the users of each call first, so that the cache holds the old user when a write comes.
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
async fn cached_conforms() {
    let directory = InMemoryUserDirectory::new();
    let policy = CachePolicy::default().time_to_live(Duration::from_secs(86_400));
    let users = CachedUserDirectory::new(directory.clone(), policy);
    let fixture = Telling { directory, users: users.clone() };
    assert_conforms("CachedUserDirectory", &Intercepted::new(users.clone(), Warm(users.clone())), &fixture).await;
    assert!(users.stats().hits > 100, "{:?}", users.stats());
}
