//! A server that misbehaves byte by byte, as a script tells it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// One thing that the server does with a connection.
#[derive(Clone)]
pub enum Step {
    /// Reads a request to its end.
    Read,
    /// Reads the head of a request and no byte of its body.
    ReadHead,
    /// Reads HTTP/2 up to the end of a request.
    ReadHttp2,
    Send(Vec<u8>),
    /// Sends a byte at a time, with a pause after each.
    Trickle(Vec<u8>, Duration),
    /// Sends the same over and over, until the client hangs up.
    Forever(Vec<u8>),
    Pause(Duration),
    /// Says nothing more until the client hangs up.
    Wait,
    /// Hangs up with a reset instead of an orderly end.
    Reset,
}

/// What happens on one connection. After the last step the server hangs up.
pub type Script = Vec<Step>;

/// A request, as it came.
pub struct Request {
    pub head: Vec<u8>,
    pub body: Vec<u8>,
}

pub struct Server {
    pub address: SocketAddr,
    socket: Mutex<Option<TcpSocket>>,
    scripts: Arc<Vec<Script>>,
    /// What every connection without a script gets, request by request.
    answer: Arc<Vec<u8>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// A server that has an address, and refuses every connection until it [listens](Self::listen).
    ///
    /// The first connection is handled by the first script and so on; when there is none left, every request is
    /// answered by `answer`.
    pub fn refusing(scripts: Vec<Script>, answer: Vec<u8>) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        Self {
            address: socket.local_addr().unwrap(),
            socket: Mutex::new(Some(socket)),
            scripts: Arc::new(scripts),
            answer: Arc::new(answer),
            requests: Arc::default(),
        }
    }

    pub fn start(scripts: Vec<Script>, answer: Vec<u8>) -> Self {
        let server = Self::refusing(scripts, answer);
        server.listen();
        server
    }

    /// Starts to take connections. Once is enough.
    pub fn listen(&self) {
        let Some(socket) = self.socket.lock().unwrap().take() else { return };
        let listener = socket.listen(64).unwrap();
        tokio::spawn(accept(listener, self.scripts.clone(), self.answer.clone(), self.requests.clone()));
    }

    /// Everything that was read since this was asked.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

async fn accept(
    listener: TcpListener,
    scripts: Arc<Vec<Script>>,
    answer: Arc<Vec<u8>>,
    requests: Arc<Mutex<Vec<Request>>>,
) {
    for number in 0.. {
        let (stream, _) = listener.accept().await.unwrap();
        let (scripts, answer) = (scripts.clone(), answer.clone());
        let mut connection = Connection { stream, read: Vec::new(), requests: requests.clone() };
        tokio::spawn(async move {
            // A client that has hung up ends a script; that is what some of them wait for.
            let _ = match scripts.get(number) {
                Some(script) => connection.play(script).await,
                None => connection.answer_all(&answer).await,
            };
        });
    }
}

struct Connection {
    stream: TcpStream,
    /// What was read and not used yet.
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
                Step::Wait => while self.stream.read(&mut [0; 4096]).await? > 0 {},
                Step::Reset => return self.stream.set_zero_linger(),
            }
        }
        self.stream.shutdown().await
    }

    async fn answer_all(&mut self, answer: &[u8]) -> std::io::Result<()> {
        loop {
            self.read_request().await?;
            self.stream.write_all(answer).await?;
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

    /// Every request of the crate says how long it is.
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
            // Data or the head.
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

/// The lines of a head: the request line, then the names and values of the headers.
pub fn lines(head: &[u8]) -> (String, Vec<(String, String)>) {
    let text = String::from_utf8(head.to_vec()).expect("the head is text");
    let mut lines = text.strip_suffix("\r\n\r\n").expect("the head has an end").split("\r\n");
    let first = lines.next().unwrap().to_owned();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").expect("a header has a name");
        (name.to_ascii_lowercase(), value.to_owned())
    });
    (first, headers.collect())
}

fn header_values(head: &[u8], name: &str) -> Vec<String> {
    lines(head).1.into_iter().filter(|header| header.0 == name).map(|header| header.1).collect()
}

/// An answer with this status line, these headers, and a `content-length`.
pub fn answer(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = format!("content-length: {}", body.len());
    let headers: Vec<_> = headers.iter().copied().chain([length.as_str()]).collect();
    head(status, &headers, body)
}

/// An answer with these headers and no other.
pub fn head(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for header in headers {
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body.as_ref());
    bytes
}

/// A success in JSON.
pub fn json(body: impl AsRef<[u8]>) -> Vec<u8> {
    answer("200 OK", &["content-type: application/json"], body)
}
