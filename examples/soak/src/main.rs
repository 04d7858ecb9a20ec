//! A soak test: callers write continuously while the service fails at random, and read back what they wrote.
//!
//! `cargo run --release -p soak -- 30 64` runs 64 callers for 30 minutes and prints a summary. It fails if a write was lost or
//! applied twice, or if memory usage grew.
//!
//! Each caller has its own users, so it knows the expected state. After a `create` whose outcome is unknown, it looks
//! the user up by external id, as the documentation of the port recommends. The HTTP adapter retries the other
//! operations. The soak retries what still fails.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use clerk_emulator::{Cut, Emulator, HttpFault};
use serde_json::json;
use user_directory::billing::CreditAdjustment;
use user_directory::clerk::RetryPolicy;
use user_directory::{
    ClerkUserDirectory, Error, ErrorKind, Metadata, MetadataUpdate, NewUser, Result, SecretKey, User, UserDirectory,
    UserFilter, UserId, UserQuery, UserUpdate,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The counters.
#[derive(Default)]
struct Counts {
    writes: AtomicU64,
    errors: AtomicU64,
    unknown_creates: AtomicU64,
    lost: AtomicU64,
    doubled: AtomicU64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [writes, errors, unknown, lost, doubled] =
            [&self.writes, &self.errors, &self.unknown_creates, &self.lost, &self.doubled]
                .map(|count| count.load(Relaxed));
        write!(
            f,
            "{writes} writes, {errors} errors, {unknown} creates with unknown outcome: {lost} lost, {doubled} duplicated"
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

async fn soak(time: Duration, callers: u64) -> Result<(), Failure> {
    let clerk = Emulator::start().await?;
    let policy = RetryPolicy::default().attempts(8).initial_backoff(Duration::from_millis(5)).budget_percent(1000);
    let directory = ClerkUserDirectory::builder(SecretKey::new("sk_test_soak")?)
        .base_url(clerk.api_url())
        .attempt_timeout(Duration::from_secs(2))
        .retry(policy)
        .build()?;
    let counts = Arc::new(Counts::default());
    let end = Instant::now() + time;

    let running: Vec<_> = (0..callers)
        .map(|number| {
            let caller = Caller { directory: directory.clone(), counts: Arc::clone(&counts), number };
            tokio::spawn(caller.run(end))
        })
        .collect();
    let memory = watch(&clerk, &counts, end).await;
    clerk.clear_faults();
    for caller in running {
        caller.await??;
    }
    let left = directory.count(&UserFilter::new()).await?;
    clerk.stop().await?;

    println!("{counts}; {left} users left over");
    let (lost, doubled) = (counts.lost.load(Relaxed), counts.doubled.load(Relaxed));
    if lost + doubled + left > 0 || counts.writes.load(Relaxed) == 0 {
        return Err(format!("{lost} writes were lost and {doubled} done twice, and {left} users left over").into());
    }
    check_memory(&memory)
}

/// Injects random faults until the end, and samples memory usage.
async fn watch(clerk: &Emulator, counts: &Counts, end: Instant) -> Vec<u64> {
    let begun = Instant::now();
    let every = ((end - begun) / 30).max(Duration::from_millis(100));
    let (mut memory, mut next) = (Vec::new(), begun + every);
    while Instant::now() < end {
        clerk.add_fault(random_fault());
        tokio::time::sleep(Duration::from_millis(fastrand::u64(1..20))).await;
        if Instant::now() >= next {
            next += every;
            memory.extend(resident_kilobytes());
            println!("{:>5} s, {:>7} KB: {counts}", begun.elapsed().as_secs(), memory.last().unwrap_or(&0));
        }
    }
    memory
}

/// Returns a random fault for up to three calls.
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

/// A caller that writes and knows the expected state.
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
            self.life_of_a_user(&format!("soak-{}-{round}", self.number)).await?;
        }
        Ok(())
    }

    /// Creates a user, updates it, adds credit and deletes it, and checks after each step that it was applied once.
    async fn life_of_a_user(&self, external_id: &str) -> Result<(), Failure> {
        let id = self.create(external_id).await?;
        for step in 0..3_u32 {
            let key = format!("key{step}");
            let patch = MetadataUpdate::new().public(Metadata::new(&json!({ key.as_str(): step }))?);
            self.patiently(|| self.directory.update_metadata(&id, &patch)).await?;
            let read = self.patiently(|| self.directory.get(&id)).await?;
            self.wrote(read.public_metadata.get::<u32>(&key)? == Some(step));

            let name = format!("Name {step}");
            let update = UserUpdate::new().first_name(name.as_str());
            self.patiently(|| self.directory.update(&id, &update)).await?;
            let read = self.patiently(|| self.directory.get(&id)).await?;
            self.wrote(read.first_name.as_deref() == Some(name.as_str()));

            // Two adjustments with the same key count once.
            let adjustment = CreditAdjustment::increase(100, format!("{external_id}-{step}"));
            self.patiently(|| self.directory.adjust_billing_credit_balance(&id, &adjustment)).await?;
            let balance = self.patiently(|| self.directory.get_billing_credit_balance(&id)).await?.balance;
            let (expected, found) = (i64::from(step + 1) * 100, balance.map_or(0, |money| money.amount));
            self.wrote(found >= expected);
            self.counts.doubled.fetch_add(u64::from(found > expected), Relaxed);
        }
        match self.patiently(|| self.directory.delete(&id)).await {
            Ok(_) => {}
            // An earlier attempt whose response was lost has deleted the user.
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
        self.wrote(self.found(external_id).await?.is_empty());
        Ok(())
    }

    /// Creates a user. Only the caller can decide whether to retry.
    async fn create(&self, external_id: &str) -> Result<UserId, Failure> {
        let new_user = NewUser::new().external_id(external_id).email_address(format!("{external_id}@example.com"));
        loop {
            let Err(error) = self.directory.create(&new_user).await else { break };
            self.counts.errors.fetch_add(1, Relaxed);
            if error.is_outcome_unknown() {
                self.counts.unknown_creates.fetch_add(1, Relaxed);
                if !self.found(external_id).await?.is_empty() {
                    break;
                }
            } else if !error.is_retryable() {
                return Err(error.into());
            }
        }
        let found = self.found(external_id).await?;
        self.counts.doubled.fetch_add(u64::from(found.len() > 1), Relaxed);
        self.wrote(!found.is_empty());
        found.into_iter().next().map(|user| user.id).ok_or_else(|| "a created user is missing".into())
    }

    async fn found(&self, external_id: &str) -> Result<Vec<User>> {
        let query = UserQuery::from(UserFilter::new().external_id(external_id));
        self.patiently(|| self.directory.list(&query)).await
    }

    /// Retries calls that the adapter gave up on. Must not be used for `create`, which is not idempotent.
    async fn patiently<T, F: Future<Output = Result<T>>>(&self, call: impl Fn() -> F) -> Result<T> {
        loop {
            match call().await {
                Err(error) if is_of_the_faults(&error) => self.counts.errors.fetch_add(1, Relaxed),
                result => return result,
            };
        }
    }

    fn wrote(&self, is_there: bool) {
        self.counts.writes.fetch_add(1, Relaxed);
        self.counts.lost.fetch_add(u64::from(!is_there), Relaxed);
    }
}

fn is_of_the_faults(error: &Error) -> bool {
    // The adapter does not retry a read that failed with a server error.
    let is_failure = matches!(error.kind(), ErrorKind::Server | ErrorKind::Decode);
    is_failure || error.is_retryable() || error.is_outcome_unknown()
}

/// Fails if the last third used a quarter more memory than the middle third.
fn check_memory(kilobytes: &[u64]) -> Result<(), Failure> {
    let third = kilobytes.len() / 3;
    let most = |part: &[u64]| part.iter().copied().max().unwrap_or(0);
    let (middle, last) = (most(&kilobytes[third..2 * third]), most(&kilobytes[2 * third..]));
    println!("memory: {middle} KB in the middle third of the time, {last} KB in the last");
    if last > middle + middle / 4 && third >= 5 {
        return Err("the memory grew".into());
    }
    Ok(())
}

/// Returns the resident memory of this process, if the system reports it.
fn resident_kilobytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn short_soak_loses_and_duplicates_nothing() {
    soak(Duration::from_secs(3), 16).await.unwrap();
}
