//! Which browsers are answered: none that shows a page of somebody else's.
//!
//! A page of any origin can make a browser send requests to this machine. It cannot read the answers, since no answer
//! allows another origin, but a request alone may do harm. And a page whose name is made to lead to this machine
//! (DNS rebinding) counts as the same origin, so a server on the loopback interface answers to local names only.

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

use super::refusal;
use crate::error::Result;

/// Refuses requests of another origin, and with `local_only` those to a name that is not this machine's.
pub(super) fn check(headers: &HeaderMap, local_only: bool) -> Result<()> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(HOST);
    if let Some(origin) = text(ORIGIN) {
        let same = origin.strip_prefix("http://").is_some_and(|origin| Some(origin) == host);
        if !same {
            return Err(refusal::foreign_origin());
        }
    }
    if local_only && !host.is_none_or(is_local) {
        return Err(refusal::foreign_origin());
    }
    Ok(())
}

/// Whether a `Host` header names this machine itself.
fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_localhost =
        |name: &str| name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost");
    is_localhost(name) || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(host: &str, origin: Option<&str>, local_only: bool) -> bool {
        let mut headers = HeaderMap::from_iter([(HOST, host.parse().unwrap())]);
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        check(&headers, local_only).is_ok()
    }

    #[test]
    fn only_pages_of_its_own_are_answered() {
        assert!(allowed("127.0.0.1:4010", None, true));
        assert!(allowed("127.0.0.1:4010", Some("http://127.0.0.1:4010"), true));
        for origin in ["http://evil.example", "http://127.0.0.1:4011", "https://127.0.0.1:4010", "null", ""] {
            assert!(!allowed("127.0.0.1:4010", Some(origin), true), "{origin}");
        }
    }

    #[test]
    fn on_the_loopback_interface_only_local_names_are_answered() {
        for host in
            ["localhost", "LOCALHOST:4010", "clerk.localhost:1", "127.0.0.1", "127.9.9.9:80", "[::1]:4010", "[::1]"]
        {
            assert!(allowed(host, None, true), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:4010", "10.0.0.1", "0.0.0.0", "", "[::2]:1"] {
            assert!(!allowed(host, None, true), "{host}");
            assert!(allowed(host, None, false), "{host}");
        }
    }
}
