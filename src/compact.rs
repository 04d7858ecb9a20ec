//! Removes insignificant whitespace from JSON text.

use std::borrow::Cow;

/// Removes insignificant whitespace from well-formed JSON.
pub(crate) fn compact(json: &str) -> String {
    let mut compact = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in json.chars() {
        if in_string || !matches!(character, ' ' | '\n' | '\r' | '\t') {
            compact.push(character);
        }
        match character {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ => {}
        }
    }
    compact
}

/// Compacts well-formed JSON that spans multiple lines, so that it fits on one line of a JSON Lines file.
///
/// Line breaks in JSON are always insignificant whitespace.
pub(crate) fn on_one_line(json: &str) -> Cow<'_, str> {
    let breaks_lines = json.bytes().any(|byte| matches!(byte, b'\n' | b'\r'));
    if breaks_lines { Cow::Owned(compact(json)) } else { Cow::Borrowed(json) }
}
