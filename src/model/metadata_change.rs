//! Changes to metadata: merging and replacing.

use crate::model::debug::debug_set_fields;
use crate::model::metadata::Metadata;

/// A patch to merge into a user's metadata (JSON Merge Patch, RFC 7396).
///
/// Passed to [`update_metadata`](crate::UserDirectory::update_metadata). Nested objects are merged, a `null` value
/// removes its key at any depth, and arrays are replaced. Public, private or unsafe metadata without a patch is left
/// unchanged.
///
/// If a patch is [created from a struct](Metadata::new), a field that is `None` removes its key, because it is
/// serialized as `null`.
///
/// To replace metadata, use [`MetadataReplacement`].
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
    /// The patch for the public metadata.
    pub public: Option<Metadata>,
    /// The patch for the private metadata.
    pub private: Option<Metadata>,
    /// The patch for the unsafe metadata.
    pub r#unsafe: Option<Metadata>,
}

debug_set_fields! { MetadataUpdate { public, private, r#unsafe } }

impl MetadataUpdate {
    /// Creates an empty update.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the patch for the public metadata.
    #[must_use]
    pub fn public(mut self, patch: Metadata) -> Self {
        self.public = Some(patch);
        self
    }

    /// Sets the patch for the private metadata.
    #[must_use]
    pub fn private(mut self, patch: Metadata) -> Self {
        self.private = Some(patch);
        self
    }

    /// Sets the patch for the unsafe metadata.
    #[must_use]
    pub fn r#unsafe(mut self, patch: Metadata) -> Self {
        self.r#unsafe = Some(patch);
        self
    }
}

/// Metadata that [replaces](crate::UserDirectory::replace_metadata) a user's existing metadata.
///
/// Each kind of metadata (public, private, unsafe) is replaced in full if it is set, and kept otherwise. An empty
/// object clears the existing metadata.
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
    /// Creates an empty replacement.
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
