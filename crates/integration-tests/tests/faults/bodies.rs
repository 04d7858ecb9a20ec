//! Body faults: unexpected JSON, invalid text, excessive depth or size, and broken encodings.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use user_directory::{ErrorKind, Operation};

use crate::attempt::{MAX_RESPONSE_SIZE, success_response};
use crate::fault::{Fault, Outcome};
use crate::server::{json_response, raw_response, response};
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
    let invalid = |name: &str, body: &str| Fault::response(name, json_response(body), Outcome::INVALID_RESPONSE);
    let typed =
        |name: &str, headers: &[&str]| Fault::response(name, response("200 OK", headers, USER), Outcome::SUCCESS);
    let html = || fixture("errors/proxy.html");
    let status = |status: &str, body: &str| response(status, &[], body);
    vec![
        invalid("truncated JSON, correct content-length", r#"{"id":"user_1","username":"Lovela"#),
        invalid("array instead of an object", r#"[{"id":"user_1"}]"#),
        invalid("string instead of an object", r#""ada@example.com""#),
        invalid("number instead of an object", "7"),
        invalid("null instead of an object", "null"),
        invalid("empty object", "{}"),
        invalid("ID with a path traversal", r#"{"id":"../user_1"}"#),
        invalid("trailing data after the JSON", r#"{"id":"user_1"}{}"#),
        invalid("error with status 200", &fixture("errors/identifier_exists.json")),
        invalid("object instead of a list", r#"{"users":[]}"#).operations(&[Operation::List]),
        invalid("null instead of a list", "null").operations(&[Operation::List]),
        invalid("list page instead of a count", r#"{"data":[],"total_count":-1}"#).operations(&[Operation::Count]),
        invalid("empty verification", "{}").operations(&[Operation::VerifyPassword, Operation::VerifyTotp]),
        invalid("empty body", ""),
        Fault::response(
            "HTML with status 200",
            response("200 OK", &["content-type: text/html"], html()),
            Outcome::INVALID_RESPONSE,
        ),
        Fault::response(
            "HTML with status 502",
            response("502 Bad Gateway", &["content-type: text/html"], html()),
            Outcome::unavailable(502),
        )
        .details(0),
        Fault::response("204 No Content", status("204 No Content", ""), Outcome::INVALID_RESPONSE.status(204)),
        Fault::response("205 Reset Content", status("205 Reset Content", ""), Outcome::INVALID_RESPONSE.status(205)),
        Fault::response(
            "206 Partial Content",
            response("206 Partial Content", &["content-range: bytes 0-6/15"], &USER[..7]),
            Outcome::INVALID_RESPONSE.status(206),
        ),
        typed("no content type", &[]),
        typed("wrong content type", &["content-type: text/html"]),
        typed("content type with a charset", &["content-type: application/json; charset=utf-8"]),
        typed("malformed content type", &["content-type: \"\"; ;"]),
        Fault::response("201 instead of 200", status("201 Created", USER), Outcome::SUCCESS),
    ]
}

fn text() -> Vec<Fault> {
    let bytes = |name: &str, body: &[u8], outcome| Fault::response(name, json_response(body), outcome);
    vec![
        bytes("invalid UTF-8", b"{\"id\":\"user_1\",\"username\":\"\xff\"}", Outcome::INVALID_RESPONSE),
        bytes("UTF-16", b"{\0\"\0i\0d\0\"\0:\0\"\0u\0\"\0}\0", Outcome::INVALID_RESPONSE),
        bytes("unpaired surrogate", br#"{"id":"user_1","username":"\ud800"}"#, Outcome::INVALID_RESPONSE),
        bytes("NUL byte after the JSON", b"{\"id\":\"user_1\"}\0", Outcome::INVALID_RESPONSE),
        bytes("NUL byte in a string", b"{\"id\":\"user_1\",\"username\":\"a\0b\"}", Outcome::INVALID_RESPONSE),
        bytes("escaped NUL in a string", br#"{"id":"user_1","username":"a\u0000b"}"#, Outcome::SUCCESS),
        bytes("byte order mark", b"\xef\xbb\xbf{\"id\":\"user_1\"}", Outcome::INVALID_RESPONSE),
        bytes("duplicate id key", br#"{"id":"user_1","id":"user_2"}"#, Outcome::INVALID_RESPONSE),
        bytes("duplicate unknown key", br#"{"id":"user_1","new":1,"new":2}"#, Outcome::SUCCESS),
    ]
}

fn depth_and_numbers() -> Vec<Fault> {
    let depth = 10_000;
    let deep =
        |key: &str| format!(r#"{{"id":"user_1","{key}":{}{}}}"#, r#"{"a":"#.repeat(depth) + "1", "}".repeat(depth));
    let body = |name: &str, body: String, outcome| Fault::response(name, json_response(body), outcome);
    let with = |name: &str, field: &str, outcome| body(name, format!(r#"{{"id":"user_1",{field}}}"#), outcome);
    vec![
        body("10,000 levels in metadata", deep("public_metadata"), Outcome::SUCCESS),
        body("10,000 levels in an unknown field", deep("new"), Outcome::SUCCESS),
        body("10,000 levels in a known field", deep("username"), Outcome::SUCCESS),
        body("10,000 levels in a leniently decoded list", deep("email_addresses"), Outcome::SUCCESS),
        body("10,000 levels instead of a user", "[".repeat(depth), Outcome::INVALID_RESPONSE),
        Fault::response(
            "10,000 levels in an error",
            response(
                "422 Unprocessable Content",
                &[],
                format!(r#"{{"errors":[{{"code":"c","meta":{}"#, "[".repeat(depth)),
            ),
            Outcome::rejected(ErrorKind::InvalidInput, 422),
        ),
        with("timestamp out of range", r#""created_at":9e18"#, Outcome::SUCCESS),
        with("integer of 40 digits", r#""created_at":1111111111111111111111111111111111111111"#, Outcome::SUCCESS),
        with("negative limit", r#""create_organizations_limit":-1"#, Outcome::SUCCESS),
        with("number beyond the range of f64", r#""created_at":1e999"#, Outcome::INVALID_RESPONSE),
        with("number beyond the range of f64 in metadata", r#""public_metadata":{"a":1e999}"#, Outcome::SUCCESS),
        Fault::response(
            "count beyond 64 bits",
            json_response(r#"{"total_count":99999999999999999999}"#),
            Outcome::INVALID_RESPONSE,
        )
        .operations(&[Operation::Count]),
    ]
}

fn encodings() -> Vec<Fault> {
    let encoded = |encoding: &str, body: &[u8]| response("200 OK", &[&format!("content-encoding: {encoding}")], body);
    let zipped = gzip(USER.as_bytes());
    let mut broken = zipped.clone();
    *broken.last_mut().unwrap() ^= 1;
    broken[12] ^= 0xff;
    let bomb = gzip(&vec![b' '; 16 * MAX_RESPONSE_SIZE]);
    vec![
        Fault::response("gzip", encoded("gzip", &zipped), Outcome::SUCCESS),
        Fault::response("gzip bomb", encoded("gzip", &bomb), Outcome::INVALID_RESPONSE),
        Fault::response(
            "gzip bomb as an error",
            response("503 Service Unavailable", &["content-encoding: gzip"], &bomb),
            Outcome::unavailable(503),
        ),
        Fault::response(
            "truncated gzip, correct content-length",
            encoded("gzip", &zipped[..zipped.len() / 2]),
            Outcome::INVALID_RESPONSE,
        ),
        Fault::response(
            "gzip without its trailer",
            encoded("gzip", &zipped[..zipped.len() - 8]),
            Outcome::INVALID_RESPONSE,
        ),
        Fault::response("corrupt gzip", encoded("gzip", &broken), Outcome::INVALID_RESPONSE),
        Fault::response("gzip header, uncompressed body", encoded("gzip", USER.as_bytes()), Outcome::INVALID_RESPONSE),
        Fault::response("gzip header, empty body", encoded("gzip", b""), Outcome::INVALID_RESPONSE),
        Fault::response(
            "connection closed in a gzip body",
            raw_response("200 OK", &["content-encoding: gzip", "content-length: 99"], &zipped[..zipped.len() / 2]),
            Outcome::CONNECTION_LOST.status(200),
        ),
        Fault::response(
            "corrupt gzip in an error",
            response("422 Unprocessable Content", &["content-encoding: gzip"], "{}"),
            Outcome::rejected(ErrorKind::InvalidInput, 422),
        ),
        Fault::response("gzip applied twice", encoded("gzip", &gzip(&zipped)), Outcome::INVALID_RESPONSE),
        Fault::response("unsupported content encoding", encoded("br", &zipped), Outcome::INVALID_RESPONSE),
        Fault::response(
            "gzip without a content-encoding header",
            json_response(gzip(&success_response(Operation::Get))),
            Outcome::INVALID_RESPONSE,
        ),
    ]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
