//! Metadata: merging and replacing.

use super::check::{Outcome, ensure, ensure_eq, invalid};
use super::context::{Context, json};
use crate::error::codes;
use crate::model::{Metadata, MetadataReplacement, MetadataUpdate, User, UserId, UserUpdate};
use crate::operation::Operation;

behaviours! {
    UpdateMetadata: merging_adds_and_changes_keys, merging_goes_into_nested_objects, null_removes_a_key,
        null_removes_a_nested_key, null_for_a_key_that_is_not_there_changes_nothing, arrays_are_replaced,
        an_object_takes_the_place_of_another_value, another_value_takes_the_place_of_an_object,
        merging_an_empty_object_changes_nothing, each_kind_is_merged_on_its_own,
        kinds_that_are_not_merged_stay, merging_keeps_big_numbers, merging_goes_as_deep_as_the_objects,
        merged_metadata_is_answered_and_read, more_than_8_kb_are_not_merged, a_merge_that_is_too_much_is_refused,
        a_merge_changes_nothing_else;
    ReplaceMetadata: a_replacement_takes_the_place_of_everything, an_empty_object_clears_the_metadata,
        kinds_that_are_not_replaced_stay, each_kind_is_replaced_on_its_own, a_replacement_keeps_big_numbers,
        a_replacement_of_more_than_8_kb_is_refused, a_replacement_changes_nothing_else;
    Update: an_update_leaves_the_metadata;
}

fn is(found: &Metadata, expected: &str, what: &str) -> Outcome {
    ensure!(*found == json(expected), "{what}: expected {expected}, found {}", found.as_json());
    Ok(())
}

/// Fails unless merging `patch` into `old` gives `expected`, in the answer and when the user is read.
async fn expect_merged(context: &Context<'_>, old: &str, patch: &str, expected: &str) -> Outcome {
    let id = context.create(context.new_user().public_metadata(json(old))).await?.id;
    let answer = context.directory().update_metadata(&id, &MetadataUpdate::new().public(json(patch))).await?;
    is(&answer.public_metadata, expected, "the answer")?;
    is(&context.get(&id).await?.public_metadata, expected, "the user who is read")
}

/// What the patch has is added or changed, and the rest stays.
pub async fn merging_adds_and_changes_keys(context: &Context<'_>) -> Outcome {
    expect_merged(context, r#"{"a":1,"b":"x"}"#, r#"{"b":"y","c":true}"#, r#"{"a":1,"b":"y","c":true}"#).await
}

/// Nested objects are merged too.
pub async fn merging_goes_into_nested_objects(context: &Context<'_>) -> Outcome {
    expect_merged(context, r#"{"a":{"b":1,"c":2}}"#, r#"{"a":{"c":3,"d":4}}"#, r#"{"a":{"b":1,"c":3,"d":4}}"#).await
}

/// `null` is the removal of a key.
pub async fn null_removes_a_key(context: &Context<'_>) -> Outcome {
    expect_merged(context, r#"{"a":1,"b":{"c":2}}"#, r#"{"b":null}"#, r#"{"a":1}"#).await
}

/// `null` is the removal of a key at any depth.
pub async fn null_removes_a_nested_key(context: &Context<'_>) -> Outcome {
    let old = r#"{"a":{"b":{"c":1,"d":2}},"e":3}"#;
    expect_merged(context, old, r#"{"a":{"b":{"c":null}}}"#, r#"{"a":{"b":{"d":2}},"e":3}"#).await
}

/// There is nothing to remove, and no key of that name afterwards.
pub async fn null_for_a_key_that_is_not_there_changes_nothing(context: &Context<'_>) -> Outcome {
    expect_merged(context, r#"{"a":1}"#, r#"{"b":null}"#, r#"{"a":1}"#).await
}

/// Arrays are not merged.
pub async fn arrays_are_replaced(context: &Context<'_>) -> Outcome {
    expect_merged(context, r#"{"a":[1,2,3],"b":[1]}"#, r#"{"a":[{"c":4}]}"#, r#"{"a":[{"c":4}],"b":[1]}"#).await
}

/// An object does not merge with a number.
pub async fn an_object_takes_the_place_of_another_value(context: &Context<'_>) -> Outcome {
    expect_merged(context, r#"{"a":1}"#, r#"{"a":{"b":2}}"#, r#"{"a":{"b":2}}"#).await
}

/// A number does not merge with an object.
pub async fn another_value_takes_the_place_of_an_object(context: &Context<'_>) -> Outcome {
    expect_merged(context, r#"{"a":{"b":2}}"#, r#"{"a":false}"#, r#"{"a":false}"#).await
}

/// An empty patch has nothing to change, nor has an empty object in it.
pub async fn merging_an_empty_object_changes_nothing(context: &Context<'_>) -> Outcome {
    expect_merged(context, r#"{"a":{"b":1}}"#, "{}", r#"{"a":{"b":1}}"#).await?;
    expect_merged(context, r#"{"a":{"b":1}}"#, r#"{"a":{}}"#, r#"{"a":{"b":1}}"#).await
}

/// A user with one key in each kind of metadata.
async fn user(context: &Context<'_>) -> Outcome<User> {
    let new = context.new_user().public_metadata(json(r#"{"a":1}"#)).private_metadata(json(r#"{"b":2}"#));
    context.create(new.unsafe_metadata(json(r#"{"c":3}"#))).await
}

async fn expect_kinds(context: &Context<'_>, id: &UserId, [public, private, r#unsafe]: [&str; 3]) -> Outcome {
    let user = context.get(id).await?;
    is(&user.public_metadata, public, "public")?;
    is(&user.private_metadata, private, "private")?;
    is(&user.unsafe_metadata, r#unsafe, "unsafe")
}

/// The three kinds do not mix.
pub async fn each_kind_is_merged_on_its_own(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    let update = MetadataUpdate::new().public(json(r#"{"x":1}"#)).private(json(r#"{"y":2}"#));
    context.directory().update_metadata(&id, &update.r#unsafe(json(r#"{"z":3}"#))).await?;
    expect_kinds(context, &id, [r#"{"a":1,"x":1}"#, r#"{"b":2,"y":2}"#, r#"{"c":3,"z":3}"#]).await
}

/// A kind that is not given stays as it is.
pub async fn kinds_that_are_not_merged_stay(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    context.directory().update_metadata(&id, &MetadataUpdate::new().private(json(r#"{"y":2}"#))).await?;
    expect_kinds(context, &id, [r#"{"a":1}"#, r#"{"b":2,"y":2}"#, r#"{"c":3}"#]).await
}

/// Numbers that 64 bits can hold come back as they are, beside what is merged.
pub async fn merging_keeps_big_numbers(context: &Context<'_>) -> Outcome {
    let old = r#"{"a":9007199254740993,"b":-9223372036854775808,"c":18446744073709551615,"d":0.1}"#;
    let merged = r#"{"a":9007199254740993,"b":-9223372036854775808,"c":18446744073709551615,"d":0.1,"e":1}"#;
    expect_merged(context, old, r#"{"e":1}"#, merged).await
}

/// Twenty objects in one another are merged as two are.
pub async fn merging_goes_as_deep_as_the_objects(context: &Context<'_>) -> Outcome {
    let nested = |inner: &str| (0..20).fold(inner.to_owned(), |inner, _| format!(r#"{{"a":{inner}}}"#));
    let (old, patch) = (nested(r#"{"b":1,"c":2}"#), nested(r#"{"b":null,"d":3}"#));
    expect_merged(context, &old, &patch, &nested(r#"{"c":2,"d":3}"#)).await
}

/// The answer is the whole user after the merge.
pub async fn merged_metadata_is_answered_and_read(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    let answer =
        context.directory().update_metadata(&id, &MetadataUpdate::new().public(json(r#"{"x":1}"#))).await?;
    ensure_eq!(context.get(&id).await?, answer, "the user who is read");
    Ok(())
}

/// An object of this many bytes, with one key.
fn of_size(key: &str, size: usize) -> Metadata {
    json(&format!(r#"{{"{key}":"{}"}}"#, "x".repeat(size - key.len() - 7)))
}

/// What fits on its own may not fit beside what is there; then nothing is merged.
pub async fn more_than_8_kb_are_not_merged(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().private_metadata(of_size("a", 5_000))).await?;
    let update = MetadataUpdate::new().private(of_size("b", 5_000)).public(json(r#"{"x":1}"#));
    let result = context.directory().update_metadata(&user.id, &update).await;
    invalid(result, Operation::UpdateMetadata, codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE, Some("private_metadata"))?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a refused merge");
    Ok(())
}

/// A patch that has more than 8 KB itself is refused.
pub async fn a_merge_that_is_too_much_is_refused(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let update = MetadataUpdate::new().r#unsafe(of_size("a", 9_000));
    let result = context.directory().update_metadata(&user.id, &update).await;
    invalid(result, Operation::UpdateMetadata, codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE, Some("unsafe_metadata"))?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a refused merge");
    Ok(())
}

/// The same user, but for the metadata and the time of the change.
fn apart_from_metadata(user: &User) -> User {
    let mut user = user.clone();
    for metadata in [&mut user.public_metadata, &mut user.private_metadata, &mut user.unsafe_metadata] {
        *metadata = Metadata::default();
    }
    user.updated_at = None;
    user
}

/// Names, identifiers and the like stay as they are.
pub async fn a_merge_changes_nothing_else(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().first_name("Ada").username(context.word())).await?;
    let update = MetadataUpdate::new().public(json(r#"{"x":1}"#));
    let answer = context.directory().update_metadata(&user.id, &update).await?;
    ensure_eq!(apart_from_metadata(&answer), apart_from_metadata(&user), "the rest of the user");
    Ok(())
}

/// Nothing is left of what was there.
pub async fn a_replacement_takes_the_place_of_everything(context: &Context<'_>) -> Outcome {
    let id = context.create(context.new_user().public_metadata(json(r#"{"a":{"b":1},"c":2}"#))).await?.id;
    let replacement = MetadataReplacement::new().public(json(r#"{"a":{"d":3}}"#));
    let answer = context.directory().replace_metadata(&id, &replacement).await?;
    is(&answer.public_metadata, r#"{"a":{"d":3}}"#, "the answer")?;
    ensure_eq!(context.get(&id).await?, answer, "the user who is read");
    Ok(())
}

/// `{}` clears a kind.
pub async fn an_empty_object_clears_the_metadata(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    context.directory().replace_metadata(&id, &MetadataReplacement::new().public(Metadata::default())).await?;
    expect_kinds(context, &id, ["{}", r#"{"b":2}"#, r#"{"c":3}"#]).await
}

/// A kind that is not given stays as it is.
pub async fn kinds_that_are_not_replaced_stay(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    context.directory().replace_metadata(&id, &MetadataReplacement::new().private(json(r#"{"y":2}"#))).await?;
    expect_kinds(context, &id, [r#"{"a":1}"#, r#"{"y":2}"#, r#"{"c":3}"#]).await
}

/// The three kinds do not mix.
pub async fn each_kind_is_replaced_on_its_own(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    let replacement = MetadataReplacement::new().public(json(r#"{"x":1}"#)).private(json(r#"{"y":2}"#));
    context.directory().replace_metadata(&id, &replacement.r#unsafe(json(r#"{"z":3}"#))).await?;
    expect_kinds(context, &id, [r#"{"x":1}"#, r#"{"y":2}"#, r#"{"z":3}"#]).await
}

/// Numbers that 64 bits can hold come back as they were given.
pub async fn a_replacement_keeps_big_numbers(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    let big = r#"{"a":9007199254740993,"b":-9223372036854775808,"c":18446744073709551615}"#;
    let answer = context.directory().replace_metadata(&id, &MetadataReplacement::new().public(json(big))).await?;
    is(&answer.public_metadata, big, "the answer")
}

/// More than 8 KB of one kind are refused, and the other kinds stay too.
pub async fn a_replacement_of_more_than_8_kb_is_refused(context: &Context<'_>) -> Outcome {
    let user = user(context).await?;
    let replacement = MetadataReplacement::new().public(of_size("a", 9_000)).private(json(r#"{"y":2}"#));
    let result = context.directory().replace_metadata(&user.id, &replacement).await;
    invalid(result, Operation::ReplaceMetadata, codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE, Some("public_metadata"))?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a refused replacement");
    Ok(())
}

/// Names, identifiers and the like stay as they are.
pub async fn a_replacement_changes_nothing_else(context: &Context<'_>) -> Outcome {
    let user = context.create(context.new_user().first_name("Ada").username(context.word())).await?;
    let replacement = MetadataReplacement::new().public(json(r#"{"x":1}"#));
    let answer = context.directory().replace_metadata(&user.id, &replacement).await?;
    ensure_eq!(apart_from_metadata(&answer), apart_from_metadata(&user), "the rest of the user");
    Ok(())
}

/// An update takes no metadata, and leaves it as it is.
pub async fn an_update_leaves_the_metadata(context: &Context<'_>) -> Outcome {
    let id = user(context).await?.id;
    context.directory().update(&id, &UserUpdate::new().first_name("Ada")).await?;
    expect_kinds(context, &id, [r#"{"a":1}"#, r#"{"b":2}"#, r#"{"c":3}"#]).await
}
