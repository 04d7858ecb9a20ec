//! A user's credit balance, ledger entries and adjustments.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::totals::Money;
use crate::error::{InputRule, Result};
use crate::model::id::{CreditLedgerEntryId, PayerId};
use crate::model::lenient::{self, rfc3339};
use crate::model::text::Text;

/// A user's credit balance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "commerce_credit_balance")]
#[non_exhaustive]
pub struct CreditBalance {
    /// The balance, or `None` if the user has never had credits.
    #[serde(default, deserialize_with = "lenient::optional")]
    pub balance: Option<Money>,
}

impl CreditBalance {
    /// Creates a credit balance.
    #[must_use]
    pub fn new(balance: Option<Money>) -> Self {
        Self { balance }
    }
}

/// An entry in a user's credit ledger: one change to the balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "commerce_credit_ledger")]
#[non_exhaustive]
pub struct CreditLedgerEntry {
    /// The entry's id.
    #[serde(deserialize_with = "lenient::required")]
    pub id: CreditLedgerEntryId,
    /// The id of the payer whose balance changed.
    #[serde(deserialize_with = "lenient::required")]
    pub payer_id: PayerId,
    /// The change: positive for an increase, negative for a decrease.
    #[serde(deserialize_with = "lenient::required")]
    pub amount: Money,
    /// The type of the source that caused the change, such as `grant`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub source_type: Text,
    /// The id of the source that caused the change.
    ///
    /// [`StoreUserDirectory`](crate::StoreUserDirectory) uses the adjustment's idempotency key as the id.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub source_id: Text,
    /// A human-readable note.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
    /// When the entry was created.
    #[serde(default, with = "rfc3339")]
    pub created_at: Option<Timestamp>,
}

impl CreditLedgerEntry {
    /// Creates a ledger entry for the given payer and amount.
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

/// Whether a [`CreditAdjustment`] increases or decreases the balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CreditDirection {
    /// Increases the balance.
    Increase,
    /// Decreases the balance.
    Decrease,
}

/// A request to [adjust](crate::UserDirectory::adjust_billing_credit_balance) a user's credit balance.
///
/// The [idempotency key](Self::idempotency_key) makes the request safe to retry.
///
/// ```
/// use user_directory::billing::CreditAdjustment;
///
/// let refund = CreditAdjustment::increase(1_500, "refund-order-4711").currency("USD").note("Order 4711");
/// assert!(refund.validate().is_ok());
/// assert!(CreditAdjustment::decrease(0, "key").validate().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CreditAdjustment {
    /// The amount in the smallest unit of the currency, such as cents.
    ///
    /// The valid range is from 1 to [`i64::MAX`].
    pub amount: u64,
    /// Whether to increase or decrease the balance.
    pub direction: CreditDirection,
    /// The ISO 4217 currency code. The default is `USD`.
    pub currency: Option<Text>,
    /// The idempotency key.
    ///
    /// Repeating an adjustment with the same key changes nothing and returns the original ledger entry. Reusing the key
    /// with a different amount, direction or currency fails with [`Conflict`](crate::ErrorKind::Conflict).
    pub idempotency_key: Text,
    /// A human-readable note.
    pub note: Option<Text>,
}

impl CreditAdjustment {
    fn new(direction: CreditDirection, amount: u64, idempotency_key: Text) -> Self {
        Self { amount, direction, currency: None, idempotency_key, note: None }
    }

    /// Creates an adjustment that increases the balance.
    ///
    /// `amount` is in the smallest unit of the currency, such as cents, and must be from 1 to [`i64::MAX`].
    #[must_use]
    pub fn increase(amount: u64, idempotency_key: impl Into<Text>) -> Self {
        Self::new(CreditDirection::Increase, amount, idempotency_key.into())
    }

    /// Creates an adjustment that decreases the balance.
    ///
    /// `amount` is in the smallest unit of the currency, such as cents, and must be from 1 to [`i64::MAX`].
    #[must_use]
    pub fn decrease(amount: u64, idempotency_key: impl Into<Text>) -> Self {
        Self::new(CreditDirection::Decrease, amount, idempotency_key.into())
    }

    /// Sets the ISO 4217 currency code. The default is `USD`.
    #[must_use]
    pub fn currency(mut self, currency: impl Into<Text>) -> Self {
        self.currency = Some(currency.into());
        self
    }

    /// Sets a human-readable note.
    #[must_use]
    pub fn note(mut self, note: impl Into<Text>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Checks the amount and the idempotency key.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the amount is 0 or exceeds [`i64::MAX`], or if the
    /// idempotency key is empty.
    pub fn validate(&self) -> Result<()> {
        if self.amount == 0 || i64::try_from(self.amount).is_err() {
            return Err(InputRule::CreditAmount.violated_by("amount"));
        }
        if self.idempotency_key.is_empty() {
            return Err(InputRule::IdempotencyKey.violated_by("idempotency_key"));
        }
        Ok(())
    }
}
