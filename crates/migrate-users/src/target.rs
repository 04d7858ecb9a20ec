//! The directory that the environment names: Clerk, or an emulator of it.

use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use user_directory::{ClerkBuilder, RateLimits, RetryPolicy, UserDirectory};

use crate::Failure;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Limits {
    /// Those that the service documents for the kind of the key
    Key,
    /// 100 requests in 10 seconds
    Development,
    /// 1000 requests in 10 seconds
    Production,
    /// None: the service says when it is too much
    Off,
}

impl Limits {
    fn rate_limits(self) -> Option<RateLimits> {
        let limits = RateLimits::default();
        match self {
            Self::Key => Some(limits),
            Self::Development => Some(RateLimits { production: limits.development, ..limits }),
            Self::Production => Some(RateLimits { development: limits.production, ..limits }),
            Self::Off => None,
        }
    }
}

/// The directory of `CLERK_SECRET_KEY` and `CLERK_API_URL`, with the patience of a job at night.
pub fn from_env(limits: Limits, concurrency: usize) -> Result<Arc<dyn UserDirectory>, Failure> {
    let patient = RetryPolicy::default()
        .attempts(8)
        .total_time(Duration::from_secs(120))
        .longest_retry_after(Duration::from_secs(60))
        .budget_percent(700);
    let mut builder =
        ClerkBuilder::from_env()?.retry(patient).timeout(Duration::from_secs(150)).max_in_flight(concurrency);
    if let Some(limits) = limits.rate_limits() {
        builder = builder.rate_limits(limits);
    }
    Ok(Arc::new(builder.build()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_the_key_or_of_a_kind_of_key() {
        let of = |limits: Limits| limits.rate_limits().map(|limits| (limits.development, limits.production));
        assert_eq!(of(Limits::Key), Some((100, 1000)));
        assert_eq!(of(Limits::Development), Some((100, 100)));
        assert_eq!(of(Limits::Production), Some((1000, 1000)));
        assert_eq!(of(Limits::Off), None);
    }
}
