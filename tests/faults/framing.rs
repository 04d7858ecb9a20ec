//! Faults of HTTP itself: lengths, chunks, heads, versions, and what comes before or instead of an answer.

use user_directory::{ErrorKind, Operation};

use crate::fault::{Fault, Outcome, good_answer};
use crate::server::{Step, answer, head};

const USER: &str = r#"{"id":"user_1"}"#;

pub fn faults() -> Vec<Fault> {
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
