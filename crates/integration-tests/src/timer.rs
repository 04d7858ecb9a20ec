//! A clock that a test has in its hand.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use user_directory::async_trait;
use user_directory::time::Timer;

/// Its waits are written down, and random waits are a fixed share of the longest.
#[derive(Debug, Clone)]
pub struct TestTimer(Arc<State>);

#[derive(Debug)]
struct State {
    now: watch::Sender<Duration>,
    waits: watch::Sender<Vec<Duration>>,
    passes_by_waiting: bool,
    jitter: Mutex<f64>,
}

impl TestTimer {
    /// Waiting takes no time, and lets it pass.
    pub fn hasty() -> Self {
        Self::new(true)
    }

    /// Time passes only when the test says so.
    pub fn held() -> Self {
        Self::new(false)
    }

    fn new(passes_by_waiting: bool) -> Self {
        let (now, waits) = (watch::Sender::new(Duration::from_secs(1_000)), watch::Sender::default());
        Self(Arc::new(State { now, waits, passes_by_waiting, jitter: Mutex::new(1.0) }))
    }

    pub fn with_jitter(self, share: f64) -> Self {
        *self.0.jitter.lock().unwrap() = share;
        self
    }

    pub fn advance(&self, time: Duration) {
        self.0.now.send_modify(|now| *now += time);
    }

    /// The waits so far, ended or not.
    pub fn waits(&self) -> Vec<Duration> {
        self.0.waits.borrow().clone()
    }

    /// Comes back when there have been so many waits.
    pub async fn until_waits(&self, number: usize) {
        self.0.waits.subscribe().wait_for(|waits| waits.len() >= number).await.unwrap();
    }
}

#[async_trait]
impl Timer for TestTimer {
    fn now(&self) -> Duration {
        *self.0.now.borrow()
    }

    async fn sleep(&self, wait: Duration) {
        let until = self.now() + wait;
        self.0.waits.send_modify(|waits| waits.push(wait));
        if self.0.passes_by_waiting {
            self.advance(wait);
        } else {
            self.0.now.subscribe().wait_for(|now| *now >= until).await.unwrap();
        }
    }

    fn jitter(&self, longest: Duration) -> Duration {
        longest.mul_f64(*self.0.jitter.lock().unwrap())
    }
}
