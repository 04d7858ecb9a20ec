//! [`FaultyUserDirectory`].

use std::time::Duration;

use tokio_test::{assert_pending, assert_ready, task};
use user_directory::decorators::{Fault, FaultyUserDirectory, RecordingUserDirectory};
use user_directory::time::FakeTimer;
use user_directory::{Error, ErrorKind, InMemoryUserDirectory, NewUser, Operation, UserDirectory, UserFilter};

use crate::support::id;

fn timeout() -> Fault {
    Fault::error(Error::new(ErrorKind::Timeout))
}

#[tokio::test]
async fn fault_prevents_the_given_number_of_calls() {
    let behind = RecordingUserDirectory::new(InMemoryUserDirectory::permissive());
    let users = FaultyUserDirectory::new(behind.clone());
    users.add_fault(Fault::kind(ErrorKind::Unavailable).operation(Operation::Create).times(2));
    let ada = NewUser::new().username("ada_lovelace");
    assert_eq!(users.count(&UserFilter::new()).await.unwrap(), 0);
    for _ in 0..2 {
        let error = users.create(&ada).await.unwrap_err();
        assert!(error.is_unavailable() && error.is_outcome_unknown(), "{error}");
        assert_eq!(error.operation(), Some(Operation::Create));
    }
    assert_eq!(behind.times_called(Operation::Create), 0);
    users.create(&ada).await.unwrap();
    assert!(users.faults().is_empty());
}

#[tokio::test]
async fn faults_are_injected_in_order_and_shared_by_clones() {
    let users = FaultyUserDirectory::new(InMemoryUserDirectory::permissive());
    users.add_fault(Fault::error(Error::new(ErrorKind::Connect)).times(1));
    users.add_fault(timeout());
    users.add_fault(Fault::error(Error::new(ErrorKind::Server)).times(0));
    let clone = users.clone();
    let user_id = id("user_1");
    let mut kinds = Vec::new();
    for _ in 0..3 {
        kinds.push(clone.get(&user_id).await.unwrap_err().kind());
    }
    assert_eq!(kinds, [ErrorKind::Connect, ErrorKind::Timeout, ErrorKind::Timeout]);
    users.clear_faults();
    assert!(clone.get(&user_id).await.unwrap_err().is_not_found());
}

#[test]
fn delay_without_time_driver_is_a_configuration_error_with_the_outcome_of_the_call() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for after_work in [false, true] {
        let users = FaultyUserDirectory::new(InMemoryUserDirectory::permissive());
        let fault = Fault::delay(Duration::from_secs(1));
        users.add_fault(if after_work { fault.after_work() } else { fault });
        let error = runtime.block_on(users.create(&NewUser::new().username("ada_lovelace"))).unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Configuration, Some(Operation::Create)));
        assert_eq!(error.is_outcome_unknown(), after_work);
        assert_eq!(users.inner().len(), usize::from(after_work));

        let error = runtime.block_on(users.count(&UserFilter::new())).unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Configuration, Some(Operation::Count)));
        assert!(!error.is_outcome_unknown(), "a read has no outcome");
    }
}

#[tokio::test]
async fn fault_after_work_has_an_unknown_outcome() {
    for kind in [ErrorKind::Timeout, ErrorKind::Connect] {
        let users = FaultyUserDirectory::new(InMemoryUserDirectory::permissive());
        users.add_fault(Fault::error(Error::new(kind)).operation(Operation::Create).after_work());
        let error = users.create(&NewUser::new().username("ada_lovelace")).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.is_outcome_unknown(), "{error}");
        assert_eq!(users.count(&UserFilter::new()).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn no_response_is_injected_before_or_after_the_work() {
    for (fault, done) in [(Fault::no_response(), 0), (Fault::no_response().after_work(), 1)] {
        let users = FaultyUserDirectory::new(InMemoryUserDirectory::permissive());
        users.add_fault(fault.times(1));
        let ada = NewUser::new().username("ada_lovelace");
        let mut create = task::spawn(users.create(&ada));
        assert_pending!(create.poll());
        drop(create);
        assert_eq!(users.count(&UserFilter::new()).await.unwrap(), done);
    }
}

#[tokio::test(start_paused = true)]
async fn delay_is_injected_before_or_after_the_work() {
    for (fault, done) in
        [(Fault::delay(Duration::from_mins(1)), 0), (timeout().delayed(Duration::from_mins(1)).after_work(), 1)]
    {
        let behind = InMemoryUserDirectory::permissive();
        let users = FaultyUserDirectory::new(behind.clone());
        users.add_fault(fault.operation(Operation::Create));
        let ada = NewUser::new().username("ada_lovelace");
        let mut create = task::spawn(users.create(&ada));
        assert_pending!(create.poll());
        tokio::time::advance(Duration::from_secs(59)).await;
        assert_pending!(create.poll());
        assert_eq!(behind.count(&UserFilter::new()).await.unwrap(), done);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(assert_ready!(create.poll()).is_err(), done == 1);
        assert_eq!(behind.count(&UserFilter::new()).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn delays_use_the_given_timer() {
    let timer = FakeTimer::new();
    let users = FaultyUserDirectory::new(InMemoryUserDirectory::permissive()).timer(timer.clone());
    users.add_fault(Fault::delay(Duration::from_hours(1)).times(1));
    for _ in 0..2 {
        assert_eq!(users.count(&UserFilter::new()).await.unwrap(), 0);
    }
    assert_eq!(timer.sleeps(), [Duration::from_hours(1)]);
}

#[test]
fn delay_without_a_time_driver_is_a_configuration_error() {
    let behind = RecordingUserDirectory::new(InMemoryUserDirectory::permissive());
    let users = FaultyUserDirectory::new(behind.clone());
    users.add_fault(Fault::delay(Duration::from_millis(1)));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error = runtime.block_on(users.count(&UserFilter::new())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(behind.times_called(Operation::Count), 0);
}
