//! JSON request bodies, with encoders for clients and decoders for servers.

mod billing;
#[cfg(feature = "wire")]
mod form;
mod identifiers;
mod metadata;
mod new_user;
#[cfg(feature = "wire")]
mod not_an_object;
mod object;
mod passwords;
mod replacement;
#[cfg(feature = "wire")]
mod rfc3339;
mod user_update;
mod users;

pub use billing::CreditAdjustmentBody;
#[cfg(feature = "wire")]
pub use billing::read_credit_adjustment;
#[cfg(feature = "wire")]
pub use form::Form;
pub use metadata::{MetadataReplacementBody, MetadataUpdateBody};
#[cfg(feature = "wire")]
pub use metadata::{read_metadata_replacement, read_metadata_update};
pub use new_user::NewUserBody;
#[cfg(feature = "wire")]
pub use new_user::read_new_user;
pub use passwords::{RemovePasswordBody, SetPasswordCompromisedBody, VerifyPasswordBody, VerifyTotpBody};
#[cfg(feature = "wire")]
pub use passwords::{read_remove_password, read_set_password_compromised, read_verify_password, read_verify_totp};
pub use replacement::{EmailAddressReplacementBody, PhoneNumberReplacementBody};
#[cfg(feature = "wire")]
pub use replacement::{read_email_address_replacement, read_phone_number_replacement};
pub use user_update::UserUpdateBody;
#[cfg(feature = "wire")]
pub use user_update::read_user_update;
pub use users::UserIdsBody;
#[cfg(feature = "wire")]
pub use users::read_user_ids;

#[cfg(feature = "wire")]
use crate::error::Result;

/// Checks the request body of an operation that takes no body parameters.
///
/// # Errors
///
/// Returns [`InvalidInput`](crate::ErrorKind::InvalidInput) unless the body is empty, `null` or an empty JSON object.
#[cfg(feature = "wire")]
pub fn read_nothing(body: &[u8]) -> Result<()> {
    Form::parse(body)?.finish()
}

#[cfg(all(test, feature = "wire"))]
mod tests;
