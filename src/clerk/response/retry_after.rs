//! Parses the `Retry-After` header.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::time::elapsed;

/// The maximum delay. Longer delays are capped at this value.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Returns the longest delay in the headers. Values are seconds or dates, and malformed values are ignored.
pub(super) fn of(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    headers.get_all(RETRY_AFTER).iter().filter_map(|value| wait(value.to_str().ok()?.trim(), now)).max()
}

fn wait(text: &str, now: Timestamp) -> Option<Duration> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let wait = if is_number {
        // A number that is too large for `u64` exceeds the maximum.
        text.parse().map_or(MAX_RETRY_AFTER, Duration::from_secs)
    } else {
        let at = DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()?;
        // For a date in the past, the delay is zero.
        elapsed(now, at)
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-05-12T08:00:00Z".parse().unwrap();
        for (value, seconds) in [
            ("0", Some(0)),
            (" 12 ", Some(12)),
            ("999999999", Some(86_400)),
            ("99999999999999999999999", Some(86_400)),
            ("Tue, 12 May 2026 08:01:30 GMT", Some(90)),
            ("Tue, 12 May 2026 07:00:00 GMT", Some(0)),
            ("Mon, 12 May 2026 08:01:30 GMT", Some(90)),
            ("Wed, 12 May 2027 08:00:00 GMT", Some(86_400)),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
            assert_eq!(of(&headers, now), seconds.map(Duration::from_secs), "{value:?}");
        }
    }
}
