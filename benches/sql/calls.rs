//! `get` and `create`, relative to the driver alone.

use std::time::Instant;

use user_directory::UserDirectory;

use crate::reference::Pool;
use crate::stats::median;
use crate::users::Database;
use crate::{crowd, goals};

/// Measures `get`: the directory and the driver alternately read the same row.
pub async fn get(name: &str, goal: f64, url: &str, database: &Database, calls: u64) {
    let pool = Pool::connect(url).await.expect("the database can be opened");
    let (mut directory_times, mut driver_times) = (Vec::new(), Vec::new());
    for call in 0..calls {
        let id = database.random_id(call);
        let start = Instant::now();
        let user = database.directory.get(&id).await.expect("the user exists");
        directory_times.push(micros(start));
        assert_eq!(user.id, id);
        let start = Instant::now();
        let length = pool.read(id.as_str()).await.expect("the row exists");
        driver_times.push(micros(start));
        assert!(length > 1_000, "the row contains the user");
    }
    let (directory, driver) = (median(directory_times), median(driver_times));
    goals::at_most(&format!("get, {name}, relative to reading the row as text"), goal, directory / driver);
    goals::value("  get, µs", directory);
    goals::value("  reading the row, µs", driver);
}

/// Measures `create`: the directory creates a user, and the driver inserts the same rows into `copy`.
pub async fn create(name: &str, url: &str, copy_url: &str, database: &Database, calls: u64) {
    let original = Pool::connect(url).await.expect("the database can be opened");
    let copy = Pool::connect(copy_url).await.expect("the database can be opened");
    let (mut directory_times, mut driver_times) = (Vec::new(), Vec::new());
    for call in 0..calls {
        let new_user = crowd::new_user(call);
        let start = Instant::now();
        let user = database.directory.create(&new_user).await.expect("the user is unique");
        directory_times.push(micros(start));
        let rows = original.rows(user.id.as_str()).await.expect("the user exists");
        let start = Instant::now();
        copy.insert(&rows).await.expect("the rows are unique");
        driver_times.push(micros(start));
    }
    let (directory, driver) = (median(directory_times), median(driver_times));
    goals::at_most(&format!("create, {name}, relative to bare inserts in a transaction"), 1.5, directory / driver);
    goals::value("  create, µs", directory);
    goals::value("  bare inserts, µs", driver);
}

fn micros(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e6
}
