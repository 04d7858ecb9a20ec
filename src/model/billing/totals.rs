//! Amounts of money and how they add up.

use serde::{Deserialize, Serialize};

use crate::model::lenient;
use crate::model::text::Text;

/// An amount of money.
///
/// ```
/// use user_directory::billing::Money;
///
/// let price = Money::new(4_999, "USD");
/// assert_eq!(price.amount, 4_999);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Money {
    /// The amount in cents.
    #[serde(deserialize_with = "lenient::required")]
    pub amount: i64,
    /// The amount for people, such as `49.99`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub amount_formatted: Text,
    /// The currency, as ISO 4217 writes it.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub currency: Text,
    /// The sign of the currency.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub currency_symbol: Text,
}

impl lenient::Object for Money {}

impl Money {
    /// An amount in cents.
    #[must_use]
    pub fn new(amount: i64, currency: impl Into<Text>) -> Self {
        let currency = currency.into();
        let (sign, cents) = (if amount < 0 { "-" } else { "" }, amount.unsigned_abs());
        let currency_symbol = match currency.as_str() {
            "USD" => Text::from_static("$"),
            "EUR" => Text::from_static("€"),
            "GBP" => Text::from_static("£"),
            _ => currency.clone(),
        };
        let amount_formatted = format!("{sign}{}.{:02}", cents / 100, cents % 100).into();
        Self { amount, amount_formatted, currency, currency_symbol }
    }
}

/// What is billed in one tier of a unit's price.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PerUnitTotalTier {
    /// The units that are billed; `None` means any number.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub quantity: Option<u64>,
    /// The price of a block of units.
    #[serde(deserialize_with = "lenient::required")]
    pub fee_per_block: Money,
    /// The sum for this tier.
    #[serde(deserialize_with = "lenient::required")]
    pub total: Money,
}

impl lenient::Object for PerUnitTotalTier {}

/// What is billed for one kind of unit, such as seats.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PerUnitTotal {
    /// The name of the unit.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: Text,
    /// How many units make a block.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub block_size: Option<u64>,
    /// The sums of the tiers.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub tiers: Vec<PerUnitTotalTier>,
}

impl lenient::Object for PerUnitTotal {}

/// Credit for the rest of a period that was paid already.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProrationCredit {
    /// The credit.
    #[serde(deserialize_with = "lenient::required")]
    pub amount: Money,
    /// The days that are left of the period.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub cycle_days_remaining: Option<u32>,
    /// The days of the whole period.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub cycle_days_total: Option<u32>,
    /// The part of the period that is left, in percent.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub cycle_remaining_percent: Option<f64>,
}

impl lenient::Object for ProrationCredit {}

/// Credit that the payer had.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PayerCredit {
    /// What is left.
    #[serde(deserialize_with = "lenient::required")]
    pub remaining_balance: Money,
    /// What was used.
    #[serde(deserialize_with = "lenient::required")]
    pub applied_amount: Money,
}

impl lenient::Object for PayerCredit {}

/// All credit that was taken off.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Credits {
    /// For the rest of a period that was paid already.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub proration: Option<ProrationCredit>,
    /// From the payer's balance.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub payer: Option<PayerCredit>,
    /// The sum.
    #[serde(deserialize_with = "lenient::required")]
    pub total: Money,
}

impl lenient::Object for Credits {}

/// A discount for the part of a period that has passed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProrationDiscount {
    /// The discount.
    #[serde(deserialize_with = "lenient::required")]
    pub amount: Money,
    /// The days that have passed of the period.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub cycle_days_passed: Option<u32>,
    /// The days of the whole period.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub cycle_days_total: Option<u32>,
    /// The part of the period that has passed, in percent.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub cycle_passed_percent: Option<f64>,
}

impl lenient::Object for ProrationDiscount {}

/// All discounts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Discounts {
    /// For the part of a period that has passed.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub proration: Option<ProrationDiscount>,
    /// The sum.
    #[serde(deserialize_with = "lenient::required")]
    pub total: Money,
}

impl lenient::Object for Discounts {}

/// How the sum of a payment comes about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Totals {
    /// Before tax, credit and discounts.
    #[serde(deserialize_with = "lenient::required")]
    pub subtotal: Money,
    /// The price of the plan itself.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub base_fee: Money,
    /// The tax.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub tax_total: Money,
    /// What is to be paid.
    #[serde(deserialize_with = "lenient::required")]
    pub grand_total: Money,
    /// What the units cost.
    #[serde(default, deserialize_with = "lenient::or_default", skip_serializing_if = "Vec::is_empty")]
    pub per_unit_totals: Vec<PerUnitTotal>,
    /// What was taken off as credit.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub credits: Option<Credits>,
    /// What was taken off as discounts.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub discounts: Option<Discounts>,
}

impl lenient::Object for Totals {}
