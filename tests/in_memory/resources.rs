//! Memberships, invitations, tokens and devices.

use user_directory::{
    DevicePlatform, DeviceStatus, ErrorKind, InvitationQuery, InvitationStatus, OAuthAccessToken, OAuthProvider,
    OAuthToken, Operation, Organization, OrganizationInvitation, OrganizationMembership, Page, TrustedDevice,
    UserDirectory, UserId, codes,
};

use crate::support::{World, assert_invalid, assert_not_found, assert_refused, at, nobody, seconds, start};

async fn member_of(world: &World, organizations: usize) -> UserId {
    let id = world.user("ada").await.id;
    for n in 0..organizations {
        let organization = Organization::new(format!("org_{n}").parse().unwrap(), format!("Org {n}"));
        let membership =
            OrganizationMembership::new(format!("orgmem_{n}").parse().unwrap(), organization, "org:member");
        world.directory.add_organization_membership(&id, membership).unwrap();
    }
    id
}

fn range(prefix: &str, range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| format!("{prefix}{n}")).collect()
}

#[tokio::test]
async fn memberships_come_in_pages_that_know_how_many_there_are() {
    let world = World::new();
    let id = member_of(&world, 12).await;
    let grace = world.user("grace").await.id;
    for (page, expected) in [
        (Page::new(), 0..10),
        (Page::new().limit(500), 0..12),
        (Page::new().limit(1), 0..1),
        (Page::new().offset(10), 10..12),
        (Page::new().limit(5).offset(5), 5..10),
        (Page::new().offset(12), 0..0),
        (Page::new().offset(u64::MAX), 0..0),
    ] {
        let answer = world.directory.get_organization_memberships(&id, &page).await.unwrap();
        let ids: Vec<_> = answer.data.iter().map(|membership| membership.id.to_string()).collect();
        assert_eq!((ids, answer.total_count), (range("orgmem_", expected), 12), "{page:?}");
    }
    let none = world.directory.get_organization_memberships(&grace, &Page::new()).await.unwrap();
    assert_eq!((none.data.len(), none.total_count), (0, 0));
}

#[tokio::test]
async fn invitations_are_counted_by_their_status() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let statuses = [InvitationStatus::Pending, InvitationStatus::Accepted, InvitationStatus::Revoked];
    for n in 0..33 {
        let mut invitation =
            OrganizationInvitation::new(format!("orginv_{n}").parse().unwrap(), "ada@example.com", "org:member");
        invitation.status = Some(statuses[n / 11].clone());
        world.directory.add_organization_invitation(&id, invitation).unwrap();
    }
    for (query, expected, total_count) in [
        (InvitationQuery::new(), 0..10, 33),
        (InvitationQuery::new().page(Page::new().limit(500)), 0..33, 33),
        (InvitationQuery::new().status(InvitationStatus::Pending), 0..10, 11),
        (InvitationQuery::new().status(InvitationStatus::Accepted).page(Page::new().offset(9)), 20..22, 11),
        (InvitationQuery::new().status(InvitationStatus::Revoked).page(Page::new().limit(2)), 22..24, 11),
        (InvitationQuery::new().status(InvitationStatus::Expired), 0..0, 0),
    ] {
        let answer = world.directory.get_organization_invitations(&id, &query).await.unwrap();
        let ids: Vec<_> = answer.data.iter().map(|invitation| invitation.id.to_string()).collect();
        assert_eq!((ids, answer.total_count), (range("orginv_", expected), total_count), "{query:?}");
    }
}

#[tokio::test]
async fn pages_out_of_range_are_refused_before_the_user_is_looked_for() {
    let world = World::new();
    let google: OAuthProvider = "oauth_google".parse().unwrap();
    for limit in [0, 501] {
        let page = Page::new().limit(limit);
        let query = InvitationQuery::new().page(page);
        let result = world.directory.get_organization_memberships(&nobody(), &page).await;
        assert_invalid(result, Operation::GetOrganizationMemberships, "limit");
        let result = world.directory.get_organization_invitations(&nobody(), &query).await;
        assert_invalid(result, Operation::GetOrganizationInvitations, "limit");
        let result = world.directory.get_oauth_access_token(&nobody(), &google, &page).await;
        assert_invalid(result, Operation::GetOAuthAccessToken, "limit");
    }
}

#[tokio::test]
async fn a_user_who_does_not_exist_has_nothing() {
    let world = World::new();
    let google = "oauth_google".parse().unwrap();
    let result = world.directory.get_organization_memberships(&nobody(), &Page::new()).await;
    assert_not_found(result, Operation::GetOrganizationMemberships);
    let result = world.directory.get_organization_invitations(&nobody(), &InvitationQuery::new()).await;
    assert_not_found(result, Operation::GetOrganizationInvitations);
    let result = world.directory.get_oauth_access_token(&nobody(), &google, &Page::new()).await;
    assert_not_found(result, Operation::GetOAuthAccessToken);
    assert_not_found(world.directory.list_trusted_devices(&nobody()).await, Operation::ListTrustedDevices);
    let result = world.directory.revoke_trusted_device(&nobody(), &"tdv_1".parse().unwrap()).await;
    assert_not_found(result, Operation::RevokeTrustedDevice);
}

#[tokio::test]
async fn tokens_are_answered_by_provider_all_of_them_or_a_page() {
    let world = World::new();
    let id = world.user("ada").await.id;
    for n in 0..12 {
        let token = OAuthAccessToken::new("oauth_google", OAuthToken::new(format!("google-{n}")));
        world.directory.add_oauth_access_token(&id, token).unwrap();
    }
    world
        .directory
        .add_oauth_access_token(&id, OAuthAccessToken::new("oauth_github", OAuthToken::new("github-0")))
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
async fn a_token_that_has_expired_cannot_be_refreshed() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let google = "oauth_google".parse().unwrap();
    let mut token = OAuthAccessToken::new("oauth_google", OAuthToken::new("secret"));
    token.expires_at = Some(at("2026-05-12T09:00:10Z"));
    world.directory.add_oauth_access_token(&id, token).unwrap();
    world
        .directory
        .add_oauth_access_token(&id, OAuthAccessToken::new("oauth_github", OAuthToken::new("other")))
        .unwrap();
    world.clock.advance(seconds(9));
    assert_eq!(world.directory.get_oauth_access_token(&id, &google, &Page::new()).await.unwrap().len(), 1);
    world.clock.advance(seconds(1));
    let result = world.directory.get_oauth_access_token(&id, &google, &Page::new()).await;
    let bad = (422, ErrorKind::InvalidInput);
    assert_refused(result, Operation::GetOAuthAccessToken, bad, codes::OAUTH_MISSING_REFRESH_TOKEN, None);
    let github = "oauth_github".parse().unwrap();
    assert_eq!(world.directory.get_oauth_access_token(&id, &github, &Page::new()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_device_is_listed_until_the_trust_in_it_is_taken_back() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let mut revoked = TrustedDevice::new("tdv_3".parse().unwrap(), DevicePlatform::Android, "app");
    revoked.status = DeviceStatus::Revoked;
    for device in [
        TrustedDevice::new("tdv_1".parse().unwrap(), DevicePlatform::Ios, "app"),
        TrustedDevice::new("tdv_2".parse().unwrap(), DevicePlatform::Android, "app"),
        revoked,
    ] {
        world.directory.add_trusted_device(&id, device).unwrap();
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
