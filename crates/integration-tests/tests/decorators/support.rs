//! A directory whose results are delayed until a test releases them.

use std::sync::Arc;

use tokio::sync::Semaphore;
use user_directory::interceptor::{Call, Intercepted, Interceptor, OperationOutput};
use user_directory::{Operation, Result, UserId};

/// Forwards every call immediately, but delays the results of one operation until the test releases them.
#[derive(Debug, Clone)]
pub struct Hold {
    operation: Operation,
    released: Arc<Semaphore>,
}

impl Hold {
    pub fn around<D>(inner: D, operation: Operation) -> Intercepted<D, Self> {
        Intercepted::new(inner, Self { operation, released: Arc::new(Semaphore::new(0)) })
    }

    /// Releases this many results, of current or later calls.
    pub fn release(&self, results: usize) {
        self.released.add_permits(results);
    }
}

impl Interceptor for Hold {
    async fn intercept<T: OperationOutput>(
        &self,
        call: &Call<'_>,
        next: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let result = next.await;
        if call.operation() == self.operation {
            self.released.acquire().await.unwrap().forget();
        }
        result
    }
}

pub fn id(id: &str) -> UserId {
    UserId::new(id).unwrap()
}
