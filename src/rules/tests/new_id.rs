use crate::error::ErrorKind;
use crate::model::{PasskeyId, UserId};
use crate::rules::{IdGenerator, RandomIds, SequentialIds, free_id, new_id};

/// A generator that always returns the same id.
#[derive(Debug)]
struct SameId(&'static str);

impl IdGenerator for SameId {
    fn next_id(&self, _prefix: &str) -> String {
        self.0.to_owned()
    }
}

#[test]
fn new_id_returns_the_generated_id() {
    assert_eq!(new_id::<UserId>(&SequentialIds::default(), "user").unwrap(), "user_1");
}

#[test]
fn new_id_rejects_malformed_ids() {
    for malformed in ["", "..", "user/1"] {
        let error = new_id::<UserId>(&SameId(malformed), "user").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{malformed:?}");
        assert_eq!(error.message(), Some("the id generator returned a malformed id"), "{malformed:?}");
    }
}

#[test]
fn free_id_skips_taken_ids() {
    let taken = ["idn_1", "idn_2"];
    let is_taken = |id: &PasskeyId| taken.contains(&id.as_str());
    assert_eq!(free_id(&SequentialIds::default(), "idn", taken.len(), is_taken).unwrap(), "idn_3");
}

#[test]
fn free_id_rejects_generator_that_repeats_ids() {
    let error = free_id(&SameId("idn_1"), "idn", 1, |id: &PasskeyId| *id == "idn_1").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(error.message(), Some("the id generator repeats ids"));
}

#[test]
fn sequential_ids_count_for_each_prefix() {
    let ids = SequentialIds::default();
    let generated = ["user", "idn", "user", "user"].map(|prefix| ids.next_id(prefix));
    assert_eq!(generated, ["user_1", "idn_1", "user_2", "user_3"]);
}

#[test]
fn sequential_ids_observe_advances_only_the_counter_of_the_prefix() {
    let ids = SequentialIds::default();
    ids.observe("user_41");
    ids.observe("user_7");
    ids.observe("user_2abc");
    ids.observe("user");
    assert_eq!(["user", "idn"].map(|prefix| ids.next_id(prefix)), ["user_42", "idn_1"]);
}

#[test]
fn random_ids_have_the_prefix_and_differ() {
    let ids = [RandomIds.next_id("user"), RandomIds.next_id("user")];
    assert_ne!(ids[0], ids[1]);
    for id in ids {
        let unique = id.strip_prefix("user_").unwrap();
        assert!(unique.len() == 27 && unique.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
    }
}
