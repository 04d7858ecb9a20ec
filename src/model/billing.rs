//! Billing types: subscriptions, plans, payment methods and credits.

mod credit;
mod payment;
mod plan;
mod subscription;
mod totals;

pub use credit::{CreditAdjustment, CreditBalance, CreditDirection, CreditLedgerEntry};
pub use payment::{Payer, PaymentMethod, PaymentMethodStatus, PaymentType};
pub use plan::{Feature, Plan, UnitPrice, UnitPriceTier};
pub use subscription::{
    NextPayment, PlanPeriod, Seats, Subscription, SubscriptionCredit, SubscriptionItem, SubscriptionItemStatus,
    SubscriptionStatus,
};
pub use totals::{
    Credits, Discounts, Money, PayerCredit, PerUnitTotal, PerUnitTotalTier, ProrationCredit, ProrationDiscount, Totals,
};
