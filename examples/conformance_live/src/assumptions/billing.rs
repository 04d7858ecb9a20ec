//! External accounts, OAuth tokens and billing credits.

use user_directory::billing::CreditAdjustment;
use user_directory::model::OAuthProvider;
use user_directory::{ErrorKind, Page, codes};

use super::{Assumption, not_probed, probed};
use crate::probe::{Disagreement, Finding, Probe, rejected, same};

pub const ASSUMPTIONS: &[Assumption] = &[
    not_probed(
        "Deleting an external account deletes its tokens.",
        "no users operation creates external accounts; a user has to sign in with a provider",
    ),
    not_probed(
        "The email addresses and phone numbers that are linked to it are kept, without the link.",
        "no users operation creates external accounts; a user has to sign in with a provider",
    ),
    probed("`get_oauth_access_token` returns an empty list if the user has no token for the provider.", |probe| {
        Box::pin(user_without_token_has_an_empty_list(probe))
    }),
    probed(
        "The supported OAuth providers are those in the types of Clerk's JavaScript SDK, and custom providers.",
        |probe| Box::pin(providers_are_those_of_the_sdk(probe)),
    ),
    not_probed(
        "The expirations of tokens and invitations are encoded in milliseconds, and seconds are also decoded.",
        "no users operation creates tokens or invitations",
    ),
    probed("Idempotency keys are scoped to the user.", |probe| {
        Box::pin(idempotency_keys_are_scoped_to_the_user(probe))
    }),
    probed(
        "Reusing a key returns the original ledger entry if the amount, the direction and the currency are the same.",
        |probe| Box::pin(same_adjustment_returns_the_entry(probe)),
    ),
    probed("Otherwise, the operation fails with `Conflict` and the code `conflict`.", |probe| {
        Box::pin(other_adjustment_conflicts(probe))
    }),
    probed("An adjustment in a currency other than USD is rejected with the code `currency_invalid`.", |probe| {
        Box::pin(other_currency_is_rejected(probe))
    }),
];

async fn user_without_token_has_an_empty_list(probe: &Probe<'_>) -> Finding {
    let ada = probe.user().await?;
    let google = OAuthProvider::new("oauth_google").map_err(|error| Disagreement::Failed(error.to_string()))?;
    let tokens = probe.users.get_oauth_access_token(&ada.id, &google, &Page::default()).await?;
    same("the number of tokens", &tokens.len(), &0)
}

/// Probes the oldest and the newest providers of the types, and one that the types lack.
async fn providers_are_those_of_the_sdk(probe: &Probe<'_>) -> Finding {
    let ada = probe.user().await?;
    for name in ["google", "facebook", "github", "x", "huggingface", "enstall", "vercel", "custom_acme", "mastodon"] {
        let provider = OAuthProvider::new(name).map_err(|error| Disagreement::Failed(error.to_string()))?;
        let result = probe.users.get_oauth_access_token(&ada.id, &provider, &Page::default()).await;
        let is_supported = !result.is_err_and(|error| error.has_code(codes::OAUTH_UNSUPPORTED_PROVIDER));
        same(&format!("{name} is supported"), &is_supported, &provider.is_known())?;
    }
    Ok(())
}

async fn idempotency_keys_are_scoped_to_the_user(probe: &Probe<'_>) -> Finding {
    let (ada, grace) = (probe.user().await?, probe.user().await?);
    let adjustment = CreditAdjustment::increase(100, probe.word());
    let first = probe.users.adjust_billing_credit_balance(&ada.id, &adjustment).await?;
    let second = probe.users.adjust_billing_credit_balance(&grace.id, &adjustment).await?;
    same("the ledger entries of two users are different", &(first.id != second.id), &true)
}

async fn same_adjustment_returns_the_entry(probe: &Probe<'_>) -> Finding {
    let ada = probe.user().await?;
    let adjustment = CreditAdjustment::increase(100, probe.word());
    let first = probe.users.adjust_billing_credit_balance(&ada.id, &adjustment).await?;
    let second = probe.users.adjust_billing_credit_balance(&ada.id, &adjustment).await?;
    same("the ledger entry", &second.id, &first.id)?;
    let balance = probe.users.get_billing_credit_balance(&ada.id).await?.balance;
    same("the balance", &balance.map(|balance| balance.amount), &Some(100))
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

async fn other_currency_is_rejected(probe: &Probe<'_>) -> Finding {
    let ada = probe.user().await?;
    probe.users.adjust_billing_credit_balance(&ada.id, &CreditAdjustment::increase(100, probe.word())).await?;
    let other = CreditAdjustment::increase(100, probe.word()).currency("EUR");
    let result = probe.users.adjust_billing_credit_balance(&ada.id, &other).await;
    rejected("an adjustment in another currency", result, codes::CURRENCY_INVALID)
}
