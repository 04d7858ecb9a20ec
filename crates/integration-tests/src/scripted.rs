//! A server that does one thing after the other.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

/// What is done with one request.
#[derive(Debug, Clone)]
pub enum Step {
    /// Answers with a status, more headers (each with its line end) and a body.
    Answer(u16, String, String),
    /// Hangs up after the request.
    Cut,
    /// Hangs up in the middle of the answer.
    CutWithin,
    /// Says nothing.
    Silence,
}

impl Step {
    pub fn status(status: u16) -> Self {
        Self::Answer(status, String::new(), String::new())
    }

    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self::Answer(status, "content-type: application/json\r\n".to_owned(), body.into())
    }

    pub fn header(self, name: &str, value: &str) -> Self {
        match self {
            Self::Answer(status, headers, body) => Self::Answer(status, format!("{headers}{name}: {value}\r\n"), body),
            other => panic!("{other:?} has no headers"),
        }
    }
}

/// Does the steps, and then the last one over and over. Each request has a connection of its own.
#[derive(Clone)]
pub struct Scripted(Arc<State>);

struct State {
    port: u16,
    steps: Mutex<VecDeque<Step>>,
    requests: watch::Sender<Vec<String>>,
    /// One for each request that may be answered.
    leave: Semaphore,
}

impl Scripted {
    pub async fn start(steps: impl IntoIterator<Item = Step>) -> Self {
        let server = Self::reluctant(steps).await;
        server.let_answer(1_000_000);
        server
    }

    /// Answers only as many requests as it is told to.
    pub async fn reluctant(steps: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let server = Self(Arc::new(State {
            port: listener.local_addr().unwrap().port(),
            steps: Mutex::new(steps.into_iter().collect()),
            requests: watch::Sender::default(),
            leave: Semaphore::new(0),
        }));
        let state = Arc::clone(&server.0);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(Arc::clone(&state), stream));
            }
        });
        server
    }

    pub fn port(&self) -> u16 {
        self.0.port
    }

    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.0.port)
    }

    pub fn let_answer(&self, number: usize) {
        self.0.leave.add_permits(number);
    }

    /// The requests so far, head and body.
    pub fn requests(&self) -> Vec<String> {
        self.0.requests.borrow().clone()
    }

    /// Comes back when there have been so many requests.
    pub async fn until_requests(&self, number: usize) {
        self.0.requests.subscribe().wait_for(|requests| requests.len() >= number).await.unwrap();
    }
}

async fn serve(state: Arc<State>, mut stream: TcpStream) {
    let Some(request) = read(&mut stream).await else { return };
    let step = {
        let mut steps = state.steps.lock().unwrap();
        if steps.len() > 1 { steps.pop_front().unwrap() } else { steps[0].clone() }
    };
    state.requests.send_modify(|requests| requests.push(request));
    state.leave.acquire().await.unwrap().forget();
    let answer = match step {
        Step::Answer(status, headers, body) => {
            let length = body.len();
            format!("HTTP/1.1 {status} .\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
        }
        Step::Cut => return,
        Step::CutWithin => "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_owned(),
        Step::Silence => {
            // Ends when the client has hung up.
            let _ = stream.read(&mut [0]).await;
            return;
        }
    };
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    loop {
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return Some(text.into_owned());
        }
    }
}
