//! [`Fault`]: a fault that a directory injects.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::fault_queue::QueuedFault;
use crate::operation::Operation;

/// The replacement for the result of a call.
#[derive(Debug, Clone)]
enum Replacement {
    Error(Error),
    /// The call never completes.
    Pending,
}

/// A fault that a [`FaultyUserDirectory`](crate::decorators::FaultyUserDirectory) injects into calls.
///
/// By default, a fault affects every operation, and stays in the directory's fault queue until the queue is cleared. It
/// replaces the call to the wrapped directory, unless it is injected [after the call](Self::after_work) or only adds a
/// [delay](Self::delay). `HttpFault` in the `clerk-emulator` crate is the equivalent for HTTP requests.
///
/// ```
/// use std::time::Duration;
/// use user_directory::decorators::{Fault, FaultyUserDirectory};
/// use user_directory::{Error, ErrorKind, InMemoryUserDirectory, Operation};
///
/// let overloaded = Fault::kind(ErrorKind::Unavailable).operation(Operation::Create).times(2);
/// let busy = Fault::error(Error::new(ErrorKind::RateLimited).with_retry_after(Duration::from_secs(1))).times(1);
/// let slow = Fault::delay(Duration::from_secs(5));
/// let lost_response = Fault::kind(ErrorKind::Timeout).operation(Operation::Create).after_work();
/// let unresponsive = Fault::no_response();
///
/// let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
/// for fault in [overloaded, busy, slow, lost_response, unresponsive] {
///     users.add_fault(fault);
/// }
/// assert_eq!(users.faults().len(), 5);
/// ```
#[derive(Debug, Clone)]
#[must_use = "a fault does nothing until it is added to a directory"]
pub struct Fault {
    operation: Option<Operation>,
    times: Option<u32>,
    delay: Duration,
    replacement: Option<Replacement>,
    after_work: bool,
}

impl Fault {
    fn new(replacement: Option<Replacement>) -> Self {
        Self { operation: None, times: None, delay: Duration::ZERO, replacement, after_work: false }
    }

    /// Creates a fault that makes calls fail with `error`.
    ///
    /// The [operation](Error::operation) of the error is set to the operation of the call.
    ///
    /// ```
    /// # use user_directory::decorators::{Fault, FaultyUserDirectory};
    /// # use user_directory::{Error, ErrorKind, InMemoryUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// users.add_fault(Fault::error(Error::new(ErrorKind::Connect)));
    /// let error = users.count(&UserFilter::new()).await.unwrap_err();
    /// assert_eq!(error.to_string(), "count: connection failed");
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn error(error: Error) -> Self {
        Self::new(Some(Replacement::Error(error)))
    }

    /// Creates a fault that makes calls fail with an error of the given kind.
    ///
    /// ```
    /// # use user_directory::decorators::{Fault, FaultyUserDirectory};
    /// # use user_directory::{ErrorKind, InMemoryUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// users.add_fault(Fault::kind(ErrorKind::Unavailable));
    /// assert!(users.count(&UserFilter::new()).await.unwrap_err().is_unavailable());
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn kind(kind: ErrorKind) -> Self {
        Self::error(Error::new(kind))
    }

    /// Creates a fault that prevents calls from completing.
    ///
    /// ```
    /// # use user_directory::decorators::{Fault, FaultyUserDirectory};
    /// # use user_directory::{ErrorKind, InMemoryUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// use std::time::Duration;
    ///
    /// users.add_fault(Fault::no_response());
    /// let timeout = Duration::from_millis(1);
    /// assert!(tokio::time::timeout(timeout, users.count(&UserFilter::new())).await.is_err());
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn no_response() -> Self {
        Self::new(Some(Replacement::Pending))
    }

    /// Creates a fault that delays calls without changing their results.
    ///
    /// ```
    /// # use user_directory::decorators::{Fault, FaultyUserDirectory};
    /// # use user_directory::{ErrorKind, InMemoryUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// use std::time::Duration;
    ///
    /// users.add_fault(Fault::delay(Duration::from_millis(1)));
    /// assert_eq!(users.count(&UserFilter::new()).await?, 0);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn delay(delay: Duration) -> Self {
        Self::new(None).delayed(delay)
    }

    /// Sets the delay of the fault.
    ///
    /// The delay elapses before the fault takes effect. With [`after_work`](Self::after_work), the delay begins after
    /// the call to the wrapped directory has completed.
    ///
    /// ```
    /// # use user_directory::decorators::{Fault, FaultyUserDirectory};
    /// # use user_directory::{ErrorKind, InMemoryUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// use std::time::Duration;
    ///
    /// users.add_fault(Fault::kind(ErrorKind::Unavailable).delayed(Duration::from_millis(1)));
    /// assert!(users.count(&UserFilter::new()).await.unwrap_err().is_unavailable());
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Limits the fault to one operation.
    ///
    /// ```
    /// # use user_directory::decorators::{Fault, FaultyUserDirectory};
    /// # use user_directory::{ErrorKind, InMemoryUserDirectory, Operation, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// users.add_fault(Fault::kind(ErrorKind::Unavailable).operation(Operation::Create));
    /// assert_eq!(users.count(&UserFilter::new()).await?, 0);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn operation(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Limits the fault to the given number of calls. If `times` is 0, the fault has no effect.
    ///
    /// ```
    /// # use user_directory::decorators::{Fault, FaultyUserDirectory};
    /// # use user_directory::{ErrorKind, InMemoryUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// users.add_fault(Fault::kind(ErrorKind::Unavailable).times(1));
    /// assert!(users.count(&UserFilter::new()).await.is_err());
    /// assert!(users.count(&UserFilter::new()).await.is_ok());
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Injects the fault after the call to the wrapped directory has completed.
    ///
    /// This simulates a lost response. If the call is a write, the injected error indicates an [unknown
    /// outcome](Error::is_outcome_unknown), regardless of its kind.
    ///
    /// ```
    /// # use user_directory::decorators::{Fault, FaultyUserDirectory};
    /// # use user_directory::{ErrorKind, InMemoryUserDirectory, NewUser, Operation, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// users.add_fault(Fault::kind(ErrorKind::Unavailable).operation(Operation::Create).after_work());
    /// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// assert!(users.create(&new_user).await.unwrap_err().is_outcome_unknown());
    /// assert_eq!(users.count(&UserFilter::new()).await?, 1);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn after_work(mut self) -> Self {
        self.after_work = true;
        self
    }

    pub(super) fn is_after_work(&self) -> bool {
        self.after_work
    }

    pub(super) fn get_delay(&self) -> Duration {
        self.delay
    }

    /// Returns the error of the fault, if it has one. Never completes if the fault prevents calls from completing.
    pub(super) async fn outcome(self) -> Result<()> {
        match self.replacement {
            None => Ok(()),
            Some(Replacement::Error(error)) => Err(error),
            Some(Replacement::Pending) => std::future::pending().await,
        }
    }
}

impl QueuedFault for Fault {
    type Target = Operation;

    fn affects(&self, operation: &Operation) -> bool {
        self.operation.is_none_or(|other| other == *operation)
    }

    fn times(&mut self) -> &mut Option<u32> {
        &mut self.times
    }
}
