//! Reasons why a body is not a JSON object.

use serde_json::error::Category;

use crate::error::position;

/// The first bytes of bodies that are not plain UTF-8 text, each with the reason to return.
const FORMATS: &[(&[u8], &str)] = &[
    (b"\xef\xbb\xbf", "It begins with a byte order mark. Send JSON without it."),
    (b"\xff\xfe", "It is UTF-16. Send JSON in UTF-8."),
    (b"\xfe\xff", "It is UTF-16. Send JSON in UTF-8."),
    (b"\x1f\x8b", "It is compressed. Compressed bodies are not supported."),
];

/// Returns the reason why a body could not be decoded as an object, without any part of the body.
pub(super) fn reason(body: &[u8], error: &serde_json::Error) -> String {
    if let Some((_, reason)) = FORMATS.iter().find(|(start, _)| body.starts_with(start)) {
        return (*reason).to_owned();
    }
    match error.classify() {
        Category::Eof => format!("It is incomplete JSON: it ends at {}.", position(error)),
        Category::Data => {
            let body = body.trim_ascii();
            let actual = match body.first() {
                Some(b'[') if body[1..].trim_ascii() == b"]" => {
                    return "It must be a JSON object, not a list. PHP encodes an empty array as `[]`; cast it to an \
                            object."
                        .to_owned();
                }
                Some(b'[') => "list",
                Some(b'"') => "string",
                Some(b't' | b'f') => "boolean",
                _ => "number",
            };
            format!("It must be a JSON object, not a {actual}.")
        }
        Category::Syntax | Category::Io => format!("It is not valid JSON: see {}.", position(error)),
    }
}

#[cfg(test)]
mod tests {
    use crate::wire::body::Form;

    #[test]
    fn reason_describes_what_the_body_is() {
        for (body, reason) in [
            (
                &b"[]"[..],
                "It must be a JSON object, not a list. PHP encodes an empty array as `[]`; cast it to an object.",
            ),
            (
                b" [ ] ",
                "It must be a JSON object, not a list. PHP encodes an empty array as `[]`; cast it to an object.",
            ),
            (b"[{\"password\":\"secret\"}]", "It must be a JSON object, not a list."),
            (b"\"{}\"", "It must be a JSON object, not a string."),
            (b"-1.5", "It must be a JSON object, not a number."),
            (b"true", "It must be a JSON object, not a boolean."),
            (b"{\"password\":\"secret", "It is incomplete JSON: it ends at line 1 column 19."),
            (b"{\n\"a\":1,}", "It is not valid JSON: see line 2 column 7."),
            (b"{\n\"a\": tru\n}", "It is not valid JSON: see the end of line 2."),
            (b"{\n\"a\": 1,\n", "It is incomplete JSON: it ends at the end of line 2."),
            (b"password=secret", "It is not valid JSON: see line 1 column 1."),
            (b"{} {}", "It is not valid JSON: see line 1 column 4."),
            (b"\xef\xbb\xbf{}", "It begins with a byte order mark. Send JSON without it."),
            (b"\xff\xfe{\0}\0", "It is UTF-16. Send JSON in UTF-8."),
            (b"\x1f\x8b\x08", "It is compressed. Compressed bodies are not supported."),
        ] {
            let error = Form::parse(body).unwrap_err();
            let long = error.details()[0].long_message();
            assert!(long.ends_with(&format!(" more information. {reason}")), "{}: {long}", body.escape_ascii());
        }
    }
}
