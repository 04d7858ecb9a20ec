//! A TCP server that runs scripts of faulty behavior byte by byte.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// One action of the server on a connection.
#[derive(Clone)]
pub enum Step {
    /// Reads a whole request.
    Read,
    /// Reads the head of a request and no byte of its body.
    ReadHead,
    /// Reads HTTP/2 up to the end of a request.
    ReadHttp2,
    Send(Vec<u8>),
    /// Sends a byte at a time, with a pause after each.
    Trickle(Vec<u8>, Duration),
    /// Sends the same bytes repeatedly until the client closes the connection.
    Forever(Vec<u8>),
    Pause(Duration),
    /// Sends nothing more until the client closes the connection.
    WaitForClose,
    /// Closes the connection with a TCP reset.
    Reset,
}

/// The steps of one connection. After the last step the server closes it.
pub type Script = Vec<Step>;

/// A request as received.
pub struct Request {
    pub head: Vec<u8>,
    pub body: Vec<u8>,
}

pub struct Server {
    pub address: SocketAddr,
    socket: Mutex<Option<TcpSocket>>,
    scripts: Arc<Vec<Script>>,
    /// The response to every request on a connection without a script.
    response: Arc<Vec<u8>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Creates a server that has an address but refuses connections until [`listen`](Self::listen) is called.
    ///
    /// Each connection runs the next script. When no script is left, every request gets `response`.
    pub fn not_listening(scripts: Vec<Script>, response: Vec<u8>) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        Self {
            address: socket.local_addr().unwrap(),
            socket: Mutex::new(Some(socket)),
            scripts: Arc::new(scripts),
            response: Arc::new(response),
            requests: Arc::default(),
        }
    }

    pub fn start(scripts: Vec<Script>, response: Vec<u8>) -> Self {
        let server = Self::not_listening(scripts, response);
        server.listen();
        server
    }

    /// Starts to accept connections. Has no effect if the server already does.
    pub fn listen(&self) {
        let Some(socket) = self.socket.lock().unwrap().take() else { return };
        let listener = socket.listen(64).unwrap();
        tokio::spawn(accept(listener, self.scripts.clone(), self.response.clone(), self.requests.clone()));
    }

    /// Removes and returns the requests received so far.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

async fn accept(
    listener: TcpListener,
    scripts: Arc<Vec<Script>>,
    response: Arc<Vec<u8>>,
    requests: Arc<Mutex<Vec<Request>>>,
) {
    for number in 0.. {
        let (stream, _) = listener.accept().await.unwrap();
        let (scripts, response) = (scripts.clone(), response.clone());
        let mut connection = Connection { stream, read: Vec::new(), requests: requests.clone() };
        tokio::spawn(async move {
            // Ignores the error when the client closes the connection, which ends some scripts.
            let _ = match scripts.get(number) {
                Some(script) => connection.play(script).await,
                None => connection.respond_to_all(&response).await,
            };
        });
    }
}

struct Connection {
    stream: TcpStream,
    /// Bytes received but not parsed yet.
    read: Vec<u8>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Connection {
    async fn play(&mut self, script: &[Step]) -> std::io::Result<()> {
        for step in script {
            match step {
                Step::Read => {
                    self.read_request().await?;
                }
                Step::ReadHead => {
                    self.read_head().await?;
                }
                Step::ReadHttp2 => self.read_http2().await?,
                Step::Send(bytes) => self.stream.write_all(bytes).await?,
                Step::Trickle(bytes, pause) => {
                    self.stream.set_nodelay(true)?;
                    for byte in bytes {
                        self.stream.write_all(&[*byte]).await?;
                        tokio::time::sleep(*pause).await;
                    }
                }
                Step::Forever(bytes) => loop {
                    self.stream.write_all(bytes).await?;
                },
                Step::Pause(pause) => tokio::time::sleep(*pause).await,
                Step::WaitForClose => while self.stream.read(&mut [0; 4096]).await? > 0 {},
                Step::Reset => return self.stream.set_zero_linger(),
            }
        }
        self.stream.shutdown().await
    }

    async fn respond_to_all(&mut self, response: &[u8]) -> std::io::Result<()> {
        loop {
            self.read_request().await?;
            self.stream.write_all(response).await?;
        }
    }

    async fn read_head(&mut self) -> std::io::Result<Vec<u8>> {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            self.read_more().await?;
        };
        Ok(self.read.drain(..end).collect())
    }

    /// Reads a request. All requests of the crate have a `content-length` if they have a body.
    async fn read_request(&mut self) -> std::io::Result<()> {
        let head = self.read_head().await?;
        let length = header_values(&head, "content-length").first().map_or(0, |length| length.parse().unwrap());
        let body = self.take(length).await?;
        self.requests.lock().unwrap().push(Request { head, body });
        Ok(())
    }

    async fn read_http2(&mut self) -> std::io::Result<()> {
        const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        const END_OF_STREAM: u8 = 1;
        loop {
            let mut header = self.take(9).await?;
            if PREFACE.starts_with(&header) {
                self.take(PREFACE.len() - header.len()).await?;
                header = self.take(9).await?;
            }
            let [a, b, c, kind, flags] = header[..5] else { unreachable!("nine bytes were taken") };
            self.take(u32::from_be_bytes([0, a, b, c]) as usize).await?;
            // DATA or HEADERS.
            if kind <= 1 && flags & END_OF_STREAM != 0 {
                return Ok(());
            }
        }
    }

    async fn take(&mut self, length: usize) -> std::io::Result<Vec<u8>> {
        while self.read.len() < length {
            self.read_more().await?;
        }
        Ok(self.read.drain(..length).collect())
    }

    async fn read_more(&mut self) -> std::io::Result<()> {
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// Splits a head into its first line and its headers.
pub fn parse_head(head: &[u8]) -> (String, Vec<(String, String)>) {
    let text = String::from_utf8(head.to_vec()).expect("the head is UTF-8");
    let mut lines = text.strip_suffix("\r\n\r\n").expect("the head ends with an empty line").split("\r\n");
    let first = lines.next().unwrap().to_owned();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").expect("a header has a name");
        (name.to_ascii_lowercase(), value.to_owned())
    });
    (first, headers.collect())
}

fn header_values(head: &[u8], name: &str) -> Vec<String> {
    parse_head(head).1.into_iter().filter(|header| header.0 == name).map(|header| header.1).collect()
}

/// Returns a response with the given headers and a `content-length`.
pub fn response(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = format!("content-length: {}", body.len());
    let headers: Vec<_> = headers.iter().copied().chain([length.as_str()]).collect();
    raw_response(status, &headers, body)
}

/// Returns a response with only the given headers.
pub fn raw_response(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for header in headers {
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body.as_ref());
    bytes
}

/// Returns a successful JSON response.
pub fn json_response(body: impl AsRef<[u8]>) -> Vec<u8> {
    response("200 OK", &["content-type: application/json"], body)
}
