//! The request bodies of `PATCH` and `PUT /users/{user_id}/metadata`.

use serde::{Serialize, Serializer};

use super::object::Object;
use crate::model::{Metadata, MetadataReplacement, MetadataUpdate};
#[cfg(feature = "wire")]
use {super::Form, crate::error::Result};

/// The request body of `PATCH /users/{user_id}/metadata`.
#[derive(Debug)]
pub struct MetadataUpdateBody<'a>(pub &'a MetadataUpdate);

/// The request body of `PUT /users/{user_id}/metadata`.
#[derive(Debug)]
pub struct MetadataReplacementBody<'a>(pub &'a MetadataReplacement);

impl Serialize for MetadataUpdateBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let MetadataUpdate { public, private, r#unsafe } = self.0;
        write([public, private, r#unsafe], serializer)
    }
}

impl Serialize for MetadataReplacementBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let MetadataReplacement { public, private, r#unsafe } = self.0;
        write([public, private, r#unsafe], serializer)
    }
}

fn write<S: Serializer>(
    [public, private, r#unsafe]: [&Option<Metadata>; 3],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    let mut object = Object::new(serializer.serialize_map(None)?);
    object.optional("public_metadata", public.as_ref())?;
    object.optional("private_metadata", private.as_ref())?;
    object.optional("unsafe_metadata", r#unsafe.as_ref())?;
    object.end()
}

#[cfg(feature = "wire")]
pub(super) const KINDS: [&str; 3] = ["public_metadata", "private_metadata", "unsafe_metadata"];

/// Parses the `update_metadata` request body. A metadata field that is `null` is treated as absent.
///
/// # Errors
///
/// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the body is invalid.
#[cfg(feature = "wire")]
pub fn read_metadata_update(body: &[u8]) -> Result<MetadataUpdate> {
    let mut form = Form::parse(body)?;
    let [public, private, r#unsafe] = KINDS.map(|name| form.metadata(name));
    form.finish()?;
    Ok(MetadataUpdate { public, private, r#unsafe })
}

/// Parses the `replace_metadata` request body. A `null` field replaces the metadata with `null`.
///
/// # Errors
///
/// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the body is invalid.
#[cfg(feature = "wire")]
pub fn read_metadata_replacement(body: &[u8]) -> Result<MetadataReplacement> {
    let mut form = Form::parse(body)?;
    let [public, private, r#unsafe] = KINDS.map(|name| form.new_metadata(name));
    form.finish()?;
    Ok(MetadataReplacement { public, private, r#unsafe })
}
