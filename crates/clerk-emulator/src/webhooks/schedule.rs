//! [`Schedule`]: the retry schedule.

use std::num::NonZeroU32;
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// The delays before retries, in seconds. Svix, Clerk's webhook provider, uses the same delays.
const WAITS: [u64; 7] = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR];

/// The retry schedule, with all delays divided by a factor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    /// The number by which the delays are divided.
    speed: NonZeroU32,
}

impl Schedule {
    pub(crate) fn new(speed: NonZeroU32) -> Self {
        Self { speed }
    }

    /// Returns the delay after this number of failed attempts, or `None` if no attempts are left.
    pub(super) fn wait_after(self, attempts: usize) -> Option<Duration> {
        let seconds = WAITS.get(attempts.checked_sub(1)?)?;
        Some(Duration::from_secs(*seconds) / self.speed.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(speed: u32) -> Vec<Duration> {
        let schedule = Schedule::new(NonZeroU32::new(speed).unwrap());
        (1..).map_while(|attempts| schedule.wait_after(attempts)).collect()
    }

    #[test]
    fn wait_after_follows_the_schedule_and_divides_it_by_the_speed() {
        assert_eq!(waits(1).iter().map(Duration::as_secs).collect::<Vec<_>>(), WAITS);
        assert_eq!(waits(1).iter().sum::<Duration>(), Duration::from_secs(27 * HOUR + 35 * MINUTE + 5));
        assert_eq!(waits(1000)[0], Duration::from_millis(5));
        assert_eq!(waits(1000)[6], Duration::from_secs(36));
    }
}
