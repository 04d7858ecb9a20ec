//! Whole JSON documents, such as response bodies.
//!
//! The decoder has the same results as `serde_json`, and is about twice as fast, because the document is a string that
//! is known to be UTF-8. `serde_json` decodes the tokens that are rare: numbers with a sign, a fraction or an exponent,
//! and strings with escapes.

mod deserializer;
mod scanner;
mod search;

use serde::de::{Deserialize, Error, IgnoredAny};

use deserializer::{Failure, Json, Reason};
use scanner::Scanner;

/// Decodes a document as a `T`: a struct or a list of structs.
///
/// A struct must be an object. serde would also accept a list of field values.
pub(crate) fn document<'de, T: Deserialize<'de>>(json: &'de str) -> serde_json::Result<T> {
    let mut scanner = Scanner::new(json);
    let value = T::deserialize(Json(&mut scanner));
    let value = match value {
        Ok(_) if scanner.peek() != 0 || scanner.position() < json.len() => Err(Failure::malformed()),
        value => value,
    };
    value.map_err(|failure| error(failure, json))
}

/// Converts an error to the error that `serde_json` returns for the same document.
#[cold]
fn error(failure: Failure, json: &str) -> serde_json::Error {
    match failure.reason() {
        Reason::Invalid { message, at } => {
            let read = &json.as_bytes()[..at.unwrap_or(json.len())];
            let line = read.iter().filter(|byte| **byte == b'\n').count() + 1;
            let column = read.iter().rev().take_while(|byte| **byte != b'\n').count();
            // This is the format in which `serde_json` finds a position in a message.
            serde_json::Error::custom(format_args!("{message} at line {line} column {column}"))
        }
        Reason::Malformed => match serde_json::from_str::<IgnoredAny>(json) {
            Err(error) => error,
            // Malformed only where it is decoded: an unpaired surrogate, or a very deep nesting.
            Ok(_) => serde_json::Error::custom("malformed JSON"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::document;
    use crate::model::User;

    #[test]
    fn document_reads_one_object() {
        assert_eq!(document::<User>(r#" {"id":"user_1"} "#).unwrap().id, "user_1");
        for json in
            [r#"["user_1"]"#, "[]", "\"user_1\"", "7", "null", "", r#"{"id":"user_1"} {}"#, r#"{"id":"user_1"}]"#]
        {
            assert!(document::<User>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn document_reads_a_list_of_objects() {
        assert_eq!(document::<Vec<User>>(r#"[{"id":"user_1"},{"id":"user_2"}]"#).unwrap().len(), 2);
        let long = format!("[{}]", vec![r#"{"id":"user_1"}"#; 1000].join(","));
        assert_eq!(document::<Vec<User>>(&long).unwrap().len(), 1000);
        for json in [r#"[["user_1"]]"#, "[null]", r#"["user_1"]"#, r#"{"id":"user_1"}"#, "null", "[]]"] {
            assert!(document::<Vec<User>>(json).is_err(), "{json}");
        }
    }
}
