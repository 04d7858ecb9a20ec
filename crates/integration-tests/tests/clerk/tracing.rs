//! `tracing` spans and events of `ClerkUserDirectory`: the documented names, with IDs as the only user data.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use integration_tests::scripted::{ScriptedServer, Step};
use integration_tests::timer::TestTimer;
use integration_tests::{Clerk, builder, call, fixture, user};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use user_directory::clerk::{RateLimits, RetryPolicy};
use user_directory::model::InvitationQuery;
use user_directory::webhooks::UserEvent;
use user_directory::wire::route::Route;
use user_directory::{ErrorKind, Operation, Password, UserDirectory, UserFilter, UserQuery};
use wiremock::ResponseTemplate;

type Fields = BTreeMap<&'static str, String>;

/// A subscriber that records the fields of this crate's spans and events.
#[derive(Clone, Default)]
struct RecordingSubscriber(Arc<Mutex<Recorded>>);

#[derive(Default)]
struct Recorded {
    spans: Vec<Fields>,
    events: Vec<(Level, Fields)>,
}

/// Collects fields into a map.
struct FieldVisitor<'a>(&'a mut Fields);

impl Visit for FieldVisitor<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        write!(text, "{value:?}").unwrap();
        self.0.insert(field.name(), text);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl Subscriber for RecordingSubscriber {
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
        span.record(&mut FieldVisitor(&mut fields));
        spans.push(fields);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let spans = &mut self.0.lock().unwrap().spans;
        let index = usize::try_from(span.into_u64()).unwrap() - 1;
        values.record(&mut FieldVisitor(&mut spans[index]));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut FieldVisitor(&mut fields));
        assert_eq!(event.metadata().target(), "user_directory");
        self.0.lock().unwrap().events.push((*event.metadata().level(), fields));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn fields<const N: usize>(fields: [(&'static str, &str); N]) -> Fields {
    fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
}

/// Returns the span fields of a call with one attempt, plus `more`.
fn sent_once<const N: usize>(more: [(&'static str, &str); N]) -> Fields {
    fields([("attempts", "1"), ("elapsed_ms", "0")]).into_iter().chain(fields(more)).collect()
}

/// Returns the spans and events recorded during `run`.
async fn record(run: impl Future<Output = ()>) -> Recorded {
    let subscriber = RecordingSubscriber::default();
    let guard = tracing::subscriber::set_default(subscriber.clone());
    run.await;
    drop(guard);
    let mut recorded = subscriber.0.lock().unwrap();
    std::mem::take(&mut *recorded)
}

/// Returns the only span of `run`. Asserts that there are no events.
async fn span_of(response: ResponseTemplate, run: impl AsyncFnOnce(&Clerk)) -> Fields {
    let mut clerk = Clerk::responding_with(response).await;
    let builder = builder(&clerk.base_url("/v1")).retry(RetryPolicy::none());
    clerk.directory = builder.timer(TestTimer::auto_advancing()).build().unwrap();
    let mut recorded = record(run(&clerk)).await;
    assert_eq!((recorded.spans.len(), recorded.events), (1, vec![]));
    recorded.spans.remove(0)
}

#[tokio::test]
async fn span_of_a_success_has_status_and_trace_id() {
    let response = ResponseTemplate::new(200)
        .set_body_string(fixture("responses/get.json"))
        .insert_header("clerk-trace-id", "trace_1");
    let span = span_of(response, async |clerk| drop(clerk.directory.get(&user()).await.unwrap())).await;
    let expected = sent_once([("operation", "get"), ("user_id", "user_1"), ("status", "200"), ("trace_id", "trace_1")]);
    assert_eq!(span, expected);
}

#[tokio::test]
async fn span_of_an_error_has_its_kind() {
    let response = ResponseTemplate::new(404).set_body_string(fixture("errors/with_trace_id.json"));
    let span = span_of(response, async |clerk| drop(clerk.directory.get(&user()).await.unwrap_err())).await;
    let expected = sent_once([
        ("operation", "get"),
        ("user_id", "user_1"),
        ("status", "404"),
        ("trace_id", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
        ("error_kind", "not_found"),
    ]);
    assert_eq!(span, expected);

    let response = ResponseTemplate::new(200).set_body_string("{}");
    let span = span_of(response, async |clerk| drop(clerk.directory.get(&user()).await.unwrap_err())).await;
    assert_eq!(span["error_kind"], "decode");
}

#[tokio::test]
async fn verify_password_with_a_wrong_password_is_not_an_error_in_the_span() {
    let response = ResponseTemplate::new(422).set_body_string(fixture("errors/incorrect_password.json"));
    let span = span_of(response, async |clerk| {
        let verification = clerk.directory.verify_password(&user(), &Password::new("guess")).await.unwrap();
        assert!(!verification.is_correct());
    })
    .await;
    assert_eq!(span, sent_once([("operation", "verify_password"), ("user_id", "user_1"), ("status", "422")]));
}

#[tokio::test]
async fn count_does_not_log_filter_values() {
    let response = ResponseTemplate::new(200).set_body_string(fixture("responses/count.json"));
    let filter = UserFilter::new().email_address("ada@example.com").query("ada");
    let span = span_of(response, async |clerk| {
        assert_eq!(clerk.directory.count(&filter).await.unwrap(), 1287);
    })
    .await;
    assert_eq!(span, sent_once([("operation", "count"), ("status", "200")]));
}

#[tokio::test]
async fn each_operation_has_a_span_with_its_name_and_user() {
    for &operation in Operation::ALL {
        let response = ResponseTemplate::new(500);
        let span = span_of(response, async |clerk| drop(call(operation, &clerk.directory).await.unwrap_err())).await;
        let mut expected = sent_once([("operation", operation.as_str()), ("status", "500"), ("error_kind", "server")]);
        if Route::of(operation).path.contains("{user_id}") {
            expected.insert("user_id", "user_1".to_owned());
        }
        assert_eq!(span, expected);
    }
}

#[tokio::test]
async fn each_retry_emits_an_event_with_reason_and_wait() {
    let server = ScriptedServer::start([
        Step::status(429).header("retry-after", "3").header("clerk-trace-id", "trace_1"),
        Step::Close,
        Step::json(200, fixture("responses/count.json")).header("clerk-trace-id", "trace_2"),
    ])
    .await;
    let directory = builder(&server.base_url()).timer(TestTimer::auto_advancing()).build().unwrap();
    let recorded = record(async { assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 1287) }).await;
    assert_eq!(
        recorded.spans,
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
    assert_eq!(recorded.events, [retry(first), retry(second)]);
}

#[tokio::test]
async fn span_has_the_reason_for_giving_up() {
    let retry_after = |seconds| Step::status(429).header("retry-after", seconds);
    let default = RetryPolicy::default();
    for (policy, step, why) in [
        (default.attempts(2), Step::status(503), Some("attempts")),
        (default.retry_timeout(Duration::ZERO), Step::status(503), Some("time")),
        (default, retry_after("3600"), Some("retry_after")),
        (default.budget_percent(0).attempts(100), Step::status(503).header("retry-after", "0"), Some("budget")),
        (default, Step::status(500), None),
    ] {
        let server = ScriptedServer::start([step]).await;
        let directory = builder(&server.base_url()).retry(policy).timer(TestTimer::auto_advancing()).build().unwrap();
        let recorded = record(async { drop(directory.count(&UserFilter::new()).await.unwrap_err()) }).await;
        assert_eq!(recorded.spans[0].get("gave_up").map(String::as_str), why);
    }
}

#[tokio::test]
async fn rate_limit_wait_of_at_least_100_ms_emits_an_event() {
    let server = ScriptedServer::start([Step::json(200, fixture("responses/count.json"))]).await;
    for (per, events) in [(990, 0), (1000, 1)] {
        let limits = RateLimits::default().development(10).period(Duration::from_millis(per));
        let timer = TestTimer::auto_advancing();
        let directory = builder(&server.base_url()).rate_limits(limits).timer(timer.clone()).build().unwrap();
        let recorded = record(async {
            for _ in 0..11 {
                directory.count(&UserFilter::new()).await.unwrap();
            }
        })
        .await;
        assert_eq!(timer.sleeps().len(), 1);
        let waited = fields([("message", "waited for the rate limits"), ("operation", "count"), ("wait_ms", "100")]);
        assert_eq!(recorded.events, vec![(Level::INFO, waited); events]);
    }

    let limits = RateLimits::default().development(1).period(Duration::from_mins(1));
    let directory = builder(&server.base_url()).rate_limits(limits).timer(TestTimer::auto_advancing()).build().unwrap();
    directory.count(&UserFilter::new()).await.unwrap();
    let recorded = record(async {
        let error = directory.count(&UserFilter::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
    })
    .await;
    let rejected = [("operation", "count"), ("error_kind", "rate_limited"), ("gave_up", "limits")];
    let expected: Fields =
        fields(rejected).into_iter().chain(fields([("attempts", "0"), ("elapsed_ms", "0")])).collect();
    assert_eq!(recorded.spans, [expected]);
}

#[tokio::test]
async fn skipped_elements_of_a_list_emit_one_event_without_their_values() {
    let page =
        r#"{"data":[{"id":"orginv_1"},{"email_address":"ada@example.com"},{"id":null},"secret"],"total_count":4}"#;
    let clerk = Clerk::with_json(200, page).await;
    let recorded = record(async {
        let page = clerk.directory.get_organization_invitations(&user(), &InvitationQuery::new()).await.unwrap();
        assert_eq!((page.data.len(), page.total_count), (1, 4));
    })
    .await;
    let skipped = fields([
        ("message", "skipped invalid elements of a list"),
        ("skipped", "3"),
        ("first_reason", "missing field `id`"),
    ]);
    assert_eq!(recorded.events, [(Level::WARN, skipped)]);
}

#[tokio::test]
async fn invalid_values_of_one_response_emit_a_limited_number_of_events() {
    let user = r#"{"id":"user_1","first_name":[],"banned":"maybe"}"#;
    for (users, events, omitted) in [(5, 10, None), (6, 11, Some("2")), (500, 11, Some("990"))] {
        let clerk = Clerk::with_json(200, format!("[{}]", vec![user; users].join(","))).await;
        let recorded = record(async {
            let query = UserQuery::new().limit(500);
            assert_eq!(clerk.directory.list(&query).await.unwrap().len(), users);
        })
        .await;
        assert_eq!(recorded.events.len(), events);
        let last = &recorded.events[events - 1].1;
        assert_eq!(last.get("omitted").map(String::as_str), omitted);
    }
}

#[tokio::test]
async fn invalid_values_of_one_webhook_emit_a_limited_number_of_events() {
    for (values, events, omitted) in [(10, 10, None), (11, 11, Some("1")), (500, 11, Some("490"))] {
        let emails = vec![r#"{"id":"idn_1","email_address":"a@b.example","reserved":"maybe"}"#; values].join(",");
        let body = format!(r#"{{"type":"user.created","data":{{"id":"user_1","email_addresses":[{emails}]}}}}"#);
        let recorded = record(async {
            let event = UserEvent::from_json("msg_1".parse().unwrap(), body.as_bytes()).unwrap();
            assert_eq!(event.user().unwrap().email_addresses.len(), values);
        })
        .await;
        assert_eq!(recorded.events.len(), events);
        let last = &recorded.events[events - 1].1;
        assert_eq!(last.get("omitted").map(String::as_str), omitted);
    }
}

#[tokio::test]
async fn meta_of_an_error_over_64_kib_is_ignored_with_an_event() {
    let meta = format!(r#"{{"session_id":"{}"}}"#, "x".repeat(64 * 1024));
    let verification = format!(r#"{{"status":"failed","error":{{"code":"expired","meta":{meta}}}}}"#);
    let email = format!(r#"{{"id":"idn_1","email_address":"a@b.example","verification":{verification}}}"#);
    let clerk = Clerk::with_json(200, format!(r#"{{"id":"user_1","email_addresses":[{email}]}}"#)).await;
    let recorded = record(async {
        let user = clerk.directory.get(&user()).await.unwrap();
        let verification = user.email_addresses[0].verification.as_ref().unwrap();
        let error = verification.error.as_ref().unwrap();
        assert_eq!((error.code(), error.meta::<String>("session_id")), ("expired", None));
    })
    .await;
    let ignored = fields([
        ("message", "ignored an invalid value"),
        ("expected", "an object of at most 64 KiB"),
        ("found", "a larger object"),
    ]);
    assert_eq!(recorded.events, [(Level::WARN, ignored)]);
}
