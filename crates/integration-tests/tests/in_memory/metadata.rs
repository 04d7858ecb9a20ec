//! `update_metadata` and `replace_metadata`.

use user_directory::{
    ErrorKind, Metadata, MetadataReplacement, MetadataUpdate, NewUser, Operation, User, UserDirectory, codes,
};

use crate::support::{Said, World, assert_not_found, assert_unprocessable, at, json, nobody};

const LIMIT: usize = 8192;

/// `{"k":"xxx…"}` of exactly this many bytes.
fn of_size(bytes: usize) -> Metadata {
    let metadata = json(&format!(r#"{{"k":"{}"}}"#, "x".repeat(bytes - 8)));
    assert_eq!(metadata.size_in_bytes(), bytes);
    metadata
}

async fn with_public(world: &World, metadata: &str) -> User {
    world.create(NewUser::new().username("ada.lovelace").public_metadata(json(metadata))).await
}

#[tokio::test]
async fn a_merge_is_deep_null_removes_and_arrays_are_replaced() {
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
async fn a_replacement_discards_what_there_was() {
    let world = World::new();
    let id = with_public(&world, r#"{"a":{"b":1},"c":2}"#).await.id;
    let replace = async |metadata: &str| {
        let replacement = MetadataReplacement::new().public(json(metadata));
        world.directory.replace_metadata(&id, &replacement).await.unwrap().public_metadata
    };
    assert_eq!(replace(r#"{ "a" : { "d" : "x y" } }"#).await.as_json(), r#"{"a":{"d":"x y"}}"#);
    assert_eq!(replace("{}").await.as_json(), "{}");
    assert!(world.get(&id).await.public_metadata.is_empty());
}

#[tokio::test]
async fn kinds_that_are_not_given_stay() {
    let world = World::new();
    let new = NewUser::new()
        .username("ada.lovelace")
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
async fn each_kind_takes_8_kb_and_not_a_byte_more() {
    let create = Operation::Create;
    for size in [LIMIT, LIMIT + 1] {
        let metadata = of_size(size);
        for param_name in ["public_metadata", "private_metadata", "unsafe_metadata"] {
            let world = World::new();
            let new = NewUser::new().username("ada.lovelace");
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
            assert_unprocessable(created, create, code, param_name);
            assert_unprocessable(updated, Operation::UpdateMetadata, code, param_name);
            assert_unprocessable(replaced, Operation::ReplaceMetadata, code, param_name);
            assert_eq!(world.everybody().await, [before]);
        }
    }
}

#[tokio::test]
async fn a_merge_that_would_grow_over_the_limit_changes_no_kind() {
    let world = World::new();
    let before = world.create(NewUser::new().username("ada.lovelace").private_metadata(of_size(LIMIT - 3))).await;
    let update = MetadataUpdate::new().public(json(r#"{"a":1}"#)).private(json(r#"{"z":1}"#));
    let result = world.directory.update_metadata(&before.id, &update).await;
    let code = codes::FORM_PARAM_EXCEEDS_ALLOWED_SIZE;
    assert_unprocessable(result, Operation::UpdateMetadata, code, "private_metadata");
    assert_eq!(world.get(&before.id).await, before);
    // A patch that shrinks is fine.
    let update = MetadataUpdate::new().private(json(r#"{"k":null,"z":1}"#));
    let user = world.directory.update_metadata(&before.id, &update).await.unwrap();
    assert_eq!(user.private_metadata.as_json(), r#"{"z":1}"#);
}

#[tokio::test]
async fn every_kind_that_is_too_large_is_named() {
    let world = World::new();
    let id = world.user("ada").await.id;
    let big = of_size(LIMIT + 1);
    let replacement = MetadataReplacement::new().public(big.clone()).r#unsafe(big);
    let error = world.directory.replace_metadata(&id, &replacement).await.unwrap_err();
    let params: Vec<_> = error.api_errors().iter().filter_map(|error| error.param_name()).collect();
    assert_eq!(params, ["public_metadata", "unsafe_metadata"]);
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn white_space_does_not_count() {
    let world = World::new();
    let airy = json(&format!(r#"{{ "k" : [1,{}2], "s": "a b" }}"#, " ".repeat(LIMIT)));
    let compact = r#"{"k":[1,2],"s":"a b"}"#;
    let user = world.create(NewUser::new().username("ada.lovelace").public_metadata(airy.clone())).await;
    assert_eq!(user.public_metadata.as_json(), compact);
    let update = MetadataUpdate::new().private(airy.clone());
    let user = world.directory.update_metadata(&user.id, &update).await.unwrap();
    assert_eq!(user.private_metadata.as_json(), compact);
    let replacement = MetadataReplacement::new().r#unsafe(airy);
    let user = world.directory.replace_metadata(&user.id, &replacement).await.unwrap();
    assert_eq!(user.unsafe_metadata.as_json(), compact);
}

#[tokio::test]
async fn the_deepest_patch_that_fits_is_merged() {
    let world = World::new();
    let depth = (LIMIT - 1) / 6;
    let deep = |leaf: &str| json(&format!("{}{leaf}{}", r#"{"a":"#.repeat(depth), "}".repeat(depth)));
    let user = world.create(NewUser::new().username("ada.lovelace").public_metadata(deep("1"))).await;
    let update = MetadataUpdate::new().public(deep("2"));
    let user = world.directory.update_metadata(&user.id, &update).await.unwrap();
    assert_eq!(user.public_metadata.as_json(), deep("2").as_json());
}

#[tokio::test]
async fn an_unknown_user_is_not_found_before_the_metadata_is_looked_at() {
    let world = World::new();
    let update = MetadataUpdate::new().public(of_size(LIMIT + 1));
    assert_not_found(world.directory.update_metadata(&nobody(), &update).await, Operation::UpdateMetadata);
    let replacement = MetadataReplacement::new().public(of_size(LIMIT + 1));
    let error = world.directory.replace_metadata(&nobody(), &replacement).await.unwrap_err();
    let get = world.directory.get(&nobody()).await.unwrap_err();
    assert_eq!(Said::by(&error), Said::by(&get.with_operation(Operation::ReplaceMetadata)));
}
