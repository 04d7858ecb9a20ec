//! The contents of a report, and when its assertions fail.

use user_directory::conformance::Suite;
use user_directory::{InMemoryUserDirectory, Operation, UserDirectory};

/// A directory that supports no operation.
#[derive(Debug)]
struct Nothing;

impl UserDirectory for Nothing {}

#[tokio::test]
async fn unsupported_operation_is_not_applicable() {
    let report = Suite::new(&Nothing).run().await;
    assert_eq!((report.passed().count(), report.failures().count()), (0, 0), "{report}");
    for (behavior, reason) in report.not_applicable() {
        let reason = reason.to_string();
        assert!(reason.ends_with("is not supported") || reason.ends_with("an outage"), "{behavior:?}: {reason}");
        // These behaviors make no other call, so the reason names their own operation.
        if behavior.name().ends_with("_fails_for_unknown_user") {
            assert_eq!(reason, format!("`{}` is not supported", behavior.operation()), "{behavior:?}");
        }
    }
}

#[tokio::test]
async fn missing_fixture_is_not_applicable() {
    let report = Suite::new(&InMemoryUserDirectory::permissive()).run().await;
    report.assert_conformant();
    assert!(report.passed().count() >= 350, "{report}");
    let not_applicable: Vec<_> = report.not_applicable().map(|(behavior, _)| behavior.name()).collect();
    for name in [
        "delete_passkey_removes_the_passkey",
        "lock_expires_after_reported_seconds",
        "verify_totp_returns_totp_for_current_code",
    ] {
        assert!(not_applicable.contains(&name), "{report}");
    }
}

#[tokio::test]
async fn display_groups_and_counts_reasons() {
    let directory = InMemoryUserDirectory::permissive();
    let text = Suite::new(&directory).operation(Operation::Lock).run().await.to_string();
    let expected = "\
passed  lock_fails_for_unknown_user
passed  lock_locks_the_user
passed  lock_accepts_locked_user
passed  lock_keeps_other_fields
passed  lock_is_visible_to_next_read
    1 not applicable: the fixture cannot seed an outage
        lock_is_visible_after_lost_response
    1 not applicable: the fixture cannot seed the passing of time
        lock_expires_after_reported_seconds
5 passed, 0 failed, 2 not applicable";
    assert_eq!(text, expected);
}

#[tokio::test]
#[should_panic = "WARNING: 1 of 1 behaviors are not applicable, so most of the suite did not test this directory\n    \
                  1 not applicable: `ban` is not supported"]
async fn assert_conformant_fails_if_most_behaviors_are_not_applicable() {
    Suite::new(&Nothing).named("ban_fails_for_unknown_user").run().await.assert_conformant();
}

#[tokio::test]
#[should_panic = "no behavior was run"]
async fn assert_conformant_fails_if_no_behavior_was_run() {
    let report = Suite::new(&InMemoryUserDirectory::permissive()).named("no_such_behavior").run().await;
    assert!(!report.is_conformant());
    report.assert_conformant();
}

#[tokio::test]
async fn assert_conformant_for_accepts_a_directory_with_few_operations() {
    let directory = InMemoryUserDirectory::permissive();
    let report = Suite::new(&directory).operation(Operation::RevokeTrustedDevice).run().await;
    assert!(!report.is_conformant(), "{report}");
    report.assert_conformant_for(&[Operation::RevokeTrustedDevice]);
}

#[tokio::test]
#[should_panic = "no behavior passed for: get, count\n"]
async fn assert_conformant_for_fails_if_an_operation_was_not_tested() {
    let directory = InMemoryUserDirectory::permissive();
    let report = Suite::new(&directory).operation(Operation::Ban).run().await;
    report.assert_conformant_for(&[Operation::Ban, Operation::Get, Operation::Count]);
}
