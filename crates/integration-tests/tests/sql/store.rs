//! Calls of the store that the directory does not make.

use user_directory::model::OrganizationId;
use user_directory::store::{AccountFilter, AccountQuery, Commit, Identifier, IdentifierKind, UserStore as _};
use user_directory::{NewUser, UserDirectory as _, UserFilter, UserId};

use crate::support::{Database, builder, user};

#[tokio::test(flavor = "multi_thread")]
async fn query_and_count_find_no_users_for_empty_lists() {
    for database in Database::all() {
        let directory = database.open().await;
        directory.create(&user("ada")).await.unwrap();
        for filter in [
            UserFilter::new().user_ids(Vec::<UserId>::new()),
            UserFilter::new().organization_ids(Vec::<OrganizationId>::new()),
            UserFilter::new().email_addresses(Vec::<String>::new()),
            UserFilter::new().external_ids(Vec::<String>::new()),
        ] {
            let filter = AccountFilter::new(&filter);
            let found = directory.store().query(&AccountQuery::new(&filter, 10)).await.unwrap();
            assert_eq!(found, [], "{database:?} {filter:?}");
            assert_eq!(directory.store().count(&filter).await.unwrap(), 0, "{database:?} {filter:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_returns_the_owners_of_identifiers_of_several_kinds() {
    for database in Database::all() {
        let directory = database.open().await;
        let ada =
            directory.create(&NewUser::new().email_address("ada@example.com").username("ada_lovelace")).await.unwrap();
        let grace = directory.create(&NewUser::new().username("grace").external_id("ada")).await.unwrap();
        let wanted = [
            (IdentifierKind::Username, "Ada_Lovelace"),
            (IdentifierKind::ExternalId, "ada"),
            (IdentifierKind::EmailAddress, "ada@example.com"),
            (IdentifierKind::Username, "grace"),
            (IdentifierKind::PhoneNumber, "+15550100"),
            (IdentifierKind::Username, "alan"),
        ];
        let wanted = wanted.map(|(kind, value)| Identifier::new(kind, value));
        let mut owners = directory.store().owners(&wanted).await.unwrap();
        owners.sort();
        let [username, external_id, email_address, other_username, ..] = wanted;
        let mut expected = [
            (username, ada.id.clone()),
            (external_id, grace.id.clone()),
            (email_address, ada.id),
            (other_username, grace.id),
        ];
        expected.sort();
        assert_eq!(owners, expected, "{database:?}");
        assert_eq!(directory.store().owners(&[]).await.unwrap(), []);
    }
}

/// In SQLite, compiling the deletion connects to the full-text index, for the first time on this connection.
#[tokio::test(flavor = "multi_thread")]
async fn commit_of_a_deletion_succeeds_after_another_connection_has_changed_the_schema() {
    for database in Database::shareable() {
        let ada = database.open().await.create(&user("ada")).await.unwrap();
        let directory = database.open_with(builder().max_connections(1)).await;
        let before = directory.store().load(&[ada.id]).await.unwrap().pop().unwrap();
        let table = "CREATE TABLE orders (user_id text NOT NULL REFERENCES user_directory_users (user_id))";
        database.execute(table).await;
        directory.store().commit(Commit::new().delete(before)).await.unwrap();
        assert_eq!(directory.count(&UserFilter::new()).await.unwrap(), 0, "{database:?}");
    }
}
