//! Filters of `list` and `count`, alone and combined. [`World::matching`] compares the two operations.

use user_directory::model::{
    EmailAddressReplacement, ExternalAccount, OAuthProvider, Organization, OrganizationId, OrganizationMembership,
    PhoneNumberReplacement,
};
use user_directory::{
    ErrorKind, NewUser, Operation, User, UserDirectory, UserFilter, UserId, UserQuery, UserUpdate, codes,
};

use crate::support::{World, assert_rejected, assert_validation_error, at, user_id};

const NO_USERS: [&str; 0] = [];
const WALLET: &str = "0x52908400098527886E0F7030069857D2E4169EE7";

/// Creates `user_1` (Ada), `user_2` (Grace) and `user_3` (Linus), one second apart.
async fn three() -> World {
    let world = World::new();
    let ada = NewUser::new()
        .email_address("Ada@Example.com")
        .phone_number("+15550100001")
        .first_name("Ada")
        .last_name("Lovelace")
        .external_id("crm-1");
    let grace = NewUser::new().web3_wallet(WALLET).username("grace_hopper").first_name("Grace").external_id("crm-2");
    let linus = NewUser::new().email_address("linus@kernel.test").username("Linus").last_name("ÉTOILE");
    for new in [ada, grace, linus] {
        world.create(new).await;
        world.tick();
    }
    world
}

#[tokio::test]
async fn list_without_filter_returns_all_users() {
    let world = three().await;
    assert_eq!(world.matching(UserFilter::new()).await, ["user_3", "user_2", "user_1"]);
}

#[tokio::test]
async fn list_matches_identifiers_case_insensitively() {
    let world = three().await;
    let filter = UserFilter::new;
    for (filter, expected) in [
        (filter().email_address("ADA@example.COM"), "user_1"),
        (filter().phone_number("+15550100001"), "user_1"),
        (filter().username("GRACE_hopper"), "user_2"),
        (filter().web3_wallet(WALLET.to_lowercase()), "user_2"),
        (filter().external_id("crm-2"), "user_2"),
        (filter().user_id(user_id("user_3")), "user_3"),
    ] {
        assert_eq!(world.matching(filter.clone()).await, [expected], "{filter:?}");
    }
    for filter in [
        filter().email_address("ada@example"),
        filter().phone_number("+15550100009"),
        filter().username("grace"),
        filter().web3_wallet("0x0"),
        filter().external_id("CRM-2"),
        filter().user_id(user_id("USER_6")),
    ] {
        assert_eq!(world.matching(filter.clone()).await, NO_USERS, "{filter:?}");
    }
}

#[tokio::test]
async fn list_matches_any_value_of_a_filter() {
    let world = three().await;
    let filter = UserFilter::new().email_addresses(["linus@kernel.test", "nobody@example.com", "ada@example.com"]);
    assert_eq!(world.matching(filter).await, ["user_3", "user_1"]);
    let filter = UserFilter::new().external_ids(["crm-1", "crm-2", "crm-3", "crm-1"]);
    assert_eq!(world.matching(filter).await, ["user_2", "user_1"]);
    let twice = UserFilter::new().user_ids([user_id("user_1"), user_id("user_1"), user_id("user_9")]);
    assert_eq!(world.matching(twice).await, ["user_1"]);
}

#[tokio::test]
async fn list_combines_identifier_filters_with_or_and_others_with_and() {
    let world = three().await;
    let either = UserFilter::new().email_address("ada@example.com").username("linus");
    assert_eq!(world.matching(either.clone()).await, ["user_3", "user_1"]);
    let any = either.clone().web3_wallet(WALLET).phone_number("+15550100001");
    assert_eq!(world.matching(any.clone()).await, ["user_3", "user_2", "user_1"]);

    assert_eq!(world.matching(any.clone().external_id("crm-1")).await, ["user_1"]);
    assert_eq!(world.matching(any.clone().query("grace")).await, ["user_2"]);
    assert_eq!(world.matching(any.clone().exclude_user_ids([user_id("user_2")])).await, ["user_3", "user_1"]);
    assert_eq!(world.matching(either.clone().user_id(user_id("user_2"))).await, NO_USERS);
    assert_eq!(world.matching(either.external_id("crm-2")).await, NO_USERS);
    assert_eq!(world.matching(any.banned(true)).await, NO_USERS);
}

#[tokio::test]
async fn list_excludes_users_even_if_other_filters_match() {
    let world = three().await;
    let filter = UserFilter::new;
    assert_eq!(world.matching(filter().exclude_external_ids(["crm-1"])).await, ["user_3", "user_2"]);
    assert_eq!(world.matching(filter().exclude_external_ids(["crm-1"]).external_id("crm-1")).await, NO_USERS);
    assert_eq!(
        world.matching(filter().external_ids(["crm-1", "crm-2"]).exclude_external_ids(["crm-2"])).await,
        ["user_1"]
    );
    let ids = ["user_1", "user_2"].map(user_id);
    assert_eq!(world.matching(filter().exclude_user_ids(ids.clone())).await, ["user_3"]);
    assert_eq!(world.matching(filter().user_ids(ids).exclude_user_ids([user_id("user_1")])).await, ["user_2"]);
    let no_values: [UserId; 0] = [];
    assert_eq!(world.matching(filter().exclude_user_ids(no_values)).await.len(), 3);
}

#[tokio::test]
async fn list_returns_no_users_for_an_empty_filter_list() {
    let world = three().await;
    let none: [&str; 0] = [];
    let no_users: [UserId; 0] = [];
    let no_organizations: [OrganizationId; 0] = [];
    let google: OAuthProvider = "oauth_google".parse().unwrap();
    let filter = UserFilter::new;
    for filter in [
        filter().email_addresses(none),
        filter().phone_numbers(none),
        filter().usernames(none),
        filter().web3_wallets(none),
        filter().external_ids(none),
        filter().user_ids(no_users),
        filter().organization_ids(no_organizations),
        filter().provider_users(google, none),
        filter().external_ids(none).email_address("ada@example.com"),
    ] {
        assert_eq!(world.matching(filter.clone()).await, NO_USERS, "{filter:?}");
    }
    // The four identifier filters are combined with OR.
    let filter = filter().usernames(none).email_address("ada@example.com");
    assert_eq!(world.matching(filter).await, ["user_1"]);
}

#[tokio::test]
async fn list_and_count_accept_100_values_per_filter() {
    let world = three().await;
    let google: OAuthProvider = "oauth_google".parse().unwrap();
    let filters = |values: usize| {
        let texts = || (0..values).map(|n| format!("v{n}"));
        let users = || (0..values).map(|n| user_id(&format!("user_{n}")));
        let organizations = || (0..values).map(|n| format!("org_{n}").parse::<OrganizationId>().unwrap());
        let filter = UserFilter::new;
        [
            ("email_address", filter().email_addresses(texts())),
            ("phone_number", filter().phone_numbers(texts())),
            ("username", filter().usernames(texts())),
            ("web3_wallet", filter().web3_wallets(texts())),
            ("external_id", filter().external_ids(texts())),
            ("external_id", filter().exclude_external_ids(texts())),
            ("user_id", filter().user_ids(users())),
            ("user_id", filter().exclude_user_ids(users())),
            ("organization_id", filter().organization_ids(organizations())),
            ("organization_id", filter().exclude_organization_ids(organizations())),
            ("provider_user_id", filter().provider_users(google.clone(), texts())),
        ]
    };
    for (_, filter) in filters(100) {
        world.matching(filter).await;
    }
    for (param_name, filter) in filters(101) {
        assert_validation_error(world.directory.count(&filter).await, Operation::Count, param_name);
        assert_validation_error(world.directory.list(&UserQuery::from(filter)).await, Operation::List, param_name);
    }
}

#[tokio::test]
async fn list_matches_query_in_identifiers_and_names() {
    let world = three().await;
    for (query, expected) in [
        ("ADA@EX", vec!["user_1"]),
        ("550100", vec!["user_1"]),
        ("opper", vec!["user_2"]),
        ("0x5290840009852788", vec!["user_2"]),
        ("User_3", vec!["user_3"]),
        ("user_", vec!["user_3", "user_2", "user_1"]),
        ("lovel", vec!["user_1"]),
        ("étoile", vec!["user_3"]),
        ("ada lovelace", vec!["user_1"]),
        ("lovelace ada", vec![]),
        ("crm-1", vec![]),
        ("nobody", vec![]),
    ] {
        assert_eq!(world.matching(UserFilter::new().query(query)).await, expected, "{query}");
    }
}

#[tokio::test]
async fn list_matches_query_after_every_kind_of_change() {
    let world = three().await;
    let directory = &world.directory;
    let (ada, grace) = (user_id("user_1"), user_id("user_2"));
    let by = async |query: &str| world.matching(UserFilter::new().query(query)).await;

    directory.update(&ada, &UserUpdate::new().first_name("Augusta").username("Countess")).await.unwrap();
    assert_eq!((by("augusta love").await, by("countess").await), (vec!["user_1".into()], vec!["user_1".into()]));
    assert_eq!(by("ada love").await, NO_USERS);
    directory.update(&ada, &UserUpdate::new().clear_last_name().clear_username()).await.unwrap();
    assert_eq!((by("lovelace").await, by("countess").await), (vec![], vec![]));

    directory.replace_email_address(&ada, &EmailAddressReplacement::new("countess@example.com")).await.unwrap();
    assert_eq!((by("COUNTESS@").await, by("ada@").await), (vec!["user_1".into()], vec![]));
    directory.replace_phone_number(&ada, &PhoneNumberReplacement::new("+15550100099")).await.unwrap();
    assert_eq!((by("100099").await, by("100001").await), (vec!["user_1".into()], vec![]));

    assert_eq!(by(&WALLET[..9]).await, ["user_2"]);
    let wallet = world.get(&grace).await.web3_wallets[0].id.clone().unwrap();
    directory.delete_web3_wallet(&grace, &wallet).await.unwrap();
    assert_eq!(by(&WALLET[..9]).await, NO_USERS);

    // A new user reuses the slot of the deleted one.
    directory.delete(&grace).await.unwrap();
    assert_eq!(by("hopper").await, NO_USERS);
    world.create(NewUser::new().username("hamilton")).await;
    assert_eq!((by("hopper").await, by("hamilton").await), (vec![], vec!["user_4".into()]));

    let loaded: User =
        serde_json::from_str(r#"{ "id": "user_9", "first_name": "Annie", "last_name": "EASLEY" }"#).unwrap();
    directory.load([loaded]).await.unwrap();
    assert_eq!(by("annie easley").await, ["user_9"]);
    directory.clear().await.unwrap();
    assert_eq!(by("annie").await, NO_USERS);
}

#[tokio::test]
async fn list_matches_field_queries_in_their_fields() {
    let world = three().await;
    let filter = UserFilter::new;
    for (filter, expected) in [
        (filter().email_address_query("EXAMPLE"), vec!["user_1"]),
        (filter().email_address_query("linus"), vec!["user_3"]),
        (filter().email_address_query("grace"), vec![]),
        (filter().phone_number_query("0100"), vec!["user_1"]),
        (filter().phone_number_query("ada"), vec![]),
        (filter().username_query("US"), vec!["user_3"]),
        (filter().username_query("ada"), vec![]),
        (filter().name_query("a"), vec!["user_2", "user_1"]),
        (filter().name_query("linus"), vec![]),
        (filter().name_query("a").email_address_query("ada"), vec!["user_1"]),
        (filter().name_query("a").query("grace"), vec!["user_2"]),
    ] {
        assert_eq!(world.matching(filter.clone()).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn list_filters_by_last_activity_with_millisecond_precision() {
    let world = three().await;
    let [before, active, after] =
        ["2026-05-02T11:59:59.999Z", "2026-05-02T12:00:00Z", "2026-05-02T12:00:00.001Z"].map(at);
    world.directory.record_sign_in(&user_id("user_1"), active).await.unwrap();
    let filter = UserFilter::new;
    for (filter, is_match) in [
        (filter().last_active_at_after(before), true),
        (filter().last_active_at_after(active), false),
        (filter().last_active_at_since(active), true),
        (filter().last_active_at_since(after), false),
        (filter().last_active_at_before(active), false),
        (filter().last_active_at_before(after), true),
    ] {
        let expected = if is_match { vec!["user_1"] } else { vec![] };
        assert_eq!(world.matching(filter.clone()).await, expected, "{filter:?}");
    }
    let user = world.directory.get(&user_id("user_1")).await.unwrap();
    assert_eq!(user.last_active_at, Some(at("2026-05-02T00:00:00Z")));
}

#[tokio::test]
async fn list_filters_by_last_activity_and_last_sign_in() {
    let world = three().await;
    let (early, late) = (at("2026-05-01T00:00:00Z"), at("2026-05-02T00:00:00Z"));
    world.directory.record_sign_in(&user_id("user_1"), early).await.unwrap();
    world.directory.record_sign_in(&user_id("user_2"), late).await.unwrap();
    let filter = UserFilter::new;
    for (filter, expected) in [
        (filter().last_active_at_before(late), vec!["user_1"]),
        (filter().last_active_at_before(early), vec![]),
        (filter().last_active_at_after(early), vec!["user_2"]),
        (filter().last_active_at_after(late), vec![]),
        (filter().last_active_at_since(late), vec!["user_2"]),
        (filter().last_active_at_since(early), vec!["user_2", "user_1"]),
        (filter().last_sign_in_at_before(late), vec!["user_1"]),
        (filter().last_sign_in_at_after(early), vec!["user_2"]),
        (filter().last_sign_in_at_after(late), vec![]),
        (filter().last_sign_in_at_after(early).last_active_at_before(late), vec![]),
    ] {
        assert_eq!(world.matching(filter.clone()).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn list_filters_by_organization() {
    let world = three().await;
    let organization = |id: &str| id.parse::<OrganizationId>().unwrap();
    let join = async |user: &str, org: &str| {
        let membership = OrganizationMembership::new(
            format!("orgmem_{user}_{org}").parse().unwrap(),
            Organization::new(organization(org), org),
            "org:member",
        );
        world.directory.add_organization_membership(&user_id(user), membership).await.unwrap();
    };
    join("user_1", "org_a").await;
    join("user_1", "org_b").await;
    join("user_2", "org_b").await;
    let filter = UserFilter::new;
    for (filter, expected) in [
        (filter().organization_id(organization("org_a")), vec!["user_1"]),
        (filter().organization_ids(["org_a", "org_b"].map(organization)), vec!["user_2", "user_1"]),
        (filter().exclude_organization_ids([organization("org_a")]), vec!["user_3", "user_2"]),
        (
            filter().organization_id(organization("org_b")).exclude_organization_ids([organization("org_a")]),
            vec!["user_2"],
        ),
        (filter().organization_id(organization("org_c")), vec![]),
    ] {
        assert_eq!(world.matching(filter.clone()).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn list_filters_by_provider_user() {
    let world = three().await;
    let add = async |user: &str, account: &str, provider: &str, id: &str| {
        let mut account = ExternalAccount::new(account.parse().unwrap(), provider);
        account.provider_user_id = id.into();
        world.directory.add_external_account(&user_id(user), account).await.unwrap();
    };
    add("user_1", "eac_1", "oauth_google", "42").await;
    add("user_2", "eac_2", "oauth_github", "42").await;
    add("user_3", "eac_3", "oauth_google", "").await;
    let provider = |name: &str| name.parse::<OAuthProvider>().unwrap();
    let filter = UserFilter::new;
    for (filter, expected) in [
        (filter().provider_users(provider("oauth_google"), ["42"]), vec!["user_1"]),
        (filter().provider_users(provider("oauth_github"), ["1", "42"]), vec!["user_2"]),
        (filter().provider_users(provider("oauth_google"), ["4"]), vec![]),
        (filter().provider_users(provider("oauth_google"), ["42"]).email_address("linus@kernel.test"), vec![]),
        (filter().provider_users(provider("oauth_google"), ["42"]).email_address("ada@example.com"), vec!["user_1"]),
    ] {
        assert_eq!(world.matching(filter.clone()).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn list_and_count_reject_unknown_provider() {
    let world = World::with(|settings| settings.oauth_providers(Vec::new()));
    let of = |name: &str| UserFilter::new().provider_users(OAuthProvider::new(name).unwrap(), ["42"]);
    let (invalid, code) = ((400, ErrorKind::InvalidInput), codes::OAUTH_UNSUPPORTED_PROVIDER);
    let listed = world.directory.list(&UserQuery::from(of("gogle"))).await;
    assert_rejected(listed, Operation::List, invalid, code, None);
    assert_rejected(world.directory.count(&of("gogle")).await, Operation::Count, invalid, code, None);
    // Users keep the accounts of a provider that is disabled later.
    for name in ["google", "custom_acme"] {
        assert_eq!(world.matching(of(name)).await, NO_USERS, "{name}");
    }
}

#[tokio::test]
async fn list_and_count_scan_many_users() {
    // More users than a search scans in one chunk.
    let world = World::new();
    for n in 0..2_600 {
        let new = NewUser::new().email_address(format!("u{n}@example.com")).external_id(format!("e{n}"));
        world.create(if n % 100 == 0 { new.banned(true) } else { new }).await;
    }
    let banned = UserFilter::new().banned(true);
    assert_eq!(world.directory.count(&banned).await.unwrap(), 26);
    let users = world.directory.list(&UserQuery::from(banned.clone()).limit(500)).await.unwrap();
    let emails: Vec<_> = users.iter().map(|user| user.email_addresses[0].email_address.to_string()).collect();
    let expected: Vec<_> = (0..26).rev().map(|n| format!("u{}@example.com", n * 100)).collect();
    assert_eq!(emails, expected);
    let mut walked = Vec::new();
    for expected in [10, 10, 6] {
        let mut query = UserQuery::from(banned.clone()).limit(10);
        query.starting_after = walked.last().cloned();
        let page = world.directory.list(&query).await.unwrap();
        assert_eq!(page.len(), expected);
        walked.extend(page.into_iter().map(|user| user.id));
    }
    assert_eq!(walked, users.into_iter().map(|user| user.id).collect::<Vec<_>>());
}
