//! Metadata.

use super::rejection::invalid_params;
use super::{Context, validation};
use crate::account::Account;
use crate::error::Result;
use crate::model::{Metadata, MetadataReplacement, MetadataUpdate};

pub(crate) fn update_metadata(account: &mut Account, update: &MetadataUpdate, context: Context<'_>) -> Result<()> {
    let patches = compact([update.public.as_ref(), update.private.as_ref(), update.r#unsafe.as_ref()]);
    check_metadata(&patches)?;
    let user = &account.user;
    let old = [&user.public_metadata, &user.private_metadata, &user.unsafe_metadata];
    let mut merged = [None, None, None];
    for ((merged, old), patch) in merged.iter_mut().zip(old).zip(&patches) {
        *merged = patch.as_ref().map(|patch| old.merge(patch));
    }
    set_metadata(account, merged, context)
}

pub(crate) fn replace_metadata(
    account: &mut Account,
    replacement: &MetadataReplacement,
    context: Context<'_>,
) -> Result<()> {
    set_metadata(account, compact(parts(replacement)), context)
}

fn set_metadata(account: &mut Account, new: [Option<Metadata>; 3], context: Context<'_>) -> Result<()> {
    check_metadata(&new)?;
    let user = &mut account.user;
    let old = [&mut user.public_metadata, &mut user.private_metadata, &mut user.unsafe_metadata];
    for (old, new) in old.into_iter().zip(new) {
        if let Some(new) = new {
            *old = new;
        }
    }
    user.updated_at = Some(context.now);
    Ok(())
}

fn compact(metadata: [Option<&Metadata>; 3]) -> [Option<Metadata>; 3] {
    metadata.map(|metadata| metadata.map(Metadata::compact))
}

fn parts(replacement: &MetadataReplacement) -> [Option<&Metadata>; 3] {
    [replacement.public.as_ref(), replacement.private.as_ref(), replacement.r#unsafe.as_ref()]
}

/// Checks the metadata sizes in a replacement, as [`replace_metadata`](crate::UserDirectory::replace_metadata) does.
///
/// # Errors
///
/// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the public, private or unsafe metadata is too large.
#[cfg(feature = "wire")]
pub fn check_replacement(replacement: &MetadataReplacement) -> Result<()> {
    check_metadata(&compact(parts(replacement)))
}

fn check_metadata(metadata: &[Option<Metadata>; 3]) -> Result<()> {
    let params = ["public_metadata", "private_metadata", "unsafe_metadata"].into_iter();
    let given = params.zip(metadata).filter_map(|(param_name, metadata)| Some((param_name, metadata.as_ref()?)));
    invalid_params(given.filter_map(|(name, metadata)| validation::metadata(name, metadata).err()).collect())
}

#[cfg(test)]
mod tests;
