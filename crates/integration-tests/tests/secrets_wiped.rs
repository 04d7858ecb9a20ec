//! No secret is left in memory that is given back: an allocator looks at everything that is freed.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use user_directory::model::{
    BackupCode, OAuthAccessToken, OAuthToken, PasswordDigest, PasswordHasher, PhoneNumber, TotpCode, TotpSecret,
};
use user_directory::{Password, SecretKey};

const NEEDLE: &str = "sk_test_needleinahaystack";

const TOKEN: &str = r#"{"token":"sk_test_needleinahaystack","id_token":"sk_test_needleinahaystack"}"#;
const PHONE: &str = r#"{"backup_codes":["sk_test_needleinahaystack","sk_test_needleinahaystack"]}"#;

static LEFT: AtomicUsize = AtomicUsize::new(0);

struct Watching;

#[global_allocator]
static ALLOCATOR: Watching = Watching;

#[allow(unsafe_code, reason = "there is no other way to see what is freed")]
// SAFETY: everything is left to the system's allocator. All memory is zeroed first, so that all of it may be read.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        let freed = unsafe { std::slice::from_raw_parts(start, layout.size()) };
        if freed.windows(NEEDLE.len()).any(|bytes| bytes == NEEDLE.as_bytes()) {
            LEFT.fetch_add(1, Ordering::Relaxed);
        }
        unsafe { System.dealloc(start, layout) }
    }
}

/// How often the secret is in what is freed by `work`, and by the drop of what it gives.
fn left<T>(work: impl FnOnce() -> T) -> usize {
    let before = LEFT.load(Ordering::Relaxed);
    drop(work());
    LEFT.load(Ordering::Relaxed) - before
}

/// A string with more room than it needs, as one that was read bit by bit.
fn needle(after: &str) -> String {
    let mut text = String::with_capacity(100);
    text.push_str(NEEDLE);
    text.push_str(after);
    text
}

/// One test, because all of a process is watched.
#[test]
fn what_held_a_secret_is_wiped() {
    assert_eq!(left(|| needle("")), 1, "what is not a secret is seen");

    assert_eq!(left(|| Password::new(needle(""))), 0);
    assert_eq!(left(|| Password::from(NEEDLE).clone()), 0);
    assert_eq!(left(|| PasswordDigest::new(PasswordHasher::Bcrypt, needle("")).clone()), 0);
    assert_eq!(left(|| [TotpSecret::new(needle("")), TotpSecret::from(NEEDLE)]), 0);
    assert_eq!(left(|| [TotpCode::new(needle("")), TotpCode::from(NEEDLE)]), 0);
    assert_eq!(left(|| vec![BackupCode::new(needle("")); 3]), 0);
    assert_eq!(left(|| OAuthAccessToken::new("oauth_google", OAuthToken::new(needle(""))).clone()), 0);

    assert_eq!(left(|| SecretKey::new(needle("")).unwrap().clone()), 0);
    assert_eq!(left(|| SecretKey::new(needle(" ")).unwrap_err()), 0, "a refused key is wiped too");

    assert_eq!(left(|| serde_json::from_str::<OAuthAccessToken>(TOKEN).unwrap()), 0);
    assert_eq!(left(|| serde_json::from_str::<PhoneNumber>(PHONE).unwrap()), 0);
    assert_eq!(left(|| serde_json::from_str::<Password>("\"sk_test_needleinahaystack\"").unwrap()), 0);
}
