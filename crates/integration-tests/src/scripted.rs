//! A stub server with a script of responses and connection failures.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

/// The reaction to one request.
#[derive(Debug, Clone)]
pub enum Step {
    /// Responds with a status, additional headers (each ending with CRLF) and a body.
    Respond(u16, String, String),
    /// Closes the connection after the request.
    Close,
    /// Closes the connection in the middle of the response body.
    CloseInBody,
    /// Sends no response.
    Stall,
}

impl Step {
    pub fn status(status: u16) -> Self {
        Self::Respond(status, String::new(), String::new())
    }

    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self::Respond(status, "content-type: application/json\r\n".to_owned(), body.into())
    }

    pub fn header(self, name: &str, value: &str) -> Self {
        match self {
            Self::Respond(status, headers, body) => {
                Self::Respond(status, format!("{headers}{name}: {value}\r\n"), body)
            }
            other => panic!("{other:?} has no headers"),
        }
    }
}

/// A server that runs the steps in order and then repeats the last one. Each request has its own connection.
#[derive(Clone)]
pub struct ScriptedServer(Arc<State>);

struct State {
    port: u16,
    steps: Mutex<VecDeque<Step>>,
    requests: watch::Sender<Vec<String>>,
    /// One permit per response.
    response_permits: Semaphore,
}

impl ScriptedServer {
    pub async fn start(steps: impl IntoIterator<Item = Step>) -> Self {
        let server = Self::start_paused(steps).await;
        server.allow_responses(1_000_000);
        server
    }

    /// Starts a server that responds only after [`allow_responses`](Self::allow_responses).
    pub async fn start_paused(steps: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let server = Self(Arc::new(State {
            port: listener.local_addr().unwrap().port(),
            steps: Mutex::new(steps.into_iter().collect()),
            requests: watch::Sender::default(),
            response_permits: Semaphore::new(0),
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

    pub fn allow_responses(&self, number: usize) {
        self.0.response_permits.add_permits(number);
    }

    /// Returns the heads and bodies of the requests received so far.
    pub fn requests(&self) -> Vec<String> {
        self.0.requests.borrow().clone()
    }

    /// Waits until the server has received `number` requests.
    pub async fn wait_for_requests(&self, number: usize) {
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
    state.response_permits.acquire().await.unwrap().forget();
    let response = match step {
        Step::Respond(status, headers, body) => {
            let length = body.len();
            format!("HTTP/1.1 {status} .\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
        }
        Step::Close => return,
        Step::CloseInBody => "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_owned(),
        Step::Stall => {
            // Returns when the client closes the connection.
            let _ = stream.read(&mut [0]).await;
            return;
        }
    };
    let _ = stream.write_all(response.as_bytes()).await;
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
