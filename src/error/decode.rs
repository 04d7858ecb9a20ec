//! Construction of decoding errors.

use super::{Error, ErrorKind};

/// The error message for an object that is not a user.
pub(crate) const NOT_A_USER: &str = "the object is not a user";
/// The error message for a document whose lists and maps use too much memory.
pub(crate) const TOO_MUCH_MEMORY: &str = "the lists and maps of the document use too much memory";
/// The error message for a field that a model does not have.
pub(crate) const UNKNOWN_FIELD: &str = "the field is unknown";
/// The start of the error message for an invalid value. A description of the valid values follows.
pub(crate) const INVALID_VALUE: &str = "invalid value: expected ";

impl Error {
    /// Creates an error for a document that cannot be decoded.
    ///
    /// The message omits the parts of serde's message that can quote the document.
    pub(crate) fn decode(error: &serde_json::Error) -> Self {
        Self::decode_at(error, "")
    }

    /// Creates an error like [`decode`](Self::decode), and adds the path of the invalid value in `json`.
    ///
    /// Do not use this function for documents whose keys may be personal data, such as metadata.
    #[cfg(any(feature = "clerk", feature = "store", feature = "webhooks", feature = "wire"))]
    pub(crate) fn decode_of(error: &serde_json::Error, json: &str) -> Self {
        let path = match error.classify() {
            serde_json::error::Category::Data => super::path::path(json, offset(error, json)),
            // Malformed JSON has no path.
            _ => String::new(),
        };
        Self::decode_at(error, &path)
    }

    fn decode_at(error: &serde_json::Error, path: &str) -> Self {
        let text = error.to_string();
        let what = match error.classify() {
            serde_json::error::Category::Eof => "unexpected end of the document",
            serde_json::error::Category::Syntax => "malformed JSON",
            serde_json::error::Category::Io => "the document could not be read",
            serde_json::error::Category::Data => {
                // Field names and descriptions of valid values are defined in code. Any other part of the message may
                // quote the document.
                let field = |start| Some(text.strip_prefix(start)?.split_once('`')?.0);
                let fixed = [NOT_A_USER, TOO_MUCH_MEMORY, UNKNOWN_FIELD];
                if let Some(message) = fixed.into_iter().find(|message| text.starts_with(message)) {
                    message
                } else if let Some(field) = field("missing field `") {
                    &*format!("the field `{field}` is missing")
                } else if let Some(field) = field("duplicate field `") {
                    &*format!("the field `{field}` is duplicated")
                } else if text.starts_with(INVALID_VALUE) {
                    text.split(" at line ").next().unwrap_or_default()
                } else {
                    "a value has the wrong type"
                }
            }
        };
        let at = if path.is_empty() { "at".to_owned() } else { format!("at `{path}`,") };
        Self::new(ErrorKind::Decode).with_message(format!("{what} {at} {}", position(error)))
    }
}

/// Returns the position of an error.
///
/// `serde_json` counts a line feed as the start of the next line, so an error at the end of a line is in column 0 of
/// the next line.
pub(crate) fn position(error: &serde_json::Error) -> String {
    match (error.line(), error.column()) {
        (line @ 2.., 0) => format!("the end of line {}", line - 1),
        (line, column) => format!("line {line} column {column}"),
    }
}

/// Returns the number of bytes of the document that were read before the error.
#[cfg(any(feature = "clerk", feature = "store", feature = "webhooks", feature = "wire"))]
fn offset(error: &serde_json::Error, json: &str) -> usize {
    let lines = json.split_inclusive('\n').take(error.line().saturating_sub(1));
    lines.map(str::len).sum::<usize>() + error.column()
}
