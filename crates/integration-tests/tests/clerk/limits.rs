//! Rate limits and the limit of concurrent requests of `ClerkUserDirectory`. A test timer replaces real waits.

use std::time::Duration;

use integration_tests::scripted::{ScriptedServer, Step};
use integration_tests::timer::TestTimer;
use integration_tests::{call, fixture, user};
use tokio::task::JoinHandle;
use user_directory::clerk::{ClerkBuilder, RateLimits, RetryPolicy};
use user_directory::{ClerkUserDirectory, Error, Operation, Result, SecretKey, UserDirectory, UserFilter, UserUpdate};

const SECOND: Duration = Duration::from_secs(1);

/// 5 production requests, 3 development requests and 2 updates per user in 3 seconds.
const LIMITS: RateLimits =
    RateLimits::new().production(5).development(3).updates_per_user(2).period(Duration::from_secs(3));

fn counted() -> Step {
    Step::json(200, fixture("responses/count.json"))
}

fn builder(key: &str, server: &ScriptedServer, timer: &TestTimer) -> ClerkBuilder {
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
async fn requests_are_not_delayed_without_rate_limits() {
    let (server, timer) = (ScriptedServer::start([counted()]).await, TestTimer::manual());
    let directory = builder("sk_test_a", &server, &timer).build().unwrap();
    for _ in 0..20 {
        count(&directory).await.unwrap();
    }
    assert_eq!(timer.sleeps(), [Duration::ZERO; 0]);
}

#[tokio::test]
async fn production_and_development_keys_have_separate_rate_limits() {
    for (key, burst) in [("sk_live_a", 5), ("sk_test_a", 3), ("neither", 3)] {
        let (server, timer) = (ScriptedServer::start([counted()]).await, TestTimer::auto_advancing());
        let directory = builder(key, &server, &timer).rate_limits(LIMITS).build().unwrap();
        for _ in 0..burst {
            count(&directory).await.unwrap();
        }
        assert_eq!(timer.sleeps(), [Duration::ZERO; 0], "{key}");
        // Clones share the limiter.
        count(&directory.clone()).await.unwrap();
        count(&directory).await.unwrap();
        assert_eq!(timer.sleeps(), [3 * SECOND / burst; 2], "{key}");
        timer.advance(3 * SECOND);
        for _ in 0..burst {
            count(&directory).await.unwrap();
        }
        assert_eq!(timer.sleeps().len(), 2, "the bucket is full again");
    }
}

#[tokio::test]
async fn default_rate_limits_match_the_documented_limits() {
    let limits = RateLimits::default();
    let documented = limits.production(1000).development(100).updates_per_user(10).period(10 * SECOND);
    assert_eq!(limits, documented);
    let (server, timer) = (ScriptedServer::start([counted()]).await, TestTimer::auto_advancing());
    let directory = builder("sk_test_a", &server, &timer).rate_limits(limits).build().unwrap();
    for _ in 0..101 {
        count(&directory).await.unwrap();
    }
    assert_eq!(timer.sleeps(), [SECOND / 10]);
}

#[tokio::test]
async fn updates_are_limited_per_user() {
    let server = ScriptedServer::start([Step::json(200, fixture("responses/update.json"))]).await;
    let timer = TestTimer::auto_advancing();
    let directory = builder("sk_live_a", &server, &timer).rate_limits(LIMITS.production(1000)).build().unwrap();
    call(Operation::Update, &directory).await.unwrap();
    call(Operation::UpdateMetadata, &directory).await.unwrap();
    assert_eq!(timer.sleeps(), [Duration::ZERO; 0]);
    call(Operation::ReplaceMetadata, &directory).await.unwrap();
    assert_eq!(timer.sleeps(), [3 * SECOND / 2]);
    // The limit does not apply to other operations or other users.
    for _ in 0..10 {
        call(Operation::Ban, &directory).await.unwrap();
    }
    let grace = "user_2".parse().unwrap();
    directory.update(&grace, &UserUpdate::new()).await.unwrap();
    directory.update(&grace, &UserUpdate::new()).await.unwrap();
    assert_eq!(timer.sleeps().len(), 1);
    directory.update(&grace, &UserUpdate::new()).await.unwrap();
    directory.update(&user(), &UserUpdate::new()).await.unwrap();
    assert_eq!(timer.sleeps().len(), 2, "the wait for one user also refilled the bucket of the other");
}

#[tokio::test]
async fn rate_limit_waiters_are_served_in_fifo_order() {
    let (server, timer) = (ScriptedServer::start([counted()]).await, TestTimer::manual());
    let directory = builder("sk_test_a", &server, &timer).rate_limits(LIMITS.development(1)).build().unwrap();
    count(&directory).await.unwrap();
    let first = counting(&directory);
    timer.wait_for_sleeps(1).await;
    // The second call waits for the first, at most until its timeout.
    let second = counting(&directory);
    timer.wait_for_sleeps(2).await;
    timer.advance(3 * SECOND);
    first.await.unwrap().unwrap();
    timer.wait_for_sleeps(3).await;
    assert!(!second.is_finished());
    timer.advance(3 * SECOND);
    second.await.unwrap().unwrap();
    assert_eq!(timer.sleeps(), [3 * SECOND, 30 * SECOND, 3 * SECOND]);
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn canceled_rate_limit_waiter_lets_the_next_one_proceed() {
    let (server, timer) = (ScriptedServer::start([counted()]).await, TestTimer::manual());
    let directory = builder("sk_test_a", &server, &timer).rate_limits(LIMITS.development(1)).build().unwrap();
    count(&directory).await.unwrap();
    let first = counting(&directory);
    timer.wait_for_sleeps(1).await;
    let second = counting(&directory);
    timer.wait_for_sleeps(2).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    timer.wait_for_sleeps(3).await;
    timer.advance(3 * SECOND);
    second.await.unwrap().unwrap();
    assert_eq!(server.requests().len(), 2, "the canceled call must not send a request");
}

#[tokio::test]
async fn rate_limit_wait_beyond_the_timeout_fails_at_once() {
    let (server, timer) = (ScriptedServer::start([counted()]).await, TestTimer::manual());
    let directory =
        builder("sk_test_a", &server, &timer).rate_limits(LIMITS.development(1)).timeout(2 * SECOND).build().unwrap();
    count(&directory).await.unwrap();
    assert_not_sent(&count(&directory).await.unwrap_err(), Some(3 * SECOND));
    timer.advance(2 * SECOND);
    // Now the wait fits into the timeout.
    let call = counting(&directory);
    timer.wait_for_sleeps(1).await;
    assert_eq!((server.requests().len(), timer.sleeps()), (1, vec![SECOND]));
    timer.advance(SECOND);
    call.await.unwrap().unwrap();
}

#[tokio::test]
async fn status_429_delays_all_requests_by_retry_after_and_empties_the_bucket() {
    let too_many = Step::status(429).header("retry-after", "7");
    let (server, timer) = (ScriptedServer::start([too_many, counted()]).await, TestTimer::auto_advancing());
    let directory = builder("sk_test_a", &server, &timer).rate_limits(LIMITS).build().unwrap();
    assert_eq!(count(&directory).await.unwrap_err().status(), Some(429));
    assert_eq!(timer.sleeps(), [Duration::ZERO; 0]);
    // The bucket stays empty during Retry-After.
    count(&directory.clone()).await.unwrap();
    count(&directory).await.unwrap();
    assert_eq!(timer.sleeps(), [7 * SECOND, SECOND, SECOND]);
}

#[tokio::test]
async fn status_429_without_retry_after_empties_the_bucket() {
    let (server, timer) = (ScriptedServer::start([Step::status(429), counted()]).await, TestTimer::auto_advancing());
    let directory = builder("sk_test_a", &server, &timer).rate_limits(LIMITS).build().unwrap();
    count(&directory).await.unwrap_err();
    count(&directory).await.unwrap();
    assert_eq!(timer.sleeps(), [SECOND]);
}

#[tokio::test]
async fn status_429_has_no_effect_after_retry_after_and_refill() {
    let too_many = Step::status(429).header("retry-after", "7");
    let (server, timer) = (ScriptedServer::start([too_many, counted()]).await, TestTimer::auto_advancing());
    let directory = builder("sk_test_a", &server, &timer).rate_limits(LIMITS).build().unwrap();
    count(&directory).await.unwrap_err();
    timer.advance(10 * SECOND);
    for _ in 0..3 {
        count(&directory).await.unwrap();
    }
    assert_eq!(timer.sleeps(), [Duration::ZERO; 0]);
}

#[tokio::test]
async fn status_429_empties_the_bucket_at_the_end_of_retry_after() {
    let too_many = Step::status(429).header("retry-after", "7");
    let (server, timer) = (ScriptedServer::start([too_many, counted()]).await, TestTimer::auto_advancing());
    let directory = builder("sk_test_a", &server, &timer).rate_limits(LIMITS).build().unwrap();
    count(&directory).await.unwrap_err();
    timer.advance(9 * SECOND);
    for _ in 0..2 {
        count(&directory).await.unwrap();
    }
    assert_eq!(timer.sleeps(), [Duration::ZERO; 0]);
    count(&directory).await.unwrap();
    assert_eq!(timer.sleeps(), [SECOND]);
}

#[tokio::test]
async fn status_429_delays_requests_by_at_most_max_retry_after() {
    let too_many = Step::status(429).header("retry-after", "86400");
    let (server, timer) = (ScriptedServer::start([too_many, counted()]).await, TestTimer::auto_advancing());
    let directory = builder("sk_test_a", &server, &timer).rate_limits(LIMITS).build().unwrap();
    count(&directory).await.unwrap_err();
    count(&directory).await.unwrap();
    assert_eq!(timer.sleeps(), [15 * SECOND, SECOND]);
}

#[tokio::test]
async fn retries_respect_the_rate_limits() {
    let too_many = Step::status(429).header("retry-after", "2");
    let (server, timer) =
        (ScriptedServer::start([too_many, counted()]).await, TestTimer::auto_advancing().with_jitter(0.0));
    let directory =
        builder("sk_test_a", &server, &timer).retry(RetryPolicy::default()).rate_limits(LIMITS).build().unwrap();
    count(&directory).await.unwrap();
    assert_eq!(timer.sleeps(), [2 * SECOND, SECOND]);

    // If the wait exceeds the timeout, the call returns the error from the first attempt.
    let (server, timer) =
        (ScriptedServer::start([Step::status(503), counted()]).await, TestTimer::auto_advancing().with_jitter(0.0));
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
async fn max_in_flight_limits_concurrent_requests() {
    let (server, timer) = (ScriptedServer::start_paused([counted()]).await, TestTimer::manual());
    let directory = builder("sk_test_a", &server, &timer).max_in_flight(2).build().unwrap();
    let calls: Vec<_> = (0..5).map(|_| counting(&directory)).collect();
    // Two requests are in flight and three calls wait.
    server.wait_for_requests(2).await;
    timer.wait_for_sleeps(3).await;
    assert_eq!(server.requests().len(), 2);
    for responses in 1..=3 {
        server.allow_responses(1);
        server.wait_for_requests(2 + responses).await;
        assert_eq!(server.requests().len(), 2 + responses);
    }
    server.allow_responses(2);
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn max_in_flight_waiter_that_times_out_sends_no_request() {
    let (server, timer) = (ScriptedServer::start_paused([counted()]).await, TestTimer::manual());
    let directory = builder("sk_test_a", &server, &timer).max_in_flight(1).build().unwrap();
    let first = counting(&directory);
    server.wait_for_requests(1).await;
    let second = counting(&directory);
    timer.wait_for_sleeps(1).await;
    timer.advance(30 * SECOND);
    assert_not_sent(&second.await.unwrap().unwrap_err(), None);

    // A dropped call frees its slot, in flight or not.
    let third = counting(&directory);
    timer.wait_for_sleeps(2).await;
    third.abort();
    assert!(third.await.unwrap_err().is_cancelled());
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    server.allow_responses(2);
    count(&directory).await.unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn retry_backoff_does_not_count_as_in_flight() {
    let (server, timer) = (ScriptedServer::start([Step::status(429), counted()]).await, TestTimer::manual());
    let directory =
        builder("sk_test_a", &server, &timer).retry(RetryPolicy::default()).max_in_flight(1).build().unwrap();
    let waiting = counting(&directory);
    timer.wait_for_sleeps(1).await;
    count(&directory).await.unwrap();
    timer.advance(SECOND);
    waiting.await.unwrap().unwrap();
}
