//! Required and disabled attributes, and disabled features.

use user_directory::{Error, ErrorKind, NewUser, Page, Password, Result, Sessions, UserId, UserUpdate, codes};

use super::{Assumption, not_probed, probed};
use crate::probe::{
    Disagreement, Finding, Probe, accepted, if_enabled, is_disabled, not_applicable, rejected, rejected_param, same,
};

pub const ASSUMPTIONS: &[Assumption] = &[
    probed(
        "`skip_user_requirement` exempts a user from all required attributes except the password, but the user must have \
         an email address, a phone number, a username or a wallet.",
        |probe| Box::pin(skip_user_requirement_exempts_from_attributes(probe)),
    ),
    probed(
        "Without `skip_user_requirement`, a user without any identifier is accepted if no identifier is required.",
        |probe| Box::pin(user_without_identifier_is_accepted(probe)),
    ),
    probed("A disabled attribute cannot be set, but it can be cleared.", |probe| {
        Box::pin(disabled_attribute_can_be_cleared(probe))
    }),
    probed(
        "A required attribute cannot be cleared, except that `remove_password` also removes a required password.",
        |probe| Box::pin(required_attribute_cannot_be_cleared(probe)),
    ),
    probed("Operations that belong to a disabled feature fail before the user is looked up.", |probe| {
        Box::pin(disabled_feature_fails_before_lookup(probe))
    }),
    probed("The last identification of a user cannot be deleted.", |probe| {
        Box::pin(last_identification_cannot_be_deleted(probe))
    }),
    probed(
        "Email addresses, phone numbers, usernames, wallets, external accounts, SAML accounts and enterprise accounts \
         count as identifications.",
        |probe| Box::pin(other_identifiers_count_as_identifications(probe)),
    ),
    probed("Passkeys and external ids do not.", |probe| Box::pin(external_ids_are_no_identifications(probe))),
    not_probed(
        "If a SCIM directory manages an attribute of a user, selecting another primary identifier of that attribute, or \
         removing the password, is rejected like any other change.",
        "a SCIM directory is required to create such users",
    ),
];

/// Returns a user with only an external id.
fn anonymous(probe: &Probe<'_>) -> Finding<NewUser> {
    Ok(NewUser::new().external_id(probe.external_id()?).skip_password_requirement(true))
}

fn is_missing(error: &Error) -> bool {
    [codes::FORM_DATA_MISSING, codes::FORM_PARAM_MISSING].iter().any(|code| error.has_code(code))
}

async fn skip_user_requirement_exempts_from_attributes(probe: &Probe<'_>) -> Finding {
    let skipping = |new_user: NewUser| new_user.skip_user_requirement(true);
    match probe.users.create(&skipping(anonymous(probe)?)).await {
        Err(error) if is_missing(&error) => {}
        Err(error) => return Err(error.into()),
        Ok(_) => return Err(Disagreement::Differs("a user without any identifier is accepted".to_owned())),
    }
    let named = || NewUser::new().username(probe.word());
    match probe.users.create(&skipping(named()).skip_password_requirement(true)).await {
        Err(error) if is_disabled(&error) => return not_applicable("usernames are disabled"),
        Err(error) => return Err(error.into()),
        Ok(_) => {}
    }
    let without_password = skipping(named());
    match probe.users.create(&without_password).await {
        Err(error) if is_missing(&error) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => match probe.users.create(&NewUser::new().email_address(probe.email_address())).await {
            Ok(_) => not_applicable("the password is optional"),
            Err(_) => Err(Disagreement::Differs("a required password can be omitted".to_owned())),
        },
    }
}

async fn user_without_identifier_is_accepted(probe: &Probe<'_>) -> Finding {
    match probe.users.create(&anonymous(probe)?).await {
        Ok(_) => Ok(()),
        Err(error) if is_missing(&error) => not_applicable("an identifier is required"),
        Err(error) => Err(error.into()),
    }
}

async fn disabled_attribute_can_be_cleared(probe: &Probe<'_>) -> Finding {
    let id = probe.user().await?.id;
    match probe.users.update(&id, &UserUpdate::new().username(probe.word())).await {
        Ok(_) => return not_applicable("usernames are enabled"),
        Err(error) if is_disabled(&error) => {}
        Err(error) => return Err(error.into()),
    }
    accepted("clearing the username", probe.users.update(&id, &UserUpdate::new().clear_username()).await).map(drop)
}

async fn required_attribute_cannot_be_cleared(probe: &Probe<'_>) -> Finding {
    let password = Password::new(format!("correct horse {}", probe.word()));
    let ada = probe.create(probe.new_user().password(password)).await?;
    let ada = probe.users.remove_password(&ada.id, Sessions::Keep).await?;
    same("`password_enabled` after `remove_password`", &ada.password_enabled, &false)?;
    match probe.users.create(&probe.new_user()).await {
        Ok(_) => return not_applicable("the first name is optional"),
        Err(error) if is_missing(&error) => {}
        Err(error) => return Err(error.into()),
    }
    let ada = probe.create(probe.new_user().first_name("Ada")).await?;
    let result = probe.users.update(&ada.id, &UserUpdate::new().clear_first_name()).await;
    rejected_param("clearing the first name", result, "first_name")
}

async fn disabled_feature_fails_before_lookup(probe: &Probe<'_>) -> Finding {
    let unknown: UserId =
        format!("user_{}", probe.word()).parse().map_err(|_| Disagreement::Failed("an invalid id".to_owned()))?;
    let features = [
        probe.users.get_billing_credit_balance(&unknown).await.err(),
        probe.users.get_organization_memberships(&unknown, &Page::default()).await.err(),
    ];
    let mut disabled = false;
    for error in features {
        match error {
            Some(error) if is_disabled(&error) => disabled = true,
            Some(error) if error.kind() == ErrorKind::NotFound => {}
            Some(error) => return Err(error.into()),
            None => return Err(Disagreement::Differs("an unknown user is accepted".to_owned())),
        }
    }
    // A disabled feature that is checked after the lookup is indistinguishable from an enabled one.
    if disabled {
        Ok(())
    } else {
        not_applicable("billing and organizations are enabled, or are checked after the user")
    }
}

/// Creates a user with a wallet in addition to the given identifiers, and deletes the wallet.
async fn delete_wallet(probe: &Probe<'_>, new_user: NewUser) -> Finding<Result<()>> {
    let ada = probe.create(new_user.skip_user_requirement(true).web3_wallet(probe.web3_wallet())).await?;
    let Some(wallet_id) = ada.primary_web3_wallet_id else {
        return Err(Disagreement::Differs("the user has no primary wallet".to_owned()));
    };
    Ok(probe.users.delete_web3_wallet(&ada.id, &wallet_id).await.map(drop))
}

async fn last_identification_cannot_be_deleted(probe: &Probe<'_>) -> Finding {
    expect_last(delete_wallet(probe, NewUser::new().skip_password_requirement(true)).await?)
}

async fn external_ids_are_no_identifications(probe: &Probe<'_>) -> Finding {
    expect_last(delete_wallet(probe, anonymous(probe)?).await?)
}

/// Fails unless the wallet was the last identification.
fn expect_last(deleted: Result<()>) -> Finding {
    rejected("deleting the last identification", deleted, codes::IDENTIFICATION_DELETION_FAILED)
}

async fn other_identifiers_count_as_identifications(probe: &Probe<'_>) -> Finding {
    let plain = NewUser::new().skip_password_requirement(true);
    let with_email_address = delete_wallet(probe, probe.new_user()).await?;
    accepted("deleting the wallet of a user with an email address", with_email_address)?;
    // The external id allows the clean-up to find the user.
    let with_phone_number = delete_wallet(probe, anonymous(probe)?.phone_number(probe.phone_number())).await;
    expect_accepted_if_created("deleting the wallet of a user with a phone number", with_phone_number)?;
    let with_username = delete_wallet(probe, plain.username(probe.word())).await;
    expect_accepted_if_created("deleting the wallet of a user with a username", with_username)
}

/// Fails if the user was created, but the deletion was rejected. Ignores identifiers that are disabled.
fn expect_accepted_if_created(what: &str, deleted: Finding<Result<()>>) -> Finding {
    match deleted {
        Ok(deleted) => accepted(what, deleted),
        Err(not_created) => if_enabled(Err(not_created)),
    }
}
