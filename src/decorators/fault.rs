//! [`Fault`]: what goes wrong on purpose.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::fault_queue::Scripted;
use crate::operation::Operation;

/// What is answered in the place of the real answer.
#[derive(Debug, Clone)]
enum Instead {
    Error(Error),
    Nothing,
}

/// What goes wrong on purpose with the next calls of a [`FaultyUserDirectory`](crate::FaultyUserDirectory).
///
/// The words are those of the emulator's fault. Unless it says otherwise, a fault is one of every operation, stays until
/// the faults are cleared, and keeps the work from being done.
///
/// ```
/// use std::time::Duration;
/// use user_directory::{Error, ErrorKind, Fault, Operation};
///
/// let overloaded = Fault::status(503).operation(Operation::Create).times(2);
/// let busy = Fault::error(Error::from_api(429, vec![]).with_retry_after(Duration::from_secs(1))).times(1);
/// let slow = Fault::delay(Duration::from_secs(5));
/// let created_and_not_told = Fault::error(Error::new(ErrorKind::Timeout)).operation(Operation::Create).after_work();
/// let dead = Fault::no_answer();
/// ```
#[derive(Debug, Clone)]
#[must_use = "a fault does nothing until it is added to a directory"]
pub struct Fault {
    operation: Option<Operation>,
    times: Option<u32>,
    delay: Duration,
    instead: Option<Instead>,
    after_work: bool,
}

impl Fault {
    fn new(instead: Option<Instead>) -> Self {
        Self { operation: None, times: None, delay: Duration::ZERO, instead, after_work: false }
    }

    /// This error is answered. It names the operation of the call, whatever it named before.
    ///
    /// ```
    /// # use user_directory::{Error, ErrorKind, Fault, FaultyUserDirectory, InMemoryUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// users.add_fault(Fault::error(Error::new(ErrorKind::Connect)));
    /// let error = users.count(&UserFilter::new()).await.unwrap_err();
    /// assert_eq!(error.to_string(), "count: no connection");
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn error(error: Error) -> Self {
        Self::new(Some(Instead::Error(error)))
    }

    /// The error of this status is answered: what is below 400 or above 599 counts as the nearest.
    ///
    /// ```
    /// # use user_directory::{Fault, FaultyUserDirectory, InMemoryUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// users.add_fault(Fault::status(503));
    /// assert!(users.count(&UserFilter::new()).await.unwrap_err().is_unavailable());
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn status(status: u16) -> Self {
        Self::error(Error::from_api(status.clamp(400, 599), Vec::new()))
    }

    /// There is never an answer: who does not stop waiting waits for ever.
    ///
    /// ```
    /// # use user_directory::{Fault, FaultyUserDirectory, InMemoryUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// use std::time::Duration;
    ///
    /// users.add_fault(Fault::no_answer());
    /// let a_moment = Duration::from_millis(1);
    /// assert!(tokio::time::timeout(a_moment, users.count(&UserFilter::new())).await.is_err());
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn no_answer() -> Self {
        Self::new(Some(Instead::Nothing))
    }

    /// The answer takes so much longer; nothing else is wrong with it.
    ///
    /// ```
    /// # use user_directory::{Fault, FaultyUserDirectory, InMemoryUserDirectory, UserDirectory, UserFilter};
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

    /// The answer, or whatever comes in its place, takes so much longer. The wait is before the work, or after it if the
    /// fault is [`after_work`](Self::after_work).
    ///
    /// ```
    /// # use user_directory::{Fault, FaultyUserDirectory, InMemoryUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// use std::time::Duration;
    ///
    /// users.add_fault(Fault::status(503).delayed(Duration::from_millis(1)));
    /// assert!(users.count(&UserFilter::new()).await.unwrap_err().is_unavailable());
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Only calls of this operation go wrong.
    ///
    /// ```
    /// # use user_directory::{Fault, FaultyUserDirectory, InMemoryUserDirectory, Operation, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// users.add_fault(Fault::status(503).operation(Operation::Create));
    /// assert_eq!(users.count(&UserFilter::new()).await?, 0);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn operation(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Only so many calls go wrong.
    ///
    /// ```
    /// # use user_directory::{Fault, FaultyUserDirectory, InMemoryUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// users.add_fault(Fault::status(503).times(1));
    /// assert!(users.count(&UserFilter::new()).await.is_err());
    /// assert!(users.count(&UserFilter::new()).await.is_ok());
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// The work is done all the same, and only its answer is lost: the error says that the
    /// [outcome is unknown](Error::is_outcome_unknown), whatever its kind, unless the operation only reads.
    ///
    /// ```
    /// # use user_directory::{Fault, FaultyUserDirectory, InMemoryUserDirectory, NewUser, Operation, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = FaultyUserDirectory::new(InMemoryUserDirectory::new());
    /// users.add_fault(Fault::status(503).operation(Operation::Create).after_work());
    /// assert!(users.create(&NewUser::new().username("ada.lovelace")).await.unwrap_err().is_outcome_unknown());
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

    pub(super) fn wait(&self) -> Duration {
        self.delay
    }

    /// What comes in the place of the answer, if it is not the real one.
    pub(super) async fn answer<T>(self, operation: Operation) -> Option<Result<T>> {
        match self.instead? {
            Instead::Error(error) => {
                let error = error.with_operation(operation);
                Some(Err(if self.after_work && !operation.is_read_only() {
                    error.with_earlier_outcome_unknown()
                } else {
                    error
                }))
            }
            Instead::Nothing => std::future::pending().await,
        }
    }
}

impl Scripted for Fault {
    fn operation(&self) -> Option<Operation> {
        self.operation
    }

    fn times(&mut self) -> &mut Option<u32> {
        &mut self.times
    }
}
