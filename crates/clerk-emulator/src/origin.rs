//! Keeps browsers out that show pages of other origins.
//!
//! A page of any origin can make a browser send requests to this machine. It cannot read the answers, since no answer
//! allows another origin, but a request alone may do harm. And a page whose name is made to lead to this machine
//! (DNS rebinding) counts as the same origin, so only names that nobody else can own are answered to, and those that
//! were allowed.

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

use super::refusal;
use crate::error::Result;

/// Refuses requests of another origin, and those to a name that somebody else may own.
pub(super) fn check(headers: &HeaderMap, allowed_hosts: &[String]) -> Result<()> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(HOST);
    if let Some(origin) = text(ORIGIN) {
        let same = origin.strip_prefix("http://").is_some_and(|origin| Some(origin) == host);
        if !same {
            return Err(refusal::foreign_origin());
        }
    }
    let name = host.map(name_of);
    if name.is_some_and(|name| !is_safe(name) && !allowed_hosts.iter().any(|host| host.eq_ignore_ascii_case(name))) {
        return Err(refusal::unknown_host());
    }
    Ok(())
}

/// A `Host` header without the port.
fn name_of(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

/// Whether nobody can register the name: an address, a name without a dot such as a container's, or one of `localhost`.
fn is_safe(name: &str) -> bool {
    let is_localhost = || name.to_ascii_lowercase().ends_with(".localhost");
    !name.is_empty() && (!name.contains('.') || name.parse::<IpAddr>().is_ok() || is_localhost())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::from_iter([(HOST, host.parse().unwrap())]);
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        check(&headers, &["host.docker.internal".to_owned()]).is_ok()
    }

    #[test]
    fn only_pages_of_its_own_are_answered() {
        assert!(allowed("127.0.0.1:4010", None));
        assert!(allowed("127.0.0.1:4010", Some("http://127.0.0.1:4010")));
        for origin in ["http://evil.example", "http://127.0.0.1:4011", "https://127.0.0.1:4010", "null", ""] {
            assert!(!allowed("127.0.0.1:4010", Some(origin)), "{origin}");
        }
    }

    #[test]
    fn only_names_that_nobody_else_can_own_are_answered() {
        for host in [
            "localhost",
            "LOCALHOST:4010",
            "clerk.localhost:1",
            "127.0.0.1",
            "10.0.0.1:80",
            "[::1]:4010",
            "[::1]",
            "clerk:4010",
            "Host.Docker.Internal:4010",
        ] {
            assert!(allowed(host, None), "{host}");
        }
        for host in
            ["evil.example", "localhost.evil.example:4010", "127.0.0.1.evil.example", "", ":80", "docker.internal"]
        {
            assert!(!allowed(host, None), "{host}");
        }
        assert!(!allowed("evil.example", Some("http://evil.example")));
    }
}
