//! Properties of decoding that hold for every document. The seed is fixed, so every run tests the same documents.

use std::collections::HashSet;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};
use user_directory::{Metadata, User, UserId};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(20_260_512),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn full_user() -> Value {
    serde_json::from_str(include_str!("../../../../tests/fixtures/responses/get.json")).unwrap()
}

/// One step of a path into a JSON document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Step {
    Key(String),
    Index(usize),
}

type Path = Vec<Step>;

fn get_mut<'a>(value: &'a mut Value, path: &[Step]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    })
}

/// Metadata is any JSON of the application. It has properties of its own below.
fn is_metadata(key: &str) -> bool {
    key.ends_with("_metadata")
}

/// The paths of all fields, without those inside metadata.
fn fields(value: &Value, path: &mut Path, found: &mut Vec<Path>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                path.push(Step::Key(key.clone()));
                found.push(path.clone());
                if !is_metadata(key) {
                    fields(value, path, found);
                }
                path.pop();
            }
        }
        Value::Array(array) => {
            for (index, value) in array.iter().enumerate() {
                path.push(Step::Index(index));
                fields(value, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

fn all_fields() -> Vec<Path> {
    let mut found = Vec::new();
    fields(&full_user(), &mut Vec::new(), &mut found);
    found
}

fn key(path: &Path) -> &str {
    match path.last() {
        Some(Step::Key(key)) => key,
        _ => unreachable!("a path of a field ends in a key"),
    }
}

/// Whether a field is required. Identifiers do not require an id.
///
/// A user without its id is rejected. Any other object without a required field is skipped.
fn is_required(path: &Path) -> bool {
    let owner = path.iter().rev().skip(1).find_map(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        Step::Index(_) => None,
    });
    match key(path) {
        "id" => !matches!(owner, Some("email_addresses" | "phone_numbers" | "web3_wallets" | "passkeys")),
        "directory_id" | "organization" => true,
        _ => false,
    }
}

fn is_required_of_the_user(path: &Path) -> bool {
    path.len() == 1 && is_required(path)
}

const ENUMS: &[&str] = &["object", "status", "strategy", "protocol", "type", "channel", "provider", "role"];

/// One change of a response that the service may make without notice.
#[derive(Debug, Clone)]
enum Change {
    Drop(Index),
    Null(Index),
    Add(Index, String, Value),
    Enum(Index, String),
    Time(Index, Value),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let time = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e30..1e30).prop_map(Value::from),
        Just(json!("2026-05-12T08:00:00Z")),
        Just(json!("soon")),
        Just(json!(0)),
    ];
    let change = prop_oneof![
        any::<Index>().prop_map(Change::Drop),
        any::<Index>().prop_map(Change::Null),
        (any::<Index>(), "x_[a-z]{1,8}", any_json(3)).prop_map(|(at, key, value)| Change::Add(at, key, value)),
        (any::<Index>(), ".{0,40}").prop_map(|(at, text)| Change::Enum(at, text)),
        (any::<Index>(), time).prop_map(|(at, value)| Change::Time(at, value)),
    ];
    vec(change, 1..12)
}

fn any_json(depth: u32) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Eighths, because `serde_json` may decode other fractions with a different last digit.
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(depth, 32, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::Array),
            btree_map("[a-e]|.{0,4}", inner, 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_object() -> impl Strategy<Value = Value> {
    // Few keys, so that two objects share some.
    btree_map("[a-d]", any_json(4), 0..4).prop_map(|map| Value::Object(map.into_iter().collect()))
}

/// Applies compatible changes to `user` and returns the changed fields.
fn apply(user: &mut Value, changes: &[Change]) -> HashSet<Path> {
    let paths = all_fields();
    let optional: Vec<&Path> = paths.iter().filter(|path| !is_required(path)).collect();
    let is_type_of_the_user = |path: &Path| path.len() == 1 && key(path) == "object";
    let enums = paths.iter().filter(|path| ENUMS.contains(&key(path)) && !is_type_of_the_user(path));
    let enums: Vec<&Path> = enums.collect();
    let times: Vec<&Path> = paths.iter().filter(|path| key(path).ends_with("_at")).collect();
    let mut touched = HashSet::new();
    for change in changes {
        let (path, value) = match change {
            Change::Drop(at) => (*at.get(&optional), None),
            Change::Null(at) => (*at.get(&optional), Some(Value::Null)),
            Change::Enum(at, text) => (*at.get(&enums), Some(json!(text))),
            Change::Time(at, value) => (*at.get(&times), Some(value.clone())),
            Change::Add(at, key, value) => {
                let path = at.get(&paths);
                if let Some(Value::Object(object)) = get_mut(user, &path[..path.len() - 1]) {
                    object.insert(key.clone(), value.clone());
                }
                continue;
            }
        };
        if let Some(Value::Object(object)) = get_mut(user, &path[..path.len() - 1]) {
            match value {
                Some(value) => object.insert(key(path).to_owned(), value),
                None => object.remove(key(path)),
            };
            touched.insert(path.clone());
        }
    }
    touched
}

/// Removes the backup codes, which are secrets: they are decoded but never encoded.
fn without_secrets(mut user: User) -> User {
    for phone in &mut user.phone_numbers {
        phone.backup_codes.clear();
    }
    user
}

/// RFC 7396 (the merge of the service) on `Value`s.
fn reference_merge(base: &Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut merged = base.as_object().cloned().unwrap_or_default();
    for (key, value) in patch {
        if value.is_null() {
            merged.remove(key);
        } else {
            let old = merged.remove(key).unwrap_or(Value::Null);
            merged.insert(key.clone(), reference_merge(&old, value));
        }
    }
    Value::Object(merged)
}

fn metadata(value: &Value) -> Metadata {
    Metadata::new(value).unwrap()
}

fn tree(metadata: &Metadata) -> Value {
    metadata.deserialize().unwrap()
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn user_decodes_after_compatible_changes_and_round_trips(changes in changes()) {
        let mut document = full_user();
        let touched = apply(&mut document, &changes);
        let user: User = serde_json::from_value(document.clone())
            .map_err(|error| TestCaseError::fail(format!("{error} in {document}")))?;
        let user = without_secrets(user);

        let written = serde_json::to_string(&user).unwrap();
        prop_assert_eq!(&serde_json::from_str::<User>(&written).unwrap(), &user);
        prop_assert_eq!(&without_secrets(serde_json::from_str(&document.to_string()).unwrap()), &user);

        // Every top-level field that no change touched is encoded as before.
        let before = serde_json::to_value(serde_json::from_value::<User>(full_user()).unwrap()).unwrap();
        let after: Value = serde_json::from_str(&written).unwrap();
        for (key, value) in before.as_object().unwrap() {
            if !touched.iter().any(|path| path[0] == Step::Key(key.clone())) {
                prop_assert_eq!(after.get(key), Some(value), "{}", key);
            }
        }
    }

    #[test]
    fn user_decodes_other_fields_unchanged_if_one_field_changes(changes in changes()) {
        let mut document = full_user();
        let touched = apply(&mut document, &changes);
        let before = serde_json::to_value(serde_json::from_value::<User>(full_user()).unwrap()).unwrap();
        let mut after = serde_json::to_value(serde_json::from_value::<User>(document).unwrap()).unwrap();
        let mut before = before;
        for path in all_fields() {
            // The fields of an object that was dropped or set to null are gone as well.
            let untouched = !touched.iter().any(|other| path.starts_with(other) || other.starts_with(&path));
            if untouched {
                let before = get_mut(&mut before, &path).cloned();
                prop_assert_eq!(get_mut(&mut after, &path).cloned(), before, "{:?}", path);
            }
        }
    }

    #[test]
    fn user_without_valid_id_is_rejected(id in prop_oneof![
        Just(Value::Null), Just(json!("")), Just(json!("..")), Just(json!("a/b")), any::<i64>().prop_map(Value::from),
    ], drop in any::<bool>()) {
        let mut document = full_user();
        if drop {
            document.as_object_mut().unwrap().remove("id");
        } else {
            document["id"] = id;
        }
        prop_assert!(serde_json::from_value::<User>(document).is_err());
    }

    #[test]
    fn user_decodes_any_json_in_a_field_and_keeps_the_others(at in any::<Index>(), value in any_json(4)) {
        let paths = all_fields();
        let path = at.get(&paths);
        let before = serde_json::to_value(without_secrets(serde_json::from_value(full_user()).unwrap())).unwrap();
        let mut document = full_user();
        *get_mut(&mut document, path).unwrap() = value.clone();
        match serde_json::from_value::<User>(document.clone()) {
            Ok(user) => {
                prop_assert_eq!(&serde_json::from_str::<User>(&document.to_string()).unwrap(), &user);
                let user = without_secrets(user);
                let written = serde_json::to_string(&user).unwrap();
                prop_assert_eq!(&serde_json::from_str::<User>(&written).unwrap(), &user);
                let after: Value = serde_json::from_str(&written).unwrap();
                for (key, value) in before.as_object().unwrap() {
                    if path[0] != Step::Key(key.clone()) {
                        prop_assert_eq!(after.get(key), Some(value), "{}", key);
                    }
                }
            }
            Err(error) => prop_assert!(
                is_required_of_the_user(path) && value.as_str().is_none_or(|id| UserId::new(id).is_err()),
                "{:?}: {}", path, error
            ),
        }
    }

    #[test]
    fn decode_of_any_json_or_bytes_does_not_panic(
        value in any_json(6),
        bytes in vec(any::<u8>(), 0..200),
    ) {
        // Only an object with an id is a user, and the strategy does not generate one. (serde also accepts a list of
        // field values for a struct.)
        prop_assert!(value.is_array() || serde_json::from_value::<User>(value.clone()).is_err());
        prop_assert!(serde_json::from_slice::<User>(&bytes).is_err());
        prop_assert_eq!(serde_json::from_value::<Metadata>(value.clone()).is_ok(), value.is_object() || value.is_null());
    }

    #[test]
    fn truncated_document_is_rejected(end in any::<Index>()) {
        let json = include_str!("../../../../tests/fixtures/responses/get.json").trim_end().as_bytes();
        prop_assert!(serde_json::from_slice::<User>(&json[..end.index(json.len())]).is_err());
    }
}

proptest! {
    #![proptest_config(config(800))]

    #[test]
    fn metadata_merge_equals_reference(base in any_object(), patch in any_object()) {
        let merged = metadata(&base).merge(&metadata(&patch));
        prop_assert_eq!(tree(&merged), reference_merge(&base, &patch));
    }

    #[test]
    fn metadata_merge_is_idempotent(base in any_object(), patch in any_object()) {
        let (base, patch) = (metadata(&base), metadata(&patch));
        prop_assert_eq!(&base.merge(&Metadata::default()), &base);
        let once = base.merge(&patch);
        prop_assert_eq!(&once.merge(&patch), &once);
    }

    #[test]
    fn metadata_merge_keeps_text_of_numbers_and_keys(
        digits in "-?[1-9][0-9]{0,60}(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?",
        key in ".{0,12}",
        patch in any_object(),
    ) {
        // A key that the patch cannot contain.
        let key = format!("kept {key}");
        let text = format!("{{{}:{{\"n\":[{digits}]}}}}", Value::from(key.as_str()));
        let base: Metadata = text.parse().unwrap();
        let patch = metadata(&patch);
        for merged in [base.merge(&patch), patch.merge(&base)] {
            prop_assert!(merged.as_json().contains(&format!("[{digits}]")), "{}", merged.as_json());
            let object: Map<String, Value> = merged.deserialize().unwrap();
            prop_assert!(object.contains_key(&key));
        }
        prop_assert_eq!(serde_json::to_string(&base).unwrap(), text);
    }

    #[test]
    fn id_keeps_or_rejects_any_text(text in prop_oneof![".{0,60}", "[a-z/.%?#\\\\]{0,12}", "\\PC{36,42}"]) {
        match UserId::new(&text) {
            Ok(id) => {
                prop_assert_eq!(id.as_str(), &text);
                prop_assert_eq!(&id.to_string().parse::<UserId>().unwrap(), &id);
                let json = serde_json::to_string(&id).unwrap();
                prop_assert_eq!(&serde_json::from_str::<UserId>(&json).unwrap(), &id);
                prop_assert_eq!(String::from(id), text.clone());
                let forbidden = |c: char| "/\\?#%\u{2028}\u{2029}".contains(c) || c.is_control();
                prop_assert!(!text.contains(forbidden));
                prop_assert!(!["", ".", ".."].contains(&text.as_str()) && text.len() <= 255);
            }
            Err(_) => prop_assert!(serde_json::from_value::<UserId>(text.into()).is_err()),
        }
    }

    #[test]
    fn id_compares_and_hashes_like_its_text(left in "[a-c]{1,45}", right in "[a-c]{1,45}") {
        let (a, b) = (UserId::new(&left).unwrap(), UserId::new(&right).unwrap());
        prop_assert_eq!(a.cmp(&b), left.cmp(&right));
        prop_assert_eq!(a == b, left == right);
        let set = HashSet::from([a]);
        prop_assert!(set.contains(left.as_str()));
        prop_assert_eq!(set.contains(right.as_str()), left == right);
    }
}

#[test]
fn user_decodes_with_any_field_but_its_id_missing_or_null() {
    for path in all_fields() {
        for null in [true, false] {
            let mut document = full_user();
            let owner = get_mut(&mut document, &path[..path.len() - 1]).unwrap().as_object_mut().unwrap();
            if null {
                owner.insert(key(&path).to_owned(), Value::Null);
            } else {
                owner.remove(key(&path));
            }
            let decoded = serde_json::from_value::<User>(document);
            assert_eq!(decoded.is_ok(), !is_required_of_the_user(&path), "{path:?}, null: {null}, {decoded:?}");
        }
    }
}

fn nested(open: &str, close: &str, depth: usize) -> String {
    format!("{}1{}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn decode_of_any_depth_does_not_panic() {
    for depth in [1, 100, 127, 128, 100_000] {
        for nested in [nested("[", "]", depth), nested("{\"a\":", "}", depth)] {
            // Ignored values and metadata may have any depth.
            for key in ["unknown", "created_at", "email_addresses"] {
                let decoded = serde_json::from_str::<User>(&format!(r#"{{"id":"user_1","{key}":{nested}}}"#));
                assert!(decoded.is_ok() || key != "unknown", "{key} {depth}");
            }
            assert!(serde_json::from_str::<User>(&nested).is_err());
        }
    }
}

#[test]
fn metadata_of_maximum_depth_is_kept_merged_and_compared() {
    // 8 KB of metadata hold up to 1,365 levels.
    for depth in [100, 1_365] {
        let deep: Metadata = nested("{\"a\":", "}", depth).parse().unwrap();
        let user: User =
            serde_json::from_str(&format!(r#"{{"id":"user_1","public_metadata":{deep}}}"#, deep = deep.as_json()))
                .unwrap();
        assert_eq!(user.public_metadata.as_json(), deep.as_json());
        assert_eq!(deep.merge(&deep).as_json(), deep.as_json(), "{depth}");
        assert_eq!(deep, user.public_metadata);
    }
}
