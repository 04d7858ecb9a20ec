//! The resident memory of a process.

/// Returns the resident memory of this process, or 0 if the system does not report it.
#[allow(dead_code, reason = "some benchmarks measure another process")]
pub fn resident_bytes() -> u64 {
    resident_bytes_of("self")
}

/// Returns the resident memory of the process with this id, or 0 if the system does not report it.
pub fn resident_bytes_of(process: impl std::fmt::Display) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
