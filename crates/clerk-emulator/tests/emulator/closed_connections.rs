//! Tests of requests whose client closes the connection before the response, and of a server that stops before it.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use clerk_emulator::Emulator;
use futures_util::FutureExt;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use integration_tests::incomplete_request::IncompleteRequest;
use tokio::sync::{Semaphore, watch};
use user_directory::model::{DeletedObject, PasswordVerification};
use user_directory::{InMemoryUserDirectory, Password, Result, User, UserDirectory, UserFilter, UserId, async_trait};

use crate::support::{Clerk, KEY};

/// A directory whose operations wait for a permit.
#[derive(Debug)]
struct Gate {
    permits: Semaphore,
    running: watch::Sender<usize>,
    completed: watch::Sender<usize>,
}

impl Gate {
    fn closed() -> Arc<Self> {
        Arc::new(Self { permits: Semaphore::new(0), running: watch::Sender::new(0), completed: watch::Sender::new(0) })
    }

    async fn pass(&self) {
        /// Decrements the number of running operations, also if the operation is canceled.
        struct Running<'a>(&'a watch::Sender<usize>);

        impl Drop for Running<'_> {
            fn drop(&mut self) {
                self.0.send_modify(|running| *running -= 1);
            }
        }

        self.running.send_modify(|running| *running += 1);
        let _running = Running(&self.running);
        self.permits.acquire().await.unwrap().forget();
        self.completed.send_modify(|completed| *completed += 1);
    }
}

#[async_trait]
impl UserDirectory for Gate {
    async fn ban(&self, user_id: &UserId) -> Result<User> {
        self.pass().await;
        Ok(User::new(user_id.clone()))
    }

    async fn delete(&self, user_id: &UserId) -> Result<DeletedObject> {
        self.pass().await;
        Ok(DeletedObject::new("user", user_id))
    }

    async fn verify_password(&self, _: &UserId, _: &Password) -> Result<PasswordVerification> {
        self.pass().await;
        Ok(PasswordVerification::Correct)
    }
}

/// Waits until the value of `sender` is `number`.
async fn reaches(sender: &watch::Sender<usize>, number: usize) {
    let mut receiver = sender.subscribe();
    let reached = tokio::time::timeout(Duration::from_mins(1), receiver.wait_for(|value| *value == number)).await;
    assert!(reached.is_ok(), "the number is not {number}");
}

#[tokio::test]
async fn verify_password_is_canceled_when_the_connection_is_closed() {
    let gate = Gate::closed();
    let clerk = Clerk::with(|builder| builder.directory(Arc::clone(&gate) as Arc<dyn UserDirectory>)).await;
    let mut request = Box::pin(clerk.post("/v1/users/user_1/verify_password", r#"{"password":"a"}"#));
    tokio::select! {
        _ = &mut request => panic!("there is no permit"),
        () = reaches(&gate.running, 1) => {}
    }
    drop(request);
    reaches(&gate.running, 0).await;
    assert_eq!(*gate.completed.borrow(), 0);
}

#[tokio::test]
async fn delete_completes_after_the_connection_was_closed() {
    let gate = Gate::closed();
    let clerk = Clerk::with(|builder| builder.directory(Arc::clone(&gate) as Arc<dyn UserDirectory>)).await;
    let mut request = Box::pin(clerk.call("DELETE", "/v1/users/user_1").send());
    tokio::select! {
        _ = &mut request => panic!("there is no permit"),
        () = reaches(&gate.running, 1) => {}
    }
    drop(request);
    gate.permits.add_permits(1);
    reaches(&gate.completed, 1).await;
}

#[tokio::test]
async fn number_of_requests_whose_connection_was_closed_is_limited() {
    let gate = Gate::closed();
    let router = Emulator::builder().directory(Arc::clone(&gate) as Arc<dyn UserDirectory>).router().await.unwrap();
    let service = TowerToHyperService::new(router);
    for _ in 0..600 {
        let request = Request::delete("/v1/users/user_1").header("host", "localhost");
        let request = request.header("authorization", format!("Bearer {KEY}")).body(Body::empty()).unwrap();
        // The request begins, and its connection is closed.
        assert!(service.call(request).now_or_never().is_none());
        // A task that does not yield cannot acquire more than 128 permits.
        tokio::task::yield_now().await;
    }
    reaches(&gate.running, 512).await;
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(*gate.running.borrow(), 512);
    gate.permits.add_permits(600);
    reaches(&gate.completed, 512).await;
}

#[tokio::test(start_paused = true)]
async fn reset_discards_delayed_create() {
    let directory = InMemoryUserDirectory::permissive();
    let latency = Duration::from_secs(10);
    let router = Emulator::builder().store(&directory).latency(latency).router().await.unwrap();
    let service = TowerToHyperService::new(router);
    let call = |method: &str, path: &str, body: &'static str| {
        let request = Request::builder().method(method).uri(path).header("host", "localhost");
        let request = request.header("content-type", "application/json");
        service.call(request.header("authorization", format!("Bearer {KEY}")).body(Body::from(body)).unwrap())
    };
    // The request begins, and its connection is closed.
    assert!(call("POST", "/v1/users", r#"{"username":"ada_lovelace"}"#).now_or_never().is_none());
    tokio::time::sleep(latency / 2).await;
    assert_eq!(call("POST", "/__emulator/reset", "").await.unwrap().status(), 200);
    tokio::time::sleep(latency).await;
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 0);
    let requests = call("GET", "/__emulator/requests", "").await.unwrap().into_body();
    let requests = axum::body::to_bytes(requests, 10_000).await.unwrap();
    assert!(requests.ends_with(br#""total_count":0}"#), "{requests:?}");
}

#[tokio::test]
async fn stop_rejects_further_operations_although_a_delete_does_not_complete() {
    let gate = Gate::closed();
    let clerk = Clerk::with(|builder| builder.directory(Arc::clone(&gate) as Arc<dyn UserDirectory>)).await;
    let late = IncompleteRequest::start(clerk.emulator.address(), "/v1/users/user_2/ban").await;
    let mut request = Box::pin(clerk.call("DELETE", "/v1/users/user_1").try_send());
    tokio::select! {
        _ = &mut request => panic!("there is no permit"),
        () = reaches(&gate.running, 1) => {}
    }
    drop(request);
    // The deadlines pass without waiting.
    tokio::time::pause();
    let error = clerk.emulator.stop().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    tokio::time::resume();
    let response = late.complete().await;
    assert!(response.starts_with("HTTP/1.1 503 ") && response.contains("The emulator is stopping."), "{response}");
    assert_eq!((*gate.running.borrow(), *gate.completed.borrow()), (1, 0));
}
