//! A stub server in its own thread, which sends canned responses and does as little work as possible.

use std::thread;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A stub server that runs until the process exits.
pub struct Stub {
    /// The base URL of the API.
    pub url: String,
}

struct Responses {
    users: Vec<Vec<u8>>,
    page: Vec<u8>,
}

impl Stub {
    /// Starts a server with the users and the page of the benchmarks.
    #[allow(dead_code, reason = "a test starts it with other users")]
    pub fn start_with_users(page: u64) -> Self {
        let user = |number| serde_json::to_vec(&super::page::user(number)).expect("a user can be serialized");
        Self::start(&(0..16).map(user).collect::<Vec<_>>(), &super::page::page(page))
    }

    /// Starts a server that responds to `GET /v1/users/{user_id}` with the users in turn, and to `GET /v1/users` with
    /// the page.
    pub fn start(users: &[Vec<u8>], page: &[u8]) -> Self {
        let responses = Responses { users: users.iter().map(|user| response(user)).collect(), page: response(page) };
        let responses: &'static Responses = Box::leak(Box::new(responses));
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener.set_nonblocking(true).expect("the listener can be made non-blocking");
        let url = format!("http://{}/v1", listener.local_addr().expect("the listener has an address"));
        thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime can be built");
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("the listener is non-blocking");
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, responses));
                }
            });
        });
        Self { url }
    }
}

/// Responds to the requests of a connection. The requests must not have bodies.
async fn serve(mut stream: TcpStream, responses: &Responses) {
    let _ = stream.set_nodelay(true);
    let mut request = Vec::with_capacity(4 * 1024);
    let mut users = responses.users.iter().cycle();
    while let Ok(1..) = stream.read_buf(&mut request).await {
        if request.ends_with(b"\r\n\r\n") {
            let user = request.starts_with(b"GET /v1/users/").then(|| users.next());
            if stream.write_all(user.flatten().unwrap_or(&responses.page)).await.is_err() {
                break;
            }
            request.clear();
        }
    }
}

/// Returns a response with the headers that the service sends.
fn response(json: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\n\
         date: Tue, 12 May 2026 08:00:00 GMT\r\n\
         content-type: application/json\r\n\
         content-length: {}\r\n\
         cache-control: no-store\r\n\
         clerk-trace-id: 0123456789abcdef0123456789abcdef\r\n\
         cf-ray: 0123456789abcdef-FRA\r\n\
         strict-transport-security: max-age=63072000; includeSubDomains; preload\r\n\
         x-content-type-options: nosniff\r\n\
         x-frame-options: SAMEORIGIN\r\n\
         \r\n",
        json.len()
    );
    [head.as_bytes(), json].concat()
}
