//! The query strings of requests.

use integration_tests::{Clerk, user};
use user_directory::model::{InvitationQuery, InvitationStatus, OrganizationId};
use user_directory::{Operation, OrderBy, OrderField, Page, UserDirectory as _, UserFilter, UserId, UserQuery};

use super::{assert_bodiless, millis, sent};

#[tokio::test]
async fn list_sends_every_parameter_in_the_documented_order() {
    let filter = UserFilter::new()
        .email_addresses(["a@example.com", "b+c@example.com"])
        .phone_number("+15550100123")
        .external_ids(["one"])
        .username("ada")
        .web3_wallet("0xabc")
        .user_id(user())
        .organization_id(OrganizationId::new("org_1").unwrap())
        .query("Ada & Ü = #1?")
        .email_address_query("@example.com")
        .phone_number_query("+1555")
        .username_query("a/b")
        .name_query("100%")
        .banned(false)
        .last_active_at_before(millis(1))
        .last_active_at_after(millis(0))
        .last_active_at_since(millis(-5))
        .created_at_before(millis(1_700_690_400_001))
        .created_at_after(millis(1_700_690_400_002))
        .last_sign_in_at_before(millis(1_700_690_400_003))
        .last_sign_in_at_after(millis(1_700_690_400_004))
        .provider_users("oauth_google".parse::<user_directory::model::OAuthProvider>().unwrap(), ["10", "11"]);
    let query = UserQuery::new()
        .filter(filter.clone())
        .limit(500)
        .offset(0)
        .starting_after(user())
        .order_by(OrderBy::ascending(OrderField::CreatedAt));
    let filtered = "email_address=a%40example.com&email_address=b%2Bc%40example.com&phone_number=%2B15550100123\
         &external_id=one&username=ada&web3_wallet=0xabc&user_id=user_1&organization_id=org_1\
         &query=Ada+%26+%C3%9C+%3D+%231%3F&email_address_query=%40example.com&phone_number_query=%2B1555\
         &username_query=a%2Fb&name_query=100%25&banned=false\
         &last_active_at_before=1&last_active_at_after=0&last_active_at_since=-5\
         &created_at_before=1700690400001&created_at_after=1700690400002\
         &last_sign_in_at_before=1700690400003&last_sign_in_at_after=1700690400004\
         &provider=oauth_google&provider_user_id=10&provider_user_id=11";

    let request = sent(Operation::List, async |clerk| clerk.list(&query).await).await;
    let paged = "&limit=500&offset=0&starting_after=user_1&order_by=%2Bcreated_at";
    assert_bodiless(&request, &format!("/v1/users?{filtered}{paged}"));

    let request = sent(Operation::Count, async |clerk| clerk.count(&filter).await).await;
    assert_bodiless(&request, &format!("/v1/users/count?{filtered}"));
}

#[tokio::test]
async fn list_sends_the_sign_of_order_by() {
    for (order, expected) in [
        (OrderBy::default(), "order_by=-created_at"),
        (OrderBy::ascending(OrderField::Web3Wallet), "order_by=%2Bweb3wallet"),
        (OrderBy::descending(OrderField::LastSignInAt), "order_by=-last_sign_in_at"),
    ] {
        let query = UserQuery::new().order_by(order);
        let request = sent(Operation::List, async |clerk| clerk.list(&query).await).await;
        assert_eq!(request.url.query(), Some(expected));
    }
}

#[tokio::test]
async fn list_sends_plus_for_included_values_that_start_with_a_sign_and_minus_for_excluded_values() {
    let organization = |id| OrganizationId::new(id).unwrap();
    for (filter, expected) in [
        (
            UserFilter::new().external_ids(["a", "+b", "-c"]).exclude_external_ids(["d", "-e", "+f"]),
            "external_id=a&external_id=%2B%2Bb&external_id=%2B-c&external_id=-d&external_id=--e&external_id=-%2Bf",
        ),
        (UserFilter::new().exclude_user_ids([user()]), "user_id=-user_1"),
        (
            UserFilter::new()
                .organization_ids([organization("org_1")])
                .exclude_organization_ids([organization("org_2")]),
            "organization_id=org_1&organization_id=-org_2",
        ),
    ] {
        let request = sent(Operation::Count, async |clerk| clerk.count(&filter).await).await;
        assert_eq!(request.url.query(), Some(expected));
    }
}

#[tokio::test]
async fn list_omits_an_empty_identifier_filter_beside_another_filter() {
    let filter = UserFilter::new().email_addresses(Vec::<String>::new()).username("ada");
    let request = sent(Operation::Count, async |clerk| clerk.count(&filter).await).await;
    assert_eq!(request.url.query(), Some("username=ada"));
}

#[tokio::test]
async fn list_and_count_send_no_request_for_a_filter_that_matches_no_users() {
    let clerk = Clerk::with_json(200, "[]").await;
    for filter in [
        UserFilter::new().user_ids(Vec::<UserId>::new()),
        UserFilter::new().email_addresses(Vec::<String>::new()).banned(true),
        UserFilter::new().organization_ids(Vec::<OrganizationId>::new()),
        UserFilter::new().provider_users(
            "oauth_google".parse::<user_directory::model::OAuthProvider>().unwrap(),
            Vec::<String>::new(),
        ),
    ] {
        assert_eq!(clerk.directory.count(&filter).await.unwrap(), 0);
        assert_eq!(clerk.directory.list(&filter.into()).await.unwrap(), []);
    }
    assert_eq!(clerk.requests().await.len(), 0);
}

#[tokio::test]
async fn get_oauth_access_token_sends_pagination_only_if_a_page_is_set() {
    let path = "/v1/users/user_1/oauth_access_tokens/oauth_google";
    for (page, expected) in [
        (Page::new(), path.to_owned()),
        (Page::new().limit(5), format!("{path}?paginated=true&limit=5")),
        (Page::new().offset(0), format!("{path}?paginated=true&offset=0")),
        (Page::new().limit(5).offset(10), format!("{path}?paginated=true&limit=5&offset=10")),
    ] {
        let provider = "oauth_google".parse().unwrap();
        let request = sent(Operation::GetOAuthAccessToken, async |clerk| {
            clerk.get_oauth_access_token(&user(), &provider, &page).await
        })
        .await;
        assert_bodiless(&request, &expected);
    }
}

#[tokio::test]
async fn get_organization_memberships_and_invitations_send_the_page() {
    let page = Page::new().limit(20).offset(0);
    let request = sent(Operation::GetOrganizationMemberships, async |clerk| {
        clerk.get_organization_memberships(&user(), &page).await
    })
    .await;
    assert_bodiless(&request, "/v1/users/user_1/organization_memberships?limit=20&offset=0");

    for (status, expected) in [
        (InvitationStatus::Pending, "limit=20&offset=0&status=pending"),
        (InvitationStatus::Other("a b".into()), "limit=20&offset=0&status=a+b"),
    ] {
        let query = InvitationQuery::new().page(page).status(status);
        let request = sent(Operation::GetOrganizationInvitations, async |clerk| {
            clerk.get_organization_invitations(&user(), &query).await
        })
        .await;
        assert_bodiless(&request, &format!("/v1/users/user_1/organization_invitations?{expected}"));
    }
}
