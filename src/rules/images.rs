//! Profile images.

use super::{Context, new_id, rejection, validation};
use crate::account::Account;
use crate::error::{Result, codes};
use crate::model::{ImageId, ProfileImage, User};

/// The base of image URLs. Image data is not stored, and the `.invalid` domain never resolves.
const IMAGES: &str = "https://images.invalid/";
const IMAGE_ID_PREFIX: &str = "img";

pub(crate) fn set_profile_image(account: &mut Account, image: &ProfileImage, context: Context<'_>) -> Result<()> {
    if image.data().len() > ProfileImage::MAX_BYTES {
        return Err(rejection::image_too_large());
    }
    if !validation::is_image(image.data()) {
        return Err(rejection::invalid(codes::REQUEST_BODY_INVALID, "the image could not be decoded"));
    }
    set_image(&mut account.user, &new_id(context.ids, IMAGE_ID_PREFIX)?);
    account.user.updated_at = Some(context.now);
    Ok(())
}

pub(crate) fn delete_profile_image(account: &mut Account, context: Context<'_>) {
    clear_image(&mut account.user);
    account.user.updated_at = Some(context.now);
}

/// Accepts every well-formed image id, because image data is not stored.
pub(super) fn check_image_id(image: &ImageId) -> Result<()> {
    if image.as_str().starts_with(IMAGE_ID_PREFIX) {
        return Ok(());
    }
    Err(rejection::missing(codes::IMAGE_NOT_FOUND, "image not found"))
}

pub(super) fn set_image(user: &mut User, image: &ImageId) {
    user.has_image = true;
    user.image_url = Some(format!("{IMAGES}{image}").into());
    user.profile_image_url.clone_from(&user.image_url);
}

pub(super) fn clear_image(user: &mut User) {
    user.has_image = false;
    user.image_url = None;
    user.profile_image_url = None;
}
