//! The effects of updates and deletions.

use user_directory::model::EmailAddressId;
use user_directory::{User, UserUpdate};

use super::{Assumption, probed};
use crate::probe::{Finding, Probe, same};

pub const ASSUMPTIONS: &[Assumption] = &[
    probed("Deleting the primary wallet makes the first remaining verified wallet primary.", |probe| {
        Box::pin(next_wallet_becomes_primary(probe))
    }),
    probed("A primary identifier can be cleared without selecting another one.", |probe| {
        Box::pin(primary_identifier_can_be_cleared(probe))
    }),
    probed("Clearing a flag resets it to the default for new users.", |probe| {
        Box::pin(clearing_a_flag_resets_it(probe))
    }),
    probed("Clearing `created_at` leaves it unchanged.", |probe| Box::pin(clearing_created_at_keeps_it(probe))),
];

async fn update(probe: &Probe<'_>, user: &User, update: UserUpdate) -> Finding<User> {
    Ok(probe.users.update(&user.id, &update).await?)
}

async fn next_wallet_becomes_primary(probe: &Probe<'_>) -> Finding {
    let new_user = probe.new_user().web3_wallet(probe.web3_wallet()).web3_wallet(probe.web3_wallet());
    let ada = probe.create(new_user).await?;
    let next = ada.web3_wallets.get(1).and_then(|wallet| wallet.id.clone());
    if let Some(primary) = &ada.primary_web3_wallet_id {
        probe.users.delete_web3_wallet(&ada.id, primary).await?;
    }
    same("the primary wallet", &probe.users.get(&ada.id).await?.primary_web3_wallet_id, &next)
}

async fn primary_identifier_can_be_cleared(probe: &Probe<'_>) -> Finding {
    let ada = update(probe, &probe.user().await?, UserUpdate::new().clear_primary_email_address_id()).await?;
    same("the primary email address", &ada.primary_email_address_id, &None::<EmailAddressId>)?;
    same("the number of email addresses", &ada.email_addresses.len(), &1)
}

async fn clearing_a_flag_resets_it(probe: &Probe<'_>) -> Finding {
    let flags = |user: &User| [user.delete_self_enabled, user.create_organization_enabled, user.bypass_client_trust];
    let new_user =
        probe.new_user().delete_self_enabled(false).create_organization_enabled(false).bypass_client_trust(true);
    let ada = probe.create(new_user).await?;
    same("the flags", &flags(&ada), &[false, false, true])?;
    let clear = UserUpdate::new().clear_delete_self_enabled().clear_create_organization_enabled();
    let ada = update(probe, &ada, clear.clear_bypass_client_trust()).await?;
    same("the cleared flags", &flags(&ada), &[true, true, false])
}

async fn clearing_created_at_keeps_it(probe: &Probe<'_>) -> Finding {
    let ada = probe.user().await?;
    let updated = update(probe, &ada, UserUpdate::new().clear_created_at()).await?;
    same("the creation time", &updated.created_at, &ada.created_at)
}
