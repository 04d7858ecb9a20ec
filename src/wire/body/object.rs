//! [`Object`]: writes a JSON object field by field.

use serde::Serialize;
use serde::ser::SerializeMap;

use crate::model::{BackupCode, Metadata, NewPassword, Patch};

/// A writer for the fields of a JSON object. Optional fields without a value are omitted.
pub(super) struct Object<M>(M);

impl<M: SerializeMap> Object<M> {
    pub(super) fn new(map: M) -> Self {
        Self(map)
    }

    pub(super) fn end(self) -> Result<M::Ok, M::Error> {
        self.0.end()
    }

    pub(super) fn required(&mut self, name: &'static str, value: impl Serialize) -> Result<(), M::Error> {
        self.0.serialize_entry(name, &value)
    }

    pub(super) fn optional(&mut self, name: &'static str, value: Option<impl Serialize>) -> Result<(), M::Error> {
        value.map_or(Ok(()), |value| self.required(name, value))
    }

    /// Writes a list, unless it is empty.
    pub(super) fn list(&mut self, name: &'static str, values: &[impl Serialize]) -> Result<(), M::Error> {
        self.optional(name, (!values.is_empty()).then_some(values))
    }

    /// Writes a password, or a password digest and its hasher.
    pub(super) fn password(&mut self, password: Option<&NewPassword>) -> Result<(), M::Error> {
        match password {
            None => Ok(()),
            Some(NewPassword::Plain(password)) => self.required("password", password.expose_secret()),
            Some(NewPassword::Digest(digest)) => {
                self.required("password_digest", digest.expose_secret())?;
                self.required("password_hasher", digest.hasher())
            }
        }
    }

    /// Writes metadata, unless it is empty.
    pub(super) fn metadata(&mut self, name: &'static str, metadata: &Metadata) -> Result<(), M::Error> {
        self.optional(name, (!metadata.is_empty()).then_some(metadata))
    }

    /// Writes `null` for [`Patch::Clear`], the value for [`Patch::Set`], and nothing for [`Patch::Keep`].
    pub(super) fn patch<'a, T, V: Serialize>(
        &mut self,
        name: &'static str,
        patch: &'a Patch<T>,
        write: impl FnOnce(&'a T) -> V,
    ) -> Result<(), M::Error> {
        match patch {
            Patch::Keep => Ok(()),
            Patch::Clear => self.required(name, ()),
            Patch::Set(value) => self.required(name, write(value)),
        }
    }
}

pub(super) fn exposed(codes: &[BackupCode]) -> Vec<&str> {
    codes.iter().map(BackupCode::expose_secret).collect()
}
