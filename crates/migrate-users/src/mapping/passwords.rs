//! Passwords in unmapped columns and keys, in public metadata and in another file.

use secrecy::{ExposeSecret, SecretString};

use super::columns::NameUse;
use super::draft::Draft;
use super::fields::Field;
use super::value::Value;
use super::{Mapping, digests};
use crate::rejects::Rejection;
use crate::sources::Members;

impl NameUse {
    /// Rejects a value that is not mapped to a field, but contains a password or its hash. If it were ignored, the user
    /// would lose the password, and in metadata, clients could read it.
    pub(super) fn unmapped_password(&self, value: &Value) -> Option<Rejection> {
        let (name, text, is_text) = (&self.name, value.as_str(), matches!(value, Value::Text(_)));
        let (code, contents, advice) = if digests::contains_digest(text) {
            let advice = if is_text {
                format!("use --map {name}=password_digest if it is the hash of the user's password")
            } else {
                "write the hash to a key password_digest if it belongs to the user's password".to_owned()
            };
            ("unmapped_digest", "contains a password hash", advice)
        } else if self.password.is_some_and(|name| name.is_password(text)) {
            let advice = if is_text {
                format!("use --map {name}=password_digest for hashes, or --map {name}=password for plaintext passwords")
            } else {
                "write the value to a key password_digest or password".to_owned()
            };
            ("unmapped_password", "may contain a password or its hash", advice)
        } else {
            return None;
        };
        let reason =
            format!("{name} {contents}, but is not mapped to a field; {advice}, and otherwise use --ignore {name}");
        Some(Rejection::new(code, reason).param(&**name))
    }
}

/// Rejects a password hash in metadata that clients can read.
pub(super) fn check_published(name: &str, field: &Field, value: &Value) -> Result<(), Rejection> {
    if !matches!(field.name, "public_metadata" | "unsafe_metadata") || !digests::contains_digest(value.as_str()) {
        return Ok(());
    }
    let reason = format!(
        "{name} contains a password hash, which clients could read in {}; remove it, or use --map \
         {name}=private_metadata or --ignore {name}",
        field.name
    );
    Err(Rejection::new("published_digest", reason).param(name))
}

impl Mapping {
    /// Sets the digest in the file of password hashes.
    ///
    /// # Errors
    ///
    /// Rejects a row with a different digest.
    pub(super) fn join_password(&self, members: &Members<'_>, draft: &mut Draft) -> Result<(), Rejection> {
        let Some(joined) = &self.joined else { return Ok(()) };
        let joined = joined.digest_of(members)?;
        let text = |digest: &SecretString| digest.expose_secret().trim().to_owned();
        let own = draft.credentials.digest.as_ref().map(text);
        if own.is_none() {
            draft.joined_digest.clone_from(&joined);
            draft.credentials.digest = joined;
        } else if joined.is_some() && joined.as_ref().map(text) != own {
            let reason = "the row and the file of password hashes have different hashes; remove one of them";
            return Err(Rejection::new("ambiguous_password", reason).param("password_digest"));
        }
        Ok(())
    }
}
