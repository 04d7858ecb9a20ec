//! The conformance suite.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use integration_tests::conforms::assert_conforms;
use user_directory::conformance::{Fixture, Outcome, Resource};
use user_directory::decorators::ReplicatedUserDirectory;
use user_directory::in_memory::InMemoryStore;
use user_directory::jiff::Timestamp;
use user_directory::webhooks::UserEvent;
use user_directory::{InMemoryUserDirectory, UserDirectory, UserId, async_trait};

/// Seeds the primary, and applies the event of the change.
struct Applying {
    primary: InMemoryUserDirectory,
    users: ReplicatedUserDirectory<InMemoryUserDirectory, InMemoryStore>,
    events: AtomicUsize,
}

#[async_trait]
impl Fixture for Applying {
    async fn seed(&self, user_id: &UserId, resource: Resource) -> Outcome {
        self.primary.seed(user_id, resource).await?;
        let user = self.primary.get(user_id).await?;
        let event_id = format!("msg_{}", self.events.fetch_add(1, SeqCst)).parse().unwrap();
        self.users.apply(&UserEvent::updated(event_id, user)).await?;
        Ok(())
    }

    async fn advance_clock(&self, by: Duration) -> Outcome {
        Fixture::advance_clock(&self.primary, by).await
    }

    async fn now(&self) -> Outcome<Timestamp> {
        Fixture::now(&self.primary).await
    }
}

#[tokio::test]
async fn replicated_directory_conforms() {
    let primary = InMemoryUserDirectory::permissive();
    let users = ReplicatedUserDirectory::builder(primary.clone(), InMemoryStore::new()).clock(primary.clone()).build();
    users.backfill().await.unwrap();
    let fixture = Applying { primary, users: users.clone(), events: AtomicUsize::new(0) };
    assert_conforms("ReplicatedUserDirectory", &users, &fixture).await;
    assert_eq!(users.status().await.unwrap().stale_users, 0);
}

#[tokio::test]
async fn replicated_directory_conforms_before_its_backfill() {
    let primary = InMemoryUserDirectory::permissive();
    let users = ReplicatedUserDirectory::builder(primary.clone(), InMemoryStore::new()).clock(primary.clone()).build();
    let fixture = Applying { primary, users: users.clone(), events: AtomicUsize::new(0) };
    assert_conforms("ReplicatedUserDirectory before its backfill", &users, &fixture).await;
    assert!(!users.is_ready().await.unwrap());
}
