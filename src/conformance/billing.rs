//! Tests for subscriptions and credit.

use super::check::{Outcome, ensure, ensure_eq, expect_error, expect_invalid, expect_not_found};
use super::context::Context;
use super::fixture::Resource;
use crate::error::{ErrorKind, codes};
use crate::model::UserId;
use crate::model::billing::{CreditAdjustment, Subscription, SubscriptionStatus};
use crate::operation::Operation;

behaviors! {
    GetBillingSubscription: get_billing_subscription_returns_the_subscription,
        get_billing_subscription_fails_for_user_without_subscription;
    GetBillingCreditBalance: get_billing_credit_balance_returns_no_balance_for_user_without_credit,
        get_billing_credit_balance_returns_credit_of_one_user;
    AdjustBillingCreditBalance: adjust_billing_credit_balance_increases_credit,
        adjust_billing_credit_balance_decreases_credit, adjust_billing_credit_balance_returns_signed_amount,
        adjust_billing_credit_balance_stores_note, adjust_billing_credit_balance_defaults_to_usd,
        adjust_billing_credit_balance_is_idempotent, adjust_billing_credit_balance_rejects_reused_key,
        adjust_billing_credit_balance_rejects_overdraft, adjust_billing_credit_balance_rejects_other_currency,
        adjust_billing_credit_balance_can_decrease_to_zero;
}

async fn adjust(context: &Context<'_>, id: &UserId, adjustment: &CreditAdjustment) -> Outcome<i64> {
    Ok(context.directory().adjust_billing_credit_balance(id, adjustment).await?.amount.amount)
}

/// Fails unless the user has this balance.
pub(super) async fn expect_balance(context: &Context<'_>, id: &UserId, cents: i64) -> Outcome {
    let balance = context.directory().get_billing_credit_balance(id).await?.balance;
    ensure_eq!(balance.map(|balance| balance.amount), Some(cents), "the balance in cents");
    Ok(())
}

/// Checks that `get_billing_subscription` returns the user's subscription.
pub async fn get_billing_subscription_returns_the_subscription(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let subscription = Subscription::new(context.id("csub"));
    context.seed(&user.id, Resource::Subscription(Box::new(subscription.clone()))).await?;
    let found = context.directory().get_billing_subscription(&user.id).await?;
    ensure_eq!(found.id, subscription.id, "the id of the subscription");
    ensure_eq!(found.status, SubscriptionStatus::Active, "the status of the subscription");
    Ok(())
}

/// Checks that `get_billing_subscription` fails with `NotFound` for a user who has no subscription.
pub async fn get_billing_subscription_fails_for_user_without_subscription(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let result = context.directory().get_billing_subscription(&user.id).await;
    expect_not_found(result, Operation::GetBillingSubscription)
}

/// Checks that `get_billing_credit_balance` returns no balance for a user who has never had credit.
pub async fn get_billing_credit_balance_returns_no_balance_for_user_without_credit(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    ensure_eq!(context.directory().get_billing_credit_balance(&id).await?.balance, None, "the credit");
    Ok(())
}

/// Checks that `get_billing_credit_balance` returns only the user's own credit.
pub async fn get_billing_credit_balance_returns_credit_of_one_user(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    adjust(context, &ada.id, &CreditAdjustment::increase(500, context.word())).await?;
    expect_balance(context, &ada.id, 500).await?;
    ensure_eq!(
        context.directory().get_billing_credit_balance(&grace.id).await?.balance,
        None,
        "the credit of the other user"
    );
    Ok(())
}

/// Checks that `adjust_billing_credit_balance` adds the amount to the balance.
pub async fn adjust_billing_credit_balance_increases_credit(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    adjust(context, &id, &CreditAdjustment::increase(1_500, context.word())).await?;
    adjust(context, &id, &CreditAdjustment::increase(250, context.word())).await?;
    expect_balance(context, &id, 1_750).await
}

/// Checks that `adjust_billing_credit_balance` subtracts the amount from the balance.
pub async fn adjust_billing_credit_balance_decreases_credit(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    adjust(context, &id, &CreditAdjustment::increase(1_500, context.word())).await?;
    adjust(context, &id, &CreditAdjustment::decrease(400, context.word())).await?;
    expect_balance(context, &id, 1_100).await
}

/// Checks that the amount of a ledger entry is positive for an increase and negative for a decrease.
pub async fn adjust_billing_credit_balance_returns_signed_amount(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let more = adjust(context, &id, &CreditAdjustment::increase(1_500, context.word())).await?;
    let less = adjust(context, &id, &CreditAdjustment::decrease(400, context.word())).await?;
    ensure_eq!((more, less), (1_500, -400), "the amounts of the entries");
    Ok(())
}

/// Checks that `adjust_billing_credit_balance` returns a ledger entry with the note.
pub async fn adjust_billing_credit_balance_stores_note(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let adjustment = CreditAdjustment::increase(100, context.word()).note("Order \"4711\" 🧾");
    let entry = context.directory().adjust_billing_credit_balance(&id, &adjustment).await?;
    ensure_eq!(entry.note.as_deref(), Some("Order \"4711\" 🧾"), "the note");
    Ok(())
}

/// Checks that the default currency of `adjust_billing_credit_balance` is USD.
pub async fn adjust_billing_credit_balance_defaults_to_usd(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    adjust(context, &id, &CreditAdjustment::increase(100, context.word())).await?;
    adjust(context, &id, &CreditAdjustment::increase(100, context.word()).currency("USD")).await?;
    let balance = context.directory().get_billing_credit_balance(&id).await?.balance;
    ensure!(balance.is_some_and(|balance| balance.currency.eq_ignore_ascii_case("USD")), "the credit is not in USD");
    expect_balance(context, &id, 200).await
}

/// Checks that two identical adjustments with the same idempotency key change the balance only once.
///
/// Both calls must return the same ledger entry.
pub async fn adjust_billing_credit_balance_is_idempotent(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let adjustment = CreditAdjustment::increase(1_500, context.word());
    let first = context.directory().adjust_billing_credit_balance(&id, &adjustment).await?;
    let second = context.directory().adjust_billing_credit_balance(&id, &adjustment).await?;
    ensure_eq!(second, first, "the entry of the repeated adjustment");
    expect_balance(context, &id, 1_500).await
}

/// Checks that `adjust_billing_credit_balance` rejects the idempotency key of a different adjustment.
///
/// The rejected adjustment must not change the balance.
pub async fn adjust_billing_credit_balance_rejects_reused_key(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let key = context.word();
    adjust(context, &id, &CreditAdjustment::increase(1_500, &key)).await?;
    for other in [CreditAdjustment::increase(1_501, &key), CreditAdjustment::decrease(1_500, &key)] {
        let result = context.directory().adjust_billing_credit_balance(&id, &other).await;
        expect_error(result, Operation::AdjustBillingCreditBalance, ErrorKind::Conflict, &other)?;
    }
    expect_balance(context, &id, 1_500).await
}

/// Checks that `adjust_billing_credit_balance` rejects an overdraft, and changes nothing.
pub async fn adjust_billing_credit_balance_rejects_overdraft(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    adjust(context, &id, &CreditAdjustment::increase(100, context.word())).await?;
    let adjustment = CreditAdjustment::decrease(101, context.word());
    let result = context.directory().adjust_billing_credit_balance(&id, &adjustment).await;
    expect_invalid(
        result,
        Operation::AdjustBillingCreditBalance,
        codes::INSUFFICIENT_CREDIT_BALANCE,
        None,
        &adjustment,
    )?;
    expect_balance(context, &id, 100).await
}

/// Checks that `adjust_billing_credit_balance` rejects a currency other than USD, and changes nothing.
pub async fn adjust_billing_credit_balance_rejects_other_currency(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    adjust(context, &id, &CreditAdjustment::increase(100, context.word())).await?;
    let adjustment = CreditAdjustment::increase(100, context.word()).currency("EUR");
    let result = context.directory().adjust_billing_credit_balance(&id, &adjustment).await;
    expect_invalid(result, Operation::AdjustBillingCreditBalance, codes::CURRENCY_INVALID, None, &adjustment)?;
    expect_balance(context, &id, 100).await
}

/// Checks that `adjust_billing_credit_balance` can decrease the balance to zero.
pub async fn adjust_billing_credit_balance_can_decrease_to_zero(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    adjust(context, &id, &CreditAdjustment::increase(100, context.word())).await?;
    adjust(context, &id, &CreditAdjustment::decrease(100, context.word())).await?;
    expect_balance(context, &id, 0).await
}
