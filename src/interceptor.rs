//! Interceptors, which run code around every directory call: [`Interceptor`] and [`Intercepted`].

mod intercepted;
mod output;

use std::fmt::Debug;

pub use intercepted::Intercepted;
pub use output::OperationOutput;

use crate::error::Result;
use crate::model::UserId;
use crate::operation::Operation;

/// Code that runs around every call to a [`UserDirectory`](crate::UserDirectory).
///
/// Use interceptors for audit logs, metrics, timeouts and access control. [`Intercepted`] combines an interceptor with
/// a directory.
///
/// An interceptor receives the [operation](Call::operation), the [user ids](Call::user_ids) in the arguments, and the
/// result. [`OperationOutput::users`] returns the users in a successful result. Operations added in later versions of
/// this crate also pass through existing interceptors.
///
/// Implement [`intercept`](Self::intercept) as an `async fn`, without `#[async_trait]`. This interceptor writes an
/// audit log with one line per completed write. Each line contains the user ids in the arguments and in the result:
///
/// ```
/// use std::sync::Mutex;
/// use user_directory::interceptor::{Call, Intercepted, Interceptor, OperationOutput};
/// use user_directory::{InMemoryUserDirectory, NewUser, Result, UserDirectory};
///
/// #[derive(Debug, Default)]
/// struct Audit {
///     lines: Mutex<Vec<String>>,
/// }
///
/// impl Interceptor for Audit {
///     async fn intercept<T: OperationOutput>(
///         &self,
///         call: &Call<'_>,
///         next: impl Future<Output = Result<T>> + Send,
///     ) -> Result<T> {
///         let result = next.await;
///         if !call.operation().is_read_only() {
///             let outcome = result.as_ref().map_or_else(|error| error.kind().as_str(), |_| "ok");
///             let returned = result.iter().flat_map(|output| output.users()).map(|user| &user.id);
///             let user_ids: Vec<_> = call.user_ids().iter().chain(returned).collect();
///             let line = format!("{} {user_ids:?}: {outcome}", call.operation());
///             self.lines.lock().unwrap().push(line);
///         }
///         result
///     }
/// }
///
/// # tokio_test::block_on(async {
/// let users = Intercepted::new(InMemoryUserDirectory::new(), Audit::default());
/// let ada = users.create(&NewUser::new().email_address("ada@example.com").skip_password_requirement(true)).await?;
/// users.get(&ada.id).await?;
/// users.delete(&ada.id).await?;
///
/// let id = &ada.id;
/// let lines = users.interceptor().lines.lock().unwrap();
/// assert_eq!(*lines, [format!("create [{id:?}]: ok"), format!("delete [{id:?}]: ok")]);
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
///
/// This interceptor drops `next` when a timeout elapses:
///
/// ```
/// use std::time::Duration;
/// use user_directory::decorators::{Fault, FaultyUserDirectory};
/// use user_directory::interceptor::{Call, Intercepted, Interceptor, OperationOutput};
/// use user_directory::{Error, ErrorKind, InMemoryUserDirectory, Result, UserDirectory, UserFilter};
///
/// #[derive(Debug)]
/// struct Timeout(Duration);
///
/// impl Interceptor for Timeout {
///     async fn intercept<T: OperationOutput>(
///         &self,
///         call: &Call<'_>,
///         next: impl Future<Output = Result<T>> + Send,
///     ) -> Result<T> {
///         let timed_out = |_| Err(Error::new(ErrorKind::Timeout).with_operation(call.operation()));
///         tokio::time::timeout(self.0, next).await.unwrap_or_else(timed_out)
///     }
/// }
///
/// # tokio_test::block_on(async {
/// let unresponsive = FaultyUserDirectory::new(InMemoryUserDirectory::new());
/// unresponsive.add_fault(Fault::no_response());
/// let users = Intercepted::new(unresponsive, Timeout(Duration::from_millis(1)));
/// assert!(users.count(&UserFilter::new()).await.unwrap_err().is_timeout());
/// # });
/// ```
///
/// An interceptor can replace the result with an error, but not with another value. To return another value, such as a
/// cached user, implement a [wrapper](crate::UserDirectory#writing-a-wrapper).
///
/// # Testing
///
/// An interceptor can be unit-tested without a directory, because the test can create the call and the result. In this
/// example, `NoDeletion` is an interceptor that rejects `delete`:
///
/// ```
/// # use user_directory::interceptor::{Interceptor, OperationOutput};
/// # use user_directory::Result;
/// use user_directory::interceptor::Call;
/// use user_directory::{Error, Operation, User, UserId};
/// # #[derive(Debug)]
/// # struct NoDeletion;
/// # impl Interceptor for NoDeletion {
/// #     async fn intercept<T: OperationOutput>(
/// #         &self,
/// #         call: &Call<'_>,
/// #         next: impl Future<Output = Result<T>> + Send,
/// #     ) -> Result<T> {
/// #         if call.operation() == Operation::Delete { Err(Error::unsupported(call.operation())) } else { next.await }
/// #     }
/// # }
///
/// # tokio_test::block_on(async {
/// let ids = [UserId::new("user_1")?];
/// let next = async { Ok(User::new(ids[0].clone())) };
/// assert!(NoDeletion.intercept(&Call::new(Operation::Get, &ids), next).await.is_ok());
///
/// let next = async { panic!("the call must not reach the directory") };
/// let result: Result<User> = NoDeletion.intercept(&Call::new(Operation::Delete, &ids), next).await;
/// assert!(result.unwrap_err().is_unsupported());
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub trait Interceptor: Debug + Send + Sync + 'static {
    /// Runs code around one call and returns the call's result.
    ///
    /// Awaiting `next` calls the wrapped directory. To reject the call, return an error that contains the
    /// [operation](crate::Error::with_operation), without awaiting `next`. If the caller cancels the call by
    /// dropping its future, both `next` and the future returned by this method are dropped.
    fn intercept<T: OperationOutput>(
        &self,
        call: &Call<'_>,
        next: impl Future<Output = Result<T>> + Send,
    ) -> impl Future<Output = Result<T>> + Send;
}

/// The operation and user ids of a call, as passed to an [`Interceptor`].
///
/// Other arguments are omitted, because they can contain secrets or personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<'a> {
    operation: Operation,
    user_ids: &'a [UserId],
}

impl<'a> Call<'a> {
    /// Creates a call for testing an interceptor.
    #[must_use]
    pub fn new(operation: Operation, user_ids: &'a [UserId]) -> Self {
        Self { operation, user_ids }
    }

    /// Returns the operation.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Returns the user ids in the arguments of the call, in order.
    ///
    /// Bulk operations have 1 to 50 user ids. `list`, `count` and `create` have none. All other operations have one.
    /// Ids in filters are not included.
    #[must_use]
    pub fn user_ids(&self) -> &'a [UserId] {
        self.user_ids
    }
}
