//! Every status: of the API, of a proxy, of nobody; redirects, and how long to wait.

use std::net::SocketAddr;

use user_directory::ErrorKind;

use crate::fault::{Fault, Outcome};
use crate::server::answer;
use integration_tests::fixture;

const API_ERROR: &str = r#"{"errors":[{"code":"a_code","message":"ada@example.com","long_message":"Lovelace",
    "meta":{"param_name":"email_address","value":"ada@example.com"}}]}"#;
const DAY: u64 = 24 * 60 * 60;

/// `elsewhere` is another host, which must not hear of anything.
pub fn faults(elsewhere: SocketAddr) -> Vec<Fault> {
    let mut faults = refusals();
    faults.extend(failures());
    faults.extend(redirects(elsewhere));
    faults.extend(waits());
    faults
}

fn of_api(status: u16, outcome: Outcome) -> Fault {
    Fault::answer(format!("{status} of the API"), answer(&status.to_string(), &[], API_ERROR), outcome).codes(1)
}

fn of_proxy(status: u16, outcome: Outcome) -> Fault {
    let html = answer(&status.to_string(), &["content-type: text/html"], fixture("errors/proxy.html"));
    Fault::answer(format!("{status} of a proxy"), html, outcome).codes(0)
}

fn refusals() -> Vec<Fault> {
    use ErrorKind::{
        Conflict, Forbidden, InvalidInput, Locked, NotFound, PaymentRequired, Unauthenticated, Unexpected,
    };
    let refused = Outcome::refused;
    let ten = (0..10).map(|number| format!(r#"{{"code":"code_{number}"}}"#)).collect::<Vec<_>>().join(",");
    let ten = format!(r#"{{"errors":[{ten}]}}"#);
    let json = |name: &str, status: u16, body: &str, outcome| {
        Fault::answer(name, answer(&status.to_string(), &["content-type: application/json"], body), outcome)
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
    .map(|(status, kind)| of_api(status, refused(kind, status)))
    .into();
    faults.extend(
        [
            (401, Unauthenticated),
            (403, Forbidden),
            // Only the API can say that there is no such user.
            (404, Unexpected),
            (410, Unexpected),
            (407, Unexpected),
            (413, InvalidInput),
            (418, Unexpected),
        ]
        .map(|(status, kind)| of_proxy(status, refused(kind, status))),
    );
    faults.extend([
        of_api(423, Outcome::not_now(Locked, 423)),
        json("409 of a lock", 409, &fixture("errors/resource_locked.json"), Outcome::not_now(Locked, 409)),
        json("422 with ten errors", 422, &ten, refused(InvalidInput, 422)).codes(10),
        json("422 of a taken identifier", 422, &fixture("errors/identifier_exists.json"), refused(Conflict, 422)),
        json("404 of another service", 404, r#"{"errors":[{"detail":"no route"}]}"#, refused(Unexpected, 404)),
        json("404 of another service, with other errors", 404, r#"{"errors":["no route"]}"#, refused(Unexpected, 404)),
        of_api(408, Outcome::TIMEOUT.status(408)),
    ]);
    faults
}

fn failures() -> Vec<Fault> {
    let mut faults = Vec::new();
    for status in [500, 501, 505, 507, 525, 599] {
        faults.push(of_proxy(status, Outcome::failed(status)));
    }
    for status in [502, 503, 504, 520, 521, 522, 523, 524] {
        faults.push(of_proxy(status, Outcome::unavailable(status)));
    }
    faults.push(of_api(500, Outcome::failed(500)));
    faults.push(of_api(503, Outcome::unavailable(503)));
    // No statuses of HTTP; a client is to take them for failures of the server (RFC 9110, section 15).
    for status in [600, 999] {
        faults.push(of_proxy(status, Outcome::failed(status)));
    }
    faults
}

fn redirects(elsewhere: SocketAddr) -> Vec<Fault> {
    let moved = |name: String, status: u16, headers: &[&str]| {
        Fault::answer(name, answer(&status.to_string(), headers, ""), Outcome::refused(ErrorKind::Unexpected, status))
    };
    let location = format!("location: http://{elsewhere}/v1/users/user_1");
    let mut faults: Vec<_> =
        [301, 302, 303, 307, 308].map(|status| moved(format!("{status} to another host"), status, &[&location])).into();
    faults.extend([
        moved("307 to the same host".to_owned(), 307, &["location: /v1/users/user_2"]),
        moved("302 to nowhere".to_owned(), 302, &[]),
        moved("302 to no URL".to_owned(), 302, &["location: ://elsewhere"]),
        moved("300".to_owned(), 300, &[&location]),
        moved("304".to_owned(), 304, &[]),
    ]);
    faults
}

fn waits() -> Vec<Fault> {
    [
        ("in seconds", &["retry-after: 7"] as &[_], Some(7)),
        ("of no time", &["retry-after: 0"], Some(0)),
        ("with a date to come", &["retry-after: Tue, 31 Dec 2999 23:59:59 GMT"], Some(DAY)),
        ("with a date on another weekday", &["retry-after: Fri, 31 Dec 2999 23:59:59 GMT"], Some(DAY)),
        ("with a date that has passed", &["retry-after: Wed, 21 Oct 2015 07:28:00 GMT"], Some(0)),
        ("negative", &["retry-after: -1"], None),
        ("with a fraction", &["retry-after: 1.5"], None),
        ("in words", &["retry-after: in a while"], None),
        ("that is empty", &["retry-after: "], None),
        ("of a million seconds", &["retry-after: 1000000"], Some(DAY)),
        ("beyond 64 bits", &["retry-after: 99999999999999999999999"], Some(DAY)),
        ("missing", &[], None),
        ("twice", &["retry-after: 3", "retry-after: 9"], Some(9)),
        ("twice, once in words", &["retry-after: soon", "retry-after: 9"], Some(9)),
    ]
    .map(|(name, headers, wait)| {
        let too_many = answer("429 Too Many Requests", headers, fixture("errors/rate_limited.json"));
        Fault::answer(format!("429, Retry-After {name}"), too_many, Outcome::not_now(ErrorKind::RateLimited, 429))
            .retry_after(wait)
    })
    .into()
}
