//! [`Timer`]: monotonic time, sleep and jitter.

use std::fmt::Debug;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

/// Measures monotonic time, sleeps, and generates jitter.
///
/// Directories use a [`TokioTimer`] by default. Tests can use a [`FakeTimer`] or a custom implementation:
///
/// ```
/// use std::time::{Duration, Instant};
/// use user_directory::async_trait;
/// use user_directory::time::Timer;
///
/// /// A timer that runs 1,000 times faster than real time.
/// #[derive(Debug)]
/// struct FastTimer(Instant);
///
/// #[async_trait]
/// impl Timer for FastTimer {
///     fn now(&self) -> Duration {
///         self.0.elapsed() * 1000
///     }
///
///     async fn sleep(&self, duration: Duration) {
///         tokio::time::sleep(duration / 1000).await;
///     }
/// }
///
/// # tokio_test::block_on(async {
/// let timer = FastTimer(Instant::now());
/// timer.sleep(Duration::from_secs(20)).await;
/// assert!(timer.now() >= Duration::from_secs(20));
/// # });
/// ```
#[async_trait]
pub trait Timer: Debug + Send + Sync + 'static {
    /// Returns the monotonic time since an arbitrary fixed origin.
    fn now(&self) -> Duration;

    /// Waits until `duration` has elapsed. Dropping the future cancels the wait.
    async fn sleep(&self, duration: Duration);

    /// Returns a duration from zero to `max`.
    ///
    /// The default implementation returns a uniformly distributed random duration.
    fn jitter(&self, max: Duration) -> Duration {
        max.mul_f64(fastrand::f64())
    }
}

/// A timer that uses Tokio's clock, which tests can pause with `tokio::time::pause`.
///
/// `sleep` panics if it is polled outside a Tokio runtime, or in a runtime whose time driver is disabled. The
/// directories in this crate convert this panic to a [`Configuration`](crate::ErrorKind::Configuration) error, as
/// [`on_runtime`](super::on_runtime) does.
#[derive(Debug, Clone)]
pub struct TokioTimer(Instant);

impl TokioTimer {
    /// Creates a timer that starts at zero.
    #[must_use]
    pub fn new() -> Self {
        Self(Instant::now())
    }
}

impl Default for TokioTimer {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Timer for TokioTimer {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A test timer whose `sleep` advances the time without waiting.
///
/// `sleep` yields to other tasks once. `jitter` always returns `max`. Clones share the time and the recorded sleeps.
///
/// A sleep advances the time when it is first polled, even if it is canceled later.
///
/// Do not use this timer for concurrent calls to a `ClerkUserDirectory` with `max_in_flight` or `rate_limits`; use a
/// [`TokioTimer`] instead. A call that waits for another call sleeps until its own deadline. With a `FakeTimer`, that
/// sleep immediately advances the shared time, so both calls can fail.
///
/// ```
/// use std::time::Duration;
/// use user_directory::time::{FakeTimer, Timer};
///
/// # tokio_test::block_on(async {
/// let timer = FakeTimer::new();
/// timer.sleep(Duration::from_secs(3600)).await;
/// timer.sleep(Duration::from_secs(1)).await;
/// assert_eq!(timer.now(), Duration::from_secs(3601));
/// assert_eq!(timer.sleeps(), [Duration::from_secs(3600), Duration::from_secs(1)]);
/// # });
/// ```
#[derive(Debug, Clone, Default)]
pub struct FakeTimer(Arc<Mutex<Vec<Duration>>>);

impl FakeTimer {
    /// Creates a timer that starts at zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the durations of all sleeps, in order.
    #[must_use]
    pub fn sleeps(&self) -> Vec<Duration> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Duration>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Timer for FakeTimer {
    fn now(&self) -> Duration {
        self.lock().iter().fold(Duration::ZERO, |now, sleep| now.saturating_add(*sleep))
    }

    async fn sleep(&self, duration: Duration) {
        self.lock().push(duration);
        yield_once().await;
    }

    fn jitter(&self, max: Duration) -> Duration {
        max
    }
}

async fn yield_once() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn tokio_timer_follows_paused_time() {
        let timer = TokioTimer::new();
        assert_eq!(timer.now(), Duration::ZERO);
        timer.sleep(Duration::from_secs(3)).await;
        assert_eq!(timer.now(), Duration::from_secs(3));
    }

    #[test]
    fn jitter_is_uniformly_distributed() {
        fastrand::seed(7);
        let timer = TokioTimer::new();
        let waits: Vec<_> = (0..10_000).map(|_| timer.jitter(Duration::from_secs(10)).as_secs()).collect();
        for second in 0..10 {
            let number = waits.iter().filter(|wait| **wait == second).count();
            assert!((900..1100).contains(&number), "{number} between {second} and the next");
        }
    }

    #[test]
    fn jitter_never_exceeds_its_maximum() {
        let mut random = fastrand::Rng::with_seed(20_260_512);
        for _ in 0..1_000 {
            let max = Duration::new(random.u64(..) >> random.u32(..64), random.u32(..1_000_000_000));
            assert!(TokioTimer::new().jitter(max) <= max, "{max:?}");
        }
    }
}
