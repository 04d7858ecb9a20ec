//! Allocation counts of decoding and cloning. Unlike timings, they do not depend on the machine.

#[path = "../../../../benches/support/page.rs"]
mod page;

use user_directory::webhooks::UserEvent;
use user_directory::{ErrorKind, User, wire};

const USERS: usize = 500;

/// Runs `work` and counts its allocations and reallocations.
fn allocations<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let mut result = None;
    let measured = allocation_counter::measure(|| result = Some(work()));
    (result.unwrap(), usize::try_from(measured.count_total).unwrap())
}

fn users() -> (Vec<User>, usize) {
    let page = page::page(USERS as u64);
    let json = str::from_utf8(&page).unwrap();
    let (users, count) = allocations(|| serde_json::from_str::<Vec<User>>(json));
    (users.unwrap(), count)
}

#[test]
fn benchmark_page_has_users_of_realistic_size() {
    let (users, _) = users();
    assert_eq!(users.len(), USERS);
    assert!(users.iter().all(|user| !user.email_addresses.is_empty() && user.external_accounts.len() == 1));
    assert_eq!(users.iter().filter(|user| user.email_addresses.len() == 2).count(), USERS / 4);
    assert_eq!(users.iter().filter(|user| user.phone_numbers.len() == 1).count(), USERS / 4);
    assert_eq!(users.iter().filter(|user| user.organization_memberships.len() == 1).count(), USERS.div_ceil(16));
    let sizes = |user: &User| user.public_metadata.size_in_bytes() + user.private_metadata.size_in_bytes();
    for user in &users {
        assert!((1_300..1_500).contains(&sizes(user)), "{} bytes", sizes(user));
    }
    assert!((3_600..4_100).contains(&(page::page(USERS as u64).len() / USERS)));
}

#[test]
fn decode_of_page_makes_at_most_17_allocations_per_user() {
    let (_, count) = users();
    assert!(count <= 17 * USERS, "{count} allocations for {USERS} users");
}

/// The client does not copy the JSON of metadata twice.
#[test]
fn decode_of_response_makes_at_most_13_allocations_per_user() {
    let page = page::page(USERS as u64);
    let (users, count) = allocations(|| wire::decode::<Vec<User>>(str::from_utf8(&page).unwrap()));
    assert_eq!(users.unwrap(), self::users().0);
    assert!(count <= 13 * USERS, "{count} allocations for {USERS} users");
}

#[test]
fn clone_of_user_does_not_allocate() {
    for user in users().0 {
        let (clone, count) = allocations(|| user.clone());
        assert_eq!(clone, user);
        assert_eq!(count, 0, "{}", user.id);
    }
}

#[test]
fn decode_of_id_does_not_allocate() {
    for id in [
        "user_2abcdefghijklmnopqrstuvwxyz0",
        "orgmem_2abcdefghijklmnopqrstuvwxyz0",
        "csub_item_2abcdefghijklmnopqrstuvwxyz0",
    ] {
        let json = format!("\"{id}\"");
        let (decoded, count) = allocations(|| serde_json::from_str::<user_directory::UserId>(&json));
        assert_eq!(decoded.unwrap(), id);
        assert_eq!(count, 0, "{id}");
    }
}

#[test]
fn decode_error_of_a_long_list_does_not_allocate_for_each_element() {
    let list = format!("[{}]", vec!["1"; 100_000].join(","));
    for data in [list.clone(), format!("{{\"id\":{list}}}"), format!("{{\"a\":{{}}{}}}", ",\"a\":1".repeat(100_000))] {
        let body = format!(r#"{{"type":"user.created","data":{data}}}"#);
        let mut error = None;
        let measured = allocation_counter::measure(|| {
            error = UserEvent::from_json("msg_1".parse().unwrap(), body.as_bytes()).err();
        });
        assert_eq!(error.unwrap().kind(), ErrorKind::Decode);
        assert!(measured.bytes_max < 64 * 1024, "{} bytes", measured.bytes_max);
    }
}
