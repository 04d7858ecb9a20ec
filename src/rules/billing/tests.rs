use super::*;
use crate::error::ErrorKind;
use crate::rules::InstanceSettings;
use crate::rules::tests::{Instance, assert_rejected, empty_account, full_account, id, now};

fn usd(cents: i64) -> Money {
    Money::new(cents, "USD")
}

#[test]
fn check_billing_rejects_disabled_billing() {
    assert!(check_billing(Instance::default().context()).is_ok());
    let without = Instance::new(InstanceSettings::permissive().billing(false));
    assert_rejected(check_billing(without.context()), ErrorKind::Forbidden, &[(codes::BILLING_NOT_ENABLED, None)]);
}

#[test]
fn subscription_returns_the_subscription() {
    assert_eq!(subscription(&full_account()).unwrap(), Subscription::new(id("csub_1")));
}

#[test]
fn subscription_is_not_found_if_there_is_none() {
    let mut account = full_account();
    account.resources_mut().subscription = None;
    for account in [account, empty_account()] {
        let error = subscription(&account).unwrap_err();
        assert_eq!(error.details()[0].long_message(), "Subscription not found");
        assert_rejected(Err::<(), _>(error), ErrorKind::NotFound, &[(codes::SUBSCRIPTION_NOT_FOUND, None)]);
    }
}

#[test]
fn credit_balance_returns_the_balance_if_there_is_one() {
    assert_eq!(credit_balance(&full_account()).balance, Some(usd(500)));
    assert_eq!(credit_balance(&empty_account()).balance, None);
    let mut account = full_account();
    account.resources_mut().credit = None;
    assert_eq!(credit_balance(&account).balance, None);
}

#[test]
fn adjust_credit_limits_the_length_of_the_key_and_the_note() {
    let instance = Instance::default();
    let adjustment = |key: usize, note: usize| CreditAdjustment::increase(1, "k".repeat(key)).note("é".repeat(note));
    let mut account = empty_account();
    adjust_credit(&mut account, &adjustment(256, 1024), instance.context()).unwrap();
    let before = account.clone();
    let too_long = |name| (codes::FORM_PARAM_MAX_LENGTH_EXCEEDED, Some(name));
    for (adjustment, expected) in [
        (adjustment(257, 0), &[too_long("idempotency_key")][..]),
        (adjustment(257, 1025), &[too_long("idempotency_key"), too_long("note")]),
    ] {
        let result = adjust_credit(&mut account, &adjustment, instance.context());
        assert_rejected(result, ErrorKind::InvalidInput, expected);
        assert_eq!(account, before);
    }
}

#[test]
fn adjust_credit_opens_a_ledger_in_dollars() {
    let instance = Instance::default();
    let mut account = empty_account();
    let adjustment = CreditAdjustment::increase(250, "key-1").note("welcome");
    let entry = adjust_credit(&mut account, &adjustment, instance.context()).unwrap();

    let mut expected = CreditLedgerEntry::new(id("ccl_1"), id("cpayer_1"), usd(250));
    expected.source_type = "grant".into();
    expected.source_id = "key-1".into();
    expected.note = Some("welcome".into());
    expected.created_at = Some(now());
    assert_eq!(entry, expected);

    let mut credit = Credit::new(id("cpayer_1"));
    credit.balance = usd(250);
    credit.ledger.insert("key-1".to_owned(), expected);
    let mut changed = empty_account();
    changed.resources_mut().credit = Some(credit);
    assert_eq!(account, changed);
}

#[test]
fn adjust_credit_changes_the_balance_and_keeps_the_payer() {
    for (adjustment, change, balance) in [
        (CreditAdjustment::increase(1, "key-1"), 1, 501),
        (CreditAdjustment::decrease(1, "key-1"), -1, 499),
        (CreditAdjustment::decrease(500, "key-1"), -500, 0),
        (CreditAdjustment::increase(1, "key-1").currency("USD"), 1, 501),
    ] {
        let mut account = full_account();
        let entry = adjust_credit(&mut account, &adjustment, Instance::default().context()).unwrap();
        assert_eq!((&entry.amount, entry.payer_id.as_str()), (&usd(change), "cpayer_old"));
        assert_eq!(credit_balance(&account).balance, Some(usd(balance)));
    }
}

#[test]
fn adjust_credit_is_in_us_dollars() {
    let instance = Instance::default();
    let mut account = empty_account();
    for (key, currency) in [("key-1", "usd"), ("key-2", "USD")] {
        let adjustment = CreditAdjustment::increase(5, key).currency(currency);
        assert_eq!(adjust_credit(&mut account, &adjustment, instance.context()).unwrap().amount, usd(5));
    }
    adjust_credit(&mut account, &CreditAdjustment::increase(5, "key-3"), instance.context()).unwrap();
    assert_eq!(credit_balance(&account).balance, Some(usd(15)));

    account.resources_mut().credit.as_mut().unwrap().balance = Money::new(5, "EUR");
    let in_dollars = adjust_credit(&mut account, &CreditAdjustment::increase(5, "key-4"), instance.context());
    assert_rejected(in_dollars, ErrorKind::InvalidInput, &[(codes::CURRENCY_INVALID, None)]);
}

#[test]
fn adjust_credit_rejects_unsupported_currencies() {
    let instance = Instance::default();
    for currency in ["", "US", "dollars", "U$D", "EUR", "XXX", " USD"] {
        let adjustment = CreditAdjustment::increase(5, "key-1").currency(currency);
        let result = adjust_credit(&mut empty_account(), &adjustment, instance.context());
        assert_rejected(result, ErrorKind::InvalidInput, &[(codes::CURRENCY_INVALID, None)]);
    }
}

#[test]
fn adjust_credit_with_used_idempotency_key_returns_the_first_entry() {
    let instance = Instance::default();
    let mut account = full_account();
    let first = CreditAdjustment::decrease(400, "key-1").note("first");
    let entry = adjust_credit(&mut account, &first, instance.context()).unwrap();
    let after = account.clone();
    // The balance would not suffice for another decrease. The note can differ.
    let again = CreditAdjustment::decrease(400, "key-1").currency("USD").note("second");
    assert_eq!(adjust_credit(&mut account, &again, instance.context()).unwrap(), entry);
    assert_eq!(account, after);

    let other = CreditAdjustment::decrease(100, "key-2");
    assert_eq!(adjust_credit(&mut account, &other, instance.context()).unwrap().id, "ccl_2");
}

#[test]
fn adjust_credit_rejects_idempotency_key_of_a_different_adjustment() {
    let instance = Instance::default();
    let mut account = full_account();
    adjust_credit(&mut account, &CreditAdjustment::increase(400, "key-1"), instance.context()).unwrap();
    let after = account.clone();
    for different in [
        CreditAdjustment::increase(401, "key-1"),
        CreditAdjustment::decrease(400, "key-1"),
        CreditAdjustment::increase(400, "key-1").currency("EUR"),
    ] {
        let result = adjust_credit(&mut account, &different, instance.context());
        assert_rejected(result, ErrorKind::Conflict, &[(codes::CONFLICT, None)]);
        assert_eq!(account, after);
    }
}

#[test]
fn adjust_credit_rejects_amounts_out_of_range() {
    let max = i64::MAX.unsigned_abs();
    for (adjustment, code) in [
        (CreditAdjustment::decrease(501, "key-1"), codes::INSUFFICIENT_CREDIT_BALANCE),
        (CreditAdjustment::increase(max - 499, "key-1"), codes::FORM_PARAM_VALUE_INVALID),
        (CreditAdjustment::increase(max + 1, "key-1"), codes::INVALID_CREDIT_AMOUNT),
        (CreditAdjustment::decrease(u64::MAX, "key-1"), codes::INVALID_CREDIT_AMOUNT),
    ] {
        let mut account = full_account();
        let result = adjust_credit(&mut account, &adjustment, Instance::default().context());
        assert_rejected(result, ErrorKind::InvalidInput, &[(code, Some("amount"))]);
        assert_eq!(account, full_account());
    }
    let mut account = full_account();
    let largest = CreditAdjustment::increase(max - 500, "key-1");
    adjust_credit(&mut account, &largest, Instance::default().context()).unwrap();
    assert_eq!(credit_balance(&account).balance, Some(usd(i64::MAX)));
}

#[test]
fn adjust_credit_rejects_decrease_without_credit() {
    let adjustment = CreditAdjustment::decrease(1, "key-1");
    let result = adjust_credit(&mut empty_account(), &adjustment, Instance::default().context());
    assert_rejected(result, ErrorKind::InvalidInput, &[(codes::INSUFFICIENT_CREDIT_BALANCE, Some("amount"))]);
}
