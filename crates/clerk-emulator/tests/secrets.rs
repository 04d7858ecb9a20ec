//! The emulator's log contains neither secrets nor personal data, and its request log contains no secrets.
//!
//! This test has its own process, because `tracing` caches the interest of subscribers across threads.

#[path = "emulator/support.rs"]
#[allow(dead_code, reason = "shared with the other tests of the emulator")]
mod support;

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use support::{Clerk, KEY};

/// A subscriber that records all events and spans of the crates.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<String>>);

struct Append<'a>(&'a mut String);

impl Visit for Append<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        ["user_directory", "clerk_emulator"].iter().any(|target| metadata.target().starts_with(target))
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Append(&mut self.0.lock().unwrap()));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Append(&mut self.0.lock().unwrap()));
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Append(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

const WEBHOOK_SECRET: &str = "whsec_c2lnbmluZyBzZWNyZXQgaW4gdGVzdHM=";

/// Starts an emulator, which sends webhooks to an endpoint that cannot be reached.
#[cfg(feature = "webhooks")]
async fn start() -> Clerk {
    use user_directory::InMemoryUserDirectory;
    use user_directory::store_directory::InstanceSettings;
    use user_directory::webhooks::WebhookSecret;

    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{unused}/webhooks?token=in-the-query");
    let endpoint = clerk_emulator::Endpoint::new(&url, WebhookSecret::new(WEBHOOK_SECRET).unwrap()).unwrap();
    let directory = InMemoryUserDirectory::builder().settings(InstanceSettings::permissive()).emit_events().build();
    Clerk::with(|builder| builder.store(&directory).webhook(endpoint)).await
}

#[cfg(not(feature = "webhooks"))]
async fn start() -> Clerk {
    Clerk::start().await
}

#[test]
fn log_and_request_log_contain_no_secrets() {
    let recorder = Recorder::default();
    let requests = tracing::subscriber::with_default(recorder.clone(), || {
        // A current-thread runtime, because the subscriber is thread-local.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let clerk = start().await;
            let body = r#"{"email_address":["ada@example.com"],"password":"correct horse","totp_secret":"JBSWY3DPEHPK3PXP",
                "backup_codes":["one-time-code"],"private_metadata":{"ssn":"078-05-1120"}}"#;
            let response = clerk.post("/v1/users", body).await;
            assert_eq!(response.status, 200);
            let path = format!("/v1/users/{}", response.json()["id"].as_str().unwrap());
            clerk.post(&format!("{path}/verify_password"), r#"{"password":"correct horse"}"#).await;
            clerk.post(&format!("{path}/verify_totp"), r#"{"code":"one-time-code"}"#).await;
            clerk.get("/v1/users?email_address=ada@example.com").await;
            clerk.call("GET", "/v1/users").header("authorization", "Bearer sk_live_stolen").send().await;
            #[cfg(feature = "webhooks")]
            tokio::time::timeout(std::time::Duration::from_mins(1), async {
                while clerk.get("/__emulator/webhooks/deliveries").await.json()["data"][0]["attempts"][0].is_null() {
                    tokio::task::yield_now().await;
                }
            })
            .await
            .unwrap();
            clerk.get("/__emulator/requests").await.text
        })
    });
    let log = recorder.0.lock().unwrap().clone();
    assert!(log.contains("/v1/users") && log.contains("status=200"), "{log}");
    #[cfg(feature = "webhooks")]
    assert!(log.contains("webhook failed") && log.contains("user.created"), "{log}");
    for secret in [
        KEY,
        WEBHOOK_SECRET,
        "in-the-query",
        "sk_live_stolen",
        "correct horse",
        "JBSWY3DPEHPK3PXP",
        "one-time-code",
        "078-05-1120",
    ] {
        assert!(!log.contains(secret), "{secret} is in the log");
        assert!(!requests.contains(secret), "{secret} is in the request log");
    }
    assert!(!log.contains("ada@example.com"), "{log}");
}
