//! The time that the processor spends on the work of one thread: what others do on the same machine does not count.

use std::time::Duration;

/// How long this thread has run on a processor, the kernel's work for it included. Known on Linux alone.
pub fn of_this_thread() -> Duration {
    // The kernel counts when it schedules; without this the count may be some milliseconds old.
    std::thread::yield_now();
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells");
    let nanos = line.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.expect("the first number is a time"))
}
