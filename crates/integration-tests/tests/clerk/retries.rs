//! Retries of `ClerkUserDirectory`: which errors, which backoff and which limits. A test timer replaces real waits.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use integration_tests::scripted::{ScriptedServer, Step};
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

/// A shared client, because loading the platform's certificates is slow. It keeps no idle connections.
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

/// Returns a scripted server, a directory that calls it, and the directory's timer.
async fn retrying(
    policy: RetryPolicy,
    steps: impl IntoIterator<Item = Step>,
) -> (ScriptedServer, ClerkUserDirectory, TestTimer) {
    let server = ScriptedServer::start(steps).await;
    let timer = TestTimer::auto_advancing();
    let directory =
        builder(&server.base_url()).http_client(HTTP.clone()).retry(policy).timer(timer.clone()).build().unwrap();
    (server, directory, timer)
}

async fn count(directory: &ClerkUserDirectory) -> Result<u64, Error> {
    directory.count(&UserFilter::new()).await
}

/// Returns the sleeps and the error of a `count` whose every attempt gets `step`.
async fn waits(policy: RetryPolicy, step: Step) -> (Vec<Duration>, Error) {
    let (server, directory, timer) = retrying(policy, [step]).await;
    let error = count(&directory).await.unwrap_err();
    assert_eq!(server.requests().len(), timer.sleeps().len() + 1);
    (timer.sleeps(), error)
}

/// Whether the call is retried.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Retry {
    Always,
    IfIdempotent,
    Never,
}

#[tokio::test]
async fn each_failure_is_retried_only_if_the_operation_permits() {
    use Retry::{Always, IfIdempotent, Never};
    let failures = [
        (Step::status(429), Always),
        (locked(), Always),
        (Step::status(423), Always),
        (Step::status(502), IfIdempotent),
        (Step::json(503, fixture("errors/maintenance.json")), IfIdempotent),
        (Step::status(504), IfIdempotent),
        (Step::status(520), IfIdempotent),
        (Step::status(408), IfIdempotent),
        (Step::Close, IfIdempotent),
        (Step::CloseInBody, IfIdempotent),
        (Step::status(500), Never),
        (Step::status(501), Never),
        (Step::status(301), Never),
        (Step::json(401, fixture("errors/key_invalid.json")), Never),
        (Step::json(404, fixture("errors/not_found.json")), Never),
        (Step::json(409, fixture("errors/user_managed_by_scim.json")), Never),
        (Step::json(422, fixture("errors/several.json")), Never),
        (Step::json(200, "not JSON"), Never),
    ];
    for (failure, retry) in failures {
        for &operation in Operation::ALL {
            let steps = [failure.clone(), success(operation)];
            let (server, directory, _) = retrying(RetryPolicy::default(), steps).await;
            let outcome = call(operation, &directory).await;
            let is_retried = retry == Always || retry == IfIdempotent && operation.is_idempotent();
            assert_eq!(outcome.is_ok(), is_retried, "{operation} after {failure:?}: {outcome:?}");
            assert_eq!(server.requests().len(), 1 + usize::from(is_retried), "{operation} after {failure:?}");
        }
    }
}

/// A DNS resolver that fails a number of times before it succeeds.
struct FlakyResolver {
    failures: AtomicUsize,
    address: SocketAddr,
}

impl Resolve for FlakyResolver {
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
async fn every_operation_is_retried_after_a_failed_connection() {
    for &operation in Operation::ALL {
        let server = ScriptedServer::start([success(operation)]).await;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server.port()));
        let resolver = FlakyResolver { failures: AtomicUsize::new(2), address };
        let http =
            ClerkBuilder::http_client_builder().unwrap().no_proxy().dns_resolver(Arc::new(resolver)).build().unwrap();
        let timer = TestTimer::auto_advancing();
        let directory = builder(&format!("http://clerk.test:{}/v1", server.port()))
            .allow_insecure_http()
            .http_client(http)
            .timer(timer.clone())
            .build()
            .unwrap();
        call(operation, &directory).await.unwrap();
        assert_eq!((timer.sleeps().len(), server.requests().len()), (2, 1), "{operation}");
    }
}

#[tokio::test]
async fn idempotent_operations_are_retried_after_attempt_timeout() {
    let timer = TestTimer::auto_advancing();
    for (operation, is_retried) in [(Operation::Ban, true), (Operation::Create, false), (Operation::VerifyTotp, false)]
    {
        let server = ScriptedServer::start([Step::Stall, success(operation)]).await;
        let directory = builder(&server.base_url()).attempt_timeout(SECOND).timer(timer.clone()).build().unwrap();
        let outcome = call(operation, &directory).await;
        assert_eq!(outcome.is_ok(), is_retried, "{outcome:?}");
        assert_eq!(outcome.err().map(|error| error.kind()), (!is_retried).then_some(ErrorKind::Timeout));
    }
}

/// Replaces the random boundary of a multipart request.
fn without_boundary(request: &str) -> String {
    let boundary = request.split_once("boundary=").unwrap().1.split("\r\n").next().unwrap();
    request.replace(boundary, "boundary")
}

#[tokio::test]
async fn retry_sends_the_same_request() {
    let failures = || [Step::status(429), Step::Close];
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
async fn default_policy_makes_four_attempts_with_exponential_backoff() {
    let (waits, error) = waits(RetryPolicy::default(), Step::status(503)).await;
    assert_eq!(waits, [250 * MS, 500 * MS, 1000 * MS]);
    assert_eq!((error.attempts(), error.elapsed()), (Some(4), Some(1750 * MS)));
    assert_eq!(error.to_string(), "count: service unavailable (status 503, 4 attempts in 1.75s)");
    assert!(
        error.is_retryable() && !error.is_outcome_unknown(),
        "the outcome of a read-only operation is never unknown"
    );
}

#[tokio::test]
async fn without_retries_the_error_omits_attempts_and_elapsed() {
    for policy in [RetryPolicy::none(), RetryPolicy::default().attempts(0)] {
        let (waits, error) = waits(policy, Step::status(429)).await;
        assert_eq!((waits, error.attempts(), error.elapsed()), (vec![], None, None));
        assert_eq!(error.to_string(), "count: rate limited (status 429)");
    }
}

#[tokio::test]
async fn delete_returns_the_error_of_the_last_attempt() {
    let (server, directory, _) =
        retrying(RetryPolicy::default(), [Step::status(429), Step::json(404, fixture("errors/not_found.json"))]).await;
    let error = directory.delete(&user()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), server.requests().len()), (ErrorKind::NotFound, Some(2), 2));
    assert!(!error.is_outcome_unknown(), "neither attempt had an effect");

    let (_, directory, _) =
        retrying(RetryPolicy::default(), [Step::Close, Step::json(404, fixture("errors/not_found.json"))]).await;
    let error = directory.delete(&user()).await.unwrap_err();
    assert!(error.is_not_found() && error.is_outcome_unknown(), "the first attempt may have succeeded: {error:?}");

    let (_, directory, _) = retrying(RetryPolicy::default(), [Step::Close, Step::status(429)]).await;
    let error = directory.delete(&user()).await.unwrap_err();
    assert!(
        error.is_rate_limited() && error.is_outcome_unknown(),
        "a later rejection does not settle the first attempt: {error:?}"
    );

    // A decode error also has the number of attempts.
    let (_, directory, _) = retrying(RetryPolicy::default(), [Step::status(503), Step::json(200, "{")]).await;
    let error = count(&directory).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, Some(2)));
}

#[tokio::test]
async fn verify_totp_with_a_wrong_code_after_a_retry_is_not_an_error() {
    let wrong = Step::json(422, fixture("errors/totp_incorrect_code.json"));
    let (server, directory, _) = retrying(RetryPolicy::default(), [Step::status(429), wrong]).await;
    assert!(!directory.verify_totp(&user(), &TotpCode::new("123456")).await.unwrap().is_correct());
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn retry_after_sets_the_wait() {
    // In seconds, plus the jitter of the initial backoff. The jitter does not grow with each attempt.
    for status in [429, 503] {
        let (waits, error) = waits(RetryPolicy::default(), Step::status(status).header("retry-after", "3")).await;
        assert_eq!(waits, [3250 * MS; 3]);
        assert_eq!(error.retry_after(), Some(3 * SECOND));
    }
    let policy = RetryPolicy::default().max_backoff(100 * MS).attempts(2);
    let (short_sleeps, _) = waits(policy, Step::status(429).header("retry-after", "3")).await;
    assert_eq!(short_sleeps, [3100 * MS]);
    // Zero or in the past.
    for now in ["0", "Wed, 21 Oct 2015 07:28:00 GMT"] {
        let (waits, _) = waits(RetryPolicy::default(), Step::status(429).header("retry-after", now)).await;
        assert_eq!(waits, [250 * MS; 3]);
    }
    // An invalid value is ignored.
    for invalid in ["soon", "", "-1", "1.5"] {
        let (waits, _) = waits(RetryPolicy::default(), Step::status(429).header("retry-after", invalid)).await;
        assert_eq!(waits, [250 * MS, 500 * MS, 1000 * MS], "{invalid}");
    }
}

#[tokio::test]
async fn retry_after_date_sets_the_wait() {
    let policy = RetryPolicy::default().attempts(2).max_retry_after(4000 * SECOND).retry_timeout(5000 * SECOND);
    let clock = ManualClock::new("2026-05-12T08:00:00Z".parse().unwrap());
    let date = "Tue, 12 May 2026 09:00:00 GMT";
    let server = ScriptedServer::start([Step::status(429).header("retry-after", date)]).await;
    let timer = TestTimer::auto_advancing().with_jitter(0.0);
    let builder = builder(&server.base_url()).retry(policy).timeout(6000 * SECOND);
    let directory = builder.clock(clock).timer(timer.clone()).build().unwrap();
    let error = count(&directory).await.unwrap_err();
    assert_eq!(timer.sleeps(), [3600 * SECOND]);
    assert_eq!(error.attempts(), Some(2));
}

#[tokio::test]
async fn retry_after_beyond_the_maximum_ends_the_retries() {
    for retry_after in ["16", "86400", "99999999999"] {
        let (waits, error) = waits(RetryPolicy::default(), Step::status(429).header("retry-after", retry_after)).await;
        assert_eq!(waits, [Duration::ZERO; 0]);
        assert!(error.is_rate_limited() && error.retry_after().is_some_and(|wait| wait > 15 * SECOND));
    }
    let policy = RetryPolicy::default().max_retry_after(2 * SECOND);
    let retry_after = |seconds| Step::status(429).header("retry-after", seconds);
    assert_eq!(waits(policy, retry_after("2")).await.0.len(), 3);
    assert_eq!(waits(policy, retry_after("3")).await.0.len(), 0);
}

#[tokio::test]
async fn no_attempt_starts_after_retry_timeout() {
    let policy = RetryPolicy::default().attempts(100).budget_percent(10_000);
    // 250 ms + 500 ms + 1 s + 2 s + 4 s + 8 s = 15.75 s. Another 10 s would exceed the timeout.
    let (default_sleeps, error) = waits(policy, Step::status(429)).await;
    assert_eq!(default_sleeps.len(), 6);
    assert_eq!((error.attempts(), error.elapsed()), (Some(7), Some(15_750 * MS)));
    let (three_second_sleeps, _) = waits(policy.retry_timeout(3 * SECOND), Step::status(429)).await;
    assert_eq!(three_second_sleeps, [250 * MS, 500 * MS, SECOND]);
    assert_eq!(waits(policy.retry_timeout(Duration::ZERO), Step::status(429)).await.0, [Duration::ZERO; 0]);
    // A sleep that would exceed the timeout is not started.
    let retry_after = Step::status(429).header("retry-after", "12");
    let (retry_after_sleeps, _) = waits(policy, retry_after).await;
    assert_eq!(retry_after_sleeps, [12_250 * MS]);
}

#[tokio::test]
async fn call_timeout_covers_backoff_and_attempts() {
    let server = ScriptedServer::start([Step::status(429)]).await;
    let timer = TestTimer::auto_advancing();
    let directory = builder(&server.base_url())
        .retry(RetryPolicy::default().attempts(100).retry_timeout(1000 * SECOND))
        .timeout(2 * SECOND)
        .timer(timer.clone())
        .build()
        .unwrap();
    let error = count(&directory).await.unwrap_err();
    assert_eq!(timer.sleeps(), [250 * MS, 500 * MS, SECOND]);
    assert!(error.is_rate_limited());

    // The second attempt gets the remaining 100 ms.
    let server = ScriptedServer::start([Step::status(429).header("retry-after", "9"), Step::Stall]).await;
    let timer = TestTimer::auto_advancing().with_jitter(0.0);
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
async fn retry_budget_limits_retries_during_an_outage() {
    let (server, directory, _) = retrying(RetryPolicy::default(), [Step::status(503)]).await;
    let mut attempts = Vec::new();
    for number in 0..20 {
        // Clones share the budget.
        let clone = directory.clone();
        let error = count(if number % 2 == 0 { &directory } else { &clone }).await.unwrap_err();
        attempts.push(error.attempts().unwrap_or(1));
    }
    // The budget starts with 10 retries and gains 0.2 per call.
    assert_eq!(attempts, [4, 4, 4, 2, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 1]);
    let before = server.requests().len();
    for _ in 0..100 {
        count(&directory).await.unwrap_err();
    }
    assert_eq!(server.requests().len() - before, 120);

    // Rejections with a status of 429, or of a lock, do not consume the budget.
    let policy = RetryPolicy::default().budget_percent(0);
    for rejection in [Step::status(429), locked()] {
        let (server, directory, _) = retrying(policy, [rejection]).await;
        for _ in 0..20 {
            assert_eq!(count(&directory).await.unwrap_err().attempts(), Some(4));
        }
        assert_eq!(server.requests().len(), 80);
    }
}

#[tokio::test]
async fn dropped_call_makes_no_further_attempt() {
    let server = ScriptedServer::start([Step::status(503), counted()]).await;
    let timer = TestTimer::manual();
    let directory = builder(&server.base_url()).timer(timer.clone()).build().unwrap();
    let call = tokio::spawn({
        let directory = directory.clone();
        async move { count(&directory).await }
    });
    timer.wait_for_sleeps(1).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    timer.advance(1000 * SECOND);
    // The directory still works, and the dropped call has sent no further request.
    assert!(count(&directory).await.is_ok());
    assert_eq!((server.requests().len(), timer.sleeps().len()), (2, 1));
}

#[test]
fn default_retry_policy_has_the_documented_values() {
    let policy = RetryPolicy::default();
    assert_eq!(
        policy,
        policy.attempts(4).retry_timeout(20 * SECOND).initial_backoff(250 * MS).max_backoff(10 * SECOND)
    );
    assert_eq!(policy, policy.max_retry_after(15 * SECOND).budget_percent(20));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

/// Each wait is between zero and a bound that doubles up to `max_backoff`.
    #[test]
    fn backoff_is_within_its_bound(first in 1..2_000_u32, longest in 1..5_000_u32, share in 0.0..=1.0_f64) {
        let (first, longest) = (first * MS, longest * MS);
        let policy = RetryPolicy::default()
            .attempts(7).initial_backoff(first).max_backoff(longest).retry_timeout(1_000 * SECOND);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let waits = runtime.block_on(async {
            let server = ScriptedServer::start([Step::status(429)]).await;
            let timer = TestTimer::auto_advancing().with_jitter(share);
            let directory = builder(&server.base_url())
                .retry(policy).timeout(2_000 * SECOND).timer(timer.clone()).build().unwrap();
            count(&directory).await.unwrap_err();
            timer.sleeps()
        });
        prop_assert_eq!(waits.len(), 6);
        for (number, wait) in waits.into_iter().enumerate() {
            let bound = (first.min(longest) * 2_u32.pow(u32::try_from(number).unwrap())).min(longest);
            let off = wait.abs_diff(bound.mul_f64(share));
            prop_assert!(wait <= bound && off < MS, "{:?} of {:?}", wait, bound);
        }
    }
}
