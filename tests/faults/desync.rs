//! What is on a connection after an answer must not be taken for the answer to the next request.

use std::time::Duration;

use user_directory::UserDirectory;

use crate::fault::builder;
use crate::server::{Server, Step, json};
use crate::support::user;

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
