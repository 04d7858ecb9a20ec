//! The request body of `POST /users/{user_id}/billing/credits`.

use serde::{Serialize, Serializer};

use super::object::Object;
use crate::model::billing::{CreditAdjustment, CreditDirection};
#[cfg(feature = "wire")]
use {
    super::Form,
    crate::error::{ErrorDetail, Result, codes},
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
/// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the body is invalid.
#[cfg(feature = "wire")]
pub fn read_credit_adjustment(body: &[u8]) -> Result<CreditAdjustment> {
    let mut form = Form::parse(body)?;
    let amount = form.required_integer("amount", &(1..=i64::MAX));
    // The service rejects negative amounts in the same way as zero.
    let amount = u64::try_from(amount).unwrap_or_default();
    let action: Text = form.required("action");
    let directions = [CreditDirection::Increase, CreditDirection::Decrease];
    let direction = directions.into_iter().find(|direction| action == direction_name(*direction));
    if direction.is_none() && !form.is_rejected("action") {
        let detail = ErrorDetail::new(codes::INVALID_CREDIT_ACTION).with_message("Invalid credit action");
        let long_message = "Credit action must be either 'increase' or 'decrease'";
        form.reject_with(detail.with_long_message(long_message).with_param_name("action"));
    }
    let currency: Option<Text> = form.optional("currency");
    let key: Text = form.required("idempotency_key");
    let note: Option<Text> = form.optional("note");
    form.finish()?;
    // A missing direction was rejected above.
    let adjustment = match direction {
        Some(CreditDirection::Decrease) => CreditAdjustment::decrease(amount, key),
        _ => CreditAdjustment::increase(amount, key),
    };
    let adjustment = CreditAdjustment { currency, note, ..adjustment };
    adjustment.validate()?;
    Ok(adjustment)
}
