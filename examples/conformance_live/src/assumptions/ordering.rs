//! The order of `list`.

use std::time::Duration;

use user_directory::jiff::Timestamp;
use user_directory::{NewUser, OrderBy, OrderField, User};

use super::{Assumption, probed};
use crate::probe::{Disagreement, Finding, Probe};

pub const ASSUMPTIONS: &[Assumption] = &[
    probed("Text is sorted case-insensitively, by Unicode code points.", |probe| Box::pin(text_is_sorted(probe))),
    probed("Users without a value for the sort field come last in both directions.", |probe| {
        Box::pin(missing_values_come_last(probe))
    }),
    probed("Ties are sorted newest first, except in ascending order of creation.", |probe| {
        Box::pin(ties_are_sorted_newest_first(probe))
    }),
    probed("Ordering by email address, phone number or wallet uses the primary identifier.", |probe| {
        Box::pin(primary_identifier_determines_order(probe))
    }),
];

const FIRST_NAME: OrderBy = OrderBy::ascending(OrderField::FirstName);

async fn named<const N: usize>(probe: &Probe<'_>, names: [&str; N]) -> Finding<Vec<User>> {
    let mut users = Vec::with_capacity(N);
    for name in names {
        users.push(probe.create(probe.new_user().first_name(name)).await?);
    }
    Ok(users)
}

async fn text_is_sorted(probe: &Probe<'_>) -> Finding {
    let users = named(probe, ["b", "A", "é", "Z"]).await?;
    let [b, a, accent, z] = &users[..] else { return Err(Disagreement::Failed("another number of users".to_owned())) };
    probe.expect_order(FIRST_NAME, &[a, b, z, accent]).await
}

async fn missing_values_come_last(probe: &Probe<'_>) -> Finding {
    let missing = probe.user().await?;
    let users = named(probe, ["a", "b"]).await?;
    probe.expect_order(FIRST_NAME, &[&users[0], &users[1], &missing]).await?;
    probe.expect_order(OrderBy::descending(OrderField::FirstName), &[&users[1], &users[0], &missing]).await
}

/// Returns a user who was created a number of seconds after an arbitrary time.
fn created_after(probe: &Probe<'_>, seconds: u64) -> NewUser {
    let origin = Timestamp::from_millisecond(1_577_836_800_000).unwrap_or_default();
    probe.new_user().created_at(origin + Duration::from_secs(seconds))
}

async fn ties_are_sorted_newest_first(probe: &Probe<'_>) -> Finding {
    let new = probe.create(created_after(probe, 1).first_name("a")).await?;
    let old = probe.create(created_after(probe, 0).first_name("a")).await?;
    probe.expect_order(FIRST_NAME, &[&new, &old]).await?;
    probe.expect_order(OrderBy::descending(OrderField::FirstName), &[&new, &old]).await
}

async fn primary_identifier_determines_order(probe: &Probe<'_>) -> Finding {
    let word = probe.word();
    let emails = ["a", "m", "z"].map(|letter| format!("{word}{letter}@example.com"));
    let [a, m, z] = &emails;
    let new_user = || NewUser::new().skip_password_requirement(true);
    let ada = probe.create(new_user().email_address(z.as_str()).email_address(a.as_str())).await?;
    let grace = probe.create(new_user().email_address(m.as_str())).await?;
    probe.expect_order(OrderBy::ascending(OrderField::EmailAddress), &[&grace, &ada]).await
}
