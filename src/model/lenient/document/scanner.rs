//! [`Scanner`]: finds the tokens of a JSON document, and the ends of ignored values.
//!
//! Most methods return `None` if the JSON is malformed. The grammar is the same as in `serde_json`.

use std::mem;

use super::search::Search;

/// A position in a JSON document.
pub(super) struct Scanner<'de> {
    text: &'de str,
    /// The number of bytes that have been read. It is never greater than the length of the document.
    at: usize,
    /// The number of enclosing lists and objects that are being decoded.
    pub(super) depth: u8,
    search: Search,
}

impl<'de> Scanner<'de> {
    pub(super) fn new(text: &'de str) -> Self {
        Self { text, at: 0, depth: 0, search: Search::new(text.as_bytes()) }
    }

    pub(super) fn text(&self) -> &'de str {
        self.text
    }

    /// Returns the number of bytes that have been read.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Skips whitespace, and returns the next byte without reading it. Returns 0 at the end of the document.
    #[inline]
    pub(super) fn peek(&mut self) -> u8 {
        let (byte, at) = peek(self.text.as_bytes(), self.at);
        self.at = at;
        byte
    }

    /// Reads the byte that [`peek`](Self::peek) returned.
    #[inline]
    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    /// Skips whitespace, and reads the next byte. Returns `None` if it is not the expected byte.
    #[inline]
    pub(super) fn read(&mut self, expected: u8) -> Option<()> {
        self.at = skip(self.text.as_bytes(), self.at, expected)?;
        Some(())
    }

    /// Reads a comma and a quotation mark if they follow immediately. Returns `true` if they do.
    #[inline]
    pub(super) fn read_comma_and_quotation_mark(&mut self) -> bool {
        let is_next = self.text.as_bytes()[self.at..].starts_with(b",\"");
        if is_next {
            self.at += 2;
        }
        is_next
    }

    /// Reads a literal such as `null`.
    #[inline]
    pub(super) fn word(&mut self, word: &str) -> Option<()> {
        self.at = end_of_word(self.text.as_bytes(), self.at, word)?;
        Some(())
    }

    /// Reads the rest of a string after its opening quotation mark. If it contains escapes, reads nothing and returns
    /// `None`.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would cost as much as the search")]
    pub(super) fn plain_string(&mut self) -> Option<&'de str> {
        let start = self.at;
        let end = match self.search.end_of_plain_string(self.text.as_bytes(), start) {
            Some(end) => end,
            None => self.other_plain_string()?,
        };
        self.at = end + 1;
        // `get(start..end)` would also check that the range is not reversed.
        self.text.get(..end)?.get(start..)
    }

    /// Returns the end of a plain string that is at the end of the document, or in a document with control characters.
    #[inline(never)]
    fn other_plain_string(&self) -> Option<usize> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let length = self.search.special(rest)?;
        (rest[length] == b'"').then_some(self.at + length)
    }

    /// Reads the rest of a string after its opening quotation mark, and returns the whole string as JSON.
    #[cold]
    pub(super) fn string(&mut self) -> Option<&'de str> {
        let start = self.at - 1;
        self.at = self.end_of_escaped_string(self.at)?;
        self.text.get(start..self.at)
    }

    /// Reads a non-negative integer, or returns `None` and reads nothing.
    ///
    /// Also returns `None` if the integer has more than 19 digits, or if the document ends after it.
    #[inline]
    pub(super) fn integer(&mut self) -> Option<u64> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let (mut value, mut length) = (0, 0);
        if let Some(digits) = eight_digits(rest) {
            (value, length) = (digits, 8);
            if let Some(digits) = four_digits(&rest[8..]) {
                (value, length) = (value * 10_000 + digits, 12);
            }
        }
        let end = length + 7;
        let after = loop {
            let after = *rest.get(length)?;
            let digit = after.wrapping_sub(b'0');
            if digit > 9 || length == end {
                break after;
            }
            value = value * 10 + u64::from(digit);
            length += 1;
        };
        let has_leading_zero = rest[0] == b'0' && length > 1;
        if length == 0 || has_leading_zero || matches!(after, b'0'..=b'9' | b'.' | b'e' | b'E') {
            return None;
        }
        self.at += length;
        Some(value)
    }

    /// Reads a number, and returns it as JSON.
    pub(super) fn number(&mut self) -> Option<&'de str> {
        let start = self.at;
        self.at = end_of_number(self.text.as_bytes(), start)?;
        self.text.get(start..self.at)
    }

    /// Skips any value without decoding it, and returns it as JSON.
    ///
    /// This method is not recursive, so the nesting depth is not limited.
    pub(super) fn value(&mut self) -> Option<&'de str> {
        let bytes = self.text.as_bytes();
        let (mut byte, start) = peek(bytes, self.at);
        let mut at = start;
        let mut enclosing = Nesting::default();
        loop {
            if enclosing.innermost_is_object() {
                if byte != b'"' {
                    return None;
                }
                at = self.end_of_string(bytes, at + 1)?;
                at = skip(bytes, at, b':')?;
                (byte, at) = peek(bytes, at);
            }
            match byte {
                b'"' => at = self.end_of_string(bytes, at + 1)?,
                b'{' => {
                    (byte, at) = peek(bytes, at + 1);
                    if byte != b'}' {
                        enclosing.push(true);
                        continue;
                    }
                    at += 1;
                }
                b'[' => {
                    (byte, at) = peek(bytes, at + 1);
                    if byte != b']' {
                        enclosing.push(false);
                        continue;
                    }
                    at += 1;
                }
                b't' => at = end_of_word(bytes, at, "true")?,
                b'f' => at = end_of_word(bytes, at, "false")?,
                b'n' => at = end_of_word(bytes, at, "null")?,
                _ => at = end_of_number(bytes, at)?,
            }
            loop {
                if enclosing.is_empty() {
                    self.at = at;
                    return self.text.get(start..at);
                }
                (byte, at) = peek(bytes, at);
                at += 1;
                if byte == b',' {
                    break;
                }
                if byte != if enclosing.innermost_is_object() { b'}' } else { b']' } {
                    return None;
                }
                enclosing.pop();
            }
            (byte, at) = peek(bytes, at);
        }
    }

    /// Returns the position after a string. `at` is the position after its opening quotation mark.
    #[inline]
    fn end_of_string(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        match self.search.end_of_plain_string(bytes, at) {
            Some(end) => Some(end + 1),
            None => self.end_of_escaped_string(at),
        }
    }

    /// Returns the position after a string that may contain escapes. Like `serde_json`, accepts unpaired surrogates.
    #[inline(never)]
    fn end_of_escaped_string(&self, mut at: usize) -> Option<usize> {
        loop {
            let rest = self.text.as_bytes().get(at..)?;
            let length = self.search.special(rest)?;
            at += length + 1;
            if rest[length] == b'"' {
                return Some(at);
            }
            at = end_of_escape(self.text.as_bytes(), at)?;
        }
    }
}

/// Skips whitespace, and returns the next byte and its position. The byte is 0 at the end.
#[inline]
fn peek(bytes: &[u8], at: usize) -> (u8, usize) {
    match byte(bytes, at) {
        byte @ b'!'.. => (byte, at),
        _ => skip_whitespace(bytes, at),
    }
}

/// Skips whitespace and the expected byte. Returns `None` if the byte is another one.
#[inline]
fn skip(bytes: &[u8], at: usize, expected: u8) -> Option<usize> {
    // Usually, there is no whitespace in front of the byte.
    if byte(bytes, at) == expected {
        return Some(at + 1);
    }
    let (byte, at) = skip_whitespace(bytes, at);
    (byte == expected).then_some(at + 1)
}

#[cold]
fn skip_whitespace(bytes: &[u8], mut at: usize) -> (u8, usize) {
    while matches!(byte(bytes, at), b' ' | b'\n' | b'\r' | b'\t') {
        at += 1;
    }
    (byte(bytes, at), at)
}

/// Returns the byte at a position, or 0 at the end of the document.
#[inline]
fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// Returns the position after a literal such as `null`.
#[inline]
fn end_of_word(bytes: &[u8], at: usize, word: &str) -> Option<usize> {
    bytes.get(at..)?.starts_with(word.as_bytes()).then_some(at + word.len())
}

/// Returns the position after an escape sequence. `at` is the position after its backslash.
fn end_of_escape(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 1),
        b'u' if bytes.get(at + 1..at + 5)?.iter().all(u8::is_ascii_hexdigit) => Some(at + 5),
        _ => None,
    }
}

/// Returns the value of the first eight bytes, or `None` if they are not digits.
#[inline]
fn eight_digits(bytes: &[u8]) -> Option<u64> {
    const ONES: u64 = u64::MAX / 0xff;

    // Combines the digits into pairs, the pairs into groups of four, and the groups into the value, in one register.
    let digits = u64::from_le_bytes(*bytes.first_chunk()?);
    let are_digits = (digits & (digits + ONES * 6) & (ONES * 0xf0)) == ONES * 0x30;
    are_digits.then(|| {
        let digits = digits & (ONES * 0x0f);
        let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
        let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
        (fours * 10_000 + (fours >> 32)) & 0xffff_ffff
    })
}

/// Returns the value of the first four bytes, or `None` if they are not digits.
#[inline]
fn four_digits(bytes: &[u8]) -> Option<u64> {
    const ONES: u32 = u32::MAX / 0xff;

    let digits = u32::from_le_bytes(*bytes.first_chunk()?);
    let are_digits = (digits & (digits + ONES * 6) & (ONES * 0xf0)) == ONES * 0x30;
    are_digits.then(|| {
        let digits = digits & (ONES * 0x0f);
        let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff;
        u64::from((pairs * 100 + (pairs >> 16)) & 0xffff)
    })
}

/// Returns the position after a number.
#[inline]
fn end_of_number(bytes: &[u8], start: usize) -> Option<usize> {
    let byte = |at| byte(bytes, at);
    let digits = |mut at: usize| {
        let start = at;
        while byte(at).is_ascii_digit() {
            at += 1;
        }
        (at > start).then_some(at)
    };

    let integer = start + usize::from(byte(start) == b'-');
    let mut end = digits(integer)?;
    if byte(integer) == b'0' && end > integer + 1 {
        return None;
    }
    if byte(end) == b'.' {
        end = digits(end + 1)?;
    }
    if matches!(byte(end), b'e' | b'E') {
        end = digits(end + 1 + usize::from(matches!(byte(end + 1), b'+' | b'-')))?;
    }
    Some(end)
}

/// The lists and objects that enclose a value.
struct Nesting {
    /// [`DOCUMENT`] or [`CONTINUED`], followed by the innermost lists (0) and objects (1). The lowest bit is the
    /// innermost one.
    inner: u64,
    /// The outer lists and objects, in the same format.
    outer: Vec<u64>,
}

/// The beginning of the outermost bits. Its lowest bit is a list that represents the document.
const DOCUMENT: u64 = 0b10;
/// The beginning of bits that continue other bits.
const CONTINUED: u64 = 0b11;

impl Default for Nesting {
    fn default() -> Self {
        Self { inner: DOCUMENT, outer: Vec::new() }
    }
}

impl Nesting {
    #[inline]
    fn is_empty(&self) -> bool {
        self.inner == DOCUMENT
    }

    #[inline]
    fn innermost_is_object(&self) -> bool {
        self.inner & 1 == 1
    }

    #[inline]
    fn push(&mut self, is_object: bool) {
        if self.inner.leading_zeros() == 0 {
            self.outer = push_outer(mem::take(&mut self.outer), self.inner);
            self.inner = CONTINUED;
        }
        self.inner = self.inner << 1 | u64::from(is_object);
    }

    #[inline]
    fn pop(&mut self) {
        self.inner >>= 1;
        if self.inner == CONTINUED {
            (self.outer, self.inner) = pop_outer(mem::take(&mut self.outer));
        }
    }
}

// These functions take the list by value. With a reference to it, the compiler would keep `inner` in memory.

#[cold]
fn push_outer(mut outer: Vec<u64>, inner: u64) -> Vec<u64> {
    outer.push(inner);
    outer
}

#[cold]
fn pop_outer(mut outer: Vec<u64>) -> (Vec<u64>, u64) {
    let inner = outer.pop().unwrap_or(DOCUMENT);
    (outer, inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_accepts_any_depth() {
        for depth in [1, 2, 60, 61, 62, 63, 64, 65, 123, 124, 125, 3000] {
            for (start, end) in [("[", "]"), (r#"{"a":"#, "}"), (r#"[{"a":"#, "}]"), (r#"{"a":["#, "]}")] {
                let nested = format!("{}1{}", start.repeat(depth), end.repeat(depth));
                let json = format!("[{nested},{nested}]");
                assert_eq!(Scanner::new(&json).value(), Some(&*json), "{start} {depth}");
                assert_eq!(Scanner::new(&json[..json.len() - 1]).value(), None, "{start} {depth}");
                let mismatched = format!("[{nested},{nested}}}");
                assert_eq!(Scanner::new(&mismatched).value(), None, "{start} {depth}");
            }
        }
    }

    #[test]
    fn value_accepts_the_grammar_of_json() {
        for json in
            ["{}", "[]", "[{}]", r#"{"a":[]}"#, "{ \"a\" : [ 1 , -0.5e+3 , \"\\n\" ] , \"b\" : { } }", "null", "0"]
        {
            assert_eq!(Scanner::new(json).value(), Some(json));
        }
        for json in [
            "",
            "{",
            "[",
            "[,]",
            "[1,]",
            "[1 2]",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            "{1:2}",
            r#"{"a" 1}"#,
            r#"{"a":1"#,
            "[1}",
            r#"{"a":1]"#,
            "nul",
            "01",
            "1.",
            "-",
            "\"\\x\"",
            "\"\n\"",
        ] {
            assert_eq!(Scanner::new(json).value(), None, "{json}");
        }
    }

    #[test]
    fn integer_reads_up_to_19_digits() {
        for digits in 1..=25 {
            let integer = &"1234567890123456789012345"[..digits];
            let json = format!("{integer},");
            let mut scanner = Scanner::new(&json);
            let expected = if digits <= 19 { integer.parse().ok() } else { None };
            assert_eq!(scanner.integer(), expected, "{json}");
            assert_eq!(scanner.position(), expected.map_or(0, |_| digits), "{json}");
            for other in
                [integer, &format!("0{json}"), &format!("-{json}"), &format!("{integer}.5,"), &format!("{integer}e1,")]
            {
                let mut scanner = Scanner::new(other);
                assert_eq!((scanner.integer(), scanner.position()), (None, 0), "{other}");
            }
        }
        assert_eq!(Scanner::new("0,").integer(), Some(0));
        assert_eq!(Scanner::new("true").integer(), None);
    }
}
