//! [`RecordingUserDirectory`] and what it notes.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::directory::UserDirectory;
use crate::error::{ErrorKind, Result};
use crate::model::UserId;
use crate::operation::Operation;

/// A call that a [`RecordingUserDirectory`] passed on.
///
/// ```
/// use user_directory::{InMemoryUserDirectory, RecordingUserDirectory, UserDirectory, UserId};
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
    /// What was asked for.
    pub operation: Operation,
    /// The users whom the call names, in its order: none for `list`, `count` and `create`, any number for a bulk
    /// operation, one otherwise.
    pub user_ids: Vec<UserId>,
    /// What came of it.
    pub outcome: CallOutcome,
}

/// What came of a call.
///
/// ```
/// use user_directory::{CallOutcome, ErrorKind};
///
/// assert_eq!(CallOutcome::Failed(ErrorKind::Timeout).to_string(), "timed out");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallOutcome {
    /// There is no answer: it is still to come, or nobody waited for it.
    Unanswered,
    /// The call succeeded.
    Succeeded,
    /// The call failed, with an error of this kind.
    Failed(ErrorKind),
}

impl fmt::Display for CallOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unanswered => "no answer",
            Self::Succeeded => "ok",
            Self::Failed(kind) => kind.as_str(),
        })
    }
}

/// The call on one line: the operation, the users and the outcome.
impl fmt::Display for RecordedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.operation)?;
        for user_id in &self.user_ids {
            write!(f, " {user_id}")?;
        }
        write!(f, ": {}", self.outcome)
    }
}

/// Notes the calls that it passes on, so that a test can look at them afterwards.
///
/// A mock needs to be told beforehand what will be asked; this is put around a directory that behaves, and asked
/// afterwards. It keeps the operation, the ids of users, the order in which the calls began, and whether each succeeded
/// or with which kind of error it failed. It keeps nothing else of what goes in and out, because that may be secret
/// (passwords, codes, tokens) or personal (identifiers, names, metadata): what was written is read from the directory.
/// A call is noted when its future is first polled, and stays until [`clear_calls`](Self::clear_calls): this is made for
/// tests, and not for a process that runs for long. Clones share the notes.
///
/// ```
/// use user_directory::{
///     CallOutcome, InMemoryUserDirectory, NewUser, Operation, RecordingUserDirectory, UserDirectory,
/// };
///
/// # tokio_test::block_on(async {
/// let users = RecordingUserDirectory::new(InMemoryUserDirectory::new());
/// let ada = users.create(&NewUser::new().username("ada.lovelace")).await?;
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
pub struct RecordingUserDirectory {
    inner: Arc<dyn UserDirectory>,
    notes: Arc<Mutex<Notes>>,
}

#[derive(Debug, Default)]
struct Notes {
    calls: Vec<RecordedCall>,
    /// How many calls were noted before these, and cleared.
    cleared: usize,
}

impl RecordingUserDirectory {
    /// Puts this around a directory.
    pub fn new(inner: impl UserDirectory) -> Self {
        Self { inner: Arc::new(inner), notes: Arc::default() }
    }

    /// The calls so far, in the order in which they began.
    ///
    /// ```
    /// # use user_directory::{InMemoryUserDirectory, Operation, RecordingUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = RecordingUserDirectory::new(InMemoryUserDirectory::new());
    /// users.count(&UserFilter::new()).await?;
    /// let calls: Vec<_> = users.calls().iter().map(ToString::to_string).collect();
    /// assert_eq!(calls, ["count: ok"]);
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.notes().calls.clone()
    }

    /// How many calls of this operation there were so far, whatever came of them.
    ///
    /// ```
    /// # use user_directory::{InMemoryUserDirectory, Operation, RecordingUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = RecordingUserDirectory::new(InMemoryUserDirectory::new());
    /// users.count(&UserFilter::new()).await?;
    /// assert_eq!((users.times_called(Operation::Count), users.times_called(Operation::List)), (1, 0));
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn times_called(&self, operation: Operation) -> usize {
        self.notes().calls.iter().filter(|call| call.operation == operation).count()
    }

    /// Forgets the calls so far, also those whose answer is still to come. The users stay.
    ///
    /// ```
    /// # use user_directory::{InMemoryUserDirectory, Operation, RecordingUserDirectory, UserDirectory, UserFilter};
    /// # tokio_test::block_on(async {
    /// # let users = RecordingUserDirectory::new(InMemoryUserDirectory::new());
    /// users.count(&UserFilter::new()).await?; // what the test needs
    /// users.clear_calls();
    /// // … and what it tests
    /// assert!(users.calls().is_empty());
    /// # Ok::<_, user_directory::Error>(()) }).unwrap();
    /// ```
    pub fn clear_calls(&self) {
        let mut notes = self.notes();
        notes.cleared += notes.calls.len();
        notes.calls.clear();
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn inner(&self) -> &dyn UserDirectory {
        &*self.inner
    }

    async fn note<T>(
        &self,
        operation: Operation,
        user_ids: &[UserId],
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let number =
            self.begin(RecordedCall { operation, user_ids: user_ids.to_vec(), outcome: CallOutcome::Unanswered });
        let result = work.await;
        let outcome = match &result {
            Ok(_) => CallOutcome::Succeeded,
            Err(error) => CallOutcome::Failed(error.kind()),
        };
        self.end(number, outcome);
        result
    }

    fn begin(&self, call: RecordedCall) -> usize {
        let mut notes = self.notes();
        notes.calls.push(call);
        notes.cleared + notes.calls.len() - 1
    }

    fn end(&self, number: usize, outcome: CallOutcome) {
        let mut notes = self.notes();
        let index = number.checked_sub(notes.cleared);
        if let Some(call) = index.and_then(|index| notes.calls.get_mut(index)) {
            call.outcome = outcome;
        }
    }
}

#[deny(clippy::missing_trait_methods)]
impl UserDirectory for RecordingUserDirectory {
    crate::forward_operations!(Self::inner, Self::note);
}
