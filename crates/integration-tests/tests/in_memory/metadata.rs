//! `update_metadata` and `replace_metadata`.

use user_directory::{
    ErrorKind, Metadata, MetadataReplacement, MetadataUpdate, NewUser, Operation, User, UserDirectory, codes,
};

use crate::support::{ErrorSummary, World, assert_not_found, assert_param_rejected, at, json, unknown_user_id};

const LIMIT: usize = 8192;

/// Returns `{"k":"xxx…"}` with exactly this many bytes.
fn of_size(bytes: usize) -> Metadata {
    let metadata = json(&format!(r#"{{"k":"{}"}}"#, "x".repeat(bytes - 8)));
    assert_eq!(metadata.size_in_bytes(), bytes);
    metadata
}

async fn with_public(world: &World, metadata: &str) -> User {
    world.create(NewUser::new().username("ada_lovelace").public_metadata(json(metadata))).await
}

#[tokio::test]
async fn update_metadata_merges_deeply() {
    for (before, patch, after) in [
        ("{}", r#"{"a":1}"#, r#"{"a":1}"#),
        (r#"{"a":1}"#, "{}", r#"{"a":1}"#),
        (r#"{"a":1,"b":2}"#, r#"{"a":null}"#, r#"{"b":2}"#),
        (r#"{"a":{"b":{"c":1,"d":2}}}"#, r#"{"a":{"b":{"c":null,"e":3}}}"#, r#"{"a":{"b":{"d":2,"e":3}}}"#),
        (r#"{"a":[1,2,3]}"#, r#"{"a":[4]}"#, r#"{"a":[4]}"#),
        (r#"{"a":{"b":1}}"#, r#"{"a":7}"#, r#"{"a":7}"#),
        (r#"{"a":7}"#, r#"{"a":{"b":1}}"#, r#"{"a":{"b":1}}"#),
        (r#"{"a":1}"#, r#"{"missing":null}"#, r#"{"a":1}"#),
        (r#"{"a":{"b":1}}"#, r#"{"a":{}}"#, r#"{"a":{"b":1}}"#),
        (r#"{"a":{"b":1}}"#, r#"{"a":{"b":null}}"#, r#"{"a":{}}"#),
        (r#"{"n":12345678901234567890123}"#, r#"{"m":1.10}"#, r#"{"m":1.10,"n":12345678901234567890123}"#),
    ] {
        let world = World::new();
        let id = with_public(&world, before).await.id;
        let user = world.directory.update_metadata(&id, &MetadataUpdate::new().public(json(patch))).await.unwrap();
        assert_eq!(user.public_metadata.as_json(), after, "{before} + {patch}");
        assert_eq!(world.get(&id).await, user);
    }
}

#[tokio::test]
async fn update_metadata_and_replace_metadata_keep_other_kinds() {
    let world = World::new();
    let new = NewUser::new()
        .username("ada_lovelace")
        .public_metadata(json(r#"{"p":1}"#))
        .private_metadata(json(r#"{"q":1}"#))
        .unsafe_metadata(json(r#"{"u":1}"#));
    let before = world.create(new).await;
    world.tick();
    let update = MetadataUpdate::new().private(json(r#"{"r":2}"#));
    let user = world.directory.update_metadata(&before.id, &update).await.unwrap();
    let mut expected = before.clone();
    expected.private_metadata = json(r#"{"q":1,"r":2}"#);
    expected.updated_at = Some(at("2026-05-12T09:00:01Z"));
    assert_eq!(user, expected);

    let replacement = MetadataReplacement::new().r#unsafe(Metadata::default());
    let user = world.directory.replace_metadata(&before.id, &replacement).await.unwrap();
    expected.unsafe_metadata = Metadata::default();
    assert_eq!(user, expected);
    assert_eq!(world.get(&before.id).await, expected);
}

#[tokio::test]
async fn metadata_is_limited_to_8_kb_per_kind_in_all_operations() {
    let create = Operation::Create;
    for size in [LIMIT, LIMIT + 1] {
        let metadata = of_size(size);
        for param_name in ["public_metadata", "private_metadata", "unsafe_metadata"] {
            let world = World::new();
            let new = NewUser::new().username("ada_lovelace");
            let (new, update, replacement) = match param_name {
                "public_metadata" => (
                    new.public_metadata(metadata.clone()),
                    MetadataUpdate::new().public(metadata.clone()),
                    MetadataReplacement::new().public(metadata.clone()),
                ),
                "private_metadata" => (
                    new.private_metadata(metadata.clone()),
                    MetadataUpdate::new().private(metadata.clone()),
                    MetadataReplacement::new().private(metadata.clone()),
                ),
                _ => (
                    new.unsafe_metadata(metadata.clone()),
                    MetadataUpdate::new().r#unsafe(metadata.clone()),
                    MetadataReplacement::new().r#unsafe(metadata.clone()),
                ),
            };
            let id = world.user("grace").await.id;
            let before = world.get(&id).await;
            let created = world.directory.create(&new).await;
            let updated = world.directory.update_metadata(&id, &update).await;
            let replaced = world.directory.replace_metadata(&id, &replacement).await;
            if size == LIMIT {
                assert!(created.is_ok() && updated.is_ok() && replaced.is_ok(), "{param_name}");
                continue;
            }
            let code = codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE;
            assert_param_rejected(created, create, code, param_name);
            assert_param_rejected(updated, Operation::UpdateMetadata, code, param_name);
            assert_param_rejected(replaced, Operation::ReplaceMetadata, code, param_name);
            assert_eq!(world.all_users().await, [before]);
        }
    }
}

#[tokio::test]
async fn update_metadata_rejects_merge_over_the_limit_and_changes_nothing() {
    let world = World::new();
    let before = world.create(NewUser::new().username("ada_lovelace").private_metadata(of_size(LIMIT - 3))).await;
    let update = MetadataUpdate::new().public(json(r#"{"a":1}"#)).private(json(r#"{"z":1}"#));
    let result = world.directory.update_metadata(&before.id, &update).await;
    let code = codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE;
    assert_param_rejected(result, Operation::UpdateMetadata, code, "private_metadata");
    assert_eq!(world.get(&before.id).await, before);
    // A patch that shrinks the metadata is accepted.
    let update = MetadataUpdate::new().private(json(r#"{"k":null,"z":1}"#));
    let user = world.directory.update_metadata(&before.id, &update).await.unwrap();
    assert_eq!(user.private_metadata.as_json(), r#"{"z":1}"#);
}

#[tokio::test]
async fn replace_metadata_reports_every_kind_that_is_too_large() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let big = of_size(LIMIT + 1);
    let replacement = MetadataReplacement::new().public(big.clone()).r#unsafe(big);
    let error = world.directory.replace_metadata(&id, &replacement).await.unwrap_err();
    let params: Vec<_> = error.details().iter().filter_map(|error| error.param_name()).collect();
    assert_eq!(params, ["public_metadata", "unsafe_metadata"]);
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn metadata_is_stored_without_whitespace_in_all_operations() {
    let world = World::new();
    let airy = json(&format!(r#"{{ "k" : [1,{}2], "s": "a b" }}"#, " ".repeat(LIMIT)));
    let compact = r#"{"k":[1,2],"s":"a b"}"#;
    let user = world.create(NewUser::new().username("ada_lovelace").public_metadata(airy.clone())).await;
    assert_eq!(user.public_metadata.as_json(), compact);
    let update = MetadataUpdate::new().private(airy.clone());
    let user = world.directory.update_metadata(&user.id, &update).await.unwrap();
    assert_eq!(user.private_metadata.as_json(), compact);
    let replacement = MetadataReplacement::new().r#unsafe(airy);
    let user = world.directory.replace_metadata(&user.id, &replacement).await.unwrap();
    assert_eq!(user.unsafe_metadata.as_json(), compact);
}

#[tokio::test]
async fn update_metadata_merges_deeply_nested_patch() {
    let world = World::new();
    let depth = (LIMIT - 1) / 6;
    let deep = |leaf: &str| json(&format!("{}{leaf}{}", r#"{"a":"#.repeat(depth), "}".repeat(depth)));
    let user = world.create(NewUser::new().username("ada_lovelace").public_metadata(deep("1"))).await;
    let update = MetadataUpdate::new().public(deep("2"));
    let user = world.directory.update_metadata(&user.id, &update).await.unwrap();
    assert_eq!(user.public_metadata.as_json(), deep("2").as_json());
}

#[tokio::test]
async fn update_metadata_and_replace_metadata_look_up_user_before_size_check() {
    let world = World::new();
    let update = MetadataUpdate::new().public(of_size(LIMIT + 1));
    assert_not_found(world.directory.update_metadata(&unknown_user_id(), &update).await, Operation::UpdateMetadata);
    let replacement = MetadataReplacement::new().public(of_size(LIMIT + 1));
    let error = world.directory.replace_metadata(&unknown_user_id(), &replacement).await.unwrap_err();
    let get = world.directory.get(&unknown_user_id()).await.unwrap_err();
    assert_eq!(ErrorSummary::of(&error), ErrorSummary::of(&get.with_operation(Operation::ReplaceMetadata)));
}
