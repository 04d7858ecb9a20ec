//! Records of the SQL store, compared with those of the in-memory store.

use std::sync::Arc;

use user_directory::in_memory::InMemoryStore;
use user_directory::jiff::Timestamp;
use user_directory::store::{Account, Commit, CommitError, Record, RecordStore, UserStore as _};
use user_directory::{User, UserId};

use crate::support::Database;

/// Returns an empty store of each kind, and the databases that must outlive the stores.
async fn stores() -> (Vec<Database>, Vec<Arc<dyn RecordStore>>) {
    let databases = Database::all();
    let mut stores: Vec<Arc<dyn RecordStore>> = vec![Arc::new(InMemoryStore::new())];
    for database in &databases {
        stores.push(Arc::new(database.open().await.store().clone()));
    }
    (databases, stores)
}

fn account(id: &str) -> Account {
    Account::new(User::new(UserId::new(id).unwrap()), Timestamp::UNIX_EPOCH)
}

fn put(key: &str, value: &str) -> Commit {
    Commit::new().put_record(Record::new("a", key, value))
}

/// Returns the keys and values of a collection.
async fn list(store: &dyn RecordStore, collection: &str, after: u64, limit: usize) -> Vec<(u64, String, String)> {
    let records = store.records_after(collection, after, limit).await.unwrap();
    records.into_iter().map(|stored| (stored.position, stored.record.key, stored.record.value)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_ordered_by_their_first_insertion() {
    let (_databases, stores) = stores().await;
    for store in stores {
        for (key, value) in [("z", "1"), ("b", "2"), ("m", "3"), ("b", "4")] {
            store.commit(put(key, value)).await.unwrap();
        }
        store.commit(Commit::new().put_record(Record::new("other", "b", "5"))).await.unwrap();
        let all = list(&*store, "a", 0, 10).await;
        let values: Vec<_> = all.iter().map(|(_, key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(values, [("z", "1"), ("b", "4"), ("m", "3")], "{store:?}");
        assert!(all.iter().all(|(position, ..)| *position > 0) && all.is_sorted(), "{store:?}: {all:?}");
        assert_eq!(list(&*store, "a", all[0].0, 1).await, all[1..2], "{store:?}");
        assert_eq!(list(&*store, "a", all[2].0, 10).await, [], "{store:?}");
        assert_eq!(list(&*store, "a", u64::MAX, usize::MAX).await, [], "{store:?}");
        assert_eq!(list(&*store, "missing", 0, 10).await, [], "{store:?}");

        // A removed record that is inserted again is the last one.
        store.commit(Commit::new().remove_record("a", "z").remove_record("a", "unknown")).await.unwrap();
        store.commit(put("z", "6")).await.unwrap();
        let keys: Vec<_> = list(&*store, "a", 0, 10).await.into_iter().map(|(_, key, _)| key).collect();
        assert_eq!(keys, ["b", "m", "z"], "{store:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_found_by_key() {
    let (_databases, stores) = stores().await;
    for store in stores {
        let value = "\"quoted\" \\ 日本語 ' \u{1F600}";
        store.commit(put("k", value).put_record(Record::new("a", "K", "upper case"))).await.unwrap();
        let found = store.records("a", &["k", "unknown", "k"]).await.unwrap();
        assert_eq!(found, [Record::new("a", "k", value)], "{store:?}");
        assert_eq!(store.records("b", &["k"]).await.unwrap(), [], "{store:?}");
        assert_eq!(store.records("a", &[]).await.unwrap(), [], "{store:?}");
        let many: Vec<String> = (0..2_500).map(|n| n.to_string()).collect();
        let commit = many.iter().fold(Commit::new(), |commit, n| commit.put_record(Record::new("many", n, n)));
        store.commit(commit).await.unwrap();
        let keys: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(store.records("many", &keys).await.unwrap().len(), 2_500, "{store:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commit_changes_accounts_and_records_together_or_not_at_all() {
    let (_databases, stores) = stores().await;
    for store in stores {
        let inserted = Commit::new().insert_record(Record::new("a", "1", "kept")).insert(account("user_1"));
        store.commit(inserted).await.unwrap();
        let before = store.load(&["user_1".parse().unwrap()]).await.unwrap().pop().unwrap();

        // The id is taken.
        let rejected = put("1", "changed").put_record(Record::new("a", "2", "new")).insert(account("user_1"));
        assert!(matches!(store.commit(rejected).await, Err(CommitError::Taken)), "{store:?}");
        // The key is taken.
        let rejected = Commit::new().insert_record(Record::new("a", "1", "changed")).insert(account("user_2"));
        assert!(matches!(store.commit(rejected).await, Err(CommitError::Taken)), "{store:?}");
        let mut rejected = Commit::new().remove_record("a", "1").insert(account("user_2"));
        rejected.max_accounts = Some(1);
        assert!(matches!(store.commit(rejected).await, Err(CommitError::Full)), "{store:?}");
        store.commit(Commit::new().update(Arc::clone(&before), account("user_1"))).await.unwrap();
        let rejected = Commit::new().remove_record("a", "1").delete(before);
        assert!(matches!(store.commit(rejected).await, Err(CommitError::Stale)), "{store:?}");

        let records = store.records("a", &["1", "2"]).await.unwrap();
        assert_eq!(records, [Record::new("a", "1", "kept")], "{store:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clear_deletes_records() {
    let (_databases, stores) = stores().await;
    for store in stores {
        store.commit(put("1", "").insert(account("user_1"))).await.unwrap();
        let [(position, ..)] = &list(&*store, "a", 0, 10).await[..] else { panic!("{store:?}") };
        store.clear().await.unwrap();
        assert_eq!(list(&*store, "a", 0, 10).await, [], "{store:?}");
        // Positions are not used again, so a reader that continues after the last one misses nothing.
        store.commit(put("1", "")).await.unwrap();
        assert_eq!(list(&*store, "a", *position, 10).await.len(), 1, "{store:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_commits_that_change_the_same_records_in_different_order_succeed() {
    let (_databases, stores) = stores().await;
    for store in stores {
        let writers = (0..8).map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for n in 0..10 {
                    let mut keys = ["x", "y", "z"];
                    keys.rotate_left(writer % 3);
                    let commit = || {
                        let value = format!("{writer}-{n}");
                        keys.iter()
                            .fold(Commit::new(), |commit, key| commit.put_record(Record::new("a", *key, value.clone())))
                    };
                    // A conflict is allowed, but no other failure.
                    while let Err(error) = store.commit(commit()).await {
                        assert!(matches!(error, CommitError::Stale), "{error:?}");
                    }
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        let values: Vec<_> = list(&*store, "a", 0, 10).await.into_iter().map(|(.., value)| value).collect();
        assert_eq!(values.len(), 3, "{store:?}");
        assert!(values.iter().all(|value| *value == values[0]), "{store:?}: {values:?}");
    }
}
