//! Limits for decoding one document: the memory of its lists and maps, and the number of warnings.
//!
//! The limits apply to a whole document. Their state is thread-local, because a deserializer cannot pass state to the
//! functions that decode fields.

use std::cell::Cell;

use serde::de::Error;

use crate::error::TOO_MUCH_MEMORY;

/// The memory in bytes that lists and maps can use in any document.
const BASE_MEMORY: usize = 16 * 1024 * 1024;
/// The additional memory in bytes that lists and maps can use for each byte of the document.
const MEMORY_PER_BYTE: usize = 4;
/// The maximum number of logged warnings about invalid values in one document.
///
/// If there are more invalid values, a final warning contains the number of omitted warnings.
#[cfg(feature = "clerk")]
const MAX_WARNINGS: u64 = 10;

/// The usage of the limits by the document that the thread is decoding.
#[derive(Debug, Clone, Copy)]
struct Usage {
    /// The remaining memory in bytes for lists and maps.
    free: usize,
    #[cfg(feature = "clerk")]
    warnings: u64,
}

thread_local! {
    /// `None` outside of [`limited`]: the size of the document is unknown, and there are no limits.
    static USAGE: Cell<Option<Usage>> = const { Cell::new(None) };
}

/// Restores the usage of the outer document when dropped, even after a panic.
struct Restore(Option<Usage>);

impl Drop for Restore {
    fn drop(&mut self) {
        USAGE.set(self.0);
    }
}

/// Decodes a document of `bytes` bytes with limits.
pub(crate) fn limited<T>(bytes: usize, decode: impl FnOnce() -> T) -> T {
    let free = BASE_MEMORY.saturating_add(bytes.saturating_mul(MEMORY_PER_BYTE));
    let usage = Usage {
        free,
        #[cfg(feature = "clerk")]
        warnings: 0,
    };
    let _outer = Restore(USAGE.replace(Some(usage)));
    let decoded = decode();
    #[cfg(feature = "clerk")]
    if let Some(omitted) = USAGE.get().and_then(|usage| usage.warnings.checked_sub(MAX_WARNINGS + 1)) {
        tracing::warn!(target: "user_directory", omitted = omitted + 1, "omitted further warnings about invalid values");
    }
    decoded
}

/// Counts the memory of additional elements of a list or map. Returns an error if the limit is exceeded.
///
/// A short JSON element can be large in memory: `{"id":"a"}` is decoded to a `User`.
pub(crate) fn allocate<T, E: Error>(additional: usize) -> Result<(), E> {
    let Some(mut usage) = USAGE.get() else { return Ok(()) };
    let free = usage.free.checked_sub(additional.saturating_mul(size_of::<T>()));
    usage.free = free.ok_or_else(|| E::custom(TOO_MUCH_MEMORY))?;
    USAGE.set(Some(usage));
    Ok(())
}

/// Counts a warning, and returns `true` if it should be logged.
#[cfg(feature = "clerk")]
pub(super) fn may_warn() -> bool {
    let Some(mut usage) = USAGE.get() else { return true };
    usage.warnings += 1;
    USAGE.set(Some(usage));
    usage.warnings <= MAX_WARNINGS
}

#[cfg(test)]
mod tests {
    use serde::de::value::Error;

    use super::*;

    #[test]
    fn lists_use_memory_in_proportion_to_the_document() {
        let kib = |number: usize| allocate::<[u8; 1024], Error>(number);
        limited(1024 * 1024, || {
            kib(20 * 1024).unwrap();
            assert!(kib(1).is_err());
            // The inner document has its own limit.
            limited(0, || {
                kib(16 * 1024).unwrap();
                assert!(kib(1).is_err());
            });
            assert!(kib(1).is_err());
        });
        kib(usize::MAX).unwrap();
    }
}
