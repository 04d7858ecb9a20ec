//! [`Search`]: finds the end of a JSON string, or the next escape in it.

#[cfg(target_arch = "aarch64")]
use memchr::arch::aarch64::neon::memchr::One;
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
use memchr::arch::all::memchr::One;
#[cfg(target_arch = "x86_64")]
use memchr::arch::x86_64::sse2::memchr::One;
use memchr::{memchr, memchr2};

/// The number of bytes that are compared at once.
const BLOCK: usize = 16;

/// Bytes that are compared at once. With this alignment, the compiler omits the part of the search for unaligned bytes.
#[repr(align(16))]
struct Block([u8; BLOCK]);

impl Block {
    /// Returns the position of the first quotation mark.
    ///
    /// `memchr` would be slower, because it selects an implementation in each call.
    #[inline]
    fn quotation_mark(&self) -> Option<usize> {
        let quotation_mark = One::new(b'"');
        #[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
        let quotation_mark = quotation_mark.expect("every processor of these architectures has SSE2 or NEON");
        quotation_mark.find(&self.0)
    }
}

/// Finds quotation marks and backslashes in a document, and detects control characters, which are invalid in JSON
/// strings.
pub(super) struct Search {
    /// Whether the document contains control characters. Compact JSON contains none, so that this single check replaces
    /// a check of each string.
    has_control_characters: bool,
    /// There is no backslash between the start of the last search for one and this position. The position remains 0 if
    /// the document contains control characters.
    backslash: usize,
}

impl Search {
    pub(super) fn new(document: &[u8]) -> Self {
        Self { has_control_characters: has_control_characters(document), backslash: 0 }
    }

    /// Returns the position of the quotation mark that ends a string. `start` is the position of its first character.
    ///
    /// `start` must be in the document, and must not be less than in earlier calls. Returns `None` if the string
    /// contains escapes or is at the end of the document, or if the document contains control characters.
    #[inline]
    pub(super) fn end_of_plain_string(&mut self, document: &[u8], start: usize) -> Option<usize> {
        let mut at = start;
        loop {
            // For short strings, searching single blocks is faster than searching the rest of the document.
            let block = Block(*document[at..].first_chunk()?);
            if let Some(position) = block.quotation_mark() {
                let end = at + position;
                return if end < self.backslash { Some(end) } else { self.before_backslash(document, start, end) };
            }
            at += BLOCK;
        }
    }

    /// Returns `end` if there is no backslash between `start` and `end`.
    #[inline(never)]
    fn before_backslash(&mut self, document: &[u8], start: usize, end: usize) -> Option<usize> {
        if self.has_control_characters {
            return None;
        }
        if self.backslash <= start {
            self.backslash = memchr(b'\\', document.get(start..)?).map_or(usize::MAX, |length| start + length);
        }
        (end < self.backslash).then_some(end)
    }

    /// Returns the position of the first quotation mark or backslash. Returns `None` if there is none, or if it follows
    /// a control character.
    #[inline(never)]
    pub(super) fn special(&self, bytes: &[u8]) -> Option<usize> {
        let position = memchr2(b'"', b'\\', bytes)?;
        let is_valid = !self.has_control_characters || !has_control_characters(&bytes[..position]);
        is_valid.then_some(position)
    }
}

/// Returns `true` if there is a control character. The minimum is computed without branches, so that the loop is
/// vectorized.
fn has_control_characters(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<64>();
    let mut minimum = [u8::MAX; 64];
    for block in blocks {
        for (minimum, byte) in minimum.iter_mut().zip(block) {
            *minimum = (*minimum).min(*byte);
        }
    }
    minimum.iter().chain(rest).fold(u8::MAX, |minimum, byte| minimum.min(*byte)) < b' '
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
                    let mut search = Search::new(&bytes);
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
    fn end_of_plain_string_rejects_only_strings_with_escapes() {
        let strings = ["a", r"b\n", "a longer string than a block", "c", r#"d\"e"#, r"f\\", "g", ""];
        let json = strings.map(|string| format!("{string}\"")).concat() + &" ".repeat(BLOCK);
        let mut search = Search::new(json.as_bytes());
        let mut start = 0;
        for string in strings {
            let end = start + string.len();
            let expected = (!string.contains('\\')).then_some(end);
            assert_eq!(search.end_of_plain_string(json.as_bytes(), start), expected, "{string}");
            start = end + 1;
        }
    }

    #[test]
    fn special_rejects_control_characters_in_front_of_the_byte() {
        for length in 1..40 {
            for position in 0..length {
                let mut json = vec![b'a'; length];
                json[position] = b'\t';
                json.push(b'"');
                let mut search = Search::new(&json);
                assert_eq!((search.special(&json), search.end_of_plain_string(&json, 0)), (None, None));
                assert_eq!(search.special(&json[position + 1..]), Some(length - position - 1));
            }
        }
    }
}
