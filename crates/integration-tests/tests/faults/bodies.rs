//! Faults of what an answer says: another shape, another language, another encoding.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use user_directory::{ErrorKind, Operation};

use crate::attempt::{LIMIT, good_answer};
use crate::fault::{Fault, Outcome};
use crate::server::{answer, head, json};
use integration_tests::fixture;

const USER: &str = r#"{"id":"user_1"}"#;

pub fn faults() -> Vec<Fault> {
    let mut faults = shapes();
    faults.extend(text());
    faults.extend(depth_and_numbers());
    faults.extend(encodings());
    faults
}

fn shapes() -> Vec<Fault> {
    let unreadable = |name: &str, body: &str| Fault::answer(name, json(body), Outcome::UNREADABLE);
    let typed = |name: &str, headers: &[&str]| Fault::answer(name, answer("200 OK", headers, USER), Outcome::ANSWER);
    let html = || fixture("errors/proxy.html");
    let status = |status: &str, body: &str| answer(status, &[], body);
    vec![
        unreadable("JSON cut off, content-length right", r#"{"id":"user_1","username":"Lovela"#),
        unreadable("array instead of an object", r#"[{"id":"user_1"}]"#),
        unreadable("string instead of an object", r#""ada@example.com""#),
        unreadable("number instead of an object", "7"),
        unreadable("null instead of an object", "null"),
        unreadable("object without anything", "{}"),
        unreadable("id that could leave its path", r#"{"id":"../user_1"}"#),
        unreadable("something after the JSON", r#"{"id":"user_1"}{}"#),
        unreadable("error with status 200", &fixture("errors/identifier_exists.json")),
        unreadable("object instead of a list", r#"{"data":[]}"#).on(&[Operation::List]),
        unreadable("null instead of a list", "null").on(&[Operation::List]),
        unreadable("page instead of a count", r#"{"data":[],"total_count":-1}"#).on(&[Operation::Count]),
        unreadable("verification that says nothing", "{}").on(&[Operation::VerifyPassword, Operation::VerifyTotp]),
        unreadable("empty body", ""),
        Fault::answer(
            "HTML with status 200",
            answer("200 OK", &["content-type: text/html"], html()),
            Outcome::UNREADABLE,
        ),
        Fault::answer(
            "HTML with status 502",
            answer("502 Bad Gateway", &["content-type: text/html"], html()),
            Outcome::unavailable(502),
        )
        .codes(0),
        Fault::answer("204", status("204 No Content", ""), Outcome::UNREADABLE.status(204)),
        Fault::answer("205", status("205 Reset Content", ""), Outcome::UNREADABLE.status(205)),
        Fault::answer(
            "206 with a part",
            answer("206 Partial Content", &["content-range: bytes 0-6/15"], &USER[..7]),
            Outcome::UNREADABLE.status(206),
        ),
        typed("no content type", &[]),
        typed("wrong content type", &["content-type: text/html"]),
        typed("content type with a charset", &["content-type: application/json; charset=utf-8"]),
        typed("content type that is none", &["content-type: \"\"; ;"]),
        Fault::answer("201 instead of 200", status("201 Created", USER), Outcome::ANSWER),
    ]
}

fn text() -> Vec<Fault> {
    let bytes = |name: &str, body: &[u8], outcome| Fault::answer(name, json(body), outcome);
    vec![
        bytes("invalid UTF-8", b"{\"id\":\"user_1\",\"username\":\"\xff\"}", Outcome::UNREADABLE),
        bytes("UTF-16", b"{\0\"\0i\0d\0\"\0:\0\"\0u\0\"\0}\0", Outcome::UNREADABLE),
        bytes("half a surrogate", br#"{"id":"user_1","username":"\ud800"}"#, Outcome::UNREADABLE),
        bytes("NUL byte after the JSON", b"{\"id\":\"user_1\"}\0", Outcome::UNREADABLE),
        bytes("NUL byte in a string", b"{\"id\":\"user_1\",\"username\":\"a\0b\"}", Outcome::UNREADABLE),
        bytes("NUL in a string, escaped", br#"{"id":"user_1","username":"a\u0000b"}"#, Outcome::ANSWER),
        bytes("byte order mark", b"\xef\xbb\xbf{\"id\":\"user_1\"}", Outcome::UNREADABLE),
        bytes("id twice", br#"{"id":"user_1","id":"user_2"}"#, Outcome::UNREADABLE),
        bytes("unknown key twice", br#"{"id":"user_1","new":1,"new":2}"#, Outcome::ANSWER),
    ]
}

fn depth_and_numbers() -> Vec<Fault> {
    let depth = 10_000;
    let deep =
        |key: &str| format!(r#"{{"id":"user_1","{key}":{}{}}}"#, r#"{"a":"#.repeat(depth) + "1", "}".repeat(depth));
    let body = |name: &str, body: String, outcome| Fault::answer(name, json(body), outcome);
    let with = |name: &str, field: &str, outcome| body(name, format!(r#"{{"id":"user_1",{field}}}"#), outcome);
    vec![
        body("10,000 levels in metadata", deep("public_metadata"), Outcome::ANSWER),
        body("10,000 levels in an unknown field", deep("new"), Outcome::ANSWER),
        body("10,000 levels in a known field", deep("username"), Outcome::ANSWER),
        body("10,000 levels in a list that may be strange", deep("email_addresses"), Outcome::ANSWER),
        body("10,000 levels instead of a user", "[".repeat(depth), Outcome::UNREADABLE),
        Fault::answer(
            "10,000 levels in an error",
            answer(
                "422 Unprocessable Content",
                &[],
                format!(r#"{{"errors":[{{"code":"c","meta":{}"#, "[".repeat(depth)),
            ),
            Outcome::refused(ErrorKind::InvalidInput, 422),
        ),
        with("time that is no time", r#""created_at":9e18"#, Outcome::ANSWER),
        with("integer of 40 digits", r#""created_at":1111111111111111111111111111111111111111"#, Outcome::ANSWER),
        with("negative limit", r#""create_organizations_limit":-1"#, Outcome::ANSWER),
        with("number beyond every range", r#""created_at":1e999"#, Outcome::UNREADABLE),
        with("number beyond every range in metadata", r#""public_metadata":{"a":1e999}"#, Outcome::ANSWER),
        Fault::answer("count beyond 64 bits", json(r#"{"total_count":99999999999999999999}"#), Outcome::UNREADABLE)
            .on(&[Operation::Count]),
    ]
}

fn encodings() -> Vec<Fault> {
    let encoded = |encoding: &str, body: &[u8]| answer("200 OK", &[&format!("content-encoding: {encoding}")], body);
    let zipped = gzip(USER.as_bytes());
    let mut broken = zipped.clone();
    *broken.last_mut().unwrap() ^= 1;
    broken[12] ^= 0xff;
    let bomb = gzip(&vec![b' '; 16 * LIMIT]);
    vec![
        Fault::answer("gzip", encoded("gzip", &zipped), Outcome::ANSWER),
        Fault::answer("gzip bomb", encoded("gzip", &bomb), Outcome::UNREADABLE),
        Fault::answer(
            "gzip bomb as an error",
            answer("503 Service Unavailable", &["content-encoding: gzip"], &bomb),
            Outcome::unavailable(503),
        ),
        Fault::answer(
            "gzip cut off, content-length right",
            encoded("gzip", &zipped[..zipped.len() / 2]),
            Outcome::UNREADABLE,
        ),
        Fault::answer("gzip without its end", encoded("gzip", &zipped[..zipped.len() - 8]), Outcome::UNREADABLE),
        Fault::answer("gzip that is broken", encoded("gzip", &broken), Outcome::UNREADABLE),
        Fault::answer("gzip that is none", encoded("gzip", USER.as_bytes()), Outcome::UNREADABLE),
        Fault::answer("gzip that is empty", encoded("gzip", b""), Outcome::UNREADABLE),
        Fault::answer(
            "gzip and the connection cut off",
            head("200 OK", &["content-encoding: gzip", "content-length: 99"], &zipped[..zipped.len() / 2]),
            Outcome::BROKEN_OFF.status(200),
        ),
        Fault::answer(
            "gzip of an error that is broken",
            answer("422 Unprocessable Content", &["content-encoding: gzip"], "{}"),
            Outcome::refused(ErrorKind::InvalidInput, 422),
        ),
        Fault::answer("gzip twice", encoded("gzip", &gzip(&zipped)), Outcome::UNREADABLE),
        Fault::answer("encoding that was not asked for", encoded("br", &zipped), Outcome::UNREADABLE),
        Fault::answer("gzip that is not declared", json(gzip(&good_answer(Operation::Get))), Outcome::UNREADABLE),
    ]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
