//! Profile images.

use super::check::{Outcome, ensure, ensure_eq, refused};
use super::context::{Context, PNG};
use crate::error::{ErrorKind, codes};
use crate::model::{ProfileImage, UserId, UserUpdate};
use crate::operation::Operation;

behaviours! {
    SetProfileImage: an_uploaded_image_is_shown, an_image_can_be_replaced, what_is_no_image_is_refused,
        an_image_of_more_than_10_mb_is_refused;
    DeleteProfileImage: a_deleted_image_is_not_shown, a_user_without_image_can_have_it_deleted;
    Update: an_update_clears_the_image;
}

/// Creates a user with an image.
async fn user_with_image(context: &Context<'_>) -> Outcome<UserId> {
    let id = context.user().await?.id;
    let user = context.directory().set_profile_image(&id, &ProfileImage::new(PNG, "image/png")).await?;
    ensure!(user.has_image, "the user who is answered has no image");
    Ok(id)
}

/// The user has an image, and its URL.
pub async fn an_uploaded_image_is_shown(context: &Context<'_>) -> Outcome {
    let id = user_with_image(context).await?;
    let user = context.get(&id).await?;
    ensure!(user.has_image, "the user has no image");
    ensure!(user.image_url.is_some_and(|url| !url.is_empty()), "the URL of the image is missing");
    Ok(())
}

/// Another image takes the place of the first.
pub async fn an_image_can_be_replaced(context: &Context<'_>) -> Outcome {
    let id = user_with_image(context).await?;
    let image = ProfileImage::new(PNG, "image/png").named("ada \"2\".png");
    ensure!(context.directory().set_profile_image(&id, &image).await?.has_image, "the user has no image");
    Ok(())
}

/// Text is no image, and changes nothing.
pub async fn what_is_no_image_is_refused(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let image = ProfileImage::new(b"this is text".as_slice(), "image/png");
    let result = context.directory().set_profile_image(&user.id, &image).await;
    let error = refused(result, Operation::SetProfileImage, ErrorKind::InvalidInput)?;
    ensure!(error.has_code(codes::REQUEST_BODY_INVALID), "the error should say that the body is invalid: {error}");
    ensure_eq!(context.get(&user.id).await?, user, "the user after a refused image");
    Ok(())
}

/// An image may have 10 MB at most.
pub async fn an_image_of_more_than_10_mb_is_refused(context: &Context<'_>) -> Outcome {
    let user = context.user().await?;
    let mut data = PNG.to_vec();
    data.resize(10 * 1024 * 1024 + 1, 0);
    let result = context.directory().set_profile_image(&user.id, &ProfileImage::new(data, "image/png")).await;
    refused(result, Operation::SetProfileImage, ErrorKind::InvalidInput)?;
    ensure_eq!(context.get(&user.id).await?, user, "the user after a refused image");
    Ok(())
}

/// The user has no image any more.
pub async fn a_deleted_image_is_not_shown(context: &Context<'_>) -> Outcome {
    let id = user_with_image(context).await?;
    ensure!(!context.directory().delete_profile_image(&id).await?.has_image, "the user who is answered has an image");
    ensure!(!context.get(&id).await?.has_image, "the user has an image");
    Ok(())
}

/// Where there is no image, the answer is a user without one.
pub async fn a_user_without_image_can_have_it_deleted(context: &Context<'_>) -> Outcome {
    let id = context.user().await?.id;
    ensure!(!context.directory().delete_profile_image(&id).await?.has_image, "the user has an image");
    Ok(())
}

/// `profile_image_id` can be cleared.
pub async fn an_update_clears_the_image(context: &Context<'_>) -> Outcome {
    let id = user_with_image(context).await?;
    let user = context.directory().update(&id, &UserUpdate::new().clear_profile_image_id()).await?;
    ensure!(!user.has_image, "the user has an image");
    Ok(())
}
