//! Metadata: the text is kept, and merging two texts, separated by a line feed, equals a simple reference implementation.
#![no_main]

use std::collections::BTreeMap;
use std::fmt;

use libfuzzer_sys::fuzz_target;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use user_directory::Metadata;

/// The maximum number of brackets for which the recursive reference is used.
const MAX_BRACKETS: usize = 500;

/// The content of a string in UTF-16, which can represent unpaired surrogates.
type Key = Vec<u16>;

/// A JSON value. Numbers, literals and strings are kept as text.
#[derive(Debug, Clone, PartialEq)]
enum Tree {
    Object(BTreeMap<Key, Tree>),
    List(Vec<Tree>),
    Text(String),
}

/// Decodes a string, including its quotation marks.
fn decode(string: &str) -> Key {
    let mut rest = &string[1..string.len() - 1];
    let mut key = Key::new();
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        if character != '\\' {
            key.extend(character.encode_utf16(&mut [0; 2]).iter());
            continue;
        }
        let (escape, after) = rest.split_at(1);
        rest = after;
        key.push(match escape.as_bytes()[0] {
            b'u' => {
                let (digits, after) = rest.split_at(4);
                rest = after;
                u16::from_str_radix(digits, 16).expect("four hex digits")
            }
            b'b' => 8,
            b'f' => 12,
            b'n' => 10,
            b'r' => 13,
            b't' => 9,
            other => other.into(),
        });
    }
    key
}

/// Returns the entries of an object. The last value of a repeated key is used.
fn entries(object: &str) -> BTreeMap<Key, &str> {
    struct Entries;

    impl<'de> Visitor<'de> for Entries {
        type Value = BTreeMap<Key, &'de str>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
            let mut entries = BTreeMap::new();
            while let Some((key, value)) = object.next_entry::<&RawValue, &RawValue>()? {
                entries.insert(decode(key.get()), value.get());
            }
            Ok(entries)
        }
    }

    serde_json::Deserializer::from_str(object).deserialize_map(Entries).expect("the text is an object")
}

fn tree(json: &str) -> Tree {
    match json.as_bytes()[0] {
        b'{' => Tree::Object(entries(json).into_iter().map(|(key, value)| (key, tree(value))).collect()),
        b'[' => {
            let elements: Vec<&RawValue> = serde_json::from_str(json).expect("the text is a list");
            Tree::List(elements.into_iter().map(|element| tree(element.get())).collect())
        }
        _ => Tree::Text(json.to_owned()),
    }
}

/// RFC 7396.
fn merge(base: Option<Tree>, patch: &Tree) -> Tree {
    let Tree::Object(patch) = patch else { return patch.clone() };
    let mut merged = match base {
        Some(Tree::Object(base)) => base,
        _ => BTreeMap::new(),
    };
    for (key, value) in patch {
        let old = merged.remove(key);
        if *value != Tree::Text("null".to_owned()) {
            merged.insert(key.clone(), merge(old, value));
        }
    }
    Tree::Object(merged)
}

fuzz_target!(|text: &str| {
    let (base_text, patch_text) = text.split_once('\n').unwrap_or((text, "{}"));
    let (Ok(base), Ok(patch)) = (base_text.parse::<Metadata>(), patch_text.parse::<Metadata>()) else { return };
    let is_space = |character| matches!(character, ' ' | '\n' | '\r' | '\t');
    assert_eq!(base.as_json(), base_text.trim_matches(is_space));
    let merged = base.merge(&patch);
    assert_eq!(merged.merge(&patch), merged);
    assert_eq!(
        merged.as_json().parse::<Metadata>().expect("merged metadata is well-formed").as_json(),
        merged.as_json()
    );
    assert_eq!(base.compact().as_json(), base.compact().compact().as_json());
    let encoded = serde_json::to_string(&base).expect("metadata can be encoded");
    let expected = if base.as_json().contains('\r') { base.compact() } else { base.clone() };
    assert_eq!(encoded, expected.as_json());

    // The values of other keys are kept byte for byte.
    let (of_base, of_patch, of_merged) = (entries(base.as_json()), entries(patch.as_json()), entries(merged.as_json()));
    assert_eq!(base.is_empty(), of_base.is_empty());
    for (key, value) in &of_base {
        if !of_patch.contains_key(key) {
            assert_eq!(of_merged.get(key), Some(value));
        }
    }
    if text.matches(['{', '[']).count() > MAX_BRACKETS {
        return;
    }
    let (of_base, of_patch) = (tree(base.as_json()), tree(patch.as_json()));
    assert_eq!(tree(base.compact().as_json()), of_base);
    assert_eq!(tree(merged.as_json()), merge(Some(of_base), &of_patch));
});
