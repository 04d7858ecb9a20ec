//! Required and disabled attributes, and identifications.

use user_directory::model::{EmailAddressReplacement, IdentifierStatus, PhoneNumberReplacement};
use user_directory::{Error, NewUser, User, UserUpdate, codes};

use super::{Assumption, not_probed, probed};
use crate::probe::{Disagreement, Finding, Probe, accepted, if_enabled, not_applicable, rejected_param};

pub const ASSUMPTIONS: &[Assumption] = &[
    probed("With `skip_user_requirement`, required names can also be omitted.", |probe| {
        Box::pin(skip_user_requirement_exempts_from_names(probe))
    }),
    not_probed(
        "If a password is the only way to sign in, a missing required password is rejected with the code \
         `form_data_missing`, even with `skip_password_requirement`.",
        "the instance must disable all other ways to sign in",
    ),
    not_probed(
        "A disabled username, name or password cannot be set.",
        "the API does not return which attributes are disabled",
    ),
    probed("A required name cannot be cleared.", |probe| Box::pin(required_name_cannot_be_cleared(probe))),
    not_probed(
        "Passkeys do not count as identifications, and neither do phone numbers that are second factors.",
        "no users operation creates passkeys or reserves phone numbers as second factors",
    ),
    probed("Unverified email addresses and phone numbers count.", |probe| {
        Box::pin(unverified_identifiers_are_identifications(probe))
    }),
];

fn is_missing(error: &Error) -> bool {
    [codes::FORM_DATA_MISSING, codes::FORM_PARAM_MISSING].iter().any(|code| error.has_code(code))
}

/// Fails unless the instance requires a first name.
async fn expect_first_name_required(probe: &Probe<'_>) -> Finding {
    match probe.users.create(&probe.new_user()).await {
        Ok(_) => not_applicable("the first name is optional"),
        Err(error) if is_missing(&error) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn skip_user_requirement_exempts_from_names(probe: &Probe<'_>) -> Finding {
    expect_first_name_required(probe).await?;
    let created = probe.users.create(&probe.new_user().skip_user_requirement(true)).await;
    accepted("a user without a first name", created).map(drop)
}

async fn required_name_cannot_be_cleared(probe: &Probe<'_>) -> Finding {
    expect_first_name_required(probe).await?;
    let ada = probe.create(probe.new_user().first_name("Ada")).await?;
    let result = probe.users.update(&ada.id, &UserUpdate::new().clear_first_name()).await;
    rejected_param("clearing the first name", result, "first_name")
}

async fn unverified_identifiers_are_identifications(probe: &Probe<'_>) -> Finding {
    let ada = user_with_wallet(probe).await?;
    let email = EmailAddressReplacement::new(probe.email_address()).identification_status(IdentifierStatus::Unverified);
    probe.users.replace_email_address(&ada.id, &email).await?;
    expect_wallet_deletable(probe, &ada, "an unverified email address").await?;
    if_enabled(unverified_phone_number_is_an_identification(probe).await)
}

async fn unverified_phone_number_is_an_identification(probe: &Probe<'_>) -> Finding {
    let ada = user_with_wallet(probe).await?;
    let phone = PhoneNumberReplacement::new(probe.phone_number()).identification_status(IdentifierStatus::Unverified);
    probe.users.replace_phone_number(&ada.id, &phone).await?;
    expect_wallet_deletable(probe, &ada, "an unverified phone number").await
}

/// Creates a user whose only identification is a wallet.
async fn user_with_wallet(probe: &Probe<'_>) -> Finding<User> {
    // The external id allows the clean-up to find the user.
    let new_user = NewUser::new().external_id(probe.external_id()?).skip_password_requirement(true);
    probe.create(new_user.skip_user_requirement(true).web3_wallet(probe.web3_wallet())).await
}

/// Fails unless the wallet of a user with another identification can be deleted.
async fn expect_wallet_deletable(probe: &Probe<'_>, ada: &User, other: &str) -> Finding {
    let Some(wallet_id) = &ada.primary_web3_wallet_id else {
        return Err(Disagreement::Differs("the user has no primary wallet".to_owned()));
    };
    let deleted = probe.users.delete_web3_wallet(&ada.id, wallet_id).await;
    accepted(&format!("deleting the wallet of a user with {other}"), deleted).map(drop)
}
