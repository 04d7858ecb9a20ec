//! Billing subscriptions and credit.

use integration_tests::together::together;
use user_directory::billing::{CreditAdjustment, CreditLedgerEntry, Money, Subscription};
use user_directory::{ErrorKind, Operation, UserDirectory, UserId, codes};

use crate::support::{World, assert_param_rejected, assert_rejected, assert_validation_error, start, unknown_user_id};

const ADJUST: Operation = Operation::AdjustBillingCreditBalance;

async fn adjust(world: &World, id: &UserId, adjustment: CreditAdjustment) -> CreditLedgerEntry {
    world.directory.adjust_billing_credit_balance(id, &adjustment).await.unwrap()
}

async fn balance(world: &World, id: &UserId) -> Option<Money> {
    world.directory.get_billing_credit_balance(id).await.unwrap().balance
}

#[tokio::test]
async fn adjust_billing_credit_balance_increases_and_decreases_credit() {
    let world = World::new();
    let before = world.user("ada").await;
    let id = &before.id;
    assert_eq!(balance(&world, id).await, None);
    let first = adjust(&world, id, CreditAdjustment::increase(1_500, "a").note("Order 1")).await;
    assert_eq!(first.amount, Money::new(1_500, "USD"));
    assert_eq!((first.note.as_deref(), first.created_at), (Some("Order 1"), Some(start())));
    let second = adjust(&world, id, CreditAdjustment::decrease(400, "b")).await;
    assert_eq!(second.amount, Money::new(-400, "USD"));
    assert_ne!(first.id, second.id);
    assert_eq!(first.payer_id, second.payer_id);
    assert_eq!(balance(&world, id).await, Some(Money::new(1_100, "USD")));
    adjust(&world, id, CreditAdjustment::decrease(1_100, "c")).await;
    assert_eq!(balance(&world, id).await, Some(Money::new(0, "USD")));
    // Credit is not a field of `User`.
    assert_eq!(world.get(id).await, before);
}

#[tokio::test]
async fn adjust_billing_credit_balance_returns_first_entry_for_repeated_key() {
    let world = World::new();
    let (ada, grace) = (world.user("ada").await.id, world.user("grace").await.id);
    let first = adjust(&world, &ada, CreditAdjustment::increase(500, "key").note("one")).await;
    adjust(&world, &ada, CreditAdjustment::decrease(500, "spent")).await;
    world.tick();
    assert_eq!(adjust(&world, &ada, CreditAdjustment::increase(500, "key").note("two")).await, first);
    assert_eq!(adjust(&world, &ada, CreditAdjustment::increase(500, "key").currency("USD")).await, first);
    assert_eq!(balance(&world, &ada).await, Some(Money::new(0, "USD")));
    // Keys are scoped to the user.
    adjust(&world, &grace, CreditAdjustment::increase(7, "key")).await;
    assert_eq!(balance(&world, &grace).await, Some(Money::new(7, "USD")));
}

#[tokio::test]
async fn adjust_billing_credit_balance_rejects_key_of_different_adjustment() {
    let world = World::new();
    let id = world.user("ada").await.id;
    adjust(&world, &id, CreditAdjustment::increase(500, "key")).await;
    for other in [
        CreditAdjustment::increase(501, "key"),
        CreditAdjustment::decrease(500, "key"),
        CreditAdjustment::increase(500, "key").currency("EUR"),
    ] {
        let result = world.directory.adjust_billing_credit_balance(&id, &other).await;
        assert_rejected(result, ADJUST, (409, ErrorKind::Conflict), codes::CONFLICT, None);
    }
    assert_eq!(balance(&world, &id).await, Some(Money::new(500, "USD")));
}

#[tokio::test]
async fn adjust_billing_credit_balance_does_not_use_key_of_rejected_adjustment() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let code = codes::INSUFFICIENT_CREDIT_BALANCE;
    let take = CreditAdjustment::decrease(1, "key");
    let result = world.directory.adjust_billing_credit_balance(&id, &take).await;
    assert_param_rejected(result, ADJUST, code, "amount");
    assert_eq!(balance(&world, &id).await, None);
    adjust(&world, &id, CreditAdjustment::increase(10, "key").currency("USD")).await;

    for (adjustment, code, param_name) in [
        (CreditAdjustment::decrease(11, "b"), code, "amount"),
        (CreditAdjustment::increase(i64::MAX.unsigned_abs(), "b"), codes::FORM_PARAM_VALUE_INVALID, "amount"),
    ] {
        let result = world.directory.adjust_billing_credit_balance(&id, &adjustment).await;
        assert_param_rejected(result, ADJUST, code, param_name);
    }
    let in_euros = CreditAdjustment::increase(1, "b").currency("EUR");
    let in_euros = world.directory.adjust_billing_credit_balance(&id, &in_euros).await;
    assert_rejected(in_euros, ADJUST, (400, ErrorKind::InvalidInput), codes::CURRENCY_INVALID, None);
    assert_eq!(balance(&world, &id).await, Some(Money::new(10, "USD")));
}

#[tokio::test]
async fn adjust_billing_credit_balance_validates_input_before_user_lookup() {
    let world = World::new();
    for (adjustment, param_name) in [
        (CreditAdjustment::increase(0, "key"), "amount"),
        (CreditAdjustment::decrease(u64::MAX, "key"), "amount"),
        (CreditAdjustment::increase(1, ""), "idempotency_key"),
    ] {
        let result = world.directory.adjust_billing_credit_balance(&unknown_user_id(), &adjustment).await;
        assert_validation_error(result, ADJUST, param_name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn adjust_billing_credit_balance_applies_concurrent_calls_with_one_key_once() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let entries = together(50, |_| {
        let (directory, id) = (world.directory.clone(), id.clone());
        async move {
            let adjustment = CreditAdjustment::increase(100, "key");
            directory.adjust_billing_credit_balance(&id, &adjustment).await.unwrap()
        }
    })
    .await;
    assert!(entries.iter().all(|entry| *entry == entries[0]));
    assert_eq!(balance(&world, &id).await, Some(Money::new(100, "USD")));
}

#[tokio::test]
async fn get_billing_subscription_returns_latest_subscription() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let get = Operation::GetBillingSubscription;
    let missing = world.directory.get_billing_subscription(&id).await;
    assert_rejected(missing, get, (404, ErrorKind::NotFound), codes::SUBSCRIPTION_NOT_FOUND, None);
    for subscription in ["csub_1", "csub_2"] {
        let mut subscription = Subscription::new(subscription.parse().unwrap());
        subscription.payer_id = Some("cpayer_1".parse().unwrap());
        subscription.instance_id = Some("ins_1".parse().unwrap());
        world.directory.set_billing_subscription(&id, subscription.clone()).await.unwrap();
        assert_eq!(world.directory.get_billing_subscription(&id).await.unwrap(), subscription);
    }
}
