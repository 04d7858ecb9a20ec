//! Error statuses of the API and of proxies, redirects, and `Retry-After` values.

use std::net::SocketAddr;

use user_directory::ErrorKind;

use crate::fault::{Fault, Outcome};
use crate::server::response;
use integration_tests::fixture;

const API_ERROR: &str = r#"{"errors":[{"code":"a_code","message":"ada@example.com","long_message":"Lovelace",
    "meta":{"param_name":"email_address","value":"ada@example.com"}}]}"#;
const DAY: u64 = 24 * 60 * 60;

/// Returns the faults. `other_host` must not receive a request.
pub fn faults(other_host: SocketAddr) -> Vec<Fault> {
    let mut faults = client_errors();
    faults.extend(server_errors());
    faults.extend(redirects(other_host));
    faults.extend(retry_after_values());
    faults
}

fn api_error(status: u16, outcome: Outcome) -> Fault {
    Fault::response(format!("{status} from the API"), response(&status.to_string(), &[], API_ERROR), outcome).details(1)
}

fn proxy_error(status: u16, outcome: Outcome) -> Fault {
    let html = response(&status.to_string(), &["content-type: text/html"], fixture("errors/proxy.html"));
    Fault::response(format!("{status} from a proxy"), html, outcome).details(0)
}

fn client_errors() -> Vec<Fault> {
    use ErrorKind::{
        Conflict, Forbidden, InvalidInput, Locked, NotFound, PaymentRequired, Unauthenticated, Unexpected,
    };
    let rejected = Outcome::rejected;
    let ten = (0..10).map(|number| format!(r#"{{"code":"code_{number}"}}"#)).collect::<Vec<_>>().join(",");
    let ten = format!(r#"{{"errors":[{ten}]}}"#);
    let json = |name: &str, status: u16, body: &str, outcome| {
        Fault::response(name, response(&status.to_string(), &["content-type: application/json"], body), outcome)
    };
    let mut faults: Vec<_> = [
        (400, InvalidInput),
        (401, Unauthenticated),
        (402, PaymentRequired),
        (403, Forbidden),
        (404, NotFound),
        (405, Unexpected),
        (409, Conflict),
        (410, NotFound),
        (413, InvalidInput),
        (415, InvalidInput),
        (422, InvalidInput),
        (426, Unexpected),
    ]
    .map(|(status, kind)| api_error(status, rejected(kind, status)))
    .into();
    faults.extend(
        [
            (401, Unauthenticated),
            (403, Forbidden),
            // Only a response from the API proves that a user does not exist.
            (404, Unexpected),
            (410, Unexpected),
            (407, Unexpected),
            (413, InvalidInput),
            (418, Unexpected),
        ]
        .map(|(status, kind)| proxy_error(status, rejected(kind, status))),
    );
    faults.extend([
        api_error(423, Outcome::retryable(Locked, 423)),
        json("409 with resource_locked", 409, &fixture("errors/resource_locked.json"), Outcome::retryable(Locked, 409)),
        json("422 with ten errors", 422, &ten, rejected(InvalidInput, 422)).details(10),
        json("422 with identifier_exists", 422, &fixture("errors/identifier_exists.json"), rejected(Conflict, 422)),
        json("404 from another service", 404, r#"{"errors":[{"detail":"no route"}]}"#, rejected(Unexpected, 404)),
        json(
            "404 from another service, errors are strings",
            404,
            r#"{"errors":["no route"]}"#,
            rejected(Unexpected, 404),
        ),
        api_error(408, Outcome::TIMEOUT.status(408)),
    ]);
    faults
}

fn server_errors() -> Vec<Fault> {
    let mut faults = Vec::new();
    for status in [500, 501, 505, 507, 525, 599] {
        faults.push(proxy_error(status, Outcome::failed(status)));
    }
    for status in [502, 503, 504, 520, 521, 522, 523, 524] {
        faults.push(proxy_error(status, Outcome::unavailable(status)));
    }
    faults.push(api_error(500, Outcome::failed(500)));
    faults.push(api_error(503, Outcome::unavailable(503)));
    // Invalid statuses, which clients should treat as server errors (RFC 9110, section 15).
    for status in [600, 999] {
        faults.push(proxy_error(status, Outcome::failed(status)));
    }
    faults
}

fn redirects(other_host: SocketAddr) -> Vec<Fault> {
    let moved = |name: String, status: u16, headers: &[&str]| {
        Fault::response(
            name,
            response(&status.to_string(), headers, ""),
            Outcome::rejected(ErrorKind::Unexpected, status),
        )
    };
    let location = format!("location: http://{other_host}/v1/users/user_1");
    let mut faults: Vec<_> =
        [301, 302, 303, 307, 308].map(|status| moved(format!("{status} to another host"), status, &[&location])).into();
    faults.extend([
        moved("307 to the same host".to_owned(), 307, &["location: /v1/users/user_2"]),
        moved("302 without location".to_owned(), 302, &[]),
        moved("302 with an invalid location".to_owned(), 302, &["location: ://elsewhere"]),
        moved("300".to_owned(), 300, &[&location]),
        moved("304".to_owned(), 304, &[]),
    ]);
    faults
}

fn retry_after_values() -> Vec<Fault> {
    [
        ("Retry-After in seconds", &["retry-after: 7"] as &[_], Some(7)),
        ("Retry-After of zero", &["retry-after: 0"], Some(0)),
        ("Retry-After with a future date", &["retry-after: Tue, 31 Dec 2999 23:59:59 GMT"], Some(DAY)),
        ("Retry-After with the wrong weekday", &["retry-after: Fri, 31 Dec 2999 23:59:59 GMT"], Some(DAY)),
        ("Retry-After with a past date", &["retry-after: Wed, 21 Oct 2015 07:28:00 GMT"], Some(0)),
        ("negative Retry-After", &["retry-after: -1"], None),
        ("fractional Retry-After", &["retry-after: 1.5"], None),
        ("Retry-After that is not a number or date", &["retry-after: in a while"], None),
        ("empty Retry-After", &["retry-after: "], None),
        ("Retry-After of a million seconds", &["retry-after: 1000000"], Some(DAY)),
        ("Retry-After beyond 64 bits", &["retry-after: 99999999999999999999999"], Some(DAY)),
        ("no Retry-After", &[], None),
        ("two Retry-After headers", &["retry-after: 3", "retry-after: 9"], Some(9)),
        ("two Retry-After headers, one invalid", &["retry-after: soon", "retry-after: 9"], Some(9)),
    ]
    .map(|(name, headers, wait)| {
        let too_many = response("429 Too Many Requests", headers, fixture("errors/rate_limited.json"));
        Fault::response(format!("429, {name}"), too_many, Outcome::retryable(ErrorKind::RateLimited, 429))
            .retry_after(wait)
    })
    .into()
}
