//! `get` and `create`, relative to the driver alone.

use std::time::Instant;

use user_directory::UserDirectory;

use crate::reference::Pool;
use crate::stats::median;
use crate::users::Database;
use crate::{crowd, goals};

/// Ratios are computed within a round, because other load on the machine changes both times.
const ROUNDS: u64 = 15;

/// Measures `get`: the directory and the driver alternately read the same row.
pub async fn get(name: &str, goal: f64, url: &str, database: &Database, calls: u64) {
    let pool = Pool::connect(url).await.expect("the database can be opened");
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let (mut directory_times, mut driver_times) = (Vec::new(), Vec::new());
        for call in round * calls..(round + 1) * calls {
            let id = database.random_id(call);
            // The second read of a row finds it in the caches of the processor, so the order alternates.
            for turn in [call, call + 1] {
                let start = Instant::now();
                if turn.is_multiple_of(2) {
                    let user = database.directory.get(&id).await.expect("the user exists");
                    directory_times.push(micros(start));
                    assert_eq!(user.id, id);
                } else {
                    let length = pool.read(id.as_str()).await.expect("the row exists");
                    driver_times.push(micros(start));
                    assert!(length > 1_000, "the row contains the user");
                }
            }
        }
        rounds.push((median(directory_times), median(driver_times)));
    }
    report(&format!("get, {name}, relative to reading the row as text"), goal, &rounds);
}

/// Measures `create`: the directory creates a user, and the driver inserts the same rows into a copy of the database.
pub async fn create(name: &str, url: &str, copy_url: &str, database: &Database, calls: u64) {
    let original = Pool::connect(url).await.expect("the database can be opened");
    let copy = Pool::connect(copy_url).await.expect("the database can be opened");
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let (mut directory_times, mut driver_times, mut users) = (Vec::new(), Vec::new(), Vec::new());
        for call in round * calls..(round + 1) * calls {
            let new_user = crowd::new_user(call);
            let start = Instant::now();
            let user = database.directory.create(&new_user).await.expect("the user is unique");
            directory_times.push(micros(start));
            users.push(original.rows(user.id.as_str()).await.expect("the user exists"));
        }
        for rows in &users {
            let start = Instant::now();
            copy.insert(rows).await.expect("the rows are unique");
            driver_times.push(micros(start));
        }
        rounds.push((median(directory_times), median(driver_times)));
    }
    report(&format!("create, {name}, relative to bare inserts in a transaction"), 1.5, &rounds);
}

/// Prints the medians of the rounds. Each round is a time of the directory and a time of the driver.
fn report(name: &str, goal: f64, rounds: &[(f64, f64)]) {
    goals::at_most(name, goal, median(rounds.iter().map(|(directory, driver)| directory / driver).collect()));
    goals::value("  directory, µs", median(rounds.iter().map(|(directory, _)| *directory).collect()));
    goals::value("  driver, µs", median(rounds.iter().map(|(_, driver)| *driver).collect()));
}

fn micros(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e6
}
