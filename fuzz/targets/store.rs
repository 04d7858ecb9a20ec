//! The stores: bytes that encode calls. The results are equal in memory and in a database, and another connection to
//! the database reads what was written. All users can be exported and loaded.
//!
//! The database is a SQLite file, or the PostgreSQL database of the environment variable `FUZZ_POSTGRES_URL`. All of its
//! users are deleted.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use random_calls::{Directories, Random, Store, checks};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use user_directory::in_memory::InMemoryStore;
use user_directory::store::UserStore;
use user_directory_sql::{EncryptionKeys, SqlStore, SqlUserDirectory};

/// The maximum number of calls of an input.
const MAX_CALLS: usize = 100;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime"));
static DATABASE: LazyLock<Database> = LazyLock::new(|| RUNTIME.block_on(Database::open()));

struct Database {
    written: SqlStore,
    /// Has its own connections.
    read: SqlStore,
    _folder: TempDir,
}

impl Database {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let file = format!("sqlite:{}", folder.path().join("users.db").display());
        let url = std::env::var("FUZZ_POSTGRES_URL").unwrap_or(file);
        let directory = open(&url).await;
        directory.migrate().await.expect("the tables can be created");
        let read = open(&url).await.store().clone();
        Self { written: directory.store().clone(), read, _folder: folder }
    }
}

async fn open(url: &str) -> SqlUserDirectory {
    let keys = EncryptionKeys::new().key("fuzz", &[7; 32]).expect("a valid key");
    SqlUserDirectory::builder().encryption_keys(keys).open(url).await.expect("the database can be opened")
}

fuzz_target!(|bytes: &[u8]| {
    // The database is opened by the runtime, so this must not be done in an async block.
    let database = &*DATABASE;
    RUNTIME.block_on(async {
        database.written.clear().await.expect("users can be deleted");
        let stores: [Store; 2] = [
            ("memory".to_owned(), Arc::new(InMemoryStore::new())),
            ("database".to_owned(), Arc::new(database.written.clone())),
        ];
        let directories = Directories::new(&stores);
        random_calls::load_first_users(&directories).await;
        let mut random = Random::new(bytes);
        for _ in 0..MAX_CALLS {
            if random.is_empty() {
                break;
            }
            random_calls::run(&directories, &mut random).await;
            random_calls::compare(&directories, &mut random).await;
        }
        checks::compare_all(&directories).await;
        checks::assert_stored(&directories, &database.read).await;
        checks::assert_exportable(&directories).await;
    });
});
