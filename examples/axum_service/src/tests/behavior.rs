//! Tests of the service with the in-memory directory.

use serde_json::{Value, json};
use user_directory::reqwest::Method;
use user_directory::{InMemoryUserDirectory, Metadata, NewUser, UserDirectory, UserQuery, codes};

use super::{PASSPHRASE, Service, TestResponse, ada};

#[tokio::test]
async fn sign_up_creates_a_user_that_can_be_shown_changed_and_deleted() {
    let service = Service::start(InMemoryUserDirectory::permissive()).await;
    let created = service.post("/users", &ada()).await;
    assert_eq!((created.status, &created.json["email_address"]), (201, &json!("ada@example.com")));
    let path = created.location.unwrap();
    assert_eq!(service.get(&path).await.json, created.json);

    let changed = service.patch(&path, &json!({ "first_name": null, "last_name": "Lovelace" })).await;
    assert_eq!((&changed.json["first_name"], &changed.json["last_name"]), (&Value::Null, &json!("Lovelace")));
    let changed = service.patch(&path, &json!({ "username": "ada_lovelace" })).await;
    assert_eq!((&changed.json["username"], &changed.json["last_name"]), (&json!("ada_lovelace"), &json!("Lovelace")));

    let deleted = service.delete(&path).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    for response in [service.get(&path).await, service.delete(&path).await] {
        assert_eq!(response.problem().0, 404);
    }
}

#[tokio::test]
async fn sign_up_reserves_the_email_address_without_verifying_it() {
    let directory = InMemoryUserDirectory::permissive();
    let service = Service::start(directory.clone()).await;
    service.post("/users", &ada()).await;
    let duplicate = service.post("/users", &ada()).await;
    assert_eq!(duplicate.problem(), (409, json!([{ "field": "email_address", "code": "form_identifier_exists" }])));
    let users = directory.list(&UserQuery::new()).await.unwrap();
    assert_eq!(users.len(), 1);
    assert!(!users[0].email_addresses[0].is_verified());
}

#[tokio::test]
async fn list_filters_by_query_and_returns_pages() {
    let directory = InMemoryUserDirectory::permissive();
    for name in ["ada_lovelace", "grace_hopper", "mary_somerville"] {
        directory.create(&NewUser::new().username(name)).await.unwrap();
    }
    let service = Service::start(directory).await;
    let names = |response: &TestResponse| {
        let users = response.json["users"].as_array().unwrap().iter();
        users.map(|user| user["username"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&service.get("/users?query=HOPPER").await), ["grace_hopper"]);
    assert_eq!(names(&service.get("/users?query=").await).len(), 3);

    let first = service.get("/users?limit=2").await;
    assert_eq!(names(&first), ["mary_somerville", "grace_hopper"]);
    let next = first.json["next"].as_str().unwrap();
    let second = service.get(&format!("/users?limit=2&starting_after={next}")).await;
    assert_eq!((names(&second), &second.json["next"]), (vec!["ada_lovelace".to_owned()], &Value::Null));
}

#[tokio::test]
async fn choose_plan_merges_public_metadata_and_omits_private_metadata() {
    let directory = InMemoryUserDirectory::permissive();
    let metadata = |value: &Value| Metadata::new(value).unwrap();
    let grace = NewUser::new()
        .username("grace_hopper")
        .public_metadata(metadata(&json!({ "roles": ["admin"], "plan": { "name": "team", "seats": 12 } })))
        .private_metadata(metadata(&json!({ "note": "pays late" })));
    let id = directory.create(&grace).await.unwrap().id;
    let service = Service::start(directory.clone()).await;
    let response = service.put(&format!("/users/{id}/plan"), &json!({ "name": "free" })).await;
    assert_eq!((response.status, &response.json["plan"]), (200, &json!({ "name": "free", "seats": null })));
    assert!(!response.text.contains("pays late"));
    let kept = directory.get(&id).await.unwrap().public_metadata;
    assert_eq!(kept, metadata(&json!({ "roles": ["admin"], "plan": { "name": "free" } })));
}

#[tokio::test]
async fn sign_in_check_does_not_reveal_whether_an_account_exists() {
    let directory = InMemoryUserDirectory::permissive();
    directory.create(&NewUser::new().email_address("grace@example.com")).await.unwrap();
    let service = Service::start(directory).await;
    let path = service.post("/users", &ada()).await.location.unwrap();
    let check = async |email: &str, password: &str| {
        let body = json!({ "email_address": email, "password": password });
        let response = service.post("/sign-in-check", &body).await;
        assert_eq!(response.status, 200);
        response.json["user_id"].as_str().map(|id| format!("/users/{id}"))
    };
    assert_eq!(check("Ada@example.com", PASSPHRASE).await.as_deref(), Some(&*path));
    assert_eq!(check("ada@example.com", "something else").await, None);
    assert_eq!(check("unknown@example.com", PASSPHRASE).await, None);
    assert_eq!(check("grace@example.com", PASSPHRASE).await, None, "the user has no password");

    assert_eq!(service.post(&format!("{path}/ban"), &json!({})).await.json["banned"], true);
    assert_eq!(check("ada@example.com", PASSPHRASE).await, None);
    assert_eq!(service.post(&format!("{path}/unban"), &json!({})).await.json["banned"], false);
    assert_eq!(check("ada@example.com", PASSPHRASE).await.as_deref(), Some(&*path));
}

#[tokio::test]
async fn invalid_requests_are_rejected_with_details() {
    let service = Service::start(InMemoryUserDirectory::permissive()).await;
    let weak = service.post("/users", &json!({ "email_address": "ada", "password": "short" })).await;
    let (status, errors) = weak.problem();
    assert_eq!(status, 422);
    assert_eq!((&errors[0]["field"], &errors[1]["field"]), (&json!("email_address"), &json!("password")), "{errors}");

    let number = service.post("/users", &json!({ "email_address": "ada@example.com", "password": 12_345_678 })).await;
    assert_eq!(number.problem().0, 422);
    assert!(number.text.contains("password") && !number.text.contains("12345678"), "{}", number.text);

    let limit = service.get("/users?limit=501").await;
    assert_eq!(limit.problem(), (422, json!([{ "field": "limit", "code": codes::INVALID_REQUEST }])));
    for (response, status, word) in [
        (service.send(Method::POST, "/users", Some("{".into())).await, 400, "JSON"),
        (service.send(Method::POST, "/users", None).await, 415, "application/json"),
        (service.send(Method::POST, "/users", Some(" ".repeat(20_000))).await, 413, "length limit"),
        (service.post("/users", &json!({ "email": "ada@example.com" })).await, 422, "unknown field `email`"),
        (service.get("/users?limit=many").await, 400, "limit"),
        (service.get("/users/a%2Fb").await, 400, "must not contain"),
        (service.get("/user").await, 404, "route does not exist"),
        (service.delete("/users").await, 405, "does not support this method"),
    ] {
        assert_eq!(response.problem().0, status, "{}", response.text);
        assert!(response.text.contains(word), "{}", response.text);
    }
}

#[tokio::test]
async fn requests_from_browser_pages_are_rejected() {
    let service = Service::start(InMemoryUserDirectory::permissive()).await;
    let request = service.client.post(format!("{}/users/user_1/ban", service.url));
    let response = TestResponse::read(request.header("origin", "https://page.example").send().await.unwrap()).await;
    assert_eq!(response.problem().0, 403);
}
