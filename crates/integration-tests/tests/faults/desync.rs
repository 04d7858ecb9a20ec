//! Response desynchronization: extra bytes on a connection must not become the response to the next request.

use std::time::Duration;

use user_directory::{ErrorKind, UserDirectory};

use crate::attempt::builder;
use crate::server::{Server, Step, json_response};
use integration_tests::user;

#[tokio::test]
async fn get_ignores_a_second_response_to_an_earlier_request() {
    let named = |name: &str| json_response(format!(r#"{{"id":"user_1","username":"{name}"}}"#));
    let both = [named("first"), named("unsolicited")].concat();
    for script in [
        vec![Step::Read, Step::Send(both), Step::WaitForClose],
        vec![
            Step::Read,
            Step::Send(named("first")),
            Step::Pause(Duration::from_millis(20)),
            Step::Send(named("unsolicited")),
            Step::WaitForClose,
        ],
    ] {
        let server = Server::start(vec![script], named("second"));
        let directory = builder(format!("http://{}/v1", server.address)).build().unwrap();
        let first = directory.get(&user()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let second = directory.get(&user()).await.unwrap();
        assert_eq!((first.username.as_deref(), second.username.as_deref()), (Some("first"), Some("second")));
    }
}

#[tokio::test]
async fn get_uses_a_response_sent_before_the_request_or_fails() {
    let named = |name: &str| json_response(format!(r#"{{"id":"user_1","username":"{name}"}}"#));
    for _ in 0..20 {
        let server = Server::start(vec![vec![Step::Send(named("early")), Step::WaitForClose]], named("requested"));
        let directory = builder(format!("http://{}/v1", server.address)).build().unwrap();
        // The outcome depends on which side is faster.
        match directory.get(&user()).await {
            Ok(user) => assert_eq!(user.username.as_deref(), Some("early")),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Transport, "{error:?}"),
        }
    }
}
