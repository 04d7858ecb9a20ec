//! What a directory accepts can be stored, read after a restart, encoded and decoded again.

use fastrand::Rng;
use jiff::Timestamp;
use user_directory::store::UserStore;
use user_directory::store_directory::{InstanceSettings, SequentialIds, StoreUserDirectory, StoreUserDirectoryBuilder};
use user_directory::time::ManualClock;
use user_directory::{
    ErrorKind, InMemoryUserDirectory, Metadata, NewUser, Patch, User, UserDirectory, UserId, UserQuery, UserUpdate,
};

use crate::support::{Database, TOTP_SECRET};

/// The ends of the supported range, times near them and near the epoch.
const TIMES: [&str; 10] = [
    "-009999-01-02T01:59:59Z",
    "-009999-01-02T01:59:59.001Z",
    "0000-01-01T00:00:00Z",
    "1969-12-31T23:59:59.999Z",
    "1970-01-01T00:00:00Z",
    "2026-05-12T09:00:00.123456789Z",
    "9999-12-30T21:59:59.999Z",
    "9999-12-30T22:00:00Z",
    "9999-12-30T22:00:00.5Z",
    "9999-12-30T22:00:00.999999999Z",
];

const TEXTS: [&str; 10] = [
    "Ada",
    "",
    " ",
    "Straße ΟΔΥΣΣΕΎΣ",
    "e\u{301} \u{e9}",
    "\0",
    "\u{1f}\n\r\t",
    "\u{2028}\u{feff}\u{ffff}\u{10ffff}",
    "\"\\/",
    "a://b",
];

const METADATA: [&str; 8] = [
    "{}",
    r#"{"a":1.0,"b":[1e400,-0,123456789012345678901234567890]}"#,
    r#"{"\ud800":"\udfff","role":"admin"}"#,
    r#"{"\u0000":"\u0000"}"#,
    r#"{"$serde_json::private::RawValue":"{\"role\":\"admin\"}"}"#,
    r#"{"$serde_json::private::Number":"7"}"#,
    r#"{"a":1,"a":2}"#,
    r#"{"😀":"\ud83d\ude00"}"#,
];

/// Returns one of the values.
fn any<T: Copy>(random: &mut Rng, values: &[T]) -> T {
    values[random.usize(..values.len())]
}

fn time(random: &mut Rng) -> Timestamp {
    any(random, &TIMES).parse().unwrap()
}

fn metadata(random: &mut Rng) -> Metadata {
    any(random, &METADATA).parse().unwrap()
}

fn new_user(random: &mut Rng, number: usize) -> NewUser {
    let mut new = NewUser::new()
        .email_address(format!("user-{number}@example.com"))
        .public_metadata(metadata(random))
        .private_metadata(metadata(random))
        .unsafe_metadata(metadata(random))
        .create_organizations_limit(any(random, &[0, 1, u32::MAX]))
        .banned(random.bool())
        .locked(random.bool());
    if random.bool() {
        new = new.created_at(time(random));
    }
    if random.bool() {
        new = new.legal_accepted_at(time(random));
    }
    if random.bool() {
        new = new.first_name(any(random, &TEXTS)).last_name(any(random, &TEXTS));
    }
    if random.bool() {
        new = new.external_id(format!("{}{number}", any(random, &TEXTS)));
    }
    if random.bool() {
        new = new.totp_secret(TOTP_SECRET).backup_codes([any(random, &TEXTS)]);
    }
    new
}

fn update(random: &mut Rng) -> UserUpdate {
    let mut update = UserUpdate::new();
    if random.bool() {
        update.created_at = Patch::Set(time(random));
    }
    if random.bool() {
        update.legal_accepted_at = Patch::Set(time(random));
    }
    if random.bool() {
        update.first_name = Patch::Set(any(random, &TEXTS).into());
    }
    update
}

fn directory_over<S: UserStore>(store: S, clock: &ManualClock) -> StoreUserDirectory<S> {
    StoreUserDirectoryBuilder::new(store)
        .settings(InstanceSettings::permissive().bcrypt_cost(4))
        .clock(clock.clone())
        .ids(SequentialIds::default())
        .build()
}

/// Asserts that two directories agree, and returns the user if both accepted the call.
#[track_caller]
fn agreed(this: user_directory::Result<User>, other: user_directory::Result<User>, what: &str) -> Option<User> {
    match (this, other) {
        (Ok(this), Ok(other)) => {
            assert_eq!(this, other, "{what}");
            let json = serde_json::to_string(&this).unwrap();
            assert_eq!(serde_json::from_str::<User>(&json).unwrap(), this, "{what}: {json}");
            Some(this)
        }
        (Err(this), Err(other)) => {
            assert_eq!(
                (this.kind(), other.kind()),
                (ErrorKind::InvalidInput, ErrorKind::InvalidInput),
                "{what} {this:?}"
            );
            None
        }
        (this, other) => panic!("{what}: {this:?} {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn create_and_update_accept_only_values_that_are_read_unchanged_after_a_restart() {
    let mut accepted = 0;
    for (seed, database) in Database::shareable().into_iter().enumerate() {
        let mut random = Rng::with_seed(seed as u64);
        let clock = ManualClock::new(time(&mut random));
        let sql = database.open().await;
        let stored = directory_over(sql.store().clone(), &clock);
        let memory = InMemoryUserDirectory::builder()
            .settings(InstanceSettings::permissive().bcrypt_cost(4))
            .clock(clock.clone())
            .ids(SequentialIds::default())
            .build();
        let mut users: Vec<User> = Vec::new();
        for number in 0..200 {
            clock.set(time(&mut random));
            let new = new_user(&mut random, number);
            let what = format!("{database:?} {number} {new:?}");
            let Some(user) = agreed(stored.create(&new).await, memory.create(&new).await, &what) else { continue };
            let update = update(&mut random);
            clock.set(time(&mut random));
            let results = (stored.update(&user.id, &update).await, memory.update(&user.id, &update).await);
            let user = agreed(results.0, results.1, &what).unwrap_or(user);
            users.push(user);
        }
        accepted += users.len();

        // The time of locks depends on the clock.
        clock.set("2026-05-12T09:00:00Z".parse().unwrap());
        let mut expected: Vec<(UserId, User)> = Vec::new();
        for user in &users {
            expected.push((user.id.clone(), memory.get(&user.id).await.unwrap()));
        }
        sql.store().close().await;
        let restarted = directory_over(database.open().await.store().clone(), &clock);
        for (id, user) in &expected {
            assert_eq!(restarted.get(id).await.unwrap(), *user, "{database:?} {id}");
        }
        let query = UserQuery::new().limit(500);
        assert_eq!(restarted.list(&query).await.unwrap(), memory.list(&query).await.unwrap(), "{database:?}");
    }
    assert!(accepted > 50, "{accepted}");
}
