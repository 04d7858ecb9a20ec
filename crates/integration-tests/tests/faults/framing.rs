//! HTTP framing faults: lengths, chunks, headers, versions, interim responses and HTTP/2 frames.

use user_directory::{ErrorKind, Operation};

use crate::attempt::success_response;
use crate::fault::{Fault, Outcome};
use crate::server::{Step, raw_response, response};

const USER: &str = r#"{"id":"user_1"}"#;

pub fn faults() -> Vec<Fault> {
    let mut faults = http1();
    faults.extend(http2());
    faults
}

#[expect(clippy::too_many_lines, reason = "a list of faults")]
fn http1() -> Vec<Fault> {
    let ok = |headers: &[&str], body: &str| raw_response("200 OK", headers, body);
    let chunked = |body: &str| raw_response("200 OK", &["transfer-encoding: chunked"], body);
    let interim = |status: &str| [raw_response(status, &["link: </a>"], ""), response("200 OK", &[], USER)].concat();
    let endless = |start: Vec<u8>, more: Vec<u8>| vec![Step::Read, Step::Send(start), Step::Forever(more)];
    let many_headers = (0..200).map(|number| format!("x-header-{number}: value")).collect::<Vec<_>>();
    let many_headers: Vec<_> = many_headers.iter().map(String::as_str).chain(["content-length: 15"]).collect();

    vec![
        Fault::response("content-length too small", ok(&["content-length: 7"], USER), Outcome::INVALID_RESPONSE),
        Fault::response(
            "content-length too large",
            ok(&["content-length: 99"], USER),
            Outcome::CONNECTION_LOST.status(200),
        ),
        Fault::response(
            "content-length of 16 EiB",
            ok(&["content-length: 18446744073709551000"], USER),
            Outcome::CONNECTION_LOST.status(200),
        ),
        Fault::response("negative content-length", ok(&["content-length: -1"], USER), Outcome::CONNECTION_LOST),
        Fault::response(
            "content-length that is not a number",
            ok(&["content-length: many"], USER),
            Outcome::CONNECTION_LOST,
        ),
        Fault::response(
            "two different content-length headers",
            ok(&["content-length: 15", "content-length: 7"], USER),
            Outcome::CONNECTION_LOST,
        ),
        Fault::response(
            "two equal content-length headers",
            ok(&["content-length: 15", "content-length: 15"], USER),
            Outcome::SUCCESS,
        ),
        Fault::response("body delimited by connection close", ok(&[], USER), Outcome::SUCCESS),
        Fault::response("invalid chunk size", chunked("zz\r\n{}\r\n0\r\n\r\n"), Outcome::CONNECTION_LOST.status(200)),
        Fault::response(
            "chunk size of more than 64 bits",
            chunked("fffffffffffffffff\r\n{}"),
            Outcome::CONNECTION_LOST.status(200),
        ),
        Fault::response(
            "missing last chunk",
            chunked("f\r\n{\"id\":\"user_1\"}\r\n"),
            Outcome::CONNECTION_LOST.status(200),
        ),
        Fault::response(
            "chunks with trailers",
            chunked("f\r\n{\"id\":\"user_1\"}\r\n0\r\nx-checksum: 7\r\n\r\n"),
            Outcome::SUCCESS,
        ),
        Fault::response(
            "chunked body and a content-length",
            ok(&["content-length: 7", "transfer-encoding: chunked"], "f\r\n{\"id\":\"user_1\"}\r\n0\r\n\r\n"),
            Outcome::SUCCESS,
        ),
        Fault::new("endless body", endless(ok(&[], r#"{"id":""#), vec![b'x'; 16 * 1024]), Outcome::INVALID_RESPONSE),
        Fault::new(
            "endless chunks",
            endless(chunked(""), [b"80\r\n".as_slice(), &[b' '; 128], b"\r\n"].concat().repeat(64)),
            Outcome::INVALID_RESPONSE,
        ),
        Fault::new(
            "endless body of an error",
            endless(raw_response("503 Service Unavailable", &["retry-after: 2"], "<html>"), vec![b'x'; 16 * 1024]),
            Outcome::unavailable(503),
        )
        .retry_after(Some(2)),
        Fault::new(
            "endless header",
            endless(b"HTTP/1.1 200 OK\r\nx-header: ".to_vec(), vec![b'x'; 16 * 1024]),
            Outcome::CONNECTION_LOST,
        ),
        Fault::new(
            "endless headers",
            endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"x-header: value\r\n".repeat(64)),
            Outcome::CONNECTION_LOST,
        ),
        Fault::new(
            "endless 103 responses",
            endless(vec![], raw_response("103 Early Hints", &["link: </a>"], "")),
            Outcome::TIMEOUT,
        )
        .short_timeout(),
        Fault::response("200 headers", ok(&many_headers, USER), Outcome::CONNECTION_LOST),
        Fault::response(
            "header without a colon",
            ok(&["nonsense", "content-length: 15"], USER),
            Outcome::CONNECTION_LOST,
        ),
        Fault::response("NUL in a header", ok(&["x-a: \0", "content-length: 15"], USER), Outcome::CONNECTION_LOST),
        Fault::response(
            "invalid UTF-8 in a header",
            [b"HTTP/1.1 200 OK\r\nclerk-trace-id: \xff\xfe\r\ncontent-length: 15\r\n\r\n".as_slice(), USER.as_bytes()]
                .concat(),
            Outcome::SUCCESS,
        ),
        Fault::response("HTTP/1.0", format!("HTTP/1.0 200 OK\r\n\r\n{USER}"), Outcome::SUCCESS),
        Fault::response("HTTP/0.9", format!("{USER}\r\n\r\n"), Outcome::CONNECTION_LOST),
        Fault::response(
            "HTTP/2 frames on an HTTP/1.1 connection",
            b"\0\0\0\x04\0\0\0\0\0".repeat(4),
            Outcome::CONNECTION_LOST,
        ),
        Fault::response("NUL bytes", vec![0; 1000], Outcome::CONNECTION_LOST),
        Fault::response(
            "status 20 (two digits)",
            raw_response("20 OK", &["content-length: 0"], ""),
            Outcome::CONNECTION_LOST,
        ),
        Fault::response(
            "status 1000 (four digits)",
            raw_response("1000 OK", &["content-length: 0"], ""),
            Outcome::CONNECTION_LOST,
        ),
        Fault::response("100 before the response", interim("100 Continue"), Outcome::SUCCESS),
        Fault::response("103 before the response", interim("103 Early Hints"), Outcome::SUCCESS),
        Fault::response(
            "unrequested 101",
            raw_response("101 Switching Protocols", &["connection: upgrade", "upgrade: websocket"], ""),
            Outcome::rejected(ErrorKind::Unexpected, 101),
        ),
        Fault::response("two responses to one request", success_response(Operation::Get).repeat(2), Outcome::SUCCESS),
    ]
}

/// Returns faults of HTTP/2 frames. The first request uses stream 1, the second stream 3.
fn http2() -> Vec<Fault> {
    const REFUSED_STREAM: u8 = 7;
    const INTERNAL_ERROR: u8 = 2;
    let frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, kind, flags, 0, 0, 0, stream], payload].concat()
    };
    // Index 8 of the HPACK static table is `:status: 200`.
    let head = |stream| frame(1, 4, stream, &[0x88]);
    let data = |flags, stream, text: &str| frame(0, flags, stream, text.as_bytes());
    let response = |stream| [head(stream), data(1, stream, USER)].concat();
    let half = || [head(1), data(0, 1, "{")].concat();
    let reset = |code| frame(3, 0, 1, &[0, 0, 0, code]);
    let go_away = |last_stream, code| frame(7, 0, 0, &[0, 0, 0, last_stream, 0, 0, 0, code]);
    let fault = |name: &str, bytes: Vec<u8>, then: &[Step], outcome| {
        let settings = frame(4, 0, 0, &[]);
        let script = [Step::ReadHttp2, Step::Send(settings), Step::Send(bytes)].into_iter().chain(then.iter().cloned());
        Fault::new(format!("HTTP/2: {name}"), script.collect(), outcome).http2()
    };
    let (connection_lost, timeout, wait) = (Outcome::CONNECTION_LOST, Outcome::TIMEOUT, &[Step::WaitForClose]);
    vec![
        fault("no fault", response(1), wait, Outcome::SUCCESS),
        fault("no response", vec![], wait, timeout).short_timeout(),
        fault("stall in the body", half(), wait, timeout.status(200)).short_timeout(),
        fault("stream reset before the response", reset(INTERNAL_ERROR), wait, connection_lost),
        fault("stream reset in the body", [half(), reset(INTERNAL_ERROR)].concat(), wait, connection_lost.status(200)),
        // REFUSED_STREAM means that the request was not processed, so the HTTP client retries it.
        fault(
            "refused stream retried by the HTTP client",
            reset(REFUSED_STREAM),
            &[Step::ReadHttp2, Step::Send(response(3)), Step::WaitForClose],
            Outcome::SUCCESS,
        ),
        fault("GOAWAY", go_away(1, INTERNAL_ERROR), &[], connection_lost),
        fault("connection closed in the body", half(), &[], connection_lost.status(200)),
        fault("HTTP/1.1 response", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), wait, connection_lost),
    ]
}
