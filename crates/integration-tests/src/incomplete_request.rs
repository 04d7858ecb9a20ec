//! A request whose body the server waits for.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::KEY;

/// A `POST` request with a JSON body that has not been sent.
pub struct IncompleteRequest(TcpStream);

impl IncompleteRequest {
    /// Sends the head of a request with a body of 2 bytes, and waits until the server reads the body.
    pub async fn start(address: SocketAddr, path: &str) -> Self {
        Self::with_length(address, path, 2).await
    }

    /// Sends the head of a request with a body of `length` bytes, and waits until the server reads the body.
    pub async fn with_length(address: SocketAddr, path: &str, length: usize) -> Self {
        const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {KEY}\r\nexpect: 100-continue\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // The server sends this when it starts to read the body.
        let mut received = [0; CONTINUE.len()];
        stream.read_exact(&mut received).await.unwrap();
        assert_eq!(received, CONTINUE);
        Self(stream)
    }

    /// Sends an empty JSON object, and returns the response up to the end of the connection.
    pub async fn complete(mut self) -> String {
        self.0.write_all(b"{}").await.unwrap();
        let mut response = String::new();
        self.0.read_to_string(&mut response).await.unwrap();
        response
    }
}
