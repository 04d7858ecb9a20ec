//! Ordering and pagination of `list`.

use user_directory::{
    NewUser, Operation, OrderBy, OrderField, User, UserDirectory, UserFilter, UserId, UserQuery, UserUpdate, codes,
};

use crate::support::{World, assert_param_rejected, assert_validation_error, at, ids, start, user_id};

const WALLETS: [&str; 2] = ["0x52908400098527886E0F7030069857D2E4169EE7", "0xde709f2102306220921060314715629080e2fb77"];

const FIELDS: [OrderField; 10] = [
    OrderField::CreatedAt,
    OrderField::UpdatedAt,
    OrderField::EmailAddress,
    OrderField::Web3Wallet,
    OrderField::FirstName,
    OrderField::LastName,
    OrderField::PhoneNumber,
    OrderField::Username,
    OrderField::LastActiveAt,
    OrderField::LastSignInAt,
];

async fn listed(world: &World, order_by: OrderBy) -> Vec<String> {
    let users = world.directory.list(&UserQuery::new().order_by(order_by)).await.unwrap();
    users.into_iter().map(|user| user.external_id.unwrap_or_default().into()).collect()
}

/// Creates the users `high`, `low`, `none` and `LOW`, in this order. `none` lacks all fields. The names of `LOW` differ
/// from those of `low` only in case.
async fn four() -> World {
    let world = World::new();
    let new = |id: &str| NewUser::new().external_id(id);
    let high = new("high")
        .email_address("zoe@example.com")
        .web3_wallet(WALLETS[1])
        .first_name("zoe")
        .last_name("zet")
        .phone_number("+15550100009")
        .username("zoe_zet");
    let low = new("low")
        .email_address("ada@example.com")
        .email_address("zzz@example.com")
        .web3_wallet(WALLETS[0])
        .first_name("ada")
        .last_name("abc")
        .phone_number("+15550100001")
        .username("ada_abc");
    let same = new("LOW").first_name("ADA").last_name("ABC");
    let mut created = Vec::new();
    for new in [high, low, new("none"), same] {
        created.push(world.create(new).await.id);
        world.tick();
    }
    for (user, time) in [(0, "2026-05-09T00:00:00Z"), (1, "2026-05-01T00:00:00Z"), (3, "2026-05-01T00:00:00Z")] {
        world.directory.record_sign_in(&created[user], at(time)).await.unwrap();
    }
    world
}

#[tokio::test]
async fn list_orders_text_case_insensitively_with_missing_values_last() {
    let world = four().await;
    for field in [OrderField::FirstName, OrderField::LastName] {
        assert_eq!(listed(&world, OrderBy::ascending(field)).await, ["LOW", "low", "high", "none"], "{field:?}");
        assert_eq!(listed(&world, OrderBy::descending(field)).await, ["high", "LOW", "low", "none"], "{field:?}");
    }
    for field in [OrderField::EmailAddress, OrderField::Web3Wallet, OrderField::PhoneNumber, OrderField::Username] {
        assert_eq!(listed(&world, OrderBy::ascending(field)).await, ["low", "high", "LOW", "none"], "{field:?}");
        assert_eq!(listed(&world, OrderBy::descending(field)).await, ["high", "low", "LOW", "none"], "{field:?}");
    }
}

#[tokio::test]
async fn list_orders_timestamps_with_missing_values_last() {
    let world = four().await;
    for field in [OrderField::LastActiveAt, OrderField::LastSignInAt] {
        assert_eq!(listed(&world, OrderBy::ascending(field)).await, ["LOW", "low", "high", "none"], "{field:?}");
        assert_eq!(listed(&world, OrderBy::descending(field)).await, ["high", "LOW", "low", "none"], "{field:?}");
    }
    let by_creation = ["LOW", "none", "low", "high"];
    assert_eq!(listed(&world, OrderBy::default()).await, by_creation);
    assert_eq!(listed(&world, OrderBy::descending(OrderField::CreatedAt)).await, by_creation);
    assert_eq!(listed(&world, OrderBy::ascending(OrderField::CreatedAt)).await, ["high", "low", "none", "LOW"]);

    let low = world.directory.list(&UserFilter::new().external_id("low").into()).await.unwrap()[0].id.clone();
    world.directory.update(&low, &UserUpdate::new().locale("en")).await.unwrap();
    assert_eq!(listed(&world, OrderBy::descending(OrderField::UpdatedAt)).await, ["low", "LOW", "none", "high"]);
    assert_eq!(listed(&world, OrderBy::ascending(OrderField::UpdatedAt)).await, ["high", "none", "LOW", "low"]);
}

#[tokio::test]
async fn list_orders_by_primary_email_address() {
    let world = four().await;
    let low = &world.directory.list(&UserFilter::new().external_id("low").into()).await.unwrap()[0];
    let second = low.email_addresses[1].id.clone().unwrap();
    world.directory.update(&low.id, &UserUpdate::new().primary_email_address_id(second)).await.unwrap();
    assert_eq!(listed(&world, OrderBy::ascending(OrderField::EmailAddress)).await, ["high", "low", "LOW", "none"]);
}

#[tokio::test]
async fn list_orders_users_of_the_same_creation_time_by_insertion() {
    let world = World::new();
    for name in ["ada", "grace", "linus"] {
        world.user(name).await;
    }
    let newest = ids(&world.all_users().await);
    let oldest = world.directory.list(&UserQuery::new().order_by(OrderBy::ascending(OrderField::CreatedAt))).await;
    let mut oldest = ids(&oldest.unwrap());
    oldest.reverse();
    assert_eq!(newest, ["user_3", "user_2", "user_1"]);
    assert_eq!(oldest, newest);
}

#[tokio::test]
async fn list_orders_users_without_creation_time_as_oldest() {
    let world = World::new();
    world.user("ada").await;
    world.directory.load([User::new(user_id("user_old"))]).await.unwrap();
    assert_eq!(ids(&world.all_users().await), ["user_1", "user_old"]);
    assert_eq!(world.matching(UserFilter::new().created_at_before(at("2100-01-01T00:00:00Z"))).await, ["user_1"]);
}

#[tokio::test]
async fn list_orders_filtered_users_like_all_users() {
    let world = four().await;
    let all = world.all_users().await;
    for field in FIELDS {
        for order_by in [OrderBy::ascending(field), OrderBy::descending(field)] {
            let unfiltered = UserQuery::new().order_by(order_by);
            let by_id = unfiltered.clone().filter(UserFilter::new().user_ids(all.iter().map(|user| &user.id)));
            assert_eq!(
                ids(&world.directory.list(&by_id).await.unwrap()),
                ids(&world.directory.list(&unfiltered).await.unwrap()),
                "{order_by:?}"
            );
        }
    }
}

async fn many(count: usize) -> World {
    let world = World::new();
    for n in 0..count {
        let new = NewUser::new().username(format!("user{n}")).first_name(if n % 2 == 0 { "Even" } else { "Odd" });
        world.create(new).await;
        if n % 3 == 0 {
            world.tick();
        }
    }
    world
}

#[tokio::test]
async fn list_returns_10_users_by_default() {
    let world = many(12).await;
    let length = async |query: UserQuery| world.directory.list(&query).await.unwrap().len();
    assert_eq!(length(UserQuery::new()).await, 10);
    assert_eq!(length(UserQuery::new().limit(1)).await, 1);
    assert_eq!(length(UserQuery::new().limit(500)).await, 12);
    assert_eq!(length(UserQuery::new().offset(11)).await, 1);
    assert_eq!(length(UserQuery::new().offset(12)).await, 0);
    assert_eq!(length(UserQuery::new().offset(u64::MAX)).await, 0);
    assert_eq!(length(UserFilter::new().query("user1").into()).await, 3);
    assert_eq!(length(UserQuery::from(UserFilter::new().query("user")).limit(500)).await, 12);
}

#[tokio::test]
async fn list_rejects_invalid_limits_and_cursors() {
    let world = many(3).await;
    let last = world.all_users().await[0].id.clone();
    for (query, param_name) in [
        (UserQuery::new().limit(0), "limit"),
        (UserQuery::new().limit(501), "limit"),
        (UserQuery::new().starting_after(last.clone()).offset(1), "starting_after"),
        (
            UserQuery::new().starting_after(last.clone()).order_by(OrderBy::ascending(OrderField::Username)),
            "starting_after",
        ),
        // Validated even if no user can match.
        (UserQuery::from(UserFilter::new().usernames([""; 0])).limit(501), "limit"),
    ] {
        assert_validation_error(world.directory.list(&query).await, Operation::List, param_name);
    }
    assert_eq!(world.directory.list(&UserQuery::new().starting_after(last).offset(0)).await.unwrap().len(), 2);
}

#[tokio::test]
async fn list_rejects_cursor_of_unknown_user() {
    let world = many(3).await;
    let query = UserQuery::new().starting_after(user_id("user_unknown"));
    let result = world.directory.list(&query).await;
    assert_param_rejected(result, Operation::List, codes::FORM_RESOURCE_NOT_FOUND, "starting_after");
}

/// Lists all pages by cursor and calls `between` after each page.
async fn walk(world: &World, mut query: UserQuery, mut between: impl AsyncFnMut(usize)) -> Vec<UserId> {
    let mut seen = Vec::new();
    // The bound detects a cursor that does not advance.
    for page in 0..100 {
        let users = world.directory.list(&query).await.unwrap();
        let full = users.len() == query.page.limit.unwrap() as usize;
        seen.extend(users.into_iter().map(|user| user.id));
        if !full {
            break;
        }
        query = query.starting_after(seen.last().unwrap().clone());
        between(page).await;
    }
    seen
}

#[tokio::test]
async fn list_pages_by_offset_cover_all_users_in_every_order() {
    let world = many(23).await;
    for field in FIELDS {
        for order_by in [OrderBy::ascending(field), OrderBy::descending(field)] {
            let query = UserQuery::new().order_by(order_by).limit(500);
            let whole = ids(&world.directory.list(&query).await.unwrap());
            assert_eq!(whole.len(), 23);
            let mut paged = Vec::new();
            for offset in (0..25).step_by(5) {
                let page = query.clone().limit(5).offset(offset);
                paged.extend(ids(&world.directory.list(&page).await.unwrap()));
            }
            assert_eq!(paged, whole, "{order_by:?}");
        }
    }
}

#[tokio::test]
async fn list_pages_by_cursor_cover_all_users_in_both_directions() {
    let world = many(23).await;
    let by_index = UserFilter::new().usernames((0..23).step_by(2).map(|n| format!("user{n}")));
    for order_by in [OrderBy::ascending(OrderField::CreatedAt), OrderBy::descending(OrderField::CreatedAt)] {
        for filter in [UserFilter::new(), UserFilter::new().name_query("even"), by_index.clone()] {
            let query = UserQuery::from(filter).order_by(order_by);
            let whole = ids(&world.directory.list(&query.clone().limit(500)).await.unwrap());
            for limit in [1, 4, 12, 23] {
                let walked = walk(&world, query.clone().limit(limit), async |_| {}).await;
                let walked: Vec<_> = walked.iter().map(UserId::to_string).collect();
                assert_eq!(walked, whole, "{query:?} {limit}");
            }
        }
    }
}

#[tokio::test]
async fn list_pages_by_cursor_neither_repeat_nor_skip_during_changes() {
    for order_by in [OrderBy::ascending(OrderField::CreatedAt), OrderBy::descending(OrderField::CreatedAt)] {
        let world = many(40).await;
        let whole = world.directory.list(&UserQuery::new().order_by(order_by).limit(500)).await.unwrap();
        let walked = walk(&world, UserQuery::new().order_by(order_by).limit(7), async |page| {
            if page < 4 {
                // Deletes a user already returned and one not yet returned, and creates a new one.
                world.directory.delete(&whole[page * 7].id).await.unwrap();
                world.directory.delete(&whole[35 + page].id).await.unwrap();
                world.create(NewUser::new().username(format!("late{page}"))).await;
            }
        })
        .await;
        let mut once = walked.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), walked.len(), "{order_by:?}: duplicate user");
        let stayed: Vec<_> = whole[..35].iter().map(|user| &user.id).collect();
        let seen: Vec<_> = walked.iter().filter(|id| stayed.contains(id)).collect();
        assert_eq!(seen, stayed, "{order_by:?}: skipped user");
        assert!(whole[35..39].iter().all(|user| !walked.contains(&user.id)), "{order_by:?}: deleted user");
    }
}

#[tokio::test]
async fn list_accepts_cursor_that_does_not_match_the_filter() {
    let world = many(6).await;
    let whole = world.all_users().await;
    let query = UserQuery::from(UserFilter::new().name_query("even")).starting_after(whole[2].id.clone());
    let expected: Vec<_> = whole[3..].iter().filter(|user| user.first_name.as_deref() == Some("Even")).collect();
    assert_eq!(world.directory.list(&query).await.unwrap().iter().collect::<Vec<_>>(), expected);
    assert_eq!(whole[5].created_at, Some(start()));
}
