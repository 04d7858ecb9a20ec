//! The overhead per call of `Arc<dyn UserDirectory>`, of each decorator, and of a mock.
//!
//! The wrapped directory returns a clone of an empty user. The overhead is the difference between a call with and
//! without the decorator. The candidates are measured in turns, and the minimum of each is reported, because other load
//! on the machine only adds time.

#[path = "support/goals.rs"]
mod goals;
#[path = "support/test_run.rs"]
mod test_run;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use user_directory::decorators::{
    CachePolicy, CachedUserDirectory, FaultyUserDirectory, ReadOnlyUserDirectory, RecordingUserDirectory,
};
use user_directory::{
    InMemoryUserDirectory, MockUserDirectory, NewUser, Result, User, UserDirectory, UserId, async_trait,
};

/// A directory that returns a clone of one user.
#[derive(Debug, Clone)]
struct Bare(User);

impl Bare {
    /// Does the same as `get`, without the port.
    #[expect(clippy::unused_async, reason = "the baseline must be async, too")]
    async fn find(&self, _user_id: &UserId) -> Result<User> {
        Ok(self.0.clone())
    }
}

#[async_trait]
impl UserDirectory for Bare {
    async fn get(&self, user_id: &UserId) -> Result<User> {
        self.find(user_id).await
    }
}

fn main() {
    let test = test_run::is_test_run();
    let (rounds, calls) = if test { (1, 10) } else { (300, 1_000) };

    let id = UserId::new("user_2abcdefghijklmnopqrstuvwxyz").expect("the id is valid");
    let bare = Bare(User::new(id.clone()));
    let port: Arc<dyn UserDirectory> = Arc::new(bare.clone());
    let read_only = ReadOnlyUserDirectory::new(Arc::clone(&port));
    let recording = RecordingUserDirectory::new(Arc::clone(&port));
    let faulty = FaultyUserDirectory::new(Arc::clone(&port));
    let cached = CachedUserDirectory::new(Arc::clone(&port), CachePolicy::default());
    let missing = CachedUserDirectory::new(Arc::clone(&port), CachePolicy::default());
    let in_memory = InMemoryUserDirectory::permissive();
    let ada = now(in_memory.create(&NewUser::new().email_address("ada@example.com"))).id;
    let mut mock = MockUserDirectory::new();
    let user = bare.0.clone();
    mock.expect_get().returning(move |_| Ok(user.clone()));

    let candidates: [&dyn Fn(); 9] = [
        &|| drop(black_box(now(bare.find(black_box(&id))))),
        &|| drop(black_box(now(black_box(&*port).get(black_box(&id))))),
        &|| drop(black_box(now(read_only.get(&id)))),
        &|| drop(black_box(now(recording.get(&id)))),
        &|| drop(black_box(now(faulty.get(&id)))),
        &|| drop(black_box(now(cached.get(&id)))),
        &|| {
            missing.invalidate(&id);
            drop(black_box(now(missing.get(&id))));
        },
        &|| drop(black_box(now(in_memory.get(&ada)))),
        &|| drop(black_box(now(mock.get(&id)))),
    ];
    let mut minimums = [Duration::MAX; 9];
    for _ in 0..rounds {
        for (call, minimum) in candidates.iter().zip(&mut minimums) {
            *minimum = time(calls, call).min(*minimum);
        }
        recording.clear_calls();
    }
    let [inherent, port, read_only, recording, faulty, hit, miss, in_memory, mock] =
        minimums.map(|time| time.as_secs_f64() * 1e9 / f64::from(calls));

    goals::header("get, ns");
    goals::value("method that clones a user, without the port", inherent);
    goals::at_most("Arc<dyn UserDirectory>, overhead", 50.0, port - inherent);
    goals::at_most("ReadOnlyUserDirectory, overhead", 100.0, read_only - port);
    goals::at_most("FaultyUserDirectory without faults, overhead", 100.0, faulty - port);
    goals::at_most("RecordingUserDirectory, overhead", 250.0, recording - port);
    goals::at_most("CachedUserDirectory, hit", 250.0, hit);
    goals::at_most("CachedUserDirectory, miss, overhead", 5_000.0, miss - port);
    goals::at_most("MockUserDirectory with one expectation", 1_000.0, mock);
    goals::value("InMemoryUserDirectory with one user", in_memory);
}

/// Returns the result of a call that completes immediately.
fn now<T>(call: impl Future<Output = Result<T>>) -> T {
    call.now_or_never().expect("the call completes immediately").expect("no call fails")
}

fn time(calls: u32, call: &dyn Fn()) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        call();
    }
    start.elapsed()
}
