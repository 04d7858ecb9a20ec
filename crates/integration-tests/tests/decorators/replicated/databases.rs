//! Replicas in SQLite and PostgreSQL. They need no encryption keys, because they store no secrets.

use integration_tests::postgres::Cluster;
use tempfile::TempDir;
use user_directory::store::{Document, UserStore};
use user_directory::{NewUser, Password, UserDirectory, UserFilter};
use user_directory_sql::{SqlStore, SqlUserDirectory};

use super::simulation::{Simulation, assert_converges};
use super::support::World;

/// The URL of an empty database. A file is deleted when it is dropped.
struct Database {
    url: String,
    _file: Option<TempDir>,
}

impl Database {
    /// Returns a SQLite file, and a PostgreSQL database if PostgreSQL is installed.
    fn all() -> Vec<Self> {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("replica.db").display());
        let sqlite = Self { url, _file: Some(folder) };
        let postgres = Cluster::shared().map(|cluster| Self { url: cluster.database(), _file: None });
        [Some(sqlite), postgres].into_iter().flatten().collect()
    }

    async fn open(&self) -> SqlStore {
        let directory = SqlUserDirectory::open(&self.url).await.unwrap();
        directory.migrate().await.unwrap();
        directory.store().clone()
    }
}

#[tokio::test]
async fn replica_in_a_database_equals_primary() {
    for database in Database::all() {
        for (seed, dropped) in [(20, 0), (21, 5)] {
            let store = database.open().await;
            store.clear().await.unwrap();
            let simulation = Simulation { seed, changes: 200, copies: 3, dropped, kills: 3 };
            assert_converges(simulation, store).await;
        }
    }
}

#[tokio::test]
async fn replica_in_a_database_survives_a_restart() {
    for database in Database::all() {
        let world = World::new();
        let ada = world.create("ada_lovelace").await;
        let replica = world.replica_in(database.open().await);
        replica.backfill().await.unwrap();
        let grace = replica.create(&NewUser::new().username("grace_hopper")).await.unwrap();
        replica.delete(&ada.id).await.unwrap();
        let late = {
            let mut event = world.event(&grace.id).await;
            event.kind = user_directory::webhooks::EventKind::Updated(Box::new(ada));
            event
        };

        let restarted = world.replica_in(database.open().await);
        assert!(restarted.is_ready().await.unwrap());
        restarted.apply(&late).await.unwrap();
        world.assert_replicated(&restarted).await;
        assert_eq!(restarted.count(&UserFilter::new()).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn two_replicas_with_separate_connections_share_a_database() {
    for database in Database::all() {
        let world = World::new();
        for number in 0..30 {
            world.create(&format!("user_number_{number}")).await;
        }
        let (first, second) = (world.replica_in(database.open().await), world.replica_in(database.open().await));
        let (one, two) = tokio::join!(first.backfill(), second.backfill());
        one.unwrap();
        two.unwrap();
        for user in world.users().await.iter().step_by(3) {
            world.tick();
            world.directory.ban(&user.id).await.unwrap();
            let banned = world.event(&user.id).await;
            world.directory.delete(&user.id).await.unwrap();
            let deleted = world.event(&user.id).await;
            let (one, two) = tokio::join!(first.apply(&banned), second.apply(&deleted));
            one.unwrap();
            two.unwrap();
        }
        world.assert_replicated(&first).await;
        world.assert_replicated(&second).await;
    }
}

#[tokio::test]
async fn documents_of_a_replica_contain_no_secrets() {
    for database in Database::all() {
        let world = World::new();
        let replica = world.replica_in(database.open().await);
        replica.backfill().await.unwrap();
        let new_user = NewUser::new().username("ada_lovelace").password(Password::new("correct horse battery"));
        let new_user = new_user.totp_secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").backup_codes(["spring-rain"]);
        let ada = replica.create(&new_user).await.unwrap();
        let account = &replica.store().load(&[ada.id]).await.unwrap()[0].account;
        let document = Document::of(account).unwrap();
        assert!(document.password.is_none() && document.secrets.is_none());
        assert!(!document.json.contains("spring-rain"));
    }
}
