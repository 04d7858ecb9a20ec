//! Subscriptions and their items.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::plan::Plan;
use super::totals::{Credits, Money, PerUnitTotal, PerUnitTotalTier, Totals};
use crate::model::id::{
    InstanceId, OrganizationId, PayerId, PaymentMethodId, PlanId, PriceId, SubscriptionId, SubscriptionItemId, UserId,
};
use crate::model::lenient::{self, millis, open_enum};
use crate::model::text::Text;

open_enum! {
    /// The state of a [`Subscription`].
    SubscriptionStatus {
        /// In force.
        Active = "active",
        /// A payment is overdue.
        PastDue = "past_due",
        /// Cancelled.
        Canceled = "canceled",
        /// Over.
        Ended = "ended",
        /// Never completed.
        Abandoned = "abandoned",
        /// Waiting for the first payment.
        Incomplete = "incomplete",
    }
}

open_enum! {
    /// The state of a [`SubscriptionItem`].
    SubscriptionItemStatus {
        /// In force.
        Active = "active",
        /// Cancelled, and in force until the period ends.
        Canceled = "canceled",
        /// Expired.
        Expired = "expired",
        /// Over.
        Ended = "ended",
        /// A payment is overdue.
        PastDue = "past_due",
        /// Begins later.
        Upcoming = "upcoming",
        /// Waiting for the first payment.
        Incomplete = "incomplete",
        /// Never completed.
        Abandoned = "abandoned",
    }
}

open_enum! {
    /// How often a [`SubscriptionItem`] is billed.
    PlanPeriod {
        /// Every month.
        Month = "month",
        /// Every year.
        Annual = "annual",
    }
}

open_enum! {
    /// What a [`PaymentMethod`] is.
    PaymentType {
        /// A card.
        Card = "card",
        /// Link by Stripe.
        Link = "link",
        /// The payer's credit.
        PayerCredits = "payer-credits",
    }
}

open_enum! {
    /// Whether a [`PaymentMethod`] can be used.
    PaymentMethodStatus {
        /// It can.
        Active = "active",
        /// It cannot.
        Disconnected = "disconnected",
    }
}

/// Who pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "commerce_payer")]
#[non_exhaustive]
pub struct Payer {
    /// The payer's id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: PayerId,
    /// The instance.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<InstanceId>,
    /// The user, if a user pays.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The first name.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub first_name: Option<Text>,
    /// The last name.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub last_name: Option<Text>,
    /// The email address.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub email: Option<Text>,
    /// The organization, if one pays.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// The name of the organization.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub organization_name: Option<Text>,
    /// The payer's picture.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub image_url: Option<Text>,
    /// The payer's credit.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub credits_balance: Option<Money>,
    /// When the payer was created.
    #[serde(default, with = "millis", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When the payer was changed.
    #[serde(default, with = "millis", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

impl lenient::Object for Payer {}

impl Payer {
    /// A payer with nothing else known.
    #[must_use]
    pub fn new(id: PayerId) -> Self {
        Self {
            id,
            instance_id: None,
            user_id: None,
            first_name: None,
            last_name: None,
            email: None,
            organization_id: None,
            organization_name: None,
            image_url: None,
            credits_balance: None,
            created_at: None,
            updated_at: None,
        }
    }
}

/// What is paid with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "commerce_payment_method")]
#[non_exhaustive]
pub struct PaymentMethod {
    /// Its id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: PaymentMethodId,
    /// Who pays with it.
    #[serde(deserialize_with = "lenient::required")]
    pub payer_id: PayerId,
    /// What it is.
    #[serde(deserialize_with = "lenient::required")]
    pub payment_type: PaymentType,
    /// Whether it is used if nobody chooses.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub is_default: Option<bool>,
    /// The payment gateway.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub gateway: Text,
    /// Its id at the gateway.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub gateway_external_id: Text,
    /// The account at the gateway.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub gateway_external_account_id: Option<Text>,
    /// The last four digits of the card.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub last4: Option<Text>,
    /// Whether it can be used.
    #[serde(deserialize_with = "lenient::required")]
    pub status: PaymentMethodStatus,
    /// The wallet that holds the card.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub wallet_type: Option<Text>,
    /// The brand of the card.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub card_type: Option<Text>,
    /// The year in which the card expires.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub expiry_year: Option<u16>,
    /// The month in which the card expires, from 1.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub expiry_month: Option<u8>,
    /// When it was added.
    #[serde(default, with = "millis", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    #[serde(default, with = "millis", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Whether it may be removed.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub is_removable: Option<bool>,
}

impl lenient::Object for PaymentMethod {}

impl PaymentMethod {
    /// An active payment method with nothing else known.
    #[must_use]
    pub fn new(id: PaymentMethodId, payer_id: PayerId, payment_type: PaymentType) -> Self {
        Self {
            id,
            payer_id,
            payment_type,
            is_default: None,
            gateway: Text::default(),
            gateway_external_id: Text::default(),
            gateway_external_account_id: None,
            last4: None,
            status: PaymentMethodStatus::Active,
            wallet_type: None,
            card_type: None,
            expiry_year: None,
            expiry_month: None,
            created_at: None,
            updated_at: None,
            is_removable: None,
        }
    }
}

/// The next payment of a subscription, or of one of its items.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NextPayment {
    /// When it is due.
    #[serde(default, with = "millis")]
    pub date: Option<Timestamp>,
    /// The price of the plan itself; [`totals`](Self::totals) has the whole.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub amount: Option<Money>,
    /// What the units cost.
    #[serde(default, deserialize_with = "lenient::or_default", skip_serializing_if = "Vec::is_empty")]
    pub per_unit_totals: Vec<PerUnitTotal>,
    /// How the sum comes about, before tax and credit.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub totals: Option<Totals>,
}

impl lenient::Object for NextPayment {}

/// Credit on an item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubscriptionCredit {
    /// The credit.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub amount: Option<Money>,
    /// The part of the period that is left, in percent.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub cycle_remaining_percent: Option<f64>,
}

impl lenient::Object for SubscriptionCredit {}

/// The seats that are billed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Seats {
    /// How many; `None` means any number.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub quantity: Option<u64>,
    /// What they cost.
    #[serde(default, deserialize_with = "lenient::or_default", skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<PerUnitTotalTier>,
}

impl lenient::Object for Seats {}

/// A user's subscription to one plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "commerce_subscription_item")]
#[non_exhaustive]
pub struct SubscriptionItem {
    /// Its id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: SubscriptionItemId,
    /// The instance.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<InstanceId>,
    /// Its state.
    #[serde(deserialize_with = "lenient::required")]
    pub status: SubscriptionItemStatus,
    /// Credit on it. Only in events.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub credit: Option<SubscriptionCredit>,
    /// All credit on it.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub credits: Option<Credits>,
    /// The plan.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub plan_id: Option<PlanId>,
    /// The price.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub price_id: Option<PriceId>,
    /// The plan, in full.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// How often it is billed.
    #[serde(deserialize_with = "lenient::required")]
    pub plan_period: PlanPeriod,
    /// What it is paid with.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<PaymentMethod>,
    /// What was paid so far.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub lifetime_paid: Option<Money>,
    /// The next payment.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub next_payment: Option<NextPayment>,
    /// Who pays.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub payer_id: Option<PayerId>,
    /// Who pays, in full.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub payer: Option<Payer>,
    /// Whether it is a free trial.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub is_free_trial: bool,
    /// When the period began.
    #[serde(default, with = "millis")]
    pub period_start: Option<Timestamp>,
    /// When the period ends.
    #[serde(default, with = "millis")]
    pub period_end: Option<Timestamp>,
    /// The day from which it is prorated, as `2026-01-31`.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub proration_date: Option<Text>,
    /// When it was cancelled.
    #[serde(default, with = "millis")]
    pub canceled_at: Option<Timestamp>,
    /// Since when a payment is overdue.
    #[serde(default, with = "millis")]
    pub past_due_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, with = "millis")]
    pub ended_at: Option<Timestamp>,
    /// When it was created.
    #[serde(default, with = "millis", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    #[serde(default, with = "millis", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// The seats that are billed.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub seats: Option<Seats>,
    /// How the sum comes about.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub totals: Option<Totals>,
}

impl lenient::Object for SubscriptionItem {}

impl SubscriptionItem {
    /// An active item with nothing else known.
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

/// What a user is subscribed to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "commerce_subscription")]
#[non_exhaustive]
pub struct Subscription {
    /// Its id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: SubscriptionId,
    /// The instance.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<InstanceId>,
    /// Its state.
    #[serde(deserialize_with = "lenient::required")]
    pub status: SubscriptionStatus,
    /// Who pays.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub payer_id: Option<PayerId>,
    /// When it was created.
    #[serde(default, with = "millis")]
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    #[serde(default, with = "millis")]
    pub updated_at: Option<Timestamp>,
    /// Since when it is in force.
    #[serde(default, with = "millis")]
    pub active_at: Option<Timestamp>,
    /// Since when a payment is overdue.
    #[serde(default, with = "millis")]
    pub past_due_at: Option<Timestamp>,
    /// The plans.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub subscription_items: Vec<SubscriptionItem>,
    /// The next payment.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub next_payment: Option<NextPayment>,
    /// Whether the user may try a plan for nothing.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub eligible_for_free_trial: Option<bool>,
}

impl Subscription {
    /// An active subscription with nothing else known.
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
