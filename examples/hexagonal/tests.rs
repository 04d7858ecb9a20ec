//! Tests of the domain, of the application with the mock and in memory, and of the architecture.

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

/// Collects the letters: a test double of the port that the domain defines.
#[derive(Default)]
struct Letters(Mutex<Vec<Reminder>>);

impl Outbox for Letters {
    fn put(&self, letter: Reminder) {
        self.0.lock().unwrap().push(letter);
    }
}

async fn seeded() -> InMemoryUserDirectory {
    let directory = InMemoryUserDirectory::new();
    seed(&directory, TODAY).await.unwrap();
    directory
}

/// Returns the only user with this first name.
async fn named(directory: &InMemoryUserDirectory, first_name: &str) -> User {
    let all = directory.list(&UserQuery::new().limit(500)).await.unwrap();
    all.into_iter().find(|user| user.first_name.as_deref() == Some(first_name)).unwrap()
}

#[test]
fn trial_is_reminded_before_it_ends() {
    let on = |ends: &str| decide(&user(&json!({ "plan": { "name": "trial", "ends": ends } })), TODAY);
    assert_eq!(on("2026-11-30"), Decision::Suspend);
    assert_eq!(on("2026-12-01"), Decision::Remind { days_left: 0 });
    assert_eq!(on("2026-12-04"), Decision::Remind { days_left: 3 });
    assert_eq!(on("2026-12-05"), Decision::Leave);
    assert_eq!(on("2027-11-30"), Decision::Leave);
    assert_eq!(on("soon"), Decision::Unclear("the end of the trial is no date"));
}

#[test]
fn users_without_a_trial_are_ignored() {
    assert_eq!(decide(&user(&json!({})), TODAY), Decision::Leave);
    assert_eq!(decide(&user(&json!({ "plan": { "name": "pro", "ends": "2026-11-30" } })), TODAY), Decision::Leave);
    assert_eq!(decide(&user(&json!({ "plan": 7 })), TODAY), Decision::Unclear("the plan is not one"));
    let mut banned = user(&json!({ "plan": { "name": "trial", "ends": "2026-11-30" } }));
    banned.banned = true;
    assert_eq!(decide(&banned, TODAY), Decision::Leave);
}

#[tokio::test]
async fn review_reminds_and_suspends() {
    let directory = seeded().await;
    let letters = Arc::new(Letters::default());
    let review = TrialReview::new(Arc::new(directory.clone()), letters.clone());
    let findings = review.find(TODAY).await.unwrap();
    assert_eq!((findings.fine, findings.unclear.len()), (2, 1));

    let outcome = review.carry_out(findings, TODAY).await;
    let grace = named(&directory, "Grace").await;
    assert_eq!((outcome.suspended, outcome.failed.len()), (vec![grace.id], 0));
    assert!(grace.banned);
    let hedy = named(&directory, "Hedy").await.id;
    assert_eq!(*letters.0.lock().unwrap(), [Reminder { to: hedy, name: "Hedy Lamarr".to_owned(), days_left: 2 }]);
}

#[tokio::test]
async fn review_does_not_suspend_a_user_that_chose_a_plan_in_the_meantime() {
    let directory = seeded().await;
    let review = TrialReview::new(Arc::new(directory.clone()), Arc::new(Letters::default()));
    let findings = review.find(TODAY).await.unwrap();
    let grace = named(&directory, "Grace").await.id;
    directory.merge_public_metadata(&grace, &json!({ "plan": { "name": "pro" } })).await.unwrap();
    let outcome = review.carry_out(findings, TODAY).await;
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
    let review = TrialReview::new(Arc::new(users), Arc::new(Letters::default()));
    let to_suspend = vec![id("user_1"), id("user_gone"), id("user_2")];
    let outcome = review.carry_out(Findings { to_suspend, ..Findings::default() }, TODAY).await;
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
fn clerk_is_read_only_without_the_write_option() {
    let dry_run = |on_clerk, arguments: &[&str]| {
        Config::new(on_clerk, arguments.iter().map(|&argument| argument.to_owned())).unwrap().dry_run
    };
    assert!(!dry_run(false, &[]) && dry_run(false, &["--dry-run"]));
    assert!(dry_run(true, &[]) && !dry_run(true, &["--write"]));
    assert!(Config::new(false, ["--wirte".to_owned()]).is_err());
}

#[tokio::test]
async fn dry_run_cannot_write_despite_the_write_option() {
    let directory = seeded().await;
    let config = Config { on_clerk: false, dry_run: true };
    let app = App::new(&config, Arc::new(directory.clone()), Arc::new(Letters::default()));
    let findings = app.review.find(TODAY).await.unwrap();
    let outcome = app.review.carry_out(findings, TODAY).await;
    assert!(outcome.suspended.is_empty() && outcome.failed[0].1.is_unsupported());
    assert!(!named(&directory, "Grace").await.banned);
}

#[tokio::test]
async fn pages_use_the_cache_and_reviews_do_not() {
    let asked = RecordingUserDirectory::new(seeded().await);
    let config = Config { on_clerk: false, dry_run: false };
    let app = App::new(&config, Arc::new(asked.clone()), Arc::new(Letters::default()));
    let findings = app.review.find(TODAY).await.unwrap();
    let grace = findings.to_suspend[0].clone();
    for _ in 0..3 {
        app.welcome.line(&grace, TODAY).await.unwrap();
    }
    assert_eq!(asked.times_called(Operation::Get), 1);
    app.review.carry_out(findings, TODAY).await;
    assert_eq!(asked.times_called(Operation::Get), 2);
}

/// Returns the words of a source file that name an adapter or a type of one.
fn adapters_in(source: &str) -> Vec<&str> {
    let words = source.split(|c: char| !c.is_alphanumeric() && c != '_');
    let names_one = |word: &&str| {
        let is_directory = word.ends_with("UserDirectory") && *word != "UserDirectory";
        is_directory
            || word.starts_with("Clerk")
            || ["in_memory", "emulator", "decorators", "reqwest", "env"].contains(word)
    };
    words.filter(names_one).collect()
}

#[test]
fn only_the_composition_root_names_adapters() {
    assert_eq!(adapters_in(include_str!("domain.rs")), [""; 0]);
    assert_eq!(adapters_in(include_str!("application.rs")), [""; 0]);
    let seen = adapters_in(
        "use user_directory::{ClerkBuilder, MockUserDirectory, UserDirectory, store_directory::InstanceSettings};",
    );
    assert_eq!(seen, ["ClerkBuilder", "MockUserDirectory", "in_memory"]);
    // The rules do not call the directory.
    assert!(!include_str!("domain.rs").contains("UserDirectory"));
}
