//! Faults of HTTP itself: lengths, chunks, heads, versions, and what comes before or instead of an answer.

use user_directory::{ErrorKind, Operation};

use crate::attempt::good_answer;
use crate::fault::{Fault, Outcome};
use crate::server::{Step, answer, head};

const USER: &str = r#"{"id":"user_1"}"#;

pub fn faults() -> Vec<Fault> {
    let mut faults = http1();
    faults.extend(http2());
    faults
}

fn http1() -> Vec<Fault> {
    let ok = |headers: &[&str], body: &str| head("200 OK", headers, body);
    let chunked = |body: &str| head("200 OK", &["transfer-encoding: chunked"], body);
    let interim = |status: &str| [head(status, &["link: </a>"], ""), answer("200 OK", &[], USER)].concat();
    let endless = |start: Vec<u8>, more: Vec<u8>| vec![Step::Read, Step::Send(start), Step::Forever(more)];
    let many_headers = (0..200).map(|number| format!("x-header-{number}: value")).collect::<Vec<_>>();
    let many_headers: Vec<_> = many_headers.iter().map(String::as_str).chain(["content-length: 15"]).collect();

    vec![
        Fault::answer("content-length too small", ok(&["content-length: 7"], USER), Outcome::UNREADABLE),
        Fault::answer("content-length too large", ok(&["content-length: 99"], USER), Outcome::BROKEN_OFF.status(200)),
        Fault::answer(
            "content-length of 16 EiB",
            ok(&["content-length: 18446744073709551000"], USER),
            Outcome::BROKEN_OFF.status(200),
        ),
        Fault::answer("content-length negative", ok(&["content-length: -1"], USER), Outcome::BROKEN_OFF),
        Fault::answer("content-length not a number", ok(&["content-length: many"], USER), Outcome::BROKEN_OFF),
        Fault::answer(
            "content-length twice, different",
            ok(&["content-length: 15", "content-length: 7"], USER),
            Outcome::BROKEN_OFF,
        ),
        Fault::answer(
            "content-length twice, the same",
            ok(&["content-length: 15", "content-length: 15"], USER),
            Outcome::ANSWER,
        ),
        Fault::answer("neither length nor chunks, closed at the end", ok(&[], USER), Outcome::ANSWER),
        Fault::answer("chunk size broken", chunked("zz\r\n{}\r\n0\r\n\r\n"), Outcome::BROKEN_OFF.status(200)),
        Fault::answer(
            "chunk size of more than 64 bits",
            chunked("fffffffffffffffff\r\n{}"),
            Outcome::BROKEN_OFF.status(200),
        ),
        Fault::answer("last chunk missing", chunked("f\r\n{\"id\":\"user_1\"}\r\n"), Outcome::BROKEN_OFF.status(200)),
        Fault::answer(
            "chunks with trailers",
            chunked("f\r\n{\"id\":\"user_1\"}\r\n0\r\nx-checksum: 7\r\n\r\n"),
            Outcome::ANSWER,
        ),
        Fault::answer(
            "chunks and a content-length",
            ok(&["content-length: 7", "transfer-encoding: chunked"], "f\r\n{\"id\":\"user_1\"}\r\n0\r\n\r\n"),
            Outcome::ANSWER,
        ),
        Fault::new("endless body", endless(ok(&[], r#"{"id":""#), vec![b'x'; 16 * 1024]), Outcome::UNREADABLE),
        Fault::new(
            "endless chunks",
            endless(chunked(""), [b"80\r\n".as_slice(), &[b' '; 128], b"\r\n"].concat().repeat(64)),
            Outcome::UNREADABLE,
        ),
        Fault::new(
            "endless body of an error",
            endless(head("503 Service Unavailable", &["retry-after: 2"], "<html>"), vec![b'x'; 16 * 1024]),
            Outcome::unavailable(503),
        )
        .retry_after(Some(2)),
        Fault::new(
            "endless header",
            endless(b"HTTP/1.1 200 OK\r\nx-header: ".to_vec(), vec![b'x'; 16 * 1024]),
            Outcome::BROKEN_OFF,
        ),
        Fault::new(
            "endless headers",
            endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"x-header: value\r\n".repeat(64)),
            Outcome::BROKEN_OFF,
        ),
        Fault::new("endless 103", endless(vec![], head("103 Early Hints", &["link: </a>"], "")), Outcome::TIMEOUT)
            .in_short(),
        Fault::answer("200 headers", ok(&many_headers, USER), Outcome::BROKEN_OFF),
        Fault::answer("header without a colon", ok(&["nonsense", "content-length: 15"], USER), Outcome::BROKEN_OFF),
        Fault::answer("NUL in a header", ok(&["x-a: \0", "content-length: 15"], USER), Outcome::BROKEN_OFF),
        Fault::answer(
            "invalid UTF-8 in a header",
            [b"HTTP/1.1 200 OK\r\nclerk-trace-id: \xff\xfe\r\ncontent-length: 15\r\n\r\n".as_slice(), USER.as_bytes()]
                .concat(),
            Outcome::ANSWER,
        ),
        Fault::answer("HTTP/1.0", format!("HTTP/1.0 200 OK\r\n\r\n{USER}"), Outcome::ANSWER),
        Fault::answer("HTTP/0.9", format!("{USER}\r\n\r\n"), Outcome::BROKEN_OFF),
        Fault::answer("HTTP/2 without being asked", b"\0\0\0\x04\0\0\0\0\0".repeat(4), Outcome::BROKEN_OFF),
        Fault::answer("NUL bytes", vec![0; 1000], Outcome::BROKEN_OFF),
        Fault::answer("status 20", head("20 OK", &["content-length: 0"], ""), Outcome::BROKEN_OFF),
        Fault::answer("status 1000", head("1000 OK", &["content-length: 0"], ""), Outcome::BROKEN_OFF),
        Fault::answer("100 before the answer", interim("100 Continue"), Outcome::ANSWER),
        Fault::answer("103 before the answer", interim("103 Early Hints"), Outcome::ANSWER),
        Fault::answer(
            "101 without being asked",
            head("101 Switching Protocols", &["connection: upgrade", "upgrade: websocket"], ""),
            Outcome::refused(ErrorKind::Unexpected, 101),
        ),
        Fault::answer("two answers", good_answer(Operation::Get).repeat(2), Outcome::ANSWER),
    ]
}

/// Frames of HTTP/2, byte by byte. The stream of the first request is 1, that of the second 3.
fn http2() -> Vec<Fault> {
    const REFUSED_STREAM: u8 = 7;
    const INTERNAL_ERROR: u8 = 2;
    let frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, kind, flags, 0, 0, 0, stream], payload].concat()
    };
    // The status 200 has a number of its own, 8.
    let head = |stream| frame(1, 4, stream, &[0x88]);
    let data = |flags, stream, text: &str| frame(0, flags, stream, text.as_bytes());
    let answer = |stream| [head(stream), data(1, stream, USER)].concat();
    let half = || [head(1), data(0, 1, "{")].concat();
    let reset = |code| frame(3, 0, 1, &[0, 0, 0, code]);
    let go_away = |last_stream, code| frame(7, 0, 0, &[0, 0, 0, last_stream, 0, 0, 0, code]);
    let fault = |name: &str, bytes: Vec<u8>, then: &[Step], outcome| {
        let settings = frame(4, 0, 0, &[]);
        let script = [Step::ReadHttp2, Step::Send(settings), Step::Send(bytes)].into_iter().chain(then.iter().cloned());
        Fault::new(format!("HTTP/2: {name}"), script.collect(), outcome).http2()
    };
    let (broken_off, timeout, waits) = (Outcome::BROKEN_OFF, Outcome::TIMEOUT, &[Step::Wait]);
    vec![
        fault("no fault", answer(1), waits, Outcome::ANSWER),
        fault("silent", vec![], waits, timeout).in_short(),
        fault("silent in the body", half(), waits, timeout.status(200)).in_short(),
        fault("stream reset before the answer", reset(INTERNAL_ERROR), waits, broken_off),
        fault("stream reset in the body", [half(), reset(INTERNAL_ERROR)].concat(), waits, broken_off.status(200)),
        // The server says that it has done nothing, so the HTTP library asks again itself.
        fault(
            "stream refused once",
            reset(REFUSED_STREAM),
            &[Step::ReadHttp2, Step::Send(answer(3)), Step::Wait],
            Outcome::ANSWER,
        ),
        fault("connection given up", go_away(1, INTERNAL_ERROR), &[], broken_off),
        fault("closed in the body", half(), &[], broken_off.status(200)),
        fault("no HTTP/2", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), waits, broken_off),
    ]
}
