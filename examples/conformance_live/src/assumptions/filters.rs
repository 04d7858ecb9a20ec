//! Filters of `list` and `count`.

use user_directory::model::OAuthProvider;
use user_directory::{User, UserFilter, codes};

use super::{Assumption, probed};
use crate::probe::{Disagreement, Finding, Probe, if_enabled, rejected};

pub const ASSUMPTIONS: &[Assumption] = &[
    probed(
        "Filters by username and by wallet are combined with OR, like those by email address and phone number.",
        |probe| Box::pin(usernames_and_wallets_are_combined_with_or(probe)),
    ),
    probed("Ethereum wallets are compared case-insensitively.", |probe| {
        Box::pin(wallets_are_compared_case_insensitively(probe))
    }),
    probed("External ids are compared case-sensitively.", |probe| {
        Box::pin(external_ids_are_compared_case_sensitively(probe))
    }),
    probed("A query with a space is also matched against the first and last name together.", |probe| {
        Box::pin(query_with_space_matches_full_name(probe))
    }),
    probed(
        "A filter with an unknown OAuth provider is rejected with the code `oauth_unsupported_provider`.",
        |probe| Box::pin(unknown_provider_is_rejected(probe)),
    ),
];

async fn usernames_and_wallets_are_combined_with_or(probe: &Probe<'_>) -> Finding {
    let email = probe.email_address();
    let ada = probe.create(probe.new_user().email_address(email.as_str())).await?;
    let by_email = UserFilter::new().email_address(email);
    if_enabled(username_is_combined_with_or(probe, by_email.clone(), &ada).await)?;
    let wallet = probe.web3_wallet();
    let grace = probe.create(probe.new_user().web3_wallet(wallet.as_str())).await?;
    probe.expect_listed(by_email.web3_wallet(wallet), &[&ada, &grace]).await
}

async fn username_is_combined_with_or(probe: &Probe<'_>, by_email: UserFilter, ada: &User) -> Finding {
    let username = probe.word();
    let grace = probe.create(probe.new_user().username(username.as_str())).await?;
    probe.expect_listed(by_email.username(username), &[ada, &grace]).await
}

async fn wallets_are_compared_case_insensitively(probe: &Probe<'_>) -> Finding {
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

async fn query_with_space_matches_full_name(probe: &Probe<'_>) -> Finding {
    let (first, last) = (probe.word(), probe.word());
    let ada = probe.create(probe.new_user().first_name(first.as_str()).last_name(last.as_str())).await?;
    probe.expect_listed(UserFilter::new().query(format!("{first} {last}")), &[&ada]).await?;
    probe.expect_listed(UserFilter::new().query(format!("{last} {first}")), &[]).await
}

async fn unknown_provider_is_rejected(probe: &Probe<'_>) -> Finding {
    let unknown = OAuthProvider::new("oauth_unknown_to_the_service");
    let unknown = unknown.map_err(|error| Disagreement::Failed(error.to_string()))?;
    let filter = UserFilter::new().provider_users(unknown, ["1"]);
    let listed = probe.users.list(&filter.clone().into()).await;
    rejected("a list with an unknown provider", listed, codes::OAUTH_UNSUPPORTED_PROVIDER)?;
    rejected("a count with an unknown provider", probe.users.count(&filter).await, codes::OAUTH_UNSUPPORTED_PROVIDER)
}
