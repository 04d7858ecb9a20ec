//! Reads with many users in SQLite, relative to 1,000 users.

use std::hint::black_box;
use std::time::Instant;

use futures_util::future::BoxFuture;
use user_directory::{UserDirectory, UserFilter, UserQuery};

use crate::stats::median;
use crate::users::{COMMON, Database, HUNDRED, MARKED, OLD, RARE, web3_wallet};
use crate::{crowd, goals};

/// The maximum ratio of the time of a call with many users to its time with few users.
const SCALING: f64 = 2.0;
/// The maximum duration of a search, in milliseconds.
const SEARCH: f64 = 50.0;

/// A call whose duration should not depend on the number of users.
struct Measurement {
    name: &'static str,
    call: for<'a> fn(&'a Database, u64) -> BoxFuture<'a, ()>,
}

const MEASUREMENTS: [Measurement; 10] = [
    Measurement { name: "get", call: |database, call| Box::pin(get(database, call)) },
    Measurement { name: "list, newest 100", call: |database, _| Box::pin(newest(database)) },
    Measurement {
        name: "lookup by email address",
        call: |database, call| {
            find(database, UserFilter::new().email_address(crowd::email_address(database.random(call))))
        },
    },
    Measurement {
        name: "lookup by phone number",
        call: |database, call| {
            find(database, UserFilter::new().phone_number(crowd::phone_number(database.random(call) / 4 * 4)))
        },
    },
    Measurement {
        name: "lookup by external id",
        call: |database, call| {
            find(database, UserFilter::new().external_id(crowd::external_id(database.random(call) / 2 * 2)))
        },
    },
    Measurement {
        name: "lookup by username",
        call: |database, call| find(database, UserFilter::new().username(crowd::username(database.random(call)))),
    },
    Measurement {
        name: "lookup by web3 wallet",
        call: |database, call| {
            find(database, UserFilter::new().web3_wallet(web3_wallet(database.random(call) / 8 * 8)))
        },
    },
    Measurement {
        name: "count of banned users, 100 matches",
        call: |database, _| Box::pin(count(database, UserFilter::new().banned(true))),
    },
    Measurement {
        name: "count by query, 100 matches",
        call: |database, _| Box::pin(count(database, UserFilter::new().query(HUNDRED))),
    },
    Measurement { name: "count by creation time, 100 matches", call: |database, _| Box::pin(count_newest(database)) },
];

/// Measures calls whose duration should not depend on the number of users. The two databases take turns.
pub async fn measure(small: &Database, large: &Database, calls: u64) {
    for measurement in &MEASUREMENTS {
        let mut times = [Vec::new(), Vec::new()];
        for call in 0..calls {
            for (database, times) in [small, large].into_iter().zip(&mut times) {
                let start = Instant::now();
                (measurement.call)(database, call).await;
                times.push(start.elapsed().as_secs_f64() * 1e6);
            }
        }
        let [small_time, large_time] = times.map(median);
        goals::at_most(
            &format!("{}, relative to {} users", measurement.name, small.users),
            SCALING,
            large_time / small_time,
        );
        goals::value("  µs", large_time);
    }
}

/// Measures searches with different numbers of matches.
pub async fn searches(database: &Database, calls: u64) {
    let users = database.users;
    let texts = |text: &'static str| move |_: u64| text.to_owned();
    let one = |call: u64| format!(".{}@mail", database.random(call));
    search(database, "1 match", 1, calls, one).await;
    search(database, &format!("{} matches", users / 1_000), users / 1_000, calls, texts(RARE)).await;
    search(database, &format!("{} matches", users / 10), users / 10, calls, texts(COMMON)).await;
    search(database, &format!("{} matches, the oldest users", users / 10), users / 10, calls, texts(OLD)).await;
    search(database, "all match", users, calls, texts("example")).await;
    search(database, "no match, frequent trigrams", 0, calls, texts("mail.mail.mai")).await;
    let start = Instant::now();
    assert_eq!(database.directory.count(&UserFilter::new()).await.expect("the filter is valid"), users);
    goals::value("count without a filter, ms", start.elapsed().as_secs_f64() * 1e3);
}

async fn search(database: &Database, name: &str, matches: u64, calls: u64, text: impl Fn(u64) -> String) {
    let mut times = Vec::new();
    for call in 0..calls {
        let query = UserQuery::from(UserFilter::new().query(text(call))).limit(100);
        let start = Instant::now();
        let found = database.directory.list(&query).await.expect("the query is valid");
        times.push(start.elapsed().as_secs_f64() * 1e3);
        assert!(found.len() as u64 * 2 >= matches.min(100), "{name}: {}", found.len());
    }
    goals::at_most(&format!("query, newest 100, {name}, ms"), SEARCH, median(times));
}

async fn get(database: &Database, call: u64) {
    black_box(database.directory.get(&database.random_id(call)).await.expect("the user exists"));
}

async fn newest(database: &Database) {
    let found = database.directory.list(&UserQuery::new().limit(100)).await.expect("the query is valid");
    assert_eq!(found.len(), 100);
}

fn find(database: &Database, filter: UserFilter) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        let found = database.directory.list(&filter.into()).await.expect("the filter is valid");
        assert_eq!(found.len(), 1);
    })
}

async fn count(database: &Database, filter: UserFilter) {
    assert_eq!(database.directory.count(&filter).await.expect("the filter is valid"), MARKED);
}

async fn count_newest(database: &Database) {
    count(database, UserFilter::new().created_at_after(database.before_newest)).await;
}
