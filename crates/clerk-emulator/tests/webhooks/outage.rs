//! A test of the sender while the store fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use user_directory::in_memory::InMemoryStore;
use user_directory::store::{
    AccountFilter, AccountQuery, Commit, CommitError, Identifier, Record, RecordStore, StoredAccount, StoredRecord,
    UserStore,
};
use user_directory::store_directory::{InstanceSettings, StoreUserDirectoryBuilder};
use user_directory::{Error, ErrorKind, Result, UserDirectory, UserId, UserUpdate, async_trait};

use crate::receiver::{Receiver, within};
use crate::support::{Clerk, emptied, new_user};

/// A store from which single events cannot be read during an outage. Senders read single events.
#[derive(Debug, Clone, Default)]
struct FlakyStore {
    inner: InMemoryStore,
    is_failing: Arc<AtomicBool>,
    failures: Arc<AtomicUsize>,
}

#[async_trait]
impl UserStore for FlakyStore {
    async fn load(&self, ids: &[UserId]) -> Result<Vec<Arc<StoredAccount>>> {
        self.inner.load(ids).await
    }

    async fn owners(&self, identifiers: &[Identifier<'_>]) -> Result<Vec<(Identifier<'static>, UserId)>> {
        self.inner.owners(identifiers).await
    }

    async fn query(&self, query: &AccountQuery<'_>) -> Result<Vec<Arc<StoredAccount>>> {
        self.inner.query(query).await
    }

    async fn count(&self, filter: &AccountFilter) -> Result<u64> {
        self.inner.count(filter).await
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        self.inner.commit(commit).await
    }

    async fn clear(&self) -> Result<()> {
        self.inner.clear().await
    }
}

#[async_trait]
impl RecordStore for FlakyStore {
    async fn records(&self, collection: &str, keys: &[&str]) -> Result<Vec<Record>> {
        self.inner.records(collection, keys).await
    }

    async fn records_after(&self, collection: &str, after: u64, limit: usize) -> Result<Vec<StoredRecord>> {
        if limit == 1 && self.is_failing.load(Ordering::Relaxed) {
            self.failures.fetch_add(1, Ordering::Relaxed);
            return Err(Error::new(ErrorKind::Unavailable));
        }
        self.inner.records_after(collection, after, limit).await
    }
}

#[tokio::test]
async fn sender_pauses_while_the_store_fails_and_keeps_the_order_of_a_user() {
    let (store, mut receiver) = (FlakyStore::default(), Receiver::start().await);
    store.is_failing.store(true, Ordering::Relaxed);
    let builder = StoreUserDirectoryBuilder::new(store.clone()).settings(InstanceSettings::permissive());
    let directory = builder.emit_events().build();
    let clerk = Clerk::with([receiver.endpoint()], |builder| builder.store(&directory)).await;
    let ada = directory.create(&new_user("ada_lovelace")).await.unwrap();
    for number in 0..50 {
        directory.create(&new_user(&format!("user_number_{number}"))).await.unwrap();
        directory.update(&ada.id, &UserUpdate::new().first_name(format!("Name {number}"))).await.unwrap();
    }
    let queued = async { while clerk.control("GET", "", "").await.1["data"][0]["pending"] != 101 {} };
    within(queued).await;

    // Each second, at most 16 events are read.
    let pause = Duration::from_secs(1);
    for number in 1..=3 {
        assert_eq!(clerk.sleep(number).await, pause);
        let failures = store.failures.load(Ordering::Relaxed);
        assert!((number..=16 * number).contains(&failures), "{failures} failures");
        clerk.timer.advance(pause);
    }
    clerk.sleep(4).await;
    store.is_failing.store(false, Ordering::Relaxed);
    clerk.timer.advance(pause);

    let mut names = Vec::new();
    for _ in 0..101 {
        let event = receiver.event().await;
        if event.user_id() == Some(&ada.id) {
            names.push(event.user().unwrap().first_name.clone());
        }
    }
    let updates = (0..50).map(|number| Some(format!("Name {number}").into()));
    assert_eq!(names, std::iter::once(None).chain(updates).collect::<Vec<_>>());
    emptied(directory.outbox().unwrap()).await;
}
