//! What is on a connection after an answer must not be taken for the answer to the next request.

use std::time::Duration;

use user_directory::{ErrorKind, UserDirectory};

use crate::attempt::builder;
use crate::server::{Server, Step, json};
use integration_tests::user;

#[tokio::test]
async fn a_second_answer_to_one_request_is_not_the_answer_to_the_next() {
    let named = |name: &str| json(format!(r#"{{"id":"user_1","username":"{name}"}}"#));
    let both = [named("first"), named("of nobody")].concat();
    for script in [
        vec![Step::Read, Step::Send(both), Step::Wait],
        vec![
            Step::Read,
            Step::Send(named("first")),
            Step::Pause(Duration::from_millis(20)),
            Step::Send(named("of nobody")),
            Step::Wait,
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
async fn an_answer_that_comes_before_the_request_is_taken_once_or_not_at_all() {
    let named = |name: &str| json(format!(r#"{{"id":"user_1","username":"{name}"}}"#));
    for _ in 0..20 {
        let server = Server::start(vec![vec![Step::Send(named("early")), Step::Wait]], named("asked for"));
        let directory = builder(format!("http://{}/v1", server.address)).build().unwrap();
        // Which of the two is a matter of who is faster.
        match directory.get(&user()).await {
            Ok(user) => assert_eq!(user.username.as_deref(), Some("early")),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Transport, "{error:?}"),
        }
    }
}
