//! Secrets are wiped before their memory is freed. A custom allocator inspects all freed memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use user_directory::model::{
    BackupCode, OAuthAccessToken, OAuthToken, PasswordDigest, PasswordHasher, PhoneNumber, TotpCode, TotpSecret,
};
use user_directory::{Password, SecretKey};

const NEEDLE: &str = "sk_test_needleinahaystack";

const TOKEN: &str = r#"{"token":"sk_test_needleinahaystack","id_token":"sk_test_needleinahaystack"}"#;
const PHONE: &str = r#"{"backup_codes":["sk_test_needleinahaystack","sk_test_needleinahaystack"]}"#;

static LEAKS: AtomicUsize = AtomicUsize::new(0);

struct InspectingAllocator;

#[global_allocator]
static ALLOCATOR: InspectingAllocator = InspectingAllocator;

#[allow(unsafe_code, reason = "only an allocator can inspect freed memory")]
// SAFETY: delegates to the system allocator. All memory is zeroed first, so `dealloc` reads initialized memory only.
unsafe impl GlobalAlloc for InspectingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        let freed = unsafe { std::slice::from_raw_parts(start, layout.size()) };
        if freed.windows(NEEDLE.len()).any(|bytes| bytes == NEEDLE.as_bytes()) {
            LEAKS.fetch_add(1, Ordering::Relaxed);
        }
        unsafe { System.dealloc(start, layout) }
    }
}

/// Returns the number of freed allocations with the secret while `work` runs and its result is dropped.
fn leaks<T>(work: impl FnOnce() -> T) -> usize {
    let before = LEAKS.load(Ordering::Relaxed);
    drop(work());
    LEAKS.load(Ordering::Relaxed) - before
}

/// Returns a string with spare capacity, like one built from chunks.
fn needle(after: &str) -> String {
    let mut text = String::with_capacity(100);
    text.push_str(NEEDLE);
    text.push_str(after);
    text
}

/// A single test, because the allocator is global.
#[test]
fn secrets_are_wiped_on_drop() {
    assert_eq!(leaks(|| needle("")), 1, "the allocator detects a plain string");

    assert_eq!(leaks(|| Password::new(needle(""))), 0);
    assert_eq!(leaks(|| Password::from(NEEDLE).clone()), 0);
    assert_eq!(leaks(|| PasswordDigest::new(PasswordHasher::Bcrypt, needle("")).clone()), 0);
    assert_eq!(leaks(|| [TotpSecret::new(needle("")), TotpSecret::from(NEEDLE)]), 0);
    assert_eq!(leaks(|| [TotpCode::new(needle("")), TotpCode::from(NEEDLE)]), 0);
    assert_eq!(leaks(|| vec![BackupCode::new(needle("")); 3]), 0);
    assert_eq!(leaks(|| OAuthAccessToken::new("oauth_google", OAuthToken::new(needle(""))).clone()), 0);

    assert_eq!(leaks(|| SecretKey::new(needle("")).unwrap().clone()), 0);
    assert_eq!(leaks(|| SecretKey::new(needle(" ")).unwrap_err()), 0, "a rejected key is wiped too");

    assert_eq!(leaks(|| serde_json::from_str::<OAuthAccessToken>(TOKEN).unwrap()), 0);
    assert_eq!(leaks(|| serde_json::from_str::<PhoneNumber>(PHONE).unwrap()), 0);
    assert_eq!(leaks(|| serde_json::from_str::<Password>("\"sk_test_needleinahaystack\"").unwrap()), 0);
}
