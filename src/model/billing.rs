//! Billing: subscriptions, credit, and what they are made of.
//!
//! The API names these objects `commerce_…`.

mod credit;
mod plan;
mod subscription;
mod totals;

pub use credit::{CreditAdjustment, CreditBalance, CreditDirection, CreditLedgerEntry};
pub use plan::{Feature, Plan, UnitPrice, UnitPriceTier};
pub use subscription::{
    NextPayment, Payer, PaymentMethod, PaymentMethodStatus, PaymentType, PlanPeriod, Seats, Subscription,
    SubscriptionCredit, SubscriptionItem, SubscriptionItemStatus, SubscriptionStatus,
};
pub use totals::{
    Credits, Discounts, Money, PayerCredit, PerUnitTotal, PerUnitTotalTier, ProrationCredit, ProrationDiscount, Totals,
};
