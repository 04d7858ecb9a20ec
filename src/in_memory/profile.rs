//! Profile images and metadata.

use super::rejection::{self, invalid_params};
use super::{Inner, rules};
use crate::error::{Result, codes};
use crate::model::{ImageId, Metadata, MetadataReplacement, MetadataUpdate, ProfileImage, User, UserId};

/// The base of image URLs. Image data is not stored, and the `.invalid` domain never resolves.
const IMAGES: &str = "https://images.invalid/";
const IMAGE_ID_PREFIX: &str = "img";

impl Inner {
    pub(super) fn set_profile_image(&self, id: &UserId, image: &ProfileImage) -> Result<User> {
        image.validate()?;
        self.record(id)?;
        if image.data().len() > ProfileImage::MAX_BYTES {
            return Err(rejection::image_too_large());
        }
        if !rules::is_image(image.data()) {
            return Err(rejection::invalid(codes::REQUEST_BODY_INVALID, "the image could not be decoded"));
        }
        let image_id = self.new_id(IMAGE_ID_PREFIX)?;
        self.edit(id, |record, _| set_image(&mut record.user, &image_id))
    }

    pub(super) fn delete_profile_image(&self, id: &UserId) -> Result<User> {
        self.edit(id, |record, _| clear_image(&mut record.user))
    }

    pub(super) fn update_metadata(&self, id: &UserId, update: &MetadataUpdate) -> Result<User> {
        self.record(id)?;
        let patches = compact([update.public.as_ref(), update.private.as_ref(), update.r#unsafe.as_ref()]);
        // Limiting the patch bounds the work of merging, which happens under the lock.
        check_metadata(&patches)?;
        let merged = |old: &Metadata, patch: &Option<Metadata>| patch.as_ref().map(|patch| old.merge(patch));
        self.change_metadata(id, |user| {
            let [public, private, r#unsafe] = &patches;
            [
                merged(&user.public_metadata, public),
                merged(&user.private_metadata, private),
                merged(&user.unsafe_metadata, r#unsafe),
            ]
        })
    }

    pub(super) fn replace_metadata(&self, id: &UserId, replacement: &MetadataReplacement) -> Result<User> {
        self.record(id)?;
        let new = compact([replacement.public.as_ref(), replacement.private.as_ref(), replacement.r#unsafe.as_ref()]);
        self.change_metadata(id, |_| new)
    }

    fn change_metadata(&self, id: &UserId, new: impl FnOnce(&User) -> [Option<Metadata>; 3]) -> Result<User> {
        self.try_edit(id, |record, now| {
            let new = new(&record.user);
            check_metadata(&new)?;
            let [public, private, r#unsafe] = new;
            let user = &mut record.user;
            for (field, new) in [
                (&mut user.public_metadata, public),
                (&mut user.private_metadata, private),
                (&mut user.unsafe_metadata, r#unsafe),
            ] {
                *field = new.unwrap_or_else(|| field.clone());
            }
            user.updated_at = Some(now);
            Ok(record.view(now, &self.settings))
        })
    }
}

fn compact(metadata: [Option<&Metadata>; 3]) -> [Option<Metadata>; 3] {
    metadata.map(|metadata| metadata.map(Metadata::compact))
}

/// Checks a replacement as [`replace_metadata`](crate::UserDirectory::replace_metadata) does, without a user.
///
/// # Errors
///
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if one kind of metadata is too large.
#[cfg(feature = "wire")]
pub fn check_replacement(replacement: &MetadataReplacement) -> Result<()> {
    check_metadata(&compact([replacement.public.as_ref(), replacement.private.as_ref(), replacement.r#unsafe.as_ref()]))
}

fn check_metadata(metadata: &[Option<Metadata>; 3]) -> Result<()> {
    let params = ["public_metadata", "private_metadata", "unsafe_metadata"].into_iter();
    let given = params.zip(metadata).filter_map(|(param_name, metadata)| Some((param_name, metadata.as_ref()?)));
    invalid_params(given.filter_map(|(param_name, metadata)| rules::metadata(param_name, metadata).err()).collect())
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
