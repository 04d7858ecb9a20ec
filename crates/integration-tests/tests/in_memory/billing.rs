//! Subscriptions and credit.

use std::sync::Arc;

use user_directory::billing::{CreditAdjustment, CreditLedgerEntry, Money, Subscription};
use user_directory::{ErrorKind, Operation, UserDirectory, UserId, codes};

use crate::support::{World, assert_invalid, assert_not_found, assert_refused, assert_unprocessable, nobody, start};

const ADJUST: Operation = Operation::AdjustBillingCreditBalance;

async fn adjust(world: &World, id: &UserId, adjustment: CreditAdjustment) -> CreditLedgerEntry {
    world.directory.adjust_billing_credit_balance(id, &adjustment).await.unwrap()
}

async fn balance(world: &World, id: &UserId) -> Option<Money> {
    world.directory.get_billing_credit_balance(id).await.unwrap().balance
}

#[tokio::test]
async fn credit_is_given_and_taken() {
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
    // Credit is not one of the user's own fields.
    assert_eq!(world.get(id).await, before);
}

#[tokio::test]
async fn a_key_is_used_once_and_answers_its_first_entry() {
    let world = World::new();
    let (ada, grace) = (world.user("ada").await.id, world.user("grace").await.id);
    let first = adjust(&world, &ada, CreditAdjustment::increase(500, "key").note("one")).await;
    adjust(&world, &ada, CreditAdjustment::decrease(500, "spent")).await;
    world.tick();
    assert_eq!(adjust(&world, &ada, CreditAdjustment::increase(500, "key").note("two")).await, first);
    assert_eq!(adjust(&world, &ada, CreditAdjustment::increase(500, "key").currency("USD")).await, first);
    assert_eq!(balance(&world, &ada).await, Some(Money::new(0, "USD")));
    // Another user's key is another key.
    adjust(&world, &grace, CreditAdjustment::increase(7, "key")).await;
    assert_eq!(balance(&world, &grace).await, Some(Money::new(7, "USD")));
}

#[tokio::test]
async fn a_key_that_was_used_for_something_else_is_a_conflict() {
    let world = World::new();
    let id = world.user("ada").await.id;
    adjust(&world, &id, CreditAdjustment::increase(500, "key")).await;
    for other in [
        CreditAdjustment::increase(501, "key"),
        CreditAdjustment::decrease(500, "key"),
        CreditAdjustment::increase(500, "key").currency("EUR"),
    ] {
        let result = world.directory.adjust_billing_credit_balance(&id, &other).await;
        assert_refused(result, ADJUST, (409, ErrorKind::Conflict), codes::CONFLICT, None);
    }
    assert_eq!(balance(&world, &id).await, Some(Money::new(500, "USD")));
}

#[tokio::test]
async fn what_cannot_be_adjusted_changes_nothing_and_leaves_the_key_free() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let code = codes::INSUFFICIENT_CREDIT_BALANCE;
    let take = CreditAdjustment::decrease(1, "key");
    let result = world.directory.adjust_billing_credit_balance(&id, &take).await;
    assert_unprocessable(result, ADJUST, code, "amount");
    assert_eq!(balance(&world, &id).await, None);
    adjust(&world, &id, CreditAdjustment::increase(10, "key").currency("EUR")).await;

    for (adjustment, code, param_name) in [
        (CreditAdjustment::decrease(11, "b").currency("EUR"), code, "amount"),
        (CreditAdjustment::increase(1, "b"), codes::FORM_PARAM_VALUE_INVALID, "currency"),
        (
            CreditAdjustment::increase(i64::MAX.unsigned_abs(), "b").currency("EUR"),
            codes::FORM_PARAM_VALUE_INVALID,
            "amount",
        ),
    ] {
        let result = world.directory.adjust_billing_credit_balance(&id, &adjustment).await;
        assert_unprocessable(result, ADJUST, code, param_name);
    }
    assert_eq!(balance(&world, &id).await, Some(Money::new(10, "EUR")));
}

#[tokio::test]
async fn malformed_adjustments_are_refused_before_the_user_is_looked_for() {
    let world = World::new();
    for (adjustment, param_name) in [
        (CreditAdjustment::increase(0, "key"), "amount"),
        (CreditAdjustment::decrease(u64::MAX, "key"), "amount"),
        (CreditAdjustment::increase(1, ""), "idempotency_key"),
    ] {
        let result = world.directory.adjust_billing_credit_balance(&nobody(), &adjustment).await;
        assert_invalid(result, ADJUST, param_name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_50_tasks_with_one_key_one_adjusts() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let barrier = Arc::new(tokio::sync::Barrier::new(50));
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (directory, id, barrier) = (world.directory.clone(), id.clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                barrier.wait().await;
                let adjustment = CreditAdjustment::increase(100, "key");
                directory.adjust_billing_credit_balance(&id, &adjustment).await.unwrap()
            })
        })
        .collect();
    let mut entries = Vec::new();
    for task in tasks {
        entries.push(task.await.unwrap());
    }
    assert!(entries.iter().all(|entry| *entry == entries[0]));
    assert_eq!(balance(&world, &id).await, Some(Money::new(100, "USD")));
}

#[tokio::test]
async fn a_subscription_is_found_once_there_is_one() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let get = Operation::GetBillingSubscription;
    assert_not_found(world.directory.get_billing_subscription(&id).await, get);
    for subscription in ["csub_1", "csub_2"] {
        let subscription = Subscription::new(subscription.parse().unwrap());
        world.directory.set_billing_subscription(&id, subscription.clone()).unwrap();
        assert_eq!(world.directory.get_billing_subscription(&id).await.unwrap(), subscription);
    }
}

#[tokio::test]
async fn a_user_who_does_not_exist_has_neither_subscription_nor_credit() {
    let world = World::new();
    let directory = &world.directory;
    assert_not_found(directory.get_billing_subscription(&nobody()).await, Operation::GetBillingSubscription);
    assert_not_found(directory.get_billing_credit_balance(&nobody()).await, Operation::GetBillingCreditBalance);
    let adjustment = CreditAdjustment::increase(1, "key");
    assert_not_found(directory.adjust_billing_credit_balance(&nobody(), &adjustment).await, ADJUST);
}
