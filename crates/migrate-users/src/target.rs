//! Connects to Clerk or an emulator, as configured by the environment.

use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use user_directory::UserDirectory;
use user_directory::clerk::{ClerkBuilder, RateLimits, RetryPolicy};

use crate::Failure;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Limits {
    /// The documented limits for the type of the key
    Key,
    /// 100 requests in 10 seconds
    Development,
    /// 1000 requests in 10 seconds
    Production,
    /// No client-side limits
    Off,
}

impl Limits {
    fn rate_limits(self) -> Option<RateLimits> {
        let limits = RateLimits::default();
        match self {
            Self::Key => Some(limits),
            Self::Development => Some(limits.production(100)),
            Self::Production => Some(limits.development(1000)),
            Self::Off => None,
        }
    }
}

/// Connects to `CLERK_API_URL` with `CLERK_SECRET_KEY`, with timeouts and retries for a batch job.
pub fn from_env(limits: Limits, concurrency: usize) -> Result<Arc<dyn UserDirectory>, Failure> {
    let policy = RetryPolicy::default()
        .attempts(8)
        .retry_timeout(Duration::from_secs(120))
        .max_retry_after(Duration::from_secs(60))
        .budget_percent(700);
    let mut builder =
        ClerkBuilder::from_env()?.retry(policy).timeout(Duration::from_secs(150)).max_in_flight(concurrency);
    if let Some(limits) = limits.rate_limits() {
        builder = builder.rate_limits(limits);
    }
    Ok(Arc::new(builder.build()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_limits_depend_on_the_option_or_the_key() {
        let default = RateLimits::default();
        assert_eq!(Limits::Key.rate_limits(), Some(default));
        assert_eq!(Limits::Development.rate_limits(), Some(default.production(100).development(100)));
        assert_eq!(Limits::Production.rate_limits(), Some(default.production(1000).development(1000)));
        assert_eq!(Limits::Off.rate_limits(), None);
    }
}
