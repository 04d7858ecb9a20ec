//! Runs the worker processes, and kills them and the server at random.

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use integration_tests::postgres::Cluster;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::Failure;
use crate::events::Event;

/// The size of the test.
pub(crate) struct Plan {
    pub(crate) time: Duration,
    pub(crate) processes: u32,
    pub(crate) writers: u32,
}

/// The recorded events and counts.
#[derive(Default)]
pub(crate) struct History {
    pub(crate) events: Vec<Event>,
    pub(crate) killed_processes: u32,
    pub(crate) killed_servers: u32,
}

/// A worker and the task that reads its events.
struct Worker {
    process: Child,
    reader: JoinHandle<Result<(), Failure>>,
}

/// Runs the processes for the planned duration.
pub(crate) async fn run(url: &str, plan: &Plan, cluster: Option<&Cluster>) -> Result<History, Failure> {
    let events = Arc::new(Mutex::new(Vec::new()));
    let mut started = 0;
    let mut start = || {
        started += 1;
        Worker::start(url, &format!("w{started}"), plan.writers, &events)
    };
    let mut workers = (0..plan.processes).map(|_| start()).collect::<Result<Vec<_>, _>>()?;
    let mut history = History::default();
    let end = Instant::now() + plan.time;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        tokio::time::sleep(left.min(Duration::from_millis(fastrand::u64(200..1_500)))).await;
        match cluster {
            Some(cluster) if fastrand::bool() => {
                tokio::task::block_in_place(|| {
                    cluster.kill();
                    cluster.start();
                });
                history.killed_servers += 1;
            }
            _ => {
                let worker = fastrand::usize(..workers.len());
                workers.push(start()?);
                workers.swap_remove(worker).kill().await?;
                history.killed_processes += 1;
            }
        }
    }
    for worker in workers {
        worker.stop().await?;
    }
    history.events = std::mem::take(&mut events.lock().expect("no reader has panicked"));
    Ok(history)
}

impl Worker {
    fn start(url: &str, name: &str, writers: u32, events: &Arc<Mutex<Vec<Event>>>) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(format!("--writers={writers}")).args(["worker", url, name]);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let stdout = process.stdout.take().ok_or("the worker has no standard output")?;
        let events = Arc::clone(events);
        let reader = tokio::spawn(async move {
            let mut lines = BufReader::new(stdout).lines();
            while let Some(line) = lines.next_line().await? {
                let event = serde_json::from_str(&line)?;
                events.lock().expect("no reader has panicked").push(event);
            }
            Ok(())
        });
        Ok(Self { process, reader })
    }

    async fn kill(mut self) -> Result<(), Failure> {
        self.process.kill().await?;
        self.reader.await?
    }

    /// Stops the process after its writers have finished their rounds.
    async fn stop(mut self) -> Result<(), Failure> {
        drop(self.process.stdin.take());
        let status = self.process.wait().await?;
        self.reader.await??;
        if status.success() { Ok(()) } else { Err(format!("a worker failed: {status}").into()) }
    }
}
