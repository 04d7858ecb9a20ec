//! Billing subscriptions and credit.

use super::rejection::param_detail;
use super::validation::max_length;
use super::{Context, new_id, rejection};
use crate::account::{Account, Credit};
use crate::error::{Error, ErrorKind, Result, codes};
use crate::model::PayerId;
use crate::model::billing::{CreditAdjustment, CreditBalance, CreditDirection, CreditLedgerEntry, Money, Subscription};

/// The only currency that Clerk Billing supports, according to its documentation.
const CURRENCY: &str = "USD";
const MAX_KEY_CHARS: usize = 256;
const MAX_NOTE_CHARS: usize = 1024;

/// Returns an error if billing is disabled.
pub(crate) fn check_billing(context: Context<'_>) -> Result<()> {
    if context.settings.billing { Ok(()) } else { Err(rejection::billing_disabled()) }
}

pub(crate) fn subscription(account: &Account) -> Result<Subscription> {
    let subscription = account.resources.as_ref().and_then(|all| all.subscription.clone());
    let not_found = "Subscription not found";
    subscription.ok_or_else(|| rejection::missing(codes::SUBSCRIPTION_NOT_FOUND, not_found, not_found))
}

pub(crate) fn credit_balance(account: &Account) -> CreditBalance {
    let credit = account.resources.as_ref().and_then(|all| all.credit.as_ref());
    CreditBalance::new(credit.map(|credit| credit.balance.clone()))
}

/// Adjusts the credit.
///
/// If the idempotency key was used before, returns the existing entry, or an error if its amount differs.
pub(crate) fn adjust_credit(
    account: &mut Account,
    adjustment: &CreditAdjustment,
    context: Context<'_>,
) -> Result<CreditLedgerEntry> {
    let credit = account.resources.as_ref().and_then(|all| all.credit.as_ref());
    let balance = credit.map(|credit| &credit.balance);
    check_lengths(adjustment)?;
    let is_supported = adjustment.currency.as_ref().is_none_or(|currency| currency.eq_ignore_ascii_case(CURRENCY));
    let change = signed(adjustment)?;
    if let Some(entry) = credit.and_then(|credit| credit.ledger.get(adjustment.idempotency_key.as_str())) {
        let same = is_supported && entry.amount == Money::new(change, CURRENCY);
        return if same {
            Ok(entry.clone())
        } else {
            Err(rejection::conflict("The idempotency key was used for a different adjustment."))
        };
    }
    if !is_supported || balance.is_some_and(|balance| balance.currency != CURRENCY) {
        return Err(rejection::invalid(codes::CURRENCY_INVALID, "Invalid currency", "Currency is not supported"));
    }
    let Some(sum) = balance.map_or(0, |balance| balance.amount).checked_add(change) else {
        return Err(rejection::invalid_param(codes::FORM_PARAM_VALUE_INVALID, "amount", "overflows the balance"));
    };
    if sum < 0 {
        let long = "The decrease amount exceeds the current credit balance";
        let message = "Insufficient credit balance";
        let detail = param_detail(codes::INSUFFICIENT_CREDIT_BALANCE, "amount", message, long);
        return Err(Error::rejected(ErrorKind::InvalidInput, [detail]));
    }
    let entry_id = new_id(context.ids, "ccl")?;
    let payer_id = payer_id(account, context)?;
    let mut entry = CreditLedgerEntry::new(entry_id, payer_id.clone(), Money::new(change, CURRENCY));
    entry.source_type = "grant".into();
    entry.source_id = adjustment.idempotency_key.clone();
    entry.note.clone_from(&adjustment.note);
    entry.created_at = Some(context.now);

    let credit = account.resources_mut().credit.get_or_insert_with(|| Credit::new(payer_id));
    credit.balance = Money::new(sum, CURRENCY);
    credit.ledger.insert(adjustment.idempotency_key.to_string(), entry.clone());
    Ok(entry)
}

/// Returns the user's payer id, or generates one if neither the credit nor the subscription has one.
pub(super) fn payer_id(account: &Account, context: Context<'_>) -> Result<PayerId> {
    let resources = account.resources.as_ref();
    let of_credit = resources.and_then(|all| all.credit.as_ref()).map(|credit| &credit.payer_id);
    let of_subscription = || resources.and_then(|all| all.subscription.as_ref()?.payer_id.as_ref());
    match of_credit.or_else(of_subscription) {
        Some(id) => Ok(id.clone()),
        None => new_id(context.ids, "cpayer"),
    }
}

/// Checks the lengths of the idempotency key and the note, because the ledger stores them permanently.
fn check_lengths(adjustment: &CreditAdjustment) -> Result<()> {
    let key = max_length("idempotency_key", &adjustment.idempotency_key, MAX_KEY_CHARS);
    let note = adjustment.note.as_ref().map_or(Ok(()), |note| max_length("note", note, MAX_NOTE_CHARS));
    rejection::invalid_params(key.err().into_iter().chain(note.err()).collect())
}

fn signed(adjustment: &CreditAdjustment) -> Result<i64> {
    let amount = i64::try_from(adjustment.amount)
        .map_err(|_| rejection::invalid_param(codes::INVALID_CREDIT_AMOUNT, "amount", "is too large"))?;
    Ok(match adjustment.direction {
        CreditDirection::Increase => amount,
        CreditDirection::Decrease => -amount,
    })
}

#[cfg(test)]
mod tests;
