//! Random values from small pools, so that users collide, and with characters that databases treat specially.

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use user_directory::{Metadata, UserId};

pub(super) const EMAIL_ADDRESSES: [&str; 7] = [
    "ada@example.com",
    "ADA@example.com",
    "grace@example.com",
    "linus@kernel.test",
    "é@example.com",
    "a_b%c@example.com",
    "o'brien@example.com",
];
pub(super) const PHONE_NUMBERS: [&str; 4] = ["+15550100001", "+15550100002", "+442079460001", "+1 (555) 010-0001"];
pub(super) const WALLETS: [&str; 3] = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x52908400098527886e0f7030069857d2e4169ee7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
];
pub(super) const USERNAMES: [&str; 6] = ["ada_lovelace", "ADA_lovelace", "grace", "li_nus", "linus-2", "not allowed"];
pub(super) const NAMES: [&str; 16] = [
    "Ada",
    "ada",
    "Grace",
    "Émile",
    "E\u{301}mile",
    "ΑΔΑΜΑΣ",
    "İi",
    "Straße",
    r"back\slash",
    "O'Brien \"Bob\"",
    "100%",
    "_",
    "日本語テキスト",
    "😀 smile",
    "a\u{0}b",
    "",
];
pub(super) const EXTERNAL_IDS: [&str; 6] = ["x1", "X1", "é", "a%'\"", "x 1", "a\u{0}b"];
pub(super) const QUERIES: [&str; 31] = [
    "ada",
    "ADA",
    "EXAMPLE",
    "user_",
    "user_1",
    "e",
    "é",
    "ας",
    "σ",
    "ss",
    "ß",
    "i̇i",
    "%",
    "_",
    r"\",
    "\"",
    "'",
    "*",
    "-2",
    "AND",
    "ada OR grace",
    "NEAR(ada)",
    "555",
    "0x52",
    "本語",
    "語テキ",
    "😀",
    "a\u{0}b",
    "bob\"",
    "nobody",
    "",
];
pub(super) const ORGANIZATIONS: [&str; 3] = ["org_1", "org_2", "org_3"];
pub(super) const PROVIDERS: [&str; 2] = ["oauth_google", "oauth_github"];
pub(super) const PROVIDER_USERS: [&str; 3] = ["1", "2", "Ä"];
pub(super) const BACKUP_CODES: [&str; 3] = ["backup-1", "backup-2", "backup-3"];
pub(super) const TOTP_SECRETS: [&str; 2] = ["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"];

/// Returns the start time of every case.
pub(super) fn start() -> Timestamp {
    "2026-05-12T09:00:00Z".parse().unwrap()
}

/// Methods that choose from the pools.
pub(super) trait Choose {
    fn one<T: Copy>(&mut self, pool: &[T]) -> T;
    /// Returns one of the pool in half of the calls.
    fn maybe<T: Copy>(&mut self, pool: &[T]) -> Option<T>;
    /// Returns up to `max` values of the pool.
    fn some<T: Copy>(&mut self, pool: &[T], max: usize) -> Vec<T>;
    fn chance(&mut self, percent: u8) -> bool;
    /// Returns the id of a user. The user may not exist.
    fn user_id(&mut self) -> UserId;
    fn user_ids(&mut self, max: usize) -> Vec<UserId>;
    fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(&mut self, prefix: &str) -> T;
    /// Returns a time close to the start, or one of the extremes that all stores distinguish.
    fn time(&mut self) -> Timestamp;
    fn metadata(&mut self) -> Metadata;
}

impl Choose for Rng {
    fn one<T: Copy>(&mut self, pool: &[T]) -> T {
        pool[self.usize(..pool.len())]
    }

    fn maybe<T: Copy>(&mut self, pool: &[T]) -> Option<T> {
        self.bool().then(|| self.one(pool))
    }

    fn some<T: Copy>(&mut self, pool: &[T], max: usize) -> Vec<T> {
        (0..self.usize(..=max)).map(|_| self.one(pool)).collect()
    }

    fn chance(&mut self, percent: u8) -> bool {
        self.u8(..100) < percent
    }

    fn user_id(&mut self) -> UserId {
        format!("user_{}", self.u8(1..10)).parse().unwrap()
    }

    fn user_ids(&mut self, max: usize) -> Vec<UserId> {
        (0..self.usize(..=max)).map(|_| self.user_id()).collect()
    }

    fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(&mut self, prefix: &str) -> T {
        format!("{prefix}_{}", self.u8(1..12)).parse().unwrap()
    }

    fn time(&mut self) -> Timestamp {
        match self.u8(..40) {
            0 => Timestamp::from_second(Timestamp::MIN.as_second() + 1).unwrap(),
            1 => Timestamp::from_second(Timestamp::MAX.as_second()).unwrap(),
            2 => Timestamp::UNIX_EPOCH,
            // Stores keep milliseconds.
            3 => start() + SignedDuration::from_micros(1_500),
            // In milliseconds, the number is also a time in seconds.
            4 => Timestamp::from_second(63_072_000).unwrap(),
            _ => start() + SignedDuration::from_secs(self.i64(-2..8)),
        }
    }

    fn metadata(&mut self) -> Metadata {
        let pool = [
            "{}",
            r#"{"a":1,"b":{"c":[1,2.50,1e2],"d":null}}"#,
            r#"{"b":{"c":null,"e":"\u0000\ud83d\ude00"}}"#,
            r#"{"a":null}"#,
            r#"{ "big" : 123456789012345678901234567890.10, "a" : "b" }"#,
        ];
        self.one(&pool).parse().unwrap()
    }
}
