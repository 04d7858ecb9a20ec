//! Decodes complete JSON documents, such as response bodies.
//!
//! The decoder returns the same results as `serde_json` with half the instructions. It searches strings in blocks of 16
//! bytes, and copies the JSON of metadata only once. `serde_json` decodes rare tokens, such as strings with escapes and
//! numbers with a sign, a fraction or an exponent, and determines the position of errors in malformed JSON.

mod deserializer;
mod scanner;
mod search;

use serde::de::{Deserialize, Error, IgnoredAny};
use serde_json::Value;

use deserializer::{Failure, Json, Reason};
use scanner::Scanner;

use super::limits::limited;
#[cfg(feature = "store")]
use super::strict::strictly;

/// Decodes a document as a struct or a list of structs.
///
/// Unlike `serde_json`, this function does not accept a list of field values for a struct. The memory of all lists and
/// maps together is limited to about 16 MiB plus 4 times the length of the document.
pub(crate) fn document<'de, T: Deserialize<'de>>(json: &'de str) -> serde_json::Result<T> {
    limited(json.len(), || read(json))
}

/// Decodes a document like [`document`], but returns an error for an invalid value, or for an unknown field of a nested
/// object.
///
/// The field names of the outermost object are not checked. Fields of nested objects that responses contain but models
/// ignore, such as `object`, are accepted.
#[cfg(feature = "store")]
pub(crate) fn strict_document<'de, T: Deserialize<'de>>(json: &'de str) -> serde_json::Result<T> {
    strictly(|| document(json))
}

fn read<'de, T: Deserialize<'de>>(json: &'de str) -> serde_json::Result<T> {
    let mut scanner = Scanner::new(json);
    let mut value = T::deserialize(Json(&mut scanner));
    if value.is_ok() && (scanner.peek() != 0 || scanner.position() < json.len()) {
        value = Err(Failure::malformed());
    }
    value.map_err(|failure| error(failure, json))
}

/// Converts an error to the error that `serde_json` returns for the same document.
#[cold]
fn error(failure: Failure, json: &str) -> serde_json::Error {
    match failure.reason() {
        Reason::Invalid { message, at } => {
            let read = &json.as_bytes()[..at.unwrap_or(json.len())];
            let line = memchr::memchr_iter(b'\n', read).count() + 1;
            let column = read.iter().rev().take_while(|byte| **byte != b'\n').count();
            // `serde_json` parses the position in a message of this format.
            serde_json::Error::custom(format_args!("{message} at line {line} column {column}"))
        }
        Reason::Malformed => match serde_json::from_str::<IgnoredAny>(json).map(drop) {
            // The error occurs only if values are decoded, for example because of an unpaired surrogate.
            Ok(()) => match serde_json::from_str::<Value>(json) {
                Err(error) => error,
                Ok(_) => serde_json::Error::custom("malformed JSON"),
            },
            Err(error) => error,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::document;
    use crate::error::{Error, ErrorDetail};
    use crate::model::{OrganizationMembership, Paginated, User};

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
    fn document_rejects_decoded_values_with_more_than_127_levels() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(document::<serde_json::Value>(&nested(127)).is_ok());
        assert!(document::<serde_json::Value>(&nested(128)).is_err());
        let objects = |levels: usize| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
        assert!(document::<serde_json::Value>(&objects(127)).is_ok());
        assert!(document::<serde_json::Value>(&objects(128)).is_err());
        // Values that are not decoded can be nested more deeply.
        let user = format!(r#"{{"id":"user_1","public_metadata":{},"other":{}}}"#, objects(1000), nested(1000));
        assert_eq!(document::<User>(&user).unwrap().public_metadata.as_json(), objects(1000));
    }

    #[test]
    fn document_rejects_lists_that_use_much_more_memory_than_bytes() {
        let list = |element: &str, number: usize| format!("[{}]", vec![element; number].join(","));
        let user = |emails: &str| format!(r#"{{"id":"user_1","email_addresses":{emails}}}"#);
        let error = document::<Vec<User>>(&list(r#"{"id":"a"}"#, 50_000)).map(drop).unwrap_err();
        assert!(error.to_string().starts_with("the lists and maps of the document use too much memory"), "{error}");
        let emails = list("{}", 200_000);
        assert!(document::<User>(&user(&emails)).is_err());
        // The limit applies to all lists together.
        let many = list(&user(&list("{}", 400)), 500);
        assert!(document::<Vec<User>>(&many).is_err());
        let memberships =
            format!(r#"{{"data":{},"total_count":1}}"#, list(r#"{"id":"a","organization":{"id":"b"}}"#, 100_000));
        assert!(document::<Paginated<OrganizationMembership>>(&memberships).is_err());
        // The entries of `meta` also count.
        let meta = (0..5000).map(|n| format!("\"k{n}\":1")).collect::<Vec<_>>().join(",");
        let details = |number| list(&format!(r#"{{"code":"a","meta":{{{meta}}}}}"#), number);
        assert_eq!(document::<Vec<ErrorDetail>>(&details(10)).unwrap().len(), 10);
        assert!(document::<Vec<ErrorDetail>>(&details(40)).is_err());
        // A page of the maximum size is accepted, even if its users are small.
        assert_eq!(document::<Vec<User>>(&list(r#"{"id":"a"}"#, 500)).unwrap().len(), 500);
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

    /// A user with a value of every type, in compact and in indented JSON.
    fn users() -> [String; 2] {
        let json = r#"{"object":"user","id":"user_2abcdefghijklmnopqrstuvwxyz0","first_name":"Zo\u00eb \"Z\"","last_name":"Ó Briain","username":7,"has_image":true,"image_url":"https://img.example.com/0123456789abcdef?a=b\u0026c","created_at":1700000000000,"updated_at":1.7e12,"locked":null,"verification_attempts_remaining":0,"lockout_expires_in_seconds":-1,"public_metadata":{"a":[1,-2.50e+3,{}],"b\n":"c\ud800","d":{"e":[],"f":[[null,true,false]]}},"private_metadata":7,"email_addresses":[{"id":"idn_1","email_address":"ada@example.com","verification":{"status":"verified","attempts":1},"linked_to":[]},{"id":{"a":[1]}},null],"external_accounts":[{"provider":"x"}],"unknown":{"a":[{"b":"c"},1.5]}}"#;
        let indented = serde_json::from_str::<Box<serde_json::value::RawValue>>(json).unwrap().to_string();
        [json.to_owned(), indented.replace(",\"", ",\n\t\"").replace("\":", "\" : ")]
    }

    /// Decodes with both decoders, and compares the results.
    fn compare<'de, T: serde::Deserialize<'de> + std::fmt::Debug + PartialEq>(json: &'de str) {
        let ours = document::<T>(json);
        let theirs = serde_json::from_str::<T>(json);
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs, "{json}"),
            (Err(ours), Err(theirs)) => {
                let [ours, theirs] = [ours, theirs].map(|error| Error::decode_of(&error, json).to_string());
                // For some malformed tokens, `serde_json` returns a different error if it ignores the value.
                let is_malformed = |error: &str| error.contains("malformed JSON") || error.contains("unexpected end");
                assert!(ours == theirs || is_malformed(&ours) && is_malformed(&theirs), "{ours}\n{theirs}\n{json}");
            }
            (ours, theirs) => panic!("{ours:?} {theirs:?} {json}"),
        }
    }

    #[test]
    fn document_has_the_results_of_serde_json() {
        for json in users() {
            document::<User>(&json).unwrap();
            compare::<User>(&json);
            compare::<Vec<User>>(&format!("[{json},{json}]"));
            compare::<Vec<User>>(&format!("[ {json} , {{\"id\":\"a\",\"id\":\"b\"}} ]"));
            for end in (0..json.len()).filter(|end| json.is_char_boundary(*end)) {
                compare::<User>(&json[..end]);
            }
        }
    }

    #[test]
    fn document_has_the_errors_of_serde_json_for_malformed_json() {
        for json in users() {
            let positions = (0..json.len()).filter(|at| json.is_char_boundary(*at) && json.is_char_boundary(at + 1));
            for at in positions {
                for byte in ["\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-", ".", "e", "x", " ", "\t", "\u{1}", ""]
                {
                    // serde also accepts a list of field values as a struct.
                    if at > 0 || byte != "[" {
                        compare::<User>(&[&json[..at], byte, &json[at + 1..]].concat());
                    }
                }
            }
        }
    }

    #[test]
    fn document_delimits_values_like_serde_json() {
        let nested = |depth| format!("{}1{}", "[{\"a\":".repeat(depth), "}]".repeat(depth));
        for value in [nested(31), nested(32), nested(33), nested(64), nested(500), "[".repeat(70), "]".into()] {
            compare::<User>(&format!(r#"{{"id":"a","public_metadata":{{"b":{value}}},"unknown":{value}}}"#));
            compare::<User>(&format!(r#"{{"id":"a","unknown":{value}}}"#));
        }
        for value in [
            "0",
            "00",
            "-0",
            "01",
            "-",
            "-01",
            "1.",
            "1.5",
            ".5",
            "1e",
            "1e5",
            "1E+05",
            "1e-",
            "1.5e-7",
            "-1",
            "123456789012345678",
            "1234567890123456789",
            "18446744073709551615",
            "18446744073709551616",
            "1e400",
            "12345678",
            "1234567x",
            "12345678.5",
            r#""\ud800""#,
            r#""\u12""#,
            r#""\u12g4""#,
            r#""\x""#,
            r#""\"#,
            "tru",
            "truE",
            "nul",
            "falsee",
            "\"\u{1}\"",
            "\"\u{7f}\"",
        ] {
            for field in ["id", "public_metadata", "unknown", "created_at", "first_name", "create_organizations_limit"]
            {
                compare::<User>(&format!(r#"{{"id":"a","{field}":{value}}}"#));
                compare::<User>(&format!(r#"{{"{field}":{value} }}"#));
            }
        }
    }
}
