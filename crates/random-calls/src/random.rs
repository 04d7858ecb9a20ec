//! Random values. Some come from small pools, so that users collide. The pools include characters and extreme values
//! that databases treat specially. Other values consist of random bytes.

use std::ops::RangeInclusive;

use arbitrary::Unstructured;
use jiff::{SignedDuration, Timestamp};
use user_directory::{Metadata, UserId};

pub(crate) const EMAIL_ADDRESSES: [&str; 7] = [
    "ada@example.com",
    "ADA@example.com",
    "grace@example.com",
    "linus@kernel.test",
    "é@example.com",
    "a_b%c@example.com",
    "o'brien@example.com",
];
pub(crate) const PHONE_NUMBERS: [&str; 4] = ["+15550100001", "+15550100002", "+442079460001", "+1 (555) 010-0001"];
pub(crate) const WALLETS: [&str; 3] = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x52908400098527886e0f7030069857d2e4169ee7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
];
pub(crate) const USERNAMES: [&str; 6] = ["ada_lovelace", "ADA_lovelace", "grace", "li_nus", "linus-2", "not allowed"];
pub(crate) const NAMES: [&str; 21] = [
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
    "\u{1f}\n\r\t",
    "\u{2028}\u{feff}\u{ffff}\u{10ffff}",
    "\"\\/",
    "a://b",
    " ",
    "",
];
pub(crate) const EXTERNAL_IDS: [&str; 6] = ["x1", "X1", "é", "a%'\"", "x 1", "a\u{0}b"];
pub(crate) const QUERIES: [&str; 31] = [
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
pub(crate) const ORGANIZATIONS: [&str; 3] = ["org_1", "org_2", "org_3"];
pub(crate) const PROVIDERS: [&str; 2] = ["oauth_google", "oauth_github"];
pub(crate) const PROVIDER_USERS: [&str; 3] = ["1", "2", "Ä"];
pub(crate) const BACKUP_CODES: [&str; 3] = ["backup-1", "backup-2", "backup-3"];
pub(crate) const TOTP_SECRETS: [&str; 2] = ["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"];

const METADATA: [&str; 14] = [
    "{}",
    r#"{"a":1,"b":{"c":[1,2.50,1e2],"d":null}}"#,
    r#"{"b":{"c":null,"e":"\u0000\ud83d\ude00"}}"#,
    r#"{"a":null}"#,
    r#"{ "big" : 123456789012345678901234567890.10, "a" : "b" }"#,
    r#"{"a":1.0,"b":[1e400,-0,123456789012345678901234567890]}"#,
    r#"{"\ud800":"\udfff","role":"admin"}"#,
    r#"{"\u0000":"\u0000"}"#,
    r#"{"$serde_json::private::RawValue":"{\"role\":\"admin\"}"}"#,
    r#"{"$serde_json::private::Number":"7"}"#,
    r#"{"a":1,"a":2}"#,
    r#"{"a":1,"\u0061":{"b":1}}"#,
    "{\"\u{feff}\":\"\u{feff}\"}",
    r#"{"😀":"\ud83d\ude00"}"#,
];
/// The minimum and maximum supported times, and times near them and near the Unix epoch.
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

/// Returns the initial time of the clock.
pub(crate) fn start() -> Timestamp {
    "2026-05-12T09:00:00Z".parse().unwrap()
}

/// A source of random values that are decoded from bytes. After the bytes are exhausted, all numbers are minimal.
#[derive(Debug)]
pub struct Random<'a>(Unstructured<'a>);

impl<'a> Random<'a> {
    /// Creates a source that decodes `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(Unstructured::new(bytes))
    }

    /// Returns `true` if the bytes are exhausted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns a number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0.int_in_range(0..=end - 1).unwrap()
    }

    pub(crate) fn number(&mut self, range: RangeInclusive<u64>) -> u64 {
        self.0.int_in_range(range).unwrap()
    }

    /// Returns a number of any size. Small numbers and numbers near the maximum are frequent.
    pub(crate) fn any_number(&mut self) -> u64 {
        match self.below(8) {
            0 => u64::MAX,
            1 => i64::MAX.unsigned_abs(),
            2 => u64::from(u32::MAX),
            3 => self.number(0..=u64::MAX),
            _ => self.number(0..=3),
        }
    }

    pub(crate) fn bool(&mut self) -> bool {
        self.0.arbitrary().unwrap()
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn one<T: Copy>(&mut self, pool: &[T]) -> T {
        pool[self.below(pool.len())]
    }

    /// Returns up to `max` random values from the pool.
    pub(crate) fn some<T: Copy>(&mut self, pool: &[T], max: usize) -> Vec<T> {
        (0..self.below(max + 1)).map(|_| self.one(pool)).collect()
    }

    /// Returns a random text of up to `max` bytes.
    fn bytes(&mut self, max: usize) -> String {
        let length = self.below(max + 1).min(self.0.len());
        String::from_utf8_lossy(self.0.bytes(length).unwrap()).into_owned()
    }

    /// Returns a string from the pool, or sometimes a random string.
    pub(crate) fn text(&mut self, pool: &[&str]) -> String {
        if self.chance(10) { self.bytes(24) } else { self.one(pool).to_owned() }
    }

    /// Returns `None` in half of the calls, and otherwise a string as in [`text`](Self::text).
    pub(crate) fn maybe_text(&mut self, pool: &[&str]) -> Option<String> {
        self.bool().then(|| self.text(pool))
    }

    /// Returns up to `max` texts as in [`text`](Self::text).
    pub(crate) fn texts(&mut self, pool: &[&str], max: usize) -> Vec<String> {
        (0..self.below(max + 1)).map(|_| self.text(pool)).collect()
    }

    /// Returns a user id. The user may not exist.
    pub(crate) fn user_id(&mut self) -> UserId {
        self.id_below("user", 10)
    }

    pub(crate) fn user_ids(&mut self, max: usize) -> Vec<UserId> {
        (0..self.below(max + 1)).map(|_| self.user_id()).collect()
    }

    pub(crate) fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(&mut self, prefix: &str) -> T {
        self.id_below(prefix, 12)
    }

    fn id_below<T: std::str::FromStr<Err: std::fmt::Debug>>(&mut self, prefix: &str, end: usize) -> T {
        format!("{prefix}_{}", 1 + self.below(end - 1)).parse().unwrap()
    }

    /// Returns a time, which is usually close to the start.
    pub(crate) fn time(&mut self) -> Timestamp {
        match self.below(16) {
            0 => self.one(&TIMES).parse().unwrap(),
            1 => {
                let seconds = Timestamp::MIN.as_second()..=Timestamp::MAX.as_second();
                Timestamp::from_second(self.0.int_in_range(seconds).unwrap()).unwrap()
            }
            // Stores truncate times to milliseconds.
            2 => start() + SignedDuration::from_micros(1_500),
            // The number of milliseconds of this time is also a valid number of seconds.
            3 => Timestamp::from_second(63_072_000).unwrap(),
            _ => start() + SignedDuration::from_secs(self.0.int_in_range(-2..=7).unwrap()),
        }
    }

    pub(crate) fn metadata(&mut self) -> Metadata {
        if self.chance(10)
            && let Ok(metadata) = self.bytes(100).parse()
        {
            return metadata;
        }
        match self.below(16) {
            0 => format!(r#"{{"nested":{}{}}}"#, "[".repeat(200), "]".repeat(200)),
            1 => format!("{}1{}", r#"{"a":"#.repeat(200), "}".repeat(200)),
            2 => format!(r#"{{"{escapes}":"{escapes}"}}"#, escapes = r"\u00e9\\\/\ud800".repeat(30)),
            3 => format!(r#"{{"digits":[{digits},-{digits}]}}"#, digits = "9".repeat(400)),
            _ => return self.one(&METADATA).parse().unwrap(),
        }
        .parse()
        .unwrap()
    }
}
