//! A server that records requests, and a request parser independent of the client's HTTP stack.

use std::cell::Cell;
use std::future::Future;

use serde_json::Value;
use user_directory::{ClerkUserDirectory, ErrorKind, Result};

use crate::attempt::builder;
use crate::server::{Request, Server, json_response, parse_head};
use integration_tests::KEY;

/// A server that accepts every request, and a directory that calls it.
pub struct Recorder {
    pub runtime: tokio::runtime::Runtime,
    pub server: Server,
    pub directory: ClerkUserDirectory,
    received: Cell<usize>,
}

impl Recorder {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let server = runtime.block_on(async { Server::start(vec![], json_response("{}")) });
        let directory = builder(format!("http://{}/v1", server.address)).build().unwrap();
        Self { runtime, server, directory, received: Cell::new(0) }
    }

    /// Asserts that enough requests were sent, because a test whose input is always rejected proves nothing.
    #[track_caller]
    pub fn assert_received(&self, least: usize) {
        assert!(self.received.get() >= least, "only {} requests received", self.received.get());
    }

    /// Returns the request that a call sends, or `None` if it rejects its input. Ignores how the response is decoded.
    pub fn sent<T>(&self, call: impl Future<Output = Result<T>>) -> Option<Sent> {
        let error = self.runtime.block_on(call).err();
        let mut requests = self.server.take_requests();
        if error.is_some_and(|error| error.kind() == ErrorKind::InvalidInput) {
            assert_eq!(requests.len(), 0, "a call with invalid input must not send a request");
            return None;
        }
        assert_eq!(requests.len(), 1, "a call must send exactly one request");
        self.received.update(|received| received + 1);
        let sent = Sent::parse(requests.remove(0));
        assert_eq!(sent.headers, self.headers(sent.content_type.as_deref(), sent.length.as_deref()));
        Some(sent)
    }

    /// Returns all expected headers. `content_type` and `length` depend on the body.
    pub fn headers(&self, content_type: Option<&str>, length: Option<&str>) -> Vec<(String, String)> {
        let authorization = format!("Bearer {KEY}");
        let host = self.server.address.to_string();
        let mut headers: Vec<(String, String)> = [
            ("accept", Some("application/json")),
            ("accept-encoding", Some("gzip")),
            ("authorization", Some(authorization.as_str())),
            ("clerk-api-version", Some("2026-05-12")),
            ("content-length", length),
            ("content-type", content_type),
            ("host", Some(host.as_str())),
            ("user-agent", Some(concat!("user-directory/", env!("CARGO_PKG_VERSION")))),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
        headers.sort();
        headers
    }
}

/// A parsed request.
pub struct Sent {
    pub method: String,
    /// The decoded path segments.
    pub path: Vec<String>,
    /// The decoded query parameters.
    pub query: Option<Vec<(String, String)>>,
    pub headers: Vec<(String, String)>,
    pub content_type: Option<String>,
    length: Option<String>,
    pub body: Vec<u8>,
}

impl Sent {
    pub fn parse(request: Request) -> Self {
        let (line, mut headers) = parse_head(&request.head);
        assert!(line.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{line:?}");
        let [method, target, "HTTP/1.1"] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line:?}") };
        assert!(!target.contains('#'), "{target}");
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        let query = query.map(|query| {
            let pair = |pair: &str| {
                let (name, value) = pair.split_once('=').unwrap();
                (decode(&name.replace('+', " ")), decode(&value.replace('+', " ")))
            };
            query.split('&').map(pair).collect()
        });
        headers.sort();
        let header = |name| headers.iter().find(|header| header.0 == name).map(|header| header.1.clone());
        Self {
            method: method.to_owned(),
            path: path.strip_prefix('/').unwrap().split('/').map(decode).collect(),
            query,
            content_type: header("content-type"),
            length: header("content-length"),
            headers,
            body: request.body,
        }
    }

    pub fn json(&self) -> Value {
        assert_eq!(self.content_type.as_deref(), Some("application/json"));
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Percent-decodes `text` once.
fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let hex = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}
