//! Tests of starting and stopping.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use clerk_emulator::Emulator;
use serde_json::json;
use user_directory::{ErrorKind, UserDirectory, UserFilter};

use crate::support::Clerk;

#[tokio::test]
async fn start_listens_on_free_loopback_port() {
    let (one, two) = (Emulator::start().await.unwrap(), Emulator::start().await.unwrap());
    assert!(one.address().ip().is_loopback());
    assert_ne!(one.address(), two.address());
    assert_eq!(one.api_url(), format!("{}/v1", one.url()));
}

#[tokio::test]
async fn start_fails_if_port_is_in_use() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    assert!(Emulator::builder().address(taken.local_addr().unwrap()).start().await.is_err());
}

#[tokio::test]
async fn stop_completes_requests_in_progress_without_further_delay() {
    let clerk = Clerk::start().await;
    clerk.post("/__emulator/faults", r#"{"operation":"count","times":1,"delay_ms":1000000000}"#).await;
    let client = clerk.client();
    let request = tokio::spawn(async move { client.count(&UserFilter::new()).await });
    // The fault is consumed when the request has arrived.
    while clerk.get("/__emulator/faults").await.json()["data"] != json!([]) {
        tokio::task::yield_now().await;
    }
    clerk.emulator.stop().await.unwrap();
    assert_eq!(request.await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn stop_closes_the_port() {
    let clerk = Clerk::start().await;
    let client = clerk.client();
    assert_eq!(client.count(&UserFilter::new()).await.unwrap(), 0);
    clerk.emulator.stop().await.unwrap();
    let error = client.count(&UserFilter::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
}

#[tokio::test]
async fn drop_stops_the_server() {
    let clerk = Clerk::start().await;
    let client = clerk.client();
    drop(clerk);
    let stopped = async {
        loop {
            match client.count(&UserFilter::new()).await {
                // The server has not stopped yet.
                Ok(_) => tokio::task::yield_now().await,
                Err(error) if error.is_unavailable() => tokio::task::yield_now().await,
                Err(error) => break assert!(matches!(error.kind(), ErrorKind::Connect | ErrorKind::Transport)),
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), stopped).await.unwrap();
}

#[tokio::test]
async fn debug_of_builder_hides_keys() {
    let builder = Emulator::builder().secret_key("sk_test_hidden").unwrap();
    assert!(!format!("{builder:?}").contains("hidden"));
    assert!(Emulator::builder().secret_key("pk_test_publishable").is_err());
}
