//! [`RecordingUserDirectory`] and [`RecordedCall`].

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::directory::UserDirectory;
use crate::error::{ErrorKind, Result};
use crate::interceptor::{Call, Intercepted, Interceptor, OperationOutput};
use crate::model::UserId;
use crate::operation::Operation;

/// A call recorded by a [`RecordingUserDirectory`].
///
/// `Display` writes the call on one line: the operation, the user ids and the outcome.
///
/// ```
/// use user_directory::decorators::RecordingUserDirectory;
/// use user_directory::{InMemoryUserDirectory, UserDirectory, UserId};
///
/// # tokio_test::block_on(async {
/// let users = RecordingUserDirectory::new(InMemoryUserDirectory::new());
/// let _ = users.get(&UserId::new("user_1")?).await;
/// assert_eq!(users.calls()[0].to_string(), "get user_1: not found");
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedCall {
    /// The operation that was called.
    pub operation: Operation,
    /// The user ids in the arguments, as returned by [`Call::user_ids`].
    pub user_ids: Vec<UserId>,
    /// The outcome of the call.
    pub outcome: CallOutcome,
}

/// The outcome of a [`RecordedCall`].
///
/// ```
/// use user_directory::decorators::CallOutcome;
/// use user_directory::ErrorKind;
///
/// assert_eq!(CallOutcome::Failed(ErrorKind::Timeout).to_string(), "timed out");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallOutcome {
    /// The call is still running, or its future was dropped before it completed.
    Incomplete,
    /// The call succeeded.
    Succeeded,
    /// The call failed with an error of this kind.
    Failed(ErrorKind),
}

impl fmt::Display for CallOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Incomplete => "incomplete",
            Self::Succeeded => "ok",
            Self::Failed(kind) => kind.message(),
        })
    }
}

impl fmt::Display for RecordedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.operation)?;
        for user_id in &self.user_ids {
            write!(f, " {user_id}")?;
        }
        write!(f, ": {}", self.outcome)
    }
}

/// A directory that records every call, for assertions in tests.
///
/// Unlike a mock, this decorator needs no expectations: the test inspects the calls afterward.
///
/// Each record contains the operation, the user ids and the outcome of a call. Other arguments and the results are not
/// recorded, because they can contain secrets or personal data. To check the data that was written, read it from the
/// wrapped directory.
///
/// A call is recorded when its future is first polled. Records are kept until [`clear_calls`](Self::clear_calls) is
/// called, so do not use this decorator in a long-running process. Clones share the records.
///
/// ```
/// use user_directory::decorators::{CallOutcome, RecordingUserDirectory};
/// use user_directory::{InMemoryUserDirectory, NewUser, Operation, UserDirectory};
///
/// # tokio_test::block_on(async {
/// let users = RecordingUserDirectory::new(InMemoryUserDirectory::new());
/// let ada = users.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?;
/// users.ban(&ada.id).await?;
///
/// let calls = users.calls();
/// assert_eq!(calls.len(), 2);
/// assert_eq!((calls[1].operation, calls[1].outcome), (Operation::Ban, CallOutcome::Succeeded));
/// assert_eq!(calls[1].user_ids, [ada.id]);
/// assert_eq!(users.times_called(Operation::Delete), 0);
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct RecordingUserDirectory<D> {
    inner: Intercepted<D, Recorder>,
}

impl<D> RecordingUserDirectory<D> {
    /// Wraps `inner` with a decorator that records calls.
    pub fn new(inner: D) -> Self {
        Self { inner: Intercepted::new(inner, Recorder::default()) }
    }

    /// Returns the wrapped directory. Calls to it are not recorded.
    pub fn inner(&self) -> &D {
        self.inner.inner()
    }

    /// Returns the wrapped directory.
    pub fn into_inner(self) -> D {
        self.inner.into_inner()
    }

    /// Returns the recorded calls, in the order in which they began.
    ///
    /// ```
    /// # use user_directory::decorators::RecordingUserDirectory;
    /// # use user_directory::{InMemoryUserDirectory, Operation, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = RecordingUserDirectory::new(InMemoryUserDirectory::new());
    /// users.count(&UserFilter::new()).await?;
    /// let calls: Vec<_> = users.calls().iter().map(ToString::to_string).collect();
    /// assert_eq!(calls, ["count: ok"]);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.records().calls.clone()
    }

    /// Returns the number of recorded calls to `operation`, regardless of their outcome.
    ///
    /// ```
    /// # use user_directory::decorators::RecordingUserDirectory;
    /// # use user_directory::{InMemoryUserDirectory, Operation, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = RecordingUserDirectory::new(InMemoryUserDirectory::new());
    /// users.count(&UserFilter::new()).await?;
    /// assert_eq!((users.times_called(Operation::Count), users.times_called(Operation::List)), (1, 0));
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn times_called(&self, operation: Operation) -> usize {
        self.records().calls.iter().filter(|call| call.operation == operation).count()
    }

    /// Removes all records.
    ///
    /// This includes the records of calls that are still running, so their outcomes are not recorded.
    ///
    /// ```
    /// # use user_directory::decorators::RecordingUserDirectory;
    /// # use user_directory::{InMemoryUserDirectory, NewUser, Operation, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = RecordingUserDirectory::new(InMemoryUserDirectory::new());
    /// let new_user = NewUser::new().email_address("ada@example.com").skip_password_requirement(true);
    /// users.create(&new_user).await?; // Test setup.
    /// users.clear_calls();
    ///
    /// users.count(&UserFilter::new()).await?; // Code under test.
    /// assert_eq!(users.calls().len(), 1);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn clear_calls(&self) {
        let mut records = self.records();
        records.cleared += records.calls.len();
        records.calls.clear();
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.inner.interceptor().records()
    }
}

impl<D: UserDirectory> UserDirectory for RecordingUserDirectory<D> {
    fn forward_to(&self) -> Option<&dyn UserDirectory> {
        Some(&self.inner)
    }
}

#[derive(Debug, Clone, Default)]
struct Recorder(Arc<Mutex<Records>>);

#[derive(Debug, Default)]
struct Records {
    calls: Vec<RecordedCall>,
    /// The number of calls that were removed by `clear_calls`.
    cleared: usize,
}

impl Recorder {
    fn records(&self) -> MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the start of a call, and returns the number of the call.
    fn begin(&self, call: &Call<'_>) -> usize {
        let mut records = self.records();
        records.calls.push(RecordedCall {
            operation: call.operation(),
            user_ids: call.user_ids().to_vec(),
            outcome: CallOutcome::Incomplete,
        });
        records.cleared + records.calls.len() - 1
    }

    /// Records the outcome of a call, unless the call was removed by `clear_calls`.
    fn end(&self, number: usize, outcome: CallOutcome) {
        let mut records = self.records();
        let index = number.checked_sub(records.cleared);
        if let Some(call) = index.and_then(|index| records.calls.get_mut(index)) {
            call.outcome = outcome;
        }
    }
}

impl Interceptor for Recorder {
    async fn intercept<T: OperationOutput>(
        &self,
        call: &Call<'_>,
        next: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let number = self.begin(call);
        let result = next.await;
        let outcome = match &result {
            Ok(_) => CallOutcome::Succeeded,
            Err(error) => CallOutcome::Failed(error.kind()),
        };
        self.end(number, outcome);
        result
    }
}
