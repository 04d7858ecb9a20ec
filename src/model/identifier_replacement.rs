//! Requests to replace all of a user's email addresses or phone numbers.

use crate::model::debug::debug_set_fields;
use crate::model::identifier_status::IdentifierStatus;
use crate::model::text::Text;

/// A request to replace all of a user's email addresses with a new one.
///
/// Passed to [`replace_email_address`](crate::UserDirectory::replace_email_address).
///
/// ```
/// use user_directory::model::{EmailAddressReplacement, IdentifierStatus};
///
/// let replacement = EmailAddressReplacement::new("ada@example.org")
///     .identification_status(IdentifierStatus::Reserved)
///     .notify_primary_email_address_changed(true);
/// assert_eq!(replacement.email_address, "ada@example.org");
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EmailAddressReplacement {
    /// The new email address.
    pub email_address: Text,
    /// The status of the new email address. The default is [`Verified`](IdentifierStatus::Verified).
    pub identification_status: Option<IdentifierStatus>,
    /// Whether to notify the previous primary email address, if it differs from the new one.
    pub notify_primary_email_address_changed: Option<bool>,
}

debug_set_fields! {
    EmailAddressReplacement {
        email_address, identification_status, notify_primary_email_address_changed
    }
}

impl EmailAddressReplacement {
    /// Creates a request that marks the new email address as verified and sends no notification.
    #[must_use]
    pub fn new(email_address: impl Into<Text>) -> Self {
        Self {
            email_address: email_address.into(),
            identification_status: None,
            notify_primary_email_address_changed: None,
        }
    }

    /// Sets the status of the new email address.
    ///
    /// The user cannot sign in with an [`Unverified`](IdentifierStatus::Unverified) identifier.
    #[must_use]
    pub fn identification_status(mut self, status: IdentifierStatus) -> Self {
        self.identification_status = Some(status);
        self
    }

    /// Sets whether to notify the previous primary email address, if it differs from the new one.
    #[must_use]
    pub fn notify_primary_email_address_changed(mut self, notify: bool) -> Self {
        self.notify_primary_email_address_changed = Some(notify);
        self
    }
}

/// A request to replace all of a user's phone numbers with a new one.
///
/// Passed to [`replace_phone_number`](crate::UserDirectory::replace_phone_number).
///
/// ```
/// use user_directory::model::PhoneNumberReplacement;
///
/// let replacement = PhoneNumberReplacement::new("+15550100123");
/// assert_eq!(replacement.phone_number, "+15550100123");
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PhoneNumberReplacement {
    /// The new phone number in E.164 format (`+15550100123`).
    pub phone_number: Text,
    /// The status of the new phone number. The default is [`Verified`](IdentifierStatus::Verified).
    pub identification_status: Option<IdentifierStatus>,
}

debug_set_fields! { PhoneNumberReplacement { phone_number, identification_status } }

impl PhoneNumberReplacement {
    /// Creates a request that marks the new phone number as verified.
    #[must_use]
    pub fn new(phone_number: impl Into<Text>) -> Self {
        Self { phone_number: phone_number.into(), identification_status: None }
    }

    /// Sets the status of the new phone number.
    ///
    /// The user cannot sign in with an [`Unverified`](IdentifierStatus::Unverified) identifier.
    #[must_use]
    pub fn identification_status(mut self, status: IdentifierStatus) -> Self {
        self.identification_status = Some(status);
        self
    }
}
