//! Credit: what a user has, and how it changes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::totals::Money;
use crate::error::{Error, Result};
use crate::model::id::{CreditLedgerEntryId, PayerId};
use crate::model::lenient::{self, rfc3339};
use crate::model::text::Text;

/// The credit that a user has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "commerce_credit_balance")]
#[non_exhaustive]
pub struct CreditBalance {
    /// The credit; `None` if there never was any.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub balance: Option<Money>,
}

impl CreditBalance {
    /// A balance.
    #[must_use]
    pub fn new(balance: Option<Money>) -> Self {
        Self { balance }
    }
}

/// One change of a user's credit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "commerce_credit_ledger")]
#[non_exhaustive]
pub struct CreditLedgerEntry {
    /// Its id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: CreditLedgerEntryId,
    /// The payer whose credit was changed.
    #[serde(deserialize_with = "lenient::required")]
    pub payer_id: PayerId,
    /// The change: positive for more credit, negative for less.
    #[serde(deserialize_with = "lenient::required")]
    pub amount: Money,
    /// What kind of thing caused it, such as `grant`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub source_type: Text,
    /// Which thing caused it.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub source_id: Text,
    /// The note of the adjustment.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
    /// When it was made.
    #[serde(default, with = "rfc3339")]
    pub created_at: Option<Timestamp>,
}

impl CreditLedgerEntry {
    /// An entry with nothing else known.
    #[must_use]
    pub fn new(id: CreditLedgerEntryId, payer_id: PayerId, amount: Money) -> Self {
        Self {
            id,
            payer_id,
            amount,
            source_type: Text::default(),
            source_id: Text::default(),
            note: None,
            created_at: None,
        }
    }
}

/// Whether a [`CreditAdjustment`] gives or takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditDirection {
    /// More credit.
    Increase,
    /// Less credit.
    Decrease,
}

/// A change of a user's credit that is to be made once.
///
/// ```
/// use user_directory::billing::CreditAdjustment;
///
/// let refund = CreditAdjustment::increase(1_500, "refund-order-4711").currency("USD").note("Order 4711");
/// assert!(refund.validate().is_ok());
/// assert!(CreditAdjustment::decrease(0, "key").validate().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CreditAdjustment {
    /// How much, in cents; more than zero.
    pub amount: u64,
    /// Which way.
    #[serde(rename = "action")]
    pub direction: CreditDirection,
    /// The currency, as ISO 4217 writes it; USD if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Text>,
    /// What makes the adjustment unique: a second one with the same key changes nothing and answers the first entry.
    pub idempotency_key: Text,
    /// A note for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

impl CreditAdjustment {
    fn new(direction: CreditDirection, amount: u64, idempotency_key: Text) -> Self {
        Self { amount, direction, currency: None, idempotency_key, note: None }
    }

    /// More credit, in cents.
    #[must_use]
    pub fn increase(amount: u64, idempotency_key: impl Into<Text>) -> Self {
        Self::new(CreditDirection::Increase, amount, idempotency_key.into())
    }

    /// Less credit, in cents.
    #[must_use]
    pub fn decrease(amount: u64, idempotency_key: impl Into<Text>) -> Self {
        Self::new(CreditDirection::Decrease, amount, idempotency_key.into())
    }

    /// In another currency than USD.
    #[must_use]
    pub fn currency(mut self, currency: impl Into<Text>) -> Self {
        self.currency = Some(currency.into());
        self
    }

    /// With a note for people.
    #[must_use]
    pub fn note(mut self, note: impl Into<Text>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Checks what the service would misread.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the amount is zero or too large for the API, or the
    /// idempotency key is empty.
    pub fn validate(&self) -> Result<()> {
        if self.amount == 0 || i64::try_from(self.amount).is_err() {
            return Err(Error::invalid_input("amount", "the amount must be greater than zero and fit 63 bits"));
        }
        if self.idempotency_key.is_empty() {
            return Err(Error::invalid_input("idempotency_key", "the idempotency key must not be empty"));
        }
        Ok(())
    }
}
