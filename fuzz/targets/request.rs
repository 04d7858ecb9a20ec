//! The emulator: a line such as `POST /v1/users application/json`, followed by a request body. The response is never a
//! server error, and a JSON response is well-formed.
#![no_main]

use std::cell::LazyCell;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use clerk_emulator::Emulator;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;
use user_directory::InMemoryUserDirectory;

thread_local! {
    static RUNTIME: LazyCell<Runtime> =
        LazyCell::new(|| Builder::new_current_thread().enable_all().build().expect("a runtime"));
    static APP: LazyCell<(Router, InMemoryUserDirectory)> = LazyCell::new(|| {
        let directory = InMemoryUserDirectory::permissive();
        let app = Emulator::builder().store(&directory).router();
        (RUNTIME.with(|runtime| runtime.block_on(app)).expect("a router without a seed file"), directory)
    });
}

const USERS: &str = include_str!("../../tests/fixtures/responses/list.json");

fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (Ok(line), body) = (str::from_utf8(&bytes[..end]), bytes.get(end + 1..).unwrap_or_default()) else { return };
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or("/"));
    let content_type = words.next().unwrap_or("application/json");
    let request = Request::builder()
        .method(method)
        .uri(target)
        .header("host", "localhost")
        .header("authorization", "Bearer sk_test_fuzz")
        .header("content-type", content_type)
        .body(Body::from(body.to_vec()));
    let Ok(request) = request else { return };
    // The control API can inject delays and lost connections, which are not bugs.
    if request.uri().path().contains("__emulator") && !request.uri().path().ends_with("seed") {
        return;
    }
    let (app, directory) = APP.with(|app| (app.0.clone(), app.1.clone()));
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            directory.clear().await.expect("the in-memory store does not fail");
            directory.load_json(USERS).await.expect("the fixture contains valid users");
            let response = app.oneshot(request).await.expect("the service is infallible");
            let status = response.status();
            let is_json = response.headers().get("content-type").is_some_and(|mime| mime.as_bytes().ends_with(b"json"));
            let body = to_bytes(response.into_body(), usize::MAX).await.expect("a complete body");
            assert!(!status.is_server_error(), "{status}");
            assert!(!is_json || serde_json::from_slice::<Value>(&body).is_ok(), "{status}");
        });
    });
});
