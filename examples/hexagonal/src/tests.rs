//! Tests of the domain, of the use cases with the in-memory directory and the mock, and of the architecture.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use user_directory::decorators::RecordingUserDirectory;
use user_directory::jiff::civil::{Date, date};
use user_directory::{
    Error, ErrorKind, InMemoryUserDirectory, Metadata, MockUserDirectory, Operation, User, UserDirectory,
    UserDirectoryExt, UserId, UserQuery,
};

use crate::application::{Findings, TrialReview, Welcome};
use crate::domain::{Decision, Outbox, Reminder, decide};
use crate::{App, Config, seed};

const TODAY: Date = date(2026, 12, 1);

fn id(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

fn user(metadata: &Value) -> User {
    let mut user = User::new(id("user_1"));
    user.public_metadata = Metadata::new(metadata).unwrap();
    user
}

/// A test double of `Outbox` that records the reminders.
#[derive(Default)]
struct RecordingOutbox(Mutex<Vec<Reminder>>);

impl Outbox for RecordingOutbox {
    fn send(&self, reminder: Reminder) {
        self.0.lock().unwrap().push(reminder);
    }
}

async fn seeded() -> InMemoryUserDirectory {
    let directory = InMemoryUserDirectory::permissive();
    seed(&directory, TODAY).await.unwrap();
    directory
}

/// Returns the only user with this first name.
async fn named(directory: &InMemoryUserDirectory, first_name: &str) -> User {
    let all = directory.list(&UserQuery::new().limit(500)).await.unwrap();
    all.into_iter().find(|user| user.first_name.as_deref() == Some(first_name)).unwrap()
}

#[test]
fn decide_reminds_before_the_trial_ends_and_suspends_afterwards() {
    let on = |ends: &str| decide(&user(&json!({ "plan": { "name": "trial", "ends": ends } })), TODAY);
    assert_eq!(on("2026-11-30"), Decision::Suspend);
    assert_eq!(on("2026-12-01"), Decision::Remind { days_left: 0 });
    assert_eq!(on("2026-12-04"), Decision::Remind { days_left: 3 });
    assert_eq!(on("2026-12-05"), Decision::NoAction);
    assert_eq!(on("2027-11-30"), Decision::NoAction);
    assert_eq!(on("soon"), Decision::Check("the end date of the trial is malformed"));
}

#[test]
fn decide_ignores_users_without_a_trial() {
    assert_eq!(decide(&user(&json!({})), TODAY), Decision::NoAction);
    assert_eq!(decide(&user(&json!({ "plan": { "name": "pro", "ends": "2026-11-30" } })), TODAY), Decision::NoAction);
    assert_eq!(decide(&user(&json!({ "plan": 7 })), TODAY), Decision::Check("the plan is malformed"));
    let mut banned = user(&json!({ "plan": { "name": "trial", "ends": "2026-11-30" } }));
    banned.banned = true;
    assert_eq!(decide(&banned, TODAY), Decision::NoAction);
}

#[tokio::test]
async fn review_sends_reminders_and_suspends_users() {
    let directory = seeded().await;
    let outbox = Arc::new(RecordingOutbox::default());
    let review = TrialReview::new(Arc::new(directory.clone()), outbox.clone());
    let findings = review.find(TODAY).await.unwrap();
    assert_eq!((findings.without_action, findings.to_check.len()), (2, 1));

    let outcome = review.apply(findings, TODAY).await;
    let grace = named(&directory, "Grace").await;
    assert_eq!((outcome.suspended, outcome.failed.len()), (vec![grace.id], 0));
    assert!(grace.banned);
    let hedy = named(&directory, "Hedy").await.id;
    assert_eq!(*outbox.0.lock().unwrap(), [Reminder { to: hedy, name: "Hedy Lamarr".to_owned(), days_left: 2 }]);
}

#[tokio::test]
async fn review_does_not_suspend_a_user_that_chose_a_plan_in_the_meantime() {
    let directory = seeded().await;
    let review = TrialReview::new(Arc::new(directory.clone()), Arc::new(RecordingOutbox::default()));
    let findings = review.find(TODAY).await.unwrap();
    let grace = named(&directory, "Grace").await.id;
    directory.merge_public_metadata(&grace, &json!({ "plan": { "name": "pro" } })).await.unwrap();
    let outcome = review.apply(findings, TODAY).await;
    assert!(outcome.suspended.is_empty() && outcome.failed.is_empty());
    assert!(!directory.get(&grace).await.unwrap().banned);
}

#[tokio::test]
async fn review_continues_after_a_failure() {
    let mut users = MockUserDirectory::new();
    users.expect_get().returning(|id| match id.as_str() {
        "user_gone" => Err(Error::new(ErrorKind::NotFound)),
        _ => Ok(user(&json!({ "plan": { "name": "trial", "ends": "2026-11-30" } }))),
    });
    users.expect_ban().withf(|id| *id == "user_1").once().returning(|_| Err(Error::new(ErrorKind::Timeout)));
    users.expect_ban().withf(|id| *id == "user_2").once().returning(|id| Ok(User::new(id.clone())));
    let review = TrialReview::new(Arc::new(users), Arc::new(RecordingOutbox::default()));
    let to_suspend = vec![id("user_1"), id("user_gone"), id("user_2")];
    let outcome = review.apply(Findings { to_suspend, ..Findings::default() }, TODAY).await;
    assert_eq!(outcome.suspended, ["user_2"]);
    assert_eq!(outcome.failed.len(), 1);
    assert!(outcome.failed[0].0 == "user_1" && outcome.failed[0].1.is_timeout());
}

#[tokio::test]
async fn welcome_greets_known_and_unknown_users() {
    let directory = seeded().await;
    let welcome = Welcome::new(Arc::new(directory.clone()));
    for (id, line) in [
        (named(&directory, "Hedy").await.id, "Welcome, Hedy Lamarr! Your trial ends in 2 days."),
        (named(&directory, "Ada").await.id, "Welcome, Ada Lovelace!"),
        (id("user_unknown"), "Welcome!"),
    ] {
        assert_eq!(welcome.line(&id, TODAY).await.unwrap(), line);
    }
}

#[test]
fn config_is_read_only_on_clerk_without_the_write_option() {
    let dry_run = |on_clerk, arguments: &[&str]| {
        Config::new(on_clerk, arguments.iter().map(|&argument| argument.to_owned())).unwrap().dry_run
    };
    assert!(!dry_run(false, &[]) && dry_run(false, &["--dry-run"]));
    assert!(dry_run(true, &[]) && !dry_run(true, &["--write"]));
    assert!(Config::new(false, ["--wirte".to_owned()]).is_err());
}

#[tokio::test]
async fn dry_run_rejects_writes() {
    let directory = seeded().await;
    let config = Config { on_clerk: false, dry_run: true };
    let app = App::new(&config, Arc::new(directory.clone()), Arc::new(RecordingOutbox::default()));
    let findings = app.review.find(TODAY).await.unwrap();
    let outcome = app.review.apply(findings, TODAY).await;
    assert!(outcome.suspended.is_empty() && outcome.failed[0].1.is_unsupported());
    assert!(!named(&directory, "Grace").await.banned);
}

#[tokio::test]
async fn welcome_uses_the_cache_and_review_does_not() {
    let recording = RecordingUserDirectory::new(seeded().await);
    let config = Config { on_clerk: false, dry_run: false };
    let app = App::new(&config, Arc::new(recording.clone()), Arc::new(RecordingOutbox::default()));
    let findings = app.review.find(TODAY).await.unwrap();
    let grace = findings.to_suspend[0].clone();
    for _ in 0..3 {
        app.welcome.line(&grace, TODAY).await.unwrap();
    }
    assert_eq!(recording.times_called(Operation::Get), 1);
    app.review.apply(findings, TODAY).await;
    assert_eq!(recording.times_called(Operation::Get), 2);
}

/// Returns the names in a source file that belong to an adapter.
fn adapters_in(source: &str) -> Vec<&str> {
    let words = source.split(|c: char| !c.is_alphanumeric() && c != '_');
    let is_adapter = |word: &&str| {
        let is_directory = word.ends_with("UserDirectory") && *word != "UserDirectory";
        is_directory
            || word.starts_with("Clerk")
            || ["in_memory", "store_directory", "emulator", "decorators", "reqwest", "env"].contains(word)
    };
    words.filter(is_adapter).collect()
}

#[test]
fn only_the_composition_root_names_adapters() {
    assert_eq!(adapters_in(include_str!("domain.rs")), [""; 0]);
    assert_eq!(adapters_in(include_str!("application.rs")), [""; 0]);
    let found = adapters_in(
        "use user_directory::{ClerkBuilder, MockUserDirectory, UserDirectory, store_directory::InstanceSettings};",
    );
    assert_eq!(found, ["ClerkBuilder", "MockUserDirectory", "store_directory"]);
    // The rules must not call the directory.
    assert!(!include_str!("domain.rs").contains("UserDirectory"));
}
