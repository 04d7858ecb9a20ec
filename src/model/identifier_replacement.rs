//! The one email address or phone number that takes the place of all that a user has.

use crate::model::debug::debug_set_fields;
use crate::model::identifier_status::IdentifierStatus;
use crate::model::text::Text;

/// The email address that takes the place of all that a user has.
///
/// ```
/// use user_directory::{EmailAddressReplacement, IdentifierStatus};
///
/// let replacement = EmailAddressReplacement::new("ada@example.org")
///     .identification_status(IdentifierStatus::Reserved)
///     .notify_primary_email_address_changed(true);
/// # assert_eq!(replacement.email_address, "ada@example.org");
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EmailAddressReplacement {
    /// The new address.
    pub email_address: Text,
    /// How it is created; verified if it is not given.
    pub identification_status: Option<IdentifierStatus>,
    /// Whether the old primary address is told.
    pub notify_primary_email_address_changed: Option<bool>,
}

debug_set_fields! {
    EmailAddressReplacement {
        email_address, identification_status, notify_primary_email_address_changed
    }
}

impl EmailAddressReplacement {
    /// A verified address, and nobody is told.
    #[must_use]
    pub fn new(email_address: impl Into<Text>) -> Self {
        Self {
            email_address: email_address.into(),
            identification_status: None,
            notify_primary_email_address_changed: None,
        }
    }

    /// How it is created.
    #[must_use]
    pub fn identification_status(mut self, status: IdentifierStatus) -> Self {
        self.identification_status = Some(status);
        self
    }

    /// Whether the old primary address is told.
    #[must_use]
    pub fn notify_primary_email_address_changed(mut self, notify: bool) -> Self {
        self.notify_primary_email_address_changed = Some(notify);
        self
    }
}

/// The phone number that takes the place of all that a user has. It is never a second factor.
///
/// ```
/// use user_directory::PhoneNumberReplacement;
///
/// let replacement = PhoneNumberReplacement::new("+15550100123");
/// # assert_eq!(replacement.phone_number, "+15550100123");
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PhoneNumberReplacement {
    /// The new number, as E.164 writes it.
    pub phone_number: Text,
    /// How it is created; verified if it is not given.
    pub identification_status: Option<IdentifierStatus>,
}

debug_set_fields! { PhoneNumberReplacement { phone_number, identification_status } }

impl PhoneNumberReplacement {
    /// A verified number.
    #[must_use]
    pub fn new(phone_number: impl Into<Text>) -> Self {
        Self { phone_number: phone_number.into(), identification_status: None }
    }

    /// How it is created.
    #[must_use]
    pub fn identification_status(mut self, status: IdentifierStatus) -> Self {
        self.identification_status = Some(status);
        self
    }
}
