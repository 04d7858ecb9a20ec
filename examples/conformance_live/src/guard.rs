//! [`Guard`]: limits and records the users that a run creates.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use user_directory::interceptor::{Call, Intercepted, Interceptor, OperationOutput};
use user_directory::{Error, ErrorKind, Operation, Result, UserDirectory, UserId};

use crate::clean_up::delete;

/// The maximum number of users in a development instance.
pub const MAX_USERS: u64 = 100;

/// The number of users that a run may create at the same time.
pub const NEEDED_USERS: u64 = 60;

/// An interceptor that records created users, rejects `create` above the limit, and can stop all calls except `delete`.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    created: BTreeSet<UserId>,
    /// The number of `create` calls in flight.
    creating: usize,
    stopped: bool,
}

impl Guard {
    /// Wraps a directory.
    pub fn around<D: UserDirectory>(&self, directory: D) -> Intercepted<D, Self> {
        Intercepted::new(directory, self.clone())
    }

    /// Makes all calls fail, except `delete`. Calls in flight are completed.
    pub fn stop(&self) {
        self.state().stopped = true;
    }

    pub fn is_stopped(&self) -> bool {
        self.state().stopped
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks whether a call is allowed, and reserves a place for a new user.
    fn begin(&self, operation: Operation) -> Result<Option<Place>> {
        let mut state = self.state();
        if state.stopped && operation != Operation::Delete {
            let error = Error::new(ErrorKind::Unavailable).with_nothing_changed().with_operation(operation);
            return Err(error.with_message("the run was stopped"));
        }
        if operation != Operation::Create {
            return Ok(None);
        }
        if (state.created.len() + state.creating) as u64 >= NEEDED_USERS {
            // The suite then reports the behavior as not applicable.
            let message = format!("a run has at most {NEEDED_USERS} users at the same time");
            return Err(Error::unsupported(operation).with_message(message));
        }
        state.creating += 1;
        Ok(Some(Place { guard: self.clone() }))
    }

    /// Deletes all users that were created through this guard and still exist.
    ///
    /// Returns the ids of the users that could not be deleted.
    pub async fn delete_created(&self, directory: &dyn UserDirectory) -> Vec<UserId> {
        let created: Vec<_> = self.state().created.iter().cloned().collect();
        let mut remaining = Vec::new();
        for id in created {
            if delete(directory, &id).await.is_err() {
                remaining.push(id);
                continue;
            }
            self.state().created.remove(&id);
        }
        remaining
    }
}

/// The place of a `create` call in flight. It is released when the call ends or is canceled.
struct Place {
    guard: Guard,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.guard.state().creating -= 1;
    }
}

impl Interceptor for Guard {
    async fn intercept<T: OperationOutput>(
        &self,
        call: &Call<'_>,
        next: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let place = self.begin(call.operation())?;
        let result = next.await;
        match (call.operation(), &result) {
            (Operation::Create, Ok(output)) => {
                self.state().created.extend(output.users().iter().map(|user| user.id.clone()));
            }
            (Operation::Delete, Ok(_)) => call.user_ids().iter().for_each(|id| {
                self.state().created.remove(id);
            }),
            _ => {}
        }
        drop(place);
        result
    }
}
