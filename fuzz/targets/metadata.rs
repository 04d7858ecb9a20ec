//! Metadata: merging two texts, separated by a line feed, equals a simple reference implementation.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use user_directory::Metadata;

/// RFC 7396 on `Value`s.
fn merge(base: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, value) in patch {
        match value {
            Value::Null => drop(base.remove(key)),
            Value::Object(patch) => {
                let mut inner = match base.remove(key) {
                    Some(Value::Object(inner)) => inner,
                    _ => Map::new(),
                };
                merge(&mut inner, patch);
                base.insert(key.clone(), inner.into());
            }
            value => drop(base.insert(key.clone(), value.clone())),
        }
    }
}

fuzz_target!(|text: &str| {
    let (base, patch) = text.split_once('\n').unwrap_or((text, "{}"));
    let (Ok(base), Ok(patch)) = (base.parse::<Metadata>(), patch.parse::<Metadata>()) else { return };
    let merged = base.merge(&patch);
    assert_eq!(merged.merge(&patch), merged);
    assert_eq!(
        merged.as_json().parse::<Metadata>().expect("merged metadata is well-formed").as_json(),
        merged.as_json()
    );
    assert_eq!(base.compact().as_json(), base.compact().compact().as_json());
    assert_eq!(serde_json::to_string(&base).expect("metadata can be encoded"), base.as_json());
    let (tree, of_patch) = (base.deserialize::<Map<String, Value>>(), patch.deserialize::<Map<String, Value>>());
    // The reference cannot represent unpaired surrogates, deeply nested values, or numbers of any size. It replaces
    // objects with some keys that `serde_json` reserves.
    if text.contains("$serde_json") || text.contains('\\') {
        return;
    }
    let (Ok(mut expected), Ok(of_patch)) = (tree, of_patch) else { return };
    assert_eq!(
        base.compact().deserialize::<Value>().expect("compact metadata is well-formed"),
        Value::from(expected.clone())
    );
    assert_eq!(base.is_empty(), expected.is_empty());
    merge(&mut expected, &of_patch);
    assert_eq!(merged.deserialize::<Value>().expect("merged metadata is not deeper than both"), Value::from(expected));
});
