//! Checks which error `ClerkUserDirectory` returns for each network, proxy and service fault.
//!
//! `cargo test -p integration-tests --test faults -- --nocapture` prints a table of the faults. Most faults are tested
//! with an idempotent operation and a non-idempotent one, without retries. The column "with retries" has the result of a
//! directory that retries when the fault does not recur.

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
async fn each_fault_yields_the_expected_result() {
    let other_host = Server::start(vec![], server::json_response("{}"));
    let mut faults = connections::faults().await;
    faults.extend(framing::faults());
    faults.extend(bodies::faults());
    faults.extend(statuses::faults(other_host.address));

    let count = faults.len();
    let rows = run(faults).await;
    // Not `print!`, whose output the test harness captures.
    io::stdout().write_all(format!("{}{count} faults, {} rows\n", table(&rows), rows.len()).as_bytes()).unwrap();

    let names: BTreeSet<_> = rows.iter().map(|row| (&row.name, row.operation.as_str())).collect();
    assert_eq!(names.len(), rows.len(), "fault names must be unique");
    assert!(count >= 200, "{count} faults, but the README states about 200");
    assert_eq!(other_host.take_requests().len(), 0, "the client followed a redirect");
    let problems: Vec<_> = rows
        .iter()
        .flat_map(|row| row.problems.iter().map(move |problem| format!("{} ({}): {problem}", row.name, row.operation)))
        .collect();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// Runs the faults concurrently, because many of them wait for a timeout.
///
/// The client and the server of a fault share a thread, so that their order is deterministic.
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
    // Restores the original order.
    (0..).map_while(|number| groups[number % 4].next()).flatten().collect()
}

fn table(rows: &[Row]) -> String {
    let head = "| fault | operation | result | status | outcome unknown | with retries | ms |\n\
                | --- | --- | --- | --- | --- | --- | --- |\n";
    let line = |row: &Row| {
        let status = row.status.map_or("-".to_owned(), |status| status.to_string());
        let unknown = if row.may_be_done { "yes" } else { "no" };
        let Row { name, operation, outcome, with_retries, elapsed, .. } = row;
        let ms = elapsed.as_millis();
        format!("| {name} | {operation} | {outcome} | {status} | {unknown} | {with_retries} | {ms} |\n")
    };
    std::iter::once(head.to_owned()).chain(rows.iter().map(line)).collect()
}
