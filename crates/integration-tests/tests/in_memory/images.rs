//! Profile images.

use user_directory::model::ProfileImage;
use user_directory::{ErrorKind, NewUser, Operation, UserDirectory, UserUpdate, codes};

use crate::support::{World, assert_rejected, at};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const MAX: usize = 10 * 1024 * 1024;

#[tokio::test]
async fn set_profile_image_sets_image_until_delete_profile_image() {
    let world = World::new();
    let before = world.user("ada").await;
    world.tick();
    let user = world.directory.set_profile_image(&before.id, &ProfileImage::new(PNG, "image/png")).await.unwrap();
    assert!(user.has_image && user.image_url.is_some());
    assert_eq!(user.updated_at, Some(at("2026-05-12T09:00:01Z")));
    assert_eq!(world.get(&before.id).await, user);
    let other = world.directory.set_profile_image(&before.id, &ProfileImage::new(PNG, "image/png")).await.unwrap();
    assert_ne!(other.image_url, user.image_url);
    for _ in 0..2 {
        let mut user = world.directory.delete_profile_image(&before.id).await.unwrap();
        assert_eq!(world.get(&before.id).await, user);
        user.updated_at = before.updated_at;
        assert_eq!(user, before);
    }
}

#[tokio::test]
async fn set_profile_image_accepts_formats_of_browsers() {
    let world = World::new();
    let id = world.user("ada").await.id;
    for data in
        [PNG, b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\x10\0\0\0WEBPVP8 ", b"\0\0\0\x20ftypavif", b"\0\0\0\x20ftypheic"]
    {
        let image = ProfileImage::new(data, "application/octet-stream");
        assert!(world.directory.set_profile_image(&id, &image).await.unwrap().has_image, "{data:?}");
    }
}

#[tokio::test]
async fn set_profile_image_rejects_other_formats_and_large_images() {
    let world = World::new();
    let before = world.create(NewUser::new().username("ada_lovelace")).await;
    for data in [b"".as_slice(), b"%PDF-1.7", b"RIFF\x10\0\0\0WAVE", b"<svg/>"] {
        let result = world.directory.set_profile_image(&before.id, &ProfileImage::new(data, "image/png")).await;
        let bad = (400, ErrorKind::InvalidInput);
        assert_rejected(result, Operation::SetProfileImage, bad, codes::REQUEST_BODY_INVALID, None);
    }
    let mut data = PNG.to_vec();
    data.resize(MAX + 1, 0);
    let result = world.directory.set_profile_image(&before.id, &ProfileImage::new(data.clone(), "image/png")).await;
    let too_large = (413, ErrorKind::InvalidInput);
    assert_rejected(result, Operation::SetProfileImage, too_large, codes::IMAGE_TOO_LARGE, None);
    assert_eq!(world.get(&before.id).await, before);
    data.truncate(MAX);
    assert!(world.directory.set_profile_image(&before.id, &ProfileImage::new(data, "image/png")).await.is_ok());
}

#[tokio::test]
async fn update_sets_and_clears_an_uploaded_image() {
    let world = World::new();
    let before = world.user("ada").await;
    let set = UserUpdate::new().profile_image_id("img_1".parse::<user_directory::model::ImageId>().unwrap());
    let user = world.directory.update(&before.id, &set).await.unwrap();
    assert!(user.has_image && user.image_url.unwrap().ends_with("img_1"));
    let user = world.directory.update(&before.id, &UserUpdate::new().clear_profile_image_id()).await.unwrap();
    assert_eq!(user, before);
}
