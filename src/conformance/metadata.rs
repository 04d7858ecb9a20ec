//! Tests for merging and replacing metadata.

use super::check::{Outcome, ensure, ensure_eq, expect_invalid};
use super::context::{Context, json};
use crate::error::codes;
use crate::model::{Metadata, MetadataReplacement, MetadataUpdate, User, UserId, UserUpdate};
use crate::operation::Operation;

behaviors! {
    UpdateMetadata: update_metadata_adds_and_changes_keys, update_metadata_merges_nested_objects,
        update_metadata_removes_key_for_null, update_metadata_removes_nested_key_for_null,
        update_metadata_ignores_null_for_unknown_key, update_metadata_replaces_arrays,
        update_metadata_replaces_scalar_with_object, update_metadata_replaces_object_with_scalar,
        update_metadata_ignores_empty_objects, update_metadata_merges_each_kind_separately,
        update_metadata_keeps_kinds_that_are_not_given, update_metadata_keeps_64_bit_numbers,
        update_metadata_merges_20_levels, update_metadata_returns_user_that_get_returns,
        update_metadata_rejects_merged_result_above_8_kb, update_metadata_rejects_patch_above_8_kb,
        update_metadata_keeps_other_fields;
    ReplaceMetadata: replace_metadata_replaces_all_keys, replace_metadata_clears_metadata_for_empty_object,
        replace_metadata_keeps_kinds_that_are_not_given, replace_metadata_replaces_each_kind_separately,
        replace_metadata_keeps_64_bit_numbers, replace_metadata_rejects_metadata_above_8_kb,
        replace_metadata_keeps_other_fields;
    Update: update_keeps_metadata;
}

fn is(found: &Metadata, expected: &str, what: &str) -> Outcome {
    ensure!(*found == json(expected), "{what}: expected {expected}, found {}", found.as_json());
    Ok(())
}

/// Fails unless merging `patch` into `old` results in `expected`, both in the response and in a later `get`.
async fn expect_merged(context: &Context<'_>, old: &str, patch: &str, expected: &str) -> Outcome {
    let id = context.seed_user(context.new_user().public_metadata(json(old))).await?.id;
    let returned = context.directory().update_metadata(&id, &MetadataUpdate::new().public(json(patch))).await?;
    is(&returned.public_metadata, expected, "the returned metadata")?;
    is(&context.get(&id).await?.public_metadata, expected, "the user that `get` returns")
}

/// Checks that `update_metadata` adds and changes the given keys, and keeps the others.
pub async fn update_metadata_adds_and_changes_keys(context: &Context<'_>) -> Outcome {
    expect_merged(context, r#"{"a":1,"b":"x"}"#, r#"{"b":"y","c":true}"#, r#"{"a":1,"b":"y","c":true}"#).await
}

/// Checks that `update_metadata` merges nested objects.
pub async fn update_metadata_merges_nested_objects(context: &Context<'_>) -> Outcome {
    expect_merged(context, r#"{"a":{"b":1,"c":2}}"#, r#"{"a":{"c":3,"d":4}}"#, r#"{"a":{"b":1,"c":3,"d":4}}"#).await
}

/// Checks that `update_metadata` removes a key whose new value is `null`.
pub async fn update_metadata_removes_key_for_null(context: &Context<'_>) -> Outcome {
    expect_merged(context, r#"{"a":1,"b":{"c":2}}"#, r#"{"b":null}"#, r#"{"a":1}"#).await
}

/// Checks that `update_metadata` removes a nested key whose new value is `null`.
pub async fn update_metadata_removes_nested_key_for_null(context: &Context<'_>) -> Outcome {
    let old = r#"{"a":{"b":{"c":1,"d":2}},"e":3}"#;
    expect_merged(context, old, r#"{"a":{"b":{"c":null}}}"#, r#"{"a":{"b":{"d":2}},"e":3}"#).await
}

/// Checks that `update_metadata` ignores `null` for a key that does not exist.
pub async fn update_metadata_ignores_null_for_unknown_key(context: &Context<'_>) -> Outcome {
    expect_merged(context, r#"{"a":1}"#, r#"{"b":null}"#, r#"{"a":1}"#).await
}

/// Checks that `update_metadata` replaces arrays instead of merging them.
pub async fn update_metadata_replaces_arrays(context: &Context<'_>) -> Outcome {
    expect_merged(context, r#"{"a":[1,2,3],"b":[1]}"#, r#"{"a":[{"c":4}]}"#, r#"{"a":[{"c":4}],"b":[1]}"#).await
}

/// Checks that `update_metadata` replaces a scalar with an object.
pub async fn update_metadata_replaces_scalar_with_object(context: &Context<'_>) -> Outcome {
    expect_merged(context, r#"{"a":1}"#, r#"{"a":{"b":2}}"#, r#"{"a":{"b":2}}"#).await
}

/// Checks that `update_metadata` replaces an object with a value that is not an object.
pub async fn update_metadata_replaces_object_with_scalar(context: &Context<'_>) -> Outcome {
    expect_merged(context, r#"{"a":{"b":2}}"#, r#"{"a":false}"#, r#"{"a":false}"#).await
}

/// Checks that `update_metadata` changes nothing for an empty object, at the top level or nested.
pub async fn update_metadata_ignores_empty_objects(context: &Context<'_>) -> Outcome {
    expect_merged(context, r#"{"a":{"b":1}}"#, "{}", r#"{"a":{"b":1}}"#).await?;
    expect_merged(context, r#"{"a":{"b":1}}"#, r#"{"a":{}}"#, r#"{"a":{"b":1}}"#).await
}

/// Creates a user with one key in each kind of metadata.
async fn user(context: &Context<'_>) -> Outcome<User> {
    let new = context.new_user().public_metadata(json(r#"{"a":1}"#)).private_metadata(json(r#"{"b":2}"#));
    context.seed_user(new.unsafe_metadata(json(r#"{"c":3}"#))).await
}

async fn expect_kinds(context: &Context<'_>, id: &UserId, [public, private, r#unsafe]: [&str; 3]) -> Outcome {
    let user = context.get(id).await?;
    is(&user.public_metadata, public, "public")?;
    is(&user.private_metadata, private, "private")?;
    is(&user.unsafe_metadata, r#unsafe, "unsafe")
}

/// Checks that `update_metadata` merges public, private and unsafe metadata separately.
pub async fn update_metadata_merges_each_kind_separately(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    let update = MetadataUpdate::new().public(json(r#"{"x":1}"#)).private(json(r#"{"y":2}"#));
    context.directory().update_metadata(&id, &update.r#unsafe(json(r#"{"z":3}"#))).await?;
    expect_kinds(context, &id, [r#"{"a":1,"x":1}"#, r#"{"b":2,"y":2}"#, r#"{"c":3,"z":3}"#]).await
}

/// Checks that `update_metadata` keeps the kinds of metadata that are not given.
pub async fn update_metadata_keeps_kinds_that_are_not_given(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    context.directory().update_metadata(&id, &MetadataUpdate::new().private(json(r#"{"y":2}"#))).await?;
    expect_kinds(context, &id, [r#"{"a":1}"#, r#"{"b":2,"y":2}"#, r#"{"c":3}"#]).await
}

/// Checks that `update_metadata` preserves 64-bit integers exactly.
pub async fn update_metadata_keeps_64_bit_numbers(context: &Context<'_>) -> Outcome {
    let old = r#"{"a":9007199254740993,"b":-9223372036854775808,"c":18446744073709551615,"d":0.1}"#;
    let merged = r#"{"a":9007199254740993,"b":-9223372036854775808,"c":18446744073709551615,"d":0.1,"e":1}"#;
    expect_merged(context, old, r#"{"e":1}"#, merged).await
}

/// Checks that `update_metadata` merges objects that are nested 20 levels deep.
pub async fn update_metadata_merges_20_levels(context: &Context<'_>) -> Outcome {
    let nested = |inner: &str| (0..20).fold(inner.to_owned(), |inner, _| format!(r#"{{"a":{inner}}}"#));
    let (old, patch) = (nested(r#"{"b":1,"c":2}"#), nested(r#"{"b":null,"d":3}"#));
    expect_merged(context, &old, &patch, &nested(r#"{"c":2,"d":3}"#)).await
}

/// Checks that `update_metadata` returns the user that `get` returns afterward.
pub async fn update_metadata_returns_user_that_get_returns(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    let returned = context.directory().update_metadata(&id, &MetadataUpdate::new().public(json(r#"{"x":1}"#))).await?;
    ensure_eq!(context.get(&id).await?, returned, "the user that `get` returns");
    Ok(())
}

/// Returns an object that has one key and is `size` bytes long as JSON.
fn with_size(key: &str, size: usize) -> Metadata {
    json(&format!(r#"{{"{key}":"{}"}}"#, "x".repeat(size - key.len() - 7)))
}

/// Checks that `update_metadata` rejects a patch if the result exceeds 8 KB, and changes nothing.
pub async fn update_metadata_rejects_merged_result_above_8_kb(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(context.new_user().private_metadata(with_size("a", 5_000))).await?;
    let update = MetadataUpdate::new().private(with_size("b", 5_000)).public(json(r#"{"x":1}"#));
    let result = context.directory().update_metadata(&user.id, &update).await;
    expect_invalid(
        result,
        Operation::UpdateMetadata,
        codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE,
        Some("private_metadata"),
        &update,
    )?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a rejected merge");
    Ok(())
}

/// Checks that `update_metadata` rejects a patch that exceeds 8 KB, and changes nothing.
pub async fn update_metadata_rejects_patch_above_8_kb(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let update = MetadataUpdate::new().r#unsafe(with_size("a", 9_000));
    let result = context.directory().update_metadata(&user.id, &update).await;
    expect_invalid(
        result,
        Operation::UpdateMetadata,
        codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE,
        Some("unsafe_metadata"),
        &update,
    )?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a rejected merge");
    Ok(())
}

/// Returns the user with its metadata and `updated_at` reset.
fn without_metadata(user: &User) -> User {
    let mut user = user.clone();
    for metadata in [&mut user.public_metadata, &mut user.private_metadata, &mut user.unsafe_metadata] {
        *metadata = Metadata::default();
    }
    user.updated_at = None;
    user
}

/// Checks that `update_metadata` keeps the other fields of the user, except `updated_at`.
pub async fn update_metadata_keeps_other_fields(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(context.new_user().first_name("Ada").username(context.word())).await?;
    let update = MetadataUpdate::new().public(json(r#"{"x":1}"#));
    let returned = context.directory().update_metadata(&user.id, &update).await?;
    ensure_eq!(without_metadata(&returned), without_metadata(&user), "the other fields of the user");
    Ok(())
}

/// Checks that `replace_metadata` removes all keys that are not given, including nested keys.
pub async fn replace_metadata_replaces_all_keys(context: &Context<'_>) -> Outcome {
    let id = context.seed_user(context.new_user().public_metadata(json(r#"{"a":{"b":1},"c":2}"#))).await?.id;
    let replacement = MetadataReplacement::new().public(json(r#"{"a":{"d":3}}"#));
    let returned = context.directory().replace_metadata(&id, &replacement).await?;
    is(&returned.public_metadata, r#"{"a":{"d":3}}"#, "the returned metadata")?;
    ensure_eq!(context.get(&id).await?, returned, "the user that `get` returns");
    Ok(())
}

/// Checks that `replace_metadata` clears the metadata if the new value is an empty object.
pub async fn replace_metadata_clears_metadata_for_empty_object(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    context.directory().replace_metadata(&id, &MetadataReplacement::new().public(Metadata::default())).await?;
    expect_kinds(context, &id, ["{}", r#"{"b":2}"#, r#"{"c":3}"#]).await
}

/// Checks that `replace_metadata` keeps the kinds of metadata that are not given.
pub async fn replace_metadata_keeps_kinds_that_are_not_given(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    context.directory().replace_metadata(&id, &MetadataReplacement::new().private(json(r#"{"y":2}"#))).await?;
    expect_kinds(context, &id, [r#"{"a":1}"#, r#"{"y":2}"#, r#"{"c":3}"#]).await
}

/// Checks that `replace_metadata` replaces public, private and unsafe metadata separately.
pub async fn replace_metadata_replaces_each_kind_separately(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    let replacement = MetadataReplacement::new().public(json(r#"{"x":1}"#)).private(json(r#"{"y":2}"#));
    context.directory().replace_metadata(&id, &replacement.r#unsafe(json(r#"{"z":3}"#))).await?;
    expect_kinds(context, &id, [r#"{"x":1}"#, r#"{"y":2}"#, r#"{"z":3}"#]).await
}

/// Checks that `replace_metadata` preserves 64-bit integers exactly.
pub async fn replace_metadata_keeps_64_bit_numbers(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let big = r#"{"a":9007199254740993,"b":-9223372036854775808,"c":18446744073709551615}"#;
    let returned = context.directory().replace_metadata(&id, &MetadataReplacement::new().public(json(big))).await?;
    is(&returned.public_metadata, big, "the returned metadata")
}

/// Checks that `replace_metadata` rejects metadata that exceeds 8 KB, and changes nothing.
pub async fn replace_metadata_rejects_metadata_above_8_kb(context: &Context<'_>) -> Outcome {
    let user = user(context).await?;
    let replacement = MetadataReplacement::new().public(with_size("a", 9_000)).private(json(r#"{"y":2}"#));
    let result = context.directory().replace_metadata(&user.id, &replacement).await;
    expect_invalid(
        result,
        Operation::ReplaceMetadata,
        codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE,
        Some("public_metadata"),
        &replacement,
    )?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a rejected replacement");
    Ok(())
}

/// Checks that `replace_metadata` keeps the other fields of the user, except `updated_at`.
pub async fn replace_metadata_keeps_other_fields(context: &Context<'_>) -> Outcome {
    let user = context.seed_user(context.new_user().first_name("Ada").username(context.word())).await?;
    let replacement = MetadataReplacement::new().public(json(r#"{"x":1}"#));
    let returned = context.directory().replace_metadata(&user.id, &replacement).await?;
    ensure_eq!(without_metadata(&returned), without_metadata(&user), "the other fields of the user");
    Ok(())
}

/// Checks that `update` does not change metadata.
pub async fn update_keeps_metadata(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    context.directory().update(&id, &UserUpdate::new().first_name("Ada")).await?;
    expect_kinds(context, &id, [r#"{"a":1}"#, r#"{"b":2}"#, r#"{"c":3}"#]).await
}
