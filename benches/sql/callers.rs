//! Concurrent callers on PostgreSQL.

use std::time::Instant;
use user_directory::store_directory::InstanceSettings;

use user_directory::{UserDirectory, UserUpdate};
use user_directory_sql::SqlUserDirectory;

use crate::stats::{median, percentile};
use crate::{crowd, goals};

const CALLERS: u64 = 64;
const POOL_SIZES: [u32; 3] = [4, 16, 64];

/// Every twentieth call is an update, and the others are reads.
pub async fn measure(url: &str, users: u64, calls: u64) {
    for connections in POOL_SIZES {
        let directory = SqlUserDirectory::builder()
            .settings(InstanceSettings::permissive())
            .max_connections(connections)
            .open(url)
            .await;
        let directory = directory.expect("the database can be opened");
        run(&directory, users, calls / 10).await; // opens the connections
        let start = Instant::now();
        let reads = run(&directory, users, calls).await;
        let seconds = start.elapsed().as_secs_f64();
        let (median, p99) = (median(reads.clone()), percentile(reads, 99));
        let name = format!("{CALLERS} callers, 95% reads, {connections} connections");
        goals::at_most(&format!("{name}: p99 of reads, relative to the median"), 10.0, p99 / median);
        goals::value("  median of reads, ms", median * 1e3);
        goals::value("  calls per second", (CALLERS * calls) as f64 / seconds);
        directory.store().close().await;
    }
}

/// Returns the seconds of each read.
async fn run(directory: &SqlUserDirectory, users: u64, calls: u64) -> Vec<f64> {
    let callers = (0..CALLERS).map(|caller| {
        let directory = directory.clone();
        tokio::spawn(async move {
            let mut reads = Vec::new();
            for call in 0..calls {
                let number = caller * calls + call;
                let id = crowd::user_id(crowd::mixed(number) % users);
                // The callers update at different times.
                if crowd::mixed(!number).is_multiple_of(20) {
                    let update = UserUpdate::new().first_name(format!("Ada {call}"));
                    directory.update(&id, &update).await.expect("the user exists");
                } else {
                    let start = Instant::now();
                    directory.get(&id).await.expect("the user exists");
                    reads.push(start.elapsed().as_secs_f64());
                }
            }
            reads
        })
    });
    let mut reads = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        reads.extend(caller.await.expect("no call fails"));
    }
    reads
}
