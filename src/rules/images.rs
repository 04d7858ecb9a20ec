//! Profile images.

use super::{Context, new_id, rejection, validation};
use crate::account::Account;
use crate::error::{Result, codes};
use crate::model::{ImageId, ProfileImage, User};

/// The base of image URLs. Image data is not stored, so the URLs use the `.invalid` domain, which never resolves.
const IMAGES: &str = "https://images.invalid/";
const IMAGE_ID_PREFIX: &str = "img";

pub(crate) fn set_profile_image(account: &mut Account, image: &ProfileImage, context: Context<'_>) -> Result<()> {
    if image.data().len() > ProfileImage::MAX_BYTES {
        return Err(rejection::image_too_large());
    }
    if !validation::is_image(image.data()) {
        let long = "The image could not be decoded. Please ensure the image is valid and try again.";
        return Err(rejection::invalid(codes::REQUEST_BODY_INVALID, "Image decode error", long));
    }
    set_image(&mut account.user, &new_id(context.ids, IMAGE_ID_PREFIX)?);
    account.user.updated_at = Some(context.now);
    Ok(())
}

pub(crate) fn delete_profile_image(account: &mut Account, context: Context<'_>) {
    clear_image(&mut account.user);
    account.user.updated_at = Some(context.now);
}

/// Checks the prefix of an image id.
///
/// Image ids are not stored, so the existence of the image cannot be checked.
pub(super) fn check_image_id(image: &ImageId) -> Result<()> {
    if image.as_str().starts_with(IMAGE_ID_PREFIX) { Ok(()) } else { Err(rejection::image_not_found()) }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::rules::tests::{Instance, assert_rejected, empty_account, full_account, id, now};

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

    /// Returns a PNG image of a given size.
    fn image(bytes: usize) -> ProfileImage {
        let mut data = PNG.to_vec();
        data.resize(bytes, 0);
        ProfileImage::new(data, "image/png")
    }

    #[test]
    fn set_profile_image_sets_a_new_url() {
        let instance = Instance::default();
        for (mut account, url) in
            [(empty_account(), "https://images.invalid/img_1"), (full_account(), "https://images.invalid/img_2")]
        {
            let mut expected = account.clone();
            expected.user.has_image = true;
            expected.user.image_url = Some(url.into());
            expected.user.profile_image_url = Some(url.into());
            expected.user.updated_at = Some(now());
            set_profile_image(&mut account, &image(PNG.len()), instance.context()).unwrap();
            assert_eq!(account, expected);
        }
    }

    #[test]
    fn set_profile_image_accepts_the_maximum_size_and_rejects_larger_images() {
        let instance = Instance::default();
        let set = |bytes| set_profile_image(&mut empty_account(), &image(bytes), instance.context());
        assert!(set(ProfileImage::MAX_BYTES).is_ok());
        let too_large = set(ProfileImage::MAX_BYTES + 1);
        assert_rejected(too_large, ErrorKind::InvalidInput, &[(codes::IMAGE_TOO_LARGE, None)]);
    }

    #[test]
    fn set_profile_image_rejects_other_files() {
        let instance = Instance::default();
        let text = ProfileImage::new(&b"text"[..], "image/png");
        let result = set_profile_image(&mut empty_account(), &text, instance.context());
        assert_rejected(result, ErrorKind::InvalidInput, &[(codes::REQUEST_BODY_INVALID, None)]);
    }

    #[test]
    fn delete_profile_image_clears_the_urls() {
        let mut account = full_account();
        let mut expected = account.clone();
        expected.user.has_image = false;
        (expected.user.image_url, expected.user.profile_image_url) = (None, None);
        expected.user.updated_at = Some(now());
        delete_profile_image(&mut account, Instance::default().context());
        assert_eq!(account, expected);
    }

    #[test]
    fn check_image_id_rejects_ids_of_other_resources() {
        assert!(check_image_id(&id("img_1")).is_ok());
        let other = check_image_id(&id("user_1"));
        assert_rejected(other, ErrorKind::NotFound, &[(codes::IMAGE_NOT_FOUND, None)]);
    }
}
