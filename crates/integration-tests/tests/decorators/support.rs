//! A directory whose results a test holds back.

use std::sync::Arc;

use tokio::sync::Semaphore;
use user_directory::interceptor::{Call, Intercepted, Interceptor, OperationOutput};
use user_directory::{Operation, Result, UserId};

/// Forwards every call at once, but holds the results of one operation back until the test releases them.
#[derive(Debug, Clone)]
pub struct Hold {
    operation: Operation,
    released: Arc<Semaphore>,
}

impl Hold {
    pub fn around<D>(inner: D, operation: Operation) -> Intercepted<D, Self> {
        Intercepted::new(inner, Self { operation, released: Arc::new(Semaphore::new(0)) })
    }

    /// Releases so many results, of calls before or after this.
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
