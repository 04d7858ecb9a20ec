//! Tests of probes on directories that differ from the assumptions, and of their helpers.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use user_directory::conformance::Context;
use user_directory::interceptor::Intercepted;
use user_directory::jiff::Timestamp;
use user_directory::time::ManualClock;
use user_directory::{Error, ErrorDetail, ErrorKind, Operation, codes};

use super::{Reject, permissive};
use crate::assumptions::{Check, SECTIONS};
use crate::clean_up::Namespace;
use crate::probe::{Disagreement, Finding, Probe, accepted, is_disabled, within_one_time_step};

/// Returns the probe of an assumption that begins with this text.
fn check(statement: &str) -> Check {
    let mut assumptions = SECTIONS.iter().flat_map(|(_, assumptions)| assumptions.iter().copied().flatten());
    assumptions.find(|assumption| assumption.statement.starts_with(statement)).unwrap().check.unwrap()
}

/// Runs a probe on a directory that rejects an operation like an instance whose settings disable a feature.
async fn finding_if_rejected(statement: &str, operation: Operation, detail: ErrorDetail) -> Finding {
    let error = Error::rejected(ErrorKind::InvalidInput, [detail]);
    let directory = Intercepted::new(permissive(), Reject { operation, user_id: None, error });
    let names = Context::with_namespace(&directory, &(), "livep");
    let probe = Probe::new(&directory, &names, Namespace::new("live").external_ids());
    check(statement)(&probe).await
}

#[tokio::test]
async fn rejected_delete_web3_wallet_differs_from_the_assumption() {
    let detail = ErrorDetail::new(codes::IDENTIFICATION_DELETION_FAILED);
    let finding = finding_if_rejected("Unverified email addresses", Operation::DeleteWeb3Wallet, detail).await;
    assert!(matches!(finding, Err(Disagreement::Differs(_))), "{finding:?}");
}

#[test]
fn rejection_of_a_call_that_must_succeed_is_a_difference() {
    let disabled = ErrorDetail::new(codes::FORM_PARAM_UNKNOWN).with_param_name("username");
    let disabled = Error::rejected(ErrorKind::InvalidInput, [disabled]).with_operation(Operation::Update);
    assert!(is_disabled(&disabled));
    let finding = accepted::<()>("clearing the username", Err(disabled));
    assert!(matches!(finding, Err(Disagreement::Differs(_))), "{finding:?}");
    let finding = accepted::<()>("clearing the username", Err(Error::new(ErrorKind::Timeout)));
    assert!(matches!(finding, Err(Disagreement::Failed(_))), "{finding:?}");
}

#[tokio::test]
async fn check_is_repeated_if_the_time_step_changes() {
    let clock = ManualClock::new(Timestamp::from_second(1_778_572_829).unwrap());
    let calls = AtomicU32::new(0);
    let finding = within_one_time_step(&clock, |_| async {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        clock.advance(Duration::from_secs(1));
        if call == 0 { Err(Disagreement::Differs("the code is rejected".to_owned())) } else { Ok(()) }
    });
    assert_eq!(finding.await, Ok(()));
    assert_eq!(calls.into_inner(), 2);
}
