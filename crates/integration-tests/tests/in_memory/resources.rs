//! OAuth tokens, organization memberships and invitations, and trusted devices.

use user_directory::model::{
    DevicePlatform, DeviceStatus, InvitationQuery, InvitationStatus, OAuthAccessToken, OAuthProvider, OAuthToken,
    Organization, OrganizationInvitation, OrganizationMembership, TrustedDevice,
};
use user_directory::{ErrorKind, Operation, Page, UserDirectory, UserId, codes};

use crate::support::{
    World, assert_not_found, assert_rejected, assert_validation_error, at, seconds, start, unknown_user_id,
};

async fn member_of(world: &World, organizations: usize) -> UserId {
    let id = world.user("ada").await.id;
    for n in 0..organizations {
        let organization = Organization::new(format!("org_{n}").parse().unwrap(), format!("Org {n}"));
        let membership =
            OrganizationMembership::new(format!("orgmem_{n}").parse().unwrap(), organization, "org:member");
        world.directory.add_organization_membership(&id, membership).await.unwrap();
    }
    id
}

fn range(prefix: &str, range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| format!("{prefix}{n}")).collect()
}

/// The same ids, latest first.
fn reversed(prefix: &str, ids: std::ops::Range<usize>) -> Vec<String> {
    range(prefix, ids).into_iter().rev().collect()
}

#[tokio::test]
async fn get_organization_memberships_returns_pages_with_total_count() {
    let world = World::new();
    let id = member_of(&world, 12).await;
    let grace = world.user("grace").await.id;
    for (page, expected) in [
        (Page::new(), 2..12),
        (Page::new().limit(500), 0..12),
        (Page::new().limit(1), 11..12),
        (Page::new().offset(10), 0..2),
        (Page::new().limit(5).offset(5), 2..7),
        (Page::new().offset(12), 0..0),
        (Page::new().offset(u64::MAX), 0..0),
    ] {
        let returned = world.directory.get_organization_memberships(&id, &page).await.unwrap();
        let ids: Vec<_> = returned.data.iter().map(|membership| membership.id.to_string()).collect();
        assert_eq!((ids, returned.total_count), (reversed("orgmem_", expected), 12), "{page:?}");
    }
    let none = world.directory.get_organization_memberships(&grace, &Page::new()).await.unwrap();
    assert_eq!((none.data.len(), none.total_count), (0, 0));
}

#[tokio::test]
async fn get_organization_invitations_filters_and_counts_by_status() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let statuses = [InvitationStatus::Pending, InvitationStatus::Accepted, InvitationStatus::Revoked];
    for n in 0..33 {
        let mut invitation =
            OrganizationInvitation::new(format!("orginv_{n}").parse().unwrap(), "ada@example.com", "org:member");
        invitation.status = Some(statuses[n / 11].clone());
        world.directory.add_organization_invitation(&id, invitation).await.unwrap();
    }
    for (query, expected, total_count) in [
        (InvitationQuery::new(), 23..33, 33),
        (InvitationQuery::new().page(Page::new().limit(500)), 0..33, 33),
        (InvitationQuery::new().status(InvitationStatus::Pending), 1..11, 11),
        (InvitationQuery::new().status(InvitationStatus::Accepted).page(Page::new().offset(9)), 11..13, 11),
        (InvitationQuery::new().status(InvitationStatus::Revoked).page(Page::new().limit(2)), 31..33, 11),
        (InvitationQuery::new().status(InvitationStatus::Expired), 0..0, 0),
    ] {
        let returned = world.directory.get_organization_invitations(&id, &query).await.unwrap();
        let ids: Vec<_> = returned.data.iter().map(|invitation| invitation.id.to_string()).collect();
        assert_eq!((ids, returned.total_count), (reversed("orginv_", expected), total_count), "{query:?}");
    }
}

#[tokio::test]
async fn get_operations_validate_limit_before_user_lookup() {
    let world = World::new();
    let google: OAuthProvider = "oauth_google".parse().unwrap();
    for limit in [0, 501] {
        let page = Page::new().limit(limit);
        let query = InvitationQuery::new().page(page);
        let result = world.directory.get_organization_memberships(&unknown_user_id(), &page).await;
        assert_validation_error(result, Operation::GetOrganizationMemberships, "limit");
        let result = world.directory.get_organization_invitations(&unknown_user_id(), &query).await;
        assert_validation_error(result, Operation::GetOrganizationInvitations, "limit");
        let result = world.directory.get_oauth_access_token(&unknown_user_id(), &google, &page).await;
        assert_validation_error(result, Operation::GetOAuthAccessToken, "limit");
    }
}

#[tokio::test]
async fn get_oauth_access_token_returns_all_or_a_page_of_a_provider() {
    let world = World::new();
    let id = world.user("ada").await.id;
    for n in 0..12 {
        let token = OAuthAccessToken::new("oauth_google", OAuthToken::new(format!("google-{n}")));
        world.directory.add_oauth_access_token(&id, token).await.unwrap();
    }
    world
        .directory
        .add_oauth_access_token(&id, OAuthAccessToken::new("oauth_github", OAuthToken::new("github-0")))
        .await
        .unwrap();
    let tokens = async |provider: &str, page: Page| -> Vec<String> {
        let tokens = world.directory.get_oauth_access_token(&id, &provider.parse().unwrap(), &page).await.unwrap();
        tokens.into_iter().map(|token| token.token.expose_secret().to_owned()).collect()
    };
    assert_eq!(tokens("oauth_google", Page::new()).await, range("google-", 0..12));
    assert_eq!(tokens("oauth_google", Page::new().limit(5)).await, range("google-", 0..5));
    assert_eq!(tokens("oauth_google", Page::new().limit(5).offset(10)).await, range("google-", 10..12));
    assert_eq!(tokens("oauth_google", Page::new().offset(1)).await, range("google-", 1..11));
    assert_eq!(tokens("oauth_github", Page::new()).await, ["github-0"]);
    assert_eq!(tokens("oauth_gitlab", Page::new()).await, [""; 0]);
}

#[tokio::test]
async fn get_oauth_access_token_rejects_expired_token() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let google = "oauth_google".parse().unwrap();
    let mut token = OAuthAccessToken::new("oauth_google", OAuthToken::new("secret"));
    token.expires_at = Some(at("2026-05-12T09:00:10Z"));
    world.directory.add_oauth_access_token(&id, token).await.unwrap();
    world
        .directory
        .add_oauth_access_token(&id, OAuthAccessToken::new("oauth_github", OAuthToken::new("other")))
        .await
        .unwrap();
    world.clock.advance(seconds(9));
    assert_eq!(world.directory.get_oauth_access_token(&id, &google, &Page::new()).await.unwrap().len(), 1);
    world.clock.advance(seconds(1));
    let result = world.directory.get_oauth_access_token(&id, &google, &Page::new()).await;
    let bad = (422, ErrorKind::InvalidInput);
    assert_rejected(result, Operation::GetOAuthAccessToken, bad, codes::OAUTH_MISSING_REFRESH_TOKEN, None);
    let github = "oauth_github".parse().unwrap();
    assert_eq!(world.directory.get_oauth_access_token(&id, &github, &Page::new()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn revoke_trusted_device_removes_the_device_from_list_trusted_devices() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let mut revoked = TrustedDevice::new("tdv_3".parse().unwrap(), DevicePlatform::Android, "app");
    revoked.status = DeviceStatus::Revoked;
    for device in [
        TrustedDevice::new("tdv_1".parse().unwrap(), DevicePlatform::Ios, "app"),
        TrustedDevice::new("tdv_2".parse().unwrap(), DevicePlatform::Android, "app"),
        revoked,
    ] {
        world.directory.add_trusted_device(&id, device).await.unwrap();
    }
    let listed = async || {
        let devices = world.directory.list_trusted_devices(&id).await.unwrap();
        assert_eq!(devices.total_count, devices.data.len() as u64);
        devices.data.into_iter().map(|device| device.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, ["tdv_1", "tdv_2"]);
    let first = "tdv_1".parse().unwrap();
    let device = world.directory.revoke_trusted_device(&id, &first).await.unwrap();
    assert_eq!(device.status, DeviceStatus::Revoked);
    assert_eq!((device.revoked_at, device.updated_at), (Some(start()), Some(start())));
    assert_eq!(listed().await, ["tdv_2"]);
    for gone in ["tdv_1", "tdv_3", "tdv_4"] {
        let result = world.directory.revoke_trusted_device(&id, &gone.parse().unwrap()).await;
        assert_not_found(result, Operation::RevokeTrustedDevice);
    }
    assert_eq!(listed().await, ["tdv_2"]);
}
