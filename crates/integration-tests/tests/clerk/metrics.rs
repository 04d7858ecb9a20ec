//! Metrics of `ClerkUserDirectory` (feature `metrics`).

use std::collections::BTreeMap;
use std::time::Duration;

use integration_tests::scripted::{ScriptedServer, Step};
use integration_tests::timer::TestTimer;
use integration_tests::{builder, fixture, user};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use user_directory::clerk::RateLimits;
use user_directory::decorators::{CachePolicy, CachedUserDirectory};
use user_directory::{UserDirectory, UserDirectoryExt, UserFilter};

/// Returns the metrics recorded during `run`, by name and labels.
async fn recorded(run: impl Future<Output = ()>) -> BTreeMap<String, DebugValue> {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let guard = metrics::set_default_local_recorder(&recorder);
    run.await;
    drop(guard);
    let metrics = snapshotter.snapshot().into_vec().into_iter();
    metrics
        .map(|(key, _, _, value)| {
            let (name, labels) = key.key().clone().into_parts();
            let labels: Vec<_> = labels.iter().map(|label| format!("{}={}", label.key(), label.value())).collect();
            (format!("{} {}", name.as_str(), labels.join(",")), value)
        })
        .collect()
}

fn times(seconds: &[f64]) -> DebugValue {
    DebugValue::Histogram(seconds.iter().map(|seconds| (*seconds).into()).collect())
}

#[tokio::test]
async fn calls_and_retries_record_counters_and_durations() {
    let server = ScriptedServer::start([
        Step::status(503),
        Step::status(429),
        Step::json(200, fixture("responses/count.json")),
        Step::json(200, fixture("responses/count.json")),
        Step::json(404, fixture("errors/not_found.json")),
    ])
    .await;
    let directory = builder(&server.base_url()).timer(TestTimer::auto_advancing()).build().unwrap();
    let recorded = recorded(async {
        directory.count(&UserFilter::new()).await.unwrap();
        directory.count(&UserFilter::new()).await.unwrap();
        directory.get(&user()).await.unwrap_err();
    })
    .await;
    let expected = [
        ("user_directory_calls_total operation=count,outcome=ok", DebugValue::Counter(2)),
        ("user_directory_calls_total operation=get,outcome=not_found", DebugValue::Counter(1)),
        ("user_directory_call_duration_seconds operation=count,outcome=ok", times(&[0.75, 0.0])),
        ("user_directory_call_duration_seconds operation=get,outcome=not_found", times(&[0.0])),
        ("user_directory_retries_total operation=count,reason=unavailable", DebugValue::Counter(1)),
        ("user_directory_retries_total operation=count,reason=rate_limited", DebugValue::Counter(1)),
    ];
    assert_eq!(recorded, expected.map(|(key, value)| (key.to_owned(), value)).into());
}

#[tokio::test]
async fn rate_limiter_waits_are_recorded() {
    let server = ScriptedServer::start([Step::json(200, fixture("responses/count.json"))]).await;
    let limits = RateLimits::default().development(1).period(Duration::from_secs(2));
    let directory = builder(&server.base_url()).rate_limits(limits).timer(TestTimer::auto_advancing()).build().unwrap();
    let mut recorded = recorded(async {
        for _ in 0..3 {
            directory.count(&UserFilter::new()).await.unwrap();
        }
    })
    .await;
    let waits = recorded.remove("user_directory_limiter_wait_seconds operation=count");
    assert_eq!(waits, Some(times(&[2.0, 2.0])));
    let durations = recorded.remove("user_directory_call_duration_seconds operation=count,outcome=ok");
    assert_eq!(durations, Some(times(&[0.0, 2.0, 2.0])));
}

#[tokio::test]
async fn get_and_list_of_expired_entries_of_the_cache_are_counted() {
    let server = ScriptedServer::start([
        Step::json(200, format!("[{}]", fixture("responses/get.json"))),
        Step::status(503),
        Step::status(503),
    ])
    .await;
    let directory = integration_tests::directory(&server.base_url());
    let policy = CachePolicy::default().time_to_live(Duration::ZERO).stale_if_error(Duration::from_mins(10));
    let users = CachedUserDirectory::new(directory, policy);
    let recorded = recorded(async {
        let found = users.find_by_username("ada_lovelace").await.unwrap().unwrap();
        users.find_by_username("ada_lovelace").await.unwrap().unwrap();
        users.get(&found.id).await.unwrap();
    })
    .await;
    for operation in ["get", "list"] {
        let name = format!("user_directory_cache_stale_total operation={operation}");
        assert_eq!(recorded.get(&name), Some(&DebugValue::Counter(1)), "{recorded:?}");
    }
}
