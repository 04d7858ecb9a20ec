//! [`Search`]: finds the bytes that end a part of a JSON string.

#[cfg(target_arch = "aarch64")]
use memchr::arch::aarch64::neon::memchr::Two;
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
use memchr::arch::all::memchr::Two;
#[cfg(target_arch = "x86_64")]
use memchr::arch::x86_64::sse2::memchr::Two;

/// Finds quotation marks, backslashes and control characters in a document.
pub(super) struct Search {
    /// Not `memchr2`, which selects an implementation in each call. Most strings are shorter than two vectors.
    two: Option<Two>,
    /// Whether the document contains control characters. Compact JSON does not, so a check of the whole document
    /// replaces those of the strings.
    has_control_characters: bool,
}

impl Search {
    pub(super) fn new(document: &[u8]) -> Self {
        #[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
        let two = Two::new(b'"', b'\\');
        #[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
        let two = Some(Two::new(b'"', b'\\'));
        Self { two, has_control_characters: has_control_characters(document) }
    }

    /// Returns the position of the first quotation mark or backslash at or after `at`, or `None` if there is none, or
    /// if a control character precedes it.
    #[inline]
    pub(super) fn special(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let rest = bytes.get(at..)?;
        let length = self.two.as_ref()?.find(rest)?;
        if self.has_control_characters && has_control_characters(rest.get(..length)?) {
            return None;
        }
        Some(at + length)
    }
}

/// The minimum is computed without branches, so that the loop is vectorized.
fn has_control_characters(bytes: &[u8]) -> bool {
    bytes.iter().fold(u8::MAX, |minimum, byte| minimum.min(*byte)) < b' '
}
