//! What `ClerkUserDirectory` tries again, after which waits, and when that ends. Nothing here waits.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use integration_tests::scripted::{Scripted, Step};
use integration_tests::timer::TestTimer;
use integration_tests::{builder, call, fixture, user};
use proptest::prelude::*;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use user_directory::clerk::{ClerkBuilder, RetryPolicy};
use user_directory::model::{ProfileImage, TotpCode};
use user_directory::time::ManualClock;
use user_directory::{ClerkUserDirectory, Error, ErrorKind, NewUser, Operation, Password, UserDirectory, UserFilter};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// One for all, because looking for the platform's certificates takes time. It keeps no connections.
static HTTP: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let http = ClerkBuilder::http_client_builder().unwrap().no_proxy();
    http.pool_max_idle_per_host(0).build().unwrap()
});

fn success(operation: Operation) -> Step {
    Step::json(200, fixture(&format!("responses/{operation}.json")))
}

fn counted() -> Step {
    success(Operation::Count)
}

fn locked() -> Step {
    Step::json(409, fixture("errors/resource_locked.json"))
}

/// A server with these steps, the directory that asks it, and the directory's clock.
async fn retrying(
    policy: RetryPolicy,
    steps: impl IntoIterator<Item = Step>,
) -> (Scripted, ClerkUserDirectory, TestTimer) {
    let server = Scripted::start(steps).await;
    let timer = TestTimer::hasty();
    let directory =
        builder(&server.base_url()).http_client(HTTP.clone()).retry(policy).timer(timer.clone()).build().unwrap();
    (server, directory, timer)
}

async fn count(directory: &ClerkUserDirectory) -> Result<u64, Error> {
    directory.count(&UserFilter::new()).await
}

/// The waits of a count that goes wrong in this way again and again, and its error.
async fn waits(policy: RetryPolicy, step: Step) -> (Vec<Duration>, Error) {
    let (server, directory, timer) = retrying(policy, [step]).await;
    let error = count(&directory).await.unwrap_err();
    assert_eq!(server.requests().len(), timer.waits().len() + 1);
    (timer.waits(), error)
}

/// Whether another attempt follows.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Again {
    Always,
    IfIdempotent,
    Never,
}

#[tokio::test]
async fn each_failure_of_each_operation_is_tried_again_or_not() {
    use Again::{Always, IfIdempotent, Never};
    let failures = [
        (Step::status(429), Always),
        (locked(), Always),
        (Step::status(423), Always),
        (Step::status(502), IfIdempotent),
        (Step::json(503, fixture("errors/maintenance.json")), IfIdempotent),
        (Step::status(504), IfIdempotent),
        (Step::status(520), IfIdempotent),
        (Step::status(408), IfIdempotent),
        (Step::Cut, IfIdempotent),
        (Step::CutWithin, IfIdempotent),
        (Step::status(500), Never),
        (Step::status(501), Never),
        (Step::status(301), Never),
        (Step::json(401, fixture("errors/key_invalid.json")), Never),
        (Step::json(404, fixture("errors/not_found.json")), Never),
        (Step::json(409, fixture("errors/user_managed_by_scim.json")), Never),
        (Step::json(422, fixture("errors/several.json")), Never),
        (Step::json(200, "not JSON"), Never),
    ];
    for (failure, again) in failures {
        for &operation in Operation::ALL {
            let steps = [failure.clone(), success(operation)];
            let (server, directory, _) = retrying(RetryPolicy::default(), steps).await;
            let outcome = call(operation, &directory).await;
            let is_tried_again = again == Always || again == IfIdempotent && operation.is_idempotent();
            assert_eq!(outcome.is_ok(), is_tried_again, "{operation} after {failure:?}: {outcome:?}");
            assert_eq!(server.requests().len(), 1 + usize::from(is_tried_again), "{operation} after {failure:?}");
        }
    }
}

/// Finds the host only after a number of times that it does not.
struct Forgetful {
    failures: AtomicUsize,
    address: SocketAddr,
}

impl Resolve for Forgetful {
    fn resolve(&self, _: Name) -> Resolving {
        let fails = self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        let address = self.address;
        Box::pin(async move {
            if fails {
                return Err("no such host".into());
            }
            Ok(Box::new(std::iter::once(address)) as Addrs)
        })
    }
}

#[tokio::test]
async fn without_a_connection_every_operation_is_tried_again() {
    for &operation in Operation::ALL {
        let server = Scripted::start([success(operation)]).await;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server.port()));
        let resolver = Forgetful { failures: AtomicUsize::new(2), address };
        let http =
            ClerkBuilder::http_client_builder().unwrap().no_proxy().dns_resolver(Arc::new(resolver)).build().unwrap();
        let timer = TestTimer::hasty();
        let directory = builder(&format!("http://clerk.test:{}/v1", server.port()))
            .allow_insecure_http()
            .http_client(http)
            .timer(timer.clone())
            .build()
            .unwrap();
        call(operation, &directory).await.unwrap();
        assert_eq!((timer.waits().len(), server.requests().len()), (2, 1), "{operation}");
    }
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_followed_by_another() {
    let timer = TestTimer::hasty();
    for (operation, again) in [(Operation::Ban, true), (Operation::Create, false), (Operation::VerifyTotp, false)] {
        let server = Scripted::start([Step::Silence, success(operation)]).await;
        let directory = builder(&server.base_url()).attempt_timeout(SECOND).timer(timer.clone()).build().unwrap();
        let outcome = call(operation, &directory).await;
        assert_eq!(outcome.is_ok(), again, "{outcome:?}");
        assert_eq!(outcome.err().map(|error| error.kind()), (!again).then_some(ErrorKind::Timeout));
    }
}

/// A multipart request with a boundary that does not change.
fn without_boundary(request: &str) -> String {
    let boundary = request.split_once("boundary=").unwrap().1.split("\r\n").next().unwrap();
    request.replace(boundary, "boundary")
}

#[tokio::test]
async fn the_same_is_sent_again() {
    let failures = || [Step::status(429), Step::Cut];
    let (server, directory, _) =
        retrying(RetryPolicy::default(), failures().into_iter().chain([success(Operation::SetProfileImage)])).await;
    let image = ProfileImage::new(b"the bytes of an image".as_slice(), "image/png");
    directory.set_profile_image(&user(), &image).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    for request in &requests {
        assert_eq!(without_boundary(request), without_boundary(&requests[0]));
        assert!(request.contains("the bytes of an image"));
    }

    let (server, directory, _) = retrying(RetryPolicy::default(), [locked(), success(Operation::Create)]).await;
    directory
        .create(&NewUser::new().email_address("ada@example.com").password(Password::new("correct horse")))
        .await
        .unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0], requests[1]);
    assert!(requests[0].contains("ada@example.com") && requests[0].contains("correct horse"));
}

#[tokio::test]
async fn the_default_tries_four_times_and_waits_ever_longer() {
    let (waits, error) = waits(RetryPolicy::default(), Step::status(503)).await;
    assert_eq!(waits, [250 * MS, 500 * MS, 1000 * MS]);
    assert_eq!((error.attempts(), error.elapsed()), (Some(4), Some(1750 * MS)));
    assert_eq!(error.to_string(), "count: service unavailable (status 503, 4 attempts in 1.75s)");
    assert!(error.is_retryable() && !error.is_outcome_unknown(), "what only reads has no outcome");
}

#[tokio::test]
async fn without_retries_there_is_one_attempt_and_nothing_is_said_of_it() {
    for policy in [RetryPolicy::none(), RetryPolicy::default().attempts(0)] {
        let (waits, error) = waits(policy, Step::status(429)).await;
        assert_eq!((waits, error.attempts(), error.elapsed()), (vec![], None, None));
        assert_eq!(error.to_string(), "count: rate limited (status 429)");
    }
}

#[tokio::test]
async fn a_retry_that_fails_otherwise_is_that_error_after_all_attempts() {
    let (server, directory, _) =
        retrying(RetryPolicy::default(), [Step::status(429), Step::json(404, fixture("errors/not_found.json"))]).await;
    let error = directory.delete(&user()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), server.requests().len()), (ErrorKind::NotFound, Some(2), 2));
    assert!(!error.is_outcome_unknown(), "neither attempt did anything");

    let (_, directory, _) =
        retrying(RetryPolicy::default(), [Step::Cut, Step::json(404, fixture("errors/not_found.json"))]).await;
    let error = directory.delete(&user()).await.unwrap_err();
    assert!(error.is_not_found() && error.is_outcome_unknown(), "the first attempt may have done it: {error:?}");

    let (_, directory, _) = retrying(RetryPolicy::default(), [Step::Cut, Step::status(429)]).await;
    let error = directory.delete(&user()).await.unwrap_err();
    assert!(error.is_rate_limited() && error.is_outcome_unknown(), "so it is after all that follow: {error:?}");

    // What cannot be read says how many attempts it took, too.
    let (_, directory, _) = retrying(RetryPolicy::default(), [Step::status(503), Step::json(200, "{")]).await;
    let error = count(&directory).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, Some(2)));
}

#[tokio::test]
async fn a_refusal_that_is_an_answer_is_one_after_a_retry_too() {
    let wrong = Step::json(422, fixture("errors/totp_incorrect_code.json"));
    let (server, directory, _) = retrying(RetryPolicy::default(), [Step::status(429), wrong]).await;
    assert!(!directory.verify_totp(&user(), &TotpCode::new("123456")).await.unwrap().is_correct());
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    // In seconds, with the jitter of the first backoff on top; not more with each attempt.
    for status in [429, 503] {
        let (waits, error) = waits(RetryPolicy::default(), Step::status(status).header("retry-after", "3")).await;
        assert_eq!(waits, [3250 * MS; 3]);
        assert_eq!(error.retry_after(), Some(3 * SECOND));
    }
    let policy = RetryPolicy::default().max_backoff(100 * MS).attempts(2);
    let (waits_of_short, _) = waits(policy, Step::status(429).header("retry-after", "3")).await;
    assert_eq!(waits_of_short, [3100 * MS]);
    // Now.
    for now in ["0", "Wed, 21 Oct 2015 07:28:00 GMT"] {
        let (waits, _) = waits(RetryPolicy::default(), Step::status(429).header("retry-after", now)).await;
        assert_eq!(waits, [250 * MS; 3]);
    }
    // What cannot be read is as good as none.
    for unreadable in ["soon", "", "-1", "1.5"] {
        let (waits, _) = waits(RetryPolicy::default(), Step::status(429).header("retry-after", unreadable)).await;
        assert_eq!(waits, [250 * MS, 500 * MS, 1000 * MS], "{unreadable}");
    }
}

#[tokio::test]
async fn retry_after_may_be_a_date() {
    let policy = RetryPolicy::default().attempts(2).max_retry_after(4000 * SECOND).retry_timeout(5000 * SECOND);
    let clock = ManualClock::new("2026-05-12T08:00:00Z".parse().unwrap());
    let date = "Tue, 12 May 2026 09:00:00 GMT";
    let server = Scripted::start([Step::status(429).header("retry-after", date)]).await;
    let timer = TestTimer::hasty().with_jitter(0.0);
    let builder = builder(&server.base_url()).retry(policy).timeout(6000 * SECOND);
    let directory = builder.clock(clock).timer(timer.clone()).build().unwrap();
    let error = count(&directory).await.unwrap_err();
    assert_eq!(timer.waits(), [3600 * SECOND]);
    assert_eq!(error.attempts(), Some(2));
}

#[tokio::test]
async fn a_longer_retry_after_than_is_waited_for_ends_it() {
    for asked in ["16", "86400", "99999999999"] {
        let (waits, error) = waits(RetryPolicy::default(), Step::status(429).header("retry-after", asked)).await;
        assert_eq!(waits, [Duration::ZERO; 0]);
        assert!(error.is_rate_limited() && error.retry_after().is_some_and(|wait| wait > 15 * SECOND));
    }
    let policy = RetryPolicy::default().max_retry_after(2 * SECOND);
    let asked = |seconds| Step::status(429).header("retry-after", seconds);
    assert_eq!(waits(policy, asked("2")).await.0.len(), 3);
    assert_eq!(waits(policy, asked("3")).await.0.len(), 0);
}

#[tokio::test]
async fn no_attempt_begins_after_the_total_time() {
    let policy = RetryPolicy::default().attempts(100).budget_percent(10_000);
    // 250 ms, 500 ms, 1 s, 2 s, 4 s, 8 s are 15.75 s; 10 s more are too many.
    let (waits_of_default, error) = waits(policy, Step::status(429)).await;
    assert_eq!(waits_of_default.len(), 6);
    assert_eq!((error.attempts(), error.elapsed()), (Some(7), Some(15_750 * MS)));
    let (waits_of_three, _) = waits(policy.retry_timeout(3 * SECOND), Step::status(429)).await;
    assert_eq!(waits_of_three, [250 * MS, 500 * MS, SECOND]);
    assert_eq!(waits(policy.retry_timeout(Duration::ZERO), Step::status(429)).await.0, [Duration::ZERO; 0]);
    // A wait that is known to be too long is not begun.
    let asked = Step::status(429).header("retry-after", "12");
    let (waits_of_asked, _) = waits(policy, asked).await;
    assert_eq!(waits_of_asked, [12_250 * MS]);
}

#[tokio::test]
async fn the_time_out_of_the_call_covers_waits_and_attempts() {
    let server = Scripted::start([Step::status(429)]).await;
    let timer = TestTimer::hasty();
    let directory = builder(&server.base_url())
        .retry(RetryPolicy::default().attempts(100).retry_timeout(1000 * SECOND))
        .timeout(2 * SECOND)
        .timer(timer.clone())
        .build()
        .unwrap();
    let error = count(&directory).await.unwrap_err();
    assert_eq!(timer.waits(), [250 * MS, 500 * MS, SECOND]);
    assert!(error.is_rate_limited());

    // The second attempt has what is left: a tenth of a second.
    let server = Scripted::start([Step::status(429).header("retry-after", "9"), Step::Silence]).await;
    let timer = TestTimer::hasty().with_jitter(0.0);
    let directory = builder(&server.base_url())
        .retry(RetryPolicy::default().attempts(2))
        .attempt_timeout(1_000_000 * SECOND)
        .timeout(9100 * MS)
        .timer(timer.clone())
        .build()
        .unwrap();
    let error = count(&directory).await.unwrap_err();
    assert!(error.is_timeout() && error.attempts() == Some(2), "{error:?}");
}

#[tokio::test]
async fn a_budget_keeps_an_outage_from_being_multiplied() {
    let (server, directory, _) = retrying(RetryPolicy::default(), [Step::status(503)]).await;
    let mut attempts = Vec::new();
    for number in 0..20 {
        // Clones share it.
        let clone = directory.clone();
        let error = count(if number % 2 == 0 { &directory } else { &clone }).await.unwrap_err();
        attempts.push(error.attempts().unwrap_or(1));
    }
    // 10 in reserve and a fifth of one for each call.
    assert_eq!(attempts, [4, 4, 4, 2, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 1]);
    let in_all = server.requests().len();
    for _ in 0..100 {
        count(&directory).await.unwrap_err();
    }
    assert_eq!(server.requests().len() - in_all, 120);

    // The service that says when to come back is not down.
    let policy = RetryPolicy::default().budget_percent(0);
    for refusal in [Step::status(429), locked()] {
        let (server, directory, _) = retrying(policy, [refusal]).await;
        for _ in 0..20 {
            assert_eq!(count(&directory).await.unwrap_err().attempts(), Some(4));
        }
        assert_eq!(server.requests().len(), 80);
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_is_over() {
    let server = Scripted::start([Step::status(503), counted()]).await;
    let timer = TestTimer::held();
    let directory = builder(&server.base_url()).timer(timer.clone()).build().unwrap();
    let call = tokio::spawn({
        let directory = directory.clone();
        async move { count(&directory).await }
    });
    timer.until_waits(1).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    timer.advance(1000 * SECOND);
    // The directory works as before, and what was dropped has sent nothing.
    assert!(count(&directory).await.is_ok());
    assert_eq!((server.requests().len(), timer.waits().len()), (2, 1));
}

#[test]
fn a_policy_is_its_numbers() {
    let policy = RetryPolicy::default();
    assert_eq!(
        policy,
        policy.attempts(4).retry_timeout(20 * SECOND).initial_backoff(250 * MS).max_backoff(10 * SECOND)
    );
    assert_eq!(policy, policy.max_retry_after(15 * SECOND).budget_percent(20));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the dice say, a wait is between zero and a bound that doubles up to the longest.
    #[test]
    fn every_wait_is_within_its_bound(first in 1..2_000_u32, longest in 1..5_000_u32, share in 0.0..=1.0_f64) {
        let (first, longest) = (first * MS, longest * MS);
        let policy = RetryPolicy::default()
            .attempts(7).initial_backoff(first).max_backoff(longest).retry_timeout(1_000 * SECOND);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let waits = runtime.block_on(async {
            let server = Scripted::start([Step::status(429)]).await;
            let timer = TestTimer::hasty().with_jitter(share);
            let directory = builder(&server.base_url())
                .retry(policy).timeout(2_000 * SECOND).timer(timer.clone()).build().unwrap();
            count(&directory).await.unwrap_err();
            timer.waits()
        });
        prop_assert_eq!(waits.len(), 6);
        for (number, wait) in waits.into_iter().enumerate() {
            let bound = (first.min(longest) * 2_u32.pow(u32::try_from(number).unwrap())).min(longest);
            let off = wait.abs_diff(bound.mul_f64(share));
            prop_assert!(wait <= bound && off < MS, "{:?} of {:?}", wait, bound);
        }
    }
}
