//! The path of an invalid value in a JSON document.

use std::borrow::Cow;
use std::fmt::Write;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::printable;

/// The maximum number of steps in a path. Documents of the API are not nested more deeply.
const MAX_STEPS: usize = 16;

/// Returns the path of the value at the offset of a `serde_json` error.
///
/// An example of a path is `[17].email_addresses[0].id`. The offset is the start or the end of the value. The path is
/// empty if it is unknown, or if the value is the whole document.
///
/// The path is computed only after an error, because errors are rare and documents are long. Decoding the document
/// again with `serde_path_to_error` would return the path of the first error, which lenient decoding may have ignored.
pub(super) fn path(json: &str, offset: usize) -> String {
    let mut path = String::new();
    let mut value = json;
    for _ in 0..MAX_STEPS {
        let Some((step, part)) = part_at(json, value, offset) else { break };
        match step {
            Step::Key(key) if path.is_empty() => path.push_str(printable(&key)),
            Step::Key(key) => write!(path, ".{}", printable(&key)).unwrap_or_default(),
            Step::Index(index) => write!(path, "[{index}]").unwrap_or_default(),
        }
        value = part;
        if position(json, value) + value.len() == offset {
            break;
        }
    }
    path
}

enum Step<'a> {
    Key(Cow<'a, str>),
    Index(usize),
}

/// Returns the offset of `part` in `json`. `part` must be a slice of `json`.
fn position(json: &str, part: &str) -> usize {
    part.as_ptr() as usize - json.as_ptr() as usize
}

/// Returns the element or entry of `value` at the offset.
///
/// `value` must be a slice of `json`. The offset is relative to the start of `json`.
fn part_at<'a>(json: &str, value: &'a str, offset: usize) -> Option<(Step<'a>, &'a str)> {
    // The start is included, because errors about a list or object that was not read have its offset.
    let holds = |part: &str| (position(json, part)..=position(json, part) + part.len()).contains(&offset);
    serde_json::Deserializer::from_str(value).deserialize_any(First(holds)).ok()?
}

/// Finds the first element or entry for which the function returns `true`.
///
/// The other elements are not collected, because a list of them would use much more memory than the document.
struct First<F>(F);

impl<'de, F: Fn(&str) -> bool> Visitor<'de> for First<F> {
    type Value = Option<(Step<'de>, &'de str)>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let (mut found, mut index) = (None, 0);
        while found.is_none()
            && let Some(part) = list.next_element::<&RawValue>()?
        {
            found = self.0(part.get()).then(|| (Step::Index(index), part.get()));
            index += 1;
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(found)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while found.is_none()
            && let Some((key, part)) = object.next_entry::<Cow<'de, str>, &RawValue>()?
        {
            found = self.0(part.get()).then(|| (Step::Key(key), part.get()));
        }
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn path_of_the_value_that_ends_at_the_offset() {
        let json = r#" [{"id":"a"}, {"b\u0063" : {"d":[1,"x\"]"] } ,"e\u00e9":true}] "#;
        for (value, at) in [
            (r#""a""#, "[0].id"),
            (r#"{"id":"a"}"#, "[0]"),
            (r#""x\"]""#, "[1].bc.d[1]"),
            (r#"[1,"x\"]"]"#, "[1].bc.d"),
            ("true", "[1].…"),
        ] {
            let offset = json.find(value).unwrap() + value.len();
            assert_eq!(path(json, offset), at, "{value}");
        }
        assert_eq!(path(json, json.trim_end().len()), "");
    }

    #[test]
    fn path_is_empty_without_a_value_at_the_offset() {
        for json in ["", "7", "[", "{\"a\":", "[1,]", &"[".repeat(100_000)] {
            for offset in 0..json.len().min(10) {
                assert_eq!(path(json, offset), "", "{json:.10} {offset}");
            }
        }
    }

    #[test]
    fn path_has_at_most_16_steps() {
        for (levels, steps) in [(15, 15), (16, 16), (17, 16), (100_000, 16)] {
            let deep = format!("{}7{}", "[".repeat(levels), "]".repeat(levels));
            assert_eq!(path(&deep, levels + 1), "[0]".repeat(steps), "{levels}");
        }
    }
}
