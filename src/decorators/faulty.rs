//! [`FaultyUserDirectory`].

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::fault::Fault;
use crate::directory::UserDirectory;
use crate::error::Result;
use crate::fault_queue::FaultQueue;
use crate::model::UserId;
use crate::operation::Operation;

type Sleep = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Lets calls go wrong on request, so that a test sees what its code makes of errors, delays and silence.
///
/// Each call takes the first [fault](Fault) in the queue that is one of its operation, when its future is first polled;
/// without one it is passed on. Where a mock answers what it was told, this answers what the directory behind does, until
/// something goes wrong. Clones share the queue.
///
/// ```
/// use user_directory::{
///     Error, ErrorKind, Fault, FaultyUserDirectory, InMemoryUserDirectory, NewUser, Operation, UserDirectory, UserFilter,
/// };
///
/// # tokio_test::block_on(async {
/// let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
/// users.add_fault(Fault::error(Error::new(ErrorKind::Timeout)).operation(Operation::Create).after_work().times(1));
///
/// let ada = NewUser::new().username("ada.lovelace");
/// let error = users.create(&ada).await.unwrap_err();
/// assert!(error.is_timeout() && error.is_outcome_unknown());
/// assert_eq!(users.count(&UserFilter::new()).await?, 1, "it was done");
/// assert!(users.create(&ada).await.unwrap_err().is_conflict(), "which a blind repetition finds out");
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct FaultyUserDirectory {
    inner: Arc<dyn UserDirectory>,
    faults: Arc<FaultQueue<Fault>>,
    sleep: Sleep,
}

impl FaultyUserDirectory {
    /// Puts this around a directory. Nothing goes wrong until a fault is added. Delays are those of tokio's clock, which
    /// a test can pause.
    pub fn new(inner: impl UserDirectory) -> Self {
        Self {
            inner: Arc::new(inner),
            faults: Arc::default(),
            sleep: Arc::new(|wait| Box::pin(tokio::time::sleep(wait))),
        }
    }

    /// Waits in another way: on another runtime, or not at all.
    ///
    /// ```
    /// use std::time::Duration;
    /// use user_directory::{Fault, FaultyUserDirectory, InMemoryUserDirectory, UserDirectory, UserFilter};
    ///
    /// # tokio_test::block_on(async {
    /// let users = FaultyUserDirectory::new(InMemoryUserDirectory::new()).sleep(|_| std::future::ready(()));
    /// users.add_fault(Fault::delay(Duration::from_secs(3600)));
    /// assert_eq!(users.count(&UserFilter::new()).await?, 0);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn sleep<F>(mut self, sleep: impl Fn(Duration) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.sleep = Arc::new(move |wait| Box::pin(sleep(wait)));
        self
    }

    /// Lets calls go wrong, after the faults that were added before.
    ///
    /// ```
    /// # use user_directory::{Fault, FaultyUserDirectory, InMemoryUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// users.add_fault(Fault::status(503).times(1)); // meets the first call
    /// users.add_fault(Fault::status(429).times(1)); // meets the second
    /// assert!(users.count(&UserFilter::new()).await.unwrap_err().is_unavailable());
    /// assert!(users.count(&UserFilter::new()).await.unwrap_err().is_rate_limited());
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn add_fault(&self, fault: Fault) {
        self.faults.add(fault);
    }

    /// The faults that are still to come.
    ///
    /// ```
    /// # use user_directory::{Fault, FaultyUserDirectory, InMemoryUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// users.add_fault(Fault::status(503).times(1));
    /// users.count(&UserFilter::new()).await.unwrap_err();
    /// assert!(users.faults().is_empty(), "the code under test has not called often enough");
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.faults.all()
    }

    /// Takes the faults back that are still to come.
    ///
    /// ```
    /// # use user_directory::{Fault, FaultyUserDirectory, InMemoryUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// users.add_fault(Fault::status(503));
    /// users.clear_faults();
    /// assert!(users.count(&UserFilter::new()).await.is_ok());
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn clear_faults(&self) {
        self.faults.clear();
    }

    fn inner(&self) -> &dyn UserDirectory {
        &*self.inner
    }

    async fn disturb<T>(
        &self,
        operation: Operation,
        _user_ids: &[UserId],
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let Some(fault) = self.faults.next(operation) else { return work.await };
        if fault.is_after_work() {
            let result = work.await;
            self.wait(fault.wait()).await;
            return fault.answer(operation).await.unwrap_or(result);
        }
        self.wait(fault.wait()).await;
        match fault.answer(operation).await {
            Some(result) => result,
            None => work.await,
        }
    }

    async fn wait(&self, wait: Duration) {
        if !wait.is_zero() {
            (self.sleep)(wait).await;
        }
    }
}

#[deny(clippy::missing_trait_methods)]
impl UserDirectory for FaultyUserDirectory {
    crate::forward_operations!(Self::inner, Self::disturb);
}

impl fmt::Debug for FaultyUserDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyUserDirectory")
            .field("inner", &self.inner)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}
