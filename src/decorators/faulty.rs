//! [`FaultyUserDirectory`]: injects faults.

use std::sync::Arc;

use super::fault::Fault;
use crate::directory::UserDirectory;
use crate::error::{Result, named};
use crate::fault_queue::FaultQueue;
use crate::interceptor::{Call, Intercepted, Interceptor, OperationOutput};
use crate::time::{Timer, TokioTimer, sleep};

/// A directory that injects faults: errors, delays, and calls that never complete.
///
/// For each call, the first [fault](Fault) in the queue that affects the operation is injected. If there is no such
/// fault, the call is forwarded. The fault is selected when the call's future is first polled.
///
/// Clones share the queue.
///
/// ```
/// use user_directory::decorators::{Fault, FaultyUserDirectory};
/// use user_directory::{Error, ErrorKind, InMemoryUserDirectory, NewUser, Operation, UserDirectory, UserFilter};
///
/// # tokio_test::block_on(async {
/// let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
/// let timeout = Fault::error(Error::new(ErrorKind::Timeout)).operation(Operation::Create).after_work().times(1);
/// users.add_fault(timeout);
///
/// let ada = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
/// let error = users.create(&ada).await.unwrap_err();
/// assert!(error.is_timeout() && error.is_outcome_unknown());
/// assert_eq!(users.count(&UserFilter::new()).await?, 1, "the user was created");
/// assert!(users.create(&ada).await.unwrap_err().is_conflict(), "a blind retry fails");
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct FaultyUserDirectory<D> {
    inner: Intercepted<D, FaultInjector>,
}

impl<D> FaultyUserDirectory<D> {
    /// Wraps `inner` with an empty fault queue.
    pub fn new(inner: D) -> Self {
        let injector = FaultInjector { faults: Arc::default(), timer: Arc::new(TokioTimer::new()) };
        Self { inner: Intercepted::new(inner, injector) }
    }

    /// Sets the timer for delays. The default is [`TokioTimer`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use user_directory::time::FakeTimer;
    /// use user_directory::decorators::{Fault, FaultyUserDirectory};
    /// use user_directory::{ErrorKind, InMemoryUserDirectory, UserDirectory, UserFilter};
    ///
    /// # tokio_test::block_on(async {
    /// let users = FaultyUserDirectory::new(InMemoryUserDirectory::new()).timer(FakeTimer::new());
    /// users.add_fault(Fault::delay(Duration::from_secs(3600)));
    /// assert_eq!(users.count(&UserFilter::new()).await?, 0); // Returns immediately.
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn timer(self, timer: impl Timer) -> Self {
        let faults = Arc::clone(&self.injector().faults);
        let injector = FaultInjector { faults, timer: Arc::new(timer) };
        Self { inner: Intercepted::new(self.into_inner(), injector) }
    }

    /// Returns the wrapped directory. Faults do not affect calls to it.
    pub fn inner(&self) -> &D {
        self.inner.inner()
    }

    /// Returns the wrapped directory.
    pub fn into_inner(self) -> D {
        self.inner.into_inner()
    }

    /// Adds a fault to the end of the queue.
    ///
    /// ```
    /// # use user_directory::decorators::{Fault, FaultyUserDirectory};
    /// # use user_directory::{ErrorKind, InMemoryUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// users.add_fault(Fault::kind(ErrorKind::Unavailable).times(1)); // Affects the first call.
    /// users.add_fault(Fault::kind(ErrorKind::RateLimited).times(1)); // Affects the second call.
    /// assert!(users.count(&UserFilter::new()).await.unwrap_err().is_unavailable());
    /// assert!(users.count(&UserFilter::new()).await.unwrap_err().is_rate_limited());
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn add_fault(&self, fault: Fault) {
        self.injector().faults.add(fault);
    }

    /// Returns the faults in the queue.
    ///
    /// ```
    /// # use user_directory::decorators::{Fault, FaultyUserDirectory};
    /// # use user_directory::{ErrorKind, InMemoryUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// users.add_fault(Fault::kind(ErrorKind::Unavailable).times(1));
    /// users.count(&UserFilter::new()).await.unwrap_err();
    /// assert!(users.faults().is_empty(), "the code under test made too few calls");
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.injector().faults.all()
    }

    /// Removes all faults from the queue.
    ///
    /// ```
    /// # use user_directory::decorators::{Fault, FaultyUserDirectory};
    /// # use user_directory::{ErrorKind, InMemoryUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// users.add_fault(Fault::kind(ErrorKind::Unavailable));
    /// users.clear_faults();
    /// assert!(users.count(&UserFilter::new()).await.is_ok());
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn clear_faults(&self) {
        self.injector().faults.clear();
    }

    fn injector(&self) -> &FaultInjector {
        self.inner.interceptor()
    }
}

impl<D: UserDirectory> UserDirectory for FaultyUserDirectory<D> {
    fn forward_to(&self) -> Option<&dyn UserDirectory> {
        Some(&self.inner)
    }
}

#[derive(Debug, Clone)]
struct FaultInjector {
    faults: Arc<FaultQueue<Fault>>,
    timer: Arc<dyn Timer>,
}

impl FaultInjector {
    /// Waits for the delay of the fault, and then returns the error of the fault, if it has one.
    async fn apply(&self, fault: Fault) -> Result<()> {
        let delay = fault.get_delay();
        if !delay.is_zero() {
            sleep(&*self.timer, delay).await?;
        }
        fault.outcome().await
    }
}

impl Interceptor for FaultInjector {
    async fn intercept<T: OperationOutput>(
        &self,
        call: &Call<'_>,
        next: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let operation = call.operation();
        let Some(fault) = self.faults.next(&operation) else { return next.await };
        if !fault.is_after_work() {
            named(operation, self.apply(fault).await)?;
            return next.await;
        }
        let result = next.await;
        match named(operation, self.apply(fault).await) {
            Ok(()) => result,
            Err(error) if operation.is_read_only() => Err(error),
            Err(error) => Err(error.with_earlier_outcome_unknown()),
        }
    }
}
