//! [`GaveUp`]: the reason why a call is not retried.

/// The reason why a retryable error is not retried. The string values are part of the documented telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GaveUp {
    /// The policy allows no further attempts.
    Attempts,
    /// The retry would start after the deadline.
    Time,
    /// The delay in the `Retry-After` header is longer than the policy allows.
    RetryAfter,
    /// The retry budget is exhausted.
    Budget,
    /// The client-side rate limits or `max_in_flight` would delay the request beyond the timeout.
    Limits,
}

impl GaveUp {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Time => "time",
            Self::RetryAfter => "retry_after",
            Self::Budget => "budget",
            Self::Limits => "limits",
        }
    }
}
