//! `InMemoryUserDirectory` with 1,000 and 10,000 users: speed and memory.
//!
//! Each round measures both sizes, and the medians of the CPU times are reported. Other load on the machine therefore
//! has little effect.
#![recursion_limit = "256"] // for the `json!` of a whole user
#![allow(clippy::cast_precision_loss, reason = "three digits are printed")]

#[path = "support/cpu.rs"]
mod cpu;
#[path = "support/crowd.rs"]
mod crowd;
#[path = "support/goals.rs"]
mod goals;
#[path = "support/memory.rs"]
mod memory;
#[path = "support/page.rs"]
#[allow(dead_code, reason = "this benchmark does not use pages")]
mod page;
#[path = "support/stats.rs"]
mod stats;
#[path = "support/test_run.rs"]
mod test_run;

use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_executor::block_on;
use user_directory::{InMemoryUserDirectory, NewUser, User, UserDirectory, UserFilter, UserId, UserQuery, UserUpdate};

use crate::crowd::Crowd;
use crate::memory::resident_bytes;
use crate::stats::{median, percentile};
use crate::test_run::is_test_run;

/// The allowed increase from the smaller to the larger size. The indexes of few users fit into a faster CPU cache.
const FLAT: f64 = 2.0;

/// The number of users that are read repeatedly. It is the same for every size, so that the users fit into the same CPU
/// cache.
const REPEATED_USERS: u64 = 250;

/// The name of the measurement that needs prepared users.
const CREATE: &str = "create, without a password";

fn main() {
    let test = is_test_run();
    let (few, many) = if test { (16, 64) } else { (1_000, 10_000) };
    let (rounds, divisor) = if test { (1, 1000) } else { (15, 1) };

    let crowd = Crowd::new();
    let before = resident_bytes();
    let (large_directory, json) = Directory::new(&crowd, many);
    let memory = resident_bytes().saturating_sub(before);
    let sizes = [Directory::new(&crowd, few).0, large_directory];

    let mut times = vec![[const { Vec::new() }; 2]; MEASUREMENTS.len()];
    for round in 0..rounds {
        for (measurement, times) in MEASUREMENTS.iter().zip(&mut times) {
            for (directory, times) in sizes.iter().zip(times) {
                times.push(measurement.time(directory, round, divisor));
            }
        }
    }
    let medians: Vec<[f64; 2]> = times.into_iter().map(|sizes| sizes.map(median)).collect();

    let note = if test { " (a test run, not meaningful)" } else { "" };
    goals::header(&format!("in memory, {many} users{note}"));
    for (measurement, [small, large]) in MEASUREMENTS.iter().zip(&medians) {
        let flat = || {
            goals::at_most(&format!("{}, relative to {} users", measurement.name, sizes[0].users), FLAT, large / small);
        };
        match measurement.goal {
            Goal::Flat => {
                goals::value(&format!("{}, µs", measurement.name), *large);
                flat();
            }
            Goal::FlatMicros(goal) => {
                goals::at_most(&format!("{}, µs", measurement.name), goal, *large);
                flat();
            }
            Goal::NanosPerUser(goal) => {
                goals::at_most(&format!("{}, ns per user", measurement.name), goal, large * 1e3 / many as f64);
            }
        }
    }
    let [_, large_directory] = &sizes;
    goals::at_most("memory, relative to the JSON of the users", 1.0, memory as f64 / json as f64);
    goals::value("  Vec<User> of the same users", relative_memory_of_vec(&crowd, many));
    measure_waiting(large_directory, if test { 10 } else { 1_000 });
    measure_callers(large_directory, if test { 10 } else { 100_000 });
}

/// A directory with generated users.
struct Directory {
    inner: InMemoryUserDirectory,
    users: u64,
    ids: Vec<UserId>,
    /// New users, prepared outside of the measurement.
    new: Mutex<Vec<NewUser>>,
    prepared: AtomicU64,
}

impl Directory {
    /// Creates a directory with generated users, and returns the size of their JSON.
    fn new(crowd: &Crowd, users: u64) -> (Self, usize) {
        let directory = InMemoryUserDirectory::permissive();
        let mut bytes = 0;
        let crowd = (0..users).map(|number| {
            let (user, json) = crowd.user(number);
            bytes += json;
            user
        });
        block_on(directory.load(crowd)).expect("the users are unique");
        let ids = (0..users).map(|index| crowd::user_id(crowd::mixed(index) % users)).collect();
        (Self { inner: directory, users, ids, new: Mutex::default(), prepared: AtomicU64::new(0) }, bytes)
    }

    fn get(&self, number: u64) -> User {
        let index = usize::try_from(number).expect("the index is small") % self.ids.len();
        block_on(self.inner.get(&self.ids[index])).expect("the user exists")
    }

    fn find(&self, filter: UserFilter) {
        assert_eq!(block_on(self.inner.list(&filter.into())).expect("the filter is valid").len(), 1);
    }

    fn count(&self, filter: &UserFilter) -> u64 {
        block_on(self.inner.count(filter)).expect("the filter is valid")
    }

    /// Returns the index of one of the users that are read repeatedly.
    fn number(&self, call: u64) -> u64 {
        crowd::mixed(call % REPEATED_USERS) % self.users
    }

    fn prepare(&self, users: u64) {
        let new = (0..users).map(|_| crowd::new_user(self.prepared.fetch_add(1, Ordering::Relaxed)));
        self.new.lock().expect("no thread panicked").extend(new);
    }

    fn create(&self) {
        let new = self.new.lock().expect("no thread panicked").pop().expect("enough users are prepared");
        black_box(block_on(self.inner.create(&new)).expect("the user is unique"));
    }
}

/// An operation of one caller.
struct Measurement {
    name: &'static str,
    goal: Goal,
    /// Calls per round.
    calls: u64,
    call: fn(&Directory, u64),
}

#[derive(Clone, Copy)]
enum Goal {
    /// Independent of the number of users.
    Flat,
    /// Independent of the number of users, with a limit in microseconds.
    FlatMicros(f64),
    /// Linear in the number of users, with a limit per user.
    NanosPerUser(f64),
}

impl Measurement {
    const fn new(name: &'static str, goal: Goal, calls: u64, call: fn(&Directory, u64)) -> Self {
        Self { name, goal, calls, call }
    }

    /// Returns the CPU time per call in microseconds.
    fn time(&self, directory: &Directory, round: u64, divisor: u64) -> f64 {
        let calls = match self.goal {
            // With few users, a call takes less than the resolution of the clock.
            Goal::NanosPerUser(_) => 200_000 / divisor / directory.users,
            _ => self.calls / divisor,
        };
        let calls = calls.max(1);
        directory.prepare(if self.name == CREATE { calls } else { 0 });
        let start = cpu::thread_time();
        for call in 0..calls {
            (self.call)(directory, round * calls + call);
        }
        cpu::thread_time().saturating_sub(start).as_secs_f64() * 1e6 / calls as f64
    }
}

const MEASUREMENTS: [Measurement; 12] = [
    Measurement::new("get", Goal::FlatMicros(1.0), 20_000, |directory, call| {
        drop(black_box(directory.get(call % REPEATED_USERS)));
    }),
    Measurement::new("list, newest 100", Goal::Flat, 300, |directory, _| {
        black_box(block_on(directory.inner.list(&UserQuery::new().limit(100))).expect("the query is valid"));
    }),
    Measurement::new("count, without a filter", Goal::Flat, 50_000, |directory, _| {
        assert!(directory.count(&UserFilter::new()) >= directory.users);
    }),
    Measurement::new("lookup by email address", Goal::Flat, 5_000, |directory, call| {
        directory.find(UserFilter::new().email_address(crowd::email_address(directory.number(call))));
    }),
    Measurement::new("lookup by phone number", Goal::Flat, 5_000, |directory, call| {
        directory.find(UserFilter::new().phone_number(crowd::phone_number(directory.number(call) / 4 * 4)));
    }),
    Measurement::new("lookup by external id", Goal::Flat, 5_000, |directory, call| {
        directory.find(UserFilter::new().external_id(crowd::external_id(directory.number(call) / 2 * 2)));
    }),
    Measurement::new("lookup by username", Goal::Flat, 5_000, |directory, call| {
        directory.find(UserFilter::new().username(crowd::username(directory.number(call))));
    }),
    // The number of calls is low, because the directory grows.
    Measurement::new(CREATE, Goal::FlatMicros(5.0), 50, |directory, _| directory.create()),
    Measurement::new("list by query, one match", Goal::NanosPerUser(150.0), 1, |directory, call| {
        directory.find(UserFilter::new().query(format!(".{}@MAIL", directory.number(call))));
    }),
    Measurement::new("count by query, all match", Goal::NanosPerUser(150.0), 1, |directory, _| {
        assert!(directory.count(&UserFilter::new().query("Example")) >= directory.users);
    }),
    Measurement::new("count by email address query", Goal::NanosPerUser(150.0), 1, |directory, call| {
        let query = format!(".{}@", directory.number(call));
        assert!(directory.count(&UserFilter::new().email_address_query(query)) >= 1);
    }),
    Measurement::new("count by banned", Goal::NanosPerUser(150.0), 1, |directory, _| {
        assert_eq!(directory.count(&UserFilter::new().banned(true)), 0);
    }),
];

/// Returns the memory of a `Vec<User>`, the lower bound, relative to the JSON of the users.
fn relative_memory_of_vec(crowd: &Crowd, users: u64) -> f64 {
    let before = resident_bytes();
    let (list, json): (Vec<User>, Vec<usize>) = (0..users).map(|number| crowd.user(number)).unzip();
    let memory = resident_bytes().saturating_sub(before);
    drop(black_box(list));
    memory as f64 / json.into_iter().sum::<usize>() as f64
}

/// Measures calls during continuous searches in another thread.
fn measure_waiting(directory: &Directory, calls: u64) {
    let done = AtomicBool::new(false);
    let (gets, creates) = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                black_box(directory.count(&UserFilter::new().query("no match")));
            }
        });
        // Waits until the search has started.
        std::thread::sleep(Duration::from_millis(10));
        let gets: Vec<f64> = (0..calls).map(|call| wall_micros(|| drop(directory.get(call)))).collect();
        directory.prepare(calls);
        let creates = (0..calls).map(|_| wall_micros(|| directory.create())).collect();
        done.store(true, Ordering::Relaxed);
        (gets, creates)
    });
    // A `create` waits for the current search, and a `get` only for such a `create`. Wall time includes other load on the
    // machine.
    goals::at_most("get during a search, p99, µs", 100.0, percentile(gets, 99));
    goals::at_most("create during a search, p99, µs", 100.0, percentile(creates, 99));
}

/// Compares eight concurrent callers with one. Every twentieth call is an update, and the others are reads.
fn measure_callers(directory: &Directory, calls: u64) {
    let caller = |caller: u64| {
        let start = cpu::thread_time();
        for call in 0..calls {
            let number = crowd::mixed(caller * calls + call);
            if call.is_multiple_of(20) {
                let id =
                    &directory.ids[usize::try_from(number % directory.ids.len() as u64).expect("the index is small")];
                let update = UserUpdate::new().first_name(format!("Ada {call}"));
                block_on(directory.inner.update(id, &update)).expect("the user exists");
            } else {
                drop(black_box(directory.get(number)));
            }
        }
        cpu::thread_time().saturating_sub(start).as_secs_f64()
    };
    let run = |callers: u64| {
        let start = Instant::now();
        let cpu: f64 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..callers).map(|number| scope.spawn(move || caller(number))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no call fails")).sum()
        });
        let all = (callers * calls) as f64;
        (cpu / all, start.elapsed().as_secs_f64() / all)
    };
    let rounds: Vec<_> = (0..3).map(|_| (run(1), run(8))).collect();
    let cpu = median(rounds.iter().map(|(one, eight)| eight.0 / one.0).collect());
    let wall = median(rounds.iter().map(|(one, eight)| eight.1 / one.1).collect());
    // The cache lines of the lock and of counters move between cores.
    goals::at_most("8 callers, 95% reads: CPU time per call, relative to 1 caller", 1.5, cpu);
    // Two cores could reach 0.5 at best. 1.0 is the time of a single caller.
    goals::at_most("  wall time per call, relative to 1 caller", 1.0, wall);
}

fn wall_micros(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e6
}
