//! What a directory accepts can be stored, read after a restart, encoded, decoded, exported and loaded.

use std::sync::Arc;

use random_calls::{Directories, Random, Store, checks};
use user_directory::in_memory::InMemoryStore;
use user_directory::model::PasswordVerification;
use user_directory::store::UserStore as _;
use user_directory::store_directory::InstanceSettings;
use user_directory::{Password, UserDirectory};

use crate::differential::random_bytes;
use crate::support::{Database, user};

const CASES: u64 = 12;
const CALLS: u64 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn values_accepted_by_any_operation_are_read_unchanged_after_a_restart_and_an_export() {
    for database in Database::shareable() {
        for case in 0..CASES {
            let directory = database.open().await;
            directory.store().clear().await.unwrap();
            let stores: [Store; 2] = [
                ("memory".to_owned(), Arc::new(InMemoryStore::new())),
                (format!("{database:?}"), Arc::new(directory.store().clone())),
            ];
            let directories = Directories::new(&stores);
            random_calls::load_first_users(&directories).await;
            for call in 0..CALLS {
                random_calls::run(&directories, &mut Random::new(&random_bytes(case * CALLS + call))).await;
            }
            checks::compare_all(&directories).await;
            checks::assert_exportable(&directories).await;

            directory.store().close().await;
            let restarted = database.open().await;
            checks::assert_stored(&directories, restarted.store()).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_accepted_by_create_are_verified_after_a_restart() {
    let passwords =
        ["Straße ΟΔΥΣΣΕΎΣ", "\0\0\0\0\0\0\0\0", "e\u{301} \u{e9} \u{1f}\n\r\t", "\u{feff}\u{10ffff} \"\\/$%_'"];
    for database in Database::shareable() {
        let directory = database.open_fast(InstanceSettings::permissive()).await;
        let mut ids = Vec::new();
        for (number, password) in passwords.into_iter().enumerate() {
            let new = user(&format!("user{number}")).password(Password::new(password)).skip_password_checks(true);
            ids.push(directory.create(&new).await.unwrap().id);
        }
        directory.store().close().await;
        let restarted = database.open_fast(InstanceSettings::permissive()).await;
        for (id, password) in ids.iter().zip(passwords) {
            let verification = restarted.verify_password(id, &Password::new(password)).await.unwrap();
            assert_eq!(verification, PasswordVerification::Correct, "{database:?} {password:?}");
        }
    }
}
