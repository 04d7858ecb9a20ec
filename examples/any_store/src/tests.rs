//! Runs the same scenario on every directory.

use clerk_emulator::Emulator;
use integration_tests::postgres::Cluster;
use user_directory::{ClerkUserDirectory, SecretKey, UserUpdate};

use crate::composition::{open, without_database};
use crate::shop::Shop;

async fn shipments(shop: &Shop) -> Vec<String> {
    shop.shipments().await.unwrap().iter().map(ToString::to_string).collect()
}

/// Runs the scenario, which leaves two of Ada's orders.
async fn scenario(shop: &Shop) {
    let ada = shop.register("customer-1", "Ada", "ada@example.com").await.unwrap();
    let grace = shop.register("customer-2", "Grace", "grace@example.com").await.unwrap();
    assert_eq!(shop.register("customer-1", "Ada", "ada@example.com").await.unwrap().id, ada.id);
    assert!(shipments(shop).await.is_empty());

    shop.order("ada@example.com", "tea").await.unwrap();
    shop.order("Grace@example.com", "coffee").await.unwrap();
    shop.order("ada@example.com", "cake").await.unwrap();
    let error = shop.order("mary@example.com", "tea").await.unwrap_err();
    assert_eq!(error.to_string(), "no user has this email address");
    let [tea, coffee, cake] = ["tea for Ada", "coffee for Grace", "cake for Ada"];
    let (of_ada, of_grace) = ("(ada@example.com)", "(grace@example.com)");
    let all = [format!("{tea} {of_ada}"), format!("{coffee} {of_grace}"), format!("{cake} {of_ada}")];
    assert_eq!(shipments(shop).await, all);

    shop.users.ban(&ada.id).await.unwrap();
    assert_eq!(shipments(shop).await, [format!("{coffee} {of_grace}")]);
    assert_eq!(shop.order("ada@example.com", "tea").await.unwrap_err().to_string(), "banned users cannot order");
    shop.users.unban(&ada.id).await.unwrap();

    // Shipments contain the current data of the users.
    shop.users.update(&grace.id, &UserUpdate::new().clear_first_name()).await.unwrap();
    assert_eq!(shipments(shop).await[1], format!("coffee for a user without a name {of_grace}"));

    shop.users.delete(&grace.id).await.unwrap();
    assert_eq!(shipments(shop).await, [format!("{tea} {of_ada}"), format!("{cake} {of_ada}")]);
}

/// Opens a database again, and checks that it contains the orders that `scenario` created.
async fn reopened(url: &str) {
    let shop = open(url).await.unwrap();
    assert_eq!(shipments(&shop).await, ["tea for Ada (ada@example.com)", "cake for Ada (ada@example.com)"]);
    shop.order("ada@example.com", "milk").await.unwrap();
    assert_eq!(shipments(&shop).await.len(), 3);
}

#[tokio::test]
async fn shop_works_in_memory() {
    scenario(&open("memory").await.unwrap()).await;
}

#[tokio::test]
async fn shop_works_on_sqlite_in_memory() {
    scenario(&open("sqlite::memory:").await.unwrap()).await;
}

#[tokio::test]
async fn shop_works_on_a_sqlite_file() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/app.db", directory.path().display());
    scenario(&open(&url).await.unwrap()).await;
    reopened(&url).await;
}

#[tokio::test]
async fn shop_works_on_postgres() {
    let Some(cluster) = Cluster::shared() else { return };
    let url = cluster.database();
    scenario(&open(&url).await.unwrap()).await;
    reopened(&url).await;
}

#[tokio::test]
async fn shop_works_on_clerk() {
    let clerk = Emulator::start().await.unwrap();
    let builder = ClerkUserDirectory::builder(SecretKey::new("sk_test_1").unwrap()).base_url(clerk.api_url());
    scenario(&without_database(builder.build().unwrap())).await;
}

#[tokio::test]
async fn open_rejects_other_settings_without_repeating_them() {
    for setting in ["", "redis", "memory:", "mysql://ada:secret@localhost/app"] {
        let Err(error) = open(setting).await else { panic!("{setting} is accepted") };
        assert!(error.to_string().starts_with("USER_DIRECTORY must be"), "{error}");
    }
}
