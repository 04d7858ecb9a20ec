//! How `ClerkUserDirectory` stays under limits: the service's, and its own of requests under way. Nothing here waits.

use std::time::Duration;

use integration_tests::scripted::{Scripted, Step};
use integration_tests::timer::TestTimer;
use integration_tests::{call, fixture, user};
use tokio::task::JoinHandle;
use user_directory::clerk::{ClerkBuilder, RateLimits, RetryPolicy};
use user_directory::{ClerkUserDirectory, Error, Operation, Result, SecretKey, UserDirectory, UserFilter, UserUpdate};

const SECOND: Duration = Duration::from_secs(1);

/// One request a second of each kind of key, after as many at once as it says here; one update in two seconds.
const LIMITS: RateLimits =
    RateLimits::new().production(5).development(3).updates_per_user(2).period(Duration::from_secs(3));

fn counted() -> Step {
    Step::json(200, fixture("responses/count.json"))
}

fn builder(key: &str, server: &Scripted, timer: &TestTimer) -> ClerkBuilder {
    let key = SecretKey::new(key).unwrap();
    ClerkUserDirectory::builder(key).base_url(server.base_url()).retry(RetryPolicy::none()).timer(timer.clone())
}

async fn count(directory: &ClerkUserDirectory) -> Result<u64> {
    directory.count(&UserFilter::new()).await
}

fn counting(directory: &ClerkUserDirectory) -> JoinHandle<Result<u64>> {
    let directory = directory.clone();
    tokio::spawn(async move { count(&directory).await })
}

#[track_caller]
fn assert_not_sent(error: &Error, wait: Option<Duration>) {
    assert!(error.is_rate_limited() && !error.is_outcome_unknown(), "{error:?}");
    assert_eq!((error.status(), error.retry_after(), error.operation()), (None, wait, Some(Operation::Count)));
    assert!(error.to_string().contains("not sent"), "{error}");
}

#[tokio::test]
async fn without_limits_nothing_waits() {
    let (server, timer) = (Scripted::start([counted()]).await, TestTimer::held());
    let directory = builder("sk_test_a", &server, &timer).build().unwrap();
    for _ in 0..20 {
        count(&directory).await.unwrap();
    }
    assert_eq!(timer.waits(), [Duration::ZERO; 0]);
}

#[tokio::test]
async fn each_kind_of_key_has_its_limit() {
    for (key, at_once) in [("sk_live_a", 5), ("sk_test_a", 3), ("neither", 3)] {
        let (server, timer) = (Scripted::start([counted()]).await, TestTimer::hasty());
        let directory = builder(key, &server, &timer).rate_limits(LIMITS).build().unwrap();
        for _ in 0..at_once {
            count(&directory).await.unwrap();
        }
        assert_eq!(timer.waits(), [Duration::ZERO; 0], "{key}");
        // Clones share it.
        count(&directory.clone()).await.unwrap();
        count(&directory).await.unwrap();
        assert_eq!(timer.waits(), [3 * SECOND / at_once; 2], "{key}");
        timer.advance(3 * SECOND);
        for _ in 0..at_once {
            count(&directory).await.unwrap();
        }
        assert_eq!(timer.waits().len(), 2, "it is full again");
    }
}

#[tokio::test]
async fn the_default_limits_are_those_that_the_service_documents() {
    let limits = RateLimits::default();
    let documented = limits.production(1000).development(100).updates_per_user(10).period(10 * SECOND);
    assert_eq!(limits, documented);
    let (server, timer) = (Scripted::start([counted()]).await, TestTimer::hasty());
    let directory = builder("sk_test_a", &server, &timer).rate_limits(limits).build().unwrap();
    for _ in 0..101 {
        count(&directory).await.unwrap();
    }
    assert_eq!(timer.waits(), [SECOND / 10]);
}

#[tokio::test]
async fn updates_of_one_user_have_a_limit_of_their_own() {
    let server = Scripted::start([Step::json(200, fixture("responses/update.json"))]).await;
    let timer = TestTimer::hasty();
    let directory = builder("sk_live_a", &server, &timer).rate_limits(LIMITS.production(1000)).build().unwrap();
    call(Operation::Update, &directory).await.unwrap();
    call(Operation::UpdateMetadata, &directory).await.unwrap();
    assert_eq!(timer.waits(), [Duration::ZERO; 0]);
    call(Operation::ReplaceMetadata, &directory).await.unwrap();
    assert_eq!(timer.waits(), [3 * SECOND / 2]);
    // Neither other operations nor other users.
    for _ in 0..10 {
        call(Operation::Ban, &directory).await.unwrap();
    }
    let grace = "user_2".parse().unwrap();
    directory.update(&grace, &UserUpdate::new()).await.unwrap();
    directory.update(&grace, &UserUpdate::new()).await.unwrap();
    assert_eq!(timer.waits().len(), 1);
    directory.update(&grace, &UserUpdate::new()).await.unwrap();
    directory.update(&user(), &UserUpdate::new()).await.unwrap();
    assert_eq!(timer.waits().len(), 2, "the wait of one was enough for the other");
}

#[tokio::test]
async fn who_came_first_is_served_first() {
    let (server, timer) = (Scripted::start([counted()]).await, TestTimer::held());
    let directory = builder("sk_test_a", &server, &timer).rate_limits(LIMITS.development(1)).build().unwrap();
    count(&directory).await.unwrap();
    let first = counting(&directory);
    timer.until_waits(1).await;
    // The second waits for the first, up to the end of its time.
    let second = counting(&directory);
    timer.until_waits(2).await;
    timer.advance(3 * SECOND);
    first.await.unwrap().unwrap();
    timer.until_waits(3).await;
    assert!(!second.is_finished());
    timer.advance(3 * SECOND);
    second.await.unwrap().unwrap();
    assert_eq!(timer.waits(), [3 * SECOND, 30 * SECOND, 3 * SECOND]);
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn who_gives_up_leaves_its_turn_to_the_next() {
    let (server, timer) = (Scripted::start([counted()]).await, TestTimer::held());
    let directory = builder("sk_test_a", &server, &timer).rate_limits(LIMITS.development(1)).build().unwrap();
    count(&directory).await.unwrap();
    let first = counting(&directory);
    timer.until_waits(1).await;
    let second = counting(&directory);
    timer.until_waits(2).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    timer.until_waits(3).await;
    timer.advance(3 * SECOND);
    second.await.unwrap().unwrap();
    assert_eq!(server.requests().len(), 2, "what was given up was not sent");
}

#[tokio::test]
async fn a_wait_that_is_longer_than_there_is_time_is_not_begun() {
    let (server, timer) = (Scripted::start([counted()]).await, TestTimer::held());
    let directory =
        builder("sk_test_a", &server, &timer).rate_limits(LIMITS.development(1)).timeout(2 * SECOND).build().unwrap();
    count(&directory).await.unwrap();
    assert_not_sent(&count(&directory).await.unwrap_err(), Some(3 * SECOND));
    timer.advance(2 * SECOND);
    // Now there is time enough.
    let call = counting(&directory);
    timer.until_waits(1).await;
    assert_eq!((server.requests().len(), timer.waits()), (1, vec![SECOND]));
    timer.advance(SECOND);
    call.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_429_lets_nobody_send_until_it_is_over_and_empties_the_bucket() {
    let too_many = Step::status(429).header("retry-after", "7");
    let (server, timer) = (Scripted::start([too_many, counted()]).await, TestTimer::hasty());
    let directory = builder("sk_test_a", &server, &timer).rate_limits(LIMITS).build().unwrap();
    assert_eq!(count(&directory).await.unwrap_err().status(), Some(429));
    assert_eq!(timer.waits(), [Duration::ZERO; 0]);
    // The bucket would have filled up in these seconds, so it is empty after them.
    count(&directory.clone()).await.unwrap();
    count(&directory).await.unwrap();
    assert_eq!(timer.waits(), [7 * SECOND, SECOND, SECOND]);
}

#[tokio::test]
async fn a_429_without_a_wait_empties_the_bucket() {
    let (server, timer) = (Scripted::start([Step::status(429), counted()]).await, TestTimer::hasty());
    let directory = builder("sk_test_a", &server, &timer).rate_limits(LIMITS).build().unwrap();
    count(&directory).await.unwrap_err();
    count(&directory).await.unwrap();
    assert_eq!(timer.waits(), [SECOND]);
}

#[tokio::test]
async fn a_429_that_was_long_ago_is_forgotten() {
    let too_many = Step::status(429).header("retry-after", "7");
    let (server, timer) = (Scripted::start([too_many, counted()]).await, TestTimer::hasty());
    let directory = builder("sk_test_a", &server, &timer).rate_limits(LIMITS).build().unwrap();
    count(&directory).await.unwrap_err();
    timer.advance(10 * SECOND);
    for _ in 0..3 {
        count(&directory).await.unwrap();
    }
    assert_eq!(timer.waits(), [Duration::ZERO; 0]);
}

#[tokio::test]
async fn no_429_shuts_the_service_out_for_longer_than_is_waited_for() {
    let too_many = Step::status(429).header("retry-after", "86400");
    let (server, timer) = (Scripted::start([too_many, counted()]).await, TestTimer::hasty());
    let directory = builder("sk_test_a", &server, &timer).rate_limits(LIMITS).build().unwrap();
    count(&directory).await.unwrap_err();
    count(&directory).await.unwrap();
    assert_eq!(timer.waits(), [15 * SECOND, SECOND]);
}

#[tokio::test]
async fn a_retry_keeps_to_the_limits_too() {
    let too_many = Step::status(429).header("retry-after", "2");
    let (server, timer) = (Scripted::start([too_many, counted()]).await, TestTimer::hasty().with_jitter(0.0));
    let directory =
        builder("sk_test_a", &server, &timer).retry(RetryPolicy::default()).rate_limits(LIMITS).build().unwrap();
    count(&directory).await.unwrap();
    assert_eq!(timer.waits(), [2 * SECOND, SECOND]);

    // Without the time for it, the error is that of the service.
    let (server, timer) = (Scripted::start([Step::status(503), counted()]).await, TestTimer::hasty().with_jitter(0.0));
    let directory = builder("sk_test_a", &server, &timer)
        .retry(RetryPolicy::default())
        .rate_limits(LIMITS.development(1))
        .timeout(2 * SECOND)
        .build()
        .unwrap();
    let error = count(&directory).await.unwrap_err();
    assert!(error.is_unavailable() && error.is_retryable(), "{error:?}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn only_so_many_requests_are_under_way() {
    let (server, timer) = (Scripted::reluctant([counted()]).await, TestTimer::held());
    let directory = builder("sk_test_a", &server, &timer).max_in_flight(2).build().unwrap();
    let calls: Vec<_> = (0..5).map(|_| counting(&directory)).collect();
    // Two are under way, and three wait.
    server.until_requests(2).await;
    timer.until_waits(3).await;
    assert_eq!(server.requests().len(), 2);
    for answered in 1..=3 {
        server.let_answer(1);
        server.until_requests(2 + answered).await;
        assert_eq!(server.requests().len(), 2 + answered);
    }
    server.let_answer(2);
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn who_waits_for_the_others_too_long_sends_nothing() {
    let (server, timer) = (Scripted::reluctant([counted()]).await, TestTimer::held());
    let directory = builder("sk_test_a", &server, &timer).max_in_flight(1).build().unwrap();
    let first = counting(&directory);
    server.until_requests(1).await;
    let second = counting(&directory);
    timer.until_waits(1).await;
    timer.advance(30 * SECOND);
    assert_not_sent(&second.await.unwrap().unwrap_err(), None);

    // Who is dropped makes room, under way or not.
    let third = counting(&directory);
    timer.until_waits(2).await;
    third.abort();
    assert!(third.await.unwrap_err().is_cancelled());
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    server.let_answer(2);
    count(&directory).await.unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn nobody_is_under_way_while_it_waits_to_try_again() {
    let (server, timer) = (Scripted::start([Step::status(429), counted()]).await, TestTimer::held());
    let directory =
        builder("sk_test_a", &server, &timer).retry(RetryPolicy::default()).max_in_flight(1).build().unwrap();
    let waiting = counting(&directory);
    timer.until_waits(1).await;
    count(&directory).await.unwrap();
    timer.advance(SECOND);
    waiting.await.unwrap().unwrap();
}
