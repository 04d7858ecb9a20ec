//! JSON objects as text: entries, merge and compaction.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

pub(super) type Entries<'a> = BTreeMap<String, &'a RawValue>;

/// Returns the entries of `json` if it is an object. If a key is repeated, its last value is used.
pub(super) fn entries(json: &str) -> Option<Entries<'_>> {
    if json.starts_with('{') { serde_json::from_str(json).ok() } else { None }
}

/// An object that is being merged.
struct Level<'a> {
    /// The key of the object in the enclosing object.
    key: String,
    /// The entries of the base that have been neither replaced nor removed so far.
    base: Entries<'a>,
    /// The remaining entries of the patch.
    patch: std::collections::btree_map::IntoIter<String, &'a RawValue>,
    /// The entries that are already merged.
    merged: BTreeMap<String, String>,
}

impl<'a> Level<'a> {
    fn new(key: String, base: Option<&'a str>, patch: Entries<'a>) -> Self {
        let base = base.and_then(entries).unwrap_or_default();
        Self { key, base, patch: patch.into_iter(), merged: BTreeMap::new() }
    }

    fn finish(mut self) -> (String, String) {
        self.merged.extend(self.base.into_iter().map(|(key, value)| (key, value.get().to_owned())));
        (self.key, write_object(&self.merged))
    }
}

/// Merges `patch` into `base` (RFC 7396).
///
/// Values are merged as text, because parsing would round some numbers. The levels are on a heap-allocated stack,
/// because a few kilobytes of JSON can be nested more deeply than recursion allows.
pub(super) fn merge(base: &str, patch: &str) -> String {
    let Some(root) = entries(patch) else { return patch.to_owned() };
    let mut level = Level::new(String::new(), Some(base), root);
    let mut outer = Vec::new();
    loop {
        let Some((key, value)) = level.patch.next() else {
            let (key, merged) = level.finish();
            let Some(around) = outer.pop() else { return merged };
            level = around;
            level.merged.insert(key, merged);
            continue;
        };
        let old = level.base.remove(&key);
        if value.get() == "null" {
            continue;
        }
        match entries(value.get()) {
            None => {
                level.merged.insert(key, value.get().to_owned());
            }
            Some(patch) => outer.push(std::mem::replace(&mut level, Level::new(key, old.map(RawValue::get), patch))),
        }
    }
}

fn write_object(entries: &BTreeMap<String, String>) -> String {
    let mut json = String::from("{");
    for (key, value) in entries {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(&serde_json::Value::from(key.as_str()).to_string());
        json.push(':');
        json.push_str(value);
    }
    json.push('}');
    json
}

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
