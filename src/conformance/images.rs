//! Tests for profile images.

use super::check::{Outcome, ensure, ensure_eq, expect_error};
use super::context::{Context, PNG};
use crate::error::{ErrorKind, codes};
use crate::model::{ProfileImage, UserId, UserUpdate};
use crate::operation::Operation;

behaviors! {
    SetProfileImage: set_profile_image_sets_image_url, set_profile_image_replaces_image, set_profile_image_rejects_text,
        set_profile_image_rejects_more_than_10_mb;
    DeleteProfileImage: delete_profile_image_removes_the_image, delete_profile_image_accepts_user_without_image;
    Update: update_clears_profile_image;
}

/// Creates a user with an image.
async fn user_with_image(context: &Context<'_>) -> Outcome<UserId> {
    let id = context.user().await?.id;
    let user = context.directory().set_profile_image(&id, &ProfileImage::new(PNG, "image/png")).await?;
    ensure!(user.has_image, "the returned user has no image");
    Ok(id)
}

/// Checks that `set_profile_image` sets `has_image` and `image_url`.
pub async fn set_profile_image_sets_image_url(context: &Context<'_>) -> Outcome {
    let id = user_with_image(context).await?;
    let user = context.get(&id).await?;
    ensure!(user.has_image, "the user has no image");
    ensure!(user.image_url.is_some_and(|url| !url.is_empty()), "the URL of the image is missing");
    Ok(())
}

/// Checks that `set_profile_image` replaces an image.
pub async fn set_profile_image_replaces_image(context: &Context<'_>) -> Outcome {
    let id = user_with_image(context).await?;
    let before = context.get(&id).await?.image_url;
    let image = ProfileImage::new(PNG, "image/png").named("ada \"2\".png");
    let user = context.directory().set_profile_image(&id, &image).await?;
    ensure!(user.has_image, "the user has no image");
    ensure!(user.image_url != before, "the user still has the image URL {before:?}");
    Ok(())
}

/// Checks that `set_profile_image` rejects data that is not an image, and changes nothing.
pub async fn set_profile_image_rejects_text(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let image = ProfileImage::new(b"this is text".as_slice(), "image/png");
    let result = context.directory().set_profile_image(&user.id, &image).await;
    let error = expect_error(result, Operation::SetProfileImage, ErrorKind::InvalidInput, &image)?;
    ensure!(
        error.has_code(codes::REQUEST_BODY_INVALID),
        "expected the code `request_body_invalid`, found an error ({error})"
    );
    ensure_eq!(context.get(&user.id).await?, user, "the user after a rejected image");
    Ok(())
}

/// Checks that `set_profile_image` rejects an image of more than 10 MiB, and changes nothing.
pub async fn set_profile_image_rejects_more_than_10_mb(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let mut data = PNG.to_vec();
    data.resize(10 * 1024 * 1024 + 1, 0);
    let image = ProfileImage::new(data, "image/png");
    let result = context.directory().set_profile_image(&user.id, &image).await;
    expect_error(result, Operation::SetProfileImage, ErrorKind::InvalidInput, &image)?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a rejected image");
    Ok(())
}

/// Checks that `delete_profile_image` removes the image.
pub async fn delete_profile_image_removes_the_image(context: &Context<'_>) -> Outcome {
    let id = user_with_image(context).await?;
    ensure!(!context.directory().delete_profile_image(&id).await?.has_image, "the returned user has an image");
    ensure!(!context.get(&id).await?.has_image, "the user has an image");
    Ok(())
}

/// Checks that `delete_profile_image` accepts a user who has no image.
pub async fn delete_profile_image_accepts_user_without_image(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    ensure!(!context.directory().delete_profile_image(&id).await?.has_image, "the user has an image");
    Ok(())
}

/// Checks that `update` removes the image if `profile_image_id` is cleared.
pub async fn update_clears_profile_image(context: &Context<'_>) -> Outcome {
    let id = user_with_image(context).await?;
    let user = context.directory().update(&id, &UserUpdate::new().clear_profile_image_id()).await?;
    ensure!(!user.has_image, "the user has an image");
    Ok(())
}
