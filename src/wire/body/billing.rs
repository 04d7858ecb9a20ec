//! The request body of `POST /users/{user_id}/billing/credits`.

use serde::{Serialize, Serializer};

use super::object::Object;
use crate::model::billing::{CreditAdjustment, CreditDirection};
#[cfg(feature = "wire")]
use {
    super::Form,
    crate::error::{Result, codes},
    crate::model::Text,
};

/// The request body of `POST /users/{user_id}/billing/credits`.
#[derive(Debug)]
pub struct CreditAdjustmentBody<'a>(pub &'a CreditAdjustment);

const fn direction_name(direction: CreditDirection) -> &'static str {
    match direction {
        CreditDirection::Increase => "increase",
        CreditDirection::Decrease => "decrease",
    }
}

impl Serialize for CreditAdjustmentBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let CreditAdjustment { amount, direction, currency, idempotency_key, note } = self.0;
        let mut object = Object::new(serializer.serialize_map(None)?);
        object.required("amount", amount)?;
        object.required("action", direction_name(*direction))?;
        object.optional("currency", currency.as_ref())?;
        object.required("idempotency_key", idempotency_key)?;
        object.optional("note", note.as_ref())?;
        object.end()
    }
}

/// Parses the `adjust_billing_credit_balance` request body.
///
/// # Errors
///
/// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) with one detail for each problem in the body.
#[cfg(feature = "wire")]
pub fn read_credit_adjustment(body: &[u8]) -> Result<CreditAdjustment> {
    let mut form = Form::parse(body)?;
    let amount: i64 = form.required("amount");
    if form.is_valid() && amount < 1 {
        form.reject(codes::INVALID_CREDIT_AMOUNT, "amount", "must be positive");
    }
    let amount = u64::try_from(amount).unwrap_or_default();
    let directions = [CreditDirection::Increase, CreditDirection::Decrease];
    let choices = directions.map(|direction| (direction_name(direction), direction));
    let direction = form.required_choice("action", &choices);
    let currency: Option<Text> = form.non_null("currency");
    let key: Text = form.required("idempotency_key");
    let note: Option<Text> = form.non_null("note");
    form.finish()?;
    // A missing direction was rejected above.
    let adjustment = match direction {
        Some(CreditDirection::Decrease) => CreditAdjustment::decrease(amount, key),
        _ => CreditAdjustment::increase(amount, key),
    };
    Ok(CreditAdjustment { currency, note, ..adjustment })
}
