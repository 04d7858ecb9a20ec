//! `ClerkUserDirectory` under fire: what a caller gets when network, service or proxy misbehave.
//!
//! `cargo test --test faults -- --nocapture` prints the table. Each fault is tried with an operation that may be
//! repeated and with one that must not be, by a directory that asks once; the last column but one says what a directory
//! gives that tries again, while everything is well after the fault.

mod attempt;
mod bodies;
mod connections;
mod desync;
mod fault;
mod framing;
mod injection;
mod recorder;
mod server;
mod statuses;

use std::collections::BTreeSet;
use std::io::{self, Write as _};

use attempt::Row;
use fault::Fault;
use server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_gives_what_the_table_says() {
    let elsewhere = Server::start(vec![], server::json("{}"));
    let mut faults = connections::faults().await;
    faults.extend(framing::faults());
    faults.extend(bodies::faults());
    faults.extend(statuses::faults(elsewhere.address));

    let count = faults.len();
    let rows = run(faults).await;
    // Past the capture of the test harness, so that it is told without being asked for.
    io::stdout().write_all(format!("{}{count} faults, {} rows\n", table(&rows), rows.len()).as_bytes()).unwrap();

    let names: BTreeSet<_> = rows.iter().map(|row| (&row.name, row.operation.as_str())).collect();
    assert_eq!(names.len(), rows.len(), "each fault has a name of its own");
    assert!(count >= 40, "{count}");
    assert_eq!(elsewhere.take_requests().len(), 0, "a redirect was followed");
    let problems: Vec<_> = rows
        .iter()
        .flat_map(|row| row.problems.iter().map(move |problem| format!("{} ({}): {problem}", row.name, row.operation)))
        .collect();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// Side by side, because many of them wait. Client and server of a fault share a thread, so that they take turns.
async fn run(faults: Vec<Fault>) -> Vec<Row> {
    let mut groups: [Vec<Fault>; 4] = Default::default();
    for (number, fault) in faults.into_iter().enumerate() {
        groups[number % 4].push(fault);
    }
    let tasks = groups.map(|faults| {
        tokio::task::spawn_blocking(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            faults.iter().map(|fault| runtime.block_on(fault.run())).collect::<Vec<_>>()
        })
    });
    let mut groups = Vec::new();
    for task in tasks {
        groups.push(task.await.unwrap().into_iter());
    }
    // Back in the order of before.
    (0..).map_while(|number| groups[number % 4].next()).flatten().collect()
}

fn table(rows: &[Row]) -> String {
    let head = "| fault | operation | outcome | status | outcome unknown | with retries | ms |\n\
                | --- | --- | --- | --- | --- | --- | --- |\n";
    let line = |row: &Row| {
        let status = row.status.map_or("-".to_owned(), |status| status.to_string());
        let unknown = if row.unknown { "yes" } else { "no" };
        let Row { name, operation, outcome, with_retries, time, .. } = row;
        let time = time.as_millis();
        format!("| {name} | {operation} | {outcome} | {status} | {unknown} | {with_retries} | {time} |\n")
    };
    std::iter::once(head.to_owned()).chain(rows.iter().map(line)).collect()
}
