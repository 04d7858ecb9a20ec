//! The CPU time of a thread, which excludes other load on the machine.

use std::time::Duration;

/// Returns the CPU time of this thread, including kernel time. Supported on Linux only.
pub fn thread_time() -> Duration {
    // The kernel updates the value when it schedules the thread. Otherwise, the value may be some milliseconds old.
    std::thread::yield_now();
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").expect("/proc is available");
    let nanos = line.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.expect("the first field is a number"))
}
