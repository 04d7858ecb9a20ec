//! Medians and percentiles.

/// Returns the median.
#[allow(dead_code, reason = "some benchmarks only need percentiles")]
pub fn median(values: Vec<f64>) -> f64 {
    percentile(values, 50)
}

/// Returns the smallest value that is at least as large as this percentage of the values.
pub fn percentile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) * percent / 100]
}
