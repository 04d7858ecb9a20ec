//! Strict decoding, in which invalid values and unknown nested fields are errors.
//!
//! The mode is thread-local, because a deserializer cannot pass state to the functions that decode fields.

use std::cell::Cell;

thread_local! {
    static IS_STRICT: Cell<bool> = const { Cell::new(false) };
}

/// Restores the mode when dropped, even after a panic.
#[cfg(feature = "store")]
struct Restore(bool);

#[cfg(feature = "store")]
impl Drop for Restore {
    fn drop(&mut self) {
        IS_STRICT.set(self.0);
    }
}

/// Decodes in strict mode, in which an invalid value is an error instead of being treated as absent.
#[cfg(feature = "store")]
pub(super) fn strictly<T>(decode: impl FnOnce() -> T) -> T {
    let _outer = Restore(IS_STRICT.replace(true));
    decode()
}

/// Returns `true` if the thread is in strict mode.
pub(super) fn is_strict() -> bool {
    IS_STRICT.get()
}

#[cfg(all(test, feature = "store"))]
mod tests {
    use super::*;

    #[test]
    fn strictly_restores_the_mode() {
        assert!(strictly(is_strict));
        assert!(!is_strict());
        assert!(std::panic::catch_unwind(|| strictly(|| panic!("in strict mode"))).is_err());
        assert!(!is_strict());
    }
}
