//! Subscriptions and their items.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::payment::{Payer, PaymentMethod};
use super::plan::Plan;
use super::totals::{Credits, Money, PerUnitTotal, PerUnitTotalTier, Totals};
use crate::model::id::{InstanceId, PayerId, PlanId, PriceId, SubscriptionId, SubscriptionItemId};
use crate::model::lenient::{self, millis, open_enum};
use crate::model::text::Text;

open_enum! {
    /// The status of a [`Subscription`].
    SubscriptionStatus {
        /// The subscription is active.
        Active = "active",
        /// A payment is overdue.
        PastDue = "past_due",
        /// The subscription was canceled.
        Canceled = "canceled",
        /// The subscription has ended.
        Ended = "ended",
        /// The first payment was never made.
        Abandoned = "abandoned",
        /// The first payment is pending.
        Incomplete = "incomplete",
    }
}

open_enum! {
    /// The status of a [`SubscriptionItem`].
    SubscriptionItemStatus {
        /// The item is active.
        Active = "active",
        /// The item was canceled, but remains active until the end of the billing period.
        Canceled = "canceled",
        /// The item has expired.
        Expired = "expired",
        /// The item has ended.
        Ended = "ended",
        /// A payment is overdue.
        PastDue = "past_due",
        /// The item starts in the future.
        Upcoming = "upcoming",
        /// The first payment is pending.
        Incomplete = "incomplete",
        /// The first payment was never made.
        Abandoned = "abandoned",
    }
}

open_enum! {
    /// The billing period of a [`SubscriptionItem`].
    PlanPeriod {
        /// Billed monthly.
        Month = "month",
        /// Billed annually.
        Annual = "annual",
    }
}

/// The next payment for a subscription or a subscription item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NextPayment {
    /// When the payment is due.
    #[serde(default, with = "millis")]
    pub date: Option<Timestamp>,
    /// The plan's base fee, excluding per-unit fees. [`totals`](Self::totals) includes the per-unit fees.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub amount: Option<Money>,
    /// The totals for each type of billing unit, such as seats.
    #[serde(default, deserialize_with = "lenient::or_default", skip_serializing_if = "Vec::is_empty")]
    pub per_unit_totals: Vec<PerUnitTotal>,
    /// The totals of the payment, excluding tax and credits.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub totals: Option<Totals>,
}

impl lenient::Object for NextPayment {}

/// A proration credit for a subscription item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubscriptionCredit {
    /// The credit amount.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub amount: Option<Money>,
    /// The remaining portion of the billing period. In webhooks, the value ranges from 0.0 to 1.0. Clerk does not
    /// document the range for API responses.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub cycle_remaining_percent: Option<f64>,
}

impl lenient::Object for SubscriptionCredit {}

/// The billed seats of a subscription item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Seats {
    /// The number of seats, or `None` if unlimited.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub quantity: Option<u64>,
    /// The total for each price tier.
    #[serde(default, deserialize_with = "lenient::or_default", skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<PerUnitTotalTier>,
}

impl lenient::Object for Seats {}

/// A user's subscription to one plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "commerce_subscription_item")]
#[non_exhaustive]
pub struct SubscriptionItem {
    /// The item's id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: SubscriptionItemId,
    /// The id of the Clerk instance.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<InstanceId>,
    /// The item's status.
    #[serde(deserialize_with = "lenient::required")]
    pub status: SubscriptionItemStatus,
    /// The proration credit for the item. Clerk sends this field only in webhooks about payment attempts.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub credit: Option<SubscriptionCredit>,
    /// All credits for the item.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub credits: Option<Credits>,
    /// The plan's id.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub plan_id: Option<PlanId>,
    /// The id of the price.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub price_id: Option<PriceId>,
    /// The plan.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// The billing period.
    #[serde(deserialize_with = "lenient::required")]
    pub plan_period: PlanPeriod,
    /// The payment method.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<PaymentMethod>,
    /// The total amount paid so far.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub lifetime_paid: Option<Money>,
    /// The next payment.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub next_payment: Option<NextPayment>,
    /// The payer's id.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub payer_id: Option<PayerId>,
    /// The payer.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub payer: Option<Payer>,
    /// Whether the item includes a free trial.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub is_free_trial: bool,
    /// When the billing period started.
    #[serde(default, with = "millis")]
    pub period_start: Option<Timestamp>,
    /// When the billing period ends.
    #[serde(default, with = "millis")]
    pub period_end: Option<Timestamp>,
    /// The date from which the item is prorated, such as `2026-01-31`.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub proration_date: Option<Text>,
    /// When the item was canceled.
    #[serde(default, with = "millis")]
    pub canceled_at: Option<Timestamp>,
    /// When a payment became overdue.
    #[serde(default, with = "millis")]
    pub past_due_at: Option<Timestamp>,
    /// When the item ended.
    #[serde(default, with = "millis")]
    pub ended_at: Option<Timestamp>,
    /// When the item was created.
    #[serde(default, with = "millis", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When the item was last updated.
    #[serde(default, with = "millis", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// The billed seats.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub seats: Option<Seats>,
    /// The item's totals.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub totals: Option<Totals>,
}

impl lenient::Object for SubscriptionItem {}

impl SubscriptionItem {
    /// Creates an active item with the given id and billing period.
    #[must_use]
    pub fn new(id: SubscriptionItemId, plan_period: PlanPeriod) -> Self {
        Self {
            id,
            instance_id: None,
            status: SubscriptionItemStatus::Active,
            credit: None,
            credits: None,
            plan_id: None,
            price_id: None,
            plan: None,
            plan_period,
            payment_method: None,
            lifetime_paid: None,
            next_payment: None,
            payer_id: None,
            payer: None,
            is_free_trial: false,
            period_start: None,
            period_end: None,
            proration_date: None,
            canceled_at: None,
            past_due_at: None,
            ended_at: None,
            created_at: None,
            updated_at: None,
            seats: None,
            totals: None,
        }
    }
}

/// A user's subscription to one or more plans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "commerce_subscription")]
#[non_exhaustive]
pub struct Subscription {
    /// The subscription's id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: SubscriptionId,
    /// The id of the Clerk instance.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<InstanceId>,
    /// The subscription's status.
    #[serde(deserialize_with = "lenient::required")]
    pub status: SubscriptionStatus,
    /// The payer's id.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub payer_id: Option<PayerId>,
    /// When the subscription was created.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When the subscription was last updated.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
    /// When the subscription became active.
    #[serde(default, with = "millis")]
    pub active_at: Option<Timestamp>,
    /// When a payment became overdue.
    #[serde(default, with = "millis")]
    pub past_due_at: Option<Timestamp>,
    /// The items, one for each subscribed plan.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub subscription_items: Vec<SubscriptionItem>,
    /// The next payment.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub next_payment: Option<NextPayment>,
    /// Whether the payer is eligible for a free trial.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub eligible_for_free_trial: Option<bool>,
}

impl Subscription {
    /// Creates an active subscription with the given id and no items.
    #[must_use]
    pub fn new(id: SubscriptionId) -> Self {
        Self {
            id,
            instance_id: None,
            status: SubscriptionStatus::Active,
            payer_id: None,
            created_at: None,
            updated_at: None,
            active_at: None,
            past_due_at: None,
            subscription_items: Vec::new(),
            next_payment: None,
            eligible_for_free_trial: None,
        }
    }
}
