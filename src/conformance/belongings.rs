//! Passkeys, external accounts, tokens, memberships, invitations and trusted devices.

use super::check::{Outcome, ensure, ensure_eq, not_found, present};
use super::context::{Context, GOOGLE, provider};
use super::fixture::Belonging;
use crate::model::{
    DevicePlatform, DeviceStatus, ExternalAccount, ExternalAccountId, InvitationQuery, InvitationStatus,
    OAuthAccessToken, OAuthToken, Organization, OrganizationInvitation, OrganizationMembership, Page,
    Passkey, PasskeyId, TrustedDevice, TrustedDeviceId, UserId,
};
use crate::operation::Operation;

behaviours! {
    DeletePasskey: a_deleted_passkey_is_gone, a_passkey_that_nobody_has_is_not_found,
        the_passkey_of_another_user_is_not_found;
    DeleteExternalAccount: a_deleted_external_account_is_gone,
        an_account_whose_id_is_its_identifications_is_deleted_by_its_own,
        an_external_account_that_nobody_has_is_not_found, the_external_account_of_another_user_is_not_found;
    GetOAuthAccessToken: tokens_of_a_provider_are_answered, tokens_of_another_provider_are_not,
        all_tokens_are_answered_without_a_page, a_page_of_tokens_is_a_part_of_them;
    GetOrganizationMemberships: a_new_user_is_a_member_of_nothing, memberships_are_answered_whole,
        a_page_of_memberships_has_10_without_a_limit, pages_of_memberships_have_each_once,
        memberships_of_another_user_are_not_answered;
    GetOrganizationInvitations: a_new_user_is_invited_to_nothing, invitations_are_answered_whole,
        invitations_are_found_by_their_status, pages_of_invitations_have_each_once,
        pages_of_a_status_count_that_status;
    ListTrustedDevices: a_new_user_has_no_trusted_devices, trusted_devices_are_answered,
        revoked_devices_are_not_listed;
    RevokeTrustedDevice: a_revoked_device_is_answered, a_device_can_be_revoked_once,
        a_device_that_nobody_has_is_not_found, the_device_of_another_user_is_not_found;
}

async fn give_passkey(context: &Context<'_>, id: &UserId) -> Outcome<PasskeyId> {
    let mut passkey = Passkey::new("Ada's laptop");
    passkey.id = Some(context.id("idn"));
    context.give(id, Belonging::Passkey(passkey)).await?;
    let passkeys = context.get(id).await?.passkeys;
    ensure_eq!(passkeys.len(), 1, "the number of passkeys");
    ensure_eq!(passkeys[0].name, "Ada's laptop", "the name of the passkey");
    present(passkeys[0].id.clone(), "the id of the passkey")
}

/// The user has the passkey no longer.
pub async fn a_deleted_passkey_is_gone(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let passkey = give_passkey(context, &id).await?;
    ensure!(context.directory().delete_passkey(&id, &passkey).await?.deleted, "the answer says it is not deleted");
    ensure!(context.get(&id).await?.passkeys.is_empty(), "the user has the passkey");
    not_found(context.directory().delete_passkey(&id, &passkey).await, Operation::DeletePasskey)
}

/// An id that is no passkey's is not found.
pub async fn a_passkey_that_nobody_has_is_not_found(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    not_found(context.directory().delete_passkey(&id, &context.id("idn")).await, Operation::DeletePasskey)
}

/// A passkey can be deleted of the user who has it, and of no other.
pub async fn the_passkey_of_another_user_is_not_found(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    let passkey = give_passkey(context, &ada.id).await?;
    not_found(context.directory().delete_passkey(&grace.id, &passkey).await, Operation::DeletePasskey)?;
    ensure_eq!(context.get(&ada.id).await?.passkeys.len(), 1, "the passkeys of the user who has it");
    Ok(())
}

/// Gives an account at Google, and answers the id to delete it by.
async fn give_account(context: &Context<'_>, id: &UserId, older: bool) -> Outcome<ExternalAccountId> {
    let mut account = ExternalAccount::new(context.id(if older { "idn" } else { "eac" }), GOOGLE);
    account.provider_user_id = context.word().into();
    account.external_account_id = older.then(|| context.id("eac"));
    context.give(id, Belonging::ExternalAccount(Box::new(account))).await?;
    let accounts = context.get(id).await?.external_accounts;
    ensure_eq!(accounts.len(), 1, "the number of external accounts");
    ensure_eq!(accounts[0].provider, GOOGLE, "the provider of the account");
    Ok(accounts[0].id_to_delete().clone())
}

/// The user has the account no longer.
pub async fn a_deleted_external_account_is_gone(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let account = give_account(context, &id, false).await?;
    let deleted = context.directory().delete_external_account(&id, &account).await?;
    ensure!(deleted.deleted, "the answer says it is not deleted");
    ensure!(context.get(&id).await?.external_accounts.is_empty(), "the user has the account");
    Ok(())
}

/// `id_to_delete` is the id to delete an account by, also where `id` is that of the identification.
pub async fn an_account_whose_id_is_its_identifications_is_deleted_by_its_own(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let account = give_account(context, &id, true).await?;
    context.directory().delete_external_account(&id, &account).await?;
    ensure!(context.get(&id).await?.external_accounts.is_empty(), "the user has the account");
    Ok(())
}

/// An id that is no account's is not found.
pub async fn an_external_account_that_nobody_has_is_not_found(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let result = context.directory().delete_external_account(&id, &context.id("eac")).await;
    not_found(result, Operation::DeleteExternalAccount)
}

/// An account can be deleted of the user who has it, and of no other.
pub async fn the_external_account_of_another_user_is_not_found(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    let account = give_account(context, &ada.id, false).await?;
    let result = context.directory().delete_external_account(&grace.id, &account).await;
    not_found(result, Operation::DeleteExternalAccount)?;
    ensure_eq!(context.get(&ada.id).await?.external_accounts.len(), 1, "the accounts of the user who has it");
    Ok(())
}

/// Gives so many tokens of a provider: `0`, `1`, ….
async fn give_tokens(context: &Context<'_>, id: &UserId, provider: &str, count: usize) -> Outcome {
    for n in 0..count {
        let mut token = OAuthAccessToken::new(provider, OAuthToken::new(n.to_string()));
        token.external_account_id = Some(context.id("eac"));
        context.give(id, Belonging::OAuthAccessToken(token)).await?;
    }
    Ok(())
}

/// The tokens of Google on this page, sorted.
async fn tokens(context: &Context<'_>, id: &UserId, page: Page) -> Outcome<Vec<String>> {
    let tokens = context.directory().get_oauth_access_token(id, &provider(GOOGLE), &page).await?;
    let mut tokens: Vec<_> = tokens.iter().map(|token| token.token.expose_secret().to_owned()).collect();
    tokens.sort_unstable();
    Ok(tokens)
}

/// The token that the provider issued is answered.
pub async fn tokens_of_a_provider_are_answered(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    give_tokens(context, &id, GOOGLE, 2).await?;
    ensure_eq!(tokens(context, &id, Page::new()).await?, ["0", "1"], "the tokens");
    Ok(())
}

/// A provider's tokens are its own.
pub async fn tokens_of_another_provider_are_not(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    give_tokens(context, &id, GOOGLE, 1).await?;
    give_tokens(context, &id, "oauth_github", 3).await?;
    ensure_eq!(tokens(context, &id, Page::new()).await?, ["0"], "the tokens of Google");
    let found = context.directory().get_oauth_access_token(&id, &provider("oauth_github"), &Page::new()).await?;
    ensure_eq!(found.len(), 3, "the number of tokens of GitHub");
    Ok(())
}

/// Without a page, the tokens are not cut into pages.
pub async fn all_tokens_are_answered_without_a_page(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    give_tokens(context, &id, GOOGLE, 12).await?;
    ensure_eq!(tokens(context, &id, Page::new()).await?.len(), 12, "the number of tokens");
    Ok(())
}

/// With a limit or an offset, a part is answered.
pub async fn a_page_of_tokens_is_a_part_of_them(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    give_tokens(context, &id, GOOGLE, 5).await?;
    let mut found = Vec::new();
    for (offset, length) in [(0, 2), (2, 2), (4, 1)] {
        let page = tokens(context, &id, Page::new().limit(2).offset(offset)).await?;
        ensure_eq!(page.len(), length, "the tokens on the page at {offset}");
        found.extend(page);
    }
    found.sort_unstable();
    ensure_eq!(found, ["0", "1", "2", "3", "4"], "the tokens on all pages");
    Ok(())
}

async fn give_memberships(context: &Context<'_>, id: &UserId, count: usize) -> Outcome {
    for n in 0..count {
        let organization = Organization::new(context.id("org"), format!("Acme {n}"));
        let membership = OrganizationMembership::new(context.id("orgmem"), organization, "org:admin");
        context.give(id, Belonging::OrganizationMembership(Box::new(membership))).await?;
    }
    Ok(())
}

/// A user who has joined nothing has no memberships.
pub async fn a_new_user_is_a_member_of_nothing(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let memberships = context.directory().get_organization_memberships(&id, &Page::new()).await?;
    ensure_eq!((memberships.data.len(), memberships.total_count), (0, 0), "(on the page, all)");
    Ok(())
}

/// A membership is answered with its role and organization.
pub async fn memberships_are_answered_whole(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    give_memberships(context, &id, 1).await?;
    let memberships = context.directory().get_organization_memberships(&id, &Page::new()).await?;
    ensure_eq!((memberships.data.len(), memberships.total_count), (1, 1), "(on the page, all)");
    ensure_eq!(memberships.data[0].role, "org:admin", "the role");
    ensure_eq!(memberships.data[0].organization.name, "Acme 0", "the organization");
    Ok(())
}

/// A page has 10 memberships unless it has a limit, and knows how many there are.
pub async fn a_page_of_memberships_has_10_without_a_limit(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    give_memberships(context, &id, 11).await?;
    let memberships = context.directory().get_organization_memberships(&id, &Page::new()).await?;
    ensure_eq!((memberships.data.len(), memberships.total_count), (10, 11), "(on the page, all)");
    Ok(())
}

/// Page after page has each membership once.
pub async fn pages_of_memberships_have_each_once(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    give_memberships(context, &id, 5).await?;
    let mut names = Vec::new();
    for (offset, length) in [(0, 2), (2, 2), (4, 1), (6, 0)] {
        let page = Page::new().limit(2).offset(offset);
        let page = context.directory().get_organization_memberships(&id, &page).await?;
        ensure_eq!((page.data.len(), page.total_count), (length, 5), "(on the page, all) at {offset}");
        names.extend(page.data.into_iter().map(|membership| membership.organization.name));
    }
    names.sort_unstable();
    ensure_eq!(names, ["Acme 0", "Acme 1", "Acme 2", "Acme 3", "Acme 4"], "the organizations on all pages");
    Ok(())
}

/// A membership is of one user.
pub async fn memberships_of_another_user_are_not_answered(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    give_memberships(context, &ada.id, 2).await?;
    let memberships = context.directory().get_organization_memberships(&grace.id, &Page::new()).await?;
    ensure_eq!(memberships.total_count, 0, "the memberships of another user");
    Ok(())
}

async fn give_invitations(context: &Context<'_>, id: &UserId, status: &InvitationStatus, count: usize) -> Outcome {
    for _ in 0..count {
        let email = context.email_address();
        let mut invitation = OrganizationInvitation::new(context.id("orginv"), email, "org:member");
        invitation.status = Some(status.clone());
        context.give(id, Belonging::OrganizationInvitation(Box::new(invitation))).await?;
    }
    Ok(())
}

/// A user whom nobody invited has no invitations.
pub async fn a_new_user_is_invited_to_nothing(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let invitations = context.directory().get_organization_invitations(&id, &InvitationQuery::new()).await?;
    ensure_eq!((invitations.data.len(), invitations.total_count), (0, 0), "(on the page, all)");
    Ok(())
}

/// An invitation is answered with its role and status.
pub async fn invitations_are_answered_whole(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    give_invitations(context, &id, &InvitationStatus::Pending, 1).await?;
    let invitations = context.directory().get_organization_invitations(&id, &InvitationQuery::new()).await?;
    ensure_eq!((invitations.data.len(), invitations.total_count), (1, 1), "(on the page, all)");
    ensure_eq!(invitations.data[0].role, "org:member", "the role");
    ensure_eq!(invitations.data[0].status, Some(InvitationStatus::Pending), "the status");
    Ok(())
}

/// A query of a status finds invitations of that status only; one without finds all.
pub async fn invitations_are_found_by_their_status(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    give_invitations(context, &id, &InvitationStatus::Pending, 2).await?;
    give_invitations(context, &id, &InvitationStatus::Accepted, 1).await?;
    for (query, count) in [
        (InvitationQuery::new(), 3),
        (InvitationQuery::new().status(InvitationStatus::Pending), 2),
        (InvitationQuery::new().status(InvitationStatus::Accepted), 1),
        (InvitationQuery::new().status(InvitationStatus::Revoked), 0),
    ] {
        let found = context.directory().get_organization_invitations(&id, &query).await?;
        ensure_eq!(found.data.len(), count, "the invitations of {query:?}");
    }
    Ok(())
}

/// Page after page has each invitation once.
pub async fn pages_of_invitations_have_each_once(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    give_invitations(context, &id, &InvitationStatus::Pending, 3).await?;
    let mut emails = Vec::new();
    for (offset, length) in [(0, 2), (2, 1), (4, 0)] {
        let query = InvitationQuery::new().page(Page::new().limit(2).offset(offset));
        let page = context.directory().get_organization_invitations(&id, &query).await?;
        ensure_eq!((page.data.len(), page.total_count), (length, 3), "(on the page, all) at {offset}");
        emails.extend(page.data.into_iter().map(|invitation| invitation.email_address));
    }
    emails.sort_unstable();
    emails.dedup();
    ensure_eq!(emails.len(), 3, "the invitations on all pages");
    Ok(())
}

/// The count beside a page is of the status that was asked for.
pub async fn pages_of_a_status_count_that_status(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    give_invitations(context, &id, &InvitationStatus::Accepted, 2).await?;
    give_invitations(context, &id, &InvitationStatus::Pending, 3).await?;
    let pending = InvitationQuery::new().status(InvitationStatus::Pending).page(Page::new().limit(2));
    let page = context.directory().get_organization_invitations(&id, &pending).await?;
    ensure_eq!((page.data.len(), page.total_count), (2, 3), "(on the page, all)");
    Ok(())
}

async fn give_device(context: &Context<'_>, id: &UserId) -> Outcome<TrustedDeviceId> {
    let device = TrustedDevice::new(context.id("tdv"), DevicePlatform::Ios, "com.example.app");
    context.give(id, Belonging::TrustedDevice(device)).await?;
    let mut devices = context.directory().list_trusted_devices(id).await?.data;
    Ok(present(devices.pop(), "the device")?.id)
}

/// A user who has enrolled nothing has no devices.
pub async fn a_new_user_has_no_trusted_devices(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let devices = context.directory().list_trusted_devices(&id).await?;
    ensure_eq!((devices.data.len(), devices.total_count), (0, 0), "(devices, all)");
    Ok(())
}

/// An active device is answered.
pub async fn trusted_devices_are_answered(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    give_device(context, &id).await?;
    let devices = context.directory().list_trusted_devices(&id).await?;
    ensure_eq!((devices.data.len(), devices.total_count), (1, 1), "(devices, all)");
    ensure_eq!(devices.data[0].platform, DevicePlatform::Ios, "the platform");
    ensure_eq!(devices.data[0].app_identifier, "com.example.app", "the application");
    ensure_eq!(devices.data[0].status, DeviceStatus::Active, "the status");
    Ok(())
}

/// Only active devices are listed.
pub async fn revoked_devices_are_not_listed(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let device = give_device(context, &id).await?;
    context.directory().revoke_trusted_device(&id, &device).await?;
    ensure_eq!(context.directory().list_trusted_devices(&id).await?.total_count, 0, "the devices");
    Ok(())
}

/// The answer is the device, revoked.
pub async fn a_revoked_device_is_answered(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let device = give_device(context, &id).await?;
    let answer = context.directory().revoke_trusted_device(&id, &device).await?;
    ensure_eq!(answer.id, device, "the device that is answered");
    ensure_eq!(answer.status, DeviceStatus::Revoked, "the status");
    Ok(())
}

/// A device that is not active is not found.
pub async fn a_device_can_be_revoked_once(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let device = give_device(context, &id).await?;
    context.directory().revoke_trusted_device(&id, &device).await?;
    not_found(context.directory().revoke_trusted_device(&id, &device).await, Operation::RevokeTrustedDevice)
}

/// An id that is no device's is not found.
pub async fn a_device_that_nobody_has_is_not_found(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let result = context.directory().revoke_trusted_device(&id, &context.id("tdv")).await;
    not_found(result, Operation::RevokeTrustedDevice)
}

/// A device can be revoked of the user who has it, and of no other.
pub async fn the_device_of_another_user_is_not_found(context: &Context<'_>) -> Outcome {
    let [ada, grace] = context.users().await?;
    let device = give_device(context, &ada.id).await?;
    let result = context.directory().revoke_trusted_device(&grace.id, &device).await;
    not_found(result, Operation::RevokeTrustedDevice)?;
    ensure_eq!(context.directory().list_trusted_devices(&ada.id).await?.total_count, 1, "the devices of the owner");
    Ok(())
}
