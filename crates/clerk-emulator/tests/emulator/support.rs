//! An emulator with an accessible directory, and a client that can send invalid requests.

use clerk_emulator::{Emulator, EmulatorBuilder};
use serde_json::Value;
use user_directory::clerk::{ClerkBuilder, RetryPolicy};
use user_directory::reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use user_directory::reqwest::{Client, Method};
use user_directory::{ClerkUserDirectory, InMemoryUserDirectory, NewUser, SecretKey, User, UserDirectory};

pub const KEY: &str = "sk_test_notarealkey";

/// A complete response.
pub struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Response {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Returns the code and parameter of each error.
    pub fn errors(&self) -> Vec<(String, Option<String>)> {
        let json = self.json();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let error = |error: &Value| (text(&error["code"]).unwrap(), text(&error["meta"]["param_name"]));
        json["errors"].as_array().unwrap().iter().map(error).collect()
    }

    #[track_caller]
    pub fn assert_error(&self, status: u16, code: &str, param_name: Option<&str>) {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.errors(), [(code.to_owned(), param_name.map(str::to_owned))]);
    }
}

/// A running emulator, its directory, and an HTTP client.
pub struct Clerk {
    pub emulator: Emulator,
    pub directory: InMemoryUserDirectory,
    pub http: Client,
}

/// A request builder.
pub struct Call<'a> {
    clerk: &'a Clerk,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Clerk {
    pub async fn start() -> Self {
        Self::with(|builder| builder).await
    }

    pub async fn with(configure: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Self {
        let directory = InMemoryUserDirectory::permissive();
        let emulator = configure(Emulator::builder().store(&directory)).start().await.unwrap();
        let http = ClerkBuilder::http_client_builder().unwrap().no_proxy().build().unwrap();
        Self { emulator, directory, http }
    }

    /// Returns a `ClerkUserDirectory` without retries.
    pub fn client(&self) -> ClerkUserDirectory {
        let builder = ClerkUserDirectory::builder(SecretKey::new(KEY).unwrap());
        builder.base_url(self.emulator.api_url()).retry(RetryPolicy::none()).build().unwrap()
    }

    pub fn call(&self, method: &str, path: &str) -> Call<'_> {
        let method = method.parse().unwrap();
        let call = Call { clerk: self, method, path: path.to_owned(), headers: HeaderMap::new(), body: Vec::new() };
        call.header("authorization", &format!("Bearer {KEY}"))
    }

    pub async fn get(&self, path: &str) -> Response {
        self.call("GET", path).send().await
    }

    pub async fn post(&self, path: &str, json: &str) -> Response {
        self.call("POST", path).json(json).send().await
    }

    pub async fn user(&self) -> User {
        self.directory.create(&NewUser::new().email_address("ada@example.com")).await.unwrap()
    }
}

impl Call<'_> {
    /// Sets a header, or removes it if the value is empty.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        let name = HeaderName::from_static(name);
        if value.is_empty() {
            self.headers.remove(name);
        } else {
            self.headers.insert(name, HeaderValue::from_str(value).unwrap());
        }
        self
    }

    pub fn json(self, json: &str) -> Self {
        self.header("content-type", "application/json").body(json)
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub async fn try_send(self) -> user_directory::reqwest::Result<Response> {
        let url = format!("{}{}", self.clerk.emulator.url(), self.path);
        let request = self.clerk.http.request(self.method, url).headers(self.headers).body(self.body);
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Response { status, headers, text: response.text().await? })
    }

    pub async fn send(self) -> Response {
        self.try_send().await.unwrap()
    }
}
