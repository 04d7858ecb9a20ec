//! Detects runs that only check that a benchmark works.

/// Returns `true` unless the benchmark is run by `cargo bench`, without `--test` and `--list`.
///
/// Cargo passes `--bench` for `cargo bench`, and no option for `cargo test --benches`.
pub fn is_test_run() -> bool {
    let has = |option: &str| std::env::args().any(|argument| argument == option);
    !has("--bench") || has("--test") || has("--list")
}
