//! `InMemoryUserDirectory` with 1,000 to 1,000,000 users: speed and memory.
//!
//! A million users need about 5 GB of memory. The argument `100000` sets a smaller maximum. The sizes take turns in
//! each round, and medians of CPU time are shown, so that other load has little effect.
#![recursion_limit = "256"] // for the `json!` of a whole user
#![allow(clippy::cast_precision_loss, reason = "what is printed has three digits")]

#[path = "support/crowd.rs"]
mod crowd;
#[path = "support/goals.rs"]
mod goals;
#[path = "support/page.rs"]
#[allow(dead_code, reason = "pages are for the other benchmark")]
mod page;

use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use jiff::Timestamp;
use serde_json::json;
use user_directory::{
    InMemoryUserDirectory, Metadata, NewUser, User, UserDirectory, UserFilter, UserId, UserQuery, UserUpdate,
};

use crate::crowd::Crowd;

/// The allowed growth of a lookup. With a thousand users, the indexes fit into a nearer CPU cache than with a million.
const FLAT: f64 = 2.0;

/// The number of users that are read repeatedly. It is the same for every size, so that the users themselves are cached
/// equally.
const ASKED_FOR: u64 = 250;

/// The purpose of a created user.
const CREATE: &str = "create, without a password";

fn main() {
    // `cargo test --benches` passes `--test`, and only checks that everything runs.
    let test = std::env::args().any(|argument| argument == "--test");
    let asked = std::env::args().find_map(|argument| argument.parse().ok());
    let largest = if test { 64 } else { asked.unwrap_or(1_000_000) };
    let (rounds, share) = if test { (1, 1000) } else { (5, 1) };

    let crowd = Crowd::new();
    let before = resident_bytes();
    let (large, json) = Directory::new(&crowd, largest);
    let memory = resident_bytes().saturating_sub(before);
    let sizes = [Directory::new(&crowd, largest / 1000).0, Directory::new(&crowd, largest / 10).0, large];

    let mut times = vec![[const { Vec::new() }; 3]; MEASURES.len()];
    for round in 0..rounds {
        for (measure, times) in MEASURES.iter().zip(&mut times) {
            for (directory, times) in sizes.iter().zip(times) {
                times.push(measure.time(directory, round, share));
            }
        }
    }
    let medians: Vec<[f64; 3]> = times.into_iter().map(|sizes| sizes.map(median)).collect();

    println!("{:<40}{:>12}{:>12}{:>12}  µs a call", "users", sizes[0].users, sizes[1].users, sizes[2].users);
    for (measure, [few, some, many]) in MEASURES.iter().zip(&medians) {
        println!("{:<40}{few:>12.2}{some:>12.2}{many:>12.2}", measure.name);
    }

    let note = if test { " (which are too few to tell anything)" } else { "" };
    goals::head(&format!("in memory, {largest} users{note}"));
    for (measure, [few, _, many]) in MEASURES.iter().zip(&medians) {
        let flat = || {
            goals::at_most(&format!("{}, relative to {} users", measure.name, sizes[0].users), FLAT, many / few);
        };
        match measure.goal {
            Goal::None => goals::figure(&format!("{}, µs", measure.name), *many),
            Goal::Flat => flat(),
            Goal::FlatMicros(goal) => {
                goals::at_most(&format!("{}, µs", measure.name), goal, *many);
                flat();
            }
            Goal::NanosAUser(goal) => {
                goals::at_most(&format!("{}, ns a user", measure.name), goal, many * 1e3 / largest as f64);
            }
        }
    }
    let [_, _, large] = &sizes;
    goals::at_most("memory, relative to the users' JSON", 1.0, memory as f64 / json as f64);
    goals::figure("  a list of the same users and nothing else", relative_memory_of_a_list(&crowd, largest / 10));
    measure_waiting(large, if test { 10 } else { 2_000 });
    measure_callers(large, if test { 10 } else { 100_000 });
}

/// A directory with a number of generated users.
struct Directory {
    inner: InMemoryUserDirectory,
    users: u64,
    ids: Vec<UserId>,
    /// New users, prepared outside of the measurement.
    new: Mutex<Vec<NewUser>>,
    prepared: AtomicU64,
}

impl Directory {
    /// Also returns the size of the JSON of the users.
    fn new(crowd: &Crowd, users: u64) -> (Self, usize) {
        let users = users.max(1);
        let directory = InMemoryUserDirectory::new();
        let mut bytes = 0;
        let crowd = (0..users).map(|number| {
            let (user, json) = crowd.user(number);
            bytes += json;
            user
        });
        now(directory.load(crowd)).expect("nobody is there twice");
        // A random sample, so that few users are still in a CPU cache.
        let ids = (0..users.min(50_000)).map(|index| crowd::user_id(crowd::mixed(index) % users)).collect();
        (Self { inner: directory, users, ids, new: Mutex::default(), prepared: AtomicU64::new(0) }, bytes)
    }

    fn get(&self, number: u64) -> User {
        let index = usize::try_from(number).expect("it is an index") % self.ids.len();
        now(self.inner.get(&self.ids[index])).expect("the user is there")
    }

    fn find(&self, filter: UserFilter) {
        assert_eq!(now(self.inner.list(&filter.into())).expect("the filter is right").len(), 1);
    }

    fn count(&self, filter: &UserFilter) -> u64 {
        now(self.inner.count(filter)).expect("the filter is right")
    }

    /// Returns the index of one of the users that are read repeatedly.
    fn number(&self, call: u64) -> u64 {
        crowd::mixed(call % ASKED_FOR) % self.users
    }

    fn prepare(&self, users: u64) {
        let new = (0..users).map(|_| new_user(self.prepared.fetch_add(1, Ordering::Relaxed)));
        self.new.lock().expect("nobody panics").extend(new);
    }

    fn create(&self) {
        let new = self.new.lock().expect("nobody panics").pop().expect("enough are prepared");
        black_box(now(self.inner.create(&new)).expect("nobody is like that"));
    }
}

/// Without a password, because hashing is slow by design.
fn new_user(number: u64) -> NewUser {
    let new_user = NewUser::new().email_address(format!("new.{number}@example.com")).username(format!("new.{number}"));
    let new_user = new_user.external_id(format!("new-{number}")).first_name("Ada").last_name("Lovelace");
    // Created before all others, so that the newest users are complete ones.
    let new_user = new_user.created_at(Timestamp::UNIX_EPOCH);
    new_user.public_metadata(Metadata::new(&json!({ "plan": "pro", "seats": number })).expect("it is an object"))
}

/// Outside of a runtime, the directory does all work on the caller's thread.
fn now<F: Future>(call: F) -> F::Output {
    call.now_or_never().expect("there is nothing to wait for")
}

/// An operation of one caller.
struct Measure {
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
    NanosAUser(f64),
    None,
}

impl Measure {
    const fn new(name: &'static str, goal: Goal, calls: u64, call: fn(&Directory, u64)) -> Self {
        Self { name, goal, calls, call }
    }

    /// Returns the microseconds per call.
    fn time(&self, directory: &Directory, round: u64, share: u64) -> f64 {
        let calls = match self.goal {
            // With few users, one call is shorter than a tick of the clock.
            Goal::NanosAUser(_) => 200_000 / share / directory.users,
            _ => self.calls / share,
        };
        let calls = calls.max(1);
        directory.prepare(if self.name == CREATE { calls } else { 0 });
        let start = processor_time();
        for call in 0..calls {
            (self.call)(directory, round * calls + call);
        }
        (processor_time() - start) * 1e6 / calls as f64
    }
}

const MEASURES: [Measure; 13] = [
    Measure::new("get", Goal::FlatMicros(1.0), 20_000, |directory, call| {
        drop(black_box(directory.get(call % ASKED_FOR)));
    }),
    Measure::new("get, of users who are in no cache", Goal::None, 20_000, |directory, call| {
        drop(black_box(directory.get(call)));
    }),
    Measure::new("list, newest 100", Goal::Flat, 300, |directory, _| {
        black_box(now(directory.inner.list(&UserQuery::new().limit(100))).expect("the query is right"));
    }),
    Measure::new("count, without filter", Goal::Flat, 50_000, |directory, _| {
        assert!(directory.count(&UserFilter::new()) >= directory.users);
    }),
    Measure::new("look-up by email address", Goal::Flat, 5_000, |directory, call| {
        directory.find(UserFilter::new().email_address(crowd::email_address(directory.number(call))));
    }),
    Measure::new("look-up by phone number", Goal::Flat, 5_000, |directory, call| {
        directory.find(UserFilter::new().phone_number(crowd::phone_number(directory.number(call) / 4 * 4)));
    }),
    Measure::new("look-up by external id", Goal::Flat, 5_000, |directory, call| {
        directory.find(UserFilter::new().external_id(crowd::external_id(directory.number(call) / 2 * 2)));
    }),
    Measure::new("look-up by user name", Goal::Flat, 5_000, |directory, call| {
        directory.find(UserFilter::new().username(crowd::username(directory.number(call))));
    }),
    Measure::new(CREATE, Goal::FlatMicros(5.0), 2_000, |directory, _| directory.create()),
    Measure::new("list by query that one user matches", Goal::NanosAUser(150.0), 1, |directory, call| {
        directory.find(UserFilter::new().query(format!(".{}@MAIL", directory.number(call))));
    }),
    Measure::new("count by query that everybody matches", Goal::NanosAUser(150.0), 1, |directory, _| {
        assert!(directory.count(&UserFilter::new().query("Example")) >= directory.users);
    }),
    Measure::new("count by email address query", Goal::NanosAUser(150.0), 1, |directory, call| {
        let query = format!(".{}@", directory.number(call));
        assert!(directory.count(&UserFilter::new().email_address_query(query)) >= 1);
    }),
    Measure::new("count of the banned", Goal::NanosAUser(150.0), 1, |directory, _| {
        assert_eq!(directory.count(&UserFilter::new().banned(true)), 0);
    }),
];

/// Returns the memory of the users without a directory: the lower bound.
fn relative_memory_of_a_list(crowd: &Crowd, users: u64) -> f64 {
    let before = resident_bytes();
    let (list, json): (Vec<User>, Vec<usize>) = (0..users).map(|number| crowd.user(number)).unzip();
    let memory = resident_bytes().saturating_sub(before);
    drop(black_box(list));
    memory as f64 / json.into_iter().sum::<usize>() as f64
}

/// How long other callers wait while somebody searches without end.
fn measure_waiting(directory: &Directory, calls: u64) {
    let done = AtomicBool::new(false);
    let (gets, creates) = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                black_box(directory.count(&UserFilter::new().query("nobody has this")));
            }
        });
        // In the middle of the search.
        std::thread::sleep(Duration::from_millis(10));
        let gets: Vec<f64> = (0..calls).map(|call| wall_micros(|| drop(directory.get(call)))).collect();
        directory.prepare(calls);
        let creates = (0..calls).map(|_| wall_micros(|| directory.create())).collect();
        done.store(true, Ordering::Relaxed);
        (gets, creates)
    });
    // A create waits for the part of the search that is being looked at, and a get only for such a create. On the
    // clock, so that other programs count too.
    goals::at_most("get while somebody searches, p99, µs", 100.0, percentile(gets, 99));
    goals::at_most("create while somebody searches, p99, µs", 100.0, percentile(creates, 99));
}

/// Reads of which every twentieth is a change instead, by one caller and by eight.
fn measure_callers(directory: &Directory, calls: u64) {
    let caller = |caller: u64| {
        let start = processor_time();
        for call in 0..calls {
            let number = crowd::mixed(caller * calls + call);
            if call.is_multiple_of(20) {
                let id = &directory.ids[usize::try_from(number % directory.ids.len() as u64).expect("it is an index")];
                let update = UserUpdate::new().first_name(format!("Ada {call}"));
                now(directory.inner.update(id, &update)).expect("the user is there");
            } else {
                drop(black_box(directory.get(number)));
            }
        }
        processor_time() - start
    };
    let together = |callers: u64| {
        let start = Instant::now();
        let processor: f64 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..callers).map(|number| scope.spawn(move || caller(number))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no call fails")).sum()
        });
        let all = (callers * calls) as f64;
        (processor / all, start.elapsed().as_secs_f64() / all)
    };
    let rounds: Vec<_> = (0..3).map(|_| (together(1), together(8))).collect();
    let processor = median(rounds.iter().map(|(one, eight)| eight.0 / one.0).collect());
    let wall = median(rounds.iter().map(|(one, eight)| eight.1 / one.1).collect());
    // The memory of the lock and of counters moves from core to core, which costs something.
    goals::at_most("8 callers, 95 % reads: processor time a call, relative to 1", 1.5, processor);
    // A half would be two cores that never meet; one is no faster than a single caller.
    goals::at_most("  the same: time until all is done, by calls", 1.0, wall);
}

fn wall_micros(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e6
}

/// For how many seconds this thread has run, or the time if the system does not tell.
fn processor_time() -> f64 {
    // The system counts up to the last time that it looked, and looks now.
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos: Option<u64> = text.split(' ').next().and_then(|nanos| nanos.parse().ok());
    nanos.map_or_else(|| START.elapsed().as_secs_f64(), |nanos| nanos as f64 / 1e9)
}

static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);

/// The memory that this program occupies, where the system tells.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

fn median(values: Vec<f64>) -> f64 {
    percentile(values, 50)
}

fn percentile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) * percent / 100]
}
