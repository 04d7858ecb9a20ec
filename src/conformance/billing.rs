//! Subscriptions and credit.

use super::check::{Outcome, ensure, ensure_eq, invalid, not_found, refused};
use super::context::Context;
use super::fixture::Belonging;
use crate::error::{ErrorKind, codes};
use crate::model::UserId;
use crate::model::billing::{CreditAdjustment, Subscription, SubscriptionStatus};
use crate::operation::Operation;

behaviours! {
    GetBillingSubscription: a_subscription_is_read, a_user_without_subscription_has_none;
    GetBillingCreditBalance: a_user_who_never_had_credit_has_no_balance, credit_is_of_one_user;
    AdjustBillingCreditBalance: credit_is_given, credit_is_taken, an_adjustment_is_answered_with_its_sign,
        the_note_of_an_adjustment_is_kept, credit_is_in_us_dollars_if_nothing_is_said,
        a_repeated_adjustment_is_made_once, a_key_of_another_adjustment_is_refused,
        more_than_there_is_cannot_be_taken, all_that_there_is_can_be_taken;
}

async fn adjust(context: &Context<'_>, id: &UserId, adjustment: &CreditAdjustment) -> Outcome<i64> {
    Ok(context.directory().adjust_billing_credit_balance(id, adjustment).await?.amount.amount)
}

/// Fails unless the user has this much credit.
pub(super) async fn expect_balance(context: &Context<'_>, id: &UserId, cents: i64) -> Outcome {
    let balance = context.directory().get_billing_credit_balance(id).await?.balance;
    ensure_eq!(balance.map(|balance| balance.amount), Some(cents), "the credit in cents");
    Ok(())
}

/// The subscription that the user has is answered.
pub async fn a_subscription_is_read(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let subscription = Subscription::new(context.id("csub"));
    context.give(&user.id, Belonging::Subscription(Box::new(subscription.clone()))).await?;
    let found = context.directory().get_billing_subscription(&user.id).await?;
    ensure_eq!(found.id, subscription.id, "the id of the subscription");
    ensure_eq!(found.status, SubscriptionStatus::Active, "the status of the subscription");
    Ok(())
}

/// A subscription that does not exist is not found.
pub async fn a_user_without_subscription_has_none(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let result = context.directory().get_billing_subscription(&user.id).await;
    not_found(result, Operation::GetBillingSubscription)
}

/// No credit is another thing than a credit of zero.
pub async fn a_user_who_never_had_credit_has_no_balance(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    ensure_eq!(context.directory().get_billing_credit_balance(&id).await?.balance, None, "the credit");
    Ok(())
}

/// What one user gets, another does not have.
pub async fn credit_is_of_one_user(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    adjust(context, &ada.id, &CreditAdjustment::increase(500, context.word())).await?;
    expect_balance(context, &ada.id, 500).await?;
    ensure_eq!(context.directory().get_billing_credit_balance(&grace.id).await?.balance, None, "the other's credit");
    Ok(())
}

/// Credit that is given adds up.
pub async fn credit_is_given(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    adjust(context, &id, &CreditAdjustment::increase(1_500, context.word())).await?;
    adjust(context, &id, &CreditAdjustment::increase(250, context.word())).await?;
    expect_balance(context, &id, 1_750).await
}

/// Credit that is taken is gone.
pub async fn credit_is_taken(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    adjust(context, &id, &CreditAdjustment::increase(1_500, context.word())).await?;
    adjust(context, &id, &CreditAdjustment::decrease(400, context.word())).await?;
    expect_balance(context, &id, 1_100).await
}

/// The entry is positive for more credit, and negative for less.
pub async fn an_adjustment_is_answered_with_its_sign(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let more = adjust(context, &id, &CreditAdjustment::increase(1_500, context.word())).await?;
    let less = adjust(context, &id, &CreditAdjustment::decrease(400, context.word())).await?;
    ensure_eq!((more, less), (1_500, -400), "the amounts of the entries");
    Ok(())
}

/// The note comes back with the entry.
pub async fn the_note_of_an_adjustment_is_kept(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let adjustment = CreditAdjustment::increase(100, context.word()).note("Order \"4711\" 🧾");
    let entry = context.directory().adjust_billing_credit_balance(&id, &adjustment).await?;
    ensure_eq!(entry.note.as_deref(), Some("Order \"4711\" 🧾"), "the note");
    Ok(())
}

/// USD is the currency of an adjustment that has none.
pub async fn credit_is_in_us_dollars_if_nothing_is_said(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    adjust(context, &id, &CreditAdjustment::increase(100, context.word())).await?;
    adjust(context, &id, &CreditAdjustment::increase(100, context.word()).currency("USD")).await?;
    let balance = context.directory().get_billing_credit_balance(&id).await?.balance;
    ensure!(balance.is_some_and(|balance| balance.currency.eq_ignore_ascii_case("USD")), "the credit is not in USD");
    expect_balance(context, &id, 200).await
}

/// The same adjustment with the same key changes nothing, and returns the first entry.
pub async fn a_repeated_adjustment_is_made_once(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let adjustment = CreditAdjustment::increase(1_500, context.word());
    let first = context.directory().adjust_billing_credit_balance(&id, &adjustment).await?;
    let second = context.directory().adjust_billing_credit_balance(&id, &adjustment).await?;
    ensure_eq!(second, first, "the entry of the repeated adjustment");
    expect_balance(context, &id, 1_500).await
}

/// A key that was used for another adjustment is a conflict, and nothing is changed.
pub async fn a_key_of_another_adjustment_is_refused(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let key = context.word();
    adjust(context, &id, &CreditAdjustment::increase(1_500, &key)).await?;
    for other in [CreditAdjustment::increase(1_501, &key), CreditAdjustment::decrease(1_500, &key)] {
        let result = context.directory().adjust_billing_credit_balance(&id, &other).await;
        refused(result, Operation::AdjustBillingCreditBalance, ErrorKind::Conflict)?;
    }
    expect_balance(context, &id, 1_500).await
}

/// Credit does not become a debt, and a refused adjustment changes nothing.
pub async fn more_than_there_is_cannot_be_taken(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    adjust(context, &id, &CreditAdjustment::increase(100, context.word())).await?;
    let adjustment = CreditAdjustment::decrease(101, context.word());
    let result = context.directory().adjust_billing_credit_balance(&id, &adjustment).await;
    invalid(result, Operation::AdjustBillingCreditBalance, codes::INSUFFICIENT_CREDIT_BALANCE, None)?;
    expect_balance(context, &id, 100).await
}

/// Afterwards the credit is zero, which is another thing than none.
pub async fn all_that_there_is_can_be_taken(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    adjust(context, &id, &CreditAdjustment::increase(100, context.word())).await?;
    adjust(context, &id, &CreditAdjustment::decrease(100, context.word())).await?;
    expect_balance(context, &id, 0).await
}
