//! Request bodies of the password and TOTP operations.

use serde::{Serialize, Serializer};

use super::object::Object;
use crate::model::{Password, Sessions, TotpCode};
#[cfg(feature = "wire")]
use {super::Form, crate::error::Result};

/// The request body of `POST /users/{user_id}/verify_password`.
#[derive(Debug)]
pub struct VerifyPasswordBody<'a>(pub &'a Password);

/// The request body of `POST /users/{user_id}/verify_totp`.
#[derive(Debug)]
pub struct VerifyTotpBody<'a>(pub &'a TotpCode);

/// The request body of `POST /users/{user_id}/remove_password`.
#[derive(Debug)]
pub struct RemovePasswordBody(pub Sessions);

/// The request body of `POST /users/{user_id}/password/set_compromised`.
#[derive(Debug)]
pub struct SetPasswordCompromisedBody(pub Sessions);

impl Serialize for VerifyPasswordBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        write("password", self.0.expose_secret(), serializer)
    }
}

impl Serialize for VerifyTotpBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        write("code", self.0.expose_secret(), serializer)
    }
}

impl Serialize for RemovePasswordBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        write("sign_out_of_other_sessions", self.0 == Sessions::Revoke, serializer)
    }
}

impl Serialize for SetPasswordCompromisedBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        write("revoke_all_sessions", self.0 == Sessions::Revoke, serializer)
    }
}

fn write<S: Serializer>(
    name: &'static str,
    value: impl Serialize,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    let mut object = Object::new(serializer.serialize_map(None)?);
    object.required(name, value)?;
    object.end()
}

/// Parses the `verify_password` request body.
///
/// # Errors
///
/// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the body is invalid.
#[cfg(feature = "wire")]
pub fn read_verify_password(body: &[u8]) -> Result<Password> {
    let mut form = Form::parse(body)?;
    let password: String = form.required("password");
    form.finish()?;
    Ok(Password::new(password))
}

/// Parses the `verify_totp` request body.
///
/// # Errors
///
/// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the body is invalid.
#[cfg(feature = "wire")]
pub fn read_verify_totp(body: &[u8]) -> Result<TotpCode> {
    let mut form = Form::parse(body)?;
    let code: String = form.required("code");
    form.finish()?;
    Ok(TotpCode::new(code))
}

/// Parses the `remove_password` request body, which specifies whether to revoke the user's sessions.
///
/// # Errors
///
/// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the body is invalid.
#[cfg(feature = "wire")]
pub fn read_remove_password(body: &[u8]) -> Result<Sessions> {
    let mut form = Form::parse(body)?;
    let revoke = form.optional("sign_out_of_other_sessions").unwrap_or(false);
    form.finish()?;
    Ok(sessions(revoke))
}

/// Parses the `set_password_compromised` request body, which specifies whether to revoke the user's sessions.
///
/// # Errors
///
/// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the body is invalid.
#[cfg(feature = "wire")]
pub fn read_set_password_compromised(body: &[u8]) -> Result<Sessions> {
    let mut form = Form::parse(body)?;
    let revoke = form.optional("revoke_all_sessions").unwrap_or(false);
    form.finish()?;
    Ok(sessions(revoke))
}

#[cfg(feature = "wire")]
pub(super) fn sessions(revoke: bool) -> Sessions {
    if revoke { Sessions::Revoke } else { Sessions::Keep }
}
