//! The two ways to change metadata: merging and replacing.

use crate::model::debug::debug_set_fields;
use crate::model::metadata::Metadata;

/// Metadata to merge into the metadata of a user.
///
/// Nested objects are merged, `null` removes a key at any depth, and arrays are replaced. A field of a struct that is
/// `None` is serialized as `null` and therefore removes the key; see [`Metadata::new`].
///
/// Use [`MetadataReplacement`] to replace all metadata of a kind.
///
/// ```
/// use user_directory::{Metadata, MetadataUpdate};
/// use serde_json::json;
///
/// let update = MetadataUpdate::new().public(Metadata::new(&json!({ "plan": "pro", "trial": null }))?);
/// assert!(update.private.is_none());
/// # Ok::<(), user_directory::Error>(())
/// ```
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct MetadataUpdate {
    /// The patch of the public metadata.
    pub public: Option<Metadata>,
    /// The patch of the private metadata.
    pub private: Option<Metadata>,
    /// The patch of the unsafe metadata.
    pub r#unsafe: Option<Metadata>,
}

debug_set_fields! { MetadataUpdate { public, private, r#unsafe } }

impl MetadataUpdate {
    /// Creates a request that changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the patch of the public metadata.
    #[must_use]
    pub fn public(mut self, patch: Metadata) -> Self {
        self.public = Some(patch);
        self
    }

    /// Sets the patch of the private metadata.
    #[must_use]
    pub fn private(mut self, patch: Metadata) -> Self {
        self.private = Some(patch);
        self
    }

    /// Sets the patch of the unsafe metadata.
    #[must_use]
    pub fn r#unsafe(mut self, patch: Metadata) -> Self {
        self.r#unsafe = Some(patch);
        self
    }
}

/// Metadata that replaces the metadata of a user.
///
/// A kind that is not set stays unchanged. An empty object clears the kind. Metadata that was decoded from `null` stores
/// `null`, which is read as an empty object.
///
/// ```
/// use user_directory::{Metadata, MetadataReplacement};
///
/// let clear_private = MetadataReplacement::new().private(Metadata::default());
/// assert!(clear_private.public.is_none());
/// ```
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct MetadataReplacement {
    /// The new public metadata.
    pub public: Option<Metadata>,
    /// The new private metadata.
    pub private: Option<Metadata>,
    /// The new unsafe metadata.
    pub r#unsafe: Option<Metadata>,
}

debug_set_fields! { MetadataReplacement { public, private, r#unsafe } }

impl MetadataReplacement {
    /// Creates a request that changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the new public metadata.
    #[must_use]
    pub fn public(mut self, metadata: Metadata) -> Self {
        self.public = Some(metadata);
        self
    }

    /// Sets the new private metadata.
    #[must_use]
    pub fn private(mut self, metadata: Metadata) -> Self {
        self.private = Some(metadata);
        self
    }

    /// Sets the new unsafe metadata.
    #[must_use]
    pub fn r#unsafe(mut self, metadata: Metadata) -> Self {
        self.r#unsafe = Some(metadata);
        self
    }
}
