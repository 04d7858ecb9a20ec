//! A directory whose `list` calls complete on the second poll.

use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use user_directory::{InMemoryUserDirectory, Result, User, UserDirectory, UserQuery};

#[derive(Debug, Default)]
pub struct Slow {
    pub inner: InMemoryUserDirectory,
    /// The numbers of started and finished `list` calls.
    pub started: AtomicUsize,
    pub finished: AtomicUsize,
    /// The maximum number of concurrent `list` calls.
    pub max_concurrent: AtomicUsize,
}

impl Slow {
    pub fn lists(&self) -> (usize, usize) {
        (self.started.load(Ordering::SeqCst), self.finished.load(Ordering::SeqCst))
    }
}

#[user_directory::async_trait]
impl UserDirectory for Slow {
    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        let started = self.started.fetch_add(1, Ordering::SeqCst) + 1;
        self.max_concurrent.fetch_max(started - self.finished.load(Ordering::SeqCst), Ordering::SeqCst);
        let mut waited = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut waited, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        let result = self.inner.list(query).await;
        self.finished.fetch_add(1, Ordering::SeqCst);
        result
    }

    fn forward_to(&self) -> Option<&dyn UserDirectory> {
        Some(&self.inner)
    }
}
