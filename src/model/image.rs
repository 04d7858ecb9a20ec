//! [`ProfileImage`]: an image to upload.

use std::borrow::Cow;
use std::fmt;

use crate::error::{InputRule, Result};

/// An image to upload as a user's profile image.
///
/// ```
/// use user_directory::model::ProfileImage;
///
/// # let png = b"\x89PNG\r\n\x1a\n";
/// let image = ProfileImage::new(png.as_slice(), "image/png").named("ada.png");
/// assert_eq!(image.data(), png);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ProfileImage {
    data: Cow<'static, [u8]>,
    content_type: Cow<'static, str>,
    file_name: Cow<'static, str>,
}

impl ProfileImage {
    /// The maximum image size in bytes (10 MiB).
    pub const MAX_BYTES: usize = 10 * 1024 * 1024;

    /// Creates an image from its bytes and a media type such as `image/png`.
    #[must_use]
    pub fn new(data: impl Into<Cow<'static, [u8]>>, content_type: impl Into<Cow<'static, str>>) -> Self {
        Self { data: data.into(), content_type: content_type.into(), file_name: Cow::Borrowed("image") }
    }

    /// Sets the file name. The default is `image`.
    #[must_use]
    pub fn named(mut self, file_name: impl Into<Cow<'static, str>>) -> Self {
        self.file_name = file_name.into();
        self
    }

    /// Returns the image bytes.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Returns the media type.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// Returns the file name.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// Checks the content type and the file name, but not the image data.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the content type is not a valid media type, or if
    /// the content type or the file name contains a control character.
    pub fn validate(&self) -> Result<()> {
        let is_token = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
        };
        let essence = self.content_type.split(';').next().unwrap_or_default().trim_end();
        let is_media_type = essence.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
        if !is_media_type || self.content_type.contains(char::is_control) {
            return Err(InputRule::ImageType.violated_by("content_type"));
        }
        if self.file_name.contains(char::is_control) {
            return Err(InputRule::ImageFileName.violated_by("file_name"));
        }
        Ok(())
    }
}

impl fmt::Debug for ProfileImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProfileImage")
            .field("content_type", &self.content_type)
            .field("file_name", &self.file_name)
            .field("bytes", &self.data.len())
            .finish()
    }
}

/// Returns the URL of the generated avatar for a user without a profile image.
///
/// The URL is in the `.invalid` domain, which never resolves.
#[cfg(any(feature = "store", feature = "wire"))]
pub(crate) fn avatar_url(user_id: &crate::model::UserId) -> crate::model::Text {
    format!("https://images.invalid/avatars/{user_id}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validate_rejects_invalid_content_type_and_file_name() {
        let image = |content_type: &'static str| ProfileImage::new(&[][..], content_type);
        for content_type in ["image/png", "image/svg+xml", "image/svg+xml; charset=utf-8"] {
            assert!(image(content_type).validate().is_ok(), "{content_type:?}");
        }
        for content_type in ["", "png", "image/", "/png", "image /png", "image/png\r\nx: y"] {
            assert_eq!(
                image(content_type).validate().unwrap_err().param_name(),
                Some("content_type"),
                "{content_type:?}"
            );
        }
        let error = image("image/png").named("a\r\nb").validate().unwrap_err();
        assert_eq!(error.param_name(), Some("file_name"));
    }
}
