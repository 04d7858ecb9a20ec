//! Tests of starting and stopping.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};
use std::time::Duration;

use clerk_emulator::{Emulator, StartError};
use serde_json::json;
use user_directory::{ErrorKind, UserDirectory, UserFilter};

use crate::support::{Clerk, KEY};

#[tokio::test]
async fn start_listens_on_free_loopback_port() {
    let (one, two) = (Emulator::start().await.unwrap(), Emulator::start().await.unwrap());
    assert!(one.address().ip().is_loopback());
    assert_ne!(one.address(), two.address());
    assert_eq!(one.api_url(), format!("{}/v1", one.url()));
}

/// Returns whether the system has an IPv6 loopback address, which containers may lack.
fn has_ipv6() -> bool {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

#[tokio::test]
async fn start_listens_on_both_loopback_addresses() {
    let clerk = Clerk::start().await;
    let port = clerk.emulator.address().port();
    let mut hosts = vec!["127.0.0.1"];
    hosts.extend(has_ipv6().then_some("[::1]"));
    for host in hosts {
        let url = format!("http://{host}:{port}/v1/users/count");
        let response = clerk.http.get(url).bearer_auth(KEY).send().await.unwrap();
        assert_eq!(response.status(), 200, "{host}");
    }
    let by_port = Emulator::builder().port(0).start().await.unwrap();
    assert!(by_port.address().is_ipv4());
}

#[test]
fn start_and_router_require_the_drivers_of_the_runtime() {
    let runtimes = [false, true].map(|has_time| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let builder = if has_time { builder.enable_time() } else { builder.enable_io() };
        builder.build().unwrap()
    });
    for runtime in &runtimes {
        let error = runtime.block_on(Emulator::start()).unwrap_err();
        let StartError::Runtime(source) = error else { panic!("{error}") };
        assert_eq!(source.kind(), ErrorKind::Configuration);
    }
    let [without_time, with_time] = &runtimes;
    let error = without_time.block_on(Emulator::builder().router()).unwrap_err();
    assert!(matches!(error, StartError::Runtime(_)), "{error}");
    assert!(with_time.block_on(Emulator::builder().router()).is_ok());
}

#[tokio::test]
async fn explicit_address_is_the_only_one() {
    for host in [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)] {
        if host.is_ipv6() && !has_ipv6() {
            continue;
        }
        let emulator = Emulator::builder().address((host, 0)).start().await.unwrap();
        let other = if host.is_ipv4() { IpAddr::from(Ipv6Addr::LOCALHOST) } else { Ipv4Addr::LOCALHOST.into() };
        assert!(TcpStream::connect((host, emulator.address().port())).is_ok());
        assert!(TcpStream::connect((other, emulator.address().port())).is_err(), "{other}");
    }
}

#[tokio::test]
async fn start_fails_if_another_server_would_receive_requests_to_localhost() {
    if has_ipv6() {
        let taken = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
        assert!(Emulator::builder().port(taken.local_addr().unwrap().port()).start().await.is_err());
    }
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
