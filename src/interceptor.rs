//! [`Interceptor`] and [`Intercepted`]: one function around every call of a directory.

mod intercepted;
mod output;

use std::fmt::Debug;

pub use intercepted::Intercepted;
pub use output::OperationOutput;

use crate::error::Result;
use crate::model::UserId;
use crate::operation::Operation;

/// A function around every call of a [`UserDirectory`](crate::UserDirectory), for audit logs, metrics, timeouts, access
/// control and the like.
///
/// [`Intercepted`] combines an interceptor with a directory. The interceptor sees the [operation](Call::operation), the
/// [user ids](Call::user_ids) in the call, and the result. If the call succeeded, [`OperationOutput::users`] returns
/// the users in the result. Operations that a later version of this crate adds to the port pass through existing
/// interceptors as well.
///
/// Implement [`intercept`](Self::intercept) as an `async fn`. No attribute is needed. This audit log writes one line
/// for each write, with the id of the user that `create` returned:
///
/// ```
/// use user_directory::interceptor::{Call, Intercepted, Interceptor, OperationOutput};
/// use user_directory::{InMemoryUserDirectory, NewUser, Result, UserDirectory};
///
/// #[derive(Debug)]
/// struct Audit {
///     actor: String,
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
///             println!("{} {} {user_ids:?}: {outcome}", self.actor, call.operation());
///         }
///         result
///     }
/// }
///
/// # tokio_test::block_on(async {
/// let users = Intercepted::new(InMemoryUserDirectory::new(), Audit { actor: "admin@example.com".to_owned() });
/// let ada = users.create(&NewUser::new().username("ada.lovelace")).await?;
/// users.ban(&ada.id).await?;
/// # Ok::<_, user_directory::Error>(()) }).unwrap();
/// ```
///
/// A timeout for every call drops `next` when the time is over:
///
/// ```
/// use std::time::Duration;
/// use user_directory::interceptor::{Call, Interceptor, OperationOutput};
/// use user_directory::{Error, ErrorKind, Result};
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
/// ```
///
/// An interceptor that answers some calls by itself, such as a cache, cannot be written this way, because it cannot
/// create a `T`. Write a wrapper instead: see [Writing a wrapper](crate::UserDirectory#writing-a-wrapper).
///
/// # Testing
///
/// [`Call::new`] and the results of the port are all that a unit test of an interceptor needs:
///
/// ```
/// # use user_directory::interceptor::{Interceptor, OperationOutput};
/// # use user_directory::Result;
/// use user_directory::interceptor::Call;
/// use user_directory::{Error, Operation, User, UserId};
/// # #[derive(Debug)]
/// # struct NoDeletion;
/// # impl Interceptor for NoDeletion {
/// #     async fn intercept<T: OperationOutput>(&self, call: &Call<'_>, next: impl Future<Output = Result<T>> + Send) -> Result<T> {
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
    /// Runs around one call, and returns its result.
    ///
    /// `next` is the call of the directory behind the interceptor. Nothing is called before `next` is awaited. If it is
    /// never awaited, the call does not happen: return an error that names the
    /// [operation](crate::Error::with_operation). If the caller drops the call, this future and `next` are dropped.
    fn intercept<T: OperationOutput>(
        &self,
        call: &Call<'_>,
        next: impl Future<Output = Result<T>> + Send,
    ) -> impl Future<Output = Result<T>> + Send;
}

/// The call that an [`Interceptor`] sees.
///
/// It does not contain the other arguments, which may be secrets or personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<'a> {
    operation: Operation,
    user_ids: &'a [UserId],
}

impl<'a> Call<'a> {
    /// Creates a call, for tests of an interceptor.
    #[must_use]
    pub fn new(operation: Operation, user_ids: &'a [UserId]) -> Self {
        Self { operation, user_ids }
    }

    /// Returns the operation.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Returns the ids of the users that the call names, in order: none for `list`, `count` and `create`, all ids of a
    /// bulk operation, one id for any other operation.
    #[must_use]
    pub fn user_ids(&self) -> &'a [UserId] {
        self.user_ids
    }
}
