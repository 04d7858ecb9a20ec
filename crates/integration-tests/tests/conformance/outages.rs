//! The conformance suite during outages of a service.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use clerk_emulator::{Emulator, HttpFault};
use integration_tests::conforms::print_passed;
use user_directory::clerk::RetryPolicy;
use user_directory::conformance::{Behavior, Fixture, Outage, Outcome, Resource, Suite, behaviors};
use user_directory::decorators::{CachePolicy, CachedUserDirectory, FaultyUserDirectory};
use user_directory::jiff::Timestamp;
use user_directory::{
    ClerkUserDirectory, InMemoryUserDirectory, Result, SecretKey, User, UserDirectory, UserId, async_trait,
};

type Service = FaultyUserDirectory<InMemoryUserDirectory>;

fn service() -> Service {
    FaultyUserDirectory::new(InMemoryUserDirectory::permissive())
}

/// Returns the names of the behaviors that need an outage.
fn outage_behaviors() -> Vec<&'static str> {
    let names = behaviors().map(Behavior::name);
    names.filter(|name| ["outage", "response", "request_fails"].iter().any(|word| name.contains(word))).collect()
}

#[tokio::test]
async fn faulty_directory_conforms_with_outages() {
    let service = service();
    let report = Suite::new(&service).fixture(&service).run().await;
    print_passed("FaultyUserDirectory with outages", &report);
    report.assert_conformant();
    assert_eq!(report.not_applicable().count(), 0, "{report}");
    assert!(service.faults().is_empty());
}

/// Seeds the wrapped directory, and invalidates the user in the cache, as a webhook would.
struct Invalidating(CachedUserDirectory<Service>);

#[async_trait]
impl Fixture for Invalidating {
    async fn seed(&self, user_id: &UserId, resource: Resource) -> Outcome {
        self.0.inner().seed(user_id, resource).await?;
        self.0.invalidate(user_id);
        Ok(())
    }

    async fn advance_clock(&self, by: Duration) -> Outcome {
        Fixture::advance_clock(self.0.inner(), by).await?;
        self.0.invalidate_all();
        Ok(())
    }

    async fn now(&self) -> Outcome<Timestamp> {
        Fixture::now(self.0.inner()).await
    }

    async fn set_outage(&self, outage: Option<Outage>) -> Outcome {
        self.0.inner().set_outage(outage).await
    }
}

#[tokio::test]
async fn cached_directory_conforms_with_outages() {
    let policy = CachePolicy::default().time_to_live(Duration::from_hours(24));
    let cached = CachedUserDirectory::new(service(), policy);
    let report = Suite::new(&cached).fixture(&Invalidating(cached.clone())).run().await;
    print_passed("CachedUserDirectory with outages", &report);
    report.assert_conformant();
    assert_eq!(report.not_applicable().count(), 0, "{report}");
}

/// A cache with a bug: only successful writes invalidate users.
#[derive(Debug)]
struct StaleCache {
    service: Service,
    users: Mutex<HashMap<UserId, User>>,
}

impl StaleCache {
    fn remove(&self, user_id: &UserId) {
        self.users.lock().unwrap().remove(user_id);
    }
}

#[async_trait]
impl UserDirectory for StaleCache {
    fn forward_to(&self) -> Option<&dyn UserDirectory> {
        Some(&self.service)
    }

    async fn get(&self, user_id: &UserId) -> Result<User> {
        let cached = self.users.lock().unwrap().get(user_id).cloned();
        if let Some(user) = cached {
            return Ok(user);
        }
        let user = self.service.get(user_id).await?;
        self.users.lock().unwrap().insert(user_id.clone(), user.clone());
        Ok(user)
    }

    async fn ban(&self, user_id: &UserId) -> Result<User> {
        let user = self.service.ban(user_id).await?;
        self.remove(user_id);
        Ok(user)
    }
}

#[tokio::test]
async fn cache_that_returns_a_banned_user_as_not_banned_after_an_outage_is_detected() {
    let run = async |name: &str| {
        let cache = StaleCache { service: service(), users: Mutex::default() };
        Suite::new(&cache).fixture(&cache.service).named(name).run().await
    };
    // Without an outage, the cache follows the contract.
    run("ban_is_visible_to_next_read").await.assert_conformant();
    for name in ["ban_is_visible_after_lost_response", "ban_is_visible_during_outage"] {
        let report = run(name).await;
        assert_eq!(report.failures().count(), 1, "{report}");
    }
    let report = run("ban_is_visible_after_lost_response").await;
    assert!(report.to_string().contains("`get`: expected that the user is banned, found User"), "{report}");
}

/// An emulator that fails on request.
struct Unreliable {
    emulator: Emulator,
    directory: InMemoryUserDirectory,
}

#[async_trait]
impl Fixture for Unreliable {
    async fn seed(&self, user_id: &UserId, resource: Resource) -> Outcome {
        self.directory.seed(user_id, resource).await
    }

    async fn set_outage(&self, outage: Option<Outage>) -> Outcome {
        let fault = HttpFault::status(503);
        match outage {
            Some(Outage::BeforeWork) => self.emulator.add_fault(fault),
            Some(Outage::AfterWork) => self.emulator.add_fault(fault.after_work()),
            None => self.emulator.clear_faults(),
        }
        Ok(())
    }
}

#[tokio::test]
async fn http_adapter_conforms_with_outages() {
    let directory = InMemoryUserDirectory::permissive();
    let emulator = Emulator::builder().store(&directory).start().await.unwrap();
    let key = SecretKey::new("sk_test_notarealkey").unwrap();
    let clerk = ClerkUserDirectory::builder(key).base_url(emulator.api_url()).retry(RetryPolicy::none());
    let fixture = Unreliable { emulator, directory };
    let clerk = clerk.build().unwrap();
    let names = outage_behaviors();
    assert_eq!(names.len(), 22);
    for name in names {
        Suite::new(&clerk).fixture(&fixture).named(name).run().await.assert_conformant();
    }
}
