//! What `ClerkUserDirectory` tells `tracing`: the documented names, and ids only.

mod support;

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use support::{Clerk, call, fixture, user};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use user_directory::{Operation, Password, UserDirectory, UserFilter};
use wiremock::ResponseTemplate;

type Fields = BTreeMap<&'static str, String>;

/// Keeps the fields of the spans of this crate.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<Fields>>>);

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

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("user_directory")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let metadata = span.metadata();
        assert_eq!(
            (metadata.name(), metadata.target(), *metadata.level()),
            ("user_directory.request", "user_directory", Level::INFO)
        );
        let mut spans = self.0.lock().unwrap();
        let mut fields = Fields::new();
        span.record(&mut Fill(&mut fields));
        spans.push(fields);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut spans = self.0.lock().unwrap();
        let index = usize::try_from(span.into_u64()).unwrap() - 1;
        values.record(&mut Fill(&mut spans[index]));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        panic!("there are no events: {event:?}");
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn fields<const N: usize>(fields: [(&'static str, &str); N]) -> Fields {
    fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
}

/// The one span of what `run` does.
async fn span_of(answer: ResponseTemplate, run: impl AsyncFnOnce(&Clerk)) -> Fields {
    let clerk = Clerk::answering(answer).await;
    let spans = Spans::default();
    let guard = tracing::subscriber::set_default(spans.clone());
    run(&clerk).await;
    drop(guard);
    let mut spans = spans.0.lock().unwrap();
    assert_eq!(spans.len(), 1);
    spans.remove(0)
}

#[tokio::test]
async fn a_success_has_its_status_and_trace_id() {
    let answer = ResponseTemplate::new(200)
        .set_body_string(fixture("responses/get.json"))
        .insert_header("clerk-trace-id", "trace_1");
    let span = span_of(answer, async |clerk| drop(clerk.directory.get(&user()).await.unwrap())).await;
    let expected = fields([("operation", "get"), ("user_id", "user_1"), ("status", "200"), ("trace_id", "trace_1")]);
    assert_eq!(span, expected);
}

#[tokio::test]
async fn an_error_has_its_kind() {
    let answer = ResponseTemplate::new(404).set_body_string(fixture("errors/with_trace_id.json"));
    let span = span_of(answer, async |clerk| drop(clerk.directory.get(&user()).await.unwrap_err())).await;
    let expected = fields([
        ("operation", "get"),
        ("user_id", "user_1"),
        ("status", "404"),
        ("trace_id", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
        ("error_kind", "not found"),
    ]);
    assert_eq!(span, expected);

    let answer = ResponseTemplate::new(200).set_body_string("{}");
    let span = span_of(answer, async |clerk| drop(clerk.directory.get(&user()).await.unwrap_err())).await;
    assert_eq!(span["error_kind"], "unreadable answer");
}

#[tokio::test]
async fn a_wrong_password_is_not_an_error() {
    let answer = ResponseTemplate::new(422).set_body_string(fixture("errors/incorrect_password.json"));
    let span = span_of(answer, async |clerk| {
        let answer = clerk.directory.verify_password(&user(), &Password::new("guess")).await.unwrap();
        assert!(!answer.is_correct());
    })
    .await;
    assert_eq!(span, fields([("operation", "verify_password"), ("user_id", "user_1"), ("status", "422")]));
}

#[tokio::test]
async fn what_is_searched_for_is_not_told() {
    let answer = ResponseTemplate::new(200).set_body_string(fixture("responses/count.json"));
    let filter = UserFilter::new().email_address("ada@example.com").query("ada");
    let span = span_of(answer, async |clerk| {
        assert_eq!(clerk.directory.count(&filter).await.unwrap(), 1287);
    })
    .await;
    assert_eq!(span, fields([("operation", "count"), ("status", "200")]));
}

#[tokio::test]
async fn each_operation_has_a_span_with_its_name_and_user() {
    for &operation in Operation::ALL {
        let answer = ResponseTemplate::new(500);
        let span = span_of(answer, async |clerk| drop(call(operation, &clerk.directory).await.unwrap_err())).await;
        let mut expected =
            fields([("operation", operation.name()), ("status", "500"), ("error_kind", "service failed")]);
        if operation.path().contains("{user_id}") {
            expected.insert("user_id", "user_1".to_owned());
        }
        assert_eq!(span, expected);
    }
}
