use super::*;
use crate::error::{ErrorKind, codes};
use crate::rules::tests::{Instance, assert_rejected, full_account, metadata, now};

/// Returns metadata whose JSON text has this size.
fn of_size(bytes: usize) -> Metadata {
    metadata(&format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes - 8)))
}

#[test]
fn update_metadata_merges_each_kind() {
    let mut account = full_account();
    let update = MetadataUpdate::new()
        .public(metadata(r#"{ "plan": null, "nested": { "b": 3, "c": 4 } }"#))
        .private(metadata(r#"{"more":[1,2]}"#))
        .r#unsafe(metadata("{}"));
    update_metadata(&mut account, &update, Instance::default().context()).unwrap();
    let mut expected = full_account();
    expected.user.public_metadata = metadata(r#"{"nested":{"a":1,"b":3,"c":4}}"#);
    expected.user.private_metadata = metadata(r#"{"more":[1,2],"secret":1}"#);
    expected.user.updated_at = Some(now());
    assert_eq!(account, expected);
}

#[test]
fn replace_metadata_replaces_only_given_kinds() {
    let mut account = full_account();
    let replacement =
        MetadataReplacement::new().public(metadata(r#"{ "nested": { "b": null } }"#)).r#unsafe(metadata("{}"));
    replace_metadata(&mut account, &replacement, Instance::default().context()).unwrap();
    // Unlike in a patch, `null` is a value.
    assert_eq!(account.user.public_metadata.as_json(), r#"{"nested":{"b":null}}"#);
    let mut expected = full_account();
    expected.user.public_metadata = metadata(r#"{"nested":{"b":null}}"#);
    expected.user.unsafe_metadata = Metadata::default();
    expected.user.updated_at = Some(now());
    assert_eq!(account, expected);
}

#[test]
fn update_and_replace_metadata_without_values_change_only_the_update_time() {
    let mut expected = full_account();
    expected.user.updated_at = Some(now());
    let mut account = full_account();
    update_metadata(&mut account, &MetadataUpdate::new(), Instance::default().context()).unwrap();
    assert_eq!(account, expected);
    let mut account = full_account();
    replace_metadata(&mut account, &MetadataReplacement::new(), Instance::default().context()).unwrap();
    assert_eq!(account, expected);
}

#[test]
fn replace_metadata_rejects_each_kind_that_is_too_large() {
    let (max, larger) = (of_size(8192), of_size(8193));
    let mut account = full_account();
    let replacement = MetadataReplacement::new().public(max.clone()).private(max.clone()).r#unsafe(max.clone());
    replace_metadata(&mut account, &replacement, Instance::default().context()).unwrap();
    assert_eq!(account.user.private_metadata, max);

    let replacement = replacement.public(larger.clone()).r#unsafe(larger);
    let result = replace_metadata(&mut account, &replacement, Instance::default().context());
    let code = codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE;
    let details = [(code, Some("public_metadata")), (code, Some("unsafe_metadata"))];
    assert_rejected(result, ErrorKind::InvalidInput, &details);
}

#[test]
fn update_metadata_rejects_patch_or_result_that_is_too_large() {
    let instance = Instance::default();
    let details = [(codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE, Some("private_metadata"))];
    // The patch would result in small metadata.
    let patch = metadata(&format!(r#"{{"{}":null}}"#, "x".repeat(8192)));
    let large_patch = update_metadata(&mut full_account(), &MetadataUpdate::new().private(patch), instance.context());
    assert_rejected(large_patch, ErrorKind::InvalidInput, &details);

    // `"secret":1,` has 11 bytes.
    let update = |bytes| MetadataUpdate::new().private(of_size(bytes));
    assert!(update_metadata(&mut full_account(), &update(8192 - 11), instance.context()).is_ok());
    let large_result = update_metadata(&mut full_account(), &update(8192 - 10), instance.context());
    assert_rejected(large_result, ErrorKind::InvalidInput, &details);
}

#[test]
fn update_and_replace_metadata_do_not_store_or_count_whitespace() {
    let instance = Instance::default();
    let spaced = metadata(&format!("{{{}\"a\" : 1}}", " ".repeat(9000)));
    let mut account = full_account();
    let update = MetadataUpdate::new().r#unsafe(spaced.clone());
    update_metadata(&mut account, &update, instance.context()).unwrap();
    assert_eq!(account.user.unsafe_metadata.as_json(), r#"{"a":1,"theme":"dark"}"#);
    let replacement = MetadataReplacement::new().r#unsafe(spaced);
    replace_metadata(&mut account, &replacement, instance.context()).unwrap();
    assert_eq!(account.user.unsafe_metadata.as_json(), r#"{"a":1}"#);
}
