//! Tests of the service over HTTP: `behavior` uses the in-memory directory, and `failures` uses the mock.

mod behavior;
mod failures;

use std::sync::Arc;

use serde_json::{Value, json};
use user_directory::UserDirectory;
use user_directory::clerk::ClerkBuilder;
use user_directory::reqwest::{Client, Method, Response};

use crate::app;

const PASSPHRASE: &str = "a long enough passphrase";

fn ada() -> Value {
    json!({ "email_address": "ada@example.com", "password": PASSPHRASE, "first_name": "Ada" })
}

/// A service on a free port. It stops with the runtime of the test.
struct Service {
    url: String,
    client: Client,
}

struct TestResponse {
    status: u16,
    content_type: Option<String>,
    retry_after: Option<String>,
    location: Option<String>,
    text: String,
    json: Value,
}

impl Service {
    async fn start(users: impl UserDirectory) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, app::router(Arc::new(users))).into_future());
        Self { url, client: ClerkBuilder::http_client_builder().unwrap().no_proxy().build().unwrap() }
    }

    async fn send(&self, method: Method, path: &str, body: Option<String>) -> TestResponse {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        TestResponse::read(request.send().await.unwrap()).await
    }

    async fn get(&self, path: &str) -> TestResponse {
        self.send(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: &Value) -> TestResponse {
        self.send(Method::POST, path, Some(body.to_string())).await
    }

    async fn patch(&self, path: &str, body: &Value) -> TestResponse {
        self.send(Method::PATCH, path, Some(body.to_string())).await
    }

    async fn put(&self, path: &str, body: &Value) -> TestResponse {
        self.send(Method::PUT, path, Some(body.to_string())).await
    }

    async fn delete(&self, path: &str) -> TestResponse {
        self.send(Method::DELETE, path, None).await
    }
}

impl TestResponse {
    async fn read(response: Response) -> Self {
        let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (content_type, retry_after, location) = (header("content-type"), header("retry-after"), header("location"));
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, content_type, retry_after, location, text, json }
    }

    /// Asserts that the response is a problem, and returns its status and `errors`.
    fn problem(&self) -> (u16, Value) {
        assert_eq!(self.content_type.as_deref(), Some("application/problem+json"), "{}", self.text);
        assert_eq!(self.json["status"], self.status);
        (self.status, self.json["errors"].clone())
    }
}
