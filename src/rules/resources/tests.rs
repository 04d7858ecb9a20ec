use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::error::ErrorKind;
use crate::model::InvitationStatus;
use crate::rules::InstanceSettings;
use crate::rules::tests::{Instance, assert_rejected, empty_account, full_account, id, now};

/// Returns the tokens of a provider.
fn tokens(account: &Account, provider: &str, page: &Page) -> Result<Vec<String>> {
    let tokens =
        oauth_access_tokens(account, &OAuthProvider::new(provider).unwrap(), page, Instance::default().context())?;
    Ok(tokens.iter().map(|token| token.token.expose_secret().to_owned()).collect())
}

/// Returns the full account with a second Google token that expires at this time.
fn with_expiration(at: Timestamp) -> Account {
    let mut account = full_account();
    account.resources_mut().oauth_tokens[2].expires_at = Some(at);
    account
}

#[test]
fn oauth_access_tokens_returns_the_tokens_of_the_provider() {
    for (provider, expected) in
        [("oauth_google", &["google-1", "google-2"][..]), ("oauth_github", &["github-1"]), ("oauth_gitlab", &[])]
    {
        assert_eq!(tokens(&full_account(), provider, &Page::new()).unwrap(), expected);
        assert!(tokens(&empty_account(), provider, &Page::new()).unwrap().is_empty());
    }
}

#[test]
fn oauth_access_tokens_paginates_only_with_limit_or_offset() {
    let mut account = full_account();
    let token = account.resources_mut().oauth_tokens[0].clone();
    account.resources_mut().oauth_tokens = vec![token; 12];
    for (page, length) in [
        (Page::new(), 12),
        (Page::new().limit(5), 5),
        (Page::new().offset(0), 10),
        (Page::new().offset(9), 3),
        (Page::new().offset(12), 0),
        (Page::new().offset(u64::MAX), 0),
    ] {
        assert_eq!(tokens(&account, "oauth_google", &page).unwrap().len(), length, "{page:?}");
    }
}

#[test]
fn oauth_access_tokens_rejects_expired_token_of_the_provider() {
    let unexpired = with_expiration(now() + SignedDuration::from_millis(1));
    assert_eq!(tokens(&unexpired, "oauth_google", &Page::new()).unwrap(), ["google-1", "google-2"]);
    for page in [Page::new(), Page::new().limit(1)] {
        let expired = tokens(&with_expiration(now()), "oauth_google", &page);
        assert_rejected(expired, ErrorKind::InvalidInput, &[(codes::OAUTH_MISSING_REFRESH_TOKEN, None)]);
    }
    assert_eq!(tokens(&with_expiration(now()), "oauth_github", &Page::new()).unwrap(), ["github-1"]);
}

#[test]
fn organization_memberships_returns_a_page_and_the_total() {
    for (page, expected) in [
        (Page::new(), &["orgmem_3", "orgmem_2", "orgmem_1"][..]),
        (Page::new().limit(2), &["orgmem_3", "orgmem_2"]),
        (Page::new().limit(1).offset(1), &["orgmem_2"]),
        (Page::new().offset(3), &[]),
    ] {
        let memberships = organization_memberships(&full_account(), &page);
        let ids: Vec<_> = memberships.data.iter().map(|membership| membership.id.as_str()).collect();
        assert_eq!((&ids[..], memberships.total_count), (expected, 3), "{page:?}");
    }
    assert_eq!(organization_memberships(&empty_account(), &Page::new()), Paginated::new(Vec::new(), 0));
}

#[test]
fn organization_invitations_filters_by_status_before_pagination() {
    let instance = Instance::default();
    let pending = InvitationQuery::new().status(InvitationStatus::Pending);
    for (query, expected, total) in [
        (InvitationQuery::new(), &["orginv_3", "orginv_2", "orginv_1"][..], 3),
        (pending.clone(), &["orginv_3", "orginv_1"], 2),
        (pending.page(Page::new().offset(1)), &["orginv_1"], 2),
        (InvitationQuery::new().status(InvitationStatus::Accepted), &["orginv_2"], 1),
        (InvitationQuery::new().status(InvitationStatus::Revoked), &[], 0),
    ] {
        let invitations = organization_invitations(&full_account(), &query, instance.context());
        let ids: Vec<_> = invitations.data.iter().map(|invitation| invitation.id.as_str()).collect();
        assert_eq!((&ids[..], invitations.total_count), (expected, total), "{query:?}");
    }
    let none = organization_invitations(&empty_account(), &InvitationQuery::new(), instance.context());
    assert_eq!(none, Paginated::new(Vec::new(), 0));
}

#[test]
fn organization_invitations_shows_pending_invitations_as_expired_after_their_expiration() {
    use InvitationStatus::{Accepted, Expired, Pending};
    let instance = Instance::default();
    for (status, expires_at, shown) in [
        (Pending, None, Pending),
        (Pending, Some(now() + SignedDuration::from_millis(1)), Pending),
        (Pending, Some(now()), Expired),
        (Pending, Some(Timestamp::UNIX_EPOCH), Expired),
        (Accepted, Some(Timestamp::UNIX_EPOCH), Accepted),
    ] {
        let mut account = full_account();
        let invitations = &mut account.resources_mut().invitations;
        invitations.truncate(1);
        (invitations[0].status, invitations[0].expires_at) = (Some(status), expires_at);
        for status in [Pending, Accepted, Expired] {
            let query = InvitationQuery::new().status(status.clone());
            let page = organization_invitations(&account, &query, instance.context());
            let statuses: Vec<_> = page.data.into_iter().map(|invitation| invitation.status).collect();
            let expected = if status == shown { vec![Some(shown.clone())] } else { Vec::new() };
            assert_eq!((page.total_count, statuses), (expected.len() as u64, expected), "{expires_at:?}");
        }
    }
}

#[test]
fn check_trusted_devices_rejects_disabled_trusted_devices() {
    assert!(check_trusted_devices(Instance::default().context()).is_ok());
    let without = Instance::new(InstanceSettings::permissive().trusted_devices(false));
    let result = check_trusted_devices(without.context());
    assert_rejected(result, ErrorKind::Forbidden, &[(codes::FEATURE_NOT_ENABLED, None)]);
}

#[test]
fn trusted_devices_returns_active_devices() {
    let devices = trusted_devices(&full_account());
    let ids: Vec<_> = devices.data.iter().map(|device| device.id.as_str()).collect();
    assert_eq!((&ids[..], devices.total_count), (&["td_1", "td_3"][..], 2));
    assert_eq!(trusted_devices(&empty_account()), Paginated::new(Vec::new(), 0));
}

#[test]
fn revoke_trusted_device_revokes_only_that_device() {
    let mut account = full_account();
    let mut expected = account.clone();
    let device = &mut expected.resources_mut().trusted_devices[2];
    device.status = DeviceStatus::Revoked;
    (device.revoked_at, device.updated_at) = (Some(now()), Some(now()));
    let revoked = revoke_trusted_device(&mut account, &id("td_3"), Instance::default().context()).unwrap();
    assert_eq!(revoked, expected.resources_mut().trusted_devices[2]);
    assert_eq!(account, expected);
}

#[test]
fn revoke_trusted_device_rejects_missing_and_revoked_devices() {
    let instance = Instance::default();
    for (mut account, device_id) in [(full_account(), "td_2"), (full_account(), "td_9"), (empty_account(), "td_1")] {
        let result = revoke_trusted_device(&mut account, &id(device_id), instance.context());
        assert_rejected(result, ErrorKind::NotFound, &[(codes::RESOURCE_NOT_FOUND, None)]);
    }
}

#[test]
fn oauth_access_tokens_rejects_unknown_and_disabled_providers() {
    let tokens = |settings, provider: &str| {
        let provider = OAuthProvider::new(provider).unwrap();
        oauth_access_tokens(&full_account(), &provider, &Page::new(), Instance::new(settings).context())
    };
    let unknown = tokens(InstanceSettings::permissive(), "gogle");
    assert_rejected(unknown, ErrorKind::InvalidInput, &[(codes::OAUTH_UNSUPPORTED_PROVIDER, None)]);
    let disabled = tokens(InstanceSettings::new(), "google");
    assert_rejected(disabled, ErrorKind::NotFound, &[(codes::OAUTH_TOKEN_PROVIDER_NOT_ENABLED, None)]);
    let google = InstanceSettings::new().oauth_providers(vec![OAuthProvider::new("google").unwrap()]);
    assert_eq!(tokens(google.clone(), "google").unwrap().len(), 2);
    assert!(tokens(google, "github").is_err());
    assert!(tokens(InstanceSettings::permissive(), "custom_acme").unwrap().is_empty());
}

#[test]
fn check_organizations_rejects_disabled_organizations() {
    assert!(check_organizations(Instance::default().context()).is_ok());
    let without = Instance::new(InstanceSettings::permissive().organizations(false));
    let code = codes::ORGANIZATION_NOT_ENABLED_IN_INSTANCE;
    assert_rejected(check_organizations(without.context()), ErrorKind::Forbidden, &[(code, None)]);
}

#[test]
fn memberships_and_invitations_are_listed_newest_first() {
    let mut account = full_account();
    let resources = account.resources_mut();
    // A resource without a creation time is treated as older than all others.
    for (index, hours) in [(0, Some(1)), (1, Some(2)), (2, Some(1))] {
        let at = hours.map(|hours| now() + SignedDuration::from_hours(hours));
        resources.memberships[index].created_at = at;
        resources.invitations[index].created_at = at;
    }
    let ids = |page| {
        let memberships = organization_memberships(&account, &page).data;
        memberships.into_iter().map(|membership| membership.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids(Page::new()), ["orgmem_2", "orgmem_3", "orgmem_1"]);
    assert_eq!(ids(Page::new().limit(1).offset(1)), ["orgmem_3"]);
    let instance = Instance::default();
    let invitations = organization_invitations(&account, &InvitationQuery::new(), instance.context()).data;
    let ids: Vec<_> = invitations.iter().map(|invitation| invitation.id.as_str()).collect();
    assert_eq!(ids, ["orginv_2", "orginv_3", "orginv_1"]);
}
