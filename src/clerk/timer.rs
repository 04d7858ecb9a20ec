//! [`Timer`]: how a directory tells the time, waits and throws dice.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

/// How a [`ClerkUserDirectory`](crate::ClerkUserDirectory) tells the time, waits, and draws the waits between attempts.
///
/// The default is tokio's clock. A test passes one of its own to [`ClerkBuilder::timer`](crate::ClerkBuilder::timer),
/// so that it waits for nothing:
///
/// ```
/// use std::sync::Mutex;
/// use std::time::Duration;
/// use user_directory::{ClerkUserDirectory, SecretKey, Timer, async_trait};
///
/// /// Time passes only by waiting, and waiting takes no time.
/// #[derive(Default)]
/// struct Impatient(Mutex<Duration>);
///
/// #[async_trait]
/// impl Timer for Impatient {
///     fn now(&self) -> Duration {
///         *self.0.lock().unwrap()
///     }
///
///     async fn sleep(&self, wait: Duration) {
///         *self.0.lock().unwrap() += wait;
///     }
///
///     fn jitter(&self, longest: Duration) -> Duration {
///         longest
///     }
/// }
///
/// let directory = ClerkUserDirectory::builder(SecretKey::new("sk_test_123")?).timer(Impatient::default()).build()?;
/// # Ok::<(), user_directory::Error>(())
/// ```
#[async_trait]
pub trait Timer: Send + Sync {
    /// How long ago some moment was that stays the same for this timer. It never gets less.
    fn now(&self) -> Duration;

    /// Comes back after this long. Dropping the future ends the wait.
    async fn sleep(&self, wait: Duration);

    /// A random time between zero and `longest`, each as likely as the other.
    fn jitter(&self, longest: Duration) -> Duration {
        longest.mul_f64(fastrand::f64())
    }
}

/// Tokio's clock, counted from when the directory was built.
pub(super) struct TokioTimer(Instant);

impl TokioTimer {
    pub(super) fn new() -> Self {
        Self(Instant::now())
    }
}

#[async_trait]
impl Timer for TokioTimer {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_the_clock_of_tokio() {
        let timer = TokioTimer::new();
        assert_eq!(timer.now(), Duration::ZERO);
        timer.sleep(Duration::from_secs(3)).await;
        assert_eq!(timer.now(), Duration::from_secs(3));
    }

    #[test]
    fn every_wait_is_as_likely_as_the_other() {
        fastrand::seed(7);
        let timer = TokioTimer::new();
        let waits: Vec<_> = (0..10_000).map(|_| timer.jitter(Duration::from_secs(10)).as_secs()).collect();
        for second in 0..10 {
            let number = waits.iter().filter(|wait| **wait == second).count();
            assert!((900..1100).contains(&number), "{number} between {second} and the next");
        }
    }

    #[test]
    fn a_random_wait_is_never_longer_than_it_may_be() {
        let mut random = fastrand::Rng::with_seed(20_260_512);
        for _ in 0..1_000 {
            let longest = Duration::new(random.u64(..) >> random.u32(..64), random.u32(..1_000_000_000));
            assert!(TokioTimer::new().jitter(longest) <= longest, "{longest:?}");
        }
    }
}
