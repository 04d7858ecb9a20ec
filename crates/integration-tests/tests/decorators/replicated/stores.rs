//! Stores with faults.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use user_directory::in_memory::InMemoryStore;
use user_directory::store::{
    AccountFilter, AccountQuery, Commit, CommitError, Identifier, Record, RecordStore, StoredAccount, StoredRecord,
    UserStore,
};
use user_directory::{Error, ErrorKind, Result, UserId, async_trait};

/// Returns the error of a commit that is rejected.
type Reject = Box<dyn Fn(&Commit) -> Option<CommitError> + Send>;

/// A store that yields before and after each call, so that concurrent calls are interleaved and can be canceled, and
/// that fails on demand.
#[derive(Clone)]
pub struct TestStore<S = InMemoryStore> {
    pub inner: S,
    is_down: Arc<AtomicBool>,
    reject: Arc<Mutex<Option<Reject>>>,
    pub calls: Arc<AtomicUsize>,
}

impl<S> TestStore<S> {
    pub fn new(inner: S) -> Self {
        Self { inner, is_down: Arc::default(), reject: Arc::default(), calls: Arc::default() }
    }

    pub fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, SeqCst);
    }

    /// Rejects the commits for which `reject` returns an error.
    pub fn reject(&self, reject: impl Fn(&Commit) -> Option<CommitError> + Send + 'static) {
        *self.reject.lock().unwrap() = Some(Box::new(reject));
    }

    /// Accepts all commits.
    pub fn accept(&self) {
        *self.reject.lock().unwrap() = None;
    }

    async fn call<T, E: From<Error>>(&self, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        self.calls.fetch_add(1, SeqCst);
        tokio::task::yield_now().await;
        if self.is_down.load(SeqCst) {
            return Err(Error::new(ErrorKind::Connect).into());
        }
        let result = call.await;
        tokio::task::yield_now().await;
        result
    }
}

impl<S> fmt::Debug for TestStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestStore").finish_non_exhaustive()
    }
}

#[async_trait]
impl<S: RecordStore> UserStore for TestStore<S> {
    async fn load(&self, ids: &[UserId]) -> Result<Vec<Arc<StoredAccount>>> {
        self.call(self.inner.load(ids)).await
    }

    async fn owners(&self, identifiers: &[Identifier<'_>]) -> Result<Vec<(Identifier<'static>, UserId)>> {
        self.call(self.inner.owners(identifiers)).await
    }

    async fn query(&self, query: &AccountQuery<'_>) -> Result<Vec<Arc<StoredAccount>>> {
        self.call(self.inner.query(query)).await
    }

    async fn count(&self, filter: &AccountFilter) -> Result<u64> {
        self.call(self.inner.count(filter)).await
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let rejected = self.reject.lock().unwrap().as_ref().and_then(|reject| reject(&commit));
        let call = async {
            match rejected {
                Some(error) => Err(error),
                None => self.inner.commit(commit).await,
            }
        };
        self.call(call).await
    }

    async fn clear(&self) -> Result<()> {
        self.call(self.inner.clear()).await
    }
}

#[async_trait]
impl<S: RecordStore> RecordStore for TestStore<S> {
    async fn records(&self, collection: &str, keys: &[&str]) -> Result<Vec<Record>> {
        self.call(self.inner.records(collection, keys)).await
    }

    async fn records_after(&self, collection: &str, after: u64, limit: usize) -> Result<Vec<StoredRecord>> {
        self.call(self.inner.records_after(collection, after, limit)).await
    }
}
