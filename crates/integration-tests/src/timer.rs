//! A timer that tests control.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use user_directory::async_trait;
use user_directory::time::Timer;

/// A [`Timer`] that records its sleeps and returns a fixed share of the maximum as jitter.
#[derive(Debug, Clone)]
pub struct TestTimer(Arc<State>);

#[derive(Debug)]
struct State {
    now: watch::Sender<Duration>,
    sleeps: watch::Sender<Vec<Duration>>,
    auto_advance: bool,
    jitter: Mutex<f64>,
}

impl TestTimer {
    /// Creates a timer that advances by the duration of each sleep, without waiting.
    pub fn auto_advancing() -> Self {
        Self::new(true)
    }

    /// Creates a timer whose time changes only with [`advance`](Self::advance).
    pub fn manual() -> Self {
        Self::new(false)
    }

    fn new(auto_advance: bool) -> Self {
        let (now, sleeps) = (watch::Sender::new(Duration::from_secs(1_000)), watch::Sender::default());
        Self(Arc::new(State { now, sleeps, auto_advance, jitter: Mutex::new(1.0) }))
    }

    pub fn with_jitter(self, share: f64) -> Self {
        *self.0.jitter.lock().unwrap() = share;
        self
    }

    pub fn advance(&self, time: Duration) {
        self.0.now.send_modify(|now| *now += time);
    }

    /// Returns all sleeps that have started.
    pub fn sleeps(&self) -> Vec<Duration> {
        self.0.sleeps.borrow().clone()
    }

    /// Waits until `number` sleeps have started.
    pub async fn wait_for_sleeps(&self, number: usize) {
        self.0.sleeps.subscribe().wait_for(|sleeps| sleeps.len() >= number).await.unwrap();
    }
}

#[async_trait]
impl Timer for TestTimer {
    fn now(&self) -> Duration {
        *self.0.now.borrow()
    }

    async fn sleep(&self, wait: Duration) {
        let until = self.now() + wait;
        self.0.sleeps.send_modify(|sleeps| sleeps.push(wait));
        if self.0.auto_advance {
            self.advance(wait);
        } else {
            self.0.now.subscribe().wait_for(|now| *now >= until).await.unwrap();
        }
    }

    fn jitter(&self, max: Duration) -> Duration {
        max.mul_f64(*self.0.jitter.lock().unwrap())
    }
}
