//! A directory whose answers a test holds back.

use std::sync::Arc;

use tokio::sync::Semaphore;
use user_directory::{Operation, Result, UserDirectory, UserId};

/// Does the work at once, but holds the answers to one operation back until the test releases them.
#[derive(Debug, Clone)]
pub struct Held {
    inner: Arc<dyn UserDirectory>,
    operation: Operation,
    released: Arc<Semaphore>,
}

impl Held {
    pub fn new(inner: impl UserDirectory, operation: Operation) -> Self {
        Self { inner: Arc::new(inner), operation, released: Arc::new(Semaphore::new(0)) }
    }

    /// Lets so many answers go, of calls before or after this.
    pub fn release(&self, answers: usize) {
        self.released.add_permits(answers);
    }

    fn inner(&self) -> &dyn UserDirectory {
        &*self.inner
    }

    async fn hold<T>(
        &self,
        operation: Operation,
        _user_ids: &[UserId],
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let result = work.await;
        if operation == self.operation {
            self.released.acquire().await.unwrap().forget();
        }
        result
    }
}

impl UserDirectory for Held {
    user_directory::forward_operations!(Self::inner, Self::hold);
}

pub fn id(id: &str) -> UserId {
    UserId::new(id).unwrap()
}
