//! A soak test: callers write continuously while the emulator injects random faults, and verify each write with a read.
//!
//! `cargo run --release -p soak -- 30 64` runs 64 callers for 30 minutes and prints a summary. It fails if a write is
//! lost or applied twice, if users remain at the end, or if memory usage grows.
//!
//! Each caller has its own users, so it knows the expected state. After a `create` with an unknown outcome, it looks up
//! the user by external id, as the `UserDirectory` documentation recommends. The HTTP client retries all other
//! operations of this test, and the caller repeats calls that fail after these retries.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use clerk_emulator::{Cut, Emulator, HttpFault};
use serde_json::json;
use user_directory::billing::CreditAdjustment;
use user_directory::clerk::RetryPolicy;
use user_directory::{
    ClerkUserDirectory, Error, ErrorKind, InMemoryUserDirectory, Metadata, MetadataUpdate, NewUser, Result, SecretKey,
    User, UserDirectory, UserFilter, UserId, UserQuery, UserUpdate,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Default)]
struct Counts {
    writes: AtomicU64,
    errors: AtomicU64,
    unknown_creates: AtomicU64,
    lost: AtomicU64,
    duplicated: AtomicU64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [writes, errors, unknown, lost, duplicated] =
            [&self.writes, &self.errors, &self.unknown_creates, &self.lost, &self.duplicated]
                .map(|count| count.load(Relaxed));
        write!(
            f,
            "{writes} writes, {lost} lost, {duplicated} duplicated, {errors} errors, \
             {unknown} creates with unknown outcome"
        )
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let minutes = arguments.next().map_or(Ok(0.1), |minutes| minutes.parse::<f64>())?;
    let callers = arguments.next().map_or(Ok(64), |callers| callers.parse())?;
    soak(Duration::from_secs_f64(minutes * 60.0), callers).await
}

async fn soak(duration: Duration, callers: u64) -> Result<(), Failure> {
    let clerk = Emulator::builder().store(&InMemoryUserDirectory::permissive()).start().await?;
    let policy = RetryPolicy::default().attempts(8).initial_backoff(Duration::from_millis(5)).budget_percent(1000);
    let directory = ClerkUserDirectory::builder(SecretKey::new("sk_test_soak")?)
        .base_url(clerk.api_url())
        .attempt_timeout(Duration::from_secs(2))
        .retry(policy)
        .build()?;
    let counts = Arc::new(Counts::default());
    let end = Instant::now() + duration;

    let tasks: Vec<_> = (0..callers)
        .map(|number| {
            let caller = Caller { directory: directory.clone(), counts: Arc::clone(&counts), number };
            tokio::spawn(caller.run(end))
        })
        .collect();
    let memory = inject_faults(&clerk, &counts, end).await;
    clerk.clear_faults();
    for task in tasks {
        task.await??;
    }
    let remaining = directory.count(&UserFilter::new()).await?;
    clerk.stop().await?;

    println!("{counts}; {remaining} users remaining");
    let (lost, duplicated) = (counts.lost.load(Relaxed), counts.duplicated.load(Relaxed));
    if lost + duplicated + remaining > 0 || counts.writes.load(Relaxed) == 0 {
        return Err(
            format!("{lost} writes were lost, {duplicated} were applied twice, and {remaining} users remain").into()
        );
    }
    check_memory(&memory)
}

/// Injects random faults until `end`, and returns samples of the memory usage in kilobytes.
async fn inject_faults(clerk: &Emulator, counts: &Counts, end: Instant) -> Vec<u64> {
    let start = Instant::now();
    let interval = ((end - start) / 30).max(Duration::from_millis(100));
    let (mut memory, mut next) = (Vec::new(), start + interval);
    while Instant::now() < end {
        clerk.add_fault(random_fault());
        tokio::time::sleep(Duration::from_millis(fastrand::u64(1..20))).await;
        if Instant::now() >= next {
            next += interval;
            memory.extend(resident_kilobytes());
            println!("{:>5} s, {:>7} KB: {counts}", start.elapsed().as_secs(), memory.last().unwrap_or(&0));
        }
    }
    memory
}

/// Returns a random fault for one to three calls.
fn random_fault() -> HttpFault {
    let fault = match fastrand::u8(..12) {
        0 => HttpFault::status(503),
        1 => HttpFault::status(503).after_work(),
        2 => HttpFault::status(504).after_work(),
        3 => HttpFault::status(502),
        4 => HttpFault::status(500),
        5 => HttpFault::status(429).retry_after("0"),
        6 => HttpFault::status(409).code("resource_locked"),
        7 => HttpFault::cut(Cut::BeforeResponse),
        8 => HttpFault::cut(Cut::BeforeResponse).after_work(),
        9 => HttpFault::cut(Cut::WithinResponse),
        10 => HttpFault::delay(Duration::from_millis(fastrand::u64(1..200))),
        _ => HttpFault::delay(Duration::from_millis(2500)).after_work(),
    };
    fault.times(fastrand::u32(1..=3))
}

struct Caller {
    directory: ClerkUserDirectory,
    counts: Arc<Counts>,
    number: u64,
}

impl Caller {
    async fn run(self, end: Instant) -> Result<(), Failure> {
        let mut round = 0;
        while Instant::now() < end {
            round += 1;
            self.user_lifecycle(&format!("soak-{}-{round}", self.number)).await?;
        }
        Ok(())
    }

    /// Creates, updates and deletes a user, and verifies that each write was applied exactly once.
    async fn user_lifecycle(&self, external_id: &str) -> Result<(), Failure> {
        let id = self.create(external_id).await?;
        for step in 0..3_u32 {
            let key = format!("key{step}");
            let patch = MetadataUpdate::new().public(Metadata::new(&json!({ key.as_str(): step }))?);
            self.with_retries(|| self.directory.update_metadata(&id, &patch)).await?;
            let read = self.with_retries(|| self.directory.get(&id)).await?;
            self.record_write(read.public_metadata.get::<u32>(&key)? == Some(step));

            let name = format!("Name {step}");
            let update = UserUpdate::new().first_name(name.as_str());
            self.with_retries(|| self.directory.update(&id, &update)).await?;
            let read = self.with_retries(|| self.directory.get(&id)).await?;
            self.record_write(read.first_name.as_deref() == Some(name.as_str()));

            // Adjustments with the same idempotency key are applied once.
            let adjustment = CreditAdjustment::increase(100, format!("{external_id}-{step}"));
            self.with_retries(|| self.directory.adjust_billing_credit_balance(&id, &adjustment)).await?;
            let balance = self.with_retries(|| self.directory.get_billing_credit_balance(&id)).await?.balance;
            let (expected, found) = (i64::from(step + 1) * 100, balance.map_or(0, |money| money.amount));
            self.record_write(found >= expected);
            self.counts.duplicated.fetch_add(u64::from(found > expected), Relaxed);
        }
        match self.with_retries(|| self.directory.delete(&id)).await {
            Ok(_) => {}
            // An earlier attempt deleted the user, but its response was lost.
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
        self.record_write(self.find(external_id).await?.is_empty());
        Ok(())
    }

    /// Creates a user. `create` is not idempotent, so a retry is safe only if the user does not exist.
    async fn create(&self, external_id: &str) -> Result<UserId, Failure> {
        let new_user = NewUser::new().external_id(external_id).email_address(format!("{external_id}@example.com"));
        loop {
            let Err(error) = self.directory.create(&new_user).await else { break };
            self.counts.errors.fetch_add(1, Relaxed);
            if error.is_outcome_unknown() {
                self.counts.unknown_creates.fetch_add(1, Relaxed);
                if !self.find(external_id).await?.is_empty() {
                    break;
                }
            } else if !error.is_retryable() {
                return Err(error.into());
            }
        }
        let found = self.find(external_id).await?;
        self.counts.duplicated.fetch_add(u64::from(found.len() > 1), Relaxed);
        self.record_write(!found.is_empty());
        found.into_iter().next().map(|user| user.id).ok_or_else(|| "a created user is missing".into())
    }

    async fn find(&self, external_id: &str) -> Result<Vec<User>> {
        let query = UserQuery::from(UserFilter::new().external_id(external_id));
        self.with_retries(|| self.directory.list(&query)).await
    }

    /// Repeats a call until it succeeds or fails for a reason other than a fault. The call must be idempotent.
    async fn with_retries<T, F: Future<Output = Result<T>>>(&self, call: impl Fn() -> F) -> Result<T> {
        loop {
            match call().await {
                Err(error) if is_caused_by_a_fault(&error) => self.counts.errors.fetch_add(1, Relaxed),
                result => return result,
            };
        }
    }

    fn record_write(&self, is_applied: bool) {
        self.counts.writes.fetch_add(1, Relaxed);
        self.counts.lost.fetch_add(u64::from(!is_applied), Relaxed);
    }
}

fn is_caused_by_a_fault(error: &Error) -> bool {
    // Server and decoding errors from reads are not retryable, but faults cause them.
    let is_failure = matches!(error.kind(), ErrorKind::Server | ErrorKind::Decode);
    is_failure || error.is_retryable() || error.is_outcome_unknown()
}

/// Fails if peak memory usage in the last third of the samples exceeds that in the middle third by more than 25%.
fn check_memory(kilobytes: &[u64]) -> Result<(), Failure> {
    let third = kilobytes.len() / 3;
    let peak = |part: &[u64]| part.iter().copied().max().unwrap_or(0);
    let (middle, last) = (peak(&kilobytes[third..2 * third]), peak(&kilobytes[2 * third..]));
    println!("peak memory usage: {middle} KB in the middle third of the run, {last} KB in the last third");
    if last > middle + middle / 4 && third >= 5 {
        return Err("memory usage grew".into());
    }
    Ok(())
}

/// Returns the resident set size of this process, or `None` on systems without `/proc`.
fn resident_kilobytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn soak_neither_loses_nor_duplicates_writes() {
    soak(Duration::from_secs(3), 16).await.unwrap();
}
