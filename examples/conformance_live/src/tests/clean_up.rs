//! Tests of the clean-up.

use clerk_emulator::Emulator;
use user_directory::conformance::Context;
use user_directory::interceptor::Intercepted;
use user_directory::jiff::Timestamp;
use user_directory::{
    Error, ErrorKind, InMemoryUserDirectory, NewUser, Operation, UserDirectory, UserFilter, UserQuery,
};

use super::{Reject, client_of, http_of, new_user, permissive};
use crate::assumptions::SECTIONS;
use crate::clean_up::{Namespace, clean_up, delete_namespace};
use crate::guard::Guard;
use crate::namespace;
use crate::probe::{Disagreement, Probe};

#[test]
fn namespaces_have_a_fixed_width_and_fit_into_a_context() {
    let directory = InMemoryUserDirectory::new();
    for process in [1, 4_194_304, u32::MAX] {
        let namespace = namespace(Timestamp::from_second(1_778_572_800).unwrap(), process);
        assert_eq!(namespace.of_suite().len(), 15, "{namespace:?}");
        let names = Context::with_namespace(&directory, &(), &namespace.of_probes());
        assert_eq!(names.namespace(), format!("{}p", namespace.prefix()));
    }
}

#[tokio::test]
async fn delete_namespace_finds_users_by_each_identifier() {
    let directory = permissive();
    let namespace = Namespace::new("run1");
    let anonymous = || NewUser::new().skip_password_requirement(true);
    let suite = Context::with_namespace(&directory, &(), namespace.of_suite());
    let probes = Context::with_namespace(&directory, &(), &namespace.of_probes());
    for own in [
        new_user("crun1n1x@example.com"),
        new_user("CRUN1PN2X@EXAMPLE.com"),
        anonymous().username("crun1n3x"),
        anonymous().web3_wallet(suite.web3_wallet()),
        anonymous().web3_wallet(probes.web3_wallet()),
        anonymous().external_id(namespace.external_ids().last().unwrap()),
    ] {
        directory.create(&own).await.unwrap();
    }
    let others = [
        new_user("other@crun1.example.com"),
        new_user("crun2n1x@example.com"),
        new_user("ada@example.com").first_name("crun1"),
        new_user("grace@example.com").external_id("crun2external1x"),
    ];
    for other in &others {
        directory.create(other).await.unwrap();
    }
    assert!(delete_namespace(&directory, &namespace).await.is_empty());
    let remaining = directory.list(&UserQuery::new()).await.unwrap();
    assert_eq!(remaining.len(), others.len(), "{remaining:?}");
    assert!(remaining.iter().all(|user| !user.email_addresses.is_empty()), "{remaining:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_namespace_finds_the_users_of_each_probe() {
    let directory = permissive();
    let emulator = Emulator::builder().store(&directory).start().await.unwrap();
    let client = client_of(&emulator);
    let namespace = Namespace::new("run1");
    let names = Context::with_namespace(&client, &(), &namespace.of_probes());
    let http = http_of(&emulator);
    let probe = Probe::new(&client, &names, namespace.external_ids()).with_http(Some(&http));
    let assumptions: Vec<_> =
        SECTIONS.iter().flat_map(|(_, assumptions)| assumptions.iter().copied().flatten()).collect();
    for assumption in assumptions {
        let Ok(check) = assumption.check else { continue };
        let finding = check(&probe).await;
        assert!(
            matches!(finding, Ok(()) | Err(Disagreement::NotApplicable(_))),
            "{}: {finding:?}",
            assumption.statement
        );
        assert!(delete_namespace(&directory, &namespace).await.is_empty());
        assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 0, "{}", assumption.statement);
    }
    emulator.stop().await.unwrap();
}

#[tokio::test]
async fn delete_namespace_continues_after_an_error_and_returns_the_remaining_users() {
    let inner = InMemoryUserDirectory::new();
    let mut ids = Vec::new();
    for number in 1..=3 {
        ids.push(inner.create(&new_user(&format!("crun1n{number}x@example.com"))).await.unwrap().id);
    }
    let namespace = Namespace::new("run1");
    let reject = |kind| {
        let (operation, user_id) = (Operation::Delete, Some(ids[1].clone()));
        Intercepted::new(inner.clone(), Reject { operation, user_id, error: Error::new(kind) })
    };
    let remaining = delete_namespace(&reject(ErrorKind::Unavailable), &namespace).await;
    assert!(remaining.users.iter().eq([&ids[1]]) && remaining.failed_searches.is_empty(), "{remaining:?}");
    assert!(remaining.to_string().contains(ids[1].as_str()), "{remaining}");
    assert_eq!(inner.count(&UserFilter::new()).await.unwrap(), 1);
    // Another process may have deleted the user.
    assert!(delete_namespace(&reject(ErrorKind::NotFound), &namespace).await.is_empty());
}

#[tokio::test]
async fn failed_list_is_reported_by_the_clean_up() {
    let error = Error::new(ErrorKind::Unavailable);
    let directory =
        Intercepted::new(InMemoryUserDirectory::new(), Reject { operation: Operation::List, user_id: None, error });
    let remaining = clean_up(&directory, &Guard::default(), &Namespace::new("run1")).await;
    assert!(!remaining.is_empty() && remaining.to_string().contains("users of this run may remain"), "{remaining}");
}
