//! Amounts of money and payment totals.

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
    /// The amount in the smallest unit of the currency, such as cents.
    #[serde(deserialize_with = "lenient::required")]
    pub amount: i64,
    /// The formatted amount, such as `$49.99`. [`Money::new`] formats the amount without a currency symbol.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub amount_formatted: Text,
    /// The ISO 4217 currency code, such as `USD`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub currency: Text,
    /// The currency symbol, such as `$`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub currency_symbol: Text,
}

impl lenient::Object for Money {}

impl Money {
    /// Creates an amount in the smallest unit of a currency, such as cents.
    ///
    /// `currency` is an ISO 4217 code, such as `USD`. The code determines the number of decimal places in the
    /// formatted amount. Amounts in an unknown currency have two decimal places.
    ///
    /// The currency symbol is `$` for USD, `€` for EUR, `£` for GBP, and the currency code for all other currencies.
    ///
    /// ```
    /// use user_directory::billing::Money;
    ///
    /// assert_eq!(Money::new(-4_999, "USD").amount_formatted, "-49.99");
    /// assert_eq!(Money::new(4_999, "JPY").amount_formatted, "4999");
    /// assert_eq!(Money::new(4_999, "KWD").amount_formatted, "4.999");
    /// ```
    #[must_use]
    pub fn new(amount: i64, currency: impl Into<Text>) -> Self {
        let currency = currency.into();
        let (sign, absolute) = (if amount < 0 { "-" } else { "" }, amount.unsigned_abs());
        let currency_symbol = match currency.as_str() {
            "USD" => Text::from_static("$"),
            "EUR" => Text::from_static("€"),
            "GBP" => Text::from_static("£"),
            _ => currency.clone(),
        };
        let amount_formatted = match decimals(&currency) {
            0 => format!("{sign}{absolute}"),
            decimals => {
                let unit = 10_u64.pow(decimals);
                format!("{sign}{}.{:0width$}", absolute / unit, absolute % unit, width = decimals as usize)
            }
        };
        Self { amount, amount_formatted: amount_formatted.into(), currency, currency_symbol }
    }
}

/// Returns the number of decimals that ISO 4217 specifies for a currency.
fn decimals(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

/// The total for one price tier of a billing unit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PerUnitTotalTier {
    /// The number of billed units, or `None` if unlimited.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub quantity: Option<u64>,
    /// The price per [block](PerUnitTotal::block_size) of units.
    #[serde(deserialize_with = "lenient::required")]
    pub fee_per_block: Money,
    /// The total for the tier.
    #[serde(deserialize_with = "lenient::required")]
    pub total: Money,
}

impl lenient::Object for PerUnitTotalTier {}

/// The totals for one type of billing unit, such as seats.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PerUnitTotal {
    /// The name of the unit, such as `seats`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: Text,
    /// The number of units per pricing block.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub block_size: Option<u64>,
    /// The total for each price tier.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub tiers: Vec<PerUnitTotalTier>,
}

impl lenient::Object for PerUnitTotal {}

/// The credit for the unused part of a prepaid billing period.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProrationCredit {
    /// The credit amount.
    #[serde(deserialize_with = "lenient::required")]
    pub amount: Money,
    /// The number of days remaining in the billing period.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub cycle_days_remaining: Option<u32>,
    /// The total number of days in the billing period.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub cycle_days_total: Option<u32>,
    /// The remaining portion of the billing period. In webhooks, the value ranges from 0.0 to 1.0. Clerk does not
    /// document the range for API responses.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub cycle_remaining_percent: Option<f64>,
}

impl lenient::Object for ProrationCredit {}

/// The credit applied from the payer's balance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PayerCredit {
    /// The balance remaining after the payment.
    #[serde(deserialize_with = "lenient::required")]
    pub remaining_balance: Money,
    /// The amount applied to the payment.
    #[serde(deserialize_with = "lenient::required")]
    pub applied_amount: Money,
}

impl lenient::Object for PayerCredit {}

/// All credits for a payment or a subscription item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Credits {
    /// The credit for the unused part of a prepaid billing period.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub proration: Option<ProrationCredit>,
    /// The credit applied from the payer's balance.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub payer: Option<PayerCredit>,
    /// The sum of the credits.
    #[serde(deserialize_with = "lenient::required")]
    pub total: Money,
}

impl lenient::Object for Credits {}

/// The discount for the elapsed part of a billing period.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProrationDiscount {
    /// The discount amount.
    #[serde(deserialize_with = "lenient::required")]
    pub amount: Money,
    /// The number of days elapsed in the billing period.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub cycle_days_passed: Option<u32>,
    /// The total number of days in the billing period.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub cycle_days_total: Option<u32>,
    /// The elapsed portion of the billing period. Clerk does not document the range of values.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub cycle_passed_percent: Option<f64>,
}

impl lenient::Object for ProrationDiscount {}

/// All discounts on a payment or a subscription item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Discounts {
    /// The discount for the elapsed part of the billing period.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub proration: Option<ProrationDiscount>,
    /// The sum of the discounts.
    #[serde(deserialize_with = "lenient::required")]
    pub total: Money,
}

impl lenient::Object for Discounts {}

/// The totals of a payment or a subscription item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Totals {
    /// The amount before tax, credits and discounts.
    #[serde(deserialize_with = "lenient::required")]
    pub subtotal: Money,
    /// The plan's base fee.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub base_fee: Money,
    /// The total tax.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub tax_total: Money,
    /// The amount due.
    #[serde(deserialize_with = "lenient::required")]
    pub grand_total: Money,
    /// The totals for each type of billing unit, such as seats.
    #[serde(default, deserialize_with = "lenient::or_default", skip_serializing_if = "Vec::is_empty")]
    pub per_unit_totals: Vec<PerUnitTotal>,
    /// The deducted credits.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub credits: Option<Credits>,
    /// The applied discounts.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub discounts: Option<Discounts>,
}

impl lenient::Object for Totals {}

#[cfg(test)]
mod tests {
    use super::Money;

    #[test]
    fn amount_is_formatted_with_the_decimals_of_the_currency() {
        for (amount, currency, formatted) in [
            (4_999, "USD", "49.99"),
            (-5, "EUR", "-0.05"),
            (4_999, "JPY", "4999"),
            (-1, "KRW", "-1"),
            (12_345, "KWD", "12.345"),
            (7, "TND", "0.007"),
            (12_345, "CLF", "1.2345"),
            (-7, "UYW", "-0.0007"),
            (100, "unknown", "1.00"),
            (i64::MIN, "USD", "-92233720368547758.08"),
        ] {
            assert_eq!(Money::new(amount, currency).amount_formatted, formatted, "{amount} {currency}");
        }
    }
}
