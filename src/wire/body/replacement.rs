//! The request bodies of `PUT /users/{user_id}/email_address` and `PUT /users/{user_id}/phone_number`.

use serde::{Serialize, Serializer};

use super::identifiers::status_name;
use super::object::Object;
use crate::model::{EmailAddressReplacement, PhoneNumberReplacement};
#[cfg(feature = "wire")]
use {super::Form, crate::error::Result, crate::model::IdentifierStatus};

/// The request body of `PUT /users/{user_id}/email_address`.
#[derive(Debug)]
pub struct EmailAddressReplacementBody<'a>(pub &'a EmailAddressReplacement);

/// The request body of `PUT /users/{user_id}/phone_number`.
#[derive(Debug)]
pub struct PhoneNumberReplacementBody<'a>(pub &'a PhoneNumberReplacement);

impl Serialize for EmailAddressReplacementBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let EmailAddressReplacement { email_address, identification_status, notify_primary_email_address_changed } =
            self.0;
        let mut object = Object::new(serializer.serialize_map(None)?);
        object.required("email_address", email_address)?;
        object.optional("identification_status", identification_status.map(status_name))?;
        object.optional("notify_primary_email_address_changed", notify_primary_email_address_changed.as_ref())?;
        object.end()
    }
}

impl Serialize for PhoneNumberReplacementBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let PhoneNumberReplacement { phone_number, identification_status } = self.0;
        let mut object = Object::new(serializer.serialize_map(None)?);
        object.required("phone_number", phone_number)?;
        object.optional("identification_status", identification_status.map(status_name))?;
        object.end()
    }
}

/// Parses the `replace_email_address` request body.
///
/// # Errors
///
/// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the body is invalid.
#[cfg(feature = "wire")]
pub fn read_email_address_replacement(body: &[u8]) -> Result<EmailAddressReplacement> {
    let mut form = Form::parse(body)?;
    let replacement = EmailAddressReplacement {
        email_address: form.required("email_address"),
        identification_status: read_status(&mut form),
        notify_primary_email_address_changed: form.optional("notify_primary_email_address_changed"),
    };
    form.finish()?;
    Ok(replacement)
}

/// Parses the `replace_phone_number` request body.
///
/// # Errors
///
/// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) if the body is invalid.
#[cfg(feature = "wire")]
pub fn read_phone_number_replacement(body: &[u8]) -> Result<PhoneNumberReplacement> {
    let mut form = Form::parse(body)?;
    let replacement = PhoneNumberReplacement {
        phone_number: form.required("phone_number"),
        identification_status: read_status(&mut form),
    };
    form.finish()?;
    Ok(replacement)
}

#[cfg(feature = "wire")]
fn read_status(form: &mut Form<'_>) -> Option<IdentifierStatus> {
    let statuses = [IdentifierStatus::Verified, IdentifierStatus::Reserved, IdentifierStatus::Unverified];
    form.choice("identification_status", &statuses.map(|status| (status_name(status), status)))
}
