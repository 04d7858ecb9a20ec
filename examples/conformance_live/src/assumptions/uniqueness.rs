//! Unique identifiers.

use user_directory::model::{EmailAddressReplacement, IdentifierStatus};
use user_directory::{NewUser, codes};

use super::{Assumption, not_probed, probed};
use crate::probe::{Finding, Probe, if_enabled, rejected};

pub const ASSUMPTIONS: &[Assumption] = &[
    probed("Verified and reserved email addresses and phone numbers are unique.", |probe| {
        Box::pin(verified_and_reserved_identifiers_are_unique(probe))
    }),
    probed("Unverified ones can belong to several users.", |probe| Box::pin(unverified_identifiers_are_shared(probe))),
    probed("Usernames, wallets, external ids and OAuth provider accounts are always unique.", |probe| {
        Box::pin(other_identifiers_are_unique(probe))
    }),
    not_probed(
        "An empty identifier of a loaded user is treated as missing.",
        "users are loaded only into a store, not into the service",
    ),
];

/// Fails unless the second user with an identifier is rejected.
async fn expect_unique(probe: &Probe<'_>, what: &str, first: NewUser, second: NewUser) -> Finding {
    probe.create(first).await?;
    rejected(what, probe.users.create(&second).await, codes::FORM_IDENTIFIER_EXISTS)
}

async fn verified_and_reserved_identifiers_are_unique(probe: &Probe<'_>) -> Finding {
    for reserved in [false, true] {
        let email = probe.email_address();
        let plain = NewUser::new().skip_password_requirement(true);
        let second = plain.clone().email_address(email.as_str());
        let first = if reserved { plain.reserved_email_address(email) } else { second.clone() };
        expect_unique(probe, "the email address of another user", first, second).await?;
    }
    if_enabled(phone_numbers_are_unique(probe).await)
}

async fn phone_numbers_are_unique(probe: &Probe<'_>) -> Finding {
    for reserved in [false, true] {
        let phone = probe.phone_number();
        let second = probe.new_user().phone_number(phone.as_str());
        let plain = probe.new_user();
        let first = if reserved { plain.reserved_phone_number(phone) } else { plain.phone_number(phone) };
        expect_unique(probe, "the phone number of another user", first, second).await?;
    }
    Ok(())
}

async fn unverified_identifiers_are_shared(probe: &Probe<'_>) -> Finding {
    let email = probe.email_address();
    let unverified = EmailAddressReplacement::new(email.as_str()).identification_status(IdentifierStatus::Unverified);
    for _ in 0..2 {
        let user = probe.user().await?;
        probe.users.replace_email_address(&user.id, &unverified).await?;
    }
    Ok(())
}

async fn other_identifiers_are_unique(probe: &Probe<'_>) -> Finding {
    let external_id = probe.word();
    let with = || probe.new_user().external_id(external_id.as_str());
    expect_unique(probe, "the external id of another user", with(), with()).await?;
    let username = probe.word();
    let with = || probe.new_user().username(username.as_str());
    if_enabled(expect_unique(probe, "the username of another user", with(), with()).await)?;
    let wallet = probe.web3_wallet();
    let with = || probe.new_user().web3_wallet(wallet.as_str());
    if_enabled(expect_unique(probe, "the wallet of another user", with(), with()).await)
}
