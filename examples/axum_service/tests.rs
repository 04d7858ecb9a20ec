//! The service by real requests: the in-memory directory for what it does, the mock for what goes wrong.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use user_directory::reqwest::{Client, Method, Response};
use user_directory::{
    ApiError, Error, ErrorKind, InMemoryUserDirectory, MockUserDirectory, NewUser, Operation, Password, UserDirectory,
    codes,
};

use crate::app;

/// A service on a port of its own, which ends with the test's runtime.
struct Service {
    url: String,
    client: Client,
}

struct Answer {
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
        Self { url, client: Client::new() }
    }

    async fn send(&self, method: Method, path: &str, body: Option<String>) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        Answer::read(request.send().await.unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body.to_string())).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body.to_string())).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body.to_string())).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }
}

impl Answer {
    async fn read(response: Response) -> Self {
        let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (content_type, retry_after, location) = (header("content-type"), header("retry-after"), header("location"));
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, content_type, retry_after, location, text, json }
    }

    /// The status of a problem, and what it says is wrong.
    fn problem(&self) -> (u16, Value) {
        assert_eq!(self.content_type.as_deref(), Some("application/problem+json"), "{}", self.text);
        assert_eq!(self.json["status"], self.status);
        (self.status, self.json["errors"].clone())
    }
}

const PASSPHRASE: &str = "a long enough passphrase";

fn ada() -> Value {
    json!({ "email_address": "ada@example.com", "password": PASSPHRASE, "first_name": "Ada" })
}

#[tokio::test]
async fn who_signs_up_can_be_shown_changed_and_deleted() {
    let service = Service::start(InMemoryUserDirectory::new()).await;
    let created = service.post("/users", ada()).await;
    assert_eq!((created.status, &created.json["email_address"]), (201, &json!("ada@example.com")));
    let path = created.location.unwrap();
    assert_eq!(service.get(&path).await.json, created.json);

    let changed = service.patch(&path, json!({ "first_name": null, "last_name": "Lovelace" })).await;
    assert_eq!((&changed.json["first_name"], &changed.json["last_name"]), (&Value::Null, &json!("Lovelace")));
    let changed = service.patch(&path, json!({ "username": "ada.lovelace" })).await;
    assert_eq!((&changed.json["username"], &changed.json["last_name"]), (&json!("ada.lovelace"), &json!("Lovelace")));

    let deleted = service.delete(&path).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    for gone in [service.get(&path).await, service.delete(&path).await] {
        assert_eq!(gone.problem().0, 404);
    }
}

#[tokio::test]
async fn an_address_is_not_verified_by_signing_up_but_kept() {
    let directory = InMemoryUserDirectory::new();
    let service = Service::start(directory.clone()).await;
    service.post("/users", ada()).await;
    let again = service.post("/users", ada()).await;
    assert_eq!(again.problem(), (409, json!([{ "field": "email_address", "code": "form_identifier_exists" }])));
    let users = directory.list(&user_directory::UserQuery::new()).await.unwrap();
    assert_eq!(users.len(), 1);
    assert!(!users[0].email_addresses[0].is_verified());
}

#[tokio::test]
async fn users_are_found_and_listed_page_by_page() {
    let directory = InMemoryUserDirectory::new();
    for name in ["ada.lovelace", "grace.hopper", "mary.somerville"] {
        directory.create(&NewUser::new().username(name)).await.unwrap();
    }
    let service = Service::start(directory).await;
    let names = |answer: &Answer| {
        let users = answer.json["users"].as_array().unwrap().iter();
        users.map(|user| user["username"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&service.get("/users?query=HOPPER").await), ["grace.hopper"]);
    assert_eq!(names(&service.get("/users?query=").await).len(), 3);

    let first = service.get("/users?limit=2").await;
    assert_eq!(names(&first), ["mary.somerville", "grace.hopper"]);
    let next = first.json["next"].as_str().unwrap();
    let second = service.get(&format!("/users?limit=2&starting_after={next}")).await;
    assert_eq!((names(&second), &second.json["next"]), (vec!["ada.lovelace".to_owned()], &Value::Null));
}

#[tokio::test]
async fn a_plan_is_merged_and_what_is_private_stays_so() {
    let directory = InMemoryUserDirectory::new();
    let metadata = |value: Value| user_directory::Metadata::new(&value).unwrap();
    let grace = NewUser::new()
        .username("grace.hopper")
        .public_metadata(metadata(json!({ "roles": ["admin"], "plan": { "name": "team", "seats": 12 } })))
        .private_metadata(metadata(json!({ "note": "pays late" })));
    let id = directory.create(&grace).await.unwrap().id;
    let service = Service::start(directory.clone()).await;
    let answer = service.put(&format!("/users/{id}/plan"), json!({ "name": "free" })).await;
    assert_eq!((answer.status, &answer.json["plan"]), (200, &json!({ "name": "free", "seats": null })));
    assert!(!answer.text.contains("pays late"));
    let kept = directory.get(&id).await.unwrap().public_metadata;
    assert_eq!(kept, metadata(json!({ "roles": ["admin"], "plan": { "name": "free" } })));
}

#[tokio::test]
async fn who_may_not_sign_in_cannot_be_told_from_who_is_not_there() {
    let directory = InMemoryUserDirectory::new();
    directory.create(&NewUser::new().email_address("grace@example.com")).await.unwrap();
    let service = Service::start(directory).await;
    let path = service.post("/users", ada()).await.location.unwrap();
    let check = async |email: &str, password: &str| {
        let body = json!({ "email_address": email, "password": password });
        let answer = service.post("/sign-in-check", body).await;
        assert_eq!(answer.status, 200);
        answer.json["user_id"].as_str().map(|id| format!("/users/{id}"))
    };
    assert_eq!(check("Ada@example.com", PASSPHRASE).await.as_deref(), Some(&*path));
    assert_eq!(check("ada@example.com", "something else").await, None);
    assert_eq!(check("nobody@example.com", PASSPHRASE).await, None);
    assert_eq!(check("grace@example.com", PASSPHRASE).await, None, "she has no password");

    assert_eq!(service.post(&format!("{path}/ban"), json!({})).await.json["banned"], true);
    assert_eq!(check("ada@example.com", PASSPHRASE).await, None);
    assert_eq!(service.post(&format!("{path}/unban"), json!({})).await.json["banned"], false);
    assert_eq!(check("ada@example.com", PASSPHRASE).await.as_deref(), Some(&*path));
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told() {
    let service = Service::start(InMemoryUserDirectory::new()).await;
    let weak = service.post("/users", json!({ "email_address": "ada", "password": "short" })).await;
    let (status, errors) = weak.problem();
    assert_eq!(status, 422);
    assert_eq!((&errors[0]["field"], &errors[1]["field"]), (&json!("email_address"), &json!("password")), "{errors}");

    let number = service.post("/users", json!({ "email_address": "ada@example.com", "password": 12_345_678 })).await;
    assert_eq!(number.problem().0, 422);
    assert!(number.text.contains("password") && !number.text.contains("12345678"), "{}", number.text);

    let limit = service.get("/users?limit=501").await;
    assert_eq!(limit.problem(), (422, json!([{ "field": "limit", "code": codes::INVALID_REQUEST }])));
    for (answer, status, word) in [
        (service.send(Method::POST, "/users", Some("{".into())).await, 400, "JSON"),
        (service.send(Method::POST, "/users", None).await, 415, "application/json"),
        (service.send(Method::POST, "/users", Some(" ".repeat(20_000))).await, 413, "length limit"),
        (service.post("/users", json!({ "email": "ada@example.com" })).await, 422, "unknown field `email`"),
        (service.get("/users?limit=many").await, 400, "limit"),
        (service.get("/users/a%2Fb").await, 400, "must not contain"),
        (service.get("/user").await, 404, "no such route"),
        (service.delete("/users").await, 405, "no such method"),
    ] {
        assert_eq!(answer.problem().0, status, "{}", answer.text);
        assert!(answer.text.contains(word), "{}", answer.text);
    }
}

#[tokio::test]
async fn the_service_is_well_whatever_the_directory_is() {
    // A mock without expectations: to ask it would be a panic.
    let answer = Service::start(MockUserDirectory::new()).await.get("/health").await;
    assert_eq!((answer.status, answer.text.as_str()), (200, r#"{"status":"ok"}"#));
}

/// The answer to `get` and to `create` when the directory fails with this error.
async fn failing(error: Error) -> (Answer, Answer) {
    let (on_get, on_create) = (error.clone().with_operation(Operation::Get), error.with_operation(Operation::Create));
    let mut users = MockUserDirectory::new();
    users.expect_get().returning(move |_| Err(on_get.clone()));
    users.expect_create().returning(move |_| Err(on_create.clone()));
    let service = Service::start(users).await;
    (service.get("/users/user_1").await, service.post("/users", ada()).await)
}

#[tokio::test]
async fn every_failure_of_the_directory_has_its_status() {
    // Status; whether a read and a creation may be repeated; whether the creation may have been done.
    for (error, status, retryable, outcome_unknown) in [
        (Error::from_api(404, vec![]), 404, [false, false], false),
        (Error::from_api(409, vec![]), 409, [false, false], false),
        (Error::from_api(423, vec![]), 409, [true, true], false),
        (Error::from_api(422, vec![]), 422, [false, false], false),
        (Error::from_api(401, vec![]), 500, [false, false], false),
        (Error::from_api(402, vec![]), 500, [false, false], false),
        (Error::from_api(403, vec![]), 500, [false, false], false),
        (Error::new(ErrorKind::Configuration), 500, [false, false], false),
        (Error::new(ErrorKind::Decode), 500, [false, false], false),
        (Error::new(ErrorKind::Decode).with_status(200), 502, [false, false], true),
        (Error::new(ErrorKind::Transport), 502, [true, false], true),
        (Error::from_api(500, vec![]), 502, [false, false], true),
        (Error::from_api(302, vec![]), 502, [false, false], false),
        (Error::from_api(503, vec![]), 503, [true, false], true),
        (Error::from_api(429, vec![]), 503, [true, true], false),
        (Error::new(ErrorKind::Connect), 503, [true, true], false),
        (Error::new(ErrorKind::Timeout), 504, [true, false], true),
    ] {
        let (read, created) = failing(error.clone()).await;
        assert_eq!((read.problem().0, created.problem().0), (status, status), "{error}");
        assert_eq!([&read.json["retryable"], &created.json["retryable"]], retryable.map(Value::Bool).each_ref());
        assert_eq!([&read.json["outcome_unknown"], &created.json["outcome_unknown"]], [false, outcome_unknown]);
    }
}

#[tokio::test]
async fn when_to_come_back_is_told_where_that_does_no_harm() {
    let wait = Duration::from_millis(1001);
    let (read, created) = failing(Error::from_api(429, vec![]).with_retry_after(wait)).await;
    assert_eq!([read.retry_after.as_deref(), created.retry_after.as_deref()], [Some("2"), Some("2")]);
    let (read, created) = failing(Error::from_api(503, vec![]).with_retry_after(wait)).await;
    assert_eq!([read.retry_after.as_deref(), created.retry_after.as_deref()], [Some("2"), None]);
}

#[tokio::test]
async fn nothing_of_the_directory_leaks() {
    let said = || ApiError::new("authorization_invalid").with_param_name("inner").with_long_message("secret long");
    for status in [401, 422, 500] {
        let error = Error::from_api(status, vec![said().with_message("secret short")])
            .with_message("secret sentence")
            .with_source(std::io::Error::other("secret source"))
            .with_trace_id("secret_trace");
        let (read, created) = failing(error).await;
        for text in [&read.text, &created.text] {
            assert!(!text.contains("secret"), "{text}");
            assert_eq!(text.contains("inner"), status == 422, "only what the caller can correct: {text}");
        }
    }
}

#[tokio::test]
async fn a_deletion_that_was_done_by_an_attempt_without_an_answer_is_one() {
    for (error, status) in
        [(Error::new(ErrorKind::NotFound).with_earlier_outcome_unknown(), 204), (Error::new(ErrorKind::NotFound), 404)]
    {
        let mut users = MockUserDirectory::new();
        users.expect_delete().returning(move |_| Err(error.clone()));
        assert_eq!(Service::start(users).await.delete("/users/user_1").await.status, status);
    }
}

#[tokio::test]
async fn a_password_reaches_the_directory_as_it_is() {
    let mut users = MockUserDirectory::new();
    users
        .expect_create()
        .withf(|new| new.password == Some(Password::new("pässwörd \"1\"").into()))
        .returning(|_| Err(Error::new(ErrorKind::Conflict)));
    let body = json!({ "email_address": "ada@example.com", "password": "pässwörd \"1\"" });
    assert_eq!(Service::start(users).await.post("/users", body).await.status, 409);
}
