//! Filters of `list` and `count`.

use std::time::Duration;

use user_directory::jiff::Timestamp;
use user_directory::model::OAuthProvider;
use user_directory::time::{Clock, SystemClock};
use user_directory::{UserFilter, codes};

use super::{Assumption, probed};
use crate::probe::{Disagreement, Finding, Probe, accepted, if_enabled, rejected};

pub const ASSUMPTIONS: &[Assumption] = &[
    probed("Filters by email address, phone number, username and wallet are combined with OR.", |probe| {
        Box::pin(identifiers_are_combined_with_or(probe))
    }),
    probed("All other filters are combined with AND.", |probe| Box::pin(other_filters_are_combined_with_and(probe))),
    probed("A user for whom a timestamp is not set does not match any filter on that timestamp.", |probe| {
        Box::pin(missing_timestamp_matches_no_bound(probe))
    }),
    probed("Time bounds are exclusive, except for `last_active_at_since`.", |probe| {
        Box::pin(time_bounds_are_exclusive(probe))
    }),
    probed("Email addresses, usernames and Ethereum wallets are compared case-insensitively.", |probe| {
        Box::pin(identifiers_are_compared_case_insensitively(probe))
    }),
    probed("Other identifiers and external ids are compared case-sensitively.", |probe| {
        Box::pin(external_ids_are_compared_case_sensitively(probe))
    }),
    probed(
        "Case-insensitive comparison, here and in queries, uses full Unicode case folding and canonical equivalence: \
         `straße` equals `STRASSE`, and the composed form of `é` equals the decomposed one.",
        |probe| Box::pin(comparison_uses_unicode(probe)),
    ),
    probed(
        "A query that contains a space is also matched against the full name (first and last name separated by a space).",
        |probe| Box::pin(query_with_space_matches_full_name(probe)),
    ),
    probed(
        "A filter with an unknown OAuth provider is rejected with the code `oauth_unsupported_provider`.",
        |probe| Box::pin(unknown_provider_is_rejected(probe)),
    ),
    probed("A known provider that is not enabled is accepted.", |probe| Box::pin(disabled_provider_is_accepted(probe))),
];

async fn identifiers_are_combined_with_or(probe: &Probe<'_>) -> Finding {
    let (email, phone, other) = (probe.email_address(), probe.phone_number(), probe.email_address());
    let ada = probe.create(probe.new_user().email_address(email.as_str())).await?;
    let grace = probe.create(probe.new_user().phone_number(phone.as_str())).await?;
    probe.user().await?;
    probe.expect_listed(UserFilter::new().email_addresses([email, other]).phone_number(phone), &[&ada, &grace]).await
}

async fn other_filters_are_combined_with_and(probe: &Probe<'_>) -> Finding {
    let external_id = probe.word();
    let ada = probe.create(probe.new_user().external_id(external_id.as_str())).await?;
    let grace = probe.user().await?;
    let both = UserFilter::new().user_ids([ada.id.clone(), grace.id.clone()]);
    probe.expect_listed(both.clone(), &[&ada, &grace]).await?;
    probe.expect_listed(both.clone().external_id(external_id.as_str()), &[&ada]).await?;
    probe.expect_listed(both.external_id(external_id).banned(true), &[]).await
}

async fn missing_timestamp_matches_no_bound(probe: &Probe<'_>) -> Finding {
    let ada = probe.user().await?;
    let filter = UserFilter::new().user_id(ada.id.clone());
    let future = SystemClock.now() + Duration::from_secs(86_400);
    probe.expect_listed(filter.clone(), &[&ada]).await?;
    probe.expect_listed(filter.clone().last_sign_in_at_before(future), &[]).await?;
    probe.expect_listed(filter.last_sign_in_at_after(Timestamp::UNIX_EPOCH), &[]).await
}

async fn time_bounds_are_exclusive(probe: &Probe<'_>) -> Finding {
    let at = Timestamp::from_millisecond(1_577_836_800_000).unwrap_or_default();
    let ada = probe.create(probe.new_user().created_at(at)).await?;
    let filter = UserFilter::new().user_id(ada.id.clone());
    let millisecond = Duration::from_millis(1);
    probe.expect_listed(filter.clone().created_at_before(at), &[]).await?;
    probe.expect_listed(filter.clone().created_at_before(at + millisecond), &[&ada]).await?;
    probe.expect_listed(filter.clone().created_at_after(at), &[]).await?;
    probe.expect_listed(filter.created_at_after(at - millisecond), &[&ada]).await
}

async fn identifiers_are_compared_case_insensitively(probe: &Probe<'_>) -> Finding {
    let email = probe.email_address();
    let ada = probe.create(probe.new_user().email_address(email.as_str())).await?;
    probe.expect_listed(UserFilter::new().email_address(email.to_uppercase()), &[&ada]).await?;
    if_enabled(username_is_compared_case_insensitively(probe).await)?;
    if_enabled(wallet_is_compared_case_insensitively(probe).await)
}

async fn username_is_compared_case_insensitively(probe: &Probe<'_>) -> Finding {
    let username = probe.word();
    let ada = probe.create(probe.new_user().username(username.as_str())).await?;
    probe.expect_listed(UserFilter::new().username(username.to_uppercase()), &[&ada]).await
}

async fn wallet_is_compared_case_insensitively(probe: &Probe<'_>) -> Finding {
    let wallet = probe.web3_wallet();
    let ada = probe.create(probe.new_user().web3_wallet(wallet.as_str())).await?;
    let upper = format!("0x{}", wallet.trim_start_matches("0x").to_uppercase());
    probe.expect_listed(UserFilter::new().web3_wallet(upper), &[&ada]).await
}

async fn external_ids_are_compared_case_sensitively(probe: &Probe<'_>) -> Finding {
    let external_id = probe.word();
    let ada = probe.create(probe.new_user().external_id(external_id.as_str())).await?;
    probe.expect_listed(UserFilter::new().external_id(external_id.to_uppercase()), &[]).await?;
    probe.expect_listed(UserFilter::new().external_id(external_id), &[&ada]).await
}

async fn comparison_uses_unicode(probe: &Probe<'_>) -> Finding {
    for (name, query) in [("straße", "STRASSE"), ("\u{e9}", "e\u{301}")] {
        let word = probe.word();
        let ada = probe.create(probe.new_user().first_name(format!("{word}{name}"))).await?;
        probe.expect_listed(UserFilter::new().name_query(format!("{word}{query}")), &[&ada]).await?;
    }
    Ok(())
}

async fn query_with_space_matches_full_name(probe: &Probe<'_>) -> Finding {
    let (first, last) = (probe.word(), probe.word());
    let ada = probe.create(probe.new_user().first_name(first.as_str()).last_name(last.as_str())).await?;
    probe.expect_listed(UserFilter::new().query(format!("{first} {last}")), &[&ada]).await?;
    probe.expect_listed(UserFilter::new().query(format!("{last} {first}")), &[]).await
}

fn provider_filter(provider: &str) -> Finding<UserFilter> {
    let provider = OAuthProvider::new(provider).map_err(|error| Disagreement::Failed(error.to_string()))?;
    Ok(UserFilter::new().provider_users(provider, ["1"]))
}

async fn unknown_provider_is_rejected(probe: &Probe<'_>) -> Finding {
    let filter = provider_filter("oauth_unknown_to_the_service")?;
    let listed = probe.users.list(&filter.clone().into()).await;
    rejected("a list with an unknown provider", listed, codes::OAUTH_UNSUPPORTED_PROVIDER)?;
    rejected("a count with an unknown provider", probe.users.count(&filter).await, codes::OAUTH_UNSUPPORTED_PROVIDER)
}

/// Probes a provider that few instances enable.
async fn disabled_provider_is_accepted(probe: &Probe<'_>) -> Finding {
    accepted("a count with a disabled provider", probe.users.count(&provider_filter("oauth_xero")?).await).map(drop)
}
