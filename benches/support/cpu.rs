//! The CPU time of a thread, which excludes other load on the machine.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Returns the CPU time of this thread, including kernel time, or the wall time if the system does not report it.
pub fn thread_time() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    // The kernel updates the value when it schedules the thread. Otherwise, the value may be some milliseconds old.
    std::thread::yield_now();
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = line.split(' ').next().and_then(|nanos| nanos.parse().ok());
    nanos.map_or_else(|| START.elapsed(), Duration::from_nanos)
}
