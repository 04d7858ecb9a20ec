//! The email address or phone number that replaces all email addresses or phone numbers of a user.

use crate::model::debug::debug_set_fields;
use crate::model::identifier_status::IdentifierStatus;
use crate::model::text::Text;

/// The email address that replaces all email addresses of a user.
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
    /// The status of the new identifier. Verified if not set.
    pub identification_status: Option<IdentifierStatus>,
    /// Whether to notify the old primary email address.
    pub notify_primary_email_address_changed: Option<bool>,
}

debug_set_fields! {
    EmailAddressReplacement {
        email_address, identification_status, notify_primary_email_address_changed
    }
}

impl EmailAddressReplacement {
    /// Creates a replacement with a verified email address and without a notification.
    #[must_use]
    pub fn new(email_address: impl Into<Text>) -> Self {
        Self {
            email_address: email_address.into(),
            identification_status: None,
            notify_primary_email_address_changed: None,
        }
    }

    /// Sets the status of the new identifier.
    ///
    /// With [`Unverified`](IdentifierStatus::Unverified), a user without another identifier cannot sign in.
    #[must_use]
    pub fn identification_status(mut self, status: IdentifierStatus) -> Self {
        self.identification_status = Some(status);
        self
    }

    /// Sets whether to notify the old primary email address.
    #[must_use]
    pub fn notify_primary_email_address_changed(mut self, notify: bool) -> Self {
        self.notify_primary_email_address_changed = Some(notify);
        self
    }
}

/// The phone number that replaces all phone numbers of a user. It is not a second factor.
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
    /// The status of the new identifier. Verified if not set.
    pub identification_status: Option<IdentifierStatus>,
}

debug_set_fields! { PhoneNumberReplacement { phone_number, identification_status } }

impl PhoneNumberReplacement {
    /// Creates a replacement with a verified phone number.
    #[must_use]
    pub fn new(phone_number: impl Into<Text>) -> Self {
        Self { phone_number: phone_number.into(), identification_status: None }
    }

    /// Sets the status of the new identifier.
    ///
    /// With [`Unverified`](IdentifierStatus::Unverified), a user without another identifier cannot sign in.
    #[must_use]
    pub fn identification_status(mut self, status: IdentifierStatus) -> Self {
        self.identification_status = Some(status);
        self
    }
}
