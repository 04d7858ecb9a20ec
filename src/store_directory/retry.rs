//! Retries writes that conflict with concurrent writes.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::time::{Timer, sleep};

/// The number of retries without a delay. If the conflicting write is in the same process, it has already ended when
/// the conflict is detected.
const IMMEDIATE_RETRIES: u32 = 8;
const INITIAL_BACKOFF: Duration = Duration::from_millis(2);
const MAX_BACKOFF: Duration = Duration::from_millis(100);

/// The state of the retries of one write.
pub(crate) struct Retries<'a> {
    timer: &'a dyn Timer,
    timeout: Duration,
    count: u32,
    /// The time of the first conflict. It is not set earlier, so that a write without a conflict does not read the
    /// timer.
    started: Option<Duration>,
}

impl<'a> Retries<'a> {
    pub(crate) fn new(timer: &'a dyn Timer, timeout: Duration) -> Self {
        Self { timer, timeout, count: 0, started: None }
    }

    /// Waits before the next attempt. Returns an error if the timeout has passed or the runtime has no time driver.
    pub(crate) async fn wait(&mut self) -> Result<()> {
        let now = self.timer.now();
        let started = *self.started.get_or_insert(now);
        if now.saturating_sub(started) >= self.timeout {
            let message = "concurrent writes kept conflicting until the retry timeout elapsed";
            return Err(Error::new(ErrorKind::Locked).with_message(message));
        }
        if let Some(doublings) = self.count.checked_sub(IMMEDIATE_RETRIES) {
            let backoff = INITIAL_BACKOFF.saturating_mul(1 << doublings.min(16)).min(MAX_BACKOFF);
            sleep(self.timer, self.timer.jitter(backoff)).await?;
        }
        self.count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{FakeTimer, TokioTimer};

    #[tokio::test]
    async fn waits_grow_until_the_timeout() {
        let timer = FakeTimer::new();
        let mut retries = Retries::new(&timer, Duration::from_secs(1));
        let mut count = 0;
        let error = loop {
            match retries.wait().await {
                Ok(()) => count += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Locked);
        assert!(error.is_retryable() && !error.is_outcome_unknown());
        let sleeps = timer.sleeps();
        assert_eq!(count, sleeps.len() + IMMEDIATE_RETRIES as usize);
        assert_eq!(sleeps[..4], [2, 4, 8, 16].map(Duration::from_millis));
        assert_eq!(*sleeps.last().unwrap(), MAX_BACKOFF);
        assert!(sleeps.iter().sum::<Duration>() < Duration::from_millis(1100));
    }

    #[test]
    fn wait_without_a_time_driver_is_a_configuration_error() {
        let timer = TokioTimer::new();
        let mut retries = Retries::new(&timer, Duration::from_secs(60));
        let failed = async {
            loop {
                if let Err(error) = retries.wait().await {
                    break error;
                }
            }
        };
        let error = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(failed);
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(!error.is_outcome_unknown());
        assert_eq!(retries.count, IMMEDIATE_RETRIES);
    }
}
