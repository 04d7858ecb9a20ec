//! Tests of the program with the emulator.

mod clean_up;
mod probes;

use std::ffi::OsString;

use clerk_emulator::Emulator;
use user_directory::interceptor::{Call, Interceptor, OperationOutput};
use user_directory::store_directory::InstanceSettings;
use user_directory::{
    ClerkUserDirectory, Error, InMemoryUserDirectory, NewUser, Operation, Result, SecretKey, UserDirectory, UserFilter,
    UserId, UserQuery,
};

use crate::assumptions::SECTIONS;
use crate::clean_up::Namespace;
use crate::guard::{Guard, MAX_USERS, NEEDED_USERS};
use crate::http::Http;
use crate::run::{Summary, check_room, run};
use crate::settings;

fn new_user(email_address: &str) -> NewUser {
    NewUser::new().email_address(email_address).skip_password_requirement(true)
}

fn key() -> SecretKey {
    SecretKey::new("sk_test_conformance").unwrap()
}

fn client_of(emulator: &Emulator) -> ClerkUserDirectory {
    ClerkUserDirectory::builder(key()).base_url(emulator.api_url()).build().unwrap()
}

fn http_of(emulator: &Emulator) -> Http {
    Http::new(&key(), emulator.api_url()).unwrap()
}

/// Runs the program on an emulator with one other user, and asserts that only this user remains.
async fn run_on_emulator(settings: InstanceSettings) -> Summary {
    let settings = settings.bcrypt_cost(4).max_users(usize::try_from(MAX_USERS).unwrap());
    let directory = InMemoryUserDirectory::builder().settings(settings).build();
    let other = directory.create(&new_user("other@example.com")).await.unwrap();
    let emulator = Emulator::builder().store(&directory).start().await.unwrap();
    let client = client_of(&emulator);
    let guard = Guard::default();
    let http = http_of(&emulator);
    let summary = run(&guard.around(client), Some(&http), &guard, &Namespace::new("live")).await;
    assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 1, "{summary}");
    assert_eq!(directory.get(&other.id).await.unwrap(), other);
    emulator.stop().await.unwrap();
    summary
}

#[tokio::test(flavor = "multi_thread")]
async fn emulator_with_the_settings_of_a_new_instance_agrees() {
    let summary = run_on_emulator(InstanceSettings::new()).await;
    println!("{summary}");
    assert!(summary.is_success(), "{summary}");
    assert!(summary.suite.passed().count() > 200, "{summary}");
    assert!(summary.count("agrees") >= 24, "{summary}");
    assert!(summary.to_string().contains("`username` is disabled by the"), "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn emulator_with_permissive_settings_agrees() {
    let summary = run_on_emulator(InstanceSettings::permissive()).await;
    println!("{summary}");
    assert!(summary.is_success(), "{summary}");
    assert!(summary.suite.passed().count() > 300, "{summary}");
    assert!(summary.count("agrees") >= 30, "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_rule_is_reported_as_a_difference() {
    // The probes use shorter usernames.
    let summary = run_on_emulator(InstanceSettings::permissive().min_username_length(60)).await;
    assert_eq!(summary.count("differs"), 2, "{summary}");
    assert!(summary.to_string().contains("differs         Identifiers are returned as they were sent."), "{summary}");
    assert!(summary.suite.failures().count() > 0, "{summary}");
    assert!(!summary.is_success());
}

/// Returns the documented assumptions by section, without links. Each one has a reason.
fn documented() -> Vec<(String, Vec<String>)> {
    let source = include_str!("../../../src/store_directory.rs");
    let documentation = source.lines().filter_map(|line| line.strip_prefix("//!")).map(str::trim);
    let lines = documentation.skip_while(|line| *line != "# Assumptions").skip(1);
    let mut sections: Vec<(String, Vec<String>)> = Vec::new();
    for line in lines.take_while(|line| !line.starts_with("# ")) {
        if let Some(section) = line.strip_prefix("## ") {
            sections.push((section.to_owned(), Vec::new()));
        }
        let row = line.strip_prefix("| ").and_then(|row| row.strip_suffix(" |"));
        let (Some((_, statements)), Some(row)) = (sections.last_mut(), row) else { continue };
        let (statement, reason) = row.split_once(" | ").unwrap_or_else(|| panic!("{line}"));
        if !["assumption", "---"].contains(&statement) {
            assert!(reason.ends_with('.'), "{line}");
            statements.extend(sentences(&without_links(statement)));
        }
    }
    sections
}

fn without_links(text: &str) -> String {
    let mut parts = text.split('[');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (label, rest) = part.split_once(']').unwrap();
        plain += label;
        plain += rest.strip_prefix('(').and_then(|target| target.split_once(')')).map_or(rest, |(_, rest)| rest);
    }
    plain
}

fn sentences(text: &str) -> Vec<String> {
    let mut sentences: Vec<_> = text.split(". ").map(|sentence| format!("{sentence}.")).collect();
    if let Some(last) = sentences.last_mut() {
        last.pop();
    }
    sentences
}

#[test]
fn every_documented_assumption_has_a_probe_or_a_reason() {
    let statements = |assumptions: &[&[crate::assumptions::Assumption]]| {
        assumptions.iter().copied().flatten().map(|assumption| assumption.statement.to_owned()).collect()
    };
    let table: Vec<_> =
        SECTIONS.iter().map(|(section, assumptions)| ((*section).to_owned(), statements(assumptions))).collect();
    assert_eq!(table, documented());
}

fn client(variables: &[(&str, &str)]) -> Result<Option<ClerkUserDirectory>> {
    let instance = settings::instance(|name| {
        let value = variables.iter().find(|(variable, _)| *variable == name)?.1;
        Some(OsString::from(value))
    })?;
    Ok(instance.map(|(client, _)| client))
}

#[test]
fn live_keys_are_refused() {
    assert!(client(&[]).unwrap().is_none());
    assert!(client(&[(settings::KEY, "")]).unwrap().is_none());
    assert!(client(&[(settings::KEY, "sk_test_1")]).unwrap().is_some());
    for key in ["sk_live_secret", "secret"] {
        let error = client(&[(settings::KEY, key)]).unwrap_err().to_string();
        assert!(error.contains("sk_test_") && !error.contains("secret"), "{error}");
    }
    let url = (settings::URL, "http://127.0.0.1:4010/v1");
    assert!(client(&[(settings::KEY, "sk_test_1"), url]).unwrap().is_some());
}

#[test]
fn only_an_emulator_on_this_machine_is_not_rate_limited() {
    for url in [None, Some("https://api.clerk.com/v1"), Some("https://localhost.example.com/v1"), Some("not a URL")] {
        assert!(settings::is_limited(url), "{url:?}");
    }
    for url in ["http://localhost:4010/v1", "http://127.0.0.1:4010/v1", "http://[::1]:4010/v1"] {
        assert!(!settings::is_limited(Some(url)), "{url}");
    }
}

#[tokio::test]
async fn run_does_not_start_in_a_full_instance() {
    let directory = InMemoryUserDirectory::new();
    for number in 0..=MAX_USERS - NEEDED_USERS {
        check_room(&directory).await.unwrap();
        directory.create(&new_user(&format!("user{number}@example.com"))).await.unwrap();
    }
    let error = check_room(&directory).await.unwrap_err();
    assert!(error.to_string().contains("the instance has 41 users"), "{error}");
}

#[tokio::test]
async fn stopped_guard_rejects_everything_except_delete() {
    let inner = InMemoryUserDirectory::new();
    let guard = Guard::default();
    let directory = guard.around(inner.clone());
    for name in ["ada", "grace", "edsger"] {
        directory.create(&new_user(&format!("{name}@example.com"))).await.unwrap();
    }
    let alan = inner.create(&new_user("alan@example.com")).await.unwrap();
    guard.stop();
    assert!(directory.create(&new_user("barbara@example.com")).await.is_err());
    assert!(directory.count(&UserFilter::new()).await.is_err());
    assert!(guard.delete_created(&directory).await.is_empty());
    assert_eq!(inner.list(&UserQuery::new()).await.unwrap(), [alan]);
}

#[tokio::test]
async fn guard_limits_the_number_of_users_that_create_makes() {
    let guard = Guard::default();
    let directory = guard.around(InMemoryUserDirectory::new());
    for number in 0..NEEDED_USERS {
        directory.create(&new_user(&format!("user{number}@example.com"))).await.unwrap();
    }
    assert!(directory.create(&new_user("more@example.com")).await.is_err());
    assert!(guard.delete_created(&directory).await.is_empty());
    directory.create(&new_user("more@example.com")).await.unwrap();
}

/// Rejects the calls of an operation, for one user or for all.
#[derive(Debug)]
struct Reject {
    operation: Operation,
    user_id: Option<UserId>,
    error: Error,
}

impl Interceptor for Reject {
    async fn intercept<T: OperationOutput>(
        &self,
        call: &Call<'_>,
        next: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let is_affected = self.user_id.as_ref().is_none_or(|id| call.user_ids().contains(id));
        if call.operation() == self.operation && is_affected {
            return Err(self.error.clone().with_operation(self.operation));
        }
        next.await
    }
}

fn permissive() -> InMemoryUserDirectory {
    InMemoryUserDirectory::builder().settings(InstanceSettings::permissive().bcrypt_cost(4)).build()
}
