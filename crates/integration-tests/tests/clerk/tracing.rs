//! What `ClerkUserDirectory` tells `tracing`: the documented names, and ids only.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use integration_tests::scripted::{Scripted, Step};
use integration_tests::timer::TestTimer;
use integration_tests::{Clerk, builder, call, fixture, user};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use user_directory::clerk::{RateLimits, RetryPolicy};
use user_directory::wire::route::Route;
use user_directory::{ErrorKind, Operation, Password, UserDirectory, UserFilter};
use wiremock::ResponseTemplate;

type Fields = BTreeMap<&'static str, String>;

/// Keeps the fields of the spans and events of this crate.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Lists>>);

#[derive(Default)]
struct Lists {
    spans: Vec<Fields>,
    events: Vec<(Level, Fields)>,
}

/// Writes what is recorded into a map.
struct Fill<'a>(&'a mut Fields);

impl Visit for Fill<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        write!(text, "{value:?}").unwrap();
        self.0.insert(field.name(), text);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl Subscriber for Told {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("user_directory")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let metadata = span.metadata();
        assert_eq!(
            (metadata.name(), metadata.target(), *metadata.level()),
            ("user_directory.request", "user_directory", Level::INFO)
        );
        let spans = &mut self.0.lock().unwrap().spans;
        let mut fields = Fields::new();
        span.record(&mut Fill(&mut fields));
        spans.push(fields);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let spans = &mut self.0.lock().unwrap().spans;
        let index = usize::try_from(span.into_u64()).unwrap() - 1;
        values.record(&mut Fill(&mut spans[index]));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut Fill(&mut fields));
        assert_eq!(event.metadata().target(), "user_directory");
        self.0.lock().unwrap().events.push((*event.metadata().level(), fields));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn fields<const N: usize>(fields: [(&'static str, &str); N]) -> Fields {
    fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
}

/// What every call has that is answered at once.
fn sent_once<const N: usize>(more: [(&'static str, &str); N]) -> Fields {
    fields([("attempts", "1"), ("elapsed_ms", "0")]).into_iter().chain(fields(more)).collect()
}

/// What is told while `run` runs.
async fn told(run: impl Future<Output = ()>) -> Lists {
    let told = Told::default();
    let guard = tracing::subscriber::set_default(told.clone());
    run.await;
    drop(guard);
    let mut lists = told.0.lock().unwrap();
    std::mem::take(&mut *lists)
}

/// The one span of what `run` does. There are no events.
async fn span_of(answer: ResponseTemplate, run: impl AsyncFnOnce(&Clerk)) -> Fields {
    let mut clerk = Clerk::answering(answer).await;
    let builder = builder(&clerk.base_url("/v1")).retry(RetryPolicy::none());
    clerk.directory = builder.timer(TestTimer::hasty()).build().unwrap();
    let mut told = told(run(&clerk)).await;
    assert_eq!((told.spans.len(), told.events), (1, vec![]));
    told.spans.remove(0)
}

#[tokio::test]
async fn a_success_has_its_status_and_trace_id() {
    let answer = ResponseTemplate::new(200)
        .set_body_string(fixture("responses/get.json"))
        .insert_header("clerk-trace-id", "trace_1");
    let span = span_of(answer, async |clerk| drop(clerk.directory.get(&user()).await.unwrap())).await;
    let expected = sent_once([("operation", "get"), ("user_id", "user_1"), ("status", "200"), ("trace_id", "trace_1")]);
    assert_eq!(span, expected);
}

#[tokio::test]
async fn an_error_has_its_kind() {
    let answer = ResponseTemplate::new(404).set_body_string(fixture("errors/with_trace_id.json"));
    let span = span_of(answer, async |clerk| drop(clerk.directory.get(&user()).await.unwrap_err())).await;
    let expected = sent_once([
        ("operation", "get"),
        ("user_id", "user_1"),
        ("status", "404"),
        ("trace_id", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
        ("error_kind", "not_found"),
    ]);
    assert_eq!(span, expected);

    let answer = ResponseTemplate::new(200).set_body_string("{}");
    let span = span_of(answer, async |clerk| drop(clerk.directory.get(&user()).await.unwrap_err())).await;
    assert_eq!(span["error_kind"], "decode");
}

#[tokio::test]
async fn a_wrong_password_is_not_an_error() {
    let answer = ResponseTemplate::new(422).set_body_string(fixture("errors/incorrect_password.json"));
    let span = span_of(answer, async |clerk| {
        let answer = clerk.directory.verify_password(&user(), &Password::new("guess")).await.unwrap();
        assert!(!answer.is_correct());
    })
    .await;
    assert_eq!(span, sent_once([("operation", "verify_password"), ("user_id", "user_1"), ("status", "422")]));
}

#[tokio::test]
async fn what_is_searched_for_is_not_told() {
    let answer = ResponseTemplate::new(200).set_body_string(fixture("responses/count.json"));
    let filter = UserFilter::new().email_address("ada@example.com").query("ada");
    let span = span_of(answer, async |clerk| {
        assert_eq!(clerk.directory.count(&filter).await.unwrap(), 1287);
    })
    .await;
    assert_eq!(span, sent_once([("operation", "count"), ("status", "200")]));
}

#[tokio::test]
async fn each_operation_has_a_span_with_its_name_and_user() {
    for &operation in Operation::ALL {
        let answer = ResponseTemplate::new(500);
        let span = span_of(answer, async |clerk| drop(call(operation, &clerk.directory).await.unwrap_err())).await;
        let mut expected = sent_once([("operation", operation.as_str()), ("status", "500"), ("error_kind", "server")]);
        if Route::of(operation).path.contains("{user_id}") {
            expected.insert("user_id", "user_1".to_owned());
        }
        assert_eq!(span, expected);
    }
}

#[tokio::test]
async fn each_retry_is_an_event_with_its_reason_and_wait() {
    let server = Scripted::start([
        Step::status(429).header("retry-after", "3").header("clerk-trace-id", "trace_1"),
        Step::Cut,
        Step::json(200, fixture("responses/count.json")).header("clerk-trace-id", "trace_2"),
    ])
    .await;
    let directory = builder(&server.base_url()).timer(TestTimer::hasty()).build().unwrap();
    let told = told(async { assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 1287) }).await;
    assert_eq!(
        told.spans,
        [fields([
            ("operation", "count"),
            ("attempts", "3"),
            ("status", "200"),
            ("trace_id", "trace_2"),
            ("elapsed_ms", "3750"),
        ])]
    );
    let retry = |more: Fields| {
        let fields = fields([("message", "retrying"), ("operation", "count")]);
        (Level::WARN, fields.into_iter().chain(more).collect::<Fields>())
    };
    let first = fields([
        ("attempt", "1"),
        ("reason", "rate_limited"),
        ("status", "429"),
        ("trace_id", "trace_1"),
        ("wait_ms", "3250"),
    ]);
    let second = fields([("attempt", "2"), ("reason", "transport"), ("wait_ms", "500")]);
    assert_eq!(told.events, [retry(first), retry(second)]);
}

#[tokio::test]
async fn why_there_was_no_other_attempt_is_in_the_span() {
    let retry_after = |seconds| Step::status(429).header("retry-after", seconds);
    let default = RetryPolicy::default();
    for (policy, step, why) in [
        (default.attempts(2), Step::status(503), Some("attempts")),
        (default.retry_timeout(Duration::ZERO), Step::status(503), Some("time")),
        (default, retry_after("3600"), Some("retry_after")),
        (default.budget_percent(0).attempts(100), Step::status(503).header("retry-after", "0"), Some("budget")),
        (default, Step::status(500), None),
    ] {
        let server = Scripted::start([step]).await;
        let directory = builder(&server.base_url()).retry(policy).timer(TestTimer::hasty()).build().unwrap();
        let told = told(async { drop(directory.count(&UserFilter::new()).await.unwrap_err()) }).await;
        assert_eq!(told.spans[0].get("gave_up").map(String::as_str), why);
    }
}

#[tokio::test]
async fn a_wait_for_the_limits_is_an_event_if_it_is_a_long_one() {
    let server = Scripted::start([Step::json(200, fixture("responses/count.json"))]).await;
    for (per, events) in [(990, 0), (1000, 1)] {
        let limits = RateLimits::default().development(10).period(Duration::from_millis(per));
        let timer = TestTimer::hasty();
        let directory = builder(&server.base_url()).rate_limits(limits).timer(timer.clone()).build().unwrap();
        let told = told(async {
            for _ in 0..11 {
                directory.count(&UserFilter::new()).await.unwrap();
            }
        })
        .await;
        assert_eq!(timer.waits().len(), 1);
        let waited = fields([("message", "waited for the rate limits"), ("operation", "count"), ("wait_ms", "100")]);
        assert_eq!(told.events, vec![(Level::INFO, waited); events]);
    }

    let limits = RateLimits::default().development(1).period(Duration::from_secs(60));
    let directory = builder(&server.base_url()).rate_limits(limits).timer(TestTimer::hasty()).build().unwrap();
    directory.count(&UserFilter::new()).await.unwrap();
    let told = told(async {
        let error = directory.count(&UserFilter::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
    })
    .await;
    let refused = [("operation", "count"), ("error_kind", "rate_limited"), ("gave_up", "limits")];
    let expected: Fields =
        fields(refused).into_iter().chain(fields([("attempts", "0"), ("elapsed_ms", "0")])).collect();
    assert_eq!(told.spans, [expected]);
}
