//! The response to `GET /users/{user_id}/billing/subscription` before version 2025-11-10.

use serde_json::{Map, Value, json};

use crate::error::{Error, ErrorKind, Result};
use crate::model::billing::Subscription;

/// Encodes a subscription in the format of API versions before 2025-11-10.
///
/// In the second column, "also" means that the fields in the first column are kept.
///
/// | version 2025-11-10 and later | earlier versions |
/// | --- | --- |
/// | `next_payment.date` | also `next_payment.time` |
/// | `next_payment` of an item | also `next_invoice` |
/// | `payment_method` of an item | `payment_source` and `payment_source_id` |
/// | `payment_type` of a payment method | `payment_method`, which is always `card` |
/// | `fee`, `annual_monthly_fee`, `annual_fee` of a plan | also the numbers `amount`, `annual_monthly_amount`, `annual_amount`, the corresponding `…_formatted` strings, `currency` and `currency_symbol` |
/// | fee of an item's plan: `annual_fee` if `plan_period` is `annual`, otherwise `fee` | also `amount` of the item |
/// | the statuses `canceled` and `expired` of an item | `active` and `ended` |
/// | `for_payer_type` of a plan | also the list `payer_type` |
/// | missing strings and times that earlier versions require, such as `description` and `created_at` | empty strings and 0 |
/// | `credits`, `seats` and `totals` of an item; `unit_prices` of a plan | absent |
///
/// # Errors
///
/// Returns [`Server`](ErrorKind::Server) if the subscription cannot be encoded.
pub fn write_old_subscription(subscription: &Subscription) -> Result<Value> {
    let mut json = serde_json::to_value(subscription).map_err(|error| {
        Error::new(ErrorKind::Server).with_message("the subscription cannot be encoded").with_source(error)
    })?;
    if let Some(payment) = json.get_mut("next_payment").and_then(Value::as_object_mut) {
        let time = payment.get("date").filter(|date| !date.is_null()).cloned();
        payment.insert("time".to_owned(), time.unwrap_or_else(|| 0.into()));
    }
    for item in json.get_mut("subscription_items").and_then(Value::as_array_mut).into_iter().flatten() {
        item.as_object_mut().map(convert_item);
    }
    Ok(json)
}

fn convert_item(item: &mut Map<String, Value>) {
    for name in ["credits", "seats", "totals"] {
        item.remove(name);
    }
    let status = match item.get("status").and_then(Value::as_str) {
        Some("canceled") => Some("active"),
        Some("expired") => Some("ended"),
        _ => None,
    };
    item.extend(status.map(|status| ("status".to_owned(), status.into())));
    let method = item.remove("payment_method");
    let method_id = method.as_ref().and_then(|method| method.get("id")).cloned();
    item.insert("payment_source_id".to_owned(), method_id.unwrap_or_else(|| "".into()));
    item.insert("payment_source".to_owned(), method.map_or(Value::Null, payment_source));
    let payment = item.get("next_payment").cloned().unwrap_or_default();
    item.insert("next_invoice".to_owned(), payment);
    let fee = if item.get("plan_period") == Some(&json!("annual")) { "annual_fee" } else { "fee" };
    let amount = item.get("plan").and_then(|plan| plan.get(fee)).cloned();
    item.insert("amount".to_owned(), amount.unwrap_or_default());
    match item.get_mut("plan").and_then(Value::as_object_mut) {
        Some(plan) => convert_plan(plan),
        None => drop(item.insert("plan".to_owned(), Value::Null)),
    }
    fill_texts(item, &["plan_id", "payer_id", "proration_date"]);
    for name in ["created_at", "updated_at"] {
        item.entry(name).or_insert_with(|| 0.into());
    }
}

fn payment_source(mut method: Value) -> Value {
    if let Some(source) = method.as_object_mut() {
        source.insert("object".to_owned(), "commerce_source".into());
        // The other types of payment did not exist.
        source.remove("payment_type");
        source.insert("payment_method".to_owned(), "card".into());
        fill_texts(source, &["last4", "wallet_type", "card_type"]);
        for name in ["created_at", "updated_at"] {
            source.entry(name).or_insert_with(|| 0.into());
        }
    }
    method
}

fn convert_plan(plan: &mut Map<String, Value>) {
    plan.remove("unit_prices");
    let text = |fee: Option<&Value>, name| fee.and_then(|fee| fee.get(name)).cloned().unwrap_or_else(|| "".into());
    for (fee_name, amount_name) in
        [("fee", "amount"), ("annual_monthly_fee", "annual_monthly_amount"), ("annual_fee", "annual_amount")]
    {
        let fee = plan.get(fee_name).cloned();
        let amount = fee.as_ref().and_then(|fee| fee.get("amount")).cloned();
        plan.insert(amount_name.to_owned(), amount.unwrap_or_else(|| 0.into()));
        plan.insert(format!("{amount_name}_formatted"), text(fee.as_ref(), "amount_formatted"));
    }
    for name in ["currency", "currency_symbol"] {
        let value = text(plan.get("fee"), name);
        plan.insert(name.to_owned(), value);
    }
    let payer_type = plan.get("for_payer_type").cloned().unwrap_or_else(|| "".into());
    plan.insert("payer_type".to_owned(), json!([payer_type]));
    fill_texts(plan, &["description", "avatar_url"]);
    for feature in plan.get_mut("features").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(feature) = feature.as_object_mut() {
            fill_texts(feature, &["description", "avatar_url"]);
        }
    }
}

/// Replaces missing and `null` strings with empty strings, because the fields were not nullable.
fn fill_texts(object: &mut Map<String, Value>, names: &[&str]) {
    for name in names {
        if object.get(*name).is_none_or(Value::is_null) {
            object.insert((*name).to_owned(), "".into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_subscription_has_payment_sources_and_amounts() {
        let money = |amount: i64| json!({ "amount": amount, "amount_formatted": "9.99", "currency": "USD", "currency_symbol": "$" });
        let subscription = serde_json::from_value(json!({
            "id": "csub_1", "status": "active", "payer_id": "cpayer_1",
            "next_payment": { "date": 5, "amount": money(999) },
            "subscription_items": [{
                "id": "subi_1", "status": "canceled", "plan_period": "annual", "payer_id": "cpayer_1",
                "seats": { "quantity": 3 },
                "payment_method": { "id": "pm_1", "payer_id": "cpayer_1", "payment_type": "link", "status": "active" },
                "plan": { "id": "cplan_1", "name": "Pro", "for_payer_type": "user", "annual_fee": money(9990) },
            }],
        }));
        let json = write_old_subscription(&subscription.unwrap()).unwrap();
        assert_eq!((&json["next_payment"]["time"], &json["next_payment"]["date"]), (&json!(5), &json!(5)));
        let item = &json["subscription_items"][0];
        assert_eq!((&item["status"], &item["payment_source_id"]), (&json!("active"), &json!("pm_1")));
        assert_eq!(item["payment_source"]["object"], "commerce_source");
        assert_eq!(item["payment_source"]["payment_method"], "card");
        assert_eq!(item["amount"], money(9990));
        assert_eq!((&item["plan"]["annual_amount"], &item["plan"]["amount"]), (&json!(9990), &json!(0)));
        assert_eq!(item["plan"]["payer_type"], json!(["user"]));
        for name in ["seats", "credits", "totals", "payment_method"] {
            assert!(item.get(name).is_none(), "{name}");
        }
    }

    #[test]
    fn old_subscription_without_items_is_written() {
        let subscription = Subscription::new("csub_1".parse().unwrap());
        assert_eq!(write_old_subscription(&subscription).unwrap()["subscription_items"], json!([]));
    }
}
