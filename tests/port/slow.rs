//! A directory whose lists take a while: each is asked for when it is polled for the second time.

use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use user_directory::{InMemoryUserDirectory, Result, User, UserDirectory, UserQuery};

#[derive(Debug, Default)]
pub struct Slow {
    pub inner: InMemoryUserDirectory,
    /// How many lists were begun, and how many were finished.
    pub begun: AtomicUsize,
    pub finished: AtomicUsize,
    /// The most lists that were on their way at a time.
    pub most: AtomicUsize,
}

impl Slow {
    pub fn lists(&self) -> (usize, usize) {
        (self.begun.load(Ordering::SeqCst), self.finished.load(Ordering::SeqCst))
    }
}

#[user_directory::async_trait]
impl UserDirectory for Slow {
    async fn list(&self, query: &UserQuery) -> Result<Vec<User>> {
        let begun = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(begun - self.finished.load(Ordering::SeqCst), Ordering::SeqCst);
        let mut waited = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut waited, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        let answer = self.inner.list(query).await;
        self.finished.fetch_add(1, Ordering::SeqCst);
        answer
    }

    fn forward_to(&self) -> Option<&dyn UserDirectory> {
        Some(&self.inner)
    }
}
