//! A service that answers with canned bytes, so that what is measured is the client: in a thread of its own, and it
//! reads no more of a request than where it ends.

use std::thread;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Answers until the process ends.
pub struct Stub {
    /// The base URL of the API.
    pub url: String,
}

struct Answers {
    users: Vec<Vec<u8>>,
    page: Vec<u8>,
}

impl Stub {
    /// Answers `GET /v1/users/{user_id}` with one of the users after the other, and `GET /v1/users` with the page.
    pub fn start(users: &[Vec<u8>], page: &[u8]) -> Self {
        let answers = Answers { users: users.iter().map(|user| answer(user)).collect(), page: answer(page) };
        let answers: &'static Answers = Box::leak(Box::new(answers));
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
        listener.set_nonblocking(true).expect("a listener can be asynchronous");
        let url = format!("http://{}/v1", listener.local_addr().expect("it has an address"));
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("it can be built");
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("it is asynchronous");
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, answers));
                }
            });
        });
        Self { url }
    }
}

/// Answers the requests of a connection, which have no bodies.
async fn serve(mut stream: TcpStream, answers: &Answers) {
    let _ = stream.set_nodelay(true);
    let mut request = Vec::with_capacity(4 * 1024);
    let mut users = answers.users.iter().cycle();
    while let Ok(1..) = stream.read_buf(&mut request).await {
        if request.ends_with(b"\r\n\r\n") {
            let user = request.starts_with(b"GET /v1/users/").then(|| users.next());
            if stream.write_all(user.flatten().unwrap_or(&answers.page)).await.is_err() {
                break;
            }
            request.clear();
        }
    }
}

/// The answer with the headers that the service sends.
fn answer(json: &[u8]) -> Vec<u8> {
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
