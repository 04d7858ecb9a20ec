//! Calls of the store that the directory does not make.

use user_directory::model::OrganizationId;
use user_directory::store::{AccountFilter, AccountQuery, UserStore as _};
use user_directory::{UserDirectory as _, UserFilter, UserId};

use crate::support::{Database, user};

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
