//! Metadata: two texts, separated by a line feed, are merged as a naive model does it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use user_directory::Metadata;

/// RFC 7396, over trees.
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
    assert_eq!(merged.as_json().parse::<Metadata>().expect("a merge is well-formed").as_json(), merged.as_json());
    assert_eq!(base.compact().as_json(), base.compact().compact().as_json());
    assert_eq!(serde_json::to_string(&base).expect("metadata can be written"), base.as_json());
    let (tree, of_patch) = (base.deserialize::<Map<String, Value>>(), patch.deserialize::<Map<String, Value>>());
    // Neither the model nor the comparison takes what is nested very deep, or numbers of any size.
    let (Ok(mut expected), Ok(of_patch)) = (tree, of_patch) else { return };
    assert_eq!(base.compact().deserialize::<Value>().expect("it is the same"), Value::from(expected.clone()));
    assert_eq!(base.is_empty(), expected.is_empty());
    merge(&mut expected, &of_patch);
    assert_eq!(merged.deserialize::<Value>().expect("no deeper than both"), Value::from(expected));
});
