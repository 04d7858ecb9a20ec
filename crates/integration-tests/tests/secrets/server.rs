//! A server that repeats what should not be told, wherever there is room for it.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::known::{EMAIL, METADATA, PERSONAL, SECRETS};

/// An answer to everything.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: String,
    pub body: String,
    /// Whether the body is longer than the answer says.
    pub breaks_off: bool,
}

impl Answer {
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        let headers = format!("x-echo: {}\r\nclerk-trace-id: trace_1\r\n", everything().replace(['\r', '\n'], " "));
        Self { status, headers, body: body.into(), breaks_off: false }
    }

    /// An error of the API with this code.
    pub fn error(status: u16, code: &str) -> Self {
        let meta: serde_json::Value = serde_json::from_str(METADATA).unwrap();
        let error = serde_json::json!({
            "code": code,
            "message": everything(),
            "long_message": everything(),
            "meta": { "param_name": "email_address", "identifiers": [EMAIL], "all": everything(), "more": meta },
        });
        let body = serde_json::json!({ "errors": [error, error], "clerk_trace_id": "trace_1", "all": everything() });
        Self::new(status, body.to_string())
    }

    pub fn header(mut self, header: &str) -> Self {
        self.headers.push_str(header);
        self.headers.push_str("\r\n");
        self
    }

    pub fn breaking_off(mut self) -> Self {
        self.breaks_off = true;
        self
    }
}

/// All that should not be told.
pub fn everything() -> String {
    SECRETS.into_iter().chain(PERSONAL).collect::<Vec<_>>().join(" ")
}

/// Where it listens, and everything that it got.
pub struct Server {
    pub url: String,
    requests: Arc<Mutex<String>>,
}

impl Server {
    pub async fn responding_with(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<String>>::default();
        let got = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answer.clone(), Arc::clone(&got)));
            }
        });
        Self { url, requests }
    }

    pub fn requests(&self) -> String {
        self.requests.lock().unwrap().clone()
    }
}

/// One request for each connection is enough.
async fn serve(mut stream: TcpStream, answer: Answer, got: Arc<Mutex<String>>) {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut chunk).await {
        request.extend_from_slice(&chunk[..length]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let expected = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= expected.map_or(0, |length| length.parse().unwrap()) {
            break;
        }
    }
    got.lock().unwrap().push_str(&String::from_utf8_lossy(&request));
    let Answer { status, headers, body, breaks_off } = answer;
    let length = body.len() + usize::from(breaks_off);
    let head = format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n");
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}
