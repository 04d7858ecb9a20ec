//! A server that receives webhooks.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use clerk_emulator::Endpoint;
use clerk_emulator::axum::body::{Body, Bytes};
use clerk_emulator::axum::extract::ConnectInfo;
use clerk_emulator::axum::http::header::LOCATION;
use clerk_emulator::axum::http::{HeaderMap, StatusCode};
use clerk_emulator::axum::response::{IntoResponse, Response};
use clerk_emulator::axum::{self, Router};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;
use user_directory::webhooks::{UserEvent, Verifier, WebhookSecret};

pub const SECRET: &str = "whsec_cmVjZWl2ZXIgb2YgdGhlIGVtdWxhdG9y";

pub fn secret() -> WebhookSecret {
    WebhookSecret::new(SECRET).unwrap()
}

/// Waits for a future. Panics after a minute, so that a failing test ends.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(1), future).await.expect("the test waits for more than a minute")
}

/// A response from a receiver.
pub enum Reply {
    Status(u16),
    /// Status 200 and a body of this many bytes.
    Body(usize),
    /// A redirect to this URL.
    Redirect(String),
    /// Status 200 and a body without an end. The sender is dropped when the connection is closed.
    Endless(oneshot::Sender<()>),
    /// Status 200 when the sender is used or dropped.
    After(oneshot::Receiver<()>),
    /// No response.
    Silence,
}

/// A received request.
pub struct Request {
    /// The address of the connection.
    pub peer: SocketAddr,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Request {
    /// Verifies the signature with the secret and the system clock.
    pub fn event(&self) -> UserEvent {
        Verifier::new(secret()).verify(&self.headers, &self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

struct State {
    replies: Mutex<VecDeque<Reply>>,
    requests: UnboundedSender<Request>,
}

/// A receiver that responds with the given replies, and with status 200 afterwards.
pub struct Receiver {
    address: SocketAddr,
    state: Arc<State>,
    requests: UnboundedReceiver<Request>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = mpsc::unbounded_channel();
        let state = Arc::new(State { replies: Mutex::default(), requests: sender });
        let shared = Arc::clone(&state);
        let handle = move |ConnectInfo(peer): ConnectInfo<SocketAddr>, headers: HeaderMap, body: Bytes| {
            respond(Arc::clone(&shared), Request { peer, headers, body })
        };
        let router = Router::new().fallback(handle).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, state, requests }
    }

    pub fn url(&self) -> String {
        format!("http://{}/webhooks?token=in-the-query", self.address)
    }

    pub fn endpoint(&self) -> Endpoint {
        Endpoint::new(&self.url(), secret()).unwrap()
    }

    pub fn reply(&self, reply: Reply) {
        self.state.replies.lock().unwrap().push_back(reply);
    }

    pub fn reply_with(&self, statuses: &[u16]) {
        for status in statuses {
            self.reply(Reply::Status(*status));
        }
    }

    /// Waits for the next request.
    pub async fn next(&mut self) -> Request {
        within(self.requests.recv()).await.unwrap()
    }

    /// Waits for the next request, and verifies it.
    pub async fn event(&mut self) -> UserEvent {
        self.next().await.event()
    }

    pub fn is_empty(&mut self) -> bool {
        self.requests.is_empty()
    }
}

async fn respond(state: Arc<State>, request: Request) -> Response {
    let reply = state.replies.lock().unwrap().pop_front().unwrap_or(Reply::Status(200));
    state.requests.send(request).unwrap();
    match reply {
        Reply::Status(status) => (StatusCode::from_u16(status).unwrap(), "received").into_response(),
        Reply::Body(bytes) => vec![b'x'; bytes].into_response(),
        Reply::Redirect(url) => (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, url)]).into_response(),
        Reply::Endless(guard) => Body::from_stream(Endless(guard)).into_response(),
        Reply::After(gate) => {
            drop(gate.await);
            StatusCode::OK.into_response()
        }
        Reply::Silence => std::future::pending().await,
    }
}

struct Endless(#[expect(dead_code, reason = "dropping it notifies the test")] oneshot::Sender<()>);

impl futures_util::Stream for Endless {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(Some(Ok(Bytes::from_static(&[b'x'; 4096]))))
    }
}
