//! Rejects requests from web pages of other origins, and requests to unknown host names.
//!
//! Any web page can make a browser send requests to the emulator. The page cannot read the responses, because the
//! emulator sends no CORS headers, but the requests alone can cause harm.
//!
//! If the host name of a page resolves to the address of the emulator (DNS rebinding), the browser treats the page's
//! requests as same-origin. Therefore, the emulator accepts only configured host names and names that cannot be
//! registered in DNS.

use std::net::IpAddr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Uri};

use tracing::warn;
use user_directory::Result;

use crate::rejection;

/// Rejects requests from other origins, and requests to unknown host names.
///
/// A request names its host in the `Host` header (HTTP/1.1), in the authority of its URI (HTTP/2), or in both. Both
/// names are checked.
pub(crate) fn check(uri: &Uri, headers: &HeaderMap, allowed_hosts: &[String]) -> Result<()> {
    let all = |name| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
    let authority = uri.authority().map(|authority| authority.as_str().rsplit('@').next().unwrap_or_default());
    let hosts = || all(HOST).chain(authority);
    for origin in all(ORIGIN) {
        let same = origin.strip_prefix("http://").is_some_and(|origin| hosts().next() == Some(origin));
        if !same {
            warn!(target: "clerk_emulator", origin, "rejected a request from a web page of another origin");
            return Err(rejection::foreign_origin());
        }
    }
    let is_allowed = |name: &str| is_safe(name) || allowed_hosts.iter().any(|host| host.eq_ignore_ascii_case(name));
    let Some(name) = hosts().map(name_of).find(|name| !is_allowed(name)) else { return Ok(()) };
    // This is logged, because SDKs report only that the request is forbidden.
    warn!(target: "clerk_emulator", host = name, "rejected a request to an unknown host name; allow it with --allow-host");
    Err(rejection::unknown_host())
}

/// Returns the host name in a `Host` header, without the port.
fn name_of(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

/// Returns `true` for a name that cannot be registered in DNS: an IP address, `localhost` or one of its subdomains, or
/// a name without a dot (such as the name of a container).
fn is_safe(name: &str) -> bool {
    let is_localhost = || name.to_ascii_lowercase().ends_with(".localhost");
    !name.is_empty() && (!name.contains('.') || name.parse::<IpAddr>().is_ok() || is_localhost())
}

#[cfg(test)]
mod tests {
    use std::fmt;
    use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

    use tracing::field::Field;
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Level, Metadata, Subscriber};

    use super::*;

    /// Locked by each test in which a request is rejected.
    ///
    /// Without the lock, a test without a subscriber could log the warning for the first time while another test
    /// installs a subscriber. `tracing` may then disable the warning for the whole process.
    static WARNINGS: Mutex<()> = Mutex::new(());

    fn lock_warnings() -> MutexGuard<'static, ()> {
        WARNINGS.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn allowed(host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::from_iter([(HOST, host.parse().unwrap())]);
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        check(&Uri::from_static("/v1/users"), &headers, &["host.docker.internal".to_owned()]).is_ok()
    }

    #[test]
    fn authority_of_http_2_and_each_host_header_are_checked() {
        let _warnings = lock_warnings();
        let allowed = |uri: &'static str, hosts: &[&str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(HOST, host.parse().unwrap());
            }
            check(&Uri::from_static(uri), &headers, &[]).is_ok()
        };
        assert!(allowed("/v1/users", &[]));
        assert!(allowed("http://localhost:4010/v1/users", &[]));
        assert!(allowed("http://localhost:4010/v1/users", &["127.0.0.1"]));
        for uri in ["http://evil.example/v1/users", "http://localhost@evil.example/v1/users"] {
            assert!(!allowed(uri, &[]), "{uri}");
            assert!(!allowed(uri, &["localhost"]), "{uri}");
        }
        assert!(!allowed("http://localhost/v1/users", &["evil.example"]));
        assert!(!allowed("/v1/users", &["localhost", "evil.example"]));
    }

    #[test]
    fn requests_of_other_origins_are_rejected() {
        let _warnings = lock_warnings();
        assert!(allowed("127.0.0.1:4010", None));
        assert!(allowed("127.0.0.1:4010", Some("http://127.0.0.1:4010")));
        for origin in ["http://evil.example", "http://127.0.0.1:4011", "https://127.0.0.1:4010", "null", ""] {
            assert!(!allowed("127.0.0.1:4010", Some(origin)), "{origin}");
        }
    }

    /// Collects the fields of log events.
    #[derive(Default)]
    struct Log(Arc<Mutex<Vec<String>>>);

    impl Subscriber for Log {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() == Level::WARN
        }

        fn event(&self, event: &Event<'_>) {
            let mut log = self.0.lock().unwrap();
            event.record(&mut |field: &Field, value: &dyn fmt::Debug| log.push(format!("{field}={value:?} ")));
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn rejected_host_is_logged_as_a_warning_with_the_remedy() {
        let _warnings = lock_warnings();
        let text = Arc::new(Mutex::new(Vec::new()));
        tracing::subscriber::with_default(Log(Arc::clone(&text)), || {
            assert!(allowed("clerk:4010", None));
            assert!(!allowed("clerk.default.svc.cluster.local:4010", None));
        });
        let text = text.lock().unwrap().concat();
        assert!(text.contains("clerk.default.svc.cluster.local") && text.contains("--allow-host"), "{text}");
        assert_eq!(text.matches("message=").count(), 1, "{text}");
    }

    #[test]
    fn unknown_host_names_are_rejected() {
        let _warnings = lock_warnings();
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
