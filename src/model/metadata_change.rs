//! The two ways to change metadata: merging and replacing. They are two types, so that one is not taken for the other.

use crate::model::debug::debug_set_fields;
use crate::model::metadata::Metadata;

/// Metadata to merge into what a user has: nested objects are merged, `null` removes a key at any depth, arrays are
/// replaced. Beware of a structure whose field is `None`: that is `null`, and removes the key.
///
/// ```
/// use user_directory::{Metadata, MetadataUpdate};
/// use serde_json::json;
///
/// let update = MetadataUpdate::new().public(Metadata::new(&json!({ "plan": "pro", "trial": null }))?);
/// # assert!(update.private.is_none());
/// # Ok::<(), user_directory::Error>(())
/// ```
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct MetadataUpdate {
    /// What to merge into the public metadata.
    pub public: Option<Metadata>,
    /// What to merge into the private metadata.
    pub private: Option<Metadata>,
    /// What to merge into the unsafe metadata.
    pub r#unsafe: Option<Metadata>,
}

debug_set_fields! { MetadataUpdate { public, private, r#unsafe } }

impl MetadataUpdate {
    /// No change.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Merge this into the public metadata.
    #[must_use]
    pub fn public(mut self, patch: Metadata) -> Self {
        self.public = Some(patch);
        self
    }

    /// Merge this into the private metadata.
    #[must_use]
    pub fn private(mut self, patch: Metadata) -> Self {
        self.private = Some(patch);
        self
    }

    /// Merge this into the unsafe metadata.
    #[must_use]
    pub fn r#unsafe(mut self, patch: Metadata) -> Self {
        self.r#unsafe = Some(patch);
        self
    }
}

/// Metadata to put in the place of what a user has. A kind that is not given stays; an empty object clears it.
///
/// ```
/// use user_directory::{Metadata, MetadataReplacement};
///
/// let clear_private = MetadataReplacement::new().private(Metadata::default());
/// # assert!(clear_private.public.is_none());
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
    /// No change.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The new public metadata.
    #[must_use]
    pub fn public(mut self, metadata: Metadata) -> Self {
        self.public = Some(metadata);
        self
    }

    /// The new private metadata.
    #[must_use]
    pub fn private(mut self, metadata: Metadata) -> Self {
        self.private = Some(metadata);
        self
    }

    /// The new unsafe metadata.
    #[must_use]
    pub fn r#unsafe(mut self, metadata: Metadata) -> Self {
        self.r#unsafe = Some(metadata);
        self
    }
}
