//! [`on_one_line`]: removes line breaks from JSON.

use std::borrow::Cow;

/// Removes the whitespace between the tokens of JSON that spans multiple lines. Numbers and strings are not changed, and
/// neither is JSON on one line.
pub fn on_one_line(json: &str) -> Cow<'_, str> {
    if !json.contains(['\n', '\r']) {
        return json.into();
    }
    let (mut is_string, mut is_escaped) = (false, false);
    let is_kept = |character: &char| {
        if is_string {
            is_string = is_escaped || *character != '"';
            is_escaped = *character == '\\' && !is_escaped;
            return true;
        }
        is_string = *character == '"';
        !character.is_ascii_whitespace()
    };
    json.chars().filter(is_kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_one_line_removes_only_whitespace_between_tokens() {
        for (json, expected) in [
            ("{\n  \"a\" : 1.0,\r\n\t\"b\": [ 1E2, -0 ]\n}", r#"{"a":1.0,"b":[1E2,-0]}"#),
            ("[\n\"a \\\" b\", \"c \\\\\", \" é\\n \"]", r#"["a \" b","c \\"," é\n "]"#),
            (r#"{ "a": 1 }"#, r#"{ "a": 1 }"#),
        ] {
            assert_eq!(on_one_line(json), expected);
        }
    }
}
