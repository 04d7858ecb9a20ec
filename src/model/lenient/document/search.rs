//! [`Search`]: finds the bytes that end a part of a JSON string.

#[cfg(target_arch = "aarch64")]
use memchr::arch::aarch64::neon::memchr::Two;
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
use memchr::arch::all::memchr::Two;
#[cfg(target_arch = "x86_64")]
use memchr::arch::x86_64::sse2::memchr::Two;
use memchr::memchr2;

/// The number of bytes that are compared at once.
const BLOCK: usize = 16;

/// Finds the quotation marks and backslashes of a document, and detects control characters, which JSON strings must not
/// contain.
pub(super) struct Search {
    /// The searcher, or `None` if the document contains control characters.
    ///
    /// Compact JSON contains none, so a single check of the document replaces the checks of its strings. `memchr2` is
    /// slower, because it selects an implementation in each call.
    two: Option<Two>,
}

impl Search {
    pub(super) fn new(document: &[u8]) -> Self {
        #[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
        let two = Two::new(b'"', b'\\');
        #[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
        let two = Some(Two::new(b'"', b'\\'));
        Self { two: two.filter(|_| !has_control_characters(document)) }
    }

    /// Returns the position of the quotation mark that ends a string, given a position in the string.
    ///
    /// Returns `None` for a string with escapes, at the end of the document, and if the document contains control
    /// characters.
    #[inline]
    pub(super) fn end_of_plain_string(&self, document: &[u8], mut at: usize) -> Option<usize> {
        let two = self.two.as_ref()?;
        loop {
            // For short strings, searching one block at a time is faster than searching the rest of the document.
            let block: &[u8; BLOCK] = document.get(at..)?.first_chunk()?;
            if let Some(position) = two.find(block) {
                return (block.get(position) == Some(&b'"')).then_some(at + position);
            }
            at += BLOCK;
        }
    }

    /// Returns the position of the first quotation mark or backslash, or `None` if there is none, or if a control
    /// character precedes it.
    #[inline(never)]
    pub(super) fn special(&self, bytes: &[u8]) -> Option<usize> {
        match &self.two {
            Some(two) => two.find(bytes),
            None => memchr2(b'"', b'\\', bytes).filter(|length| !has_control_characters(&bytes[..*length])),
        }
    }
}

/// Computes the minimum without branches, so that the loop is vectorized.
fn has_control_characters(bytes: &[u8]) -> bool {
    bytes.iter().fold(u8::MAX, |minimum, byte| minimum.min(*byte)) < b' '
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_finds_every_byte_at_every_position() {
        for length in 0..70 {
            for position in 0..length {
                for byte in [0, b'\n', b' ' - 1, b' ', b'"', b'[', b'\\', b']', 0x7f, 0xff] {
                    let mut bytes = vec![b'a'; length];
                    bytes[position] = byte;
                    let search = Search::new(&bytes);
                    let found = matches!(byte, b'"' | b'\\').then_some(position);
                    assert_eq!(search.special(&bytes), found, "{byte} at {position} of {length}");
                    bytes.extend([b'a'; BLOCK]);
                    let end = found.filter(|_| byte == b'"');
                    assert_eq!(search.end_of_plain_string(&bytes, 0), end, "{byte} at {position} of {length}");
                }
            }
        }
        assert_eq!(Search::new(b"").special(b""), None);
    }

    #[test]
    fn special_finds_the_first_of_several_bytes() {
        let json = br#"0123456789abcdef0123\"456"#;
        assert_eq!(Search::new(json).special(&json[3..]), Some(17));
    }

    #[test]
    fn special_rejects_control_characters_in_front_of_the_byte() {
        for length in 1..40 {
            for position in 0..length {
                let mut json = vec![b'a'; length];
                json[position] = b'\t';
                json.push(b'"');
                let search = Search::new(&json);
                assert_eq!((search.special(&json), search.end_of_plain_string(&json, 0)), (None, None));
                assert_eq!(search.special(&json[position + 1..]), Some(length - position - 1));
            }
        }
    }
}
