//! Billing credits.

use user_directory::billing::CreditAdjustment;
use user_directory::{ErrorKind, codes};

use super::{Assumption, probed};
use crate::probe::{Finding, Probe, rejected, same};

pub const ASSUMPTIONS: &[Assumption] = &[
    probed(
        "An idempotency key that the user has used for a different adjustment is rejected with the code `conflict`.",
        |probe| Box::pin(other_adjustment_conflicts(probe)),
    ),
    probed("Another user can use the same key.", |probe| Box::pin(other_user_can_use_the_key(probe))),
];

async fn other_user_can_use_the_key(probe: &Probe<'_>) -> Finding {
    let (ada, grace) = (probe.user().await?, probe.user().await?);
    let adjustment = CreditAdjustment::increase(100, probe.word());
    let first = probe.users.adjust_billing_credit_balance(&ada.id, &adjustment).await?;
    let second = probe.users.adjust_billing_credit_balance(&grace.id, &adjustment).await?;
    same("the ledger entries of two users are different", &(first.id != second.id), &true)
}

async fn other_adjustment_conflicts(probe: &Probe<'_>) -> Finding {
    let ada = probe.user().await?;
    let key = probe.word();
    probe.users.adjust_billing_credit_balance(&ada.id, &CreditAdjustment::increase(100, key.as_str())).await?;
    match probe.users.adjust_billing_credit_balance(&ada.id, &CreditAdjustment::increase(101, key)).await {
        Err(error) if error.kind() == ErrorKind::Conflict && error.has_code(codes::CONFLICT) => Ok(()),
        result => rejected("another adjustment with the same key", result, codes::CONFLICT),
    }
}
