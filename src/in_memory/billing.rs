//! Billing subscriptions and credit.

use super::Inner;
use super::record::Credit;
use super::rejection;
use crate::error::{Result, codes};
use crate::model::UserId;
use crate::model::billing::{CreditAdjustment, CreditBalance, CreditDirection, CreditLedgerEntry, Money, Subscription};

impl Inner {
    pub(super) fn billing_subscription(&self, id: &UserId) -> Result<Subscription> {
        self.check_billing()?;
        let record = self.record(id)?;
        let subscription = record.resources.as_ref().and_then(|all| all.subscription.clone());
        subscription.ok_or_else(|| rejection::not_found("subscription of user", id.as_str()))
    }

    pub(super) fn credit_balance(&self, id: &UserId) -> Result<CreditBalance> {
        self.check_billing()?;
        let record = self.record(id)?;
        let credit = record.resources.as_ref().and_then(|all| all.credit.as_ref());
        Ok(CreditBalance::new(credit.map(|credit| credit.balance.clone())))
    }

    pub(super) fn adjust_credit(&self, id: &UserId, adjustment: &CreditAdjustment) -> Result<CreditLedgerEntry> {
        adjustment.validate()?;
        self.check_billing()?;
        let (entry_id, payer_id) = (self.new_id("ccl")?, self.new_id("cpayer")?);
        self.try_edit(id, |record, now| {
            let credit = record.resources.as_ref().and_then(|all| all.credit.as_ref());
            let balance = credit.map(|credit| &credit.balance);
            let currency = adjustment.currency.clone().unwrap_or_else(|| "USD".into());
            let change = signed(adjustment)?;
            if let Some(entry) = credit.and_then(|credit| credit.ledger.get(adjustment.idempotency_key.as_str())) {
                let same = entry.amount == Money::new(change, currency);
                return if same {
                    Ok(entry.clone())
                } else {
                    Err(rejection::conflict("the idempotency key was used for a different adjustment"))
                };
            }
            if balance.is_some_and(|balance| balance.currency != currency) {
                return Err(rejection::invalid_param(
                    codes::FORM_PARAM_VALUE_INVALID,
                    "currency",
                    "is not the currency of the balance",
                ));
            }
            let Some(sum) = balance.map_or(0, |balance| balance.amount).checked_add(change) else {
                return Err(rejection::invalid_param(
                    codes::FORM_PARAM_VALUE_INVALID,
                    "amount",
                    "overflows the balance",
                ));
            };
            if sum < 0 {
                return Err(rejection::invalid_param(
                    codes::INSUFFICIENT_CREDIT_BALANCE,
                    "amount",
                    "exceeds the balance",
                ));
            }
            let payer_id = credit.map_or(payer_id, |credit| credit.payer_id.clone());
            let mut entry = CreditLedgerEntry::new(entry_id, payer_id.clone(), Money::new(change, currency.clone()));
            entry.source_type = "grant".into();
            entry.source_id = adjustment.idempotency_key.clone();
            entry.note.clone_from(&adjustment.note);
            entry.created_at = Some(now);

            let empty = || Credit { payer_id, balance: Money::default(), ledger: std::collections::HashMap::new() };
            let credit = record.resources_mut().credit.get_or_insert_with(empty);
            credit.balance = Money::new(sum, currency);
            credit.ledger.insert(adjustment.idempotency_key.to_string(), entry.clone());
            Ok(entry)
        })
    }

    fn check_billing(&self) -> Result<()> {
        if self.settings.billing {
            return Ok(());
        }
        Err(rejection::forbidden(codes::BILLING_NOT_ENABLED, "billing for users is disabled"))
    }
}

fn signed(adjustment: &CreditAdjustment) -> Result<i64> {
    let amount = i64::try_from(adjustment.amount)
        .map_err(|_| rejection::invalid_param(codes::INVALID_CREDIT_AMOUNT, "amount", "is too large"))?;
    Ok(match adjustment.direction {
        CreditDirection::Increase => amount,
        CreditDirection::Decrease => -amount,
    })
}
