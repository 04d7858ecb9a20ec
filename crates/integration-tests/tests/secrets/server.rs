//! A server that echoes secrets and personal data in every part of its responses.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::known::{EMAIL, METADATA, PERSONAL, SECRETS};

/// The response to every request.
#[derive(Clone)]
pub struct Response {
    pub status: u16,
    pub headers: String,
    pub body: String,
    /// Whether the connection closes before the end of the body.
    pub truncated: bool,
}

impl Response {
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        let headers = format!("x-echo: {}\r\nclerk-trace-id: trace_1\r\n", everything().replace(['\r', '\n'], " "));
        Self { status, headers, body: body.into(), truncated: false }
    }

    /// Returns an error from the API with a code.
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

    pub fn truncated(mut self) -> Self {
        self.truncated = true;
        self
    }
}

/// Returns all secrets and personal data.
pub fn everything() -> String {
    SECRETS.into_iter().chain(PERSONAL).collect::<Vec<_>>().join(" ")
}

/// A server that records its requests.
pub struct Server {
    pub url: String,
    requests: Arc<Mutex<String>>,
}

impl Server {
    pub async fn responding_with(response: Response) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<String>>::default();
        let received = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, response.clone(), Arc::clone(&received)));
            }
        });
        Self { url, requests }
    }

    pub fn requests(&self) -> String {
        self.requests.lock().unwrap().clone()
    }
}

/// Serves one request per connection.
async fn serve(mut stream: TcpStream, response: Response, received: Arc<Mutex<String>>) {
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
    received.lock().unwrap().push_str(&String::from_utf8_lossy(&request));
    let Response { status, headers, body, truncated } = response;
    let length = body.len() + usize::from(truncated);
    let head = format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n");
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}
